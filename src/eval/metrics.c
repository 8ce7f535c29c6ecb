/* metrics -- see ballast/metrics.h. */
#include "ballast/metrics.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include "eval/sample.h"

const bal_metric bal_figures[BAL_FIGURES] = {
    {"accuracy", "accuracy", offsetof(bal_metrics, accuracy), 0, 1, false},
    {"balanced_accuracy", "balanced accuracy", offsetof(bal_metrics, balanced_accuracy), 0, 1, false},
    {"loss", "loss", offsetof(bal_metrics, loss), 0, (double)INFINITY, true},
    {"mcc", "Matthews' correlation", offsetof(bal_metrics, mcc), -1, 1, false},
    {"kappa", "Cohen's kappa", offsetof(bal_metrics, kappa), -1, 1, false},
    {"auroc_macro", "AUROC, mean of the classes", offsetof(bal_metrics, macro.auroc), 0, 1, false},
    {"auprc_macro", "average precision, mean of the classes", offsetof(bal_metrics, macro.auprc), 0, 1, false},
    {"brier", "Brier score", offsetof(bal_metrics, brier), 0, 2, true},
    {"ece", "calibration error", offsetof(bal_metrics, ece), 0, 1, true},
};

const bal_metric bal_class_figures[BAL_CLASS_FIGURES] = {
    {"precision", "precision", offsetof(bal_scores, precision), 0, 1, false},
    {"recall", "recall", offsetof(bal_scores, recall), 0, 1, false},
    {"specificity", "specificity", offsetof(bal_scores, specificity), 0, 1, false},
    {"f1-score", "F1", offsetof(bal_scores, f1), 0, 1, false},
    {"auroc", "AUROC", offsetof(bal_scores, auroc), 0, 1, false},
    {"auprc", "average precision", offsetof(bal_scores, auprc), 0, 1, false},
};

static double double_at(const void *from, size_t offset)
{
    return *(const double *)(const void *)((const char *)from + offset);
}

double bal_metrics_figure(const bal_metrics *m, int figure)
{
    return double_at(m, bal_figures[figure].offset);
}

double bal_scores_figure(const bal_scores *s, int figure)
{
    return double_at(s, bal_class_figures[figure].offset);
}

bal_status bal_metrics_init(bal_metrics *out, int class_count)
{
    assert(class_count > 0 && class_count <= BAL_CLASSES_MAX);
    size_t n = (size_t)class_count;
    double undefined = (double)NAN;
    *out = (bal_metrics){.class_count = class_count, .loss = undefined, .brier = undefined, .ece = undefined};
    out->confusion = calloc(n * n, sizeof *out->confusion);
    out->classes = calloc(n, sizeof *out->classes);
    for (int c = 0; out->classes && c < class_count; c++) out->classes[c].auroc = out->classes[c].auprc = undefined;
    if (out->confusion && out->classes) return BAL_OK;
    bal_metrics_free(out);
    return bal_fail(BAL_ENOMEM, "no memory for the metrics of %d classes", class_count);
}

void bal_metrics_free(bal_metrics *m)
{
    if (!m) return;
    free(m->confusion);
    free(m->classes);
    *m = (bal_metrics){0};
}

void bal_metrics_add(bal_metrics *m, int label, int predicted)
{
    assert(label >= 0 && label < m->class_count && predicted >= 0 && predicted < m->class_count);
    m->confusion[label * m->class_count + predicted]++;
    m->count++;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

/* tp, fp, fn, tn as doubles: summed over 4096 classes they pass INT_MAX. What is ranked stays as it is. */
static void count(bal_scores *s, double tp, double fp, double fn, double tn)
{
    s->precision = ratio(tp, tp + fp);
    s->recall = ratio(tp, tp + fn);
    s->specificity = ratio(tn, tn + fp);
    s->f1 = ratio(2 * tp, 2 * tp + fp + fn);
    s->support = (int)(tp + fn);
    s->predicted = (int)(tp + fp);
}

static void count_predicted(bal_metrics *m)
{
    for (int c = 0; c < m->class_count; c++) m->classes[c].support = m->classes[c].predicted = 0;
    for (int t = 0; t < m->class_count; t++) {
        for (int p = 0; p < m->class_count; p++) {
            m->classes[t].support += m->confusion[t * m->class_count + p];
            m->classes[p].predicted += m->confusion[t * m->class_count + p];
        }
    }
}

/* Mean over the classes of the double at `offset`, the undefined left out. */
static double average(const bal_metrics *m, size_t offset, bool weighted)
{
    double sum = 0, weights = 0, plain = 0;
    int    defined = 0;
    for (int c = 0; c < m->class_count; c++) {
        double v = double_at(&m->classes[c], offset);
        if (isnan(v)) continue;
        sum += v * m->classes[c].support;
        weights += m->classes[c].support;
        plain += v;
        defined++;
    }
    return weighted && weights > 0 ? sum / weights : ratio(plain, defined);
}

static bal_scores averages(const bal_metrics *m, bool weighted)
{
    return (bal_scores){.precision = average(m, offsetof(bal_scores, precision), weighted),
                        .recall = average(m, offsetof(bal_scores, recall), weighted),
                        .specificity = average(m, offsetof(bal_scores, specificity), weighted),
                        .f1 = average(m, offsetof(bal_scores, f1), weighted),
                        .auroc = average(m, offsetof(bal_scores, auroc), weighted),
                        .auprc = average(m, offsetof(bal_scores, auprc), weighted),
                        .support = m->count,
                        .predicted = m->count};
}

/* Matthews' correlation (Gorodkin 2004 for more than two classes) and Cohen's kappa. */
static void correlate(bal_metrics *m, double hits)
{
    double n = m->count, both = 0, labels = 0, predictions = 0;
    for (int c = 0; c < m->class_count; c++) {
        double t = m->classes[c].support, p = m->classes[c].predicted;
        both += t * p;
        labels += t * t;
        predictions += p * p;
    }
    m->mcc = ratio(hits * n - both, sqrt(n * n - labels) * sqrt(n * n - predictions));
    m->kappa = ratio(hits * n - both, n * n - both);
}

void bal_metrics_finish(bal_metrics *m)
{
    double hits = 0, n = m->count;
    count_predicted(m);
    for (int c = 0; c < m->class_count; c++) {
        bal_scores *s = &m->classes[c];
        double      tp = m->confusion[c * m->class_count + c], fp = s->predicted - tp, fn = s->support - tp;
        count(s, tp, fp, fn, n - tp - fp - fn);
        hits += tp;
    }
    m->macro = averages(m, false);
    m->weighted = averages(m, true);
    m->micro.auroc = m->micro.auprc = (double)NAN;
    count(&m->micro, hits, n - hits, n - hits, n * m->class_count - 2 * n + hits);
    m->accuracy = ratio(hits, n);
    m->balanced_accuracy = m->macro.recall;
    correlate(m, hits);
}

bal_status bal_metrics_of(bal_metrics *out, const bal_predictions *p)
{
    bal_sample sample;
    BAL_TRY(bal_sample_init(&sample, p));
    bal_status st = bal_metrics_init(out, p->class_count);
    if (st == BAL_OK) bal_sample_measure(out, &sample, NULL);
    bal_sample_free(&sample);
    return st;
}

/* ---- reliability ------------------------------------------------------------------------------------------------- */

void bal_reliability_of(bal_reliability *out, const bal_predictions *p)
{
    *out = (bal_reliability){0};
    for (int i = 0; p->probabilities && i < p->count; i++) {
        const bal_prediction *r = &p->row[i];
        double                top = 0;
        if (r->label < 0) continue;
        for (int c = 0; c < p->class_count; c++) top = fmax(top, r->probability[c]);
        int bin = (int)fmin(fmax(ceil(top * BAL_ECE_BINS) - 1, 0), BAL_ECE_BINS - 1);
        out->count[bin]++;
        out->sure[bin] += top;
        out->right[bin] += r->predicted == r->label;
    }
}
