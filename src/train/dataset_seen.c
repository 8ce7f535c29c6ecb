/* dataset_seen -- what of the images has been, or is, on the other side of a split. */
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "dataset_parts.h"

void bal_dataset_leaks(const bal_dataset *ds, int leaks[BAL_LEAKS])
{
    static const int kind[BAL_LINK_KINDS] = {
        [BAL_SAME_BYTES] = BAL_LEAK_COPIES, [BAL_SIMILAR] = BAL_LEAK_SIMILAR, [BAL_SAME_GROUP] = BAL_LEAK_GROUPS};
    for (int i = 0; i < ds->link_count; i++) {
        bal_part a = ds->sample[ds->links[i].a].part, b = ds->sample[ds->links[i].b].part;
        leaks[kind[ds->links[i].kind]] += a != b && a != BAL_NO_PART && b != BAL_NO_PART;
    }
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool is_seen(const char *part, const char *fold, bool folds)
{
    return strcmp(part, bal_part_name(BAL_TRAIN)) == 0 || strcmp(part, bal_part_name(BAL_VALIDATION)) == 0 ||
           (folds && *fold);
}

/* Adds the hashes of what was seen. */
static bal_status read_seen(bal_names *out, const char *split, bool folds)
{
    const char *const *row;
    bal_csv           *csv;
    bal_status         st;
    int                part, fold, hash;
    BAL_TRY(bal_csv_open(&csv, split));
    st = bal_csv_column(&part, csv, "part");
    if (st == BAL_OK) st = bal_csv_column(&fold, csv, "fold");
    if (st == BAL_OK) st = bal_csv_column(&hash, csv, "sha256");
    while (st == BAL_OK && (st = bal_csv_next(&row, csv)) == BAL_OK && row)
        if (is_seen(row[part], row[fold], folds)) st = bal_names_add(out, row[hash]);
    bal_csv_close(csv);
    return st;
}

bal_status bal_dataset_seen(int *images, const bal_dataset *ds, const char *const *run, int count, bool folds)
{
    bal_names  seen = {0};
    bal_status st = BAL_OK;
    *images = 0;
    for (int i = 0; i < count && st == BAL_OK; i++) {
        char *split = bal_path_join(run[i], "split.csv");
        if (!split) st = bal_fail(BAL_ENOMEM, "no memory for a path");
        else if (bal_file_exists(split)) st = read_seen(&seen, split, folds);
        free(split);
    }
    if (seen.count) qsort(seen.name, (size_t)seen.count, sizeof *seen.name, by_text);
    for (int i = 0; st == BAL_OK && seen.count && i < ds->count; i++) {
        const char *hash = ds->sample[i].sha256;
        *images += bsearch(&hash, seen.name, (size_t)seen.count, sizeof *seen.name, by_text) != NULL;
    }
    bal_names_free(&seen);
    return st;
}
