/* The facts of a collection of images, what file names say about patients, and the settings that follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ballast/files.h"
#include "ballast/recipe.h"
#include "ballast/setup.h"
#include "scratch.h"

/* ---- groups from file names -------------------------------------------------------------------------------------- */

typedef struct {
    const char *what, *expected; /* NULL: none */
    const char *paths[8];
} names;

static void check_names(const names *n)
{
    char *found;
    int   count = 0;

    while (count < 8 && n->paths[count]) count++;
    assert_int_equal(bal_fingerprint_guess_group(&found, n->paths, count), BAL_OK);
    if ((!found != !n->expected) || (found && strcmp(found, n->expected) != 0))
        fail_msg("%s: %s, expected %s", n->what, found ? found : "none", n->expected ? n->expected : "none");
    free(found);
}

static void file_names_tell_patients_apart(void **state)
{
    static const names cases[] = {
        {"a word and a number",
         "(person[0-9]+)",
         {"P/person1_virus_6.png", "P/person1_virus_7.png", "P/person3_virus_8.png", "P/person3_virus_9.png"}},
        {"an underscore",
         "(patient_[0-9]+)",
         {"patient_12_a.png", "patient_12_b.png", "patient_7_a.png", "patient_7_b.png"}},
        {"a dash, a number behind it",
         "(IM-[0-9]+)",
         {"IM-0001-0001.png", "IM-0001-0002.png", "IM-0007-0001.png", "IM-0007-0002.png"}},
        {"two words",
         "(person[0-9]+|IM-[0-9]+)",
         {"N/IM-01-1.png", "N/IM-01-2.png", "N/IM-02-1.png", "N/IM-02-2.png", "P/person1-1.png", "P/person1-2.png",
          "P/person2-1.png", "P/person2-2.png"}},
        {"a number at the beginning", "(^[0-9]+)", {"10_left.png", "10_right.png", "13_left.png", "13_right.png"}},
        {"numbers of slices are no patients",
         "(patient[0-9]+)",
         {"patient1_slice1.png", "patient1_slice2.png", "patient2_slice1.png", "patient2_slice2.png"}},
        {"a known word goes first",
         "(case[0-9]+)",
         {"site1_case1_a.png", "site1_case1_b.png", "site2_case2_a.png", "site2_case2_b.png"}},
        {"every number once", NULL, {"ISIC_1.png", "ISIC_2.png", "ISIC_3.png", "ISIC_4.png"}},
        {"counted anew in each folder",
         NULL,
         {"a/pic1.png", "a/case2.png", "b/case1.png", "b/case2.png", "c/case1.png", "c/case2.png"}},
        {"no words", NULL, {"001.png", "002.png", "003.png", "a.png"}},
        {"one repetition may be chance", NULL, {"person1_a.png", "person1_b.png", "person2_a.png", "person3_a.png"}},
        {"parts of a hash", NULL, {"a3f9.png", "a3e1.png", "b7c2.png", "b7aa.png"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_names(&cases[i]);
}

static void what_most_files_share_is_no_patient(void **state)
{
    const char *paths[40];
    char       *found;
    (void)state;
    for (int i = 0; i < 40; i++) paths[i] = bal_format("NORMAL2-x%d%c.png", i / 26, 'a' + i % 26);
    assert_int_equal(bal_fingerprint_guess_group(&found, paths, 40), BAL_OK);
    assert_null(found);
    for (int i = 0; i < 40; i++) free((char *)(uintptr_t)paths[i]);
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

static void write_rgb(const char *name, float red)
{
    float pixel[16 * 16 * 3];
    scratch_text(name, "");
    for (int i = 0; i < 16 * 16 * 3; i++) pixel[i] = i % 3 == 0 ? red : (float)(i / 3 % 7) / 7;
    for (int i = 0; red < 0 && i < 16 * 16; i++) pixel[3 * i] = pixel[3 * i + 1];
    assert_int_equal(bal_image_write_png(scratch(name), pixel, 16, 16, 3), BAL_OK);
}

static void take_well(bal_fingerprint *f, const char *path)
{
    if (bal_fingerprint_take(f, path)) fail_msg("%s", bal_error());
}

static void assert_refused(const char *path, const char *why)
{
    bal_fingerprint f;
    assert_int_equal(bal_fingerprint_take(&f, path), BAL_EIO);
    if (!strstr(bal_error(), why)) fail_msg("\"%s\" does not say \"%s\"", bal_error(), why);
    bal_fingerprint_free(&f);
}

static void facts_of_a_folder(void **state)
{
    bal_fingerprint f;
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "facts/many/patient%u-%u.png", i / 2, i);
        scratch_image(name, 20 + (int)i, i + 1);
        snprintf(name, sizeof name, "facts/rare/patient%u-%u.png", 10 + i / 2, i);
        if (i < 5) scratch_image(name, 24, i + 100);
    }
    write_rgb("facts/rare/grey.png", -1);
    write_rgb("facts/many/colour.png", 1);
    scratch_text("facts/many/broken.png", "not an image at all");
    scratch_image("facts/many/again.png", 24, 100); /* rare/patient10-0 */
    scratch_text("facts/notes.txt", "");
    take_well(&f, scratch("facts"));
    assert_string_equal(f.source, "folder");
    assert_int_equal(f.images, 14);
    assert_int_equal(f.copies, 1);
    assert_int_equal(f.contradictions, 1);
    assert_int_equal(f.unreadable, 1);
    assert_int_equal(f.passed_over, 1);
    assert_int_equal(f.class_count, 2);
    assert_string_equal(f.classes[f.rarest].name, "rare");
    assert_string_equal(f.classes[f.commonest].name, "many");
    assert_int_equal(f.classes[f.rarest].images, 6);
    assert_int_equal(f.classes[f.rarest].groups, 4); /* 3 patients, and the image without one */
    assert_int_equal(f.side_least, 16);
    assert_int_equal(f.side_most, 25);
    assert_int_equal(f.stored_in_colour, 2);
    assert_int_equal(f.coloured, 1);
    assert_string_equal(f.group, "(patient[0-9]+)");
    assert_int_equal(f.groups, 6);
    assert_int_equal(f.group_most, 2);
    assert_int_equal(f.given[BAL_NO_PART], 14);
    bal_fingerprint_free(&f);
}

static void given_parts_and_what_leaks_between_them(void **state)
{
    bal_fingerprint f;
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (int part = 0; part < 2; part++)
            for (int c = 0; c < 2; c++) {
                char name[64];
                snprintf(name, sizeof name, "parts/%s/%c/%u.png", part ? "test" : "train", 'a' + c, i);
                scratch_image(name, 24, i == 3 && c ? 7 : 10 + i + 10 * (unsigned)part + 30 * (unsigned)c);
            }
    take_well(&f, scratch("parts"));
    assert_int_equal(f.given[BAL_TRAIN], 8);
    assert_int_equal(f.given[BAL_TEST], 8);
    assert_int_equal(f.leaks, 1);
    assert_int_equal(f.contradictions, 0);
    assert_null(f.group);
    bal_fingerprint_free(&f);
}

static void faults_say_what_to_do(void **state)
{
    (void)state;
    scratch_image("wrong/images/only/1.png", 24, 1);
    scratch_text("wrong/dark/a/1.png", "nothing");
    scratch_text("wrong/dark/b/1.png", "nothing");
    scratch_text("wrong/half.csv", "path,label\nimages/only/1.png,a\nimages/none.png,b\n");
    scratch_text("wrong/list.csv", "path,label\nimages/only/1.png,\n");
    scratch_text("wrong/empty/notes.txt", "");
    scratch_text("wrong/run/config.ini", "");
    assert_refused(scratch("wrong/images"), "all images are of one class, \"only\"");
    assert_refused(scratch("wrong/imagse"), "did you mean");
    assert_refused(scratch("wrong/none/of/this"), "there is no such file or folder");
    assert_refused(scratch("wrong/dark"), "none of 2 images can be read");
    assert_refused(scratch("wrong/list.csv"), "no image has a label");
    assert_refused(scratch("wrong/half.csv"), "1 cannot be read, the first: ");
    assert_refused(scratch("wrong/empty"), "no images here");
    assert_refused(scratch("wrong/run"), "is the folder of a run");
    assert_refused(scratch("wrong/images/only/1.png"), "expected a folder");
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static bal_class_facts two[] = {{"common", 2000, 2000}, {"rare", 1200, 1200}};

/* Plain grey images of two classes. */
static bal_fingerprint plain(int common, int rare)
{
    two[0] = (bal_class_facts){"common", common, common};
    two[1] = (bal_class_facts){"rare", rare, rare};
    bal_fingerprint f = {.source = "folder", .path = "images", .images = common + rare, .classes = two};
    f.class_count = 2;
    f.rarest = 1;
    f.side_least = f.side_middle = f.side_most = 200;
    f.given[BAL_NO_PART] = f.images;
    return f;
}

/* Time enough for everything: twenty minutes of a fast device. */
static bal_wish wish = {.minutes = 20, .gflops = 1e5};

/* The value of "section.key" for these facts; good until the next call. */
static const char *chosen(const bal_fingerprint *f, const char *section, const char *key)
{
    static char value[256];
    bal_recipe  r;
    if (bal_recipe_choose(&r, f, f->path, &wish)) fail_msg("%s", bal_error());
    const char *found = bal_recipe_find(&r, section, key);
    snprintf(value, sizeof value, "%s", found ? found : "(none)");
    for (int i = 0; i < r.count; i++) assert_true(i == 0 || r.choice[i].value[0]);
    bal_recipe_free(&r);
    return value;
}

static void few_images_are_tested_by_folds(void **state)
{
    bal_fingerprint f = plain(2000, 1000);
    (void)state;
    assert_string_equal(chosen(&f, "data", "folds"), "(none)");
    assert_string_equal(chosen(&f, "data", "split"), "8:1:1");
    assert_string_equal(chosen(&f, "experiment", "seeds"), "1 2 3");
    f = plain(2000, 999);
    assert_string_equal(chosen(&f, "data", "folds"), "5");
    assert_string_equal(chosen(&f, "experiment", "seeds"), "1");
    f.classes[1].groups = 4;
    assert_string_equal(chosen(&f, "data", "folds"), "4");
    f.classes[1].groups = 2;
    assert_string_equal(chosen(&f, "data", "split"), "8:1:1");
    f = plain(200, 100);
    f.given[BAL_TEST] = 50;
    assert_string_equal(chosen(&f, "data", "folds"), "(none)");
}

static void size_and_channels_follow_the_images(void **state)
{
    static const struct {
        int         side;
        const char *size;
    } cases[] = {{5000, "64"}, {64, "64"}, {63, "48"}, {32, "32"}, {28, "28"}, {20, "16"}, {4, "8"}};
    bal_fingerprint f = plain(100, 100);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f.side_middle = cases[i].side;
        assert_string_equal(chosen(&f, "data", "size"), cases[i].size);
    }
    f.stored_in_colour = 200;
    assert_string_equal(chosen(&f, "data", "channels"), "1");
    assert_string_equal(chosen(&f, "train.classifier", "augment"), "xray strength=1.25");
    assert_string_equal(chosen(&f, "train.classifier", "tta"), "(none)");
    f.coloured = 1;
    assert_string_equal(chosen(&f, "data", "channels"), "3");
    assert_string_equal(chosen(&f, "train.classifier", "augment"), "skin strength=1.25");
    assert_string_equal(chosen(&f, "train.classifier", "temperature"), "on");
    assert_string_equal(chosen(&f, "train.classifier", "rescue"), "on");
    assert_string_equal(chosen(&f, "train.classifier", "tta"), "turns");
}

/* More images carry larger ones, deeper and wider nets, and less augmentation. */
static void more_images_get_a_larger_net(void **state)
{
    static const struct {
        int         common, rare;
        const char *size, *first, *augment;
        int         convolutions; /* of the whole net; up to 32 pixels, two a stage where there are many images */
    } cases[] = {{600, 600, "64", "16", "xray strength=1.25", 5},
                 {1000, 1000, "96", "32", "xray strength=1", 5},
                 {2000, 1900, "128", "32", "xray strength=1", 9},
                 {5000, 4000, "128", "32", "xray strength=0.75", 9}};
    bal_recipe r;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_fingerprint f = plain(cases[i].common, cases[i].rare);
        char            first[64];
        int             at = 0;
        assert_string_equal(chosen(&f, "data", "size"), cases[i].size);
        assert_string_equal(chosen(&f, "train.classifier", "augment"), cases[i].augment);
        assert_int_equal(bal_recipe_choose(&r, &f, f.path, &wish), BAL_OK);
        while (strcmp(r.choice[at].section, "classifier") != 0) at++;
        snprintf(first, sizeof first, "conv filters=%s kernel=3 pad=1 bias=off", cases[i].first);
        assert_string_equal(r.choice[at].value, first);
        int convolutions = 0;
        for (; at < r.count && strcmp(r.choice[at].section, "classifier") == 0; at++)
            convolutions += strncmp(r.choice[at].value, "conv ", 5) == 0;
        assert_int_equal(convolutions, cases[i].convolutions);
        bal_recipe_free(&r);
    }
}

/* Slower devices and less time: smaller images, fewer nets, half the width, in the end fewer epochs. */
static void the_training_fits_into_the_time(void **state)
{
    static const struct {
        double minutes, gflops;
        int    size, width, epochs, members;
    } cases[] = {{20, 1e5, 128, 32, 40, 3}, {20, 1000, 64, 32, 40, 2}, {20, 350, 64, 32, 35, 1},
                 {20, 100, 64, 16, 40, 1},  {20, 30, 48, 16, 29, 1},   {200, 100, 64, 32, 40, 2},
                 {1, 1000, 48, 16, 40, 1},  {0.01, 1, 8, 16, 1, 1}};
    bal_fingerprint f = plain(6000, 4000);
    bal_recipe      r;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bal_wish w = {.minutes = cases[i].minutes, .gflops = cases[i].gflops};
        assert_int_equal(bal_recipe_choose(&r, &f, f.path, &w), BAL_OK);
        assert_int_equal(r.size, cases[i].size);
        assert_int_equal(r.width, cases[i].width);
        assert_int_equal(r.epochs, cases[i].epochs);
        assert_int_equal(r.members, cases[i].members);
        assert_int_equal(r.updates, 125 * r.epochs);
        assert_int_equal(r.shortened, r.epochs < 40);
        assert_true(r.epochs == 1 || r.members * r.updates * r.step_seconds < 60 * w.minutes);
        bal_recipe_free(&r);
    }
}

static void what_is_wrong_with_the_data_is_dealt_with(void **state)
{
    bal_fingerprint f = plain(200, 100);
    (void)state;
    assert_string_equal(chosen(&f, "data", "on_error"), "(none)");
    f.unreadable = 1;
    assert_string_equal(chosen(&f, "data", "on_error"), "skip");
    assert_string_equal(chosen(&f, "data", "duplicates"), "(none)");
    f.leaks = 1;
    assert_string_equal(chosen(&f, "data", "duplicates"), "drop");
    f.group_leaks = 1;
    assert_string_equal(chosen(&f, "data", "duplicates"), "(none)");
}

static void uneven_classes_are_balanced(void **state)
{
    bal_fingerprint f = plain(150, 100);
    (void)state;
    assert_string_equal(chosen(&f, "train.classifier", "sampler"), "instance");
    assert_string_equal(chosen(&f, "train.classifier", "prior_bias"), "on");
    assert_string_equal(chosen(&f, "train.classifier", "loss"), "cross_entropy label_smoothing=0.05");
    f = plain(302, 201);
    assert_string_equal(chosen(&f, "train.classifier", "sampler"), "balanced");
    assert_string_equal(chosen(&f, "train.classifier", "prior_bias"), "(none)");
    assert_string_equal(chosen(&f, "train.classifier", "loss"), "cross_entropy");
    f = plain(3900, 100); /* 4000 / (2 * 100): 20 times in a pass */
    assert_string_equal(chosen(&f, "train.classifier", "sampler"), "balanced");
    f = plain(3902, 100);
    assert_string_equal(chosen(&f, "train.classifier", "sampler"), "progressive");
    assert_string_equal(chosen(&f, "train.classifier", "prior_bias"), "on");
}

static void generated_images_are_for_who_asks(void **state)
{
    bal_fingerprint f = plain(300, 100);
    (void)state;
    assert_string_equal(chosen(&f, "experiment", "arms"), "original classic planned");
    assert_string_equal(chosen(&f, "generator", "latent"), "(none)");
    wish.gan = true;
    assert_string_equal(chosen(&f, "experiment", "arms"), "original classic planned balanced_classic");
    assert_string_equal(chosen(&f, "train.gan", "classes"), "none");
    f = plain(150, 100);
    assert_string_equal(chosen(&f, "experiment", "arms"), "original classic planned");
    wish.gan = false;
}

static int count_layers(const bal_recipe *r, const char *net, const char *name)
{
    int n = 0;
    for (int i = 0; i < r->count; i++)
        n += strcmp(r->choice[i].section, net) == 0 && strncmp(r->choice[i].value, name, strlen(name)) == 0;
    return n;
}

/* As deep as the images that there are time for are large: the size is the classifier's. */
static void a_gan_has_a_stage_more_for_128_pixels(void **state)
{
    static const struct {
        double minutes;
        int    size, stages;
    } cases[] = {{200, 128, 6}, {20, 64, 5}, {1, 48, 4}};
    bal_fingerprint f = plain(8000, 2000);
    bal_recipe      r;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bal_wish w = {.minutes = cases[i].minutes, .gflops = 1000, .gan = true};
        assert_int_equal(bal_recipe_choose(&r, &f, f.path, &w), BAL_OK);
        assert_int_equal(r.size, cases[i].size);
        assert_int_equal(count_layers(&r, "generator", "deconv "), cases[i].stages);
        assert_int_equal(count_layers(&r, "discriminator", "conv "), cases[i].stages);
        bal_recipe_free(&r);
    }
}

static void few_images_are_seen_often(void **state)
{
    bal_fingerprint f = plain(120, 80); /* 120 for training: 4 steps of 32 */
    (void)state;
    assert_string_equal(chosen(&f, "train.classifier", "epochs"), "300");
    assert_string_equal(chosen(&f, "train.classifier", "ema"), "0.9833"); /* 1 - 1 / (.05 * 1200) */
    f = plain(6000, 4000);                                                /* 8000: 125 steps of 64 */
    assert_string_equal(chosen(&f, "train.classifier", "epochs"), "40");
    assert_string_equal(chosen(&f, "train.classifier", "batch"), "64");
    f = plain(600, 400); /* 600: 19 steps of 32 */
    assert_string_equal(chosen(&f, "train.classifier", "epochs"), "132");
}

/* What is compared with a plan is plain. */
static void assert_plain(const char *path)
{
    bal_setup *s;
    if (bal_setup_open_arm(&s, path, NULL, 0, "original")) fail_msg("%s", bal_error());
    assert_int_equal(s->classifier.sampler, 0);
    assert_float_equal(s->classifier.ema, 0, 0);
    assert_false(s->classifier.rescue || s->classifier.prior_bias || s->classifier.temperature);
    assert_string_equal(s->classifier.loss, "cross_entropy");
    bal_setup_close(s);
}

/* The whole text, opened as `check` does, with nets for every size. */
static void assert_opens(const bal_fingerprint *f)
{
    bal_recipe r;
    char      *text;
    bal_setup *s;
    if (bal_recipe_choose(&r, f, f->path, &wish)) fail_msg("%s", bal_error());
    assert_int_equal(bal_recipe_text(&text, &r, f), BAL_OK);
    scratch_text("chosen.ini", text);
    if (bal_setup_open(&s, scratch("chosen.ini"), NULL, 0)) fail_msg("%s\n%s", bal_error(), text);
    assert_string_equal(s->data.path, f->path);
    assert_true(s->has_classifier && s->has_experiment);
    bal_setup_close(s);
    assert_plain(scratch("chosen.ini"));
    free(text);
    bal_recipe_free(&r);
}

static void the_text_is_a_sound_configuration(void **state)
{
    static const int sides[] = {300, 96, 48, 32, 28, 24, 16, 12, 8, 3}, commons[] = {110, 300, 5000};
    (void)state;
    for (size_t i = 0; i < 3 * sizeof sides / sizeof *sides; i++) {
        bal_fingerprint f = plain(commons[i % 3], 100);
        f.side_middle = sides[i / 3];
        f.coloured = (int)(i % 2);
        wish.gan = i % 4 < 2;
        assert_opens(&f);
    }
    wish.gan = false;
}

static void names_from_outside_do_no_harm(void **state)
{
    char            name[] = "bad\n[classifier]\nlayer = \xff ;", odd[] = "images ;of mine";
    bal_class_facts many[40];
    bal_fingerprint f = plain(300, 100);
    bal_recipe      r;
    (void)state;
    f.classes[1].name = name;
    assert_opens(&f);
    f.path = odd;
    assert_int_equal(bal_recipe_choose(&r, &f, f.path, &wish), BAL_EIO);
    bal_recipe_free(&r);
    f = plain(300, 100);
    for (int i = 0; i < 40; i++) many[i] = (bal_class_facts){"a class of which the name is quite long", 5 + i, 5 + i};
    f.classes = many;
    f.class_count = 40;
    f.rarest = 0;
    f.commonest = 39;
    assert_opens(&f);
}

/* ---- real images ------------------------------------------------------------------------------------------------- */

static void chest_radiographs(void **state)
{
    bal_fingerprint f;
    const char     *path = real_data("chest-xray-362");
    (void)state;
    take_well(&f, path);
    assert_string_equal(f.group, "(person[0-9]+|IM-[0-9]+)");
    assert_int_equal(f.groups, 341); /* 117 patients, 224 numbers */
    assert_int_equal(f.coloured, 0);
    assert_int_equal(f.stored_in_colour, 362);
    assert_string_equal(f.classes[f.rarest].name, "PNEUMONIA");
    bal_fingerprint_free(&f);
}

static void medmnist(void **state)
{
    bal_fingerprint f;
    const char     *path = real_data("pneumoniamnist.npz");
    (void)state;
    take_well(&f, path);
    assert_int_equal(f.given[BAL_TRAIN], 4708);
    assert_int_equal(f.given[BAL_VALIDATION], 524);
    assert_int_equal(f.leaks, 8);
    assert_string_equal(chosen(&f, "data", "size"), "28");
    assert_string_equal(chosen(&f, "data", "duplicates"), "drop");
    bal_fingerprint_free(&f);
}

static void skin_lesions(void **state)
{
    bal_fingerprint f;
    const char     *path = real_data("ham10000/skin4.csv");
    (void)state;
    take_well(&f, path);
    assert_true(f.group_column);
    assert_null(f.group);
    assert_int_equal(f.coloured, f.images);
    assert_string_equal(chosen(&f, "data", "folds"), "5");
    assert_string_equal(chosen(&f, "data", "positive"), "dermatofibroma");
    bal_fingerprint_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_names_tell_patients_apart),
        cmocka_unit_test(what_most_files_share_is_no_patient),
        cmocka_unit_test(facts_of_a_folder),
        cmocka_unit_test(given_parts_and_what_leaks_between_them),
        cmocka_unit_test(faults_say_what_to_do),
        cmocka_unit_test(few_images_are_tested_by_folds),
        cmocka_unit_test(size_and_channels_follow_the_images),
        cmocka_unit_test(what_is_wrong_with_the_data_is_dealt_with),
        cmocka_unit_test(more_images_get_a_larger_net),
        cmocka_unit_test(the_training_fits_into_the_time),
        cmocka_unit_test(uneven_classes_are_balanced),
        cmocka_unit_test(generated_images_are_for_who_asks),
        cmocka_unit_test(a_gan_has_a_stage_more_for_128_pixels),
        cmocka_unit_test(few_images_are_seen_often),
        cmocka_unit_test(the_text_is_a_sound_configuration),
        cmocka_unit_test(names_from_outside_do_no_harm),
        cmocka_unit_test(chest_radiographs),
        cmocka_unit_test(medmnist),
        cmocka_unit_test(skin_lesions),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
