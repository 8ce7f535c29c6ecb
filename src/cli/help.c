/* help -- `ballast help [VERB | layer|loss|optimizer|schedule|source [NAME] | SECTION]`, all of it from tables. */
#include "cli/help.h"

#include <string.h>

#include "ballast/data.h"
#include "ballast/layer.h"
#include "ballast/loss.h"
#include "ballast/optim.h"
#include "ballast/schedule.h"
#include "cli/args.h"

enum { NAMES = 128 };

static const char *const group_names[BAL_VERB_GROUPS] = {"Look", "Prepare", "Train", "Use", "Measure"};

const bal_verb *bal_help_find_verb(const char *name)
{
    for (const bal_verb *const *v = bal_verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0) return *v;
    return NULL;
}

const char *bal_help_nearest_verb(const char *name)
{
    const char *names[NAMES + 1] = {NULL};

    for (int i = 0; i < NAMES && bal_verbs[i]; i++) names[i] = bal_verbs[i]->name;
    return bal_nearest(name, names);
}

void bal_help_overview(FILE *to)
{
    fprintf(
        to,
        "ballast trains classifiers and GANs on small image collections, on any OpenCL device, from one INI file.\n\n"
        "usage: ballast VERB [ARGUMENT...] [--OPTION[=VALUE]...]\n");
    for (int g = 0; g < BAL_VERB_GROUPS; g++) {
        bool any = false;
        for (const bal_verb *const *v = bal_verbs; *v; v++) {
            if ((int)(*v)->group != g) continue;
            if (!any) fprintf(to, "\n%s\n", group_names[g]);
            any = true;
            fprintf(to, "  %-10s %s\n", (*v)->name, (*v)->help);
        }
    }
    fprintf(to, "\nballast help VERB explains a verb. Of an INI file, help data explains a section; help layer, loss, "
                "optimizer,\n"
                "schedule, source list what it may name, and help layer conv explains one of them. ballast --version "
                "says what this is.\n");
}

/* "--count N" as a column, and what it does. */
static void say_flag(const bal_option *o)
{
    static const char *const values[] = {" N", " X", "", " WORD", " TEXT"};
    char                     flag[64], column[80], allowed[512];

    snprintf(column, sizeof column, "%s%s", bal_flag_print(flag, sizeof flag, o->name), values[o->type]);
    printf("  %-20s %s", column, o->help);
    bal_option_allowed(allowed, sizeof allowed, o);
    if (o->type == BAL_INT || o->type == BAL_FLOAT || o->type == BAL_CHOICE) printf("; %s", allowed);
    if (o->def >= BAL_REQUIRED) printf("; must be given");
    printf("\n");
}

void bal_help_verb(const bal_verb *v)
{
    printf("ballast %s%s%s: %s\n", v->name, *v->usage ? " " : "", v->usage, v->help);
    if (v->details) printf("\n%s\n", v->details);
    printf("\n");
    for (const bal_option *o = v->options; o && o->name; o++) say_flag(o);
    for (const bal_option *o = bal_common_options; o->name; o++)
        if (bal_common_taken(v, o)) say_flag(o);
}

/* One thing of a kind: what the four contracts have in common. */
typedef struct thing {
    const char       *name, *help;
    const bal_option *options;
} thing;

typedef struct kind {
    const char *name, *title;
    int         count;
    thing       things[NAMES];
} kind;

static void collect(kind *k, const char *name, const char *help, const bal_option *options)
{
    if (k->count < NAMES) k->things[k->count++] = (thing){name, help, options};
}

/* Fill *k with the kind of that name; false if there is none. */
static bool find_kind(kind *k, const char *name)
{
    *k = (kind){.name = name};
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
        for (const bal_schedule_kind *s = bal_schedule_kinds; s->name; s++) collect(k, s->name, s->help, s->options);
    } else if (strcmp(name, "source") == 0) {
        k->title = "source = NAME option=value ... in [data]";
        for (const bal_data_def *const *d = bal_data_defs; *d; d++) collect(k, (*d)->name, (*d)->help, (*d)->options);
    }
    return k->title != NULL;
}

static const char *default_of(char *out, size_t size, const bal_option *o)
{
    double     number[8] = {0}; /* aligned room for the one member */
    bal_option row = *o, rows[2] = {row, BAL_OPT_END};

    if (o->def >= BAL_REQUIRED) return "required";
    rows[0].offset = row.offset = 0;
    bal_option_defaults(rows, number);
    bal_option_print(out, size, &row, number);
    return *out ? out : "-";
}

static void say_options(const bal_option *options)
{
    size_t widest = 6, second = 7;
    char   text[512];

    if (!options || !options->name) {
        printf("It has no options.\n");
        return;
    }
    for (const bal_option *o = options; o->name; o++) {
        size_t n = strlen(o->name), d = strlen(default_of(text, sizeof text, o));
        if (n > widest) widest = n;
        if (d > second) second = d;
    }
    printf("%-*s  %-*s  meaning\n", (int)widest, "option", (int)second, "default");
    for (const bal_option *o = options; o->name; o++) {
        printf("%-*s  %-*s  %s", (int)widest, o->name, (int)second, default_of(text, sizeof text, o), o->help);
        bal_option_allowed(text, sizeof text, o);
        printf(o->type == BAL_TEXT ? "\n" : " (%s)\n", text);
    }
}

static void say_kind(const kind *k)
{
    size_t widest = 0;

    printf("%s\n\n", k->title);
    for (int i = 0; i < k->count; i++)
        if (strlen(k->things[i].name) > widest) widest = strlen(k->things[i].name);
    for (int i = 0; i < k->count; i++) printf("  %-*s  %s\n", (int)widest, k->things[i].name, k->things[i].help);
    printf("\nballast help %s NAME lists the options.\n", k->name);
}

static int say_thing(const bal_args *args, const kind *k, const char *name)
{
    const char *names[NAMES + 1] = {NULL};

    for (int i = 0; i < k->count; i++) {
        names[i] = k->things[i].name;
        if (strcmp(names[i], name) != 0) continue;
        printf("%s %s: %s\n\n", k->name, name, k->things[i].help);
        say_options(k->things[i].options);
        return BAL_EXIT_DONE;
    }
    const char *near = bal_nearest(name, names);
    if (near) return bal_usage_fault(args, "no %s \"%s\"; did you mean \"%s\"?", k->name, name, near);
    return bal_usage_fault(args, "no %s \"%s\"; ballast help %s lists them", k->name, name, k->name);
}

/* Sections of a configuration; `before` is printed where there is one of that name. */
static bool say_section(const char *before, const char *name)
{
    static const struct {
        const char       *name, *title;
        const bal_option *options;
    } sections[] = {
        {"run", "[run]: the run as a whole", bal_run_option_table},
        {"data", "[data]: where images come from, and how they are split and scaled", bal_dataset_option_table},
        {"train.gan", "[train.gan]: training of [generator] and [discriminator]", bal_gan_option_table},
        {"train.classifier", "[train.classifier]: training of [classifier]", bal_classifier_option_table},
        {"generator", "[generator]: layer = ... lines from latent numbers to an image, and", bal_net_option_table},
        {"discriminator", "[discriminator]: layer = ... lines from an image to one number, and", bal_net_option_table},
        {"classifier", "[classifier]: layer = ... lines from an image to one number for each class, and",
         bal_net_option_table},
        {"experiment", "[experiment]: what is compared", bal_experiment_option_table},
    };

    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strcmp(sections[i].name, name) != 0) continue;
        printf("%s%s\n\n", before, sections[i].title);
        say_options(sections[i].options);
        return true;
    }
    return false;
}

static int fail_topic(const bal_args *args, const char *topic)
{
    const char *near = bal_help_nearest_verb(topic);

    if (near) return bal_usage_fault(args, "nothing called \"%s\"; did you mean \"%s\"?", topic, near);
    return bal_usage_fault(args, "nothing called \"%s\"", topic);
}

static int run(const bal_args *args)
{
    const char *topic = args->word_count ? args->word[0] : NULL;
    kind        k;

    if (!topic) bal_help_overview(stdout);
    else if (find_kind(&k, topic)) {
        if (args->word_count == 2) return say_thing(args, &k, args->word[1]);
        say_kind(&k);
    } else if (args->word_count == 2)
        return bal_usage_fault(args, "\"%s\" is not layer, loss, optimizer, schedule or source", topic);
    else if (bal_help_find_verb(topic)) {
        bal_help_verb(bal_help_find_verb(topic));
        say_section("\n", topic); /* `experiment` is both */
    } else if (!say_section("", topic)) return fail_topic(args, topic);
    return BAL_EXIT_DONE;
}

const bal_verb bal_verb_help = {
    .name = "help",
    .group = BAL_VERB_LOOK,
    .usage = "[VERB | SECTION | layer|loss|optimizer|schedule|source [NAME]]",
    .help = "explain a verb, or what an INI file may say",
    .details = "SECTION: run, data, generator, discriminator, classifier, train.gan, train.classifier, experiment.",
    .max_words = 2,
    .run = run,
};
