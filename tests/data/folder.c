/* Folders of classes, of parts, flat; what is passed over; loops of links; real X-rays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "ballast/files.h"
#include "scratch.h"
#include "source.h"

extern const bal_data_def bal_data_source_folder;

static void classes(void **state)
{
    bal_data d;

    (void)state;
    scratch_image("c/zebra/1.png", 8, 1);
    scratch_image("c/zebra/deep/er/2.PNG", 8, 2);
    scratch_image("c/ant/1.png", 8, 3);
    scratch_text("c/ant/.hidden.png", "x");
    scratch_text("c/ant/.DS_Store", "x");
    scratch_text("c/ant/Thumbs.db", "x");
    scratch_text("c/ant/notes.txt", "x");
    scratch_text("c/__MACOSX/ant/._1.png", "x");
    scratch_text("c/.git/x.png", "x");
    scratch_text("c/docs/readme.txt", "x");
    scratch_image("c/preview.png", 8, 4);
    source_open_well(&d, &bal_data_source_folder, scratch("c"));
    assert_int_equal(3, d.count);
    assert_int_equal(2, d.class_count);
    assert_string_equal("ant", d.classes[0]);
    assert_string_equal("zebra", d.classes[1]);
    assert_int_equal(8, d.passed_over); /* 4 in ant, __MACOSX, .git, readme.txt, preview.png */
    assert_int_equal(0, source_item(&d, "ant/1.png")->label);
    assert_int_equal(1, source_item(&d, "zebra/deep/er/2.PNG")->label);
    assert_int_equal(BAL_NO_PART, source_item(&d, "zebra/1.png")->part);
    for (int i = 0; i < d.count; i++) {
        bal_image image;
        assert_int_equal(BAL_OK, d.def->read(&d, i, &image));
        assert_true(image.width == 8 && image.height == 8 && image.channels == 1);
        bal_image_free(&image);
    }
    bal_data_free(&d);
}

static void parts(void **state)
{
    bal_data d;

    (void)state;
    scratch_image("p/Train/b/1.png", 8, 1);
    scratch_image("p/Train/a/1.png", 8, 1);
    scratch_image("p/val/b/2.png", 8, 1);
    scratch_image("p/test/c/3.png", 8, 1);
    scratch_text("p/.DS_Store", "x");
    source_open_well(&d, &bal_data_source_folder, scratch("p/"));
    assert_int_equal(4, d.count);
    assert_int_equal(3, d.class_count);
    assert_int_equal(BAL_TRAIN, source_item(&d, "Train/a/1.png")->part);
    assert_int_equal(BAL_VALIDATION, source_item(&d, "val/b/2.png")->part);
    assert_int_equal(BAL_TEST, source_item(&d, "test/c/3.png")->part);
    assert_int_equal(1, source_item(&d, "val/b/2.png")->label);
    assert_int_equal(2, source_item(&d, "test/c/3.png")->label);
    assert_int_equal(1, d.passed_over);
    bal_data_free(&d);
    scratch_image("q/train/1.png", 8, 1); /* a class that happens to be called so */
    scratch_image("q/bus/1.png", 8, 1);
    source_open_well(&d, &bal_data_source_folder, scratch("q"));
    assert_int_equal(2, d.class_count);
    assert_int_equal(BAL_NO_PART, d.items[1].part);
    bal_data_free(&d);
}

static void flat(void **state)
{
    bal_data d;

    (void)state;
    scratch_image("flat/1.png", 8, 1);
    scratch_image("flat/2.png", 8, 2);
    source_open_well(&d, &bal_data_source_folder, scratch("flat/"));
    assert_int_equal(2, d.count);
    assert_int_equal(1, d.class_count);
    assert_string_equal("flat", d.classes[0]);
    bal_data_free(&d);
}

static void links(void **state)
{
    bal_data d;

    (void)state;
    scratch_image("l/a/1.png", 8, 1);
    scratch_image("l/b/1.png", 8, 2);
    scratch_image("elsewhere/9.png", 8, 3);
    assert_int_equal(0, symlink("..", scratch("l/a/up")));
    assert_int_equal(0, symlink(".", scratch("l/a/self")));
    assert_int_equal(0, symlink("../b", scratch("l/a/other")));
    assert_int_equal(0, symlink("../a", scratch("l/b/other")));
    assert_int_equal(0, symlink("nowhere.png", scratch("l/b/broken.png")));
    assert_int_equal(0, symlink("../../elsewhere/9.png", scratch("l/b/link.png")));
    source_open_well(&d, &bal_data_source_folder, scratch("l"));
    assert_int_equal(1, source_item(&d, "b/link.png")->label);
    bal_image image;
    int       broken = (int)(source_item(&d, "b/broken.png") - d.items);
    assert_int_equal(BAL_EIO, d.def->read(&d, broken, &image));
    assert_non_null(strstr(bal_error(), "l/b/broken.png: cannot be opened"));
    assert_int_equal(4, d.count); /* each image once */
    bal_data_free(&d);
}

static void faults(void **state)
{
    bal_data d;

    (void)state;
    assert_int_equal(BAL_ECONFIG, source_open(&d, &bal_data_source_folder, NULL));
    assert_string_equal("test.ini:3: path is missing: source = folder needs the folder of images", bal_error());
    bal_data_free(&d);
    assert_int_equal(BAL_EIO, source_open(&d, &bal_data_source_folder, scratch("nowhere")));
    assert_non_null(strstr(bal_error(), "nowhere: folder cannot be read"));
    bal_data_free(&d);
    scratch_text("empty/a/x.txt", "x");
    assert_int_equal(BAL_EIO, source_open(&d, &bal_data_source_folder, scratch("empty")));
    assert_non_null(strstr(bal_error(), "no images here: expected a folder for each class"));
    bal_data_free(&d);
}

static void real(void **state)
{
    bal_data d;
    int      count[2] = {0};

    (void)state;
    source_open_well(&d, &bal_data_source_folder, real_data("chest-xray-362"));
    assert_int_equal(362, d.count);
    assert_string_equal("NORMAL", d.classes[0]);
    for (int i = 0; i < d.count; i++) count[d.items[i].label]++;
    assert_int_equal(235, count[0]);
    assert_int_equal(127, count[1]);
    bal_data_free(&d);
    source_open_well(&d, &bal_data_source_folder, real_data("chest-xray"));
    int tests = 0;
    for (int i = 0; i < d.count; i++) tests += d.items[i].part == BAL_TEST;
    assert_int_equal(624, tests);
    bal_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes), cmocka_unit_test(parts),  cmocka_unit_test(flat),
        cmocka_unit_test(links),   cmocka_unit_test(faults), cmocka_unit_test(real),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
