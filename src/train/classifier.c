/* classifier -- see include/ballast/classifier.h. */
#include "ballast/classifier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/memory.h"
#include "ballast/metrics.h"
#include "ballast/model.h"
#include "ballast/stored.h"
#include "ballast/trace.h"
#include "train/classifier_parts.h"

enum { LOSS, SCORE, NORM, SPARE, FIGURES = BAL_CLASSIFIER_FIGURES }; /* loss and score: a pair by bal_loss_def.run */

static const double sync_seconds = 0.2; /* device and host wait for each other at least this often */

#define COLUMNS \
    "epoch,step,lr,train_loss,train_accuracy,validation_loss,validation_accuracy," \
    "validation_balanced_accuracy,gradient_norm,alarm"
static const char log_header[] = COLUMNS "\n", log_header_mixed[] = COLUMNS ",loss_scale,skipped\n";
static const char speed_header[] = "epoch,seconds,images_per_second,waited\n";

/* ---- making ----------------------------------------------------------------------------------------------------- */

static bal_status make_loss(bal_classifier *c)
{
    const bal_where at = {"[train.classifier]", 0}; /* the line was checked with its place by setup */
    BAL_TRY(bal_loss_read(&c->loss, &c->pool, c->o.loss, false, at));
    c->loss.images = c->images;
    return bal_loss_build(&c->loss, c->job.dev, bal_net_out(c->net), at);
}

static bal_status check_classes(const bal_net *net, const bal_dataset *data)
{
    bal_shape y = bal_net_out(net);
    int       classes = bal_dataset_class_count(data), outputs = y.h * y.w * y.c;
    if (outputs == classes || (outputs == 1 && classes == 2)) return BAL_OK;
    return bal_fail(BAL_ESHAPE, "[classifier] ends in %d outputs; the data has %d class%s", outputs, classes,
                    classes == 1 ? "" : "es");
}

bal_status bal_classifier_check(const bal_setup *s, const bal_dataset *data)
{
    bal_net *net;
    BAL_TRY(bal_setup_net(&net, s, "classifier", 1));
    bal_status st = check_classes(net, data);
    bal_net_free(net);
    return st;
}

static bal_status set_budget(bal_classifier *c)
{
    const int *index;
    int        count = bal_dataset_part(c->job.data, BAL_TRAIN, -1, &index);
    if (count == 0) return bal_fail(BAL_ECONFIG, "classifier: there is no training image");
    c->epoch_steps = (count + c->o.batch - 1) / c->o.batch;
    c->total = c->o.steps ? c->o.steps : c->epoch_steps * c->o.epochs;
    return BAL_OK;
}

/* ---- epochs ----------------------------------------------------------------------------------------------------- */

static bal_status validate(bal_classifier *c, bal_epoch *e)
{
    const int      *index;
    bal_predictions p;
    bal_metrics     m;
    e->validation_loss = e->validation_accuracy = e->validation_balanced_accuracy = (double)NAN;
    if (bal_dataset_part(c->job.data, BAL_VALIDATION, -1, &index) == 0) return BAL_OK;
    BAL_TRY(bal_learner_swap(&c->learn));
    const bal_scorer scorer = {c->net, c->job.dev, BAL_VIEWS_ONE};
    bal_status       st = bal_classify_part(&p, &scorer, c->job.data, BAL_VALIDATION, &c->scaling);
    if (st == BAL_OK && (st = bal_metrics_of(&m, &p)) == BAL_OK) {
        e->validation_loss = m.loss;
        e->validation_accuracy = m.accuracy;
        e->validation_balanced_accuracy = m.balanced_accuracy;
        bal_classifier_watch_answers(c, &p);
        bal_metrics_free(&m);
    }
    bal_predictions_free(&p);
    return st == BAL_OK ? bal_learner_swap(&c->learn) : st;
}

static bal_status fail_nan(bal_classifier *c, int step)
{
    const char *where = bal_net_find_nan(c->net);
    return bal_fail(BAL_ENAN, "classifier: step %d: %s is not finite; the last good state is in %s/last.safetensors",
                    step, where ? where : "the loss", c->job.folder);
}

/* Means over the steps of the epoch that has just ended. *bad: the first step with one that is not finite, or -1. */
static bal_status average_figures(bal_classifier *c, double mean[FIGURES], int *bad)
{
    int rows = (c->step - 1) % c->epoch_steps + 1;
    BAL_TRY(bal_tensor_read(&c->figures, c->host));
    *bad = -1;
    for (int k = 0; k < FIGURES; k++) mean[k] = 0;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < SPARE; k++) {
            if (*bad < 0 && !isfinite(c->host[r * FIGURES + k])) *bad = c->step - rows + 1 + r;
            mean[k] += (double)c->host[r * FIGURES + k] / rows;
        }
    return BAL_OK;
}

static bool mixed_precision(const bal_classifier *c) { return c->job.setup->run.precision == BAL_MIXED; }

static bal_status write_lines(bal_classifier *c, const bal_epoch *e, double norm, const bal_alarm *alarm)
{
    int    rows = (c->step - 1) % c->epoch_steps + 1;
    double now = bal_run_clock(), seconds = now - c->epoch_began;
    double line[] = {c->step,
                     (double)c->learn.lr,
                     e->train_loss,
                     e->train_accuracy,
                     e->validation_loss,
                     e->validation_accuracy,
                     e->validation_balanced_accuracy,
                     norm,
                     alarm->kind != BAL_ALARM_NONE,
                     0,
                     0};
    int    columns = (int)(sizeof line / sizeof *line), mixed = mixed_precision(c);
    double speed[] = {seconds, rows * c->o.batch / seconds, bal_feeder_waited(c->fed[0].feeder)};
    c->epoch_began = now;
    if (mixed) BAL_TRY(bal_learner_scale(&c->learn, &line[columns - 2], &line[columns - 1]));
    BAL_TRY(bal_run_log_row(&c->log, e->epoch, line, columns - (mixed ? 0 : 2)));
    return bal_run_log_row(&c->speed, e->epoch, speed, 3);
}

static bal_status plot(const char *path, void *user)
{
    const bal_classifier *c = user;
    return bal_history_plot(&c->history, path);
}

static void show(const bal_classifier *c)
{
    const bal_epoch *e = c->history.count ? &c->history.epoch[c->history.count - 1] : NULL;
    int              best = bal_history_best(&c->history);
    bal_figure       shown[4];
    if (e) {
        shown[0] = (bal_figure){"loss", e->train_loss};
        shown[1] = (bal_figure){"val loss", e->validation_loss};
        shown[2] = (bal_figure){"val bal. acc", e->validation_balanced_accuracy};
        shown[3] = (bal_figure){"best", best < 0 ? (double)NAN : c->history.epoch[best].validation_balanced_accuracy};
    }
    c->job.watch->update(c->step, shown, e ? 4 : 0);
}

/* Without a validation part the last epoch is the best there is. */
static bool is_best(const bal_history *h)
{
    int best = bal_history_best(h);
    return best < 0 || best == h->count - 1;
}

/* What is deferred and a rescue have their chance: patience is counted from there on. */
static bool out_of_patience(const bal_classifier *c)
{
    int from = bal_history_best(&c->history), deferred = c->deferral / c->epoch_steps;
    int rescued = bal_classifier_last_rescue(c);
    if (!c->o.patience || from < 0) return false;
    if (from < deferred) from = deferred;
    if (from < rescued) from = rescued;
    return c->history.count - 1 - from >= c->o.patience;
}

/* An epoch in which a figure was not finite: its weights are lost. */
static bal_status end_bad_epoch(bal_classifier *c, int step)
{
    double    nan = (double)NAN;
    bal_epoch e = {(c->step - 1) / c->epoch_steps + 1, nan, nan, nan, nan, nan};
    bal_alarm alarm;
    bool      goes_on = c->o.rescue && c->step < c->total && bal_classifier_can_restart(c);
    BAL_TRY(bal_history_add(&c->history, &e));
    BAL_TRY(bal_classifier_watch_epoch(&alarm, c, &e, nan, !goes_on));
    if (!goes_on) return fail_nan(c, step);
    BAL_TRY(write_lines(c, &e, nan, &alarm));
    BAL_TRY(bal_classifier_rescue(c, &alarm));
    if (bal_classifier_last_rescue(c) != c->watch.seen.count - 1) return fail_nan(c, step);
    return bal_path_use(c->job.folder, "last.safetensors", bal_classifier_save_last, c);
}

static bal_status save_states(bal_classifier *c)
{
    const bal_collapse_history *h = &c->watch.seen;
    if (!is_best(&c->history)) return BAL_OK;
    BAL_TRY(bal_path_use(c->job.folder, "best.safetensors", bal_classifier_save_best, c));
    if (!c->o.rescue || !bal_collapse_is_good(&c->watch.run, h, h->count - 1)) return BAL_OK;
    return bal_path_use(c->job.folder, "good.safetensors", bal_classifier_save_last, c);
}

static bal_status end_epoch(bal_classifier *c)
{
    double    mean[FIGURES];
    bal_epoch e = {.epoch = (c->step - 1) / c->epoch_steps + 1};
    bal_alarm alarm;
    int       bad;
    BAL_TRY(average_figures(c, mean, &bad));
    if (bad >= 0) return end_bad_epoch(c, bad);
    e.train_loss = mean[LOSS];
    e.train_accuracy = mean[SCORE];
    BAL_TRY(validate(c, &e));
    BAL_TRY(bal_history_add(&c->history, &e));
    BAL_TRY(bal_classifier_watch_epoch(&alarm, c, &e, mean[NORM], c->step == c->total || out_of_patience(c)));
    BAL_TRY(write_lines(c, &e, mean[NORM], &alarm));
    BAL_TRY(save_states(c));
    BAL_TRY(bal_path_use(c->job.folder, "curves.svg", plot, c));
    BAL_TRY(bal_classifier_rescue(c, &alarm));
    return bal_path_use(c->job.folder, "last.safetensors", bal_classifier_save_last, c);
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

bal_status bal_classifier_step(bal_classifier *c)
{
    bal_pass   pass = {.training = true, .seed = (uint64_t)c->job.setup->run.seed, .draw = (uint32_t)c->step};
    int        row = c->step % c->epoch_steps;
    uint64_t   begin = bal_trace_clock();
    bal_batch  batch;
    bal_tensor y;
    BAL_TRY(bal_classifier_reweight(c));
    BAL_TRY(bal_classifier_next(c, &batch));
    BAL_TRY(bal_net_zero_gradients(c->net));
    BAL_TRY(bal_net_forward(c->net, &pass, &batch.x, &y));
    bal_tensor dy = bal_net_output_gradient(c->net);
    bal_device_scope(c->job.dev, "loss");
    BAL_TRY(c->loss.def->run(&c->loss, BAL_LABELS, &y, &batch.label, &dy, &c->figures, row * (FIGURES / 2)));
    BAL_TRY(bal_learner_scale_loss(&c->learn, &dy));
    BAL_TRY(bal_net_backward(c->net, &pass, &batch.x, NULL));
    bal_device_scope(c->job.dev, "optimizer");
    BAL_TRY(bal_learner_step(&c->learn, &c->figures, row * FIGURES + NORM));
    bal_trace_span("queue a step", begin);
    c->step++;
    double now = bal_run_clock();
    if (now - c->synced < sync_seconds) return BAL_OK;
    c->synced = now;
    return bal_device_finish(c->job.dev);
}

int bal_classifier_steps(const bal_classifier *c, int *total)
{
    if (total) *total = c->total;
    return c->step;
}

static bal_status open_classifier(bal_classifier *c)
{
    static const char *const nets[] = {"classifier"};
    const bal_setup         *s = c->job.setup;
    bal_device              *dev = c->job.dev;
    BAL_TRY(set_budget(c));
    BAL_TRY(bal_classifier_balance(c));
    BAL_TRY(bal_memory_check(s, dev, "train.classifier", nets, 1, c->o.batch));
    BAL_TRY(bal_setup_net(&c->net, s, "classifier", c->o.batch));
    BAL_TRY(check_classes(c->net, c->job.data));
    bal_net_mix(c->net, mixed_precision(c));
    BAL_TRY(bal_net_build(c->net, dev, true, (uint64_t)s->run.seed, 1));
    c->scaling = bal_dataset_scaling(c->job.data, false);
    BAL_TRY(make_loss(c));
    BAL_TRY(bal_stored_first_weights(c->net, c->o.init));
    BAL_TRY(bal_classifier_prior_bias(c));
    bal_learner_settings settings = {c->o.optimizer, c->o.schedule,     c->o.ema, c->o.clip, 0,
                                     c->total,       mixed_precision(c)};
    BAL_TRY(bal_learner_init(&c->learn, dev, c->net, &settings));
    BAL_TRY(bal_tensor_init(&c->figures, dev, (bal_shape){c->epoch_steps, 1, 1, FIGURES}));
    c->host = calloc((size_t)c->epoch_steps * FIGURES, sizeof *c->host);
    if (!c->host) return bal_fail(BAL_ENOMEM, "no memory for figures");
    BAL_TRY(bal_classifier_watch_open(c));
    if (c->job.folder) BAL_TRY(bal_path_use(c->job.folder, "last.safetensors", bal_classifier_load_last, c));
    if (c->job.folder) BAL_TRY(bal_classifier_watch_read(c));
    c->synced = c->epoch_began = bal_run_clock();
    return bal_classifier_batches(c);
}

bal_status bal_classifier_open(bal_classifier **out, const bal_classifier_job *job)
{
    bal_classifier *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c) return bal_fail(BAL_ENOMEM, "no memory for a classifier");
    c->job = *job;
    c->o = job->setup->classifier;
    bal_status st = open_classifier(c);
    if (st == BAL_OK) *out = c;
    else bal_classifier_close(c);
    return st;
}

void bal_classifier_close(bal_classifier *c)
{
    if (!c) return;
    bal_classifier_end_batches(c);
    bal_classifier_watch_close(c);
    bal_learner_free(&c->learn);
    bal_loss_free(&c->loss);
    bal_option_pool_free(c->pool);
    bal_net_free(c->net);
    bal_tensor_free(&c->figures);
    bal_run_log_close(&c->log);
    bal_run_log_close(&c->speed);
    bal_history_free(&c->history);
    free(c->host);
    free(c->images);
    free(c->weight);
    free(c);
}

int bal_classifier_epochs_logged(const bal_classifier *c)
{
    int up = c->step == c->total ? c->epoch_steps - 1 : 0;
    return (c->step + up) / c->epoch_steps;
}

static bal_status open_log(const char *path, void *user)
{
    bal_classifier *c = user;
    BAL_TRY(bal_run_log_open(&c->log, path, mixed_precision(c) ? log_header_mixed : log_header,
                             bal_classifier_epochs_logged(c)));
    return bal_history_read(&c->history, path);
}

static bal_status open_speed(const char *path, void *user)
{
    bal_classifier *c = user;
    return bal_run_log_open(&c->speed, path, speed_header, bal_classifier_epochs_logged(c));
}

static bal_status run(bal_classifier *c, bool *stopped)
{
    BAL_TRY(bal_folder_create(c->job.folder));
    BAL_TRY(bal_path_use(c->job.folder, "log.csv", open_log, c));
    BAL_TRY(bal_path_use(c->job.folder, "speed.csv", open_speed, c));
    if (c->step == 0 && bal_has(&c->augment.drawn))
        BAL_TRY(bal_path_use(c->job.folder, "augmented.png", bal_classifier_save_augmented, c));
    if (c->step == 0 && c->o.rescue)
        BAL_TRY(bal_path_use(c->job.folder, "good.safetensors", bal_classifier_save_last, c));
    while (c->step < c->total && !*stopped && !out_of_patience(c)) {
        BAL_TRY(bal_classifier_step(c));
        bool end = c->step % c->epoch_steps == 0 || c->step == c->total;
        if (end) BAL_TRY(end_epoch(c));
        *stopped = c->step < c->total && c->job.watch->stop();
        if (*stopped && !end) BAL_TRY(bal_path_use(c->job.folder, "last.safetensors", bal_classifier_save_last, c));
        show(c);
    }
    if (out_of_patience(c))
        bal_info("classifier: no better epoch in %d; stopped after %d", c->o.patience, c->history.count);
    return BAL_OK;
}

bal_status bal_classifier_train(const bal_classifier_job *job, bool *stopped)
{
    bal_classifier *c;
    *stopped = false;
    BAL_TRY(bal_classifier_open(&c, job));
    job->watch->begin(job->what ? job->what : "classifier", "step", c->total, c->step);
    bal_status st = run(c, stopped);
    job->watch->end();
    bal_classifier_close(c);
    return st || *stopped ? st : bal_model_finish(job->dev, job->setup, job->data, job->folder);
}
