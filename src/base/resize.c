/* resize -- to a square by the triangle filter, widened when it shrinks, cut at the edges and normalised there: what
 * others call antialiased bilinear (Pillow, torchvision). It cannot overshoot. Not by stb_image_resize: version 0.97
 * stops the program in an assertion for this filter at some ratios (45 to 32). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "image_formats.h"

/* Which samples of a line make each new one. */
typedef struct {
    int    in, out, most; /* at most `most` weights for one */
    int   *first, *count;
    float *weight; /* [out][most] */
} axis;

static void axis_free(axis *a)
{
    free(a->first);
    free(a->count);
    free(a->weight);
}

static void set_weights(axis *a, int i)
{
    double scale = (double)a->in / a->out, width = fmax(scale, 1), centre = (i + 0.5) * scale, sum = 0;
    int    first = (int)fmax(centre - width + 0.5, 0), end = (int)fmin(centre + width + 0.5, a->in);
    float *weight = a->weight + (size_t)i * (size_t)a->most;

    for (int k = first; k < end; k++) sum += fmax(1 - fabs(k + 0.5 - centre) / width, 0);
    for (int k = first; k < end; k++) weight[k - first] = (float)(fmax(1 - fabs(k + 0.5 - centre) / width, 0) / sum);
    a->first[i] = first;
    a->count[i] = end - first;
}

static bal_status axis_init(axis *a, int in, int out)
{
    *a = (axis){in, out, (int)(2 * fmax((double)in / out, 1)) + 2, NULL, NULL, NULL};
    a->first = malloc((size_t)out * sizeof *a->first);
    a->count = malloc((size_t)out * sizeof *a->count);
    a->weight = malloc((size_t)out * (size_t)a->most * sizeof *a->weight);
    if (!a->first || !a->count || !a->weight)
        return bal_fail(BAL_ENOMEM, "no memory to resize %d to %d pixels", in, out);
    for (int i = 0; i < out; i++) set_weights(a, i);
    return BAL_OK;
}

/* One row of `c` channels. */
static void across(float *y, const float *x, const axis *a, int c)
{
    for (int i = 0; i < a->out; i++)
        for (int k = 0; k < c; k++) {
            const float *weight = a->weight + (size_t)i * (size_t)a->most,
                        *from = x + (size_t)a->first[i] * (size_t)c + k;
            float sum = 0;
            for (int j = 0; j < a->count[i]; j++) sum += weight[j] * from[(size_t)j * (size_t)c];
            *y++ = sum;
        }
}

/* Row i of the result out of rows of n values. */
static void down(float *y, const float *x, const axis *a, int i, size_t n)
{
    for (size_t k = 0; k < n; k++) y[k] = 0;
    for (int j = 0; j < a->count[i]; j++) {
        const float *row = x + (size_t)(a->first[i] + j) * n;
        float        weight = a->weight[(size_t)i * (size_t)a->most + (size_t)j];
        for (size_t k = 0; k < n; k++) y[k] += weight * row[k];
    }
}

typedef struct {
    int x, y, w, h;
} box;

/* The part of the source that is used, and where in the result it goes. */
static void place(box *from, box *to, int w, int h, int size, bal_resize_mode mode)
{
    int64_t shorter = w < h ? w : h, longer = w < h ? h : w;

    *from = (box){0, 0, w, h};
    *to = (box){0, 0, size, size};
    if (mode == BAL_CROP) *from = (box){(w - (int)shorter) / 2, (h - (int)shorter) / 2, (int)shorter, (int)shorter};
    if (mode != BAL_FIT) return;
    to->w = (int)((w * (int64_t)size + longer / 2) / longer);
    to->h = (int)((h * (int64_t)size + longer / 2) / longer);
    if (to->w < 1) to->w = 1;
    if (to->h < 1) to->h = 1;
    to->x = (size - to->w) / 2;
    to->y = (size - to->h) / 2;
}

/* First every row of the source, then the columns. */
static bal_status resample(bal_image *out, const bal_image *in, bal_resize_mode mode)
{
    box        from, to;
    axis       h = {0}, v = {0};
    float     *rows = NULL;
    bal_status st;
    size_t     c = (size_t)in->channels;

    place(&from, &to, in->width, in->height, out->width, mode);
    size_t n = (size_t)to.w * c;
    BAL_TRY_OR(done, st, axis_init(&h, from.w, to.w));
    BAL_TRY_OR(done, st, axis_init(&v, from.h, to.h));
    rows = malloc((size_t)from.h * n * sizeof *rows);
    if (!rows) BAL_TRY_OR(done, st, bal_fail(BAL_ENOMEM, "no memory to resize %d x %d pixels", from.w, from.h));
    for (int y = 0; y < from.h; y++)
        across(rows + (size_t)y * n, in->pixel + ((size_t)(from.y + y) * (size_t)in->width + (size_t)from.x) * c, &h,
               (int)c);
    for (int y = 0; y < to.h; y++)
        down(out->pixel + ((size_t)(to.y + y) * (size_t)out->width + (size_t)to.x) * c, rows, &v, y, n);
done:
    free(rows);
    axis_free(&h);
    axis_free(&v);
    return st;
}

/* Rec. 601; equal components stay what they are, to the bit. */
static float luma(const float *rgb)
{
    if (rgb[0] == rgb[1] && rgb[1] == rgb[2]) return rgb[0];
    return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

/* A copy with the wanted channels. */
static bal_status convert(bal_image *out, const bal_image *in, int channels)
{
    size_t count = (size_t)in->width * (size_t)in->height;

    BAL_TRY(bal_image_alloc(out, in->width, in->height, channels, "image"));
    for (size_t i = 0; i < count; i++) {
        if (channels == 1) out->pixel[i] = luma(in->pixel + 3 * i);
        else out->pixel[3 * i] = out->pixel[3 * i + 1] = out->pixel[3 * i + 2] = in->pixel[i];
    }
    return BAL_OK;
}

bal_status bal_image_resize(bal_image *out, const bal_image *in, int size, int channels, bal_resize_mode mode)
{
    bal_image  other = {0};
    bal_status st;

    *out = (bal_image){0};
    if (in->channels != channels) BAL_TRY(convert(&other, in, channels));
    BAL_TRY_OR(done, st, bal_image_alloc(out, size, size, channels, "image"));
    size_t count = (size_t)size * (size_t)size * (size_t)channels;
    memset(out->pixel, 0, count * sizeof *out->pixel);
    st = resample(out, other.pixel ? &other : in, mode);
    for (size_t i = 0; !st && i < count; i++) out->pixel[i] = fminf(fmaxf(out->pixel[i], 0.0f), 1.0f); /* rounding */
done:
    bal_image_free(&other);
    if (st) bal_image_free(out);
    return st;
}
