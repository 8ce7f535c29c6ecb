/* metrics -- see ballast/metrics.h. */
#include "ballast/metrics.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

bal_status bal_metrics_init(bal_metrics *out, int class_count)
{
    assert(class_count > 0 && class_count <= BAL_CLASSES_MAX);
    size_t n = (size_t)class_count;
    *out = (bal_metrics){.class_count = class_count, .loss = (double)NAN};
    out->confusion = calloc(n * n, sizeof *out->confusion);
    out->classes = calloc(n, sizeof *out->classes);
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

/* tp, fp, fn, tn as doubles: summed over 4096 classes they pass INT_MAX. */
static bal_scores scores(double tp, double fp, double fn, double tn)
{
    return (bal_scores){.precision = ratio(tp, tp + fp),
                        .recall = ratio(tp, tp + fn),
                        .specificity = ratio(tn, tn + fp),
                        .f1 = ratio(2 * tp, 2 * tp + fp + fn),
                        .support = (int)(tp + fn),
                        .predicted = (int)(tp + fp)};
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
                        .support = m->count,
                        .predicted = m->count};
}

void bal_metrics_finish(bal_metrics *m)
{
    double hits = 0, n = m->count;
    count_predicted(m);
    for (int c = 0; c < m->class_count; c++) {
        bal_scores *s = &m->classes[c];
        double      tp = m->confusion[c * m->class_count + c], fp = s->predicted - tp, fn = s->support - tp;
        *s = scores(tp, fp, fn, n - tp - fp - fn);
        hits += tp;
    }
    m->macro = averages(m, false);
    m->weighted = averages(m, true);
    m->micro = scores(hits, n - hits, n - hits, n * m->class_count - 2 * n + hits);
    m->accuracy = ratio(hits, n);
    m->balanced_accuracy = m->macro.recall;
}

static double loss_of(const bal_predictions *p)
{
    double sum = 0, n = 0;
    for (int i = 0; p->probabilities && i < p->count; i++) {
        const bal_prediction *row = &p->row[i];
        if (row->label < 0) continue;
        sum -= log(fmin(fmax(row->probability[row->label], DBL_EPSILON), 1));
        n++;
    }
    return ratio(sum, n);
}

bal_status bal_metrics_of(bal_metrics *out, const bal_predictions *p)
{
    BAL_TRY(bal_metrics_init(out, p->class_count));
    for (int i = 0; i < p->count; i++)
        if (p->row[i].label >= 0) bal_metrics_add(out, p->row[i].label, p->row[i].predicted);
    bal_metrics_finish(out);
    out->loss = loss_of(p);
    return BAL_OK;
}
