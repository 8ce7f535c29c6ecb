/* help -- `ballast help [VERB | KIND [NAME] | SECTION]`, KIND being layer, loss, ...; all of it from tables. */
#include "cli/help.h"

#include <string.h>

#include "cli/_topics.h"
#include "cli/args.h"

const char *bal_help_nearest_verb(const char *name)
{
    const char *names[BAL_THINGS_MAX + 1] = {NULL};
    int         n = 0;

    for (int i = 0; n < BAL_THINGS_MAX && bal_verbs[i]; i++)
        if (!bal_verb_hidden(bal_verbs[i])) names[n++] = bal_verbs[i]->name;
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
            if (!any) fprintf(to, "\n%s\n", bal_verb_group_names[g]);
            any = true;
            fprintf(to, "  %-10s %s\n", (*v)->name, (*v)->help);
        }
    }
    fprintf(to, "\nballast help VERB explains a verb. Of an INI file, help data explains a section; help layer, loss, "
                "optimizer,\n"
                "schedule, source, augment, weights, mix list what it may name, and help layer conv explains one of "
                "them.\n"
                "ballast --version says what this is.\n");
}

/* "--count N" as a column. */
static const char *print_column(char out[160], const bal_verb *v, const bal_option *o)
{
    char flag[64], noun[BAL_NOUN_SIZE];

    bal_option_noun(noun, v, o);
    snprintf(out, 160, "%s%s%s", bal_flag_print(flag, sizeof flag, o->name), *noun ? " " : "", noun);
    return out;
}

static void say_flag(const bal_verb *v, const bal_option *o, size_t width)
{
    char column[160], allowed[512];

    printf("  %-*s %s", (int)width, print_column(column, v, o), o->help);
    bal_option_allowed(allowed, sizeof allowed, o);
    if (o->type == BAL_INT || o->type == BAL_FLOAT || o->type == BAL_CHOICE) printf("; %s", allowed);
    if (o->def >= BAL_REQUIRED) printf("; must be given");
    printf("\n");
}

void bal_help_verb(const bal_verb *v)
{
    char   column[160];
    size_t width = 20;

    printf("ballast %s%s%s: %s\n", v->name, *v->usage ? " " : "", v->usage, v->help);
    if (v->details) printf("\n%s\n", v->details);
    printf("\n");
    for (int i = 0; bal_verb_option(v, i); i++) {
        size_t n = strlen(print_column(column, v, bal_verb_option(v, i)));
        if (n > width) width = n;
    }
    for (int i = 0; bal_verb_option(v, i); i++) say_flag(v, bal_verb_option(v, i), width);
    if (v->examples) printf("\n%s\n", v->examples);
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
        size_t n = strlen(o->name), d = strlen(bal_option_default(text, sizeof text, o));
        if (n > widest) widest = n;
        if (d > second) second = d;
    }
    printf("%-*s  %-*s  meaning\n", (int)widest, "option", (int)second, "default");
    for (const bal_option *o = options; o->name; o++) {
        printf("%-*s  %-*s  %s", (int)widest, o->name, (int)second, bal_option_default(text, sizeof text, o), o->help);
        bal_option_allowed(text, sizeof text, o);
        printf(o->type == BAL_TEXT ? "\n" : " (%s)\n", text);
    }
}

static void say_kind(const bal_kind *k)
{
    size_t widest = 0;

    printf("%s\n\n", k->title);
    for (int i = 0; i < k->count; i++)
        if (strlen(k->things[i].name) > widest) widest = strlen(k->things[i].name);
    for (int i = 0; i < k->count; i++) printf("  %-*s  %s\n", (int)widest, k->things[i].name, k->things[i].help);
    printf("\nballast help %s NAME lists the options.\n", k->name);
}

static int say_thing(const bal_args *args, const bal_kind *k, const char *name)
{
    const char *names[BAL_THINGS_MAX + 1] = {NULL};

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

/* `before` is printed where there is a section of that name. */
static bool say_section(const char *before, const char *name)
{
    const bal_topic *t = bal_topic_find(name);

    if (!t) return false;
    printf("%s[%s]: %s\n\n", before, t->name, t->title);
    say_options(t->options);
    return true;
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
    bal_kind    k;

    if (!topic) bal_help_overview(stdout);
    else if (bal_kind_find(&k, topic)) {
        if (args->word_count == 2) return say_thing(args, &k, args->word[1]);
        say_kind(&k);
    } else if (args->word_count == 2)
        return bal_usage_fault(args, "\"%s\" is not layer, loss, optimizer, schedule, source, augment, weights or mix",
                               topic);
    else if (bal_verb_find(topic)) {
        bal_help_verb(bal_verb_find(topic));
        say_section("\n", topic); /* `experiment` is both */
    } else if (!say_section("", topic)) return fail_topic(args, topic);
    return BAL_EXIT_DONE;
}

const bal_verb bal_verb_help = {
    .name = "help",
    .group = BAL_VERB_LOOK,
    .usage = "[VERB | SECTION | layer|loss|optimizer|schedule|source|augment|weights|mix [NAME]]",
    .help = "explain a verb, or what an INI file may say",
    .details = "SECTION: run, data, generator, discriminator, classifier, train.gan, train.classifier, train.gate, "
               "experiment.",
    .examples = "What may stand behind `layer = conv`?\n"
                "    ballast help layer conv",
    .max_words = 2,
    .run = run,
};
