/* examples -- see include/ballast/examples.h. */
#include "ballast/examples.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/image.h"

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

typedef struct best {
    int row[BAL_WRONG_MAX], count, most;
} best;

static double sureness(const bal_predictions *p, int row) { return p->row[row].probability[p->row[row].predicted]; }

/* Keep a row if it is among the surest; of equal ones the first stays first. */
static void offer(best *b, const bal_predictions *p, int row)
{
    int at = b->count;
    while (at > 0 && sureness(p, row) > sureness(p, b->row[at - 1])) at--;
    if (at == b->most) return;
    if (b->count < b->most) b->count++;
    for (int k = b->count - 1; k > at; k--) b->row[k] = b->row[k - 1];
    b->row[at] = row;
}

static int take(bal_example *out, const best *b, bool wrong, int number)
{
    for (int i = 0; i < b->count; i++) out[i] = (bal_example){b->row[i], wrong, number + i};
    return b->count;
}

int bal_examples_choose(bal_example out[BAL_EXAMPLES_MAX], const bal_predictions *p)
{
    enum { CLASSES = BAL_RIGHT_MAX };
    int  classes = p->class_count < CLASSES ? p->class_count : CLASSES, each = 2 * classes <= BAL_RIGHT_MAX ? 2 : 1;
    best wrong = {.most = BAL_WRONG_MAX}, right[CLASSES] = {{.most = 0}};
    for (int k = 0; k < classes; k++) right[k].most = each;
    for (int i = 0; p->probabilities && i < p->count; i++) {
        int label = p->row[i].label;
        if (label >= 0 && label != p->row[i].predicted) offer(&wrong, p, i);
        else if (label >= 0 && label < classes) offer(&right[label], p, i);
    }
    int n = take(out, &wrong, true, 1), wrongs = n;
    for (int k = 0; k < classes; k++) n += take(out + n, &right[k], false, n - wrongs + 1);
    return n;
}

bal_status bal_examples_keep(bal_predictions *out, const bal_predictions *p)
{
    bal_example example[BAL_EXAMPLES_MAX];
    int         n = bal_examples_choose(example, p);
    BAL_TRY(bal_predictions_init(out, (const char *const *)p->classes, p->class_count, p->probabilities));
    bal_status st = BAL_OK;
    for (int i = 0; i < n && st == BAL_OK; i++) st = bal_predictions_add(out, &p->row[example[i].row]);
    if (st != BAL_OK) bal_predictions_free(out);
    return st;
}

char *bal_examples_path(const char *folder, const bal_example *e, bool heat)
{
    return bal_format("%s/examples/%s-%02d%s.png", folder, e->wrong ? "wrong" : "right", e->number,
                      heat ? "-heat" : "");
}

void bal_examples_clear(const char *folder)
{
    for (int i = 0; i < 2 * BAL_EXAMPLES_MAX; i++) {
        bal_example e = {0, i % 4 < 2, i / 4 + 1};
        char       *path = bal_examples_path(folder, &e, i % 2);
        if (path) remove(path);
        free(path);
    }
}

/* ---- painting ---------------------------------------------------------------------------------------------------- */

enum { LEAST_WIDTH = 112 }; /* smaller pictures are enlarged to this at least */

/* Viridis (van der Walt and Smith 2015, CC0) at quarters, linear between: its luminance rises all the way. */
void bal_examples_color(float rgb[3], float heat)
{
    static const float anchor[][3] = {
        {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37},
    };
    float at = 4 * heat;
    int   i = at < 3 ? (int)at : 3;
    for (int k = 0; k < 3; k++) rgb[k] = (anchor[i][k] + (at - (float)i) * (anchor[i + 1][k] - anchor[i][k])) / 255;
}

static int factor_of(int size) { return size < LEAST_WIDTH ? (LEAST_WIDTH + size - 1) / size : 1; }

/* Every pixel `factor` times in both directions. */
static bal_status enlarge(bal_image *out, const float *pixel, int size, int channels, int factor)
{
    int    width = size * factor;
    size_t c = (size_t)channels;
    *out = (bal_image){width, width, channels, NULL};
    out->pixel = malloc((size_t)width * (size_t)width * c * sizeof *out->pixel);
    if (!out->pixel) return bal_fail(BAL_ENOMEM, "no memory for a picture");
    for (int y = 0; y < width; y++)
        for (int x = 0; x < width; x++)
            memcpy(out->pixel + ((size_t)y * (size_t)width + (size_t)x) * c,
                   pixel + ((size_t)(y / factor) * (size_t)size + (size_t)(x / factor)) * c, c * sizeof *pixel);
    return BAL_OK;
}

bal_status bal_examples_paint(const char *path, const float *pixel, int size, int channels)
{
    bal_image large;
    BAL_TRY(enlarge(&large, pixel, size, channels, factor_of(size)));
    bal_status st = bal_image_write_png(path, large.pixel, large.width, large.height, channels);
    bal_image_free(&large);
    return st;
}

/* Above a half, with a neighbour that is not. */
static bool on_line(const float *heat, int width, int x, int y)
{
    const float half = 0.5F, *here = heat + (size_t)y * (size_t)width + (size_t)x;
    if (*here < half) return false;
    return (x > 0 && here[-1] < half) || (x < width - 1 && here[1] < half) || (y > 0 && here[-width] < half) ||
           (y < width - 1 && here[width] < half);
}

static void blend(float *rgb, const bal_image *grey, const float *heat)
{
    int width = grey->width;
    for (int i = 0; i < width * width; i++, rgb += 3) {
        bal_examples_color(rgb, heat[i]);
        for (int k = 0; k < 3; k++)
            rgb[k] = on_line(heat, width, i % width, i / width) ? 1 : (rgb[k] + grey->pixel[i]) / 2;
    }
}

/* Both at their final size. */
static bal_status paint_over(const char *path, const bal_image *grey, const bal_image *heat)
{
    size_t     pixels = (size_t)grey->width * (size_t)grey->width;
    float     *rgb = malloc(3 * pixels * sizeof *rgb);
    bal_status st = rgb ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a picture");
    if (st == BAL_OK) {
        blend(rgb, grey, heat->pixel);
        st = bal_image_write_png(path, rgb, grey->width, grey->width, 3);
    }
    free(rgb);
    return st;
}

bal_status bal_examples_paint_heat(const char *path, const float *pixel, int size, int channels, const float *heat)
{
    bal_image  whole = {0}, grey = {0}, large = {0}, small = {size, size, 1, (float *)(uintptr_t)heat};
    int        factor = factor_of(size);
    bal_status st;
    BAL_TRY_OR(end, st, enlarge(&whole, pixel, size, channels, factor));
    BAL_TRY_OR(end, st, bal_image_resize(&grey, &whole, size * factor, 1, BAL_STRETCH));
    BAL_TRY_OR(end, st, bal_image_resize(&large, &small, size * factor, 1, BAL_STRETCH));
    BAL_TRY_OR(end, st, paint_over(path, &grey, &large));
end:
    bal_image_free(&whole);
    bal_image_free(&grey);
    bal_image_free(&large);
    return st;
}
