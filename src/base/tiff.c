/* tiff -- the first page of a TIFF, by libtiff. Plain 16-bit rows are read as they are; the rest as libtiff's 8-bit
 * RGBA. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include "image_formats.h"

enum { MEMORY_LIMIT = 1 << 30 };

typedef struct {
    const uint8_t *data;
    size_t         size, at;
    char           reason[256]; /* libtiff's first complaint */
} source;

static tmsize_t read_some(thandle_t h, void *out, tmsize_t n)
{
    source *s = h;
    size_t  left = s->size - s->at, k = (size_t)n < left ? (size_t)n : left;
    memcpy(out, s->data + s->at, k);
    s->at += k;
    return (tmsize_t)k;
}

static tmsize_t write_none(thandle_t h, void *in, tmsize_t n)
{
    (void)h, (void)in, (void)n;
    return 0;
}

static toff_t seek(thandle_t h, toff_t offset, int whence)
{
    source *s = h;
    toff_t  base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->at : s->size;
    toff_t  at = base + offset; /* a negative offset wraps, as it should */
    s->at = at > s->size ? s->size : (size_t)at;
    return at;
}

static int    close_none(thandle_t h) { return h ? 0 : -1; }
static toff_t size_of(thandle_t h) { return ((source *)h)->size; }

static int complain(TIFF *t, void *user, const char *module, const char *fmt, va_list args)
{
    source *s = user;
    (void)t, (void)module;
    if (!s->reason[0]) vsnprintf(s->reason, sizeof s->reason, fmt, args);
    return 1;
}

static int ignore(TIFF *t, void *user, const char *module, const char *fmt, va_list args)
{
    (void)t, (void)user, (void)module, (void)fmt, (void)args;
    return 1;
}

static TIFF *open_source(source *s)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, complain, s);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore, s);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, MEMORY_LIMIT);
    TIFF *t = TIFFClientOpenExt("", "rm", s, read_some, write_none, seek, close_none, size_of, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return t;
}

typedef struct {
    uint32_t width, height;
    uint16_t bits, samples, photometric, planar, orientation;
} layout;

static layout layout_of(TIFF *t)
{
    layout l = {0};
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &l.width);
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &l.height);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &l.bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &l.samples);
    TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &l.planar);
    TIFFGetFieldDefaulted(t, TIFFTAG_ORIENTATION, &l.orientation);
    TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &l.photometric);
    return l;
}

static int is_plain16(TIFF *t, const layout *l)
{
    uint16_t format = SAMPLEFORMAT_UINT;
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &format);
    int grey = l->photometric == PHOTOMETRIC_MINISBLACK && l->samples <= 2;
    int colour = l->photometric == PHOTOMETRIC_RGB && (l->samples == 3 || l->samples == 4);
    return l->bits == 16 && format == SAMPLEFORMAT_UINT && l->planar == PLANARCONFIG_CONTIG && !TIFFIsTiled(t) &&
           (grey || colour);
}

static bal_status read_plain16(bal_image *out, TIFF *t, const layout *l, source *s, const char *name)
{
    size_t row = (size_t)l->width * l->samples * 2;
    if (TIFFScanlineSize64(t) != row) return bal_fail(BAL_EIO, "%s: not a sound TIFF: rows of a strange length", name);
    BAL_TRY(bal_image_alloc(out, (long)l->width, (long)l->height, l->samples < 3 ? 1 : 3, name));
    uint16_t *line = malloc(row);
    if (!line) return bal_fail(BAL_ENOMEM, "%s: no memory for a row", name);
    bal_status st = BAL_OK;
    for (uint32_t y = 0; !st && y < l->height; y++) {
        bal_image part = {out->width, 1, out->channels,
                          out->pixel + (size_t)y * (size_t)out->width * (size_t)out->channels};
        if (TIFFReadScanline(t, line, y, 0) != 1)
            st = bal_fail(BAL_EIO, "%s: truncated or damaged in row %u: %s", name, (unsigned)y, s->reason);
        else bal_image_from_samples(&part, line, 16, l->samples);
    }
    free(line);
    return st;
}

static bal_status read_rgba(bal_image *out, TIFF *t, const layout *l, source *s, const char *name)
{
    char why[1024] = "";
    int  grey = l->photometric == PHOTOMETRIC_MINISBLACK || l->photometric == PHOTOMETRIC_MINISWHITE;

    if (!TIFFRGBAImageOK(t, why)) return bal_fail(BAL_EIO, "%s: a TIFF of a kind that is not read here: %s", name, why);
    BAL_TRY(bal_image_alloc(out, (long)l->width, (long)l->height, grey ? 1 : 3, name));
    size_t    count = (size_t)l->width * l->height;
    uint32_t *raster = malloc(count * sizeof *raster);
    if (!raster) return bal_fail(BAL_ENOMEM, "%s: no memory for %zu pixels", name, count);
    bal_status st = BAL_OK;
    /* Asked for in the file's own orientation, libtiff turns nothing. */
    if (!TIFFReadRGBAImageOriented(t, l->width, l->height, raster, l->orientation, 1))
        st = bal_fail(BAL_EIO, "%s: truncated or damaged: %s", name, s->reason);
    for (size_t i = 0; !st && i < count; i++) { /* libtiff has multiplied by alpha already */
        uint32_t v = raster[i];
        uint8_t  rgb[3] = {(uint8_t)TIFFGetR(v), (uint8_t)TIFFGetG(v), (uint8_t)TIFFGetB(v)};
        for (int c = 0; c < out->channels; c++)
            out->pixel[i * (size_t)out->channels + (size_t)c] = (float)rgb[c] / 255.0f;
    }
    free(raster);
    return st;
}

bal_status bal_tiff_decode(bal_image *out, const void *data, size_t size, const char *name)
{
    source     s = {data, size, 0, ""};
    TIFF      *t = open_source(&s);
    bal_status st;

    if (!t) return bal_fail(BAL_EIO, "%s: not a sound TIFF: %s", name, s.reason);
    layout l = layout_of(t);
    st = is_plain16(t, &l) ? read_plain16(out, t, &l, &s, name) : read_rgba(out, t, &l, &s, name);
    TIFFClose(t);
    return st ? st : bal_image_orient(out, l.orientation, name);
}
