/* classifier_watch -- what the detector of a collapse is shown of a classifier's training. See
 * train/classifier_parts.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "train/classifier_parts.h"

enum { LOSS, SCORE, LEAST_STEPS = 8, LEAST_BATCH = 4 };

static bool is_one_of(const bal_layer *l, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(l->def->name, *names) == 0) return true;
    return false;
}

/* An alarm that came only because the training was to end there: it goes on now. */
static void forget_the_end(bal_classifier_watch *w)
{
    bal_collapse_epoch *e = w->seen.count ? &w->seen.epoch[w->seen.count - 1] : NULL;
    if (!e || !e->alarm || e->acts) return;
    int alarm = e->alarm;
    e->alarm = BAL_ALARM_NONE;
    if (bal_collapse_look(&w->run, &w->seen).kind) e->alarm = alarm;
}

static bal_status read_seen(const char *path, void *user)
{
    bal_classifier *c = user;
    int             classes = c->watch.seen.classes;
    if (!bal_file_exists(path) || !bal_classifier_epochs_logged(c)) return BAL_OK;
    BAL_TRY(bal_collapse_read(&c->watch.seen, path, bal_classifier_epochs_logged(c)));
    if (c->watch.seen.classes != classes) return bal_fail(BAL_EIO, "%s: of other classes", path);
    if (c->step < c->total) forget_the_end(&c->watch);
    return BAL_OK;
}

bal_status bal_classifier_watch_open(bal_classifier *c)
{
    static const char *const ranges[] = {"sigmoid", "tanh", NULL}, *const running[] = {"batch_norm", NULL};
    bal_classifier_watch *w = &c->watch;
    int                   classes = bal_dataset_class_count(c->job.data), last = bal_net_count(c->net) - 1;
    const int            *unused;
    w->seen.classes = classes;
    w->validation = calloc((size_t)classes, sizeof *w->validation);
    w->share = calloc(2 * (size_t)classes, sizeof *w->share);
    w->names = calloc((size_t)classes, sizeof *w->names);
    if (!w->validation || !w->share || !w->names) return bal_fail(BAL_ENOMEM, "no memory for %d classes", classes);
    for (int k = 0; k < classes; k++) {
        w->validation[k] = bal_dataset_part(c->job.data, BAL_VALIDATION, k, &unused);
        w->names[k] = bal_dataset_class(c->job.data, k);
    }
    w->run =
        (bal_collapse_run){c->images, w->validation, is_one_of(bal_net_layer(c->net, last), ranges), false, c->total};
    for (int i = 0; i <= last; i++) w->run.running |= is_one_of(bal_net_layer(c->net, i), running);
    return BAL_OK;
}

void bal_classifier_watch_close(bal_classifier *c)
{
    bal_collapse_free(&c->watch.seen);
    free(c->watch.validation);
    free(c->watch.share);
    free(c->watch.names);
}

bal_status bal_classifier_watch_read(bal_classifier *c)
{
    return bal_path_use(c->job.folder, "collapse.csv", read_seen, c);
}

void bal_classifier_watch_answers(bal_classifier *c, const bal_predictions *p)
{
    double *share = c->watch.share, *mean = share + p->class_count;
    memset(share, 0, 2 * (size_t)p->class_count * sizeof *share);
    for (int i = 0; i < p->count; i++) {
        share[p->row[i].predicted] += 1.0 / p->count;
        for (int k = 0; k < p->class_count; k++) mean[k] += p->row[i].probability[k] / p->count;
    }
}

/* ---- an epoch ---------------------------------------------------------------------------------------------------- */

/* Variance of the steps' accuracies over p (1 - p). Too few steps or images in a step say nothing. */
static double spread_of(const bal_classifier *c, int rows)
{
    double p = 0, square = 0;
    if (rows < LEAST_STEPS || c->o.batch < LEAST_BATCH) return 0;
    for (int r = 0; r < rows; r++) p += (double)c->host[r * BAL_CLASSIFIER_FIGURES + SCORE] / rows;
    for (int r = 0; r < rows; r++) square += pow((double)c->host[r * BAL_CLASSIFIER_FIGURES + SCORE] - p, 2) / rows;
    return p > 0 && p < 1 ? square / (p * (1 - p)) : 0;
}

static bal_collapse_epoch describe(const bal_classifier *c, const bal_epoch *e, double norm, bool last)
{
    int                rows = (c->step - 1) % c->epoch_steps + 1;
    bal_collapse_epoch out = {e->epoch,
                              c->step,
                              (double)c->learn.lr,
                              e->train_loss,
                              e->train_accuracy,
                              norm,
                              .first_loss = (double)c->host[LOSS],
                              .spread = spread_of(c, rows),
                              .last = last};
    for (int r = 0; r < rows; r++)
        out.peak_loss = fmax(out.peak_loss, (double)c->host[r * BAL_CLASSIFIER_FIGURES + LOSS]);
    out.validation_loss = e->validation_loss;
    out.validation_balanced_accuracy = e->validation_balanced_accuracy;
    out.share = c->watch.share;
    out.mean = c->watch.share + c->watch.seen.classes;
    return out;
}

/* Said before, and nothing has become better or been done since. */
static bool is_known(const bal_classifier *c)
{
    const bal_collapse_history *h = &c->watch.seen;
    for (int i = h->count - 2; i >= 0 && !bal_collapse_is_good(&c->watch.run, h, i); i--)
        if (h->epoch[i].alarm) return !h->epoch[i].acts;
    return false;
}

bal_status bal_classifier_watch_epoch(bal_alarm *out, bal_classifier *c, const bal_epoch *e, double norm, bool last)
{
    bal_classifier_watch *w = &c->watch;
    bal_collapse_epoch    add = describe(c, e, norm, last);
    char                 *words;
    BAL_TRY(bal_collapse_add(&w->seen, &add));
    *out = bal_collapse_look(&w->run, &w->seen);
    if (out->kind && is_known(c)) *out = (bal_alarm){0};
    if (!out->kind) return BAL_OK;
    w->seen.epoch[w->seen.count - 1].alarm = out->kind;
    w->seen.epoch[w->seen.count - 1].cause = out->cause;
    BAL_TRY(bal_collapse_words(&words, out, &w->run, &w->seen, w->names));
    bal_warn("classifier: %s", words);
    free(words);
    return BAL_OK;
}
