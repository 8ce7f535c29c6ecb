/* bench_compare -- what is faster or slower than an earlier measurement, beyond the noise of both. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "cli/_bench.h"
#include "cli/progress.h"

enum { MOST_BYTES = 64 << 20 };

/* Changes of less than this share of their own time, or of the step's, are not worth a line. */
static const double least = 0.01, least_of_step = 0.001;

static double number(const cJSON *o, const char *key, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

static const char *word(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static bal_spread spread(const cJSON *o, const char *key)
{
    char   name[48];
    double median = number(o, key, (double)NAN);
    snprintf(name, sizeof name, "%s_low", key);
    double low = number(o, name, median);
    snprintf(name, sizeof name, "%s_high", key);
    return (bal_spread){median, low, number(o, name, median)};
}

/* Do half of the measurements of one lie beyond half of the other's? `step`: milliseconds of a step. */
static bool differs(const bal_spread *a, const bal_spread *b, double step)
{
    double change = fabs(a->median - b->median);
    return (a->low > b->high || b->low > a->high) && change > least * a->median && change > least_of_step * step;
}

/* The line of a file of JSON lines that is about this trainer. */
static bal_status read_old(cJSON **out, const char *path, const char *trainer)
{
    char  *text;
    size_t size;
    *out = NULL;
    BAL_TRY(bal_file_read(&text, &size, path, MOST_BYTES));
    for (char *line = text, *next; line && *line && !*out; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        cJSON *o = cJSON_Parse(line);
        if (cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(o, "layers")) && strcmp(word(o, "trainer"), trainer) == 0)
            *out = o;
        else cJSON_Delete(o);
    }
    free(text);
    return *out ? BAL_OK : bal_fail(BAL_ECONFIG, "%s: holds no line of ballast bench --json about a %s", path, trainer);
}

static const cJSON *find(const cJSON *layers, const char *scope)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, layers) if (strcmp(word(o, "scope"), scope) == 0) return o;
    return NULL;
}

static const bal_bench_row *find_row(const bal_bench *b, const char *scope)
{
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->rows[i].name, scope) == 0) return &b->rows[i];
    return NULL;
}

/* One line; in JSON one object in `list`. An algorithm is said where it has changed. NULL: not there. */
static void say(cJSON *list, const char *name, const bal_spread *old, const bal_spread *new, const char *how)
{
    if (list) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "scope", name);
        if (old) cJSON_AddNumberToObject(o, "ms_before", old->median);
        if (new) cJSON_AddNumberToObject(o, "ms", new->median);
        if (*how) cJSON_AddStringToObject(o, "algorithm", how);
        cJSON_AddItemToArray(list, o);
        return;
    }
    printf("%-44s", name);
    if (!old) printf(" %9s -> %9.2f ms  new", "", new->median);
    else if (!new) printf(" %9.2f -> %9s ms  gone", old->median, "");
    else
        printf(" %9.2f -> %9.2f ms  %.2f x as fast (%+.2f ms)", old->median, new->median, old->median / new->median,
               new->median - old->median);
    printf("%s%s\n", *how ? "  " : "", how);
}

static void compare_rows(cJSON *list, const bal_bench *b, const cJSON *old, int *same)
{
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(old, "layers"), *o;
    for (int i = 0; i < b->count; i++) {
        const bal_bench_row *r = &b->rows[i];
        const cJSON         *was = find(layers, r->name);
        bal_spread           before = was ? spread(was, "ms") : (bal_spread){0};
        bool                 other = was && strcmp(word(was, "algorithm"), r->algorithm) != 0;
        if (was && !other && !differs(&before, &r->ms, b->step_ms.median)) (*same)++;
        else say(list, r->name, was ? &before : NULL, &r->ms, other ? r->algorithm : "");
    }
    cJSON_ArrayForEach(o, layers)
    {
        bal_spread before = spread(o, "ms");
        if (!find_row(b, word(o, "scope"))) say(list, word(o, "scope"), &before, NULL, "");
    }
}

bal_status bal_bench_compare(const bal_bench *b, const char *path)
{
    cJSON *old, *whole = bal_speaks_json() ? cJSON_CreateObject() : NULL, *list = NULL;
    int    same = 0;
    BAL_TRY(read_old(&old, path, b->trainer));
    bal_spread before = spread(old, "step_ms");
    if (whole) {
        cJSON_AddStringToObject(whole, "compared_with", path);
        cJSON_AddStringToObject(whole, "trainer", b->trainer);
        list = cJSON_AddArrayToObject(whole, "changes");
    } else printf("%s, beside %s (%s), beyond the noise of both:\n", b->trainer, path, word(old, "commit"));
    if (differs(&before, &b->step_ms, 0)) say(list, "step", &before, &b->step_ms, "");
    else same++;
    compare_rows(list, b, old, &same);
    if (whole) cJSON_AddNumberToObject(whole, "unchanged", same);
    if (whole) bal_say_json(whole);
    else printf("the same within the noise: %d of %d\n\n", same, b->count + 1);
    cJSON_Delete(old);
    return BAL_OK;
}
