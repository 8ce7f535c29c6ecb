/* The list of a source: items copied, classes found and sorted, words for parts, sources by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "ballast/data.h"

static void items_are_copied(void **state)
{
    bal_data d = {0};
    char     path[16] = "first", group[16] = "g";

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(BAL_OK, bal_data_add(&d, &(bal_item){path, i, i % 2 ? group : NULL, BAL_TEST}));
        snprintf(path, sizeof path, "p%d", i + 1);
        snprintf(group, sizeof group, "g%d", i + 1);
    }
    assert_int_equal(1000, d.count);
    assert_string_equal("first", d.items[0].path);
    assert_null(d.items[0].group);
    assert_string_equal("p999", d.items[999].path);
    assert_string_equal("g999", d.items[999].group);
    assert_true(d.items[999].label == 999 && d.items[999].part == BAL_TEST);
    bal_data_free(&d);
    assert_null(d.items);
    bal_data_free(NULL);
}

static void classes_are_sorted_with_their_labels(void **state)
{
    static const char *const names[] = {"m", "z", "B", "a", "m2"}, *const sorted[] = {"B", "a", "m", "m2", "z"};
    bal_data d = {0};

    (void)state;
    for (int i = 0; i < 5; i++) assert_int_equal(i, bal_data_class(&d, names[i]));
    assert_int_equal(1, bal_data_class(&d, "z")); /* there already */
    for (int i = 0; i < 6; i++)
        assert_int_equal(BAL_OK, bal_data_add(&d, &(bal_item){(char *)(uintptr_t) "x", i - 1, NULL, BAL_NO_PART}));
    assert_int_equal(BAL_OK, bal_data_sort_classes(&d));
    for (int i = 0; i < 5; i++) assert_string_equal(sorted[i], d.classes[i]);
    assert_int_equal(-1, d.items[0].label);
    for (int i = 0; i < 5; i++) assert_string_equal(names[i], d.classes[d.items[i + 1].label]);
    bal_data_free(&d);
}

static void words_of_parts(void **state)
{
    (void)state;
    assert_int_equal(BAL_TRAIN, bal_part_parse("Training"));
    assert_int_equal(BAL_VALIDATION, bal_part_parse("val"));
    assert_int_equal(BAL_VALIDATION, bal_part_parse("VALID"));
    assert_int_equal(BAL_NO_PART, bal_part_parse("tests"));
    assert_int_equal(BAL_NO_PART, bal_part_parse(""));
    for (int p = 0; p < BAL_PARTS; p++) assert_int_equal(p, bal_part_parse(bal_part_name((bal_part)p)));
}

static void sources_by_name(void **state)
{
    static const char *const names[] = {"folder", "manifest", "npz", "phantom"};
    (void)state;
    for (size_t i = 0; i < 4; i++) assert_string_equal(names[i], bal_data_find(names[i])->name);
    assert_null(bal_data_find("fold"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_copied),
        cmocka_unit_test(classes_are_sorted_with_their_labels),
        cmocka_unit_test(words_of_parts),
        cmocka_unit_test(sources_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
