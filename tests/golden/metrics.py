#!/usr/bin/env python3
"""Makes tests/golden/metrics/: predictions, and what scikit-learn says of them (zero_division=nan). Run from the root of
the tree with scikit-learn installed; tests/eval/metrics.c, report.c and threshold.c compare. Made with scikit-learn 1.9.1, SciPy 1.17.1."""
import csv
import json
import math
import pathlib
import re
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent / "metrics"
KEYS = ("precision", "recall", "f1-score")


def finite(v):
    return None if math.isnan(v) else float(v)


def specificity(true, predicted, c):
    """The recall of 'not c'."""
    return metrics.recall_score(true != c, predicted != c, zero_division=math.nan)


def nan_average(values, weights):
    mask = ~np.isnan(values)
    if not mask.any():
        return math.nan
    if weights[mask].sum() == 0:
        return values[mask].mean()
    return np.average(values[mask], weights=weights[mask])


def correlation(true, predicted):
    """scikit-learn says 0 where it is undefined."""
    if len(set(true)) < 2 or len(set(predicted)) < 2:
        return math.nan
    return metrics.matthews_corrcoef(true, predicted)


def calibration_error(true, predicted, probability, bins=15):
    """Bins (a, b] of the highest probability; of equally probable classes the predicted one."""
    top = probability.max(axis=1)
    rows = np.arange(len(true))
    right = np.where(probability[rows, predicted] == top, predicted, probability.argmax(axis=1)) == true
    b = np.clip(np.ceil(top * bins) - 1, 0, bins - 1)
    return sum(abs((top[b == i] - right[b == i]).sum()) for i in range(bins)) / len(true)


def ranked(true, probability, c):
    """AUROC and average precision of class c against the rest."""
    positive = true == c
    auroc = metrics.roc_auc_score(positive, probability[:, c]) if 0 < positive.sum() < len(true) else math.nan
    auprc = metrics.average_precision_score(positive, probability[:, c]) if positive.any() else math.nan
    return auroc, auprc


def probabilistic(true, predicted, probability, labels):
    if probability is None:
        return dict.fromkeys(("loss", "auroc_macro", "auprc_macro", "brier", "ece"))
    auroc, auprc = np.transpose([ranked(true, probability, c) for c in labels])
    scored = probability if len(labels) > 2 else probability[:, -1]
    return {
        "loss": finite(metrics.log_loss(true, probability, labels=labels)) if len(labels) > 1 else 0.0,
        "auroc_macro": finite(nan_average(auroc, np.ones(len(labels)))),
        "auprc_macro": finite(nan_average(auprc, np.ones(len(labels)))),
        "brier": finite(metrics.brier_score_loss(true, scored, labels=labels)) if len(labels) > 1 else 0.0,
        "ece": finite(calibration_error(true, predicted, probability)),
    }


def wilson(part, whole):
    return list(stats.binomtest(int(part), int(whole)).proportion_ci(method="wilson")) if whole else None


def delong(true, probability, c):
    """All pairs, one by one."""
    a, b = probability[true == c, c], probability[true != c, c]
    if len(a) < 2 or len(b) < 2:
        return None
    wins = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    sd = math.sqrt(wins.mean(axis=1).var(ddof=1) / len(a) + wins.mean(axis=0).var(ddof=1) / len(b))
    z = stats.norm.ppf(0.975)
    return [max(wins.mean() - z * sd, 0), min(wins.mean() + z * sd, 1)] if sd > 1e-12 else None


def intervals(true, predicted, probability, c):
    found, n = ((true == c) & (predicted == c)).sum(), len(true)
    out = {"precision": wilson(found, (predicted == c).sum()), "recall": wilson(found, (true == c).sum()),
           "specificity": wilson(((true != c) & (predicted != c)).sum(), n - (true == c).sum())}
    return out if probability is None else {**out, "auroc": delong(true, probability, c)}


def expected(names, true, predicted, probability):
    labels = np.arange(len(names))
    prf = lambda average: metrics.precision_recall_fscore_support(
        true, predicted, labels=labels, average=average, zero_division=math.nan)
    p, r, f, s = prf(None)
    spec = np.array([specificity(true, predicted, c) for c in labels])
    confusion = metrics.confusion_matrix(true, predicted, labels=labels)
    out = {
        "accuracy": finite(metrics.accuracy_score(true, predicted)),
        "balanced_accuracy": finite(metrics.balanced_accuracy_score(true, predicted)),
        "mcc": finite(correlation(true, predicted)),
        "kappa": finite(metrics.cohen_kappa_score(true, predicted, labels=labels)),
        **probabilistic(true, predicted, probability, labels),
        "classes": {
            name: {"precision": finite(p[c]), "recall": finite(r[c]), "specificity": finite(spec[c]),
                   "f1-score": finite(f[c]), "support": int(s[c]), "predicted": int(confusion[:, c].sum()),
                   **dict(zip(("auroc", "auprc"), (None, None) if probability is None else
                              map(finite, ranked(true, probability, c)))),
                   "ci95": intervals(true, predicted, probability, c)}
            for c, name in enumerate(names)},
        "confusion_matrix": {"labels": names, "counts": confusion.tolist()},
        "ci95": {"accuracy": wilson((true == predicted).sum(), len(true))},
    }
    averages = {"macro": nan_average(spec, np.ones(len(names))), "weighted": nan_average(spec, s)}
    tn_fp = metrics.multilabel_confusion_matrix(true, predicted, labels=labels)[:, 0].sum(axis=0)
    averages["micro"] = tn_fp[0] / tn_fp.sum() if tn_fp.sum() else math.nan
    for average, spec_average in averages.items():
        out[average + " avg"] = dict(zip(KEYS, map(finite, prf(average))))
        out[average + " avg"]["specificity"] = finite(spec_average)
        out[average + " avg"]["support"] = len(true)
    return out


def curves(names, true, probability):
    """Thresholds falling; the ROC from its corner on."""
    out = {}
    for c, name in enumerate(names):
        fpr, tpr, at = metrics.roc_curve(true == c, probability[:, c], drop_intermediate=False)
        precision, recall, falling = metrics.precision_recall_curve(true == c, probability[:, c])
        out[name] = {"roc": {"threshold": [None, *at[1:].tolist()], "fpr": fpr.tolist(), "tpr": tpr.tolist()},
                     "pr": {"threshold": falling[::-1].tolist(), "recall": recall[-2::-1].tolist(),
                            "precision": precision[-2::-1].tolist()}}
    return {"classes": out}


def write(case, names, true, predicted, probability=None):
    true, predicted = np.asarray(true), np.asarray(predicted)
    probability = None if probability is None else np.asarray(probability)
    with open(FOLDER / (case + ".csv"), "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        head = ["path", "label", "predicted"]
        out.writerow(head if probability is None else head + ["p:" + n for n in names])
        for i in range(len(true)):
            p = [] if probability is None else [repr(float(v)) for v in probability[i]]
            out.writerow([f"{i}.png", names[true[i]], names[predicted[i]], *p])
    values = expected(names, true, predicted, probability)
    (FOLDER / (case + ".json")).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if case in ("rounded", "random"):
        lines = json.dumps(curves(names, true, probability), ensure_ascii=False) + "\n"
        (FOLDER / (case + ".curves.json")).write_text(lines, encoding="utf-8")
    text = metrics.classification_report(true, predicted, labels=np.arange(len(names)), target_names=names,
                                         zero_division=math.nan)
    text = re.sub(r"(\d+)\.0$", r"  \1", text.replace(" nan", " n/a"), flags=re.MULTILINE)  # a support printed as 5.0
    (FOLDER / (case + ".txt")).write_text(text, encoding="utf-8")


def main():
    FOLDER.mkdir(exist_ok=True)
    g = np.random.default_rng(1)

    def soft(n, classes, scale):
        logits = scale * g.standard_normal((n, classes))
        p = np.exp(logits)
        return p / p.sum(axis=1, keepdims=True)

    names = ["benign", "malignant", "L\u00e4sion, \"rot\"", "dermatofibroma of the lower limb"]
    p = soft(200, 4, 1.5)
    true = np.array([g.choice(4, p=row) for row in p])
    write("random", names, true, p.argmax(axis=1), p)

    p = np.repeat([[0.25, 0.25, 0.5], [1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0]], 7, axis=0)
    write("tied", ["a", "b", "c"], g.integers(0, 3, len(p)), p.argmax(axis=1), p)

    write("single", ["only"], [0] * 9, [0] * 9)
    write("never", ["NORMAL", "PNEUMONIA"], [0] * 24 + [1] * 13, [0] * 37, np.tile([0.64, 0.36], (37, 1)))

    p = soft(40, 3, 2)
    p = np.column_stack([p[:, 0], np.zeros(40), p[:, 1:]])
    write("missing", ["a", "absent", "b", "c"], g.choice([0, 2, 3], 40), p.argmax(axis=1), p)

    write("disjoint", ["x", "y", "z"], [0] * 5 + [1] * 2, [2] * 7)
    write("labels", [f"class {i}" for i in range(10)], np.r_[np.arange(10), g.integers(0, 10, 300)],
          np.r_[np.arange(10), g.integers(0, 10, 300)])

    write("certain", ["only", "unseen"], [0] * 9, [0] * 8 + [1], [[1.0, 0.0]] * 5 + [[0.7, 0.3]] * 3 + [[0.4, 0.6]])
    p = np.round(soft(300, 5, 2), 1)  # many ties; rounding leaves sums that are not 1
    p[:, 4] = 1 - p[:, :4].sum(axis=1)
    p = p[(p >= 0).all(axis=1)]
    write("rounded", list("vwxyz"), g.choice(5, len(p), p=[.5, .3, .1, .06, .04]), p.argmax(axis=1), p)


main()
