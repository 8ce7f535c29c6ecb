/* image -- decoding (libjpeg, libtiff, stb_image for PNG and BMP) and PNG writing (stb_image_write); see also resize.c.
 */
#include "ballast/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <stb_image.h>
#include <stb_image_write.h>
#include <zlib.h>
#include "ballast/files.h"
#include "image_formats.h"

enum { FILE_LIMIT = 1 << 30, PIXEL_LIMIT = 1 << 28, SIDE_LIMIT = 1 << 20 };

int bal_image_named(const char *path)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".jpe", ".bmp",
                                       ".pgm", ".ppm", ".pnm",  ".tif", ".tiff"};
    const char              *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof ends / sizeof *ends; i++)
        if (strcasecmp(dot, ends[i]) == 0) return 1;
    return 0;
}

void bal_image_free(bal_image *image)
{
    if (!image) return;
    free(image->pixel);
    *image = (bal_image){0};
}

bal_status bal_image_alloc(bal_image *out, long width, long height, int channels, const char *name)
{
    if (width < 1 || height < 1) return bal_fail(BAL_EIO, "%s: an image of %ld x %ld pixels", name, width, height);
    if (width > SIDE_LIMIT || height > SIDE_LIMIT || width > PIXEL_LIMIT / height)
        return bal_fail(BAL_EIO, "%s: absurdly large: %ld x %ld pixels, at most %d in all and %d a side are read", name,
                        width, height, PIXEL_LIMIT, SIDE_LIMIT);
    float *pixel = malloc((size_t)width * (size_t)height * (size_t)channels * sizeof *pixel);
    if (!pixel) return bal_fail(BAL_ENOMEM, "%s: no memory for %ld x %ld pixels", name, width, height);
    *out = (bal_image){(int)width, (int)height, channels, pixel};
    return BAL_OK;
}

bal_status bal_image_orient(bal_image *image, int orientation, const char *name)
{
    int       w = image->width, h = image->height, c = image->channels, turned = orientation >= 5;
    bal_image out;

    if (orientation <= 1 || orientation > 8) return BAL_OK;
    BAL_TRY(bal_image_alloc(&out, turned ? h : w, turned ? w : h, c, name));
    int right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* the source's x counts down */
    int below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7; /* its y counts down */
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++) {
            int sx = turned ? y : x, sy = turned ? x : y;
            if (right) sx = w - 1 - sx;
            if (below) sy = h - 1 - sy;
            size_t to = ((size_t)y * (size_t)out.width + (size_t)x) * (size_t)c,
                   from = ((size_t)sy * (size_t)w + (size_t)sx) * (size_t)c;
            memcpy(out.pixel + to, image->pixel + from, (size_t)c * sizeof *out.pixel);
        }
    bal_image_free(image);
    *image = out;
    return BAL_OK;
}

void bal_image_from_samples(bal_image *image, const void *data, int bits, int samples)
{
    const uint8_t  *d8 = data;
    const uint16_t *d16 = data;
    size_t          count = (size_t)image->width * (size_t)image->height;
    int             has_alpha = samples == 2 || samples == 4;
    float          *to = image->pixel;

    for (size_t i = 0; i < count; i++) {
        float v[4];
        for (int c = 0; c < samples; c++)
            v[c] = bits == 16 ? (float)d16[i * (size_t)samples + (size_t)c] / 65535.0f
                              : (float)d8[i * (size_t)samples + (size_t)c] / 255.0f;
        for (int c = 0; c < image->channels; c++) *to++ = has_alpha ? v[c] * v[samples - 1] : v[c];
    }
}

static uint32_t little(const uint8_t *p, int bytes)
{
    uint32_t v = 0;
    while (bytes-- > 0) v = v << 8 | p[bytes];
    return v;
}

/* Whether an uncompressed BMP is as long as its header says; stb_image reads zeros past the end. */
static int bmp_is_whole(const uint8_t *d, size_t n)
{
    if (n < 26) return 0;
    int old = little(d + 14, 4) == 12;
    if (!old && n < 34) return 0;
    if (!old && little(d + 30, 4) != 0 && little(d + 30, 4) != 3) return 1;
    int64_t w = old ? (int64_t)little(d + 18, 2) : (int32_t)little(d + 18, 4);
    int64_t h = old ? (int64_t)little(d + 20, 2) : (int32_t)little(d + 22, 4);
    int64_t bits = (int64_t)little(d + (old ? 24 : 28), 2), row = (w * bits + 31) / 32 * 4;
    return w > 0 && (row * (h < 0 ? -h : h)) <= (int64_t)n - (int64_t)little(d + 10, 4);
}

/* Whether a PNG reaches IEND with right checksums; stb_image looks at neither. */
static int png_is_whole(const uint8_t *d, size_t n)
{
    for (size_t at = 8; n - at >= 12;) {
        size_t length = (size_t)d[at] << 24 | (size_t)d[at + 1] << 16 | (size_t)d[at + 2] << 8 | d[at + 3];
        if (length > n - at - 12) return 0;
        const uint8_t *type = d + at + 4, *sum = type + 4 + length;
        int            critical = (type[0] & 32) == 0;
        unsigned long  said =
            (unsigned long)sum[0] << 24 | (unsigned long)sum[1] << 16 | (unsigned long)sum[2] << 8 | sum[3];
        if (critical && crc32(0, type, (uInt)length + 4) != said) return 0;
        if (memcmp(type, "IEND", 4) == 0) return 1;
        at += 12 + length;
    }
    return 0;
}

static bal_status stb_decode(bal_image *out, const uint8_t *data, size_t size, const char *name)
{
    int w, h, n, in_file;

    if (size > FILE_LIMIT) return bal_fail(BAL_EIO, "%s: more than %d bytes", name, FILE_LIMIT);
    if (!stbi_info_from_memory(data, (int)size, &w, &h, &n))
        return bal_fail(BAL_EIO, "%s: not an image that is read here: %s", name, stbi_failure_reason());
    BAL_TRY(bal_image_alloc(out, w, h, n < 3 ? 1 : 3, name));
    int whole = data[0] == 'B' ? bmp_is_whole(data, size) : png_is_whole(data, size);
    if (!whole) return bal_fail(BAL_EIO, "%s: truncated or damaged", name);

    int   bits = stbi_is_16_bit_from_memory(data, (int)size) ? 16 : 8;
    void *samples = bits == 16 ? (void *)stbi_load_16_from_memory(data, (int)size, &w, &h, &in_file, n)
                               : (void *)stbi_load_from_memory(data, (int)size, &w, &h, &in_file, n);
    if (!samples) return bal_fail(BAL_EIO, "%s: cannot be decoded: %s", name, stbi_failure_reason());
    int same = w == out->width && h == out->height;
    if (same) bal_image_from_samples(out, samples, bits, n);
    stbi_image_free(samples);
    return same ? BAL_OK : bal_fail(BAL_EIO, "%s: damaged: it says two sizes", name);
}

static bal_status decode_any(bal_image *out, const uint8_t *data, size_t size, const char *name)
{
    if (size == 0) return bal_fail(BAL_EIO, "%s: empty", name);
    if (size < 8) return bal_fail(BAL_EIO, "%s: truncated: %zu bytes", name, size);
    if (data[0] == 0xff && data[1] == 0xd8) return bal_jpeg_decode(out, data, size, name);
    if (memcmp(data, "II", 2) == 0 || memcmp(data, "MM", 2) == 0) return bal_tiff_decode(out, data, size, name);
    if (data[0] == 'P' && strchr("2356", data[1])) return bal_pnm_decode(out, data, size, name);
    return stb_decode(out, data, size, name);
}

bal_status bal_image_decode(bal_image *out, const void *data, size_t size, const char *name)
{
    *out = (bal_image){0};
    bal_status st = decode_any(out, data, size, name);
    if (st) bal_image_free(out);
    return st;
}

bal_status bal_image_read(bal_image *out, const char *path)
{
    char  *data;
    size_t size;

    *out = (bal_image){0};
    BAL_TRY(bal_file_read(&data, &size, path, FILE_LIMIT));
    bal_status st = bal_image_decode(out, data, size, path);
    free(data);
    return st;
}

static void to_file(void *user, void *data, int size) { fwrite(data, 1, (size_t)size, user); }

bal_status bal_image_write_png(const char *path, const float *pixel, int width, int height, int channels)
{
    bal_file_writer w;
    size_t          count = (size_t)width * (size_t)height * (size_t)channels;
    uint8_t        *bytes = malloc(count);

    if (!bytes) return bal_fail(BAL_ENOMEM, "%s: no memory for %d x %d pixels", path, width, height);
    for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(fminf(fmaxf(pixel[i], 0.0f), 1.0f) * 255.0f + 0.5f);
    bal_status st = bal_file_create(&w, path);
    if (!st && !stbi_write_png_to_func(to_file, w.file, width, height, channels, bytes, width * channels)) {
        bal_file_discard(&w);
        st = bal_fail(BAL_ENOMEM, "%s: no memory to pack %d x %d pixels", path, width, height);
    } else if (!st) {
        st = bal_file_commit(&w);
    }
    free(bytes);
    return st;
}
