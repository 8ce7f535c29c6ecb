/* recipe -- the rules for [data], and the order of all. Each rule is one decision: it looks at the facts and at what
 * was decided before, and says why. */
#include "ballast/recipe.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "train/recipe_parts.h"

enum {
    ENOUGH_TO_SPLIT = 1000, /* images of the rarest class: a tenth of them still gives an interval of a few points */
    FOLDS = 5
};

/* ---- writing down ------------------------------------------------------------------------------------------------ */

static char *format(const char *fmt, va_list args)
{
    char text[2048];
    int  n = vsnprintf(text, sizeof text, fmt, args);
    return n < 0 ? NULL : bal_format("%s", text);
}

bal_status bal_recipe_because(bal_recipe *r, const char *fmt, ...)
{
    va_list args;

    free(r->because);
    va_start(args, fmt);
    r->because = format(fmt, args);
    va_end(args);
    return r->because ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a reason");
}

bal_status bal_recipe_set(bal_recipe *r, const char *section, const char *key, const char *fmt, ...)
{
    va_list args;

    if (r->count == r->capacity) {
        int         room = r->capacity ? r->capacity * 2 : 64;
        bal_choice *more = realloc(r->choice, (size_t)room * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for %d settings", room);
        r->choice = more;
        r->capacity = room;
    }
    va_start(args, fmt);
    char *value = format(fmt, args);
    va_end(args);
    if (!value) return bal_fail(BAL_ENOMEM, "no memory for a setting");
    r->choice[r->count++] = (bal_choice){section, key, value, r->because};
    r->because = NULL;
    return BAL_OK;
}

const char *bal_recipe_find(const bal_recipe *r, const char *section, const char *key)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->choice[i].section, section) == 0 && strcmp(r->choice[i].key, key) == 0) return r->choice[i].value;
    return NULL;
}

void bal_recipe_free(bal_recipe *r)
{
    if (!r) return;
    for (int i = 0; i < r->count; i++) {
        free(r->choice[i].value);
        free(r->choice[i].reason);
    }
    free(r->choice);
    free(r->because);
    *r = (bal_recipe){0};
}

/* Whether a value reads back: no comment begins in it, no blank ends it. */
static bool stands(const char *value)
{
    bal_config *config = NULL;
    char       *text = bal_format("[x]\ny = %s\n", value);
    bool        same = text && bal_config_parse(&config, "value", text) == BAL_OK && bal_config_count(config) == 1 &&
                bal_config_section(config, 0)->count == 1 &&
                strcmp(bal_config_section(config, 0)->entries[0].value, value) == 0;
    bal_config_free(config);
    free(text);
    return same;
}

/* ---- rules of [run] and [data] ----------------------------------------------------------------------------------- */

static bal_status run(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    BAL_TRY(bal_recipe_because(r, "All random numbers follow from it: the same seed gives the same run, to the bit."));
    BAL_TRY(bal_recipe_set(r, "run", "seed", "1"));
    if (!r->wish.which) return BAL_OK;
    BAL_TRY(bal_recipe_because(r, "What to compute on, as it was said to ballast plan."));
    return bal_recipe_set(r, "run", "device", "%s", r->wish.which);
}

static bal_status source(bal_recipe *r, const bal_fingerprint *f)
{
    static const char *const why[][2] = {{"folder", "A folder for each class."},
                                         {"manifest", "A CSV file names the images and their classes."},
                                         {"npz", "Arrays in MedMNIST's layout."}};
    for (size_t i = 0; i < sizeof why / sizeof *why; i++)
        if (strcmp(why[i][0], f->source) == 0) BAL_TRY(bal_recipe_because(r, "%s", why[i][1]));
    return bal_recipe_set(r, "data", "source", "%s", f->source);
}

static bal_status group(bal_recipe *r, const bal_fingerprint *f)
{
    if (!f->group) return BAL_OK;
    BAL_TRY(bal_recipe_because(
        r,
        "File names say what belongs together: %d images of %d groups, at most %d of one. A patient must not stand on "
        "both sides of a split. If these numbers mean something else, change the expression or take it out.",
        f->grouped, f->groups, f->group_most));
    return bal_recipe_set(r, "data", "group", "%s", f->group);
}

static bal_status positive(bal_recipe *r, const bal_fingerprint *f)
{
    const bal_class_facts *c = &f->classes[f->rarest];

    if (!stands(c->name)) return BAL_OK;
    BAL_TRY(bal_recipe_because(r, "The class that matters: the rarest, %d of %d images. Name another one if it is not.",
                               c->images, f->images - f->unlabelled));
    return bal_recipe_set(r, "data", "positive", "%s", c->name);
}

static bal_status channels(bal_recipe *r, const bal_fingerprint *f)
{
    r->channels = f->coloured ? 3 : 1;
    if (f->coloured == f->images) BAL_TRY(bal_recipe_because(r, "The images are in colour."));
    else if (f->coloured) BAL_TRY(bal_recipe_because(r, "%d of %d images are in colour.", f->coloured, f->images));
    else if (f->stored_in_colour)
        BAL_TRY(bal_recipe_because(r, "Stored in colour, but red, green and blue are the same: grey."));
    else BAL_TRY(bal_recipe_because(r, "The images are grey."));
    return bal_recipe_set(r, "data", "channels", "%d", r->channels);
}

/* A test part that the source names stays what it is; the others are cut out of the rest. */
static bal_status keep_given(bal_recipe *r, const bal_fingerprint *f)
{
    bool validation = f->given[BAL_VALIDATION] > 0;

    r->train_images = f->given[BAL_TRAIN] + f->given[BAL_NO_PART];
    r->validation_images = f->given[BAL_VALIDATION];
    if (!validation) {
        r->validation_images = r->train_images / 9;
        r->train_images -= r->validation_images;
    }
    BAL_TRY(bal_recipe_because(
        r,
        "The images come with a test part (%d), which stays as it is, so that results compare "
        "with others'; %s.",
        f->given[BAL_TEST], validation ? "with a validation part too" : "validation is cut out of the training part"));
    return bal_recipe_set(r, "data", "split", "8:1:1");
}

static bal_status folds_or_split(bal_recipe *r, const bal_fingerprint *f)
{
    const bal_class_facts *rare = &f->classes[f->rarest];

    if (f->given[BAL_TEST]) return keep_given(r, f);
    if (rare->images < ENOUGH_TO_SPLIT && rare->groups >= BAL_GROUPS_LEAST) {
        r->folds = rare->groups < FOLDS ? rare->groups : FOLDS;
        r->train_images = (int)((long)f->images * (r->folds - 2) / r->folds);
        r->validation_images = f->images / r->folds;
        BAL_TRY(bal_recipe_because(r,
                                   "%d images of %s are few: a single test part would hold about %d of them, too few "
                                   "to tell luck from skill. With folds every image is tested once. `ballast train` "
                                   "tests on the first fold, `ballast experiment` on all.",
                                   rare->images, rare->name, (rare->images + 5) / 10));
        return bal_recipe_set(r, "data", "folds", "%d", r->folds);
    }
    r->train_images = (int)((long)f->images * 8 / 10);
    r->validation_images = f->images / 10;
    if (rare->images < ENOUGH_TO_SPLIT)
        BAL_TRY(bal_recipe_because(r, "Train, validation and test. Groups of images of %s: %d, too few for folds.",
                                   rare->name, rare->groups));
    else
        BAL_TRY(bal_recipe_because(r,
                                   "Train, validation and test: the rarest class has %d images, enough that a tenth of "
                                   "them says something.",
                                   rare->images));
    return bal_recipe_set(r, "data", "split", "8:1:1");
}

/* Copies across given parts would be tested after they were learnt. Where groups span the parts as well, what to do is
 * for a person: the numbers may begin again in each part. */
static bal_status duplicates(bal_recipe *r, const bal_fingerprint *f)
{
    if (!f->leaks || f->group_leaks) return BAL_OK;
    BAL_TRY(bal_recipe_because(r, "%d images of one given part repeat in another: taken out of the training part.",
                               f->leaks));
    return bal_recipe_set(r, "data", "duplicates", "drop");
}

static bal_status on_error(bal_recipe *r, const bal_fingerprint *f)
{
    if (!f->unreadable) return BAL_OK;
    BAL_TRY(bal_recipe_because(r, "%d of %d images cannot be read (ballast check names them): go on without them.",
                               f->unreadable, f->images + f->unreadable));
    return bal_recipe_set(r, "data", "on_error", "skip");
}

static bal_status put_path(bal_recipe *r, const char *path)
{
    if (!stands(path)) return bal_fail(BAL_EIO, "%s: such a path cannot stand in an INI file; rename it", path);
    BAL_TRY(bal_recipe_because(r, path[0] == '/' ? "Where they are." : "Where they are, seen from this file."));
    return bal_recipe_set(r, "data", "path", "%s", path);
}

bal_status bal_recipe_choose(bal_recipe *out, const bal_fingerprint *facts, const char *path, const bal_wish *wish)
{
    static bal_recipe_rule *const rules[] = {group,
                                             positive,
                                             channels,
                                             folds_or_split,
                                             bal_recipe_scale,
                                             duplicates,
                                             on_error,
                                             bal_recipe_classifier,
                                             bal_recipe_train_classifier,
                                             bal_recipe_gan,
                                             bal_recipe_train_gan,
                                             bal_recipe_experiment};
    *out = (bal_recipe){.wish = *wish};
    BAL_TRY(run(out, facts));
    BAL_TRY(source(out, facts));
    BAL_TRY(put_path(out, path));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) BAL_TRY(rules[i](out, facts));
    return BAL_OK;
}
