/* npz files made here, stored and deflated; faults; bombs; fuzz; the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>
#include "ballast/files.h"
#include "scratch.h"
#include "source.h"

extern const bal_data_def bal_data_source_npz;

/* ---- a writer -----------------------------------------------------------------------------------------------------
 */

static struct {
    uint8_t data[1 << 16], central[1 << 12];
    size_t  size, central_size;
    int     members, deflate;
} zip;

static void put(const void *data, size_t n)
{
    assert_true(zip.size + n <= sizeof zip.data);
    memcpy(zip.data + zip.size, data, n);
    zip.size += n;
}

static void number(uint8_t *to, size_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(v >> 8 * i);
}

static void begin(int deflate_it)
{
    zip.size = zip.central_size = 0;
    zip.members = 0;
    zip.deflate = deflate_it;
}

static void member(const char *name, const uint8_t *data, size_t size)
{
    static uint8_t packed[1 << 15];
    uint8_t        local[30] = "PK\3\4", *central = zip.central + zip.central_size;
    size_t         length = strlen(name), n = size, at = zip.size;

    if (zip.deflate) {
        z_stream s = {.next_in = (Bytef *)(uintptr_t)data,
                      .avail_in = (uInt)size,
                      .next_out = packed,
                      .avail_out = sizeof packed};
        assert_int_equal(Z_OK, deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY));
        assert_int_equal(Z_STREAM_END, deflate(&s, Z_FINISH));
        n = s.total_out;
        deflateEnd(&s);
    }
    number(local + 8, zip.deflate ? 8 : 0, 2);
    number(local + 14, crc32(0, data, (uInt)size), 4);
    number(local + 18, n, 4);
    number(local + 22, size, 4);
    number(local + 26, length, 2);
    memset(central, 0, 46);
    memcpy(central, "PK\1\2", 4);
    memcpy(central + 10, local + 8, 2);
    memcpy(central + 16, local + 14, 14);
    number(central + 42, at, 4);
    memcpy(central + 46, name, length);
    zip.central_size += 46 + length;
    zip.members++;
    put(local, 30);
    put(name, length);
    put(zip.deflate ? packed : data, n);
}

static void finish(void)
{
    uint8_t end[22] = "PK\5\6";
    number(end + 8, (size_t)zip.members, 2);
    number(end + 10, (size_t)zip.members, 2);
    number(end + 12, zip.central_size, 4);
    number(end + 16, zip.size, 4);
    put(zip.central, zip.central_size);
    put(end, sizeof end);
}

static void array(const char *name, const char *type, const char *shape, const void *values, size_t size)
{
    static uint8_t npy[1 << 15];
    char           header[256];
    int n = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);

    memcpy(npy, "\x93NUMPY\1\0", 8);
    number(npy + 8, 118, 2);
    memset(npy + 10, ' ', 118);
    memcpy(npy + 10, header, (size_t)n);
    npy[127] = '\n';
    if (size) memcpy(npy + 128, values, size);
    member(name, npy, 128 + size);
}

static uint8_t grey[2 * 4 * 3], rgb[2 * 2 * 2 * 3];

/* Two grey images of 4 x 3 to train on, in two classes, and one to test. */
static void sound(int deflated)
{
    static const int64_t labels[] = {2, 0};
    static const uint8_t one[] = {1};

    for (size_t i = 0; i < sizeof grey; i++) grey[i] = (uint8_t)(i * 9);
    begin(deflated);
    array("train_images.npy", "|u1", "2, 4, 3", grey, sizeof grey);
    array("train_labels.npy", "<i8", "2, 1", labels, sizeof labels);
    array("test_images.npy", "|u1", "1, 4, 3", grey, 12);
    array("test_labels.npy", "|u1", "1,", one, 1);
    finish();
}

static bal_status open_made(bal_data *d)
{
    scratch_write("x.npz", zip.data, zip.size);
    return source_open(d, &bal_data_source_npz, scratch("x.npz"));
}

/* ---- tests --------------------------------------------------------------------------------------------------------
 */

static void stored_and_deflated(void **state)
{
    (void)state;
    for (int deflated = 0; deflated < 2; deflated++) {
        bal_data  d;
        bal_image image;
        sound(deflated);
        if (open_made(&d)) fail_msg("%s", bal_error());
        assert_int_equal(3, d.count);
        assert_int_equal(3, d.class_count);
        assert_string_equal("2", d.classes[2]);
        assert_true(d.items[0].label == 2 && d.items[1].label == 0 && d.items[2].label == 1);
        assert_true(source_item(&d, "train/1")->part == BAL_TRAIN && source_item(&d, "test/0")->part == BAL_TEST);
        assert_int_equal(BAL_OK, d.def->read(&d, 1, &image));
        assert_true(image.width == 3 && image.height == 4 && image.channels == 1);
        for (int i = 0; i < 12; i++) assert_true(image.pixel[i] == grey[12 + i] / 255.0f);
        bal_image_free(&image);
        assert_int_equal(BAL_OK, d.def->read(&d, 2, &image));
        assert_true(image.pixel[11] == grey[11] / 255.0f);
        bal_image_free(&image);
        bal_data_free(&d);
    }
}

static void colour_and_16_bits(void **state)
{
    static const uint16_t deep[] = {0, 0x1234, 0xffff, 1};
    static const uint8_t  labels[] = {1, 0};
    bal_data              d;
    bal_image             image;

    (void)state;
    for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i * 10);
    begin(1);
    array("train_images.npy", "|u1", "2, 2, 2, 3", rgb, sizeof rgb);
    array("train_labels.npy", "|u1", "2, 1", labels, 2);
    array("val_images.npy", "<u2", "1, 2, 2", deep, sizeof deep);
    array("val_labels.npy", "|u1", "1, 1", labels, 1);
    finish();
    if (open_made(&d)) fail_msg("%s", bal_error());
    assert_int_equal(BAL_OK, d.def->read(&d, 1, &image));
    assert_true(image.channels == 3 && image.pixel[11] == rgb[23] / 255.0f);
    bal_image_free(&image);
    assert_int_equal(BAL_OK, d.def->read(&d, 2, &image));
    assert_true(image.channels == 1 && image.pixel[1] == 0x1234 / 65535.0f && image.pixel[2] == 1.0f);
    bal_image_free(&image);
    bal_data_free(&d);
}

static void expect_fault(const char *message)
{
    bal_data d;
    assert_int_not_equal(BAL_OK, open_made(&d));
    if (!strstr(bal_error(), message)) fail_msg("\"%s\" instead of \"%s\"", bal_error(), message);
    bal_data_free(&d);
}

static void pair(const char *type, const char *shape, size_t size, const char *label_type, const char *label_shape)
{
    static const uint8_t zero[64] = {0};
    begin(0);
    array("train_images.npy", type, shape, zero, size);
    if (label_type) array("train_labels.npy", label_type, label_shape, zero, 8);
    finish();
}

static void faults(void **state)
{
    static const int16_t negative[] = {-1, 0};

    (void)state;
    begin(0);
    finish();
    expect_fault("no train_images in it: MedMNIST's layout is expected");
    pair("|u1", "1, 2, 2", 4, NULL, NULL);
    expect_fault("there is train_images but no train_labels");
    pair("|u1", "1, 2, 2", 4, "|u1", "2, 1");
    expect_fault("1 train_images but 2 train_labels");
    pair("|u1", "1, 2, 2", 4, "|u1", "1, 2");
    expect_fault("train_labels has several labels an image");
    pair("|u1", "1, 4", 4, "|u1", "1, 1");
    expect_fault("train_images is not of N x H x W");
    pair("<f4", "1, 2, 2", 16, "|u1", "1, 1");
    expect_fault("train_images.npy is not of whole numbers");
    pair("|u1", "1, 2, 3", 5, "|u1", "1, 1");
    expect_fault("train_images.npy is shorter than its shape says");
    pair("|u1", "4294967296, 2147483647, 2147483647", 5, "|u1", "1, 1");
    expect_fault("train_images.npy has a strange shape");
    pair("|u1", "2147483647, 2147483647, 2147483647, 2147483647", 5, "|u1", "1, 1");
    expect_fault("train_images.npy is shorter than its shape says");
    pair("|u1", "0, 2, 2", 5, "|u1", "1, 1");
    expect_fault("train_images.npy is empty");
    begin(0);
    array("train_images.npy", "|u1", "2, 4, 3", grey, sizeof grey);
    array("train_labels.npy", "<i2", "2, 1", negative, sizeof negative);
    finish();
    expect_fault("train_labels[0] is -1; 0 to 999 are allowed");
    zip.size -= 1;
    expect_fault("no end of a zip directory");
    sound(1);
    zip.data[50] ^= 0x40;
    expect_fault("not a sound npz file");
}

static void bomb(void **state)
{
    (void)state;
    sound(1);
    size_t central = zip.size - 22 - zip.central_size;
    number(zip.data + central + 24, 0xfffffff0u,
           4); /* 4 GiB out of a hundred bytes: refused before memory is asked for */
    expect_fault("a member's sizes contradict each other");
    sound(0);
    number(zip.data + zip.size - 22 - zip.central_size + 24, 0xfffffff0u, 4);
    expect_fault("a member's sizes contradict each other");
}

static void fuzz(void **state)
{
    static uint8_t original[1 << 16];
    int            good = 0;

    (void)state;
    for (int deflated = 0; deflated < 2; deflated++) {
        sound(deflated);
        size_t size = zip.size;
        memcpy(original, zip.data, size);
        for (uint32_t i = 0; i < 1500; i++) {
            bal_data d;
            memcpy(zip.data, original, size);
            zip.size = fuzz_mutate(zip.data, size, sizeof zip.data, 11, i);
            if (open_made(&d) == BAL_OK) {
                bal_image image;
                good++;
                for (int k = 0; k < d.count; k++) {
                    assert_int_equal(BAL_OK, d.def->read(&d, k, &image));
                    bal_image_free(&image);
                }
            }
            bal_data_free(&d);
        }
    }
    assert_in_range(good, 1, 2999);
}

static void real(void **state)
{
    static const int counts[] = {4708, 524, 624};
    bal_data         d;
    int              seen[BAL_PARTS] = {0};

    (void)state;
    source_open_well(&d, &bal_data_source_npz, real_data("pneumoniamnist.npz"));
    for (int i = 0; i < d.count; i++) seen[d.items[i].part]++;
    for (int p = 0; p < BAL_PARTS; p++) assert_int_equal(counts[p], seen[p]);
    assert_int_equal(2, d.class_count);
    bal_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_and_deflated),
        cmocka_unit_test(colour_and_16_bits),
        cmocka_unit_test(faults),
        cmocka_unit_test(bomb),
        cmocka_unit_test(fuzz),
        cmocka_unit_test(real),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
