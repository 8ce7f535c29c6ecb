/* setup_arms -- [experiment] and its arms. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/setup.h"
#include "train/setup_parts.h"

const bal_option bal_gate_option_table[] = {
    BAL_OPT_TEXT(bal_gate_options, ratios, "0.25 0.5 1 2",
                 "generated images tried for each real one of a class, ascending; the smallest that helps is taken"),
    BAL_OPT(bal_gate_options, seeds, BAL_INT, 3, 1, 100, "trials with each ratio, whose answers are pooled"),
    BAL_OPT(bal_gate_options, budget, BAL_FLOAT, 0.5, 0.001, 1, "share of the classifier's updates that a trial gets"),
    BAL_OPT(bal_gate_options, spare, BAL_FLOAT, 1.5, 1, 100,
            "candidates drawn for each image that the largest ratio takes"),
    BAL_OPT_END,
};

const bal_option bal_experiment_option_table[] = {
    BAL_OPT_TEXT(bal_experiment_options, arms, "original classic",
                 "what is compared: built-in arms, and sections [arm.NAME]"),
    BAL_OPT_TEXT(bal_experiment_options, seeds, NULL, "each arm is trained once with each; default: that of [run]"),
    BAL_OPT_END,
};

typedef struct arm_def {
    const char     *name;
    bal_composition images;
    const char     *augment;
} arm_def;

#define REAL .real = {true, true, true}
#define NONE BAL_GENERATED_NONE
#define AS_REAL BAL_GENERATED_AS_REAL
static const arm_def arms[] = {
    {"original", {REAL}, "none"},
    {"classic", {REAL}, "classic"},
    {"synthetic", {.real = {false, true, true}, .generated = {AS_REAL, NONE, NONE}}, "none"},
    {"real_synthetic", {.real = {true, true, false}, .generated = {NONE, NONE, AS_REAL}}, "none"},
    {"balanced", {REAL, .generated = {BAL_GENERATED_FILL, NONE, NONE}}, "none"},
    {"balanced_classic", {REAL, .generated = {BAL_GENERATED_FILL, NONE, NONE}}, "classic"},
    {"gated", {REAL, .generated = {BAL_GENERATED_RATIO, NONE, NONE}, .gated = true}, "classic"},
    {"paper", {.generated = {AS_REAL, AS_REAL, AS_REAL}}, "none"},
};
enum { ARMS = sizeof arms / sizeof *arms };
const char *const bal_setup_arms[] = {"original", "classic",          "synthetic", "real_synthetic",
                                      "balanced", "balanced_classic", "gated",     "paper", NULL};

static const arm_def *find_arm(const char *name)
{
    for (int i = 0; i < ARMS; i++)
        if (strcmp(arms[i].name, name) == 0) return &arms[i];
    return NULL;
}

static bool same_images(const bal_composition *a, const bal_composition *b)
{
    bool by_ratio = a->generated[BAL_TRAIN] == BAL_GENERATED_RATIO && !a->gated;
    bool same = a->gated == b->gated;
    for (int p = 0; p < BAL_PARTS; p++) {
        bal_generated generated = p == BAL_TRAIN && by_ratio ? BAL_GENERATED_NONE : a->generated[p];
        same &= a->real[p] == b->real[p] && generated == b->generated[p];
    }
    return same;
}

const char *bal_setup_images(const bal_composition *images)
{
    for (int i = 0; i < ARMS; i++)
        if (same_images(images, &arms[i].images)) return arms[i].name;
    return "other";
}

static bal_status bad_ratio(const bal_setup *s, const char *word)
{
    return bal_fail_at(bal_setup_place(s->config, "train.gate", "ratios"),
                       "[train.gate] ratios: \"%s\" is not a number above those before it, up to %d", word,
                       BAL_RATIO_MAX);
}

bal_status bal_setup_check_gate(bal_setup *s)
{
    const char *section = "train.gate";
    double     *to = s->gate_ratio;
    char        word[32];
    BAL_TRY(bal_section_fill(bal_config_find(s->config, section), section, bal_gate_option_table, NULL, &s->gate));
    for (int i = 0; bal_setup_word(word, sizeof word, s->gate.ratios, i); i++) {
        char *end;
        if (i == BAL_RATIOS_MAX)
            return bal_fail_at(bal_setup_place(s->config, section, "ratios"), "[train.gate] ratios: more than %d",
                               BAL_RATIOS_MAX);
        to[i] = strtod(word, &end);
        if (*end || !(to[i] > (i ? to[i - 1] : 0) && to[i] <= BAL_RATIO_MAX)) return bad_ratio(s, word);
        s->gate_ratio_count = i + 1;
    }
    if (s->gate_ratio_count == 0) return bad_ratio(s, "");
    if (s->composition.gated) s->composition.ratio = (double)s->gate.spare * to[s->gate_ratio_count - 1];
    return BAL_OK;
}

bool bal_setup_word(char *out, size_t size, const char *list, int i)
{
    static const char between[] = " \t,";
    const char       *p = list + strspn(list, between);
    for (; i > 0 && *p; i--) {
        p += strcspn(p, between);
        p += strspn(p, between);
    }
    size_t n = strcspn(p, between);
    snprintf(out, size, "%.*s", (int)n, p);
    return n > 0;
}

static bal_status unknown_arm(const char *name, bal_where at)
{
    const char *near = bal_nearest(name, bal_setup_arms);
    if (near) return bal_fail_at(at, "there is no arm \"%s\"; did you mean \"%s\"?", name, near);
    return bal_fail_at(at,
                       "there is no arm \"%s\"; built in are original, classic, synthetic, real_synthetic, balanced, "
                       "balanced_classic, gated and paper, others need a section [arm.%s]",
                       name, name);
}

/* A built-in arm is plain cross-entropy, with or without changed images, whatever the file does about its classes, and
 * neither averaged nor rescued: it is what others are compared with. */
static bal_status apply_built_in(bal_setup *s, const arm_def *a)
{
    static const char *const plain[][2] = {{"train.classifier.loss", "cross_entropy"},
                                           {"train.classifier.weights", "none"},
                                           {"train.classifier.defer", "0"},
                                           {"train.classifier.sampler", "instance"},
                                           {"train.classifier.prior_bias", "off"},
                                           {"train.classifier.mix", "none"},
                                           {"train.classifier.ema", "0"},
                                           {"train.classifier.rescue", "off"},
                                           {"train.classifier.head", "keep"},
                                           {"train.classifier.tta", "none"},
                                           {"train.classifier.temperature", "off"},
                                           {"train.classifier.decide", "likeliest"},
                                           {"train.classifier.ensemble", "1"}};
    bal_where                at = {a->name, 0};
    s->composition = a->images;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        BAL_TRY(bal_config_put(s->config, plain[i][0], plain[i][1], at));
    return bal_config_put(s->config, "train.classifier.augment", a->augment, at);
}

/* `generated = 0.25`: a quarter as many generated training images as real ones, of every class but the largest. */
static bal_status apply_ratio(bal_composition *c, const bal_entry *e)
{
    char  *end;
    double ratio = strtod(e->value, &end);
    if (!*e->value || *end || !(ratio >= 0 && ratio <= BAL_RATIO_MAX))
        return bal_fail_at(e->at, "generated: \"%s\" is not a number from 0 to %d", e->value, BAL_RATIO_MAX);
    c->generated[BAL_TRAIN] = ratio > 0 ? BAL_GENERATED_RATIO : BAL_GENERATED_NONE;
    c->ratio = ratio;
    c->gated = false;
    return BAL_OK;
}

static bal_status apply_own(bal_setup *s, const bal_section *section)
{
    const bal_entry *images = bal_section_find(section, "images"), *ratio = bal_section_find(section, "generated");
    const arm_def   *like = images ? find_arm(images->value) : &arms[0];
    if (!like) return unknown_arm(images->value, images->at);
    s->composition = like->images;
    if (ratio) BAL_TRY(apply_ratio(&s->composition, ratio));
    for (int i = 0; i < section->count; i++) {
        const bal_entry *e = &section->entries[i];
        if (e != images && e != ratio) BAL_TRY(bal_config_put(s->config, e->key, e->value, e->at));
    }
    return BAL_OK;
}

bal_status bal_setup_apply_arm(bal_setup *s, const char *name)
{
    char section[128];
    s->composition = arms[0].images;
    if (!name) return BAL_OK;
    snprintf(section, sizeof section, "arm.%s", name);
    const bal_section *own = bal_config_find(s->config, section);
    const arm_def     *built_in = find_arm(name);
    if (own && built_in) return bal_fail_at(own->at, "the arm %s is built in; give this one another name", name);
    if (built_in) return apply_built_in(s, built_in);
    return own ? apply_own(s, own) : unknown_arm(name, bal_setup_place(s->config, "experiment", "arms"));
}

static bal_status check_seeds(const bal_setup *s)
{
    char word[32];
    for (int i = 0; s->experiment.seeds && bal_setup_word(word, sizeof word, s->experiment.seeds, i); i++) {
        char *end;
        long  seed = strtol(word, &end, 10);
        if (*end || seed < 0 || seed > INT_MAX)
            return bal_fail_at(bal_setup_place(s->config, "experiment", "seeds"),
                               "[experiment] seeds: \"%s\" is not a whole number from 0 to %d", word, INT_MAX);
    }
    return BAL_OK;
}

bal_status bal_setup_check_experiment(bal_setup *s, const char *path, const char *const *sets, int set_count)
{
    char name[64];
    s->has_experiment = true;
    BAL_TRY(bal_section_fill(bal_config_find(s->config, "experiment"), "experiment", bal_experiment_option_table, NULL,
                             &s->experiment));
    BAL_TRY(bal_setup_need(s->config, "classifier", "the arms of an experiment are classifiers"));
    BAL_TRY(check_seeds(s));
    for (int i = 0; bal_setup_word(name, sizeof name, s->experiment.arms, i); i++) {
        bal_setup *arm_setup;
        BAL_TRY(bal_setup_open_arm(&arm_setup, path, sets, set_count, name));
        bool generated = false;
        for (int p = 0; p < BAL_PARTS; p++) generated |= arm_setup->composition.generated[p] != BAL_GENERATED_NONE;
        bal_setup_close(arm_setup);
        if (generated && !s->has_gan)
            return bal_fail_at(bal_setup_place(s->config, "experiment", "arms"),
                               "the arm %s needs generated images; there is no [generator]", name);
    }
    return BAL_OK;
}
