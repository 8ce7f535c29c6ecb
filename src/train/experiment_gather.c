/* experiment_gather -- what the parts of an experiment found, for its reports. See experiment_parts.h. Everything is
 * read from the run's folder, so that a report made again, elsewhere and later, is the same to the bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/gate.h"
#include "ballast/report.h"
#include "train/experiment_parts.h"

typedef struct gathering {
    const char   *config, *folder;
    bal_gathered *to; /* no classes before the first part */
} gathering;

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a comparison"); }

/* ---- split.csv --------------------------------------------------------------------------------------------------- */

static void count_class(int *images, const bal_predictions *p, const char *label)
{
    for (int k = 0; k < p->class_count; k++) images[k] += strcmp(p->classes[k], label) == 0;
}

static bal_status count_parts(int *test, int *train, int *images, const bal_predictions *p, bal_csv *csv)
{
    const char *const *row;
    bal_status         st;
    int                part, label;
    BAL_TRY(bal_csv_column(&part, csv, "part"));
    BAL_TRY(bal_csv_column(&label, csv, "label"));
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) {
        *test += strcmp(row[part], "test") == 0;
        if (strcmp(row[part], "train") != 0) continue;
        (*train)++;
        count_class(images, p, row[label]);
    }
    return st;
}

/* Of the split that split.csv shows, the first fold's: the same, whichever parts were trained last. images: training
 * images of each class of p. */
static bal_status read_split(double *test_per_train, int *images, const bal_predictions *p, const char *folder)
{
    char      *path = bal_path_join(folder, "split.csv");
    bal_csv   *csv;
    int        test = 0, train = 0;
    bal_status st = path ? bal_csv_open(&csv, path) : no_memory();
    free(path);
    BAL_TRY(st);
    st = count_parts(&test, &train, images, p, csv);
    bal_csv_close(csv);
    *test_per_train = train ? (double)test / train : 0;
    return st;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static bal_status add_rows(bal_predictions *all, const bal_predictions *p)
{
    for (int i = 0; i < p->count; i++) BAL_TRY(bal_predictions_add(all, &p->row[i]));
    return BAL_OK;
}

static bal_status begin(gathering *g, const bal_predictions *p)
{
    const char *const *names = (const char *const *)p->classes;
    int               *images = calloc((size_t)p->class_count + 1, sizeof *images);
    double             test_per_train = 0;
    bal_status         st = images ? read_split(&test_per_train, images, p, g->folder) : no_memory();
    if (st == BAL_OK) st = bal_comparison_init(&g->to->comparison, names, p->class_count, test_per_train);
    if (st == BAL_OK) st = bal_comparison_trained_on(&g->to->comparison, images);
    free(images);
    return st == BAL_OK ? bal_predictions_init(&g->to->all, names, p->class_count, p->probabilities) : st;
}

/* The first part names the classes; the others must have the same. */
static bal_status agree_on_classes(gathering *g, const bal_predictions *p, const char *path)
{
    const bal_comparison *c = &g->to->comparison;
    if (!c->class_count) return begin(g, p);
    bool same = p->class_count == c->class_count && p->probabilities == g->to->all.probabilities;
    for (int k = 0; same && k < p->class_count; k++) same = strcmp(p->classes[k], c->classes[k]) == 0;
    return same ? BAL_OK : bal_fail(BAL_EIO, "%s: has other classes than the parts before it", path);
}

/* Of a class the ratio that was taken, or the one that gained most. */
static const bal_gate_trial *shown_trial(const bal_gate *g, int label)
{
    const bal_gate_trial *shown = NULL;
    for (int i = 0; i < g->trials; i++) {
        const bal_gate_trial *t = &g->trial[i];
        if (t->label != label) continue;
        if (t->ratio == g->of[label].ratio) return t;
        if (!shown || t->gain > shown->gain) shown = t;
    }
    return shown;
}

static bal_class_gate describe_class(const bal_gate *g, int label)
{
    const double          none = (double)NAN;
    const bal_gate_class *of = &g->of[label];
    const bal_gate_trial *t = shown_trial(g, label);
    bal_class_gate        out = {.label = label, .ratio = of->ratio, .tried = none, .gain = none};
    out.interval = t ? t->interval : (bal_interval){none, none};
    if (t) out.tried = t->ratio;
    if (t) out.gain = t->gain;
    out.candidates = of->candidates;
    out.wrong_class = of->count[BAL_WRONG_CLASS];
    out.outliers = of->count[BAL_OUTLIER];
    out.copies = of->count[BAL_COPY];
    out.repeated = of->count[BAL_REPEATED];
    return out;
}

static bal_status describe_gate(bal_part_result *out, const bal_gate *g, const char *path, const bal_comparison *c)
{
    bool same = g->class_count == c->class_count;
    for (int k = 0; same && k < g->class_count; k++) same = strcmp(g->of[k].name, c->classes[k]) == 0;
    if (!same) return bal_fail(BAL_EIO, "%s: has other classes than the part", path);
    out->gate = malloc(((size_t)g->class_count + 1) * sizeof *out->gate);
    if (!out->gate) return no_memory();
    for (int k = bal_gate_next(g, -1); k >= 0; k = bal_gate_next(g, k)) out->gate[out->gates++] = describe_class(g, k);
    return BAL_OK;
}

/* out->gate: the caller's. */
static bal_status read_gate(bal_part_result *out, const char *folder, const bal_comparison *c)
{
    bal_gate   g = {0};
    char      *path = bal_path_join(folder, "gate.json");
    bal_status st = path ? bal_gate_read(&g, path) : no_memory();
    if (st == BAL_OK) st = describe_gate(out, &g, path, c);
    bal_gate_free(&g);
    free(path);
    return st;
}

/* What the part's images are, by its arm's settings. */
static bal_status describe_part(bal_part_result *out, bool *gated, const gathering *g, const bal_experiment_part *part)
{
    bal_setup *arm;
    BAL_TRY(bal_setup_open_arm(&arm, g->config, NULL, 0, part->arm));
    *out = (bal_part_result){.arm = (char *)(uintptr_t)part->arm, .fold = part->fold, .seed = part->seed};
    out->generated = arm->composition.generated[BAL_TRAIN] != BAL_GENERATED_NONE;
    out->leaks = arm->composition.generated[BAL_TEST] != BAL_GENERATED_NONE;
    *gated = arm->composition.gated;
    bal_setup_close(arm);
    return BAL_OK;
}

static bal_status add_generators(gathering *g, int fold)
{
    char       name[32];
    char      *folder = bal_path_join(g->folder, bal_experiment_fold_folder(name, fold));
    bal_status st = folder ? bal_comparison_made(&g->to->comparison, fold, folder) : no_memory();
    free(folder);
    return st;
}

static bal_status gather(void *user, const bal_experiment_part *part)
{
    gathering      *g = user;
    bal_predictions p = {0};
    bal_history     history = {0};
    bal_background  background = {0};
    bal_part_result like;
    bal_status      st;
    bool            gated;
    if (!part->done) return BAL_OK;
    BAL_TRY(describe_part(&like, &gated, g, part));
    char *predictions = bal_path_join(part->folder, "predictions.csv"), *log = bal_path_join(part->folder, "log.csv");
    if (!predictions || !log) BAL_TRY_OR(end, st, no_memory());
    BAL_TRY_OR(end, st, bal_predictions_read(&p, predictions));
    BAL_TRY_OR(end, st, bal_history_read(&history, log));
    BAL_TRY_OR(end, st, agree_on_classes(g, &p, predictions));
    BAL_TRY_OR(end, st, bal_background_read(&background, part->folder, &p));
    if (gated) BAL_TRY_OR(end, st, read_gate(&like, part->folder, &g->to->comparison));
    like.on_real = background.generated ? background.on_real : (double)NAN;
    like.validated = background.answers.validated;
    BAL_TRY_OR(end, st, bal_comparison_add(&g->to->comparison, &like, &p, &history));
    BAL_TRY_OR(end, st, add_rows(&g->to->all, &p));
    st = add_generators(g, part->fold);
end:
    bal_background_free(&background);
    bal_history_free(&history);
    bal_predictions_free(&p);
    free(like.gate);
    free(predictions);
    free(log);
    return st;
}

/* ---- arms -------------------------------------------------------------------------------------------------------- */

/* The arms of a comparison in their order, with their settings. */
typedef struct arms {
    const char **name;
    bal_setup  **setup;
    bool        *leaks;
    int          count;
} arms;

static void close_arms(arms *a)
{
    for (int i = 0; a->setup && i < a->count; i++) bal_setup_close(a->setup[i]);
    free(a->name);
    free(a->setup);
    free(a->leaks);
}

static bal_status open_arms(arms *out, const bal_comparison *c, const char *config)
{
    size_t most = (size_t)c->count + 1;
    *out =
        (arms){calloc(most, sizeof *out->name), calloc(most, sizeof *out->setup), calloc(most, sizeof *out->leaks), 0};
    if (!out->name || !out->setup || !out->leaks) return no_memory();
    for (int i = 0; i < c->count; i++) {
        if (!bal_comparison_first(c, i)) continue;
        out->name[out->count] = c->part[i].arm;
        out->leaks[out->count] = c->part[i].leaks;
        BAL_TRY(bal_setup_open_arm(&out->setup[out->count++], config, NULL, 0, c->part[i].arm));
    }
    return BAL_OK;
}

/* Of the arms before arm i the one with the fewest other settings, among those that are tested on real images. */
static bal_status find_base(bal_comparison *c, const arms *a, int i)
{
    int        base = -1, fewest = 0;
    char      *settings = NULL;
    bal_status st = BAL_OK;
    for (int j = 0; st == BAL_OK && j < i; j++) {
        char *words = NULL;
        int   count;
        if (a->leaks[i] || a->leaks[j]) continue;
        st = bal_setup_differs(&words, &count, a->setup[i], a->setup[j]);
        if (st == BAL_OK && (base < 0 || count < fewest)) {
            char *former = settings;
            settings = words;
            words = former;
            fewest = count;
            base = j;
        }
        free(words);
    }
    if (st == BAL_OK && base >= 0)
        st = bal_comparison_builds_on(c, a->name[i], a->name[base], *settings ? settings : "unchanged");
    free(settings);
    return st;
}

/* As for training: the class that is named, or the rarest. */
static void find_positive(bal_comparison *c, const char *name)
{
    c->positive = 0;
    for (int k = 1; !name && k < c->class_count; k++)
        if (c->trained[k] < c->trained[c->positive]) c->positive = k;
    for (int k = 0; name && k < c->class_count; k++)
        if (strcmp(c->classes[k], name) == 0) c->positive = k;
}

static bal_status describe_arms(bal_comparison *c, const char *config)
{
    arms       a;
    bal_status st = open_arms(&a, c, config);
    for (int i = 1; st == BAL_OK && i < a.count; i++) st = find_base(c, &a, i);
    if (st == BAL_OK && a.count) find_positive(c, a.setup[0]->data.positive);
    close_arms(&a);
    return st;
}

bal_status bal_experiment_gather(bal_gathered *out, const char *folder)
{
    gathering g = {.folder = folder, .to = out};
    char     *config = bal_path_join(folder, "config.ini");
    *out = (bal_gathered){0};
    if (!config) return no_memory();
    g.config = config;
    bal_experiment_job all = {.config = config, .folder = folder};
    bal_status         st = bal_experiment_parts(&all, gather, &g);
    if (st == BAL_OK) st = describe_arms(&out->comparison, config);
    if (st == BAL_OK) st = bal_comparison_pair_up(&out->comparison, &out->all);
    if (st == BAL_OK && out->all.count) st = bal_comparison_test_together(&out->comparison, &out->all);
    free(config);
    if (st) bal_gathered_free(out);
    return st;
}

void bal_gathered_free(bal_gathered *g)
{
    bal_comparison_free(&g->comparison);
    bal_predictions_free(&g->all);
}
