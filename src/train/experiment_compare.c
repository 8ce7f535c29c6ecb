/* experiment_compare -- see include/ballast/experiment.h. Everything is read from the run's folder, so that a report
 * made again, elsewhere and later, is the same to the bit. */
#include "ballast/experiment.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/comparison.h"
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/html.h"
#include "ballast/predictions.h"

typedef struct gathering {
    const char     *config, *folder;
    bal_comparison  comparison; /* no classes before the first part */
    bal_predictions all;
} gathering;

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a comparison"); }

/* ---- split.csv --------------------------------------------------------------------------------------------------- */

static bal_status count_parts(int *test, int *train, bal_csv *csv)
{
    const char *const *row;
    bal_status         st;
    int                part;
    BAL_TRY(bal_csv_column(&part, csv, "part"));
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) {
        *test += strcmp(row[part], "test") == 0;
        *train += strcmp(row[part], "train") == 0;
    }
    return st;
}

/* Of the split that split.csv shows, the first fold's: the same, whichever parts were trained last. */
static bal_status read_test_per_train(double *out, const char *folder)
{
    char    *path = bal_path_join(folder, "split.csv");
    bal_csv *csv;
    int      test = 0, train = 0;
    *out = 0;
    bal_status st = path ? bal_csv_open(&csv, path) : no_memory();
    free(path);
    BAL_TRY(st);
    st = count_parts(&test, &train, csv);
    bal_csv_close(csv);
    if (train) *out = (double)test / train;
    return st;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static bal_status add_rows(bal_predictions *all, const bal_predictions *p)
{
    for (int i = 0; i < p->count; i++) BAL_TRY(bal_predictions_add(all, &p->row[i]));
    return BAL_OK;
}

/* The first part names the classes; the others must have the same. */
static bal_status agree_on_classes(gathering *g, const bal_predictions *p, const char *path)
{
    const char *const *names = (const char *const *)p->classes;
    bal_comparison    *c = &g->comparison;
    double             test_per_train;
    if (!c->class_count) {
        BAL_TRY(read_test_per_train(&test_per_train, g->folder));
        BAL_TRY(bal_comparison_init(c, names, p->class_count, test_per_train));
        return bal_predictions_init(&g->all, names, p->class_count, p->probabilities);
    }
    bool same = p->class_count == c->class_count && p->probabilities == g->all.probabilities;
    for (int k = 0; same && k < p->class_count; k++) same = strcmp(names[k], c->classes[k]) == 0;
    return same ? BAL_OK : bal_fail(BAL_EIO, "%s: has other classes than the parts before it", path);
}

/* What the part's images are, by its arm's settings. */
static bal_status describe_part(bal_part_result *out, const gathering *g, const bal_experiment_part *part)
{
    bal_setup *arm;
    BAL_TRY(bal_setup_open_arm(&arm, g->config, NULL, 0, part->arm));
    *out = (bal_part_result){.arm = (char *)(uintptr_t)part->arm, .fold = part->fold, .seed = part->seed};
    out->generated = arm->composition.generated[BAL_TRAIN] != BAL_GENERATED_NONE;
    out->leaks = arm->composition.generated[BAL_TEST] != BAL_GENERATED_NONE;
    bal_setup_close(arm);
    return BAL_OK;
}

static bal_status gather(void *user, const bal_experiment_part *part)
{
    gathering      *g = user;
    bal_predictions p = {0};
    bal_history     history = {0};
    bal_background  background = {0};
    bal_part_result like;
    bal_status      st;
    if (!part->done) return BAL_OK;
    BAL_TRY(describe_part(&like, g, part));
    char *predictions = bal_path_join(part->folder, "predictions.csv"), *log = bal_path_join(part->folder, "log.csv");
    if (!predictions || !log) BAL_TRY_OR(end, st, no_memory());
    BAL_TRY_OR(end, st, bal_predictions_read(&p, predictions));
    BAL_TRY_OR(end, st, bal_history_read(&history, log));
    BAL_TRY_OR(end, st, agree_on_classes(g, &p, predictions));
    BAL_TRY_OR(end, st, bal_background_read(&background, part->folder, &p));
    like.on_real = background.generated ? background.on_real : (double)NAN;
    like.validated = background.answers.validated;
    BAL_TRY_OR(end, st, bal_comparison_add(&g->comparison, &like, &p, &history));
    BAL_TRY_OR(end, st, add_rows(&g->all, &p));
end:
    bal_background_free(&background);
    bal_history_free(&history);
    bal_predictions_free(&p);
    free(predictions);
    free(log);
    return st;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Takes over the text. */
static bal_status save(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : no_memory();
    free(path);
    free(text);
    return st;
}

static bal_status save_predictions(const gathering *g)
{
    char      *path = bal_path_join(g->folder, "predictions.csv");
    bal_status st = path ? bal_predictions_write(&g->all, path) : no_memory();
    free(path);
    return st;
}

static bal_status write_comparison(const gathering *g)
{
    char *text;
    BAL_TRY(save_predictions(g));
    BAL_TRY(bal_comparison_text(&text, &g->comparison));
    BAL_TRY(save(g->folder, "experiment.txt", text));
    BAL_TRY(bal_html_save_comparison(&g->comparison, g->folder));
    BAL_TRY(bal_comparison_json(&text, &g->comparison));
    return save(g->folder, "experiment.json", text);
}

bal_status bal_experiment_compare(const char *folder, int *parts)
{
    gathering  g = {.folder = folder};
    char      *config = bal_path_join(folder, "config.ini");
    bal_status st;
    *parts = 0;
    if (!config) return no_memory();
    g.config = config;
    bal_experiment_job all = {.config = config, .folder = folder};
    BAL_TRY_OR(end, st, bal_experiment_parts(&all, gather, &g));
    *parts = g.comparison.count;
    if (*parts) st = write_comparison(&g);
end:
    bal_comparison_free(&g.comparison);
    bal_predictions_free(&g.all);
    free(config);
    return st;
}
