/* complete -- what may stand at the end of a command line, for a shell: `ballast complete -- train --only ""` prints
 * all, gan and classifier. The words are those of bash, which cuts at '=' and makes a word of it. A line ":files",
 * ":files ini" (with that ending) or ":folders" leaves it to the shell. See share/ballast.bash. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/config.h"
#include "ballast/device.h"
#include "cli/_topics.h"
#include "cli/args.h"

/* A line as far as it is typed. */
typedef struct line {
    const bal_verb    *verb;
    const char *const *word; /* behind `ballast` */
    int                count;
    const char        *typed; /* of what is to be completed */
    const char        *place; /* the first word behind the verb that is no option; NULL: not yet */
    const char        *last;  /* the last of these before the end; NULL: none */
    int                places;
    const bal_option  *option; /* whose value is to be completed; NULL: none */
    bool               ended;  /* `--` was there */
    int                offers;
} line;

static void offer(line *l, const char *text)
{
    if (strncmp(text, l->typed, strlen(l->typed)) != 0) return;
    puts(text);
    l->offers++;
}

static void offer_verbs(line *l)
{
    for (const bal_verb *const *v = bal_verbs; *v; v++)
        if (!bal_verb_hidden(*v)) offer(l, (*v)->name);
}

static void offer_things(line *l, const char *kind)
{
    bal_kind k;

    if (!kind || !bal_kind_find(&k, kind)) return;
    for (int i = 0; i < k.count; i++) offer(l, k.things[i].name);
}

static void offer_devices(line *l)
{
    bal_device_info *list = NULL;
    int              count = 0;
    char             number[16];

    offer(l, "cpu");
    offer(l, "gpu");
    if (bal_devices_list(&list, &count) != BAL_OK) return;
    for (int i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%d", i);
        offer(l, number);
    }
    free(list);
}

/* Folders in `folder` that hold `file` (NULL: any), as what is typed would name them. */
static void offer_inside(line *l, const char *folder, const char *shown, const char *file)
{
    bal_names names = {0};

    if (bal_folder_list(&names, folder) != BAL_OK) return;
    for (int i = 0; i < names.count; i++) {
        char *path = bal_path_join(folder, names.name[i]), *inside = path && file ? bal_path_join(path, file) : NULL;
        char *text = bal_format("%s%s", shown, names.name[i]);
        if (path && text && (file ? inside && bal_file_exists(inside) : bal_folder_exists(path))) offer(l, text);
        free(text);
        free(inside);
        free(path);
    }
    bal_names_free(&names);
}

static void offer_runs(line *l)
{
    const char *slash = strrchr(l->typed, '/');
    char       *folder = slash ? bal_format("%.*s", (int)(slash - l->typed) + 1, l->typed) : NULL;

    offer_inside(l, folder ? folder : "runs", folder ? folder : "runs/", "config.ini");
    free(folder);
    if (l->offers == 0) puts(":folders");
}

/* Classes that the run has generators of. */
static void offer_classes(line *l)
{
    char *folder = l->place ? bal_path_join(l->place, "gan") : NULL;

    if (folder) offer_inside(l, folder, "", NULL);
    free(folder);
}

static void offer_arms(line *l)
{
    bal_config *config = NULL;

    for (const char *const *arm = bal_setup_arms; *arm; arm++) offer(l, *arm);
    if (!l->place || bal_config_read(&config, l->place) != BAL_OK) return;
    for (int i = 0; i < bal_config_count(config); i++) {
        const char *name = bal_config_section(config, i)->name;
        if (strncmp(name, "arm.", 4) == 0) offer(l, name + 4);
    }
    bal_config_free(config);
}

static void offer_keys(line *l)
{
    char text[256];

    for (const bal_topic *t = bal_topics; t->name; t++)
        for (const bal_option *o = t->options; o && o->name; o++) {
            snprintf(text, sizeof text, "%s.%s=", t->name, o->name);
            offer(l, text);
        }
}

static void offer_sections(line *l)
{
    for (const bal_topic *t = bal_topics; t->name; t++) offer(l, t->name);
}

static void offer_kind(line *l) { offer_things(l, l->last); }
static void offer_files(line *l) { (void)l, puts(":files"); }
static void offer_folders(line *l) { (void)l, puts(":folders"); }
static void offer_configs(line *l) { (void)l, puts(":files ini"); }

/* One of the words that usages and `values` are made of. */
static void offer_noun(line *l, const char *noun)
{
    static const struct {
        const char *noun;
        void (*offer)(line *l);
    } nouns[] = {
        {"VERB", offer_verbs},     {"SECTION", offer_sections}, {"NAME", offer_kind}, {"DEVICE", offer_devices},
        {"RUN", offer_runs},       {"CLASS", offer_classes},    {"ARMS", offer_arms}, {"KEY=VALUE", offer_keys},
        {"FOLDER", offer_folders}, {"CONFIG", offer_configs},   {"N", NULL},          {"X", NULL},
        {"LAYER", NULL},
    };
    const char *ending = strrchr(noun, '.');

    if (!isupper((unsigned char)*noun)) {
        offer(l, noun);
        return;
    }
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (strcmp(nouns[i].noun, noun) == 0) {
            if (nouns[i].offer) nouns[i].offer(l);
            return;
        }
    if (ending) printf(":files %s\n", ending + 1);
    else offer_files(l);
}

/* "[FOLDER|FILE.npz...]": each of them. */
static void offer_nouns(line *l, const char *nouns)
{
    char noun[BAL_NOUN_SIZE];

    while (bal_word_cut(noun, sizeof noun, &nouns, "[]|")) {
        size_t n = strlen(noun);
        if (n > 3 && strcmp(noun + n - 3, "...") == 0) noun[n - 3] = '\0';
        if (n > 4 && noun[n - 4] == ',') noun[n - 4] = '\0';
        offer_noun(l, noun);
    }
}

/* What the usage has at the place that is to be completed: "RUN PATH..." has RUN at 0, then PATH. */
static void offer_place(line *l)
{
    char        usage[256], token[256], last[256] = "";
    size_t      n = 0;
    const char *rest = usage;

    for (const char *p = l->verb->usage; *p && n + 1 < sizeof usage; p++)
        if (*p != ' ' || (p[1] != '|' && p > l->verb->usage && p[-1] != '|')) usage[n++] = *p;
    usage[n] = '\0';
    for (int i = 0; bal_word_cut(token, sizeof token, &rest, " "); i++) {
        snprintf(last, sizeof last, "%s", token);
        if (i == l->places) {
            offer_nouns(l, token);
            return;
        }
    }
    if (strstr(last, "...")) offer_nouns(l, last);
}

static const bal_option *find_option(const bal_verb *verb, const char *flag)
{
    char              text[64];
    const bal_option *o;

    for (int i = 0; (o = bal_verb_option(verb, i)); i++)
        if (strcmp(bal_flag_print(text, sizeof text, o->name), flag) == 0) return o;
    return NULL;
}

static bool given(line *l, const char *flag)
{
    for (int i = 1; i < l->count - 1; i++)
        if (strcmp(l->word[i], flag) == 0) return true;
    return false;
}

static void offer_options(line *l)
{
    char              text[64];
    const bal_option *o;

    for (int i = 0; (o = bal_verb_option(l->verb, i)); i++) {
        bal_flag_print(text, sizeof text, o->name);
        if (strcmp(o->name, "set") == 0 || !given(l, text)) offer(l, text);
    }
}

static void offer_value(line *l, const bal_option *o)
{
    char noun[BAL_NOUN_SIZE];

    if (o->type == BAL_CHOICE) offer_nouns(l, o->words);
    else if (o->type == BAL_BOOL) offer_nouns(l, "on|off");
    else offer_nouns(l, bal_option_noun(noun, l->verb, o));
}

/* The value of a setting, "train.gan.classes". */
static void offer_setting(line *l, const char *key)
{
    const char *dot = strrchr(key, '.');

    for (const bal_topic *t = bal_topics; dot && t->name; t++) {
        if (strlen(t->name) != (size_t)(dot - key) || strncmp(t->name, key, strlen(t->name)) != 0) continue;
        for (const bal_option *o = t->options; o && o->name; o++) {
            if (strcmp(o->name, dot + 1) != 0) continue;
            if (o->type != BAL_TEXT) offer_value(l, o);
            else offer_things(l, o->name); /* source, loss, optimizer, schedule, augment */
        }
    }
}

/* Reads the words before the last. */
static void read_words(line *l)
{
    for (int i = 1; i < l->count - 1; i++) {
        const char       *word = l->word[i];
        const bal_option *o = l->ended || word[0] != '-' ? NULL : find_option(l->verb, word);
        if (strcmp(word, "=") == 0) i++; /* and what stands behind it */
        else if (!l->ended && strcmp(word, "--") == 0) l->ended = true;
        else if (o && o->type != BAL_BOOL && i == l->count - 2) l->option = o;
        else if (o && o->type != BAL_BOOL && strcmp(l->word[i + 1], "=") != 0) i++;
        else if (l->ended || word[0] != '-') {
            l->last = word;
            if (l->places++ == 0) l->place = word;
        }
    }
}

static void complete(line *l)
{
    int         n = l->count;
    bool        on_sign = strcmp(l->typed, "=") == 0;
    const char *left = on_sign ? l->word[n - 2] : n > 3 && strcmp(l->word[n - 2], "=") == 0 ? l->word[n - 3] : NULL;

    if (on_sign) l->typed = "";
    const bal_option *o = left ? find_option(l->verb, left) : NULL;
    read_words(l);
    if (o) offer_value(l, o);
    else if (left) offer_setting(l, left);
    else if (l->option) offer_value(l, l->option);
    else if (!l->ended && l->typed[0] == '-') offer_options(l);
    else offer_place(l);
}

static int run(const bal_args *args)
{
    line l = {.word = args->word, .count = args->word_count};

    if (l.count < 1) return BAL_EXIT_DONE;
    l.typed = l.word[l.count - 1];
    if (l.count == 1) {
        offer_verbs(&l);
        if (*l.typed == '-') offer_nouns(&l, "--help|--version");
        return BAL_EXIT_DONE;
    }
    l.verb = bal_verb_find(l.word[0]);
    if (l.verb) complete(&l);
    return BAL_EXIT_DONE;
}

const bal_verb bal_verb_complete = {
    .name = "complete",
    .group = BAL_VERB_HIDDEN,
    .usage = "-- WORD...",
    .help = "what may stand at the end of a command line, for a shell",
    .max_words = -1,
    .run = run,
};
