/* ensemble -- several classifiers: folds that take turns at validation, members that are what they would be alone, the
 * mean of their answers, the same bits in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/decision.h"
#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/model.h"
#include "guarded.h"
#include "scratch.h"
#include "watched.h"

static const char config[] =
    "[run]\nseed = 3\n"
    "[data]\nsource = phantom kind=xray\ngroup = (patient[0-9]+)\nsize = 32\nchannels = 1\nfolds = 4\nscale = "
    "standard\n"
    "[classifier]\nlayer = conv filters=4 kernel=4 stride=4\nlayer = relu\nlayer = global_avg_pool\n"
    "layer = flatten\nlayer = dense units=2\n"
    "[train.classifier]\nsteps = 7\nbatch = 32\nensemble = 4\ntemperature = on\ndecide = balanced\n";

enum { MEMBERS = 4, FOLDS = 4 };

static bal_device *dev;
static void open_both(bal_setup **s, bal_dataset **data, const char *const *sets, int count)
{
    scratch_text("config.ini", config);
    MUST(bal_setup_open(s, scratch("config.ini"), sets, count));
    MUST(bal_dataset_open(data, (*s)->config, 3));
}

static void close_both(bal_setup *s, bal_dataset *data)
{
    bal_dataset_close(data);
    bal_setup_close(s);
}

static int fold_of(const bal_dataset *data, bal_part part)
{
    const int *list;
    int        n = bal_dataset_part(data, part, -1, &list), fold = bal_dataset_sample(data, list[0])->fold;
    assert_true(n > 0);
    for (int i = 1; i < n; i++) assert_int_equal(bal_dataset_sample(data, list[i])->fold, fold);
    return fold;
}

static void folds_take_turns(void **state)
{
    (void)state;
    static const int want[FOLDS - 1] = {3, 0, 1}; /* behind fold 2, which is tested */
    const char      *sets[] = {"data.fold=2"}, *thin[] = {"data.imbalance=4"}, *none[] = {"data.folds=0"};
    bal_setup       *s;
    bal_dataset     *data;
    open_both(&s, &data, sets, 1);
    MUST(bal_dataset_write_split(data, scratch("before.csv")));
    assert_int_equal(bal_ensemble_turns(s, data), FOLDS - 1);
    for (int turn = 0; turn < FOLDS - 1; turn++) {
        MUST(bal_dataset_turn(data, turn));
        assert_int_equal(fold_of(data, BAL_TEST), 2);
        assert_int_equal(fold_of(data, BAL_VALIDATION), want[turn]);
    }
    MUST(bal_dataset_turn(data, 0));
    MUST(bal_dataset_check_split(data, scratch("before.csv"), scratch("")));
    s->composition.generated[BAL_TRAIN] = BAL_GENERATED_FILL;
    assert_int_equal(bal_ensemble_turns(s, data), 1);
    close_both(s, data);
    open_both(&s, &data, thin, 1);
    assert_int_equal(bal_ensemble_turns(s, data), 1);
    close_both(s, data);
    open_both(&s, &data, none, 1);
    assert_int_equal(bal_ensemble_turns(s, data), 1);
    close_both(s, data);
}

static void train(const char *name, int stops, bal_setup *s, bal_dataset *data)
{
    bool  stopped;
    char *folder = bal_format("%s", scratch(name));
    stop_after = stops;
    MUST(bal_ensemble_train(&(bal_classifier_job){s, data, dev, folder, &watch, NULL}, data, &stopped));
    assert_int_equal(stopped, stops > 0);
    free(folder);
}

static void same_file(const char *a, const char *b)
{
    char  *x, *y;
    size_t n, m;
    MUST(bal_file_read(&x, &n, scratch(a), 0));
    MUST(bal_file_read(&y, &m, scratch(b), 0));
    if (n != m || memcmp(x, y, n) != 0) fail_msg("%s and %s differ", a, b);
    free(x);
    free(y);
}

/* Member `i` by hand: another seed, another validation fold, nothing else. */
static void train_alone(const char *name, int i, const bal_setup *s, bal_dataset *data)
{
    bool      stopped;
    bal_setup own = *s;
    char     *folder = bal_format("%s", scratch(name));
    own.run.seed = bal_ensemble_seed(3, i);
    own.classifier.decide = BAL_DECIDE_LIKELIEST;
    own.classifier.ensemble = 1;
    stop_after = 0;
    MUST(bal_dataset_turn(data, i % (FOLDS - 1)));
    bal_classifier_job job = {&own, data, dev, folder, &watch, "classifier alone"};
    MUST(bal_classifier_train(&job, &stopped));
    MUST(bal_dataset_turn(data, 0));
    free(folder);
}

static void same_bits_in_pieces(void **state)
{
    (void)state;
    static const char *const files[] = {"best.safetensors", "log.csv", "member2/best.safetensors", "member2/log.csv",
                                        "member4/best.safetensors"};
    bal_setup               *s;
    bal_dataset             *data;
    open_both(&s, &data, NULL, 0);
    train("whole", 0, s, data);
    train("pieces", 3, s, data);
    assert_int_equal(bal_ensemble_step(s, scratch("pieces")), 3);
    train("pieces", 9, s, data);
    train("pieces", 0, s, data);
    assert_int_equal(bal_ensemble_step(s, scratch("pieces")), MEMBERS * 7);
    train("pieces", 0, s, data); /* nothing is left to do, and nothing changes */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *a = bal_format("whole/%s", files[i]), *b = bal_format("pieces/%s", files[i]);
        same_file(a, b);
        free(a);
        free(b);
    }
    train_alone("alone", 1, s, data);
    same_file("alone/best.safetensors", "whole/member2/best.safetensors");
    assert_int_not_equal(bal_ensemble_seed(3, 1), bal_ensemble_seed(3, 2));
    assert_int_not_equal(bal_ensemble_seed(3, 1), bal_ensemble_seed(4, 1));
    assert_int_equal(bal_ensemble_seed(3, 0), 3);
    close_both(s, data);
}

/* Sum over members of their own probabilities of an image, over their number. */
static void the_mean_answers(void **state)
{
    (void)state;
    bal_setup      *s;
    bal_dataset    *data;
    bal_model       m;
    bal_predictions all, one;
    open_both(&s, &data, NULL, 0);
    train("whole", 0, s, data);
    MUST(bal_model_load(&m, dev, s, scratch("whole")));
    assert_int_equal(m.members, MEMBERS - 1);
    assert_true(m.offset && isfinite(m.validated));
    MUST(bal_model_classify(&all, &m, data, BAL_TEST));
    double *sum = calloc((size_t)all.count, sizeof *sum);
    for (int i = 0; i < MEMBERS; i++) {
        MUST(bal_member_classify(&one, bal_model_member(&m, i), data, BAL_TEST));
        for (int k = 0; k < all.count; k++) sum[k] += one.row[k].probability[1] / MEMBERS;
        bal_predictions_free(&one);
    }
    for (int k = 0; k < all.count; k++) {
        double p = all.row[k].probability[1];
        assert_true(fabs(sum[k] - p) < 1e-12);
        assert_int_equal(all.row[k].predicted, log(p) + m.offset[1] > log(1 - p) + m.offset[0]);
    }
    free(sum);
    bal_predictions_free(&all);
    bal_model_close(&m);
    close_both(s, data);
}

/* Offsets are fitted on every image that some member was validated on, once, by the members that were. */
static void chosen_on_all_that_validated(void **state)
{
    (void)state;
    bal_setup      *s;
    bal_dataset    *data;
    bal_model       m;
    bal_predictions all = {0}, one, more;
    double          offset[2];
    open_both(&s, &data, NULL, 0);
    train("whole", 0, s, data);
    MUST(bal_model_load(&m, dev, s, scratch("whole")));
    MUST(bal_predictions_init(&all, (const char *const *)m.classes, 2, true));
    for (int turn = 0; turn < FOLDS - 1; turn++) {
        MUST(bal_dataset_turn(data, turn));
        MUST(bal_member_classify(&one, bal_model_member(&m, turn), data, BAL_VALIDATION));
        if (turn == 0) { /* the fourth member begins again at the first one's fold */
            MUST(bal_member_classify(&more, bal_model_member(&m, 3), data, BAL_VALIDATION));
            MUST(bal_predictions_average(&one, &more, 1));
            bal_predictions_free(&more);
        }
        for (int i = 0; i < one.count; i++) MUST(bal_predictions_add(&all, &one.row[i]));
        bal_predictions_free(&one);
    }
    MUST(bal_offsets_balanced(offset, &all));
    for (int k = 0; k < 2; k++) assert_true(offset[k] == m.offset[k]);
    bal_predictions_free(&all);
    bal_model_close(&m);
    close_both(s, data);
}

static void a_missing_member_is_named(void **state)
{
    (void)state;
    const char  *sets[] = {"train.classifier.ensemble=5"};
    bal_setup   *s;
    bal_dataset *data;
    bal_model    m;
    open_both(&s, &data, NULL, 0);
    train("whole", 0, s, data);
    close_both(s, data);
    open_both(&s, &data, sets, 1);
    assert_int_equal(bal_model_load(&m, dev, s, scratch("whole")), BAL_EIO);
    assert_non_null(strstr(bal_error(), "member5/best.safetensors"));
    close_both(s, data);
}

static int open_device(void **state)
{
    return scratch_setup(state) == 0 && bal_device_open(&dev, NULL) == BAL_OK ? 0 : -1;
}

static int close_device(void **state)
{
    bal_device_close(dev);
    return scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_take_turns),          cmocka_unit_test(same_bits_in_pieces),
        cmocka_unit_test(the_mean_answers),          cmocka_unit_test(chosen_on_all_that_validated),
        cmocka_unit_test(a_missing_member_is_named),
    };
    return cmocka_run_group_tests_name("train/ensemble", tests, open_device, close_device);
}
