/* plan -- a configuration for somebody's own images, each setting with its reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/recipe.h"
#include "ballast/text.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    float minutes;
    bool  gan, measure;
} options_of_plan;

static const bal_option options[] = {
    BAL_OPT(options_of_plan, minutes, BAL_FLOAT, 20, 0.01, 100000,
            "minutes that a training may take: the size of images and net and the number of epochs are chosen by it"),
    BAL_OPT_BOOL(options_of_plan, gan, 0, "describe a GAN too, and compare an arm with generated images"),
    BAL_OPT_BOOL(options_of_plan, measure, 1,
                 "time a few steps on the device; --measure=off touches none and takes it for two cores"),
    BAL_OPT_END,
};

/* Known before the images are read: that may take a while. */
static bal_status check_out(const char *out)
{
    size_t n = strlen(out);

    if (n < 5 || strcmp(out + n - 4, ".ini") != 0)
        return bal_fail(BAL_EIO, "--out %s: name a file that ends in .ini, such as own.ini", out);
    if (bal_file_exists(out) || bal_folder_exists(out))
        return bal_fail(BAL_EIO, "--out %s: is there already; name another file, or remove it", out);
    char *folder = bal_path_folder(out);
    bool  there = folder && bal_folder_exists(folder);
    free(folder);
    return there ? BAL_OK : bal_fail(BAL_EIO, "--out %s: there is no such folder to write it into", out);
}

/* As given where the file will lie where one stands, else from the root. malloc'd. */
static char *path_from(const char *path, const char *out)
{
    return !out || !strchr(out, '/') ? bal_format("%s", path) : bal_path_absolute(path);
}

static bal_status say_next(const bal_recipe *r, const char *out)
{
    char *word = bal_shell_word(out);

    if (!word) return bal_fail(BAL_ENOMEM, "no memory for a file's name");
    bal_print(stdout, "\n%s: written; each setting stands below its reason. Next:\n", out);
    bal_print(stdout, "  ballast check %s        faults of the data, and the net as a table\n", word);
    bal_print(stdout, "  ballast train %s        a classifier and its report, into runs/\n", word);
    bal_print(stdout, "  ballast experiment %s   arms compared: %s\n", word, bal_recipe_find(r, "experiment", "arms"));
    free(word);
    return BAL_OK;
}

static void say_json(const bal_recipe *r, const bal_fingerprint *f)
{
    cJSON *o = cJSON_CreateObject(), *classes = cJSON_AddObjectToObject(o, "classes");

    cJSON_AddNumberToObject(o, "images", f->images);
    for (int c = 0; c < f->class_count; c++) cJSON_AddNumberToObject(classes, f->classes[c].name, f->classes[c].images);
    cJSON_AddNumberToObject(o, "unreadable", f->unreadable);
    cJSON_AddNumberToObject(o, "groups", f->groups);
    bal_say_json(o);
    for (int i = 0; i < r->count; i++) {
        const bal_choice *c = &r->choice[i];
        if (c->key[0] == ';') continue;
        o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "section", c->section);
        cJSON_AddStringToObject(o, "key", c->key);
        cJSON_AddStringToObject(o, "value", c->value);
        if (c->reason) cJSON_AddStringToObject(o, "reason", c->reason);
        bal_say_json(o);
    }
}

static bal_status say(const bal_args *a, const bal_recipe *r, const bal_fingerprint *f)
{
    char *text = NULL, *facts = NULL;

    BAL_TRY(bal_recipe_text(&text, r, f));
    bal_status st = a->out ? bal_file_write(a->out, text, strlen(text)) : BAL_OK;
    if (st == BAL_OK && a->json) say_json(r, f);
    else if (st == BAL_OK && !a->out) fputs(text, stdout);
    else if (st == BAL_OK && (st = bal_fingerprint_text(&facts, f)) == BAL_OK) {
        fputs(facts, stdout);
        st = say_next(r, a->out);
    }
    free(facts);
    free(text);
    return st;
}

/* A default device that is not there is no reason not to plan; one that was asked for is. */
static bal_status open_device(bal_device **out, const bal_args *a)
{
    const bal_device_settings settings = {.which = a->device};
    bal_status                st = bal_device_open(out, &settings);
    if (st == BAL_OK) bal_info("timing steps on %s", bal_device_describe(*out)->name);
    if (st == BAL_OK || a->device) return st;
    bal_warn("no step is timed, the device is taken for two cores: %s", bal_error());
    *out = NULL;
    return BAL_OK;
}

static bal_status choose(const bal_args *a, const bal_fingerprint *f, bal_recipe *r, const char *path)
{
    const options_of_plan *o = a->own;
    bal_wish               wish = {.minutes = (double)o->minutes, .gan = o->gan, .which = a->device};
    if (o->measure) BAL_TRY(open_device(&wish.dev, a));
    bal_status st = bal_recipe_choose(r, f, path, &wish);
    bal_device_close(wish.dev);
    return st;
}

static bal_status plan(const bal_args *a, bal_fingerprint *f, bal_recipe *r)
{
    if (a->out) BAL_TRY(check_out(a->out));
    bal_info("reading the images of %s", a->word[0]);
    BAL_TRY(bal_fingerprint_take(f, a->word[0]));
    if (bal_stop_requested) return bal_fail(BAL_EIO, "%s: stopped; nothing is written", f->path);
    char *path = path_from(f->path, a->out);
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = choose(a, f, r, path);
    free(path);
    return st ? st : say(a, r, f);
}

static int run(const bal_args *a)
{
    bal_fingerprint f = {0};
    bal_recipe      r = {0};
    bal_status      st = plan(a, &f, &r);

    bal_recipe_free(&r);
    bal_fingerprint_free(&f);
    return bal_done(st);
}

const bal_verb bal_verb_plan = {
    .name = "plan",
    .group = BAL_VERB_PREPARE,
    .usage = "FOLDER|FILE.npz|MANIFEST.csv",
    .help = "write a configuration for your own images, each setting with its reason",
    .details = "FOLDER holds a folder for each class, or train, validation and test folders of such. Every image is "
               "read once, so\n"
               "that those that cannot be read, copies and colours are known, and a few steps are timed on the device. "
               "Without\n"
               "--out FILE.ini it is printed. `ballast check`, `train` and `experiment` take the file as it is.",
    .examples = "A configuration beside the images, then a report:\n"
                "    ballast plan images --out own.ini && ballast train own.ini\n"
                "A larger net on larger images, overnight:\n"
                "    ballast plan images --out large.ini --minutes 600",
    .takes = BAL_TAKES_OUT | BAL_TAKES_DEVICE,
    .size = sizeof(options_of_plan),
    .options = options,
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
