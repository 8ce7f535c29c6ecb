/* classifier -- see include/ballast/classifier.h. */
#include "ballast/classifier.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/augment.h"
#include "ballast/feeder.h"
#include "ballast/files.h"
#include "ballast/history.h"
#include "ballast/learner.h"
#include "ballast/log.h"
#include "ballast/memory.h"
#include "ballast/metrics.h"
#include "ballast/stored.h"

enum { LOSS, SCORE, NORM, SPARE, FIGURES }; /* of a step; loss and score are a pair by bal_loss_def.run */

static const double sync_seconds = 0.2; /* device and host wait for each other at least this often */

struct bal_classifier {
    bal_classifier_job     job;
    bal_classifier_options o;
    bal_net               *net;
    bal_learner            learn;
    bal_loss               loss;
    bal_option_pool       *pool;
    bal_feeder            *feeder;
    bal_scaling            scaling;
    bal_augment            augment;
    bal_tensor             changed; /* a batch after augmentation; not there without */
    bal_tensor             figures; /* [steps of an epoch][FIGURES] */
    float                 *host;
    bal_run_log            log, speed;
    bal_history            history;
    int                    step, total, epoch_steps;
    double                 synced, epoch_began;
};

static const char log_header[] = "epoch,step,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,"
                                 "validation_balanced_accuracy,gradient_norm\n";
static const char speed_header[] = "epoch,seconds,images_per_second,waited\n";

/* ---- making ----------------------------------------------------------------------------------------------------- */

static bal_status make_loss(bal_classifier *c)
{
    const bal_where at = {"[train.classifier]", 0}; /* the line was checked with its place by setup */
    BAL_TRY(bal_loss_read(&c->loss, &c->pool, c->o.loss, false, at));
    return bal_loss_build(&c->loss, c->job.dev, bal_net_out(c->net), at);
}

static bal_status check_classes(const bal_classifier *c)
{
    bal_shape y = bal_net_out(c->net);
    int       classes = bal_dataset_class_count(c->job.data), outputs = y.h * y.w * y.c;
    if (outputs == classes || (outputs == 1 && classes == 2)) return BAL_OK;
    return bal_fail(BAL_ESHAPE, "[classifier] ends in %d outputs; the data has %d classes", outputs, classes);
}

static bal_status first_weights(bal_classifier *c)
{
    bal_checkpoint *from;
    if (!c->o.init) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&from, c->o.init));
    bal_status st = bal_checkpoint_get_net(from, "", c->net, NULL, NULL);
    bal_checkpoint_free(from);
    return st;
}

static bal_status make_feeder(bal_classifier *c)
{
    bal_feeder_settings s = {.data = c->job.data, .batch = c->o.batch, .shuffle = true};
    s.count = bal_dataset_part(c->job.data, BAL_TRAIN, -1, &s.index);
    s.seed = (uint64_t)c->job.setup->run.seed;
    s.scaling = c->scaling;
    s.start = (uint64_t)c->step * (uint64_t)c->o.batch;
    return bal_feeder_open(&c->feeder, c->job.dev, &s);
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

/* ---- checkpoints ------------------------------------------------------------------------------------------------ */

typedef bal_status (*use_path)(const char *path, void *user);

static bal_status with_path(const bal_classifier *c, const char *name, use_path use, void *user)
{
    char *path = bal_path_join(c->job.folder, name);
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = use(path, user);
    free(path);
    return st;
}

static bal_status save_last(const char *path, void *user)
{
    const bal_classifier *c = user;
    bal_checkpoint       *to;
    bal_status            st;
    BAL_TRY(bal_tensor_read(&c->figures, c->host));
    BAL_TRY(bal_checkpoint_new(&to));
    BAL_TRY_OR(end, st, bal_learner_put(&c->learn, to, ""));
    BAL_TRY_OR(end, st, bal_stored_put_figures(to, c->host, c->step % c->epoch_steps * FIGURES));
    BAL_TRY_OR(end, st, bal_checkpoint_write(to, path));
end:
    bal_checkpoint_free(to);
    return st;
}

static bal_status load_last(const char *path, void *user)
{
    bal_classifier *c = user;
    bal_checkpoint *from;
    bal_status      st;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&from, path));
    BAL_TRY_OR(end, st, bal_learner_get(&c->learn, from, ""));
    c->step = c->learn.t;
    BAL_TRY_OR(end, st, bal_stored_get_figures(c->host, c->step % c->epoch_steps * FIGURES, from));
    BAL_TRY_OR(end, st, bal_tensor_write(&c->figures, c->host));
end:
    bal_checkpoint_free(from);
    return st;
}

static bal_status save_best(const char *path, void *user)
{
    const bal_classifier *c = user;
    const bal_learner    *l = &c->learn;
    bal_checkpoint       *to;
    bal_status            st;
    BAL_TRY(bal_checkpoint_new(&to));
    BAL_TRY_OR(end, st,
               bal_checkpoint_put_net(to, "", c->net, bal_has(&l->average) ? &l->average : NULL,
                                      bal_has(&l->average_states) ? &l->average_states : NULL));
    BAL_TRY_OR(end, st, bal_stored_put_classes(to, c->job.data));
    BAL_TRY_OR(end, st, bal_stored_put_scaling(to, &c->scaling));
    BAL_TRY_OR(end, st, bal_checkpoint_write(to, path));
end:
    bal_checkpoint_free(to);
    return st;
}

/* ---- classifying ------------------------------------------------------------------------------------------------ */

static void softmax(double *p, const float *logit, int classes)
{
    double most = (double)logit[0], sum = 0;
    for (int k = 1; k < classes; k++) most = fmax(most, (double)logit[k]);
    for (int k = 0; k < classes; k++) sum += p[k] = exp((double)logit[k] - most);
    for (int k = 0; k < classes; k++) p[k] /= sum;
}

static void to_probabilities(double *out, const float *logits, int n, int outputs)
{
    for (int i = 0; i < n; i++) {
        if (outputs > 1) softmax(out + (size_t)i * (size_t)outputs, logits + (size_t)i * (size_t)outputs, outputs);
        else {
            out[2 * i + 1] = 1 / (1 + exp(-(double)logits[i]));
            out[2 * i] = 1 / (1 + exp((double)logits[i]));
        }
    }
}

bal_status bal_classifier_probabilities(double *out, bal_net *net, bal_device *dev, int count, bal_classifier_fill fill,
                                        void *user)
{
    const bal_pass look = {.training = false};
    bal_shape      in = bal_net_in(net), y_shape = bal_net_out(net);
    size_t         image = bal_shape_size(in) / (size_t)in.n;
    int            outputs = y_shape.h * y_shape.w * y_shape.c, classes = outputs > 1 ? outputs : 2;
    bal_tensor     all = {0}, y;
    bal_status     st;
    float         *pixel = malloc(bal_shape_size(in) * sizeof *pixel);
    float         *logits = malloc(bal_shape_size(y_shape) * sizeof *logits);
    if (!pixel || !logits) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a batch"));
    BAL_TRY_OR(end, st, bal_tensor_init(&all, dev, in));
    for (int first = 0; first < count; first += in.n) {
        bal_tensor x = all;
        x.shape.n = count - first < in.n ? count - first : in.n;
        for (int i = 0; i < x.shape.n; i++) BAL_TRY_OR(end, st, fill(user, first + i, pixel + (size_t)i * image));
        BAL_TRY_OR(end, st, bal_tensor_write(&x, pixel));
        BAL_TRY_OR(end, st, bal_net_forward(net, &look, &x, &y));
        BAL_TRY_OR(end, st, bal_tensor_read(&y, logits));
        to_probabilities(out + (size_t)first * (size_t)classes, logits, x.shape.n, outputs);
    }
end:
    bal_tensor_free(&all);
    free(pixel);
    free(logits);
    return st;
}

typedef struct part_images {
    const bal_dataset *data;
    const int         *index;
    const bal_scaling *scaling;
} part_images;

static bal_status fill_from_part(void *user, int i, float *pixel)
{
    const part_images *p = user;
    return bal_dataset_fill(p->data, p->index[i], pixel, p->scaling);
}

/* The most probable class; of equal ones the first. */
static int most_probable(const double *p, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (p[k] > p[best]) best = k;
    return best;
}

static bal_status add_rows(bal_predictions *out, const part_images *images, int count, const double *p, int classes)
{
    for (int i = 0; i < count; i++) {
        const bal_sample *s = bal_dataset_sample(images->data, images->index[i]);
        const double     *row = p + (size_t)i * (size_t)classes;
        bal_prediction    add = {.path = s->path,
                                 .group = s->group,
                                 .label = s->label,
                                 .predicted = most_probable(row, classes),
                                 .probability = row};
        BAL_TRY(bal_predictions_add(out, &add));
    }
    return BAL_OK;
}

static bal_status classify_part(bal_predictions *out, bal_net *net, bal_device *dev, const bal_dataset *data,
                                bal_part part, const bal_scaling *scaling)
{
    part_images  images = {data, NULL, scaling};
    int          count = bal_dataset_part(data, part, -1, &images.index), classes = bal_dataset_class_count(data);
    const char **names = calloc((size_t)classes, sizeof *names);
    double      *p = calloc((size_t)count * (size_t)classes + 1, sizeof *p);
    bal_status   st;
    *out = (bal_predictions){0};
    if (!names || !p) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for predictions"));
    for (int k = 0; k < classes; k++) names[k] = bal_dataset_class(data, k);
    BAL_TRY_OR(end, st, bal_predictions_init(out, names, classes, true));
    BAL_TRY_OR(end, st, bal_classifier_probabilities(p, net, dev, count, fill_from_part, &images));
    BAL_TRY_OR(end, st, add_rows(out, &images, count, p, classes));
end:
    free(names);
    free(p);
    return st;
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
    bal_status st = classify_part(&p, c->net, c->job.dev, c->job.data, BAL_VALIDATION, &c->scaling);
    if (st == BAL_OK && (st = bal_metrics_of(&m, &p)) == BAL_OK) {
        e->validation_loss = m.loss;
        e->validation_accuracy = m.accuracy;
        e->validation_balanced_accuracy = m.balanced_accuracy;
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

/* Means over the steps of the epoch that has just ended. */
static bal_status average_figures(bal_classifier *c, double mean[FIGURES])
{
    int rows = (c->step - 1) % c->epoch_steps + 1;
    BAL_TRY(bal_tensor_read(&c->figures, c->host));
    for (int k = 0; k < FIGURES; k++) mean[k] = 0;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < SPARE; k++) {
            if (!isfinite(c->host[r * FIGURES + k])) return fail_nan(c, c->step - rows + 1 + r);
            mean[k] += (double)c->host[r * FIGURES + k] / rows;
        }
    return BAL_OK;
}

static bal_status write_lines(bal_classifier *c, const bal_epoch *e, double norm)
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
                     norm};
    double speed[] = {seconds, rows * c->o.batch / seconds, bal_feeder_waited(c->feeder)};
    c->epoch_began = now;
    BAL_TRY(bal_run_log_row(&c->log, e->epoch, line, (int)(sizeof line / sizeof *line)));
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

static bal_status end_epoch(bal_classifier *c)
{
    double    mean[FIGURES];
    bal_epoch e = {.epoch = (c->step - 1) / c->epoch_steps + 1};
    BAL_TRY(average_figures(c, mean));
    e.train_loss = mean[LOSS];
    e.train_accuracy = mean[SCORE];
    BAL_TRY(validate(c, &e));
    BAL_TRY(bal_history_add(&c->history, &e));
    BAL_TRY(write_lines(c, &e, mean[NORM]));
    if (is_best(&c->history)) BAL_TRY(with_path(c, "best.safetensors", save_best, c));
    BAL_TRY(with_path(c, "curves.svg", plot, c));
    return with_path(c, "last.safetensors", save_last, c);
}

static bool out_of_patience(const bal_classifier *c)
{
    int best = bal_history_best(&c->history);
    return c->o.patience && best >= 0 && c->history.count - 1 - best >= c->o.patience;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static bal_status change_images(bal_classifier *c, bal_tensor *x)
{
    bal_stream stream = bal_stream_for((uint64_t)c->job.setup->run.seed, BAL_FOR_AUGMENT, (uint32_t)c->step, 0);
    if (!bal_has(&c->changed)) return BAL_OK;
    bal_tensor y = c->changed;
    y.shape.n = x->shape.n;
    bal_device_scope(c->job.dev, "augment");
    BAL_TRY(bal_augment_run(&c->augment, &y, x, c->scaling.deviation, &stream));
    *x = y;
    return BAL_OK;
}

bal_status bal_classifier_step(bal_classifier *c)
{
    bal_pass   pass = {.training = true, .seed = (uint64_t)c->job.setup->run.seed, .draw = (uint32_t)c->step};
    int        row = c->step % c->epoch_steps;
    bal_tensor x, label, y;
    BAL_TRY(bal_feeder_next(c->feeder, &x, &label));
    BAL_TRY(change_images(c, &x));
    BAL_TRY(bal_net_zero_gradients(c->net));
    BAL_TRY(bal_net_forward(c->net, &pass, &x, &y));
    bal_tensor dy = bal_net_output_gradient(c->net);
    bal_device_scope(c->job.dev, "loss");
    BAL_TRY(c->loss.def->run(&c->loss, BAL_LABELS, &y, &label, &dy, &c->figures, row * (FIGURES / 2)));
    BAL_TRY(bal_net_backward(c->net, &pass, &x, NULL));
    bal_device_scope(c->job.dev, "optimizer");
    BAL_TRY(bal_learner_step(&c->learn, &c->figures, row * FIGURES + NORM));
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
    BAL_TRY(bal_memory_check(s, dev, "train.classifier", nets, 1, c->o.batch));
    BAL_TRY(bal_setup_net(&c->net, s, "classifier", c->o.batch));
    BAL_TRY(check_classes(c));
    BAL_TRY(bal_net_build(c->net, dev, true, (uint64_t)s->run.seed, 1));
    c->scaling = bal_dataset_scaling(c->job.data, false);
    BAL_TRY(make_loss(c));
    BAL_TRY(bal_augment_parse(&c->augment, c->o.augment, (bal_where){"[train.classifier]", 0}));
    if (bal_augment_active(&c->augment)) BAL_TRY(bal_tensor_init(&c->changed, dev, bal_net_in(c->net)));
    BAL_TRY(first_weights(c));
    bal_learner_settings settings = {c->o.optimizer, c->o.schedule, c->o.ema, c->o.clip, 0, c->total};
    BAL_TRY(bal_learner_init(&c->learn, dev, c->net, &settings));
    BAL_TRY(bal_tensor_init(&c->figures, dev, (bal_shape){c->epoch_steps, 1, 1, FIGURES}));
    c->host = calloc((size_t)c->epoch_steps * FIGURES, sizeof *c->host);
    if (!c->host) return bal_fail(BAL_ENOMEM, "no memory for figures");
    if (c->job.folder) BAL_TRY(with_path(c, "last.safetensors", load_last, c));
    c->synced = c->epoch_began = bal_run_clock();
    return make_feeder(c);
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
    bal_feeder_close(c->feeder);
    bal_learner_free(&c->learn);
    bal_loss_free(&c->loss);
    bal_option_pool_free(c->pool);
    bal_net_free(c->net);
    bal_tensor_free(&c->changed);
    bal_tensor_free(&c->figures);
    bal_run_log_close(&c->log);
    bal_run_log_close(&c->speed);
    bal_history_free(&c->history);
    free(c->host);
    free(c);
}

static bal_status open_log(const char *path, void *user)
{
    bal_classifier *c = user;
    BAL_TRY(bal_run_log_open(&c->log, path, log_header, c->step / c->epoch_steps));
    return bal_history_read(&c->history, path);
}

static bal_status open_speed(const char *path, void *user)
{
    bal_classifier *c = user;
    return bal_run_log_open(&c->speed, path, speed_header, c->step / c->epoch_steps);
}

static bal_status run(bal_classifier *c, bool *stopped)
{
    BAL_TRY(bal_folder_create(c->job.folder));
    BAL_TRY(with_path(c, "log.csv", open_log, c));
    BAL_TRY(with_path(c, "speed.csv", open_speed, c));
    while (c->step < c->total && !*stopped && !out_of_patience(c)) {
        BAL_TRY(bal_classifier_step(c));
        bool end = c->step % c->epoch_steps == 0 || c->step == c->total;
        if (end) BAL_TRY(end_epoch(c));
        *stopped = c->step < c->total && c->job.watch->stop();
        if (*stopped && !end) BAL_TRY(with_path(c, "last.safetensors", save_last, c));
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
    job->watch->begin("classifier", "step", c->total, c->step);
    bal_status st = run(c, stopped);
    job->watch->end();
    bal_classifier_close(c);
    return st;
}

/* ---- a trained one ---------------------------------------------------------------------------------------------- */

static bal_status read_weights(bal_model *m, const char *path)
{
    enum { BATCH = 64 };
    bal_checkpoint *c;
    bal_status      st;
    if (!bal_file_exists(path)) return bal_fail(BAL_EIO, "there is no trained classifier (%s)", path);
    BAL_TRY(bal_setup_net(&m->net, m->setup, "classifier", BATCH));
    BAL_TRY(bal_net_build(m->net, m->dev, false, 0, 0));
    BAL_TRY(bal_checkpoint_read(&c, path));
    BAL_TRY_OR(end, st, bal_stored_get_classes(&m->classes, &m->class_count, c, path));
    BAL_TRY_OR(end, st, bal_stored_get_scaling(&m->scaling, c, path));
    BAL_TRY_OR(end, st, bal_checkpoint_get_net(c, "", m->net, NULL, NULL));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder)
{
    char *path = bal_path_join(folder, "best.safetensors");
    *m = (bal_model){.dev = dev, .setup = s};
    bal_status st = path ? read_weights(m, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    if (st != BAL_OK) bal_model_close(m);
    return st;
}

bal_status bal_model_open(bal_model *m, bal_device *dev, const char *run)
{
    char      *config = bal_path_join(run, "config.ini"), *folder = bal_path_join(run, "classifier");
    bal_setup *own = NULL;
    bal_status st =
        config && folder ? bal_setup_open(&own, config, NULL, 0) : bal_fail(BAL_ENOMEM, "no memory for a path");
    *m = (bal_model){0};
    if (st == BAL_OK) st = bal_model_load(m, dev, own, folder);
    free(config);
    free(folder);
    if (st == BAL_OK) m->own = own;
    else bal_setup_close(own);
    return st;
}

void bal_model_close(bal_model *m)
{
    bal_net_free(m->net);
    bal_setup_close(m->own);
    for (int i = 0; i < m->class_count; i++) free(m->classes[i]);
    free(m->classes);
    *m = (bal_model){0};
}

static bal_status check_same_classes(const bal_model *m, const bal_dataset *data)
{
    bool same = m->class_count == bal_dataset_class_count(data);
    for (int k = 0; same && k < m->class_count; k++) same = strcmp(m->classes[k], bal_dataset_class(data, k)) == 0;
    return same ? BAL_OK
                : bal_fail(BAL_ECONFIG, "the data's classes are not those that the classifier was trained for");
}

bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part)
{
    *out = (bal_predictions){0};
    BAL_TRY(check_same_classes(m, data));
    return classify_part(out, m->net, m->dev, data, part, &m->scaling);
}
