/* examples -- which images are shown, where their pictures lie, and what is painted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/examples.h"
#include "ballast/files.h"
#include "ballast/image.h"
#include "scratch.h"

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

static void assert_rows(const char *text, const int *wrong, int wrongs, const int *right, int rights)
{
    bal_predictions p = parse(text);
    bal_example     e[BAL_EXAMPLES_MAX];
    assert_int_equal(bal_examples_choose(e, &p), wrongs + rights);
    for (int i = 0; i < wrongs + rights; i++) {
        bool is_wrong = i < wrongs;
        assert_int_equal(e[i].row, is_wrong ? wrong[i] : right[i - wrongs]);
        assert_int_equal(e[i].wrong, is_wrong);
        assert_int_equal(e[i].number, is_wrong ? i + 1 : i - wrongs + 1);
    }
    bal_predictions_free(&p);
}

static void surest_first_and_by_class(void **state)
{
    (void)state;
    assert_rows(
        "label,predicted,p:a,p:b\na,b,.4,.6\na,a,.7,.3\nb,b,.2,.8\na,a,.9,.1\nb,a,.9,.1\na,a,.8,.2\na,b,.4,.6\n",
        (int[]){4, 0, 6}, 3, (int[]){3, 5, 2}, 3);
    assert_rows("label,predicted\na,b\nb,b\n", NULL, 0, NULL, 0);
}

static void never_more_than_are_shown(void **state)
{
    (void)state;
    char  *text = NULL;
    size_t size;
    FILE  *to = open_memstream(&text, &size);
    fputs("label,predicted", to);
    for (int k = 0; k < 12; k++) fprintf(to, ",p:%c", 'a' + k);
    for (int i = 0; i < 48; i++) { /* a of each class right, then b taken for a */
        int label = i < 36 ? i % 12 : 1, predicted = i < 36 ? label : 0;
        fprintf(to, "\n%c,%c", 'a' + label, 'a' + predicted);
        for (int k = 0; k < 12; k++) fputs(k == predicted ? ",1" : ",0", to);
    }
    fclose(to);
    assert_rows(text, (int[]){36, 37, 38, 39, 40, 41, 42, 43, 44, 45}, 10, (int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10);
    free(text);
}

static void earlier_pictures_go(void **state)
{
    (void)state;
    const bal_example e[] = {{0, true, 1}, {0, true, 10}, {0, false, 10}};
    scratch_text("old/examples/other.png", "stays");
    for (int i = 0; i < 6; i++) {
        char *path = bal_examples_path(scratch("old"), &e[i / 2], i % 2);
        assert_int_equal(bal_file_write(path, "x", 1), BAL_OK);
        free(path);
    }
    bal_names names;
    assert_int_equal(bal_folder_list(&names, scratch("old/examples")), BAL_OK);
    assert_int_equal(names.count, 7);
    assert_string_equal(names.name[1], "right-10-heat.png");
    assert_string_equal(names.name[6], "wrong-10.png");
    bal_names_free(&names);
    bal_examples_clear(scratch("old"));
    assert_int_equal(bal_folder_list(&names, scratch("old/examples")), BAL_OK);
    assert_int_equal(names.count, 1);
    bal_names_free(&names);
}

/* In print without colour more heat is lighter. */
static void colours_grow_lighter(void **state)
{
    (void)state;
    float before = -1;
    for (int i = 0; i <= 100; i++) {
        float rgb[3];
        bal_examples_color(rgb, (float)i / 100);
        float light = 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2];
        for (int k = 0; k < 3; k++) assert_true(rgb[k] >= 0 && rgb[k] <= 1);
        assert_true(light > before);
        before = light;
    }
}

static bool is_pixel(const bal_image *image, int x, int y, const float rgb[3])
{
    const float *p = image->pixel + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    for (int k = 0; k < 3; k++)
        if (fabs((double)(p[k] - rgb[k])) > 0.51 / 255) return false;
    return true;
}

/* A large image stays as it is; left half hot. */
static void heat_lies_over_the_image(void **state)
{
    (void)state;
    enum { SIZE = 120 };
    float *pixel = calloc(SIZE * SIZE * 3, sizeof *pixel), *heat = calloc(SIZE * SIZE, sizeof *heat);
    float  hot[3], cold[3], line[3] = {1, 1, 1};
    char  *path = bal_format("%s", scratch("over.png"));
    for (int i = 0; i < SIZE * SIZE; i++) {
        for (int k = 0; k < 3; k++) pixel[3 * i + k] = 0.5F;
        heat[i] = i % SIZE < SIZE / 2 ? 1 : 0;
    }
    bal_examples_color(hot, 1);
    bal_examples_color(cold, 0);
    for (int k = 0; k < 3; k++) {
        hot[k] = (hot[k] + 0.5F) / 2;
        cold[k] = (cold[k] + 0.5F) / 2;
    }
    assert_int_equal(bal_examples_paint_heat(path, pixel, SIZE, 3, heat), BAL_OK);
    bal_image image;
    assert_int_equal(bal_image_read(&image, path), BAL_OK);
    assert_int_equal(image.width, SIZE);
    assert_int_equal(image.channels, 3);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++)
            assert_true(is_pixel(&image, x, y, x == SIZE / 2 - 1 ? line : x < SIZE / 2 ? hot : cold));
    bal_image_free(&image);
    free(pixel);
    free(heat);
    free(path);
}

/* Enlarged by a whole number, so that a pixel stays one. */
static void small_images_are_enlarged(void **state)
{
    (void)state;
    const float pixel[4] = {0, 1, 0.2F, 0.6F};
    char       *path = bal_format("%s", scratch("small.png"));
    bal_image   image;
    assert_int_equal(bal_examples_paint(path, pixel, 2, 1), BAL_OK);
    assert_int_equal(bal_image_read(&image, path), BAL_OK);
    assert_true(image.width == 112 && image.height == 112 && image.channels == 1);
    for (int y = 0; y < 112; y++)
        for (int x = 0; x < 112; x++)
            assert_true(fabs((double)(image.pixel[y * 112 + x] - pixel[y / 56 * 2 + x / 56])) < 1e-6);
    bal_image_free(&image);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surest_first_and_by_class), cmocka_unit_test(never_more_than_are_shown),
        cmocka_unit_test(earlier_pictures_go),       cmocka_unit_test(colours_grow_lighter),
        cmocka_unit_test(heat_lies_over_the_image),  cmocka_unit_test(small_images_are_enlarged),
    };
    return cmocka_run_group_tests_name("eval/examples", tests, scratch_setup, scratch_teardown);
}
