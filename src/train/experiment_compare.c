/* experiment_compare -- see include/ballast/experiment.h. */
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/html.h"
#include "train/experiment_parts.h"

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a comparison"); }

/* Takes over the text. */
static bal_status save(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : no_memory();
    free(path);
    free(text);
    return st;
}

static bal_status save_predictions(const bal_gathered *g, const char *folder)
{
    char      *path = bal_path_join(folder, "predictions.csv");
    bal_status st = path ? bal_predictions_write(&g->all, path) : no_memory();
    free(path);
    return st;
}

static bal_status write_comparison(const bal_gathered *g, const char *folder)
{
    char *text;
    BAL_TRY(save_predictions(g, folder));
    BAL_TRY(bal_comparison_text(&text, &g->comparison));
    BAL_TRY(save(folder, "experiment.txt", text));
    BAL_TRY(bal_html_save_comparison(&g->comparison, folder));
    BAL_TRY(bal_comparison_json(&text, &g->comparison));
    return save(folder, "experiment.json", text);
}

bal_status bal_experiment_compare(const char *folder, int *parts)
{
    bal_gathered g;
    BAL_TRY(bal_experiment_gather(&g, folder));
    *parts = g.comparison.count;
    bal_status st = *parts ? write_comparison(&g, folder) : BAL_OK;
    bal_gathered_free(&g);
    return st;
}
