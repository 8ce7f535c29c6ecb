#!/usr/bin/env python3
"""The table of real images in Markdown, from the experiments that bench/real.sh has made.

usage: bench/real_table.py OUT [RESULTS [FILE.md ...]]
OUT is bench/real.sh's; with RESULTS, each experiment's report, settings and run.json are copied there, without paths of
this machine; in each FILE.md the table behind the comment of this script's name is replaced. Figures are of all test predictions together, intervals of 95 % by drawing test images, or groups, anew.
OUT/SET/pytorch.csv, where it is there, is what bench/peers/torch_classifier.py wrote: a row beside `original`."""
import collections
import csv
import json
import pathlib
import random
import re
import shutil
import sys

SETS = {  # name: images, protocol, what balanced accuracy and the lowest recall shall reach
    "xray362": ("chest-xray-362, 235 / 127", "5 folds, 3 seeds", 0.96, None),
    "xray": ("chest-xray, 1341 / 3875", "its own test folder, 3 seeds", 0.90, None),
    "pneumonia": ("PneumoniaMNIST", "official split, 3 seeds", 0.92, 0.87),
    "pneumonia-10": ("PneumoniaMNIST, normal 1 : 10", "official split, 3 seeds", None, None),
    "pneumonia-30": ("PneumoniaMNIST, normal 1 : 30", "official split, 3 seeds", None, None),
    "pneumonia-100": ("PneumoniaMNIST, normal 1 : 100", "official split, 3 seeds", None, None),
    "skin4": ("skin4, 1800 / 1497 / 142 / 111", "5 folds by lesion", 0.75, 0.64),
    "ham10000": ("HAM10000, 7 classes", "one split by lesion, 3 seeds", 0.65, None),
}
KEPT = ("experiment.json", "experiment.txt", "config.ini", "run.json", "forest.svg")


def decimals(v, digits=3):
    return f"{v:.{digits}f}".replace("0.", ".", 1) if v is not None else ""


def interval(e):
    if e is None or e["mean"] is None:
        return ""
    if e["low"] is None:
        return decimals(e["mean"])
    return f"{decimals(e['mean'])} [{decimals(e['low'])}, {decimals(e['high'])}]"


def rows(name, experiment):
    images, protocol, accuracy, recall = SETS[name]
    for number, (arm, of) in enumerate(experiment["arms"].items()):
        pooled = of["pooled"]
        difference = of.get("pooled_difference_to", {}).get("original", {}).get("balanced_accuracy")
        lowest = min(pooled["recall"], key=lambda k: pooled["recall"][k]["mean"])
        bar = ", ".join(decimals(b, 2) for b in (accuracy, recall) if b)
        yield (
            f"| {images if number == 0 else ''} | {protocol if number == 0 else ''} | {arm} "
            f"| {interval(pooled['balanced_accuracy'])} | {lowest} {interval(pooled['lowest_recall'])} "
            f"| {interval(difference)} | {bar if arm == 'planned' else ''} |"
        )


def read_answers(path, arm, groups):
    """Of each class and group: answers, right ones, for all its images and seeds together."""
    found = collections.defaultdict(lambda: [0, 0])
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["arm"] == arm:
                count = found[row["label"], groups.get(row["path"], row["path"])]
                count[0] += 1
                count[1] += row["predicted"] == row["label"]
    return found


def recalls(answers, drawn):
    all_of, right = collections.Counter(), collections.Counter()
    for label, group in drawn:
        all_of[label] += answers[label, group][0]
        right[label] += answers[label, group][1]
    return {label: right[label] / all_of[label] for label in sorted(all_of)}


def bounds(values):
    values = sorted(values)
    return {"low": values[len(values) // 40], "high": values[-1 - len(values) // 40]}


def twin(experiment):
    """PyTorch beside `original`: both on the same groups, drawn anew within each class."""
    with open(experiment / "split.csv", newline="") as file:
        groups = {row["path"]: row["group"] for row in csv.DictReader(file) if row.get("group")}
    ours = read_answers(experiment / "predictions.csv", "original", groups)
    theirs = read_answers(experiment / "pytorch.csv", "pytorch", groups)
    if set(ours) != set(theirs):
        sys.exit(f"{experiment}: pytorch.csv is not of the same test images as predictions.csv")
    of = collections.defaultdict(list)
    for key in sorted(ours):
        of[key[0]].append(key)
    chance, accuracy, lowest, difference = random.Random(1), [], [], []
    name = min(recalls(theirs, ours), key=recalls(theirs, ours).get)
    for _ in range(2000):
        drawn = [chance.choice(keys) for keys in of.values() for _ in keys]
        a, b = recalls(ours, drawn), recalls(theirs, drawn)
        accuracy.append(sum(b.values()) / len(b))
        lowest.append(b[name])
        difference.append(accuracy[-1] - sum(a.values()) / len(a))
    a, b = recalls(ours, ours), recalls(theirs, ours)
    mean = sum(b.values()) / len(b)
    return (
        f"|  |  | original, by PyTorch | {interval({'mean': mean, **bounds(accuracy)})} "
        f"| {name} {interval({'mean': b[name], **bounds(lowest)})} "
        f"| {interval({'mean': mean - sum(a.values()) / len(a), **bounds(difference)})} |  |"
    )


def keep(experiment, results):
    results.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        source = experiment / name
        if name.endswith(".svg"):
            shutil.copy(source, results / name)
        else:
            text = source.read_text()
            (results / name).write_text(re.sub(r"(?<![\w.])/(?:[\w.@+-]+/)+([\w.@+-]+)", r"\1", text))


def replace(path, table):
    text = path.read_text()
    start = text.index("| images ", text.index("<!-- bench/real_table.py -->"))
    path.write_text(text[:start] + table + text[text.index("\n\n", start) + 1 :])


def main(out, results=None, *files):
    lines = ["| images | protocol | arm | balanced accuracy | lowest recall | difference to `original` | asked |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name in SETS:
        experiment = pathlib.Path(out) / name
        if not (experiment / "experiment.json").exists():
            continue
        of_set = list(rows(name, json.loads((experiment / "experiment.json").read_text())))
        if (experiment / "pytorch.csv").exists():
            of_set.insert(1, twin(experiment))
        lines += of_set
        if results:
            keep(experiment, pathlib.Path(results) / name)
    table = "\n".join(lines) + "\n"
    print(table, end="")
    for file in files:
        replace(pathlib.Path(file), table)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
