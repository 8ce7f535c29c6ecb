/* settings -- ballast.ini(5): sections and plug-ins with all their options; see _pages.h. */
#include <ctype.h>
#include <string.h>

#include "cli/_pages.h"
#include "cli/_roff.h"
#include "cli/_topics.h"

static void say_topics(FILE *to)
{
    char text[512];

    bal_roff_section(to, "SECTIONS");
    for (const bal_topic *t = bal_topics; t->name; t++) {
        snprintf(text, sizeof text, "[%s]", t->name);
        bal_roff_subsection(to, text);
        snprintf(text, sizeof text, "%s:", t->title);
        bal_roff_paragraphs(to, text);
        for (const bal_option *o = t->options; o && o->name; o++) bal_roff_setting(to, o);
    }
    bal_roff_subsection(to, "[arm.NAME]");
    bal_roff_paragraphs(to,
                        "an arm of an experiment, as settings that override the others. A key is a section and a "
                        "key, as in train.classifier.epochs = 60; images = ARM takes the images of a built-in arm.");
}

/* "LAYERS", "LOSSES", "WEIGHTS": the heading of a kind. */
static void say_heading(FILE *to, const char *name)
{
    char   text[64];
    size_t n = strlen(name);

    bool   plural = n > 1 && name[n - 1] == 's' && name[n - 2] != 's';

    snprintf(text, sizeof text, "%s%s", name, plural ? "" : n && name[n - 1] == 's' ? "es" : "s");
    for (char *p = text; *p; p++) *p = (char)toupper((unsigned char)*p);
    bal_roff_section(to, text);
}

static void say_kind(FILE *to, const char *name)
{
    bal_kind k;

    if (!bal_kind_find(&k, name)) return;
    say_heading(to, name);
    bal_roff_text(to, k.title);
    fputc('\n', to);
    for (int i = 0; i < k.count; i++) {
        const bal_option *o = k.things[i].options;
        bal_roff_term(to, k.things[i].name, NULL, k.things[i].help);
        if (!o || !o->name) continue;
        fputs(".RS\n", to);
        for (; o->name; o++) bal_roff_setting(to, o);
        fputs(".RE\n", to);
    }
}

static const char description[] =
    "One file says where images come from, which nets there are and how they are trained. A file has sections, "
    "[NAME], and in them lines `key = value`. Comments begin with ; or # at the start of a line, or with a blank and ; "
    "behind a value. Indentation means nothing, and neither does the order of sections.\n\n"
    "A net is its layers, a line `layer = NAME option=value ...` each, from the input to the output. Losses, "
    "optimizers, schedules, sources and changes of images are written in the same way. as=NAME behind a layer names "
    "its output, and from=NAME behind a later layer that takes two inputs makes that its second.\n\n"
    "Paths are relative to the folder of the file. An unknown, repeated or malformed setting stops the program with "
    "the file and the line. On the command line, --set section.key=value overrides the file.";

static const char example[] = "A classifier of the images in a folder, which holds a folder for each of two classes:\n"
                              "    [data]\n"
                              "    source = folder\n"
                              "    path   = images\n"
                              "    size   = 64\n"
                              "    [classifier]\n"
                              "    layer = conv filters=32 kernel=3 pad=1\n"
                              "    layer = relu\n"
                              "    layer = max_pool kernel=2 stride=2\n"
                              "    layer = global_avg_pool\n"
                              "    layer = flatten\n"
                              "    layer = dense units=2\n"
                              "    [train.classifier]\n"
                              "    epochs    = 30\n"
                              "    optimizer = adam lr=1e-3\n";

void bal_page_settings(FILE *to, const bal_page *page)
{
    char text[512];

    bal_roff_title(to, "ballast.ini", 5, page->date);
    bal_roff_section(to, "NAME");
    fputs("ballast.ini \\- what ballast is to train, and how\n", to);
    bal_roff_section(to, "SYNOPSIS");
    fputs("\\fBballast train\\fR \\fINAME\\fR\\fB.ini\\fR\n", to);
    bal_roff_section(to, "DESCRIPTION");
    bal_roff_paragraphs(to, description);
    say_topics(to);
    for (const char *const *name = bal_kind_names; *name; name++) say_kind(to, *name);
    bal_roff_section(to, "FILES");
    snprintf(text, sizeof text, "%s/configs/*.ini", page->share);
    bal_roff_term(to, text, NULL, "complete configurations, with comments");
    bal_roff_section(to, "EXAMPLES");
    bal_roff_examples(to, example);
    bal_roff_section(to, "SEE ALSO");
    fputs(".BR ballast (1),\n.BR ballast\\-check (1),\n.BR ballast\\-train (1)\n", to);
}
