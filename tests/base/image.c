/* Decoding against pixels that were written, the eight orientations, resizing against slow averages, damage, fuzz. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <stb_image_write.h>
#include <tiffio.h>
#include <zlib.h>
#include "ballast/files.h"
#include "ballast/image.h"
#include "ballast/rng.h"
#include "scratch.h"

typedef struct {
    uint8_t data[1 << 17];
    size_t  size;
} bytes;

static bytes made; /* the file under test */

static void put(void *user, void *data, int n)
{
    bytes *b = user;
    assert_true(b->size + (size_t)n <= sizeof b->data);
    memcpy(b->data + b->size, data, (size_t)n);
    b->size += (size_t)n;
}

static void put16(bytes *b, unsigned v, int little)
{
    uint8_t two[2] = {(uint8_t)(little ? v : v >> 8), (uint8_t)(little ? v >> 8 : v)};
    put(b, two, 2);
}

static void put32(bytes *b, uint32_t v, int little)
{
    put16(b, little ? v & 0xffff : v >> 16, little);
    put16(b, little ? v >> 16 : v & 0xffff, little);
}

static uint8_t picture(int x, int y, int c) { return (uint8_t)(x * 37 + y * 11 + c * 90); }

static void paint(uint8_t *out, int w, int h, int c)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = 0; k < c; k++) *out++ = picture(x, y, k);
}

static bal_image decode(void)
{
    bal_image image;
    if (bal_image_decode(&image, made.data, made.size, "made")) fail_msg("%s", bal_error());
    return image;
}

static void expect_fault(const char *message)
{
    bal_image image;
    assert_int_equal(BAL_EIO, bal_image_decode(&image, made.data, made.size, "made"));
    assert_null(image.pixel);
    assert_string_equal(message, bal_error());
}

static void expect_picture(int w, int h, int c)
{
    bal_image image = decode();
    assert_int_equal(w, image.width);
    assert_int_equal(h, image.height);
    assert_int_equal(c, image.channels);
    for (int i = 0; i < w * h * c; i++) {
        float v = (float)picture(i / c % w, i / c / w, i % c) / 255.0f;
        if (image.pixel[i] != v) fail_msg("value %d is %g, not %g", i, (double)image.pixel[i], (double)v);
    }
    bal_image_free(&image);
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

static void make_png8(int w, int h, int c)
{
    uint8_t pixel[64 * 64 * 4];
    paint(pixel, w, h, c);
    made.size = 0;
    assert_true(stbi_write_png_to_func(put, &made, w, h, c, pixel, w * c));
}

static void png_grey_and_rgb(void **state)
{
    (void)state;
    make_png8(7, 5, 1);
    expect_picture(7, 5, 1);
    make_png8(5, 7, 3);
    expect_picture(5, 7, 3);
}

static void alpha_is_composed_on_black(void **state)
{
    uint8_t rgba[8] = {255, 100, 0, 255, 200, 100, 50, 51}, grey[4] = {255, 255, 100, 102};

    (void)state;
    made.size = 0;
    assert_true(stbi_write_png_to_func(put, &made, 2, 1, 4, rgba, 8));
    bal_image image = decode();
    float     expected[6] = {1, 100 / 255.0f, 0, 200 / 255.0f * 0.2f, 100 / 255.0f * 0.2f, 50 / 255.0f * 0.2f};
    assert_int_equal(3, image.channels);
    for (int i = 0; i < 6; i++) assert_true(fabsf(image.pixel[i] - expected[i]) < 1e-6f);
    bal_image_free(&image);
    made.size = 0;
    assert_true(stbi_write_png_to_func(put, &made, 2, 1, 2, grey, 4));
    image = decode();
    assert_int_equal(1, image.channels);
    assert_true(image.pixel[0] == 1.0f && fabsf(image.pixel[1] - 100 / 255.0f * 0.4f) < 1e-6f);
    bal_image_free(&image);
}

static void put_chunk(const char *type, const void *data, uint32_t size)
{
    put32(&made, size, 0);
    size_t from = made.size;
    put(&made, (void *)(uintptr_t)type, 4);
    put(&made, (void *)(uintptr_t)data, (int)size);
    put32(&made, (uint32_t)crc32(0, made.data + from, (uInt)size + 4), 0);
}

static void put_png(uint32_t w, uint32_t h, uint8_t depth, uint8_t colour, const uint8_t *rows, size_t size)
{
    static bytes head;
    uint8_t      rest[5] = {depth, colour, 0, 0, 0}, packed[4096];
    uLongf       n = sizeof packed;

    head.size = made.size = 0;
    put32(&head, w, 0);
    put32(&head, h, 0);
    put(&head, rest, 5);
    put(&made, "\x89PNG\r\n\x1a\n", 8);
    put_chunk("IHDR", head.data, 13);
    if (colour == 3) put_chunk("PLTE", "\0\0\0\xff\x80\0\x0a\x14\x1e", 9);
    assert_int_equal(Z_OK, compress(packed, &n, rows, size));
    put_chunk("IDAT", packed, (uint32_t)n);
    put_chunk("IEND", "", 0);
}

static void png_16_bit_and_palette(void **state)
{
    static const uint8_t deep[] = {0, 0x12, 0x34, 0xff, 0xff}, indices[] = {0, 0, 1, 2};

    (void)state;
    put_png(2, 1, 16, 0, deep, sizeof deep);
    bal_image image = decode();
    assert_true(image.channels == 1 && image.pixel[0] == 0x1234 / 65535.0f && image.pixel[1] == 1.0f);
    bal_image_free(&image);
    put_png(3, 1, 8, 3, indices, sizeof indices);
    image = decode();
    assert_true(image.channels == 3 && image.pixel[0] == 0.0f && image.pixel[3] == 1.0f &&
                image.pixel[4] == 128 / 255.0f && image.pixel[8] == 30 / 255.0f);
    bal_image_free(&image);
}

static void bmp(void **state)
{
    uint8_t pixel[5 * 3 * 3];
    (void)state;
    paint(pixel, 5, 3, 3);
    made.size = 0;
    assert_true(stbi_write_bmp_to_func(put, &made, 5, 3, 3, pixel));
    expect_picture(5, 3, 3);
    made.size--;
    expect_fault("made: truncated or damaged");
}

static void make_text(const char *text)
{
    made.size = 0;
    put(&made, (void *)(uintptr_t)text, (int)strlen(text));
}

static void portable_maps(void **state)
{
    (void)state;
    make_text("P5 # a comment\n3 2\n255\n");
    put(&made, "\0\x33\xff\x01\x02\x03", 6);
    bal_image image = decode();
    assert_true(image.width == 3 && image.height == 2 && image.channels == 1);
    assert_true(image.pixel[1] == 0x33 / 255.0f && image.pixel[5] == 3 / 255.0f);
    bal_image_free(&image);
    make_text("P5 1 1 65535 ");
    put(&made, "\x12\x34", 2);
    image = decode();
    assert_true(image.pixel[0] == 0x1234 / 65535.0f);
    bal_image_free(&image);
    make_text("P3\n2 1 10\n0 5 10\n10 5 0\n");
    image = decode();
    assert_true(image.channels == 3 && image.pixel[1] == 0.5f && image.pixel[2] == 1.0f && image.pixel[3] == 1.0f);
    bal_image_free(&image);
    make_text("P6 1 1 255 ");
    put(&made, "\x0a\x14", 2);
    expect_fault("made: truncated: a portable map of 1 x 1 is longer");
    make_text("P2 2 2 9 1 2 3");
    expect_fault("made: truncated: sample 3 of 4 is missing");
    make_text("P5 0 2 9 1");
    expect_fault("made: not a portable map: bad width, height or largest value");
    make_text("P5 4294967299 2 9 1");
    expect_fault("made: not a portable map: bad width, height or largest value");
}

static void make_tiff(int bits, int samples, int photometric, int compression, int orientation, const void *pixel)
{
    const char *path = scratch("x.tif");
    TIFF       *t = TIFFOpen(path, "w");
    char       *data;

    assert_non_null(t);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 3);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, 2);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_COMPRESSION, compression);
    TIFFSetField(t, TIFFTAG_ORIENTATION, orientation);
    for (uint32_t y = 0; y < 2; y++)
        assert_int_equal(
            1, TIFFWriteScanline(t, (uint8_t *)(uintptr_t)pixel + y * 3u * (unsigned)(samples * bits / 8), y, 0));
    TIFFClose(t);
    assert_int_equal(BAL_OK, bal_file_read(&data, &made.size, path, sizeof made.data));
    memcpy(made.data, data, made.size);
    free(data);
}

static void tiffs(void **state)
{
    uint8_t        grey[6] = {0, 51, 102, 153, 204, 255}, rgb[18];
    const uint16_t deep[6] = {0, 1, 0x1234, 0xfffe, 0xffff, 7};

    (void)state;
    paint(rgb, 3, 2, 3);
    make_tiff(8, 3, PHOTOMETRIC_RGB, COMPRESSION_LZW, 1, rgb);
    expect_picture(3, 2, 3);
    make_tiff(8, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, 1, grey);
    bal_image image = decode();
    for (int i = 0; i < 6; i++) assert_true(image.channels == 1 && image.pixel[i] == grey[i] / 255.0f);
    bal_image_free(&image);
    make_tiff(8, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_ADOBE_DEFLATE, 1, grey);
    image = decode();
    for (int i = 0; i < 6; i++) assert_true(image.pixel[i] == (255 - grey[i]) / 255.0f);
    bal_image_free(&image);
    make_tiff(16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, 1, deep);
    image = decode();
    for (int i = 0; i < 6; i++) assert_true(image.channels == 1 && image.pixel[i] == deep[i] / 65535.0f);
    bal_image_free(&image);
    make_tiff(16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, 6, deep); /* row 0 is the right side, column 0 the top */
    image = decode();
    assert_true(image.width == 2 && image.height == 3 && image.pixel[0] == deep[3] / 65535.0f && image.pixel[1] == 0);
    bal_image_free(&image);
    made.size = 20;
    assert_int_equal(BAL_EIO, bal_image_decode(&image, made.data, made.size, "made"));
    assert_non_null(strstr(bal_error(), "made: not a sound TIFF"));
}

/* ---- JPEG -------------------------------------------------------------------------------------------------------- */

/* A JPEG of 16 x 8 in which the top left quarter is white, with an EXIF block in front where orientation is given. */
static void make_jpeg(int orientation, int little)
{
    static bytes plain;
    uint8_t      pixel[16 * 8];

    for (int i = 0; i < 16 * 8; i++) pixel[i] = i % 16 < 8 && i / 16 < 4 ? 255 : 0;
    plain.size = made.size = 0;
    assert_true(stbi_write_jpg_to_func(put, &plain, 16, 8, 1, pixel, 95));
    put(&made, plain.data, 2);
    if (orientation) {
        put(&made,
            "\xff\xe1\0\x22"
            "Exif\0\0",
            10);
        put(&made, little ? "II*\0" : "MM\0*", 4);
        put32(&made, 8, little);
        put16(&made, 1, little);
        put16(&made, 0x0112, little);
        put16(&made, 3, little);
        put32(&made, 1, little);
        put16(&made, (unsigned)orientation, little);
        put(&made, "\0\0\0\0\0\0", 6);
    }
    put(&made, plain.data + 2, (int)plain.size - 2);
}

/* Where the white quarter ends up: 0 top left, 1 top right, 2 bottom left, 3 bottom right; and whether it lies down. */
static void expect_corner(int corner, int turned)
{
    bal_image image = decode();
    assert_int_equal(turned ? 8 : 16, image.width);
    assert_int_equal(turned ? 16 : 8, image.height);
    for (int k = 0; k < 4; k++) {
        int x = k % 2 ? image.width - 2 : 1, y = k / 2 ? image.height - 2 : 1;
        assert_true((image.pixel[(y * image.width + x) * image.channels] > 0.5f) == (k == corner));
    }
    bal_image_free(&image);
}

static void exif_orientation(void **state)
{
    /* EXIF 2.3, table 6: where row 0 and column 0 are. */
    static const int corner[] = {0, 0, 1, 3, 2, 0, 1, 3, 2};

    (void)state;
    make_jpeg(0, 0);
    expect_corner(0, 0);
    for (int o = 1; o <= 8; o++)
        for (int little = 0; little < 2; little++) {
            make_jpeg(o, little);
            expect_corner(corner[o], o >= 5);
        }
    make_jpeg(9, 0); /* no such orientation */
    expect_corner(0, 0);
}

static void truncated_jpeg(void **state)
{
    bal_image image;

    (void)state;
    make_jpeg(1, 0);
    size_t whole = made.size;
    for (made.size = 8; made.size < whole; made.size++)
        assert_int_equal(BAL_EIO, bal_image_decode(&image, made.data, made.size, "made"));
    made.size = whole - 1;
    expect_fault("made: truncated or damaged: Premature end of JPEG file");
    made.size = whole;
    put(&made, "behind", 6); /* as some cameras do */
    assert_int_equal(BAL_OK, bal_image_decode(&image, made.data, made.size, "made"));
    bal_image_free(&image);
}

static void equal_components_become_one(void **state)
{
    uint8_t   rgb[64 * 64 * 3];
    bal_image grey;

    (void)state;
    for (int i = 0; i < 64 * 64 * 3; i++) rgb[i] = (uint8_t)(i / 3 * 7);
    made.size = 0;
    assert_true(stbi_write_png_to_func(put, &made, 64, 64, 3, rgb, 192));
    bal_image image = decode();
    assert_int_equal(3, image.channels);
    assert_int_equal(BAL_OK, bal_image_resize(&grey, &image, 64, 1, BAL_STRETCH));
    for (int i = 0; i < 64 * 64; i++) assert_true(grey.pixel[i] == rgb[3 * i] / 255.0f);
    bal_image_free(&image);
    bal_image_free(&grey);
}

/* ---- refused ------------------------------------------------------------------------------------------------------
 */

static void damaged_files(void **state)
{
    bal_image image;

    (void)state;
    made.size = 0;
    expect_fault("made: empty");
    make_text("GIF89a and so on");
    assert_int_equal(BAL_EIO, bal_image_decode(&image, made.data, made.size, "made"));
    assert_non_null(strstr(bal_error(), "made: not an image that is read here"));
    make_png8(20, 20, 1);
    made.data[60] ^= 1;
    expect_fault("made: truncated or damaged");
    make_png8(20, 20, 1);
    made.size -= 12; /* IEND */
    expect_fault("made: truncated or damaged");
    put_png(30000, 30000, 8, 0, (const uint8_t *)"", 1);
    expect_fault("made: absurdly large: 30000 x 30000 pixels, at most 268435456 in all and 1048576 a side are read");
    make_text("P5 2000000 1 255 ");
    made.size = sizeof made.data;
    expect_fault("made: truncated: a portable map of 2000000 x 1 is longer");
    assert_int_equal(BAL_EIO, bal_image_read(&image, scratch("nothing.png")));
    assert_non_null(strstr(bal_error(), "nothing.png: cannot be opened"));
    assert_null(image.pixel);
}

static void names(void **state)
{
    (void)state;
    assert_true(bal_image_named("a/b.JPEG") && bal_image_named("x.tif") && bal_image_named(".png"));
    assert_false(bal_image_named("png") || bal_image_named("a.png.txt") || bal_image_named("Thumbs.db") ||
                 bal_image_named(""));
}

/* ---- resizing ------------------------------------------------------------------------------------------------------
 */

static bal_image noise(int w, int h, int c)
{
    bal_image  image = {w, h, c, malloc((size_t)(w * h * c) * sizeof(float))};
    bal_stream s = bal_stream_for(3, BAL_FOR_TEST, 0, 0);

    assert_non_null(image.pixel);
    for (int i = 0; i < w * h * c; i++) image.pixel[i] = bal_random_uniform(&s, (uint64_t)i);
    return image;
}

/* The triangle filter of antialiased bilinear, straight from its definition, in double. */
static double weight_sum(const bal_image *in, int row, int c, double centre, double width)
{
    double sum = 0, all = 0;
    for (int i = 0; i < in->width; i++) {
        double w = 1 - fabs(i + 0.5 - centre) / width;
        if (w <= 0) continue;
        sum += w * (double)in->pixel[(row * in->width + i) * in->channels + c];
        all += w;
    }
    return sum / all;
}

static double slow_resize(const bal_image *in, int x, int y, int c, int size)
{
    double sx = (double)in->width / size, sy = (double)in->height / size, sum = 0, all = 0;
    for (int i = 0; i < in->height; i++) {
        double w = 1 - fabs(i + 0.5 - (y + 0.5) * sy) / fmax(sy, 1);
        if (w <= 0) continue;
        sum += w * weight_sum(in, i, c, (x + 0.5) * sx, fmax(sx, 1));
        all += w;
    }
    return sum / all;
}

/* Every size from 1 to 200, and both ways. */
static void resize_is_antialiased(void **state)
{
    (void)state;
    for (int side = 1; side <= 200; side++) {
        int       channels = side % 2 ? 1 : 3, size = 1 + side * 7 % 32;
        bal_image in = noise(side, 1 + side * 29 % 61, channels), out;
        assert_int_equal(BAL_OK, bal_image_resize(&out, &in, size, channels, BAL_STRETCH));
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++) {
                int    c = (i + j) % channels;
                double y = slow_resize(&in, j, i, c, size), d = (double)out.pixel[(i * size + j) * channels + c] - y;
                if (fabs(d) > 1e-6) fail_msg("%d x %d to %d: %g from the definition", in.width, in.height, size, d);
            }
        bal_image_free(&in);
        bal_image_free(&out);
    }
}

static void modes(void **state)
{
    bal_image in = {4, 2, 1, (float[]){0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f}}, out;

    (void)state;
    assert_int_equal(BAL_OK, bal_image_resize(&out, &in, 2, 1, BAL_CROP));
    assert_true(out.pixel[0] == 0.2f && out.pixel[1] == 0.3f && out.pixel[2] == 0.6f && out.pixel[3] == 0.7f);
    bal_image_free(&out);
    assert_int_equal(BAL_OK, bal_image_resize(&out, &in, 4, 3, BAL_FIT));
    for (int i = 0; i < 16; i++) assert_true(out.pixel[3 * i + 1] == (i >= 4 && i < 12 ? in.pixel[i - 4] : 0.0f));
    bal_image_free(&out);
    assert_int_equal(BAL_OK, bal_image_resize(&out, &in, 8, 1, BAL_STRETCH));
    for (int i = 0; i < 64; i++) assert_true(out.pixel[i] >= 0.1f - 1e-6f && out.pixel[i] <= 0.8f + 1e-6f);
    bal_image_free(&out);
    bal_image thin = noise(3000, 1, 1);
    assert_int_equal(BAL_OK, bal_image_resize(&out, &thin, 8, 1, BAL_FIT));
    bal_image_free(&thin);
    bal_image_free(&out);
    bal_image colour = {1, 1, 3, (float[]){1, 0.5f, 0.25f}};
    assert_int_equal(BAL_OK, bal_image_resize(&out, &colour, 1, 1, BAL_STRETCH));
    assert_true(fabsf(out.pixel[0] - (0.299f + 0.587f * 0.5f + 0.114f * 0.25f)) < 1e-6f);
    bal_image_free(&out);
}

static void png_is_the_same_each_time(void **state)
{
    float  pixel[12] = {0, 0.5f, 1, -1, 2, NAN, 0.001f, 0.002f, 0.25f, 0.75f, 0.1f, 0.9f};
    char  *a, *b;
    size_t size_a, size_b;

    (void)state;
    assert_int_equal(BAL_OK, bal_image_write_png(scratch("a.png"), pixel, 2, 2, 3));
    assert_int_equal(BAL_OK, bal_image_write_png(scratch("b.png"), pixel, 2, 2, 3));
    assert_int_equal(BAL_OK, bal_file_read(&a, &size_a, scratch("a.png"), 0));
    assert_int_equal(BAL_OK, bal_file_read(&b, &size_b, scratch("b.png"), 0));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    free(a);
    free(b);
    bal_image image;
    assert_int_equal(BAL_OK, bal_image_read(&image, scratch("a.png")));
    for (int i = 0; i < 12; i++) {
        float v = pixel[i] > 0 ? (pixel[i] < 1 ? pixel[i] : 1) : 0;
        assert_true(image.pixel[i] == floorf(v * 255 + 0.5f) / 255.0f);
    }
    bal_image_free(&image);
    assert_int_equal(BAL_EIO, bal_image_write_png(scratch("no/such/a.png"), pixel, 2, 2, 3));
}

/* ---- fuzz ----------------------------------------------------------------------------------------------------------
 */

static void fuzz(uint32_t kind, uint32_t rounds)
{
    static bytes original;
    uint32_t     decoded = 0;

    original = made;
    for (uint32_t i = 0; i < rounds; i++) {
        bal_image image;
        made = original;
        made.size = fuzz_mutate(made.data, made.size, sizeof made.data, 7 + kind, i);
        if (bal_image_decode(&image, made.data, made.size, "made") == BAL_OK) {
            assert_true(image.width > 0 && image.height > 0 && image.pixel);
            decoded++;
        } else {
            assert_null(image.pixel);
            assert_non_null(strstr(bal_error(), "made: "));
        }
        bal_image_free(&image);
    }
    assert_true(decoded < rounds);
}

/* A PNG mutant almost never has a right checksum; put it right, so that the decoder behind it is reached. */
static void repair_png(void)
{
    for (size_t at = 8; at + 12 <= made.size;) {
        size_t n = (size_t)made.data[at] << 24 | (size_t)made.data[at + 1] << 16 | (size_t)made.data[at + 2] << 8 |
                   made.data[at + 3];
        if (n > made.size - at - 12) return;
        uint32_t sum = (uint32_t)crc32(0, made.data + at + 4, (uInt)n + 4);
        for (int i = 0; i < 4; i++) made.data[at + 8 + n + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + n;
    }
}

static void mutated_images(void **state)
{
    uint8_t  rgb[18], pixel[64 * 64 * 3];
    uint16_t deep[9];

    (void)state;
    paint(pixel, 40, 30, 3);
    made.size = 0;
    assert_true(stbi_write_jpg_to_func(put, &made, 40, 30, 3, pixel, 80));
    fuzz(0, 1500);
    make_jpeg(6, 1);
    fuzz(1, 1500);
    make_png8(40, 30, 3);
    fuzz(2, 500);
    static bytes png;
    png = made;
    for (uint32_t i = 0; i < 1500; i++) {
        bal_image image;
        made = png;
        made.size = fuzz_mutate(made.data, made.size, sizeof made.data, 99, i);
        repair_png();
        if (bal_image_decode(&image, made.data, made.size, "made")) assert_null(image.pixel);
        bal_image_free(&image);
    }
    made.size = 0;
    assert_true(stbi_write_bmp_to_func(put, &made, 40, 30, 3, pixel));
    fuzz(3, 1500);
    make_text("P3\n2 1 10\n0 5 10\n10 5 0\n");
    fuzz(4, 1500);
    make_text("P5 3 2 255 abcdef");
    fuzz(5, 1500);
    paint(rgb, 3, 2, 3);
    make_tiff(8, 3, PHOTOMETRIC_RGB, COMPRESSION_LZW, 1, rgb);
    fuzz(6, 1500);
    for (int i = 0; i < 9; i++) deep[i] = (uint16_t)(i * 7000);
    make_tiff(16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, 3, deep);
    fuzz(7, 1500);
}

static void mutated_real_jpeg(void **state)
{
    char  *data;
    size_t size;

    (void)state;
    const char *path = real_data("ham10000/images/ISIC_0024306.jpg");
    assert_int_equal(BAL_OK, bal_file_read(&data, &size, path, sizeof made.data));
    memcpy(made.data, data, size);
    made.size = size;
    free(data);
    bal_image image = decode();
    assert_true(image.width == 200 && image.height == 150 && image.channels == 3);
    bal_image_free(&image);
    fuzz(8, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_grey_and_rgb),
        cmocka_unit_test(alpha_is_composed_on_black),
        cmocka_unit_test(png_16_bit_and_palette),
        cmocka_unit_test(bmp),
        cmocka_unit_test(portable_maps),
        cmocka_unit_test(tiffs),
        cmocka_unit_test(exif_orientation),
        cmocka_unit_test(truncated_jpeg),
        cmocka_unit_test(equal_components_become_one),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(names),
        cmocka_unit_test(resize_is_antialiased),
        cmocka_unit_test(modes),
        cmocka_unit_test(png_is_the_same_each_time),
        cmocka_unit_test(mutated_images),
        cmocka_unit_test(mutated_real_jpeg),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
