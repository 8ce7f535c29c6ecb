/* topics -- see _topics.h. */
#include "cli/_topics.h"

#include <stdio.h>
#include <string.h>

#include "ballast/augment.h"
#include "ballast/class_weights.h"
#include "ballast/data.h"
#include "ballast/diff_augment.h"
#include "ballast/layer.h"
#include "ballast/loss.h"
#include "ballast/mix.h"
#include "ballast/optim.h"
#include "ballast/schedule.h"
#include "cli/args.h"

const char *const bal_verb_group_names[BAL_VERB_GROUPS] = {"Look", "Prepare", "Train", "Use", "Measure"};

const char *const bal_kind_names[] = {"layer",   "loss",    "optimizer", "schedule", "source",
                                      "augment", "weights", "mix",       NULL};

const bal_topic bal_topics[] = {
    {"run", "the run as a whole", bal_run_option_table},
    {"data", "where images come from, and how they are split and scaled", bal_dataset_option_table},
    {"generator", "layer = ... lines from latent numbers to an image, and", bal_generator_option_table},
    {"discriminator", "layer = ... lines from an image to one number, and", bal_net_option_table},
    {"classifier", "layer = ... lines from an image to one number for each class, and", bal_net_option_table},
    {"train.gan", "training of [generator] and [discriminator]", bal_gan_option_table},
    {"train.classifier", "training of [classifier]", bal_classifier_option_table},
    {"train.gate", "whether generated images help", bal_gate_option_table},
    {"experiment", "what is compared", bal_experiment_option_table},
    {NULL, NULL, NULL},
};

const bal_topic *bal_topic_find(const char *name)
{
    for (const bal_topic *t = bal_topics; t->name; t++)
        if (strcmp(t->name, name) == 0) return t;
    return NULL;
}

static void collect(bal_kind *k, const char *name, const char *help, const bal_option *options)
{
    if (k->count < BAL_THINGS_MAX) k->things[k->count++] = (bal_thing){name, help, options};
}

static void collect_words(bal_kind *k, const bal_word *words)
{
    for (const bal_word *w = words; w->name; w++) collect(k, w->name, w->help, w->options);
}

/* The table of the changes, with the values of a policy as defaults. */
static const bal_option *policy_options(const bal_augment_policy *p, int place)
{
    static bal_option rows[8][BAL_AUGMENT_CHANGES + 8];

    for (int i = 0; bal_augment_option_table[i].name; i++) {
        rows[place][i] = bal_augment_option_table[i];
        rows[place][i].def = bal_option_number(bal_augment_option_table, &p->values, rows[place][i].name);
    }
    return rows[place];
}

bool bal_kind_find(bal_kind *k, const char *name)
{
    *k = (bal_kind){.name = name};
    if (strcmp(name, "layer") == 0) {
        k->title = "layer = NAME option=value ... in [generator], [discriminator], [classifier]";
        for (const bal_layer_def *const *d = bal_layer_defs; *d; d++) collect(k, (*d)->name, (*d)->help, (*d)->options);
    } else if (strcmp(name, "loss") == 0) {
        k->title = "loss = NAME option=value ... in [train.gan], [train.classifier]";
        for (const bal_loss_def *const *d = bal_loss_defs; *d; d++) collect(k, (*d)->name, (*d)->help, (*d)->options);
    } else if (strcmp(name, "optimizer") == 0) {
        k->title = "optimizer = NAME option=value ... in [train.gan], [train.classifier]";
        for (const bal_optim_def *const *d = bal_optim_defs; *d; d++) collect(k, (*d)->name, (*d)->help, (*d)->options);
    } else if (strcmp(name, "schedule") == 0) {
        k->title = "schedule = NAME option=value ... in [train.gan], [train.classifier]";
        collect_words(k, bal_schedule_words);
    } else if (strcmp(name, "source") == 0) {
        k->title = "source = NAME option=value ... in [data]";
        for (const bal_data_def *const *d = bal_data_defs; *d; d++) collect(k, (*d)->name, (*d)->help, (*d)->options);
    } else if (strcmp(name, "augment") == 0) {
        k->title = "augment = NAME option=value ... in [train.classifier]; diff and ada in [train.gan]";
        for (const bal_augment_policy *p = bal_augment_policies; p->name; p++)
            collect(k, p->name, p->help, policy_options(p, (int)(p - bal_augment_policies)));
        collect_words(k, bal_diff_words + 1);
    } else if (strcmp(name, "weights") == 0) {
        k->title = "weights = NAME option=value ... in [train.classifier]";
        collect_words(k, bal_class_weights_words);
    } else if (strcmp(name, "mix") == 0) {
        k->title = "mix = NAME option=value ... in [train.classifier]";
        collect_words(k, bal_mix_words);
    }
    return k->title != NULL;
}

const bal_verb *bal_verb_find(const char *name)
{
    for (const bal_verb *const *v = bal_verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0) return *v;
    return NULL;
}

bool bal_verb_hidden(const bal_verb *verb) { return verb->group >= BAL_VERB_GROUPS; }

const bal_option *bal_verb_option(const bal_verb *verb, int i)
{
    for (const bal_option *o = verb->options; o && o->name; o++)
        if (i-- == 0) return o;
    for (const bal_option *o = bal_common_options; o->name; o++)
        if (bal_common_taken(verb, o) && i-- == 0) return o;
    return NULL;
}

bool bal_word_cut(char *out, size_t size, const char **list, const char *stops)
{
    const char *p = *list + strspn(*list, stops);
    size_t      n = strcspn(p, stops);

    snprintf(out, size, "%.*s", (int)n, p);
    *list = p + n;
    return n > 0;
}

/* Looks "resume" up in "resume=RUN arms=ARM,...". */
static bool find_noun(char out[BAL_NOUN_SIZE], const char *values, const char *name)
{
    char   word[BAL_NOUN_SIZE * 2];
    size_t n = strlen(name);

    while (values && bal_word_cut(word, sizeof word, &values, " "))
        if (strncmp(word, name, n) == 0 && word[n] == '=') {
            snprintf(out, BAL_NOUN_SIZE, "%.*s", BAL_NOUN_SIZE - 1, word + n + 1);
            return true;
        }
    return false;
}

const char *bal_option_noun(char out[BAL_NOUN_SIZE], const bal_verb *verb, const bal_option *o)
{
    static const char *const plain[] = {"N", "X", "", "WORD", "TEXT"};
    static const char        common[] = "device=DEVICE out=PATH set=KEY=VALUE";

    snprintf(out, BAL_NOUN_SIZE, "%s", plain[o->type]);
    if (o->type == BAL_TEXT && !find_noun(out, verb->values, o->name)) find_noun(out, common, o->name);
    return out;
}

const char *bal_option_default(char *out, size_t size, const bal_option *o)
{
    double     number[8] = {0}; /* aligned room for the one member */
    bal_option row = *o, rows[2] = {row, BAL_OPT_END};

    if (o->def >= BAL_REQUIRED) return "required";
    rows[0].offset = row.offset = 0;
    bal_option_defaults(rows, number);
    bal_option_print(out, size, &row, number);
    return *out ? out : "-";
}
