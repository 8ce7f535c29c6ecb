/* The data set: faults of [data], splits and folds that never part what belongs together, leaks, damage, scaling; then
 * the real images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "ballast/dataset.h"
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/rng.h"
#include "scratch.h"

/* ---- opening from text ---------------------------------------------------------------------------------------------
 */

static bal_config *config(const char *text)
{
    bal_config *c;
    char       *whole = bal_format("[data]\n%s", text);
    assert_non_null(whole);
    if (bal_config_parse(&c, "test.ini", whole)) fail_msg("%s", bal_error());
    free(whole);
    return c;
}

static bal_status open_text(bal_dataset **ds, const char *text, uint64_t seed)
{
    bal_config *c = config(text);
    bal_status  st = bal_dataset_open(ds, c, seed);
    bal_config_free(c);
    return st;
}

static bal_dataset *open_well(const char *text, uint64_t seed)
{
    bal_dataset *ds;
    if (open_text(&ds, text, seed)) fail_msg("%s", bal_error());
    return ds;
}

static bal_dataset *open_path(const char *source, const char *path, const char *more, uint64_t seed)
{
    char        *here = getcwd(NULL, 0), *whole;
    const char  *slash = path[0] == '/' ? "" : "/";
    bal_dataset *ds;
    assert_non_null(here);
    whole = bal_format("source = %s\npath = %s%s%s\n%s", source, *slash ? here : "", slash, path, more);
    assert_non_null(whole);
    ds = open_well(whole, seed);
    free(whole);
    free(here);
    return ds;
}

static int find(const bal_dataset *ds, const char *path)
{
    for (int i = 0; i < bal_dataset_count(ds); i++)
        if (strcmp(bal_dataset_sample(ds, i)->path, path) == 0) return i;
    fail_msg("%s is not in the data set", path);
    return -1;
}

static int says(const bal_dataset *ds, bal_severity severity, const char *text)
{
    int                count, n = 0;
    const bal_finding *f = bal_dataset_findings(ds, &count);
    for (int i = 0; i < count; i++) n += f[i].severity == severity && strstr(f[i].text, text);
    return n;
}

static int part_count(const bal_dataset *ds, bal_part part, int label)
{
    const int *list;
    return bal_dataset_part(ds, part, label, &list);
}

/* Lists and samples agree, every image is in one list, and no cluster or group has images in two parts. */
static void check_whole(const bal_dataset *ds)
{
    int n = bal_dataset_count(ds), listed = 0;

    for (int p = 0; p < BAL_PARTS; p++) {
        const int *list;
        int        count = bal_dataset_part(ds, (bal_part)p, -1, &list), of_classes = 0;
        for (int i = 0; i < count; i++) {
            assert_int_equal(p, bal_dataset_sample(ds, list[i])->part);
            assert_true(i == 0 || list[i - 1] < list[i]);
        }
        listed += count;
        for (int c = 0; c < bal_dataset_class_count(ds); c++) of_classes += part_count(ds, (bal_part)p, c);
        assert_int_equal(count, of_classes);
    }
    assert_int_equal(n, listed);
    for (int i = 0; i < n; i++) {
        const bal_sample *s = bal_dataset_sample(ds, i), *first = bal_dataset_sample(ds, s->cluster);
        assert_int_equal(first->part, s->part);
        assert_int_equal(first->fold, s->fold);
        for (int j = 0; s->group && j < i; j++) {
            const bal_sample *t = bal_dataset_sample(ds, j);
            if (t->group && strcmp(t->group, s->group) == 0) assert_int_equal(t->cluster, s->cluster);
        }
    }
}

/* ---- settings ------------------------------------------------------------------------------------------------------
 */

static void faults_without_reading(void **state)
{
    static const char *const cases[][2] = {
        {"path = x", "test.ini:1: "},
        {"source = foldr", "test.ini:2: there is no data source \"foldr\"; did you mean \"folder\"? There are folder, "
                           "manifest, npz, phantom"},
        {"source = hdf5", "test.ini:2: there is no data source \"hdf5\"; there are folder, manifest, npz, phantom"},
        {"source = phantom knd=skin", "test.ini:2: source phantom"},
        {"source = folder\nsize = 2", "test.ini:3: "},
        {"source = folder\nchannels = 2", "test.ini:3: channels = 2: 1 (grey) or 3 (RGB) is allowed"},
        {"source = folder\nsplit = 8:1:1:1", "test.ini:3: split \"8:1:1:1\" is not of the form train:validation:test"},
        {"source = folder\nsplit = 0:1:1", "with train above 0"},
        {"source = folder\nsplit = 8:-1:1", "test.ini:3: split"},
        {"source = folder\nsplit = 8:", "test.ini:3: split"},
        {"source = folder\nfolds = 2", "test.ini:3: folds = 2: 0 (none) or at least 3 is allowed"},
        {"source = folder\nfolds = 5\nfold = 5", "test.ini:4: fold = 5: 0 to 4 is allowed with folds = 5"},
        {"source = folder\nfold = 1", "test.ini:3: fold is given, but not folds"},
        {"source = folder\ngroup = (a", "test.ini:3: group \"(a\" is not a POSIX extended regular expression: "},
        {"source = folder\nresize = squash", "test.ini:3: "},
        {"source = folder\ncolour = 3", "test.ini:3: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_config *c = config(cases[i][0]);
        assert_int_equal(BAL_ECONFIG, bal_dataset_check(c));
        if (!strstr(bal_error(), cases[i][1])) fail_msg("\"%s\" instead of \"%s\"", bal_error(), cases[i][1]);
        bal_config_free(c);
    }
    bal_config *c =
        config("source = folder\npath = /no/such/folder\nsplit = 4:1\nfolds = 5\nfold = 4\ngroup = (a|b)[0-9]+");
    if (bal_dataset_check(c)) fail_msg("%s", bal_error());
    bal_config_free(c);
}

static void path_is_relative_to_the_file(void **state)
{
    bal_config  *c;
    bal_dataset *ds;

    (void)state;
    scratch_image("rel/images/a/1.png", 8, 1);
    scratch_image("rel/images/b/1.png", 8, 2);
    scratch_text("rel/conf/x.ini", "[data]\nsource = folder\npath = ../images\n");
    assert_int_equal(BAL_OK, bal_config_read(&c, scratch("rel/conf/x.ini")));
    if (bal_dataset_open(&ds, c, 1)) fail_msg("%s", bal_error());
    assert_non_null(strstr(bal_dataset_settings(ds)->path, "/rel/conf/../images"));
    bal_dataset_close(ds);
    assert_int_equal(BAL_OK, bal_config_set(c, "data.path=images"));
    assert_int_equal(BAL_ECONFIG, bal_dataset_open(&ds, c, 1)); /* from where one stands */
    assert_null(ds);
    assert_string_equal("--set data.path: [data] path: there is no file or folder images", bal_error());
    bal_config_free(c);
}

static void positive_class(void **state)
{
    bal_dataset *ds;
    bal_config  *c;

    (void)state;
    ds = open_well("source = phantom\nsize = 16", 1);
    assert_string_equal("PNEUMONIA", bal_dataset_class(ds, bal_dataset_positive(ds)));
    bal_dataset_close(ds);
    ds = open_well("source = phantom\nsize = 16\npositive = NORMAL", 1);
    assert_string_equal("NORMAL", bal_dataset_class(ds, bal_dataset_positive(ds)));
    assert_int_equal(-1, bal_dataset_find_class(ds, "normal"));
    bal_dataset_close(ds);
    c = config("source = phantom\nsize = 16\npositive = PNEUMONA");
    assert_int_equal(BAL_ECONFIG, bal_dataset_open(&ds, c, 1));
    assert_string_equal("test.ini:4: positive = PNEUMONA: there is no such class; did you mean \"PNEUMONIA\"?",
                        bal_error());
    bal_config_free(c);
}

/* ---- splits
 * ---------------------------------------------------------------------------------------------------------- */

static void split_is_stratified(void **state)
{
    static const int expected[BAL_PARTS][2] = {
        {188, 101}, {24, 13}, {23, 13}}; /* of 235 and 127, to the nearest image */
    bal_dataset *ds = open_well("source = phantom\nsize = 16\nchannels = 1", 1);

    (void)state;
    check_whole(ds);
    for (int p = 0; p < BAL_PARTS; p++)
        for (int c = 0; c < 2; c++)
            assert_in_range(part_count(ds, (bal_part)p, c), expected[p][c] - 1, expected[p][c] + 1);
    assert_int_equal(0, says(ds, BAL_FINDING_WARNING, "holds no image"));
    bal_dataset_close(ds);
}

static void record_parts(const bal_dataset *ds, int *parts)
{
    for (int i = 0; i < bal_dataset_count(ds); i++) parts[i] = (int)bal_dataset_sample(ds, i)->part;
}

static void split_depends_on_the_seed_alone(void **state)
{
    enum { N = 362 };
    bal_dataset *ds = open_well("source = phantom\nsize = 16\nchannels = 1", 5);
    int          a[N], b[N];

    (void)state;
    record_parts(ds, a);
    assert_int_equal(BAL_OK, bal_dataset_split(ds, 6, -1));
    record_parts(ds, b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(BAL_OK, bal_dataset_split(ds, 5, -1));
    record_parts(ds, b);
    assert_memory_equal(a, b, sizeof a);
    bal_dataset_close(ds);
}

/* Groups of 1 to 6 images in two classes, through a manifest. */
static void make_groups(void)
{
    char text[1 << 15] = "path,label,group\n";
    int  n = 0;

    for (int g = 0; g < 60; g++)
        for (int k = 0; k <= g % 6; k++, n++) {
            char line[64], name[64];
            snprintf(name, sizeof name, "g/%d.png", n);
            scratch_image(name, 8, (unsigned)n + 1);
            snprintf(line, sizeof line, "%d.png,%s,g%d\n", n, g % 4 ? "common" : "rare", g);
            strncat(text, line, sizeof text - strlen(text) - 1);
        }
    scratch_text("g/list.csv", text);
}

static void folds_cover_everything_once(void **state)
{
    enum { N = 210, FOLDS = 5 };
    int in_test[N] = {0}, validation[FOLDS][N];

    (void)state;
    make_groups();
    bal_dataset *ds = open_path("manifest", scratch("g/list.csv"), "folds = 5\nsize = 8", 1);
    assert_int_equal(N, bal_dataset_count(ds));
    for (int f = 0; f < FOLDS; f++) {
        assert_int_equal(BAL_OK, bal_dataset_split(ds, 1, f));
        check_whole(ds);
        assert_in_range(part_count(ds, BAL_TEST, -1), 36, 48);
        for (int i = 0; i < N; i++) {
            const bal_sample *s = bal_dataset_sample(ds, i);
            in_test[i] += s->part == BAL_TEST;
            validation[f][i] = s->part == BAL_VALIDATION;
            assert_int_equal(s->fold == f, s->part == BAL_TEST);
            assert_int_equal(s->fold == (f + 1) % FOLDS, s->part == BAL_VALIDATION);
        }
    }
    for (int i = 0; i < N; i++) {
        int times = 0;
        for (int f = 0; f < FOLDS; f++) times += validation[f][i];
        assert_true(in_test[i] == 1 && times == 1);
    }
    assert_int_equal(BAL_OK, bal_dataset_split(ds, 1, -1));
    check_whole(ds);
    int large_outside_train = 0;
    for (int i = 0; i < N; i++) large_outside_train += i % 21 >= 15 && bal_dataset_sample(ds, i)->part != BAL_TRAIN;
    assert_true(large_outside_train > 0); /* groups of six reach other parts too */
    bal_dataset_close(ds);
}

static void small_classes_reach_every_part(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "small/%s/%d.png", i < 32 ? "big" : i < 37 ? "five" : i < 39 ? "two" : "one", i);
        scratch_image(name, 8, (unsigned)i + 1);
    }
    bal_dataset *ds = open_path("folder", scratch("small"), "size = 8", 3);
    int          five = bal_dataset_find_class(ds, "five");
    for (int p = 0; p < BAL_PARTS; p++) assert_true(part_count(ds, (bal_part)p, five) > 0);
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "class five has 5 images"));
    assert_int_equal(2, says(ds, BAL_FINDING_WARNING, "holds no image of class one"));
    assert_true(says(ds, BAL_FINDING_WARNING, "holds no image of class two") >= 1);
    bal_dataset_close(ds);
}

/* ---- what belongs together
 * -------------------------------------------------------------------------------------------- */

/* NAME again at another size, or as it is. */
static void copy_image(const char *to, const char *from, int size)
{
    bal_image image, other;
    char     *data;
    size_t    n;

    if (!size) {
        assert_int_equal(BAL_OK, bal_file_read(&data, &n, scratch(from), 0));
        scratch_write(to, data, n);
        free(data);
        return;
    }
    assert_int_equal(BAL_OK, bal_image_read(&image, scratch(from)));
    assert_int_equal(BAL_OK, bal_image_resize(&other, &image, size, 1, BAL_STRETCH));
    scratch_text(to, "");
    assert_int_equal(BAL_OK, bal_image_write_png(scratch(to), other.pixel, size, size, 1));
    bal_image_free(&image);
    bal_image_free(&other);
}

static void copies_stay_together(void **state)
{
    char name[64], from[64];

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "d/%c/p%d_%d.png", i % 2 ? 'a' : 'b', i / 4, i);
        scratch_image(name, 64, (unsigned)i + 1);
        if (i >= 10) continue;
        snprintf(from, sizeof from, "%s", name);
        snprintf(name, sizeof name, "d/%c/q_%d.png", i % 2 ? 'a' : 'b', i);
        copy_image(name, from, i < 5 ? 0 : 40);
    }
    copy_image("d/b/label.png", "d/a/p0_1.png", 0);
    bal_dataset *ds = open_path("folder", scratch("d"), "size = 16\nchannels = 1\ngroup = (p[0-9]+)_", 2);
    check_whole(ds);
    assert_int_equal(51, bal_dataset_count(ds));
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%c/q_%d.png", i % 2 ? 'a' : 'b', i);
        snprintf(from, sizeof from, "%c/p%d_%d.png", i % 2 ? 'a' : 'b', i / 4, i);
        const bal_sample *copy = bal_dataset_sample(ds, find(ds, name)),
                         *original = bal_dataset_sample(ds, find(ds, from));
        assert_int_equal(copy->cluster, original->cluster);
        assert_int_equal(strcmp(copy->sha256, original->sha256) == 0, i < 5);
        assert_null(copy->group);
        assert_int_equal('p', original->group[0]);
        assert_null(strchr(original->group, '_'));
    }
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "6 images are copies"));
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "5 images are near-duplicates"));
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "under two labels: a/q_1.png (a), b/label.png (b)"));
    assert_int_equal(1, says(ds, BAL_FINDING_INFO, "10 groups; 11 images without a group"));
    bal_dataset_close(ds);
}

static void make_given(void)
{
    static const char *const parts[] = {"train", "val", "test"};
    char                     name[64];

    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "given/%s/%s/%d.png", parts[i % 3], i % 2 ? "a" : "b", i);
        scratch_image(name, 64, (unsigned)i + 1);
    }
    copy_image("given/train/b/copy.png", "given/val/b/4.png", 0);    /* of a validation image */
    copy_image("given/train/b/near.png", "given/test/b/2.png", 48);  /* of a test image */
    copy_image("given/test/b/again.png", "given/val/b/10.png", 0);   /* between validation and test */
    copy_image("given/train/b/twice.png", "given/train/b/0.png", 0); /* inside train */
    copy_image("given/train/b/x_61.png", "given/train/b/0.png", 20); /* inside train, near */
}

static void given_parts_stay_and_leaks_are_named(void **state)
{
    (void)state;
    make_given();
    bal_dataset *ds = open_path("folder", scratch("given"), "size = 16\nchannels = 1", 1);
    assert_int_equal(24, part_count(ds, BAL_TRAIN, -1));
    assert_int_equal(20, part_count(ds, BAL_VALIDATION, -1));
    assert_int_equal(21, part_count(ds, BAL_TEST, -1));
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING,
                             "leak: train/b/copy.png (train) and val/b/4.png (validation) are copies of each other"));
    assert_int_equal(
        1, says(ds, BAL_FINDING_WARNING, "test/b/2.png (test) and train/b/near.png (train) are near-duplicates"));
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "leak: test/b/again.png (test) and val/b/10.png (validation)"));
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING,
                             "3 leaks between the given parts: 2 by copies, 1 by near-duplicates, 0 by groups"));
    bal_dataset_close(ds);

    ds = open_path("folder", scratch("given"), "size = 16\nchannels = 1\nduplicates = drop", 1);
    assert_int_equal(21, part_count(ds, BAL_TRAIN, -1));
    assert_int_equal(20, part_count(ds, BAL_VALIDATION, -1));
    assert_int_equal(21, part_count(ds, BAL_TEST, -1));
    assert_int_equal(BAL_NO_PART, bal_dataset_sample(ds, find(ds, "train/b/copy.png"))->part);
    assert_int_equal(BAL_NO_PART, bal_dataset_sample(ds, find(ds, "train/b/near.png"))->part);
    assert_int_equal(BAL_NO_PART, bal_dataset_sample(ds, find(ds, "train/b/twice.png"))->part);
    assert_int_equal(BAL_TRAIN, bal_dataset_sample(ds, find(ds, "train/b/x_61.png"))->part);
    assert_int_equal(1, says(ds, BAL_FINDING_INFO, "3 images taken out of train"));
    bal_dataset_close(ds);
}

/* 100 images of a and as many of b, which is the positive one; the test part stays, and rarer is part of less rare. */
static void a_class_is_made_rarer(void **state)
{
    char name[64], settings[128];
    bool kept[3][200] = {{false}};

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "rare/%s/%d.png", i % 2 ? "a" : "b", i);
        scratch_image(name, 8, (unsigned)i + 1);
    }
    for (int k = 0; k < 3; k++) {
        static const int every[] = {1, 4, 20};
        snprintf(settings, sizeof settings, "size = 8\nsplit = 6:2:2\npositive = b\nimbalance = %d", every[k]);
        bal_dataset *ds = open_path("folder", scratch("rare"), settings, 1);
        assert_int_equal(60, part_count(ds, BAL_TRAIN, 0));
        assert_int_equal(60 / every[k], part_count(ds, BAL_TRAIN, 1));
        assert_int_equal(20 / every[k], part_count(ds, BAL_VALIDATION, 1));
        assert_int_equal(20, part_count(ds, BAL_TEST, 1));
        for (int i = 0; i < 200; i++) {
            kept[k][i] = bal_dataset_sample(ds, i)->part != BAL_NO_PART;
            assert_true(k == 0 || kept[k - 1][i] || !kept[k][i]);
        }
        assert_int_equal(k == 2, says(ds, BAL_FINDING_INFO,
                                      "76 images of b taken out of train and validation: imbalance = 20"));
        bal_dataset_close(ds);
    }
    bal_dataset *ds = open_path("folder", scratch("rare"), "size = 8\npositive = b\nimbalance = 1000", 1);
    assert_int_equal(1, part_count(ds, BAL_TRAIN, 1));
    bal_dataset_close(ds);
}

static void a_missing_part_is_cut_out_of_train(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "two/%s/%s/%d.png", i < 80 ? "train" : "test", i % 2 ? "a" : "b", i);
        scratch_image(name, 8, (unsigned)i + 1);
    }
    bal_dataset *ds = open_path("folder", scratch("two"), "size = 8\nsplit = 7:1:2", 1);
    assert_int_equal(70, part_count(ds, BAL_TRAIN, -1));
    assert_int_equal(5, part_count(ds, BAL_VALIDATION, 0));
    assert_int_equal(5, part_count(ds, BAL_VALIDATION, 1));
    assert_int_equal(20, part_count(ds, BAL_TEST, -1));
    bal_dataset_close(ds);
    ds = open_path("folder", scratch("two"), "size = 8\nfolds = 4\nfold = 1", 1);
    assert_int_equal(60, part_count(ds, BAL_TRAIN, -1));
    assert_int_equal(20, part_count(ds, BAL_VALIDATION, -1));
    assert_int_equal(20, part_count(ds, BAL_TEST, -1));
    for (int i = 0; i < 100; i++) {
        const bal_sample *s = bal_dataset_sample(ds, i);
        assert_int_equal(strncmp(s->path, "test/", 5) == 0, s->part == BAL_TEST);
    }
    bal_dataset_close(ds);
}

/* ---- damage
 * ------------------------------------------------------------------------------------------------------------ */

static char logged[4096];

static void keep_log(void *user, bal_log_level level, const char *line)
{
    (void)user;
    if (level == BAL_LOG_ERROR) strncat(strncat(logged, line, 1000), "\n", 2);
}

static void unreadable_images(void **state)
{
    bal_dataset *ds;
    char         name[64], *data, *text;
    size_t       n;

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "u/%s/%d.png", i % 2 ? "a" : "b", i);
        scratch_image(name, 16, (unsigned)i + 1);
    }
    assert_int_equal(BAL_OK, bal_file_read(&data, &n, scratch("u/b/0.png"), 0));
    scratch_write("u/a/cut.png", data, n / 2);
    scratch_text("u/b/empty.jpg", "");
    scratch_text("u/b/text.png", "no image at all");
    free(data);
    text = bal_format("source = folder\nsize = 8\npath = %s\n", scratch("u"));
    logged[0] = '\0';
    bal_log_to(keep_log, NULL);
    assert_int_equal(BAL_EIO, open_text(&ds, text, 1));
    bal_log_to(NULL, NULL);
    assert_null(ds);
    assert_non_null(
        strstr(bal_error(), "3 of 33 images cannot be read (on_error = skip goes on without them), the first: "));
    assert_non_null(strstr(logged, "a/cut.png: truncated or damaged\n"));
    assert_non_null(strstr(logged, "b/empty.jpg: empty\n"));
    assert_non_null(strstr(logged, "b/text.png: not an image that is read here"));
    bal_config *c = config(text);
    if (bal_dataset_inspect(&ds, c, 1)) fail_msg("%s", bal_error());
    assert_int_equal(3, says(ds, BAL_FINDING_ERROR, ""));
    bal_dataset_close(ds);
    bal_config_free(c);
    free(text);

    for (int cached = 0; cached < 2; cached++) {
        float        x[64], y[64];
        bal_image    image;
        bal_scaling  unit = {{0}, {1, 1, 1}};
        bal_dataset *kept = open_path("folder", scratch("u"),
                                      cached ? "size = 8\nchannels = 1\non_error = skip"
                                             : "size = 8\nchannels = 1\non_error = skip\ncache = 0",
                                      1);
        assert_int_equal(30, bal_dataset_count(kept));
        check_whole(kept);
        assert_int_equal(1, says(kept, BAL_FINDING_INFO, "3 of 33 images cannot be read and are left out"));
        for (int i = 0; i < 30; i++) { /* numbers have moved up; pixels with them */
            assert_int_equal(BAL_OK, bal_dataset_fill(kept, i, x, &unit));
            snprintf(name, sizeof name, "u/%s", bal_dataset_sample(kept, i)->path);
            assert_int_equal(BAL_OK, bal_image_read(&image, scratch(name)));
            assert_int_equal(BAL_OK, bal_dataset_prepare(y, &image, bal_dataset_settings(kept), &unit));
            assert_memory_equal(x, y, sizeof x);
            bal_image_free(&image);
        }
        bal_dataset_close(kept);
    }
}

/* ---- scaling and access
 * ---------------------------------------------------------------------------------------------------- */

static void scalings(void **state)
{
    enum { PIXELS = 16 * 16 };
    float        x[PIXELS];
    bal_scaling  s;
    const int   *list;
    bal_dataset *ds = open_well("source = phantom\nsize = 16\nchannels = 1", 1);

    (void)state;
    s = bal_dataset_scaling(ds, false);
    assert_true(s.mean[0] == 0 && s.deviation[0] == 1);
    s = bal_dataset_scaling(ds, true);
    assert_true(s.mean[0] == 0.5f && s.deviation[2] == 0.5f);
    bal_dataset_close(ds);
    ds = open_well("source = phantom\nsize = 16\nchannels = 1\nscale = standard", 1);
    s = bal_dataset_scaling(ds, true);
    int    n = bal_dataset_part(ds, BAL_TRAIN, -1, &list);
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) {
        assert_int_equal(BAL_OK, bal_dataset_fill(ds, list[i], x, &s));
        for (int k = 0; k < PIXELS; k++) sum += (double)x[k], square += (double)x[k] * (double)x[k];
    }
    assert_true(fabs(sum / n / PIXELS) < 1e-5 && fabs(square / n / PIXELS - 1) < 1e-4);
    bal_dataset_close(ds);
}

typedef struct {
    const bal_dataset *ds;
    double             sum;
} reading;

static void *read_all(void *user)
{
    reading    *r = user;
    float       x[16 * 16 * 3];
    bal_scaling s = bal_dataset_scaling(r->ds, true);
    for (int i = 0; i < bal_dataset_count(r->ds); i++) {
        if (bal_dataset_fill(r->ds, i, x, &s)) return NULL;
        for (int k = 0; k < 16 * 16 * 3; k++) r->sum += (double)x[k] * (1 + i % 7);
    }
    return NULL;
}

static void cache_and_threads_change_nothing(void **state)
{
    bal_dataset *a = open_well("source = phantom kind=skin\nsize = 16", 1),
                *b = open_well("source = phantom kind=skin\nsize = 16\ncache = 1", 1);
    reading   r[4] = {{a, 0}, {a, 0}, {b, 0}, {b, 0}};
    pthread_t thread[4];

    (void)state;
    for (int i = 0; i < 4; i++) assert_int_equal(0, pthread_create(&thread[i], NULL, read_all, &r[i]));
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
    for (int i = 1; i < 4; i++) assert_true(r[i].sum == r[0].sum && r[0].sum != 0);
    bal_dataset_close(a);
    bal_dataset_close(b);
}

static void split_csv(void **state)
{
    char  *text, line[256], sum[65];
    size_t size;

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "csv/a, \"b\"/p%d_%d.png", i / 2, i);
        scratch_image(line, 8, (unsigned)i + 1);
    }
    bal_dataset *ds = open_path("folder", scratch("csv"), "size = 8\ngroup = p[0-9]+", 1);
    assert_int_equal(BAL_OK, bal_dataset_write_split(ds, scratch("split.csv")));
    snprintf(line, sizeof line, "sha256sum '%s'", scratch("csv/a, \"b\"/p0_1.png"));
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    assert_int_equal(1, fscanf(pipe, "%64s", sum));
    pclose(pipe);
    int i = find(ds, "a, \"b\"/p0_1.png");
    snprintf(line, sizeof line, "\"a, \"\"b\"\"/p0_1.png\",\"a, \"\"b\"\"\",p0,%s,,%s\n",
             bal_part_name(bal_dataset_sample(ds, i)->part), sum);
    assert_int_equal(BAL_OK, bal_file_read(&text, &size, scratch("split.csv"), 0));
    assert_int_equal(0, strncmp(text, "path,label,group,part,fold,sha256\n", 34));
    if (!strstr(text, line)) fail_msg("no line %s", line);
    free(text);
    bal_dataset_close(ds);
}

/* ---- real images
 * ------------------------------------------------------------------------------------------------------------ */

static void real_xrays(void **state)
{
    (void)state;
    bal_dataset *ds = open_path("folder", real_data("chest-xray-362"),
                                "size = 32\nchannels = 1\ngroup = (person[0-9]+|IM-[0-9]+)", 1);
    check_whole(ds);
    assert_int_equal(1, says(ds, BAL_FINDING_INFO, "362 images: NORMAL 235, PNEUMONIA 127"));
    assert_int_equal(1, says(ds, BAL_FINDING_INFO, "341 groups; 0 images without a group"));
    assert_int_equal(0, says(ds, BAL_FINDING_WARNING, "")); /* no two of these are near-duplicates */
    assert_in_range(part_count(ds, BAL_TEST, 1), 12, 14);
    assert_in_range(part_count(ds, BAL_VALIDATION, 0), 23, 25);
    bal_dataset_close(ds);
}

static void real_skin(void **state)
{
    static const int counts[] = {1800, 111, 1497, 142};

    (void)state;
    bal_dataset *ds = open_path("manifest", real_data("ham10000/skin4.csv"), "size = 16\nfolds = 5", 1);
    check_whole(ds);
    for (int c = 0; c < 4; c++) assert_in_range(part_count(ds, BAL_TEST, c), counts[c] / 5 - 3, counts[c] / 5 + 3);
    bal_dataset_close(ds);
}

static void real_npz(void **state)
{
    (void)state;
    bal_dataset *ds = open_path("npz", real_data("pneumoniamnist.npz"), "size = 28\nchannels = 1", 1);
    assert_int_equal(1, says(ds, BAL_FINDING_WARNING, "8 leaks between the given parts: 8 by copies"));
    assert_int_equal(4708, part_count(ds, BAL_TRAIN, -1));
    bal_dataset_close(ds);
    ds = open_path("npz", real_data("pneumoniamnist.npz"), "size = 28\nchannels = 1\nduplicates = drop", 1);
    assert_int_equal(524, part_count(ds, BAL_VALIDATION, -1));
    assert_int_equal(624, part_count(ds, BAL_TEST, -1));
    int dropped = 4708 - part_count(ds, BAL_TRAIN, -1);
    assert_in_range(dropped, 8 + 18, 8 + 18); /* leaks; copies inside train */
    bal_dataset_close(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_without_reading),
        cmocka_unit_test(path_is_relative_to_the_file),
        cmocka_unit_test(positive_class),
        cmocka_unit_test(split_is_stratified),
        cmocka_unit_test(split_depends_on_the_seed_alone),
        cmocka_unit_test(folds_cover_everything_once),
        cmocka_unit_test(small_classes_reach_every_part),
        cmocka_unit_test(copies_stay_together),
        cmocka_unit_test(given_parts_stay_and_leaks_are_named),
        cmocka_unit_test(a_missing_part_is_cut_out_of_train),
        cmocka_unit_test(a_class_is_made_rarer),
        cmocka_unit_test(unreadable_images),
        cmocka_unit_test(scalings),
        cmocka_unit_test(cache_and_threads_change_nothing),
        cmocka_unit_test(split_csv),
        cmocka_unit_test(real_xrays),
        cmocka_unit_test(real_skin),
        cmocka_unit_test(real_npz),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
