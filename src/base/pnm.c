/* pnm -- portable grey and pixel maps: P2 P3 in text, P5 P6 in bytes, up to 16 bits a sample (big end first). */
#include <ctype.h>
#include "image_formats.h"

typedef struct {
    const uint8_t *p, *end;
} reader;

static void skip_blanks(reader *r)
{
    while (r->p < r->end && (isspace(*r->p) || *r->p == '#')) {
        if (*r->p == '#')
            while (r->p < r->end && *r->p != '\n') r->p++;
        else r->p++;
    }
}

/* The next number, or -1. */
static long number(reader *r)
{
    long v = 0;

    skip_blanks(r);
    if (r->p == r->end || !isdigit(*r->p)) return -1;
    for (; r->p < r->end && isdigit(*r->p); r->p++) {
        v = v * 10 + (*r->p - '0');
        if (v > INT32_MAX) return -1;
    }
    return v;
}

static long sample(reader *r, int text, long most)
{
    if (text) return number(r);
    if (r->end - r->p < (most > 255 ? 2 : 1)) return -1;
    long v = *r->p++;
    return most > 255 ? v << 8 | *r->p++ : v;
}

bal_status bal_pnm_decode(bal_image *out, const void *data, size_t size, const char *name)
{
    reader r = {data, (const uint8_t *)data + size};
    int    kind = r.p[1] - '0', text = kind < 4;

    r.p += 2;
    long width = number(&r), height = number(&r), most = number(&r);
    if (width < 1 || height < 1 || most < 1 || most > 65535 || r.p == r.end)
        return bal_fail(BAL_EIO, "%s: not a portable map: bad width, height or largest value", name);
    r.p++; /* exactly one blank before the samples */
    int channels = kind == 3 || kind == 6 ? 3 : 1;
    if (width > (r.end - r.p) || height > (r.end - r.p) / width / (text ? 1 : channels * (most > 255 ? 2 : 1)))
        return bal_fail(BAL_EIO, "%s: truncated: a portable map of %ld x %ld is longer", name, width, height);
    BAL_TRY(bal_image_alloc(out, width, height, channels, name));
    long count = width * height * channels;
    for (long i = 0; i < count; i++) {
        long v = sample(&r, text, most);
        if (v < 0) return bal_fail(BAL_EIO, "%s: truncated: sample %ld of %ld is missing", name, i, count);
        out->pixel[i] = (float)(v > most ? most : v) / (float)most;
    }
    return BAL_OK;
}
