/* dataset_split_csv -- split.csv: written, and held against the split as it is now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "dataset_parts.h"

static void write_sample(FILE *f, const bal_dataset *ds, const bal_sample *s)
{
    bal_csv_put(f, s->path, ',');
    bal_csv_put(f, s->label >= 0 ? ds->data.classes[s->label] : "", ',');
    bal_csv_put(f, s->group ? s->group : "", ',');
    bal_csv_put(f, s->part == BAL_NO_PART ? "dropped" : bal_part_name(s->part), ',');
    if (s->fold >= 0) bal_csv_put_number(f, s->fold, ',');
    else bal_csv_put(f, "", ',');
    bal_csv_put(f, s->sha256, '\n');
}

bal_status bal_dataset_write_split(const bal_dataset *ds, const char *path)
{
    bal_file_writer w;

    BAL_TRY(bal_file_create(&w, path));
    fputs("path,label,group,part,fold,sha256\n", w.file);
    for (int i = 0; i < ds->count; i++) write_sample(w.file, ds, &ds->sample[i]);
    return bal_file_commit(&w);
}

static bal_status compare_files(const char *a, const char *b)
{
    char      *x = NULL, *y = NULL;
    size_t     n = 0, m = 0;
    bal_status st = bal_file_read(&x, &n, a, 0);

    if (!st) st = bal_file_read(&y, &m, b, 0);
    if (!st && (n != m || memcmp(x, y, n) != 0))
        st = bal_fail(BAL_EIO,
                      "%s: the data or its split has changed since the run began (%s is the split now): images that "
                      "were trained on could be tested; begin a new run, or report on other images by eval --data",
                      a, b);
    free(x);
    free(y);
    return st;
}

bal_status bal_dataset_check_split(const bal_dataset *ds, const char *path, const char *folder)
{
    char *now = bal_path_join(folder, "split.csv.now");

    if (!now) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_folder_create(folder);
    if (!st) st = bal_dataset_write_split(ds, now);
    if (!st) st = compare_files(path, now);
    if (!st) remove(now);
    free(now);
    return st;
}
