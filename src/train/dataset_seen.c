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

/* Hashes that a split.csv has in training or validation. */
static bal_status read_seen(bal_names *out, const char *split)
{
    const char *const *row;
    bal_csv           *csv;
    bal_status         st;
    int                part, hash;
    BAL_TRY(bal_csv_open(&csv, split));
    st = bal_csv_column(&part, csv, "part");
    if (st == BAL_OK) st = bal_csv_column(&hash, csv, "sha256");
    while (st == BAL_OK && (st = bal_csv_next(&row, csv)) == BAL_OK && row)
        if (strcmp(row[part], bal_part_name(BAL_TRAIN)) == 0 || strcmp(row[part], bal_part_name(BAL_VALIDATION)) == 0)
            st = bal_names_add(out, row[hash]);
    bal_csv_close(csv);
    return st;
}

bal_status bal_dataset_seen(int *images, const bal_dataset *ds, const char *split)
{
    bal_names  seen = {0};
    bal_status st = read_seen(&seen, split);
    *images = 0;
    if (seen.count) qsort(seen.name, (size_t)seen.count, sizeof *seen.name, by_text);
    for (int i = 0; st == BAL_OK && seen.count && i < ds->count; i++) {
        const char *hash = ds->sample[i].sha256;
        *images += bsearch(&hash, seen.name, (size_t)seen.count, sizeof *seen.name, by_text) != NULL;
    }
    bal_names_free(&seen);
    return st;
}
