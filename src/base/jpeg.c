/* jpeg -- what stb_image does not look at: whether the file is whole, and which way up it is (EXIF 2.3, 4.6.4). */
#include <string.h>
#include "image_formats.h"

enum { MARKER_SOI = 0xd8, MARKER_EOI = 0xd9, MARKER_SOS = 0xda, MARKER_APP1 = 0xe1, TAG_ORIENTATION = 0x0112 };

static unsigned get16(const uint8_t *p, int little)
{
    return little ? p[0] | (unsigned)p[1] << 8 : p[1] | (unsigned)p[0] << 8;
}

static size_t get32(const uint8_t *p, int little)
{
    size_t a = get16(p, little), b = get16(p + 2, little);
    return little ? a | b << 16 : b | a << 16;
}

/* The orientation in the first directory of a TIFF block, or 1. */
static int orientation_of(const uint8_t *p, size_t n)
{
    if (n < 8 || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0)) return 1;
    int    little = p[0] == 'I';
    size_t at = get32(p + 4, little);
    if (at > n - 2) return 1;
    size_t entries = get16(p + at, little);
    for (at += 2; entries-- > 0 && at + 12 <= n; at += 12) {
        if (get16(p + at, little) != TAG_ORIENTATION) continue;
        unsigned value = get16(p + at + 8, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

/* Past the entropy-coded data: the next marker that is neither a stuffed zero nor a restart. */
static size_t skip_scan(const uint8_t *d, size_t n, size_t at)
{
    for (; at + 1 < n; at++)
        if (d[at] == 0xff && d[at + 1] != 0 && d[at + 1] != 0xff && (d[at + 1] & 0xf8) != 0xd0) return at;
    return n;
}

int bal_jpeg_scan(const uint8_t *d, size_t n, int *orientation)
{
    size_t at = 2;

    *orientation = 1;
    while (at + 1 < n) {
        if (d[at] != 0xff || d[at + 1] == 0xff || d[at + 1] == 0) {
            at++;
            continue;
        }
        int marker = d[at + 1];
        at += 2;
        if (marker == MARKER_EOI) return 1;
        if (marker == MARKER_SOI || marker == 0x01 || (marker & 0xf8) == 0xd0) continue;
        if (at + 2 > n) return 0;
        size_t length = get16(d + at, 0);
        if (length < 2 || length > n - at) return 0;
        if (marker == MARKER_APP1 && length >= 8 && memcmp(d + at + 2, "Exif\0\0", 6) == 0)
            *orientation = orientation_of(d + at + 8, length - 8);
        at += length;
        if (marker == MARKER_SOS) at = skip_scan(d, n, at);
    }
    return 0;
}
