/* heatmaps -- see cli/_heatmaps.h. */
#include "cli/_heatmaps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ballast/log.h"
#include "cli/_classify.h"
#include "cli/progress.h"
#include "cli/verb.h"

/* The parts of a path that are kept, each behind a slash. */
static void keep_parts(char *out, const char *path)
{
    while (*path) {
        size_t n = strcspn(path, "/");
        bool   up = n == 2 && strncmp(path, "..", n) == 0, here = n == 1 && *path == '.';

        if (n > 0 && !here) *out++ = '/';
        if (up) *out++ = '_';
        else if (!here) {
            memcpy(out, path, n);
            out += n;
        }
        path += n + (path[n] == '/');
    }
    *out = '\0';
}

char *bal_heatmaps_path(const char *dir, const char *image)
{
    size_t n = strlen(image);
    bool   png = n >= 4 && strcasecmp(image + n - 4, ".png") == 0;
    char  *kept = malloc(n + 2), *path = NULL;

    if (kept) {
        keep_parts(kept, image);
        path = bal_format("%s%s%s", dir, kept, png ? "" : ".png");
    }
    free(kept);
    return path;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bal_status bal_heatmaps_check(const char *dir, const bal_names *images)
{
    for (int i = 0; i < images->count; i++) {
        char *path = bal_heatmaps_path(dir, images->name[i]);

        if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
        bool same = same_file(path, images->name[i]);
        free(path);
        if (same)
            return bal_fail(BAL_EIO, "--heatmap %s would overwrite %s; name another folder", dir, images->name[i]);
    }
    return BAL_OK;
}

static bal_status write_one(const char *path, bal_heatmap *h, const float *pixel, int class, const bal_scaling *scaling)
{
    char      *folder = bal_path_folder(path);
    bal_status st = folder ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");

    free(folder);
    return st ? st : bal_heatmap_paint(path, h, pixel, class, scaling);
}

static bal_status write_row(const char *dir, bal_heatmap *h, const bal_prediction *row, const float *pixel,
                            const bal_scaling *scaling)
{
    char      *path = bal_heatmaps_path(dir, row->path);
    bal_status st =
        path ? write_one(path, h, pixel, row->predicted, scaling) : bal_fail(BAL_ENOMEM, "no memory for a path");

    free(path);
    return st;
}

bal_status bal_heatmaps_write(const char *dir, bal_heatmap *h, const bal_model *m, const bal_predictions *p)
{
    bal_shape  in = bal_net_in(m->net);
    float     *pixel = malloc((size_t)in.h * (size_t)in.w * (size_t)in.c * sizeof *pixel);
    bal_status st = pixel ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for an image");

    bal_progress_begin("heat maps", "image", p->count, 0);
    for (int i = 0; i < p->count && !st; i++) {
        if (bal_stop_requested) st = bal_fail(BAL_EIO, "stopped after %d of %d heat maps", i, p->count);
        if (!st) st = bal_classify_read(pixel, m, p->row[i].path);
        if (!st) st = write_row(dir, h, &p->row[i], pixel, &m->scaling);
        bal_progress_update(i + 1, NULL, 0);
    }
    bal_progress_end();
    if (!st) bal_info("%s: %d heat maps written", dir, p->count);
    free(pixel);
    return st;
}
