/* pages -- ballast(1) and the verbs' pages; see _pages.h. */
#include "cli/_pages.h"

#include <string.h>

#include "cli/_roff.h"
#include "cli/_topics.h"
#include "cli/args.h"

enum { EVERY = -1, PROGRAM = 0 };

typedef struct {
    const char *term, *meaning;
    int         takes; /* which verbs' pages have it: BAL_TAKES_..., or one of these */
} row;

static const row codes[] = {
    {"0", "done", EVERY},
    {"1", "failed, or stopped before the end", EVERY},
    {"2", "a usage fault: nothing was done", EVERY},
    {NULL, NULL, PROGRAM},
};

static const row variables[] = {
    {"BAL_DEVICE", "the OpenCL device where neither --device nor the configuration names one", BAL_TAKES_DEVICE},
    {"BAL_KERNELS", "cpu or gpu: this class of kernels instead of the device's own", BAL_TAKES_DEVICE},
    {"BAL_TRACE", "train and bench: as --trace, where that is not given", BAL_TAKES_DEVICE},
    {"BAL_CACHE_DIR",
     "folder of compiled kernels and of what `ballast tune` finds; else ballast in XDG_CACHE_HOME or ~/.cache. Where "
     "it is set, kernels are kept there "
     "even if the driver keeps its own.",
     BAL_TAKES_DEVICE},
    {"XDG_CACHE_HOME, HOME", "see BAL_CACHE_DIR", BAL_TAKES_DEVICE},
    {"BAL_CL_DIR", "folder of kernels' sources to use instead of those in the program, for work on them", PROGRAM},
    {"OCL_ICD_VENDORS", "read by the OpenCL loader: which drivers there are", BAL_TAKES_DEVICE},
    {"NO_COLOR", "where it is set, no colours on a terminal", PROGRAM},
    {"TERM", "dumb: plain lines instead of a progress bar", PROGRAM},
    {NULL, NULL, PROGRAM},
};

/* In a run folder. */
static const row files[] = {
    {"config.ini", "the configuration with every default written out; see ballast.ini(5)", PROGRAM},
    {"run.json", "seed, version, device, driver, libraries, time, plan of kernels: what differs from run to run",
     PROGRAM},
    {"split.csv", "which image is in which part", PROGRAM},
    {"gan/CLASS/generator.safetensors", "a generator's weights, for `ballast generate` and for PyTorch", PROGRAM},
    {"gan/CLASS/quality.json, nearest.png",
     "how good the images are (KID, FID, precision, recall, density, coverage, copies); those nearest to real ones",
     PROGRAM},
    {"gan/CLASS/samples/, progression.png", "generated images as training went on", PROGRAM},
    {"gan/CLASS/collapse.csv, good.safetensors", "when the GAN collapsed and what a rescue did; what it goes back to",
     PROGRAM},
    {"classifier/best.safetensors", "the classifier's weights at the best validation, for PyTorch too", PROGRAM},
    {"last.safetensors", "in each of these folders: all that --resume needs", PROGRAM},
    {"log.csv, speed.csv", "in each of these folders: figures of each step or epoch, and their times", PROGRAM},
    {"classifier/collapse.csv", "what the detector of a collapse saw in each epoch, its alarms, and what a rescue did",
     PROGRAM},
    {"predictions.csv", "the test images, their labels, and each class's probability", PROGRAM},
    {"report.txt, report.json, report.html, curves.json", "the report on the test images", PROGRAM},
    {"confusion.svg, counts.svg, roc.svg, precision_recall.svg, reliability.svg", "its plots", PROGRAM},
    {"classifier/curves.svg", "loss and accuracy over the epochs", PROGRAM},
    {"forest.svg, arms/ARM/*.svg", "an experiment's plots: the arms beside each other, then each arm's", PROGRAM},
    {"examples/", "the surest mistakes and right answers, and heat maps of what the net went by", PROGRAM},
    {NULL, NULL, PROGRAM},
};

/* The rows for a verb, or all for NULL; under a heading if there are any. */
static void say_rows(FILE *to, const char *heading, const row *rows, const bal_verb *verb)
{
    bool any = false;

    for (const row *r = rows; r->term; r++) {
        if (verb && r->takes != EVERY && !(r->takes & verb->takes)) continue;
        if (!any) bal_roff_section(to, heading);
        any = true;
        bal_roff_term(to, r->term, NULL, r->meaning);
    }
}

static void say_name(FILE *to, const char *name, const char *help)
{
    bal_roff_section(to, "NAME");
    bal_roff_text(to, name);
    fputs(" \\- ", to);
    bal_roff_text(to, help);
    fputc('\n', to);
}

static void say_option(FILE *to, const bal_verb *verb, const bal_option *o)
{
    char        flag[64], noun[BAL_NOUN_SIZE], text[512], allowed[512], meaning[2048];
    const char *preset = bal_option_default(text, sizeof text, o);
    bool        limited = o->type == BAL_INT || o->type == BAL_FLOAT || o->type == BAL_CHOICE;
    bool        has_default = o->type != BAL_BOOL && o->def < BAL_REQUIRED && strcmp(preset, "-") != 0 &&
                       (o->type == BAL_TEXT || o->type == BAL_CHOICE || o->def >= o->min);

    bal_option_allowed(allowed, sizeof allowed, o);
    snprintf(meaning, sizeof meaning, "%s%s%s%s%s%s", o->help, limited ? "; " : "", limited ? allowed : "",
             o->def >= BAL_REQUIRED ? "; must be given" : "", has_default ? "; default: " : "",
             has_default ? preset : "");
    bal_roff_term(to, bal_flag_print(flag, sizeof flag, o->name), bal_option_noun(noun, verb, o), meaning);
}

static void say_synopsis(FILE *to, const bal_verb *v)
{
    char flag[64], noun[BAL_NOUN_SIZE];

    bal_roff_section(to, "SYNOPSIS");
    fprintf(to, "\\fBballast %s\\fR%s", v->name, *v->usage ? " " : "");
    bal_roff_usage(to, v->usage);
    for (const bal_option *o = v->options; o && o->name; o++) {
        if (o->def < BAL_REQUIRED) continue;
        fputc(' ', to);
        bal_roff_text(to, bal_flag_print(flag, sizeof flag, o->name));
        fputc(' ', to);
        bal_roff_usage(to, bal_option_noun(noun, v, o));
    }
    fputs(" [\\fIOPTION\\fR]...\n", to);
}

/* Other pages, sorted by section. */
static void say_see_also(FILE *to, const bal_verb *but)
{
    bal_roff_section(to, "SEE ALSO");
    fputs(".nh\n", to); /* no hyphens in names */
    if (but) fputs(".BR ballast (1),\n", to);
    for (const bal_verb *const *v = bal_verbs; *v; v++)
        if (*v != but && !bal_verb_hidden(*v) && (!but || (*v)->group == but->group))
            fprintf(to, ".BR ballast\\-%s (1),\n", (*v)->name);
    fputs(".BR ballast.ini (5)\n", to);
}

void bal_page_verb(FILE *to, const bal_page *page)
{
    const bal_verb *v = page->subject;
    char            name[64];

    snprintf(name, sizeof name, "ballast-%s", v->name);
    bal_roff_title(to, name, 1, page->date);
    say_name(to, name, v->help);
    say_synopsis(to, v);
    bal_roff_section(to, "DESCRIPTION");
    bal_roff_paragraphs(to, v->details ? v->details : v->help);
    bal_roff_section(to, "OPTIONS");
    for (int i = 0; bal_verb_option(v, i); i++) say_option(to, v, bal_verb_option(v, i));
    say_rows(to, "EXIT STATUS", codes, v);
    say_rows(to, "ENVIRONMENT", variables, v);
    if (v->examples) {
        bal_roff_section(to, "EXAMPLES");
        bal_roff_examples(to, v->examples);
    }
    say_see_also(to, v);
}

static void say_verbs(FILE *to)
{
    bal_roff_section(to, "VERBS");
    for (int g = 0; g < BAL_VERB_GROUPS; g++) {
        bool any = false;
        for (const bal_verb *const *v = bal_verbs; *v; v++) {
            if ((int)(*v)->group != g) continue;
            if (!any) bal_roff_subsection(to, bal_verb_group_names[g]);
            any = true;
            bal_roff_term(to, (*v)->name, (*v)->usage, (*v)->help);
        }
    }
}

static void say_common(FILE *to)
{
    bal_roff_section(to, "OPTIONS");
    bal_roff_paragraphs(to,
                        "Options may stand anywhere behind the verb, as --x VALUE or --x=VALUE; -- ends them. Those "
                        "that many verbs take:");
    for (const bal_option *o = bal_common_options; o->name; o++) say_option(to, bal_verb_find("help"), o);
}

static void say_files(FILE *to, const bal_page *page)
{
    char configs[512];

    bal_roff_section(to, "FILES");
    snprintf(configs, sizeof configs, "%s/configs/*.ini", page->share);
    bal_roff_term(to, configs, NULL, "configurations to begin with");
    bal_roff_term(to, "~/.cache/ballast/", NULL, "compiled kernels");
    bal_roff_subsection(to, "In a run folder");
    for (const row *r = files; r->term; r++) bal_roff_term(to, r->term, NULL, r->meaning);
}

static void say_examples(FILE *to, const bal_page *page)
{
    char text[1024];

    bal_roff_section(to, "EXAMPLES");
    snprintf(text, sizeof text,
             "Two generators and a classifier on procedural images, in minutes, into runs/demo:\n"
             "    ballast train %s/configs/demo.ini\n"
             "A report on the predictions of any tool:\n"
             "    ballast eval --predictions predictions.csv\n",
             page->share);
    bal_roff_examples(to, text);
}

void bal_page_program(FILE *to, const bal_page *page)
{
    bal_roff_title(to, "ballast", 1, page->date);
    say_name(to, "ballast", "train classifiers and GANs on small image collections, on any OpenCL device");
    bal_roff_section(to, "SYNOPSIS");
    fputs("\\fBballast\\fR \\fIVERB\\fR [\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...\n.br\n", to);
    fputs("\\fBballast \\-\\-version\\fR\n", to);
    bal_roff_section(to, "DESCRIPTION");
    bal_roff_paragraphs(to, "Trains convolutional classifiers and generative adversarial networks on small, imbalanced "
                            "collections of images, as one INI file says, and reports honestly how well each class is "
                            "found.\n\n"
                            "Results go to standard output, all else to standard error: a progress bar on a terminal, "
                            "plain lines elsewhere.");
    say_verbs(to);
    say_common(to);
    say_rows(to, "EXIT STATUS", codes, NULL);
    say_rows(to, "ENVIRONMENT", variables, NULL);
    say_files(to, page);
    say_examples(to, page);
    say_see_also(to, NULL);
}
