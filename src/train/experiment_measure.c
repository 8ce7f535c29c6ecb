/* experiment_measure -- how long it will take, from steps timed now. See include/ballast/experiment.h. */
#include "train/experiment_parts.h"
#include <stdlib.h>
#include "ballast/classifier.h"
#include "ballast/gan.h"

enum { WARM = 2, MOST_STEPS = 10 };
static const double enough_seconds = 0.5;

/* A trainer behind one call. */
typedef struct subject {
    void *trainer;
    bal_status (*step)(void *trainer);
    bal_device *dev;
} subject;

static bal_status step_gan(void *trainer) { return bal_gan_step(trainer); }
static bal_status step_classifier(void *trainer) { return bal_classifier_step(trainer); }

static bal_status take_steps(const subject *s, int count)
{
    for (int i = 0; i < count; i++) BAL_TRY(s->step(s->trainer));
    return bal_device_finish(s->dev);
}

/* Mean seconds of a step, behind some that build kernels and fill caches. */
static bal_status time_step(double *seconds, const subject *s)
{
    int steps = 0;
    BAL_TRY(take_steps(s, WARM));
    double began = bal_run_clock(), took = 0;
    for (; steps < MOST_STEPS && took < enough_seconds; steps++) {
        BAL_TRY(take_steps(s, 1));
        took = bal_run_clock() - began;
    }
    *seconds = took / steps;
    return BAL_OK;
}

static bal_status time_gan(double *seconds, const bal_experiment *e)
{
    bal_gan_job job = {.setup = e->setup, .data = e->data, .dev = e->dev, .label = -1, .what = "gan"};
    bal_gan    *gan;
    BAL_TRY(bal_gan_open(&gan, &job));
    bal_status st = time_step(seconds, &(subject){gan, step_gan, e->dev});
    bal_gan_close(gan);
    return st;
}

static bal_status time_arm(double *seconds, const bal_experiment *e, int arm)
{
    bal_setup          setup = bal_experiment_setup(e, arm, e->setup->run.seed);
    bal_classifier_job job = {.setup = &setup, .data = e->data, .dev = e->dev};
    bal_classifier    *c;
    BAL_TRY(bal_classifier_open(&c, &job));
    bal_status st = time_step(seconds, &(subject){c, step_classifier, e->dev});
    bal_classifier_close(c);
    return st;
}

/* Steps of a gate's trials, at most; none once the training that follows them has begun. */
static double trials(const bal_experiment *e, const bal_setup *arm, const bal_experiment_task *t)
{
    int classes = bal_dataset_class_count(e->data) - 1;
    if (!arm->composition.gated || t->step > 0) return 0;
    return (double)arm->gate.budget * t->total * arm->gate.seeds * (1 + classes * arm->gate_ratio_count);
}

/* What judging a GAN's checkpoints takes, in steps: to make images, and for each of them a pass of the classifier. */
static double judging(const bal_experiment *e, double steps)
{
    const bal_gan_options *o = &e->setup->gan;
    return o->checkpoint ? steps / o->checkpoint * BAL_GAN_JUDGED / o->batch / 3 : 0;
}

static bool trained_elsewhere(const bal_experiment *e, const bal_experiment_task *t)
{
    for (int i = 0; i < e->task_count; i++) {
        const bal_experiment_task *o = &e->task[i];
        if (o->arm && o->index == e->arm[t->index].like && o->fold == t->fold && o->seed == t->seed) return true;
    }
    char *twin = bal_experiment_twin(e, t);
    free(twin);
    return twin != NULL;
}

/* Steps that are left. A pass forward, over images that are validated or tested, is a third of one. */
static double left(const bal_experiment *e, const bal_experiment_task *t)
{
    const int *list;
    double     steps = t->step < t->total ? t->total - t->step : 0;
    if (!t->arm) return steps + judging(e, steps);
    if (trained_elsewhere(e, t)) steps = 0;
    steps += trials(e, e->arm[t->index].setup, t);
    int    batch = e->arm[t->index].setup->classifier.batch, train = bal_dataset_part(e->data, BAL_TRAIN, -1, &list);
    double epochs = steps * batch / (train ? train : 1);
    double looked_at = epochs * bal_dataset_part(e->data, BAL_VALIDATION, -1, &list);
    if (t->tested) looked_at += bal_dataset_part(e->data, BAL_TEST, -1, &list);
    return steps + looked_at / batch / 3;
}

/* arm -1: the GAN. */
static bal_status measure_kind(bal_experiment *e, int arm)
{
    double seconds = 0;
    bool   known = false;
    for (int i = 0; i < e->task_count; i++) {
        bal_experiment_task *t = &e->task[i];
        if ((t->arm ? t->index : -1) != arm) continue;
        if (!known && t->state == BAL_TASK_OPEN) {
            BAL_TRY(arm < 0 ? time_gan(&seconds, e) : time_arm(&seconds, e, arm));
            known = true;
        }
        t->seconds = t->state == BAL_TASK_DONE ? 0 : seconds * left(e, t);
    }
    return BAL_OK;
}

bal_status bal_experiment_measure(bal_experiment *e)
{
    bal_device *dev;
    BAL_TRY(bal_experiment_device(&dev, e, 0));
    BAL_TRY(bal_dataset_compose(e->data, &bal_real_alone));
    for (int arm = -1; arm < e->arm_count; arm++) BAL_TRY(measure_kind(e, arm));
    return BAL_OK;
}
