/* metrics -- see ballast/metrics.h. */
#include "ballast/metrics.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include "eval/sample.h"

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
        double v = *(const double *)(const void *)((const char *)&m->classes[c] + offset);
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
