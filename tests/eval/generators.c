/* quality.json reads back to the same bits and bytes; a share of copies above chance is a warning of the report, one as
 * of real images is none; the report has the figures in text, JSON and HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/generators.h"
#include "ballast/report.h"
#include "scratch.h"

static char run[512];

static bal_generator_quality quality(int copies, double p)
{
    bal_generator_quality q = {.step = 500, .generated = 256, .real = 90, .validation = 11, .training = 90};
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) {
        q.of_generated[k] = (bal_likeness){{0.1 / 3, 0.01}, 12.5 + k, {0.5, 0.25, 0.75, 0.125}};
        q.of_real[k] = (bal_likeness){{-0.001, (double)NAN}, (double)NAN, {1, 1, 1, 1}};
    }
    q.copies[BAL_IN_PIXELS] = (bal_copies){1.5, p, copies};
    q.copies[BAL_IN_FEATURES] = (bal_copies){2.5, 1, 0};
    return q;
}

static void write_class(const char *class, int copies, double p)
{
    bal_generator_quality q = quality(copies, p);
    char                 *folder = bal_format("%s/gan/%s", run, class), *path = bal_path_join(folder, "quality.json");
    assert_int_equal(bal_folder_create(folder), BAL_OK);
    assert_int_equal(bal_generator_write(&q, path), BAL_OK);
    free(folder);
    free(path);
}

static int begin(void **state)
{
    if (scratch_setup(state) != 0) return -1;
    snprintf(run, sizeof run, "%s", scratch("run"));
    write_class("benign", 13, 0.5);
    write_class("rare", 200, 1e-12);
    return 0;
}

static void reads_back(void **state)
{
    const bal_generator_quality written = quality(0, 0);
    bal_generators              g;
    (void)state;
    assert_int_equal(bal_generators_read(&g, run), BAL_OK);
    assert_int_equal(g.count, 2);
    assert_string_equal(g.of[1].name, "rare");
    assert_memory_equal(&g.of[1].of_generated, &written.of_generated, sizeof written.of_generated);
    assert_true(isnan(g.of[1].of_real[0].fid) && isnan(g.of[1].of_real[0].kid.error));
    assert_int_equal(g.of[1].copies[BAL_IN_PIXELS].count, 200);
    assert_true(g.of[1].copies[BAL_IN_PIXELS].p == 1e-12);
    assert_int_equal(g.of[1].step, 500);
    bal_generators_free(&g);
    assert_int_equal(bal_generators_read(&g, scratch("nowhere")), BAL_OK);
    assert_int_equal(g.count, 0);
    bal_generators_free(&g);
}

static char *warning(const bal_generators *g)
{
    char  *text;
    size_t size;
    FILE  *to = open_memstream(&text, &size);
    bal_generators_warn(to, g);
    fclose(to);
    return text;
}

static void warns_of_copies_alone(void **state)
{
    bal_generators g;
    (void)state;
    assert_int_equal(bal_generators_read(&g, run), BAL_OK);
    char *both = warning(&g);
    assert_non_null(strstr(both, "copies of training images"));
    assert_non_null(strstr(both, "rare (200 of 256 by pixels"));
    assert_null(strstr(both, "benign"));
    g.count = 1;
    char *first = warning(&g), *none = warning(NULL);
    assert_string_equal(first, "");
    assert_string_equal(none, "");
    g.count = 2;
    free(both);
    free(first);
    free(none);
    bal_generators_free(&g);
}

static bool file_has(const char *name, const char *what)
{
    char  *path = bal_path_join(run, name), *text;
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    bool found = strstr(text, what) != NULL;
    free(text);
    free(path);
    return found;
}

static void report_has_them(void **state)
{
    static const char csv[] = "path,label,predicted,p:a,p:b\n1,a,a,0.9,0.1\n2,b,b,0.2,0.8\n3,a,b,0.4,0.6\n";
    bal_predictions   p;
    bal_generators    g;
    (void)state;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", csv, strlen(csv)), BAL_OK);
    assert_int_equal(bal_generators_read(&g, run), BAL_OK);
    assert_int_equal(bal_report_write(run, &p, &(bal_background){.generators = &g}), BAL_OK);
    assert_true(file_has("report.txt", "in features of this run's classifier"));
    assert_true(file_has("report.txt", "  generated       0.0333      0.01     12.50      0.50      0.25      0.75"));
    assert_true(file_has("report.txt", "not comparable"));
    assert_true(file_has("report.txt", "may be copies"));
    assert_true(file_has("report.json", "\"generators\""));
    assert_true(
        file_has("report.html", "<td>0.0333 &#177; 0.01</td><td>12.50</td><td>0.50</td><td>0.25</td><td>0.75</td>"));
    assert_true(file_has("report.html", "They may be copies."));
    bal_generators_free(&g);
    bal_predictions_free(&p);
}

static void damaged_is_named(void **state)
{
    bal_generator_quality q;
    char                 *path = bal_path_join(run, "damaged.json");
    (void)state;
    assert_int_equal(bal_file_write(path, "{", 1), BAL_OK);
    assert_int_equal(bal_generator_read(&q, path, "x"), BAL_EIO);
    assert_non_null(strstr(bal_error(), "damaged.json: is not JSON"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back),
        cmocka_unit_test(warns_of_copies_alone),
        cmocka_unit_test(report_has_them),
        cmocka_unit_test(damaged_is_named),
    };
    return cmocka_run_group_tests(tests, begin, scratch_teardown);
}
