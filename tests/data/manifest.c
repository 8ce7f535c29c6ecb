/* Manifests: columns, quoting, faults at their line, fuzz, the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ballast/files.h"
#include "scratch.h"
#include "source.h"

extern const bal_data_def bal_data_source_manifest;

static void all_columns(void **state)
{
    bal_data d;

    (void)state;
    scratch_image("m/with, comma.png", 8, 1);
    scratch_text("m/all.csv", "\xef\xbb\xbfsplit,note,path,group,label\r\n"
                              "train,n,\"with, comma.png\",g1,zebra\r\n"
                              "Val,n,b.png,,\"an \"\"ant\"\"\"\r\n"
                              ",n,/c.png,g1,\r\n");
    source_open_well(&d, &bal_data_source_manifest, scratch("m/all.csv"));
    assert_int_equal(3, d.count);
    assert_int_equal(2, d.class_count);
    assert_string_equal("an \"ant\"", d.classes[0]);
    const bal_item *a = source_item(&d, "with, comma.png"), *b = source_item(&d, "b.png"),
                   *c = source_item(&d, "/c.png");
    assert_true(a->label == 1 && a->part == BAL_TRAIN && strcmp(a->group, "g1") == 0);
    assert_true(b->label == 0 && b->part == BAL_VALIDATION && !b->group);
    assert_true(c->label == -1 && c->part == BAL_NO_PART && strcmp(c->group, "g1") == 0);
    bal_image image;
    assert_int_equal(BAL_OK, d.def->read(&d, 0, &image));
    bal_image_free(&image);
    assert_int_equal(BAL_EIO, d.def->read(&d, 2, &image));
    assert_non_null(strstr(bal_error(), "/c.png: cannot be opened")); /* absolute: as it stands */
    bal_data_free(&d);
}

static void expect_fault(const char *text, const char *message)
{
    bal_data d;

    scratch_text("f.csv", text);
    assert_int_not_equal(BAL_OK, source_open(&d, &bal_data_source_manifest, scratch("f.csv")));
    if (!strstr(bal_error(), message)) fail_msg("\"%s\" instead of \"%s\"", bal_error(), message);
    bal_data_free(&d);
}

static void faults(void **state)
{
    bal_data d;

    (void)state;
    expect_fault("file,label\na,b\n", "f.csv:1: ");
    expect_fault("path,label\n", "no rows, so no images");
    expect_fault("path,label\na,x\n,x\n", "f.csv:3: an empty path");
    expect_fault("path,split\na,trian\n", "f.csv:2: split \"trian\": train, validation, test or nothing is allowed");
    expect_fault("path,label\na,x\nb,x\na,y\n", "f.csv:4: path \"a\" again, first in line 2");
    expect_fault("path,label\na,x,y\n", "f.csv:2: ");
    assert_int_equal(BAL_ECONFIG, source_open(&d, &bal_data_source_manifest, NULL));
    assert_string_equal("test.ini:3: path is missing: source = manifest needs a CSV file", bal_error());
    bal_data_free(&d);
}

static void fuzz(void **state)
{
    static const char text[] = "path,label,group,split\na.png,x,g,train\n\"b,\"\"1\"\"\",y,,\nc.png,\"x\ny\",g,test\n";
    uint8_t           data[1024];
    int               good = 0;

    (void)state;
    for (uint32_t i = 0; i < 3000; i++) {
        bal_data d;
        memcpy(data, text, sizeof text - 1);
        size_t size = fuzz_mutate(data, sizeof text - 1, sizeof data, 5, i);
        scratch_write("fuzz.csv", data, size);
        if (source_open(&d, &bal_data_source_manifest, scratch("fuzz.csv")) == BAL_OK) {
            good++;
            for (int k = 0; k < d.count; k++) assert_true(d.items[k].path[0] && d.items[k].label < d.class_count);
        }
        bal_data_free(&d);
    }
    assert_in_range(good, 1, 2999);
}

static void real(void **state)
{
    static const char *const names[] = {"benign", "dermatofibroma", "malignant", "vascular_lesion"};
    static const int         counts[] = {1800, 111, 1497, 142};
    bal_data                 d;
    int                      seen[4] = {0};

    (void)state;
    source_open_well(&d, &bal_data_source_manifest, real_data("ham10000/skin4.csv"));
    for (int i = 0; i < d.count; i++) seen[d.items[i].label]++;
    for (int c = 0; c < 4; c++) {
        assert_string_equal(names[c], d.classes[c]);
        assert_int_equal(counts[c], seen[c]);
    }
    assert_string_equal("HAM_0000484", source_item(&d, "images/ISIC_0024309.jpg")->group);
    bal_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_columns),
        cmocka_unit_test(faults),
        cmocka_unit_test(fuzz),
        cmocka_unit_test(real),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
