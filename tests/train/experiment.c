/* experiment -- parts by arm, seed and fold: what each arm is made of, the same bits when repeated in pieces,
 * generators that see their fold's training images alone, are judged, and whose copies no arm gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "ballast/csv.h"
#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/predictions.h"
#include "generator.h"
#include "scratch.h"
#include "watched.h"

static const char config[] = "tests/cli/good/experiment.ini";

static int run_job(const bal_experiment_job *job, bool *stopped)
{
    int failed;
    assert_int_equal(bal_folder_create(job->folder), BAL_OK);
    if (bal_experiment_run(job, &failed, stopped) != BAL_OK) fail_msg("%s", bal_error());
    return failed;
}

static int run(const char *folder, const char *arms, const char *folds, const char *seeds, bool *stopped)
{
    return run_job(&(bal_experiment_job){config, NULL, 0, folder, arms, folds, seeds, &watch}, stopped);
}

static bool same(const char *a, const char *b, const char *name)
{
    char  *x, *y, *p = bal_format("%s/%s", a, name), *q = bal_format("%s/%s", b, name);
    size_t n, m;
    assert_int_equal(bal_file_read(&x, &n, p, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, q, 0), BAL_OK);
    bool equal = n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    free(p);
    free(q);
    return equal;
}

static void assert_same(const char *a, const char *b, const char *name)
{
    if (!same(a, b, name)) fail_msg("%s of %s and of %s differ", name, a, b);
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

/* The lowest figure of the column kid. */
static double lowest_kid(const char *path)
{
    bal_csv           *csv;
    const char *const *row;
    double             lowest = HUGE_VAL;
    int                column, found = 0;
    assert_int_equal(bal_csv_open(&csv, path), BAL_OK);
    assert_int_equal(bal_csv_column(&column, csv, "kid"), BAL_OK);
    while (bal_csv_next(&row, csv) == BAL_OK && row) {
        if (!*row[column]) continue;
        lowest = fmin(lowest, strtod(row[column], NULL));
        found++;
    }
    bal_csv_close(csv);
    assert_int_equal(found, 3);
    return lowest;
}

/* A GAN is judged by the classifier of `original` with the first seed, though neither was picked: its best checkpoint
 * is kept and measured. That part is only tested where it is asked for, and comes out as it would alone. */
static void test_gans_are_judged(void **state)
{
    (void)state;
    static const char *const sets[] = {"train.gan.checkpoint=2", "train.gan.optimizer=adam lr=2e-3 beta1=0.5"};
    char                    *judged = bal_format("%s", scratch("judged")), *plain = bal_format("%s", scratch("plain"));
    bool                     stopped;
    bal_checkpoint          *c;
    bal_experiment_job       job = {config, sets, 2, judged, "balanced", "0", "2", &watch};
    assert_int_equal(run_job(&job, &stopped), 0);
    assert_true(bal_file_exists(scratch("judged/fold0/seed1/original/best.safetensors")));
    assert_false(bal_file_exists(scratch("judged/fold0/seed1/original/report.json")));
    assert_true(bal_file_exists(scratch("judged/fold0/gan/PNEUMONIA/quality.json")));
    assert_true(bal_file_exists(scratch("judged/fold0/gan/PNEUMONIA/nearest.png")));
    assert_int_equal(bal_checkpoint_read(&c, scratch("judged/fold0/gan/PNEUMONIA/generator.safetensors")), BAL_OK);
    const char *kid = bal_checkpoint_find_note(c, "kid");
    assert_non_null(kid);
    assert_true(fabs(strtod(kid, NULL) - lowest_kid(scratch("judged/fold0/gan/PNEUMONIA/log.csv"))) < 1e-6);
    bal_checkpoint_free(c);
    assert_int_equal(run(plain, "original", "0", "1", &stopped), 0);
    assert_false(bal_folder_exists(scratch("plain/fold0/gan")));
    job.arms = "original";
    job.seeds = "1";
    assert_int_equal(run_job(&job, &stopped), 0);
    assert_same(judged, plain, "fold0/seed1/original/predictions.csv");
    free(judged);
    free(plain);
}

/* Tested on other images, the same classifier: taken over, as its times show, or trained where it is not there. */
static void test_trained_once(void **state)
{
    (void)state;
    static const char arms[] = "real_synthetic original";
    char             *both = bal_format("%s", scratch("both")), *alone = bal_format("%s", scratch("alone"));
    bool              stopped;
    assert_int_equal(run(both, arms, "1", "2", &stopped), 0);
    assert_int_equal(run(alone, "real_synthetic", "1", "2", &stopped), 0);
    assert_true(bal_file_exists(scratch("alone/fold1/seed2/real_synthetic/report.json")));
    assert_false(bal_folder_exists(scratch("alone/fold1/seed2/original")));
    char *original = bal_format("%s/fold1/seed2/original", both),
         *other = bal_format("%s/fold1/seed2/real_synthetic", both);
    assert_same(original, other, "speed.csv");
    assert_same(original, other, "best.safetensors");
    assert_same(both, alone, "fold1/seed2/real_synthetic/best.safetensors");
    assert_same(both, alone, "fold1/seed2/real_synthetic/predictions.csv");
    free(original);
    free(other);
    free(both);
    free(alone);
}

static const char copying[] =
    "[run]\nname = copying\n[data]\nsource = phantom kind=xray\ngroup = (patient[0-9]+)\nsize = 16\nchannels = 1\n"
    "scale = unit\nfolds = 3\n[generator]\nlatent = 4\nlayer = dense units=256\nlayer = reshape h=16 w=16 c=1\n"
    "[discriminator]\nlayer = flatten\nlayer = dense units=1\n"
    "[classifier]\nlayer = conv filters=4 kernel=4 stride=4\nlayer = batch_norm\nlayer = relu\n"
    "layer = global_avg_pool\nlayer = flatten\nlayer = dense units=2\n"
    "[train.gan]\nsteps = 2\nbatch = 8\n[train.classifier]\nepochs = 2\nbatch = 32\n"
    "[experiment]\narms = original balanced\nseeds = 1 2\n";

/* Training image 3 of the class that arm `balanced` fills up, by a generator that makes nothing else. */
static void make_copier(const char *path)
{
    enum { PNEUMONIA = 1 };
    float        image[256];
    bal_setup   *s;
    bal_dataset *data;
    const int   *index;
    assert_int_equal(bal_setup_open(&s, path, NULL, 0), BAL_OK);
    assert_int_equal(bal_dataset_open(&data, s->config, 1), BAL_OK);
    assert_int_equal(bal_dataset_split(data, 1, 0), BAL_OK);
    assert_true(bal_dataset_part(data, BAL_TRAIN, PNEUMONIA, &index) > 20);
    const bal_scaling scaling = bal_dataset_scaling(data, false);
    assert_int_equal(bal_dataset_fill(data, index[3], image, &scaling), BAL_OK);
    write_generator(scratch("copying/fold0/gan/PNEUMONIA"), data, image, 4, 0);
    bal_dataset_close(data);
    bal_setup_close(s);
}

static bool same_arms(const char *seed)
{
    char *original = bal_path_join(seed, "original"), *balanced = bal_path_join(seed, "balanced");
    bool  equal = same(original, balanced, "best.safetensors");
    free(original);
    free(balanced);
    return equal;
}

/* An arm whose generated images are all copies is trained on real images alone. */
static void test_no_arm_gets_copies(void **state)
{
    (void)state;
    char              *folder = bal_format("%s", scratch("copying")), *first = bal_format("%s/fold0/seed1", folder);
    char              *second = bal_format("%s/fold0/seed2", folder), *path = bal_format("%s", scratch("copying.ini"));
    bool               stopped;
    bal_experiment_job job = {path, NULL, 0, folder, NULL, "0", "1", &watch};
    scratch_text("copying.ini", copying);
    assert_int_equal(run_job(&job, &stopped), 0);
    make_copier(path);
    job.seeds = "2";
    assert_int_equal(run_job(&job, &stopped), 0);
    assert_false(same_arms(first));
    assert_true(same_arms(second));
    free(folder);
    free(first);
    free(second);
    free(path);
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
        cmocka_unit_test(test_gans_are_judged),
        cmocka_unit_test(test_trained_once),
        cmocka_unit_test(test_no_arm_gets_copies),
        cmocka_unit_test(test_a_failure_spoils_nothing),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("train/experiment", tests, scratch_setup, scratch_teardown);
}
