/* experiment -- parts by arm, seed and fold: what each arm is made of, the same bits when repeated in pieces,
 * generators that see their fold's training images alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/predictions.h"
#include "scratch.h"
#include "watched.h"

static const char config[] = "tests/cli/good/experiment.ini";

static int run(const char *folder, const char *arms, const char *folds, const char *seeds, bool *stopped)
{
    int                failed;
    bal_experiment_job job = {
        .config = config, .folder = folder, .arms = arms, .folds = folds, .seeds = seeds, .watch = &watch};
    assert_int_equal(bal_folder_create(folder), BAL_OK);
    if (bal_experiment_run(&job, &failed, stopped) != BAL_OK) fail_msg("%s", bal_error());
    return failed;
}

static void assert_same(const char *a, const char *b, const char *name)
{
    char  *x, *y, *p = bal_format("%s/%s", a, name), *q = bal_format("%s/%s", b, name);
    size_t n, m;
    assert_int_equal(bal_file_read(&x, &n, p, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, q, 0), BAL_OK);
    if (n != m || memcmp(x, y, n) != 0) fail_msg("%s and %s differ", p, q);
    free(x);
    free(y);
    free(p);
    free(q);
}

static void assert_has(const char *folder, const char *name, const char *what)
{
    char  *text, *path = bal_path_join(folder, name);
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    if (!strstr(text, what)) fail_msg("%s has no %s", path, what);
    free(text);
    free(path);
}

static bal_status count_part(void *user, const bal_experiment_part *part)
{
    int *counts = user; /* all, done */
    counts[0]++;
    counts[1] += part->done;
    return BAL_OK;
}

static void test_in_pieces_same_bits(void **state)
{
    (void)state;
    static const char arms[] = "original balanced mine paper";
    char             *whole = bal_format("%s", scratch("whole")), *pieces = bal_format("%s", scratch("pieces"));
    bool              stopped;
    int               counts[2] = {0};
    assert_int_equal(run(whole, arms, "0 2", "2", &stopped), 0);
    assert_int_equal(run(pieces, "mine", "2", "2", &stopped), 0);
    stop_after = 9;
    assert_int_equal(run(pieces, arms, "0 2", "2", &stopped), 0);
    assert_true(stopped);
    assert_int_equal(run(pieces, arms, "0 2", "2", &stopped), 0);
    assert_false(stopped);
    static const char *const files[] = {"experiment.txt",
                                        "experiment.json",
                                        "predictions.csv",
                                        "fold0/seed2/paper/log.csv",
                                        "fold0/seed2/mine/best.safetensors",
                                        "fold2/gan/NORMAL/generator.safetensors",
                                        "fold0/seed2/paper/examples/right-01-heat.png",
                                        "fold2/seed2/balanced/predictions.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) assert_same(whole, pieces, files[i]);
    bal_experiment_job job = {.config = config, .folder = whole, .watch = &watch};
    assert_int_equal(bal_experiment_parts(&job, count_part, counts), BAL_OK);
    assert_int_equal(counts[0], 3 * 2 * 8);
    assert_int_equal(counts[1], 8);
    assert_int_equal(remove(scratch("pieces/report.html")), 0);
    assert_int_equal(bal_experiment_compare(pieces, counts), BAL_OK);
    assert_int_equal(counts[0], 8);
    assert_same(whole, pieces, "experiment.json");
    assert_same(whole, pieces, "experiment.txt");
    assert_same(whole, pieces, "forest.svg");
    assert_int_equal(bal_file_exists(scratch("pieces/report.html")), true);
    assert_has(whole, "experiment.json",
               "\"builds_on\":\t\"balanced\",\n\t\t\t\t\"settings\":\t\"with `loss = cross_entropy weights=1,2`, "
               "`epochs = 3` instead of `2`\"");
    assert_has(whole, "experiment.txt", "\nTraining images: NORMAL 78, PNEUMONIA 4");
    free(whole);
    free(pieces);
}

/* Which images an arm is tested on: real ones of its fold, or generated ones. */
static void test_tested_on(void **state)
{
    (void)state;
    char           *folder = bal_format("%s", scratch("arms")), *path;
    bool            stopped;
    bal_predictions p;
    static const struct {
        const char *arm;
        bool        real;
    } arms[] = {{"original", true},
                {"synthetic", true},
                {"balanced_classic", true},
                {"real_synthetic", false},
                {"paper", false}};
    assert_int_equal(run(folder, "original synthetic balanced_classic real_synthetic paper", "1", "1", &stopped), 0);
    for (size_t i = 0; i < sizeof arms / sizeof *arms; i++) {
        path = bal_format("%s/fold1/seed1/%s/predictions.csv", folder, arms[i].arm);
        assert_int_equal(bal_predictions_read(&p, path), BAL_OK);
        assert_in_range(p.count, 110, 130); /* a third of 362 */
        for (int k = 0; k < p.count; k++) {
            assert_int_equal(strncmp(p.row[k].path, "generated/", 10) != 0, arms[i].real);
            assert_string_equal(p.row[k].arm, arms[i].arm);
            assert_string_equal(p.row[k].fold, "1");
        }
        bal_predictions_free(&p);
        free(path);
    }
    free(folder);
}

/* A part that cannot be done is counted and named, the others are done. */
static void test_a_failure_spoils_nothing(void **state)
{
    (void)state;
    char *folder = bal_format("%s", scratch("fails")), *in_the_way = bal_format("%s/fold0/seed1/classic", folder);
    bool  stopped;
    assert_int_equal(bal_folder_create(scratch("fails/fold0/seed1")), BAL_OK);
    assert_int_equal(bal_file_write(in_the_way, "x", 1), BAL_OK);
    assert_int_equal(run(folder, "original classic", "0", "1", &stopped), 1);
    assert_true(bal_file_exists(scratch("fails/fold0/seed1/original/report.json")));
    assert_true(bal_file_exists(scratch("fails/experiment.txt")));
    free(folder);
    free(in_the_way);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *set, *message;
    } faults[] = {
        {"experiment.arms=original clasic",
         "--set experiment.arms: there is no arm \"clasic\"; did you mean \"classic\"?"},
        {"experiment.seeds=1 x",
         "--set experiment.seeds: [experiment] seeds: \"x\" is not a whole number from 0 to 2147483647"},
        {"arm.mine.images=some", "--set arm.mine.images: there is no arm \"some\""},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        bal_setup *s;
        assert_int_equal(bal_setup_open(&s, config, &faults[i].set, 1), BAL_ECONFIG);
        if (strncmp(bal_error(), faults[i].message, strlen(faults[i].message)) != 0) fail_msg("%s", bal_error());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_pieces_same_bits),
        cmocka_unit_test(test_tested_on),
        cmocka_unit_test(test_a_failure_spoils_nothing),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("train/experiment", tests, scratch_setup, scratch_teardown);
}
