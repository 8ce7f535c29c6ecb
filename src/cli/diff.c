/* diff -- two runs beside each other: settings, data, environment, results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/_rundiff.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "eval/prose.h"

enum { PATHS_SHOWN = 3 };

typedef struct {
    cJSON      *settings, *data, *environment, *results, *parts, *paired; /* data, paired: NULL where there is none */
    char       *paired_text;
    const char *unpaired; /* why there is none */
} difference;

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static const char *word_of(const cJSON *o, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return text ? text : "";
}

static int count_of(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(item) ? (int)item->valuedouble : 0;
}

static void put_decimals(FILE *to, const cJSON *number)
{
    if (cJSON_IsNumber(number)) fprintf(to, "%.3f", number->valuedouble);
    else fputs("n/a", to);
}

static void put_figure(FILE *to, const cJSON *o)
{
    const cJSON *low = cJSON_GetObjectItem(o, "low"), *high = cJSON_GetObjectItem(o, "high");

    put_decimals(to, cJSON_GetObjectItem(o, "value"));
    if (!cJSON_IsNumber(low) || !cJSON_IsNumber(high)) return;
    fprintf(to, " [%.3f, %.3f]", low->valuedouble, high->valuedouble);
}

/* A value as a cell: "-" where the run has none. malloc'd, or NULL. */
static char *cell(const cJSON *row, const char *side)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, side);
    char        *text = NULL;
    size_t       size;
    FILE        *to = open_memstream(&text, &size);

    if (!to) return NULL;
    if (!item) fputc('-', to);
    else if (cJSON_IsString(item)) bal_prose_name(to, item->valuestring);
    else if (cJSON_IsObject(item)) put_figure(to, item);
    else if (cJSON_IsNumber(item)) fprintf(to, "%.15g", item->valuedouble);
    else fputs("n/a", to);
    if (fclose(to) == 0) return text;
    free(text);
    return NULL;
}

static void widen(int *width, const char *text)
{
    int n = bal_prose_columns(text ? text : "");
    if (n > *width) *width = n;
}

static void say_padded(const char *text, int width)
{
    bal_prose_name(stdout, text);
    printf("%*s  ", width - bal_prose_columns(text), "");
}

static void say_rows(const cJSON *rows)
{
    const cJSON *row;
    int          key = 0, first = 5;

    cJSON_ArrayForEach(row, rows)
    {
        char *text = cell(row, "first");
        widen(&key, word_of(row, "key"));
        widen(&first, text);
        free(text);
    }
    printf("  %*s  %-*s  second\n", key, "", first, "first");
    cJSON_ArrayForEach(row, rows)
    {
        char *a = cell(row, "first"), *b = cell(row, "second");
        printf("  ");
        say_padded(word_of(row, "key"), key);
        say_padded(a ? a : "", first);
        printf("%s\n", b ? b : "");
        free(a);
        free(b);
    }
}

/* "Settings: the same", or how many differ and which. */
static void say_table(const char *title, const char *what, const cJSON *rows)
{
    int n = cJSON_GetArraySize(rows);

    printf("\n%s: ", title);
    if (!n) {
        printf("the same\n");
        return;
    }
    printf("%d %s%s\n", n, what, n == 1 ? " differs" : "s differ");
    say_rows(rows);
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static void say_paths(const char *what, const cJSON *paths)
{
    int n = cJSON_GetArraySize(paths);

    if (!n) return;
    printf("  %d %s: ", n, what);
    for (int i = 0; i < n && i < PATHS_SHOWN; i++) {
        if (i) printf(", ");
        bal_prose_name(stdout, cJSON_GetStringValue(cJSON_GetArrayItem(paths, i)));
    }
    printf(n > PATHS_SHOWN ? ", ...\n" : "\n");
}

static void say_count(int n, const char *what)
{
    if (n) printf("  %d %s\n", n, what);
}

static void say_places(const cJSON *places)
{
    const cJSON *place;

    printf("  %-12s %8s %8s\n", "images", "first", "second");
    cJSON_ArrayForEach(place, places) printf("  %-12s %8d %8d\n", place->string, cJSON_GetArrayItem(place, 0)->valueint,
                                             cJSON_GetArrayItem(place, 1)->valueint);
}

static bool same_data(const cJSON *data)
{
    return !cJSON_GetArraySize(cJSON_GetObjectItem(data, "only_first")) &&
           !cJSON_GetArraySize(cJSON_GetObjectItem(data, "only_second")) &&
           !cJSON_GetArraySize(cJSON_GetObjectItem(data, "moved")) && !count_of(data, "relabelled") &&
           !count_of(data, "changed");
}

static void say_data(const cJSON *data)
{
    const cJSON *move;

    if (!data) {
        printf("\nData: not both have split.csv\n");
        return;
    }
    printf("\nData: %d images in both", count_of(data, "both"));
    if (same_data(data)) {
        printf(", the same in the same parts\n");
        return;
    }
    printf("\n");
    say_paths("only in the first", cJSON_GetObjectItem(data, "only_first"));
    say_paths("only in the second", cJSON_GetObjectItem(data, "only_second"));
    say_count(count_of(data, "relabelled"), "with another label");
    say_count(count_of(data, "changed"), "with other content");
    cJSON_ArrayForEach(move, cJSON_GetObjectItem(data, "moved"))
        printf("  %d from %s to %s\n", count_of(move, "images"), word_of(move, "from"), word_of(move, "to"));
    say_places(cJSON_GetObjectItem(data, "places"));
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void say(const difference *d, const char *const run[2])
{
    printf("first   %s\nsecond  %s\n", run[0], run[1]);
    say_table("Settings", "setting", d->settings);
    say_data(d->data);
    say_table("Environment", "entry", d->environment);
    if (cJSON_GetArraySize(d->parts)) say_table("Parts", "part", d->parts);
    say_table("Results", "figure", d->results);
    if (d->paired_text) printf("\nOn the test images that both have:\n%s", d->paired_text);
    else printf("\nNo paired comparison: %s.\n", d->unpaired);
}

static void say_json(difference *d, const char *const run[2])
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "first", run[0]);
    cJSON_AddStringToObject(o, "second", run[1]);
    cJSON_AddItemToObject(o, "settings", d->settings);
    cJSON_AddItemToObject(o, "data", d->data ? d->data : cJSON_CreateNull());
    cJSON_AddItemToObject(o, "environment", d->environment);
    cJSON_AddItemToObject(o, "parts", d->parts);
    cJSON_AddItemToObject(o, "results", d->results);
    cJSON_AddItemToObject(o, "paired", d->paired ? d->paired : cJSON_CreateNull());
    d->settings = d->data = d->environment = d->parts = d->results = d->paired = NULL;
    bal_say_json(o);
}

static bal_status compare(difference *d, const char *const run[2])
{
    for (int i = 0; i < 2; i++) BAL_TRY(bal_args_is_run(run[i]));
    BAL_TRY(bal_diff_settings(d->settings, run));
    BAL_TRY(bal_diff_data(&d->data, run));
    BAL_TRY(bal_diff_environment(d->environment, run));
    BAL_TRY(bal_diff_parts(d->parts, run));
    BAL_TRY(bal_diff_results(d->results, run));
    return bal_diff_paired(&d->paired_text, &d->paired, &d->unpaired, run);
}

static int run(const bal_args *args)
{
    difference d = {.settings = cJSON_CreateArray(),
                    .environment = cJSON_CreateArray(),
                    .results = cJSON_CreateArray(),
                    .parts = cJSON_CreateArray()};
    bal_status st = compare(&d, args->word);

    if (!st && bal_speaks_json()) say_json(&d, args->word);
    else if (!st) say(&d, args->word);
    cJSON *all[] = {d.settings, d.data, d.environment, d.results, d.parts, d.paired};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) cJSON_Delete(all[i]);
    free(d.paired_text);
    return bal_done(st);
}

const bal_verb bal_verb_diff = {
    .name = "diff",
    .group = BAL_VERB_LOOK,
    .usage = "RUN RUN",
    .help = "which settings, data and results of two runs differ",
    .details = "Settings are those of config.ini, data those of split.csv; results are those of report.json, or of "
               "experiment.json,\n"
               "with 95 % intervals, and on the test images that both have a paired comparison like that of ballast "
               "eval --against.\n"
               "- is a thing that a run lacks, n/a a figure that is undefined. Exit 0 whether they differ or not.",
    .examples = "What did the second attempt change, and was it better?\n"
                "    ballast diff runs/xray runs/xray-2",
    .min_words = 2,
    .max_words = 2,
    .run = run,
};
