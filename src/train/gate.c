/* gate -- see include/ballast/gate.h. */
#include "ballast/gate.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/paired.h"
#include "ballast/run.h"
#include "train/gate_parts.h"
#include "train/setup_parts.h"

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a gate"); }

void bal_gate_free(bal_gate *g)
{
    for (int k = 0; k < g->class_count; k++) {
        free(g->of[k].name);
        free(g->of[k].verdicts);
    }
    free(g->of);
    free(g->trial);
    *g = (bal_gate){0};
}

/* ---- composing --------------------------------------------------------------------------------------------------- */

/* Of each generated image whether it was dropped. */
static bool *bar(const bal_gate *g, const bal_dataset *data)
{
    int   first = bal_dataset_count(data), count = bal_dataset_generated_count(data);
    int  *seen = calloc((size_t)g->class_count + 1, sizeof *seen);
    bool *barred = calloc((size_t)count + 1, sizeof *barred);
    for (int i = 0; seen && barred && i < count; i++) {
        int                   label = bal_dataset_sample(data, first + i)->label;
        const bal_gate_class *of = &g->of[label];
        barred[i] = seen[label] >= of->candidates || of->verdicts[seen[label]] != bal_verdict_letters[BAL_KEPT];
        seen[label]++;
    }
    if (!seen) {
        free(barred);
        barred = NULL;
    }
    free(seen);
    return barred;
}

bal_status bal_gate_compose(const bal_gate *g, bal_dataset *data)
{
    bal_composition c = {.real = {true, true, true}, .generated = {[BAL_TRAIN] = BAL_GENERATED_RATIO}};
    bool           *barred = bar(g, data);
    double         *ratios = calloc((size_t)g->class_count + 1, sizeof *ratios);
    for (int k = 0; ratios && k < g->class_count; k++) ratios[k] = g->of[k].ratio;
    c.barred = barred;
    c.ratios = ratios;
    bal_status st = barred && ratios ? bal_dataset_compose(data, &c) : no_memory();
    free(ratios);
    free(barred);
    return st;
}

/* ---- trials ------------------------------------------------------------------------------------------------------ */

/* The classifier with what the gate's classes take now. */
typedef struct trial {
    const bal_gate_job *job;
    bal_gate           *gate;
    int                 label; /* whose ratio it is; -1: the first trial, on real images alone */
    bal_setup           setup; /* a copy that owns nothing */
    char               *folder;
    bal_predictions     answers; /* for the validation images, of all seeds */
} trial;

static char *trial_folder(const bal_gate_job *job, int label, double ratio, int seed)
{
    char name[256];
    if (label < 0) return bal_format("%s/gate/0/seed%d", job->folder, seed);
    bal_run_class_folder(name, sizeof name, bal_dataset_class(job->data, label));
    return bal_format("%s/gate/%s/%g/seed%d", job->folder, name, ratio, seed);
}

/* A path is there once with each seed; images without a group are groups of their own. */
static bal_status pool(bal_predictions *all, const bal_predictions *p, int seed)
{
    if (!all->classes)
        BAL_TRY(bal_predictions_init(all, (const char *const *)p->classes, p->class_count, p->probabilities));
    for (int i = 0; i < p->count; i++) {
        bal_prediction row = p->row[i];
        char          *path = bal_format("seed%d/%s", seed, row.path);
        if (!path) return no_memory();
        if (!row.group) row.group = row.path;
        row.path = path;
        bal_status st = bal_predictions_add(all, &row);
        free(path);
        BAL_TRY(st);
    }
    return BAL_OK;
}

static bal_status answer(trial *t)
{
    bal_model       m;
    bal_predictions p = {0};
    BAL_TRY(bal_model_load(&m, t->job->dev, &t->setup, t->folder));
    bal_status st = bal_model_classify(&p, &m, t->job->data, BAL_VALIDATION);
    if (st == BAL_OK) st = pool(&t->answers, &p, t->setup.run.seed);
    bal_predictions_free(&p);
    bal_model_close(&m);
    return st;
}

static bal_status train_once(trial *t, bool *stopped)
{
    bal_classifier_job job = {&t->setup, t->job->data, t->job->dev, t->folder, t->job->watch, "gate"};
    BAL_TRY(bal_gate_compose(t->gate, t->job->data));
    BAL_TRY(bal_classifier_train(&job, stopped));
    return *stopped ? BAL_OK : answer(t);
}

/* More images of a class, whatever they show, make a classifier answer it more often, and so alone may raise its
 * balanced accuracy: answers are corrected for the classes' shares, so that only what the images show counts, unless
 * training makes up for the shares itself. */
static bal_setup trial_setup(const trial *t, int i)
{
    bal_setup s = *t->job->setup;
    s.run.seed += i;
    s.classifier.steps = t->gate->steps;
    s.classifier.epochs = 0;
    s.classifier.ensemble = 1;
    s.classifier.want = "none";
    s.classifier.decide = bal_setup_evens_out(&s) ? BAL_DECIDE_LIKELIEST : BAL_DECIDE_PRIOR;
    return s;
}

/* Train with each seed and pool the answers. */
static bal_status run_trial(trial *t, bool *stopped)
{
    double ratio = t->label < 0 ? 0 : t->gate->of[t->label].ratio;
    for (int i = 0; i < t->gate->seeds && !*stopped; i++) {
        t->setup = trial_setup(t, i);
        t->folder = trial_folder(t->job, t->label, ratio, t->setup.run.seed);
        bal_status st = t->folder ? train_once(t, stopped) : no_memory();
        free(t->folder);
        BAL_TRY(st);
    }
    return BAL_OK;
}

static bal_status compare(bal_gate_trial *out, const bal_predictions *with, const bal_predictions *without)
{
    bal_paired p;
    BAL_TRY(bal_paired_make(&p, (bal_named_predictions){"with generated images", with},
                            (bal_named_predictions){"without", without}, BAL_REPORT_SEED));
    out->balanced_accuracy = p.metrics[0].balanced_accuracy;
    out->gain = p.metrics[0].balanced_accuracy - p.metrics[1].balanced_accuracy;
    out->interval = p.differences.figure[BAL_FIGURE_BALANCED_ACCURACY];
    bal_paired_free(&p);
    return BAL_OK;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static bal_status filter(const trial *base)
{
    bal_model m;
    bal_setup s = *base->job->setup;
    char     *folder = trial_folder(base->job, -1, 0, s.run.seed);
    if (!folder) return no_memory();
    bal_status st = bal_model_load(&m, base->job->dev, &s, folder);
    free(folder);
    BAL_TRY(st);
    BAL_TRY_OR(end, st, bal_gate_compose(base->gate, base->job->data));
    st = bal_gate_filter(base->gate, &m, base->job->data);
end:
    bal_model_close(&m);
    return st;
}

/* The class's ratio stays if it helps, and its answers are then what the next ones are compared with. */
static bal_status try_ratio(trial *best, int label, double ratio, bool *stopped)
{
    bal_gate       *g = best->gate;
    trial           t = {.job = best->job, .gate = g, .label = label};
    bal_gate_trial *now = &g->trial[g->trials];
    *now = (bal_gate_trial){.label = label, .ratio = ratio, .images = bal_gate_images(&g->of[label], ratio)};
    g->of[label].ratio = ratio;
    bal_status st = run_trial(&t, stopped);
    if (st == BAL_OK && !*stopped) st = compare(now, &t.answers, &best->answers);
    if (st == BAL_OK && !*stopped) g->trials++;
    if (st == BAL_OK && now->interval.low > 0) {
        bal_predictions loser = best->answers;
        best->answers = t.answers;
        t.answers = loser;
    } else g->of[label].ratio = 0;
    bal_predictions_free(&t.answers);
    return st;
}

/* Ascending, until one helps; a ratio that takes no more images than the one before it is none. */
static bal_status try_class(trial *best, int label, bool *stopped)
{
    const bal_setup *s = best->job->setup;
    bal_gate_class  *of = &best->gate->of[label];
    int              before = 0;
    for (int i = 0; i < s->gate_ratio_count && of->ratio <= 0 && !*stopped; i++) {
        int images = bal_gate_images(of, s->gate_ratio[i]);
        if (images > before) BAL_TRY(try_ratio(best, label, s->gate_ratio[i], stopped));
        before = images;
    }
    return BAL_OK;
}

static bal_status try_classes(trial *best, bool *stopped)
{
    bal_gate *g = best->gate;
    g->trial = calloc((size_t)g->class_count * (size_t)best->job->setup->gate_ratio_count + 1, sizeof *g->trial);
    if (!g->trial) return no_memory();
    for (int k = bal_gate_next(g, -1); k >= 0 && !*stopped; k = bal_gate_next(g, k))
        BAL_TRY(try_class(best, k, stopped));
    return BAL_OK;
}

static bal_status balanced_accuracy(double *out, const bal_predictions *p)
{
    bal_metrics m;
    BAL_TRY(bal_metrics_of(&m, p));
    *out = m.balanced_accuracy;
    bal_metrics_free(&m);
    return BAL_OK;
}

static bal_status decide(trial *base, bool *stopped)
{
    bal_gate  *g = base->gate;
    const int *unused;
    if (bal_gate_next(g, -1) < 0) return BAL_OK;
    if (bal_dataset_part(base->job->data, BAL_VALIDATION, -1, &unused) == 0) return BAL_OK;
    BAL_TRY(run_trial(base, stopped));
    if (*stopped) return BAL_OK;
    BAL_TRY(balanced_accuracy(&g->without, &base->answers));
    BAL_TRY(filter(base));
    return try_classes(base, stopped);
}

static void remove_weights(const bal_gate_job *job, const bal_gate *g, int label, double ratio)
{
    static const char *const files[] = {"best.safetensors", "last.safetensors"};
    for (int i = 0; i < g->seeds; i++) {
        char *folder = trial_folder(job, label, ratio, job->setup->run.seed + i);
        for (int f = 0; folder && f < 2; f++) {
            char *path = bal_path_join(folder, files[f]);
            if (path) remove(path); /* one that stays does no harm */
            free(path);
        }
        free(folder);
    }
}

static bal_status finish(const bal_gate *g, const bal_gate_job *job, const char *path)
{
    char *words;
    BAL_TRY(bal_gate_write(g, path));
    BAL_TRY(bal_gate_words(&words, g));
    bal_info("%s", words);
    free(words);
    remove_weights(job, g, -1, 0);
    for (int i = 0; i < g->trials; i++) remove_weights(job, g, g->trial[i].label, g->trial[i].ratio);
    return BAL_OK;
}

static bal_status decide_anew(bal_gate *out, const bal_gate_job *job, const char *path, bool *stopped)
{
    const bal_composition real = {.real = {true, true, true}};
    trial                 base = {.job = job, .gate = out, .label = -1};
    *out = (bal_gate){.seeds = job->setup->gate.seeds, .without = (double)NAN};
    out->steps = (int)fmax(1, round((double)job->setup->gate.budget * job->setup->classifier.steps));
    BAL_TRY(bal_dataset_compose(job->data, &real));
    BAL_TRY(bal_gate_list(out, job->data));
    bal_status st = decide(&base, stopped);
    bal_predictions_free(&base.answers);
    if (st == BAL_OK && !*stopped) st = finish(out, job, path);
    return st;
}

bal_status bal_gate_decide(bal_gate *out, const bal_gate_job *job, bool *stopped)
{
    char *path = bal_path_join(job->folder, "gate.json");
    *stopped = false;
    *out = (bal_gate){0};
    if (!path) return no_memory();
    bal_status st = bal_folder_create(job->folder);
    if (st == BAL_OK) st = bal_file_exists(path) ? bal_gate_read(out, path) : decide_anew(out, job, path, stopped);
    if (st == BAL_OK && out->class_count != bal_dataset_class_count(job->data))
        st = bal_fail(BAL_EIO, "%s: is of other classes than the data has", path);
    free(path);
    if (st) bal_gate_free(out);
    return st;
}
