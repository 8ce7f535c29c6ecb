/* rundiff_data -- split.csv of two runs. See _rundiff.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/csv.h"
#include "ballast/files.h"
#include "cli/_rundiff.h"

enum { TRAIN, VALIDATION, TEST, DROPPED, FOLDS, PLACES = FOLDS + 128 };

typedef struct {
    char       *text; /* path, label, sha256: a NUL behind each */
    const char *label, *sha256;
    int         place;
} image;

typedef struct {
    image *image; /* by path */
    int    count, capacity;
} split;

typedef struct {
    int both, relabelled, changed, held[2][PLACES], moved[PLACES][PLACES];
} tally;

static const char *const parts[] = {"train", "validation", "test", "dropped"};

static int place_of(const char *part, const char *fold)
{
    long number = strtol(fold, NULL, 10);

    if (*fold) return FOLDS + (int)(number < 0 ? 0 : number >= PLACES - FOLDS ? PLACES - FOLDS - 1 : number);
    for (int i = 0; i < DROPPED; i++)
        if (strcmp(part, parts[i]) == 0) return i;
    return DROPPED;
}

static const char *place_name(char out[16], int place)
{
    if (place < FOLDS) snprintf(out, 16, "%s", parts[place]);
    else snprintf(out, 16, "fold %d", place - FOLDS);
    return out;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void free_split(split *s)
{
    for (int i = 0; i < s->count; i++) free(s->image[i].text);
    free(s->image);
    *s = (split){0};
}

static bal_status add_image(split *s, const char *path, const char *label, const char *sha256, int place)
{
    if (s->count == s->capacity) {
        int    capacity = s->capacity ? 2 * s->capacity : 1024;
        image *grown = realloc(s->image, (size_t)capacity * sizeof *grown);
        if (!grown) return bal_fail(BAL_ENOMEM, "no memory for %d images", capacity);
        s->image = grown;
        s->capacity = capacity;
    }
    image add = {.text = bal_format("%s%c%s%c%s", path, 0, label, 0, sha256), .place = place};
    if (!add.text) return bal_fail(BAL_ENOMEM, "no memory for an image");
    add.label = add.text + strlen(add.text) + 1;
    add.sha256 = add.label + strlen(add.label) + 1;
    s->image[s->count++] = add;
    return BAL_OK;
}

static bal_status read_rows(split *s, bal_csv *csv)
{
    static const char *const names[] = {"path", "label", "sha256", "part", "fold"};
    const char *const       *row;
    int                      at[5];
    bal_status               st;

    for (int i = 0; i < 5; i++) BAL_TRY(bal_csv_column(&at[i], csv, names[i]));
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row)
        BAL_TRY(add_image(s, row[at[0]], row[at[1]], row[at[2]], place_of(row[at[3]], row[at[4]])));
    return st;
}

static int by_path(const void *a, const void *b) { return strcmp(((const image *)a)->text, ((const image *)b)->text); }

/* *there: whether the run has one. */
static bal_status read_split(split *s, bool *there, const char *run)
{
    char      *path = bal_path_join(run, "split.csv");
    bal_csv   *csv = NULL;
    bal_status st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    *there = path && bal_file_exists(path);
    if (*there) st = bal_csv_open(&csv, path);
    if (csv) st = read_rows(s, csv);
    bal_csv_close(csv);
    free(path);
    if (s->count) qsort(s->image, (size_t)s->count, sizeof *s->image, by_path);
    return st;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static void count_pair(tally *t, const image *a, const image *b)
{
    t->both++;
    t->relabelled += strcmp(a->label, b->label) != 0;
    t->changed += strcmp(a->sha256, b->sha256) != 0;
    if (a->place != b->place) t->moved[a->place][b->place]++;
}

static void merge(tally *t, cJSON *only[2], const split s[2])
{
    int i = 0, j = 0;

    while (i < s[0].count || j < s[1].count) {
        int order = i == s[0].count ? 1 : j == s[1].count ? -1 : strcmp(s[0].image[i].text, s[1].image[j].text);
        if (order == 0) count_pair(t, &s[0].image[i], &s[1].image[j]);
        else
            cJSON_AddItemToArray(only[order > 0],
                                 cJSON_CreateString(order < 0 ? s[0].image[i].text : s[1].image[j].text));
        if (order <= 0) t->held[0][s[0].image[i++].place]++;
        if (order >= 0) t->held[1][s[1].image[j++].place]++;
    }
}

static void put_tally(cJSON *o, const tally *t)
{
    char   from[16], to[16];
    cJSON *places = cJSON_AddObjectToObject(o, "places"), *moved = cJSON_AddArrayToObject(o, "moved");

    for (int i = 0; i < PLACES; i++) {
        const int held[] = {t->held[0][i], t->held[1][i]};
        if (held[0] || held[1]) cJSON_AddItemToObject(places, place_name(from, i), cJSON_CreateIntArray(held, 2));
        for (int j = 0; j < PLACES; j++) {
            if (!t->moved[i][j]) continue;
            cJSON *m = cJSON_CreateObject();
            cJSON_AddStringToObject(m, "from", place_name(from, i));
            cJSON_AddStringToObject(m, "to", place_name(to, j));
            cJSON_AddNumberToObject(m, "images", t->moved[i][j]);
            cJSON_AddItemToArray(moved, m);
        }
    }
}

static bal_status compare(cJSON **out, const split s[2])
{
    tally *t = calloc(1, sizeof *t);
    cJSON *o = cJSON_CreateObject(), *only[2];

    if (!t) return bal_fail(BAL_ENOMEM, "no memory for a comparison");
    cJSON_AddNumberToObject(o, "both", 0);
    only[0] = cJSON_AddArrayToObject(o, "only_first");
    only[1] = cJSON_AddArrayToObject(o, "only_second");
    merge(t, only, s);
    cJSON_SetNumberValue(cJSON_GetObjectItem(o, "both"), t->both);
    cJSON_AddNumberToObject(o, "relabelled", t->relabelled);
    cJSON_AddNumberToObject(o, "changed", t->changed);
    put_tally(o, t);
    free(t);
    *out = o;
    return BAL_OK;
}

bal_status bal_diff_data(cJSON **out, const char *const run[2])
{
    split s[2] = {{0}, {0}};
    bool  there[2] = {false, false};

    *out = NULL;
    bal_status st = read_split(&s[0], &there[0], run[0]);
    if (!st) st = read_split(&s[1], &there[1], run[1]);
    if (!st && there[0] && there[1]) st = compare(out, s);
    free_split(&s[0]);
    free_split(&s[1]);
    return st;
}
