/* args -- see args.h. Option names are members of structs, so '-' in an argument is '_' in a table. */
#include "cli/args.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/files.h"

#define NAME_SIZE 64

const bal_option bal_common_options[] = {
    BAL_OPT_TEXT(bal_args, device, NULL, "OpenCL device: its number, part of its name, cpu or gpu"),
    BAL_OPT(bal_args, seed, BAL_INT, -1, 0, 2147483647, "seed of every random number"),
    BAL_OPT_TEXT(bal_args, out, NULL, "where to write"),
    BAL_OPT_TEXT(bal_args, set, NULL, "section.key=value: overrides the file; may be repeated"),
    BAL_OPT_BOOL(bal_args, dry_run, 0, "say what would be done, and do nothing"),
    BAL_OPT_BOOL(bal_args, quiet, 0, "only results and errors"),
    BAL_OPT_BOOL(bal_args, json, 0, "results and progress as JSON, one object a line"),
    BAL_OPT_BOOL(bal_args, help, 0, "explain this verb"),
    BAL_OPT_END,
};

bool bal_common_taken(const bal_verb *verb, const bal_option *common)
{
    static const struct {
        const char *name;
        int         bit;
    } bits[] = {{"device", BAL_TAKES_DEVICE},
                {"seed", BAL_TAKES_SEED},
                {"dry_run", BAL_TAKES_DRY_RUN},
                {"set", BAL_TAKES_SET},
                {"out", BAL_TAKES_OUT}};

    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (strcmp(bits[i].name, common->name) == 0) return verb->takes & bits[i].bit;
    return true;
}

const char *bal_flag_print(char *out, size_t size, const char *name)
{
    snprintf(out, size, "--%s", name);
    for (char *p = out; *p; p++)
        if (*p == '_') *p = '-';
    return out;
}

/* What is being parsed, and what was seen. */
typedef struct parser {
    bal_args    *args;
    bal_option   all[BAL_OPTIONS_MAX + 1]; /* own rows, then the common ones that the verb takes */
    bool         seen[BAL_OPTIONS_MAX];
    int          own;
    char         program[NAME_SIZE];
    int          argc;
    char       **argv;
    const char **set, **word;
} parser;

static bal_where place(const parser *p) { return (bal_where){p->program, 0}; }

static void collect_options(parser *p)
{
    int n = 0;

    for (const bal_option *o = p->args->verb->options; o && o->name; o++) {
        assert(n < BAL_OPTIONS_MAX);
        p->all[n++] = *o;
    }
    p->own = n;
    for (const bal_option *o = bal_common_options; o->name; o++) {
        assert(n < BAL_OPTIONS_MAX);
        if (bal_common_taken(p->args->verb, o)) p->all[n++] = *o;
    }
    p->all[n].name = NULL;
}

static bal_status unknown(const parser *p, const char *flag)
{
    char        flags[BAL_OPTIONS_MAX][NAME_SIZE];
    const char *names[BAL_OPTIONS_MAX + 1] = {NULL};

    for (int i = 0; p->all[i].name; i++) names[i] = bal_flag_print(flags[i], sizeof flags[i], p->all[i].name);
    const char *near = bal_nearest(flag, names);
    if (near) return bal_fail_at(place(p), "no option \"%s\"; did you mean \"%s\"?", flag, near);
    return bal_fail_at(place(p), "no option \"%s\"", flag);
}

static int find(const parser *p, const char *name)
{
    for (int i = 0; p->all[i].name; i++)
        if (strcmp(p->all[i].name, name) == 0) return i;
    return -1;
}

static bal_status store(parser *p, int i, const char *flag, const char *value)
{
    bal_args *a = p->args;
    bool      own = i < p->own;

    if (!own && strcmp(p->all[i].name, "set") == 0) {
        p->set[a->set_count++] = value;
        return BAL_OK;
    }
    if (p->seen[i]) return bal_fail_at(place(p), "%s is given twice", flag);
    p->seen[i] = true;
    return bal_option_set(own ? a->verb->options : bal_common_options, own ? a->own : (void *)a, "option",
                          p->all[i].name, value, place(p));
}

/* The option at argv[*i]; moves *i to its last word. */
static bal_status take_option(parser *p, int *i)
{
    const char *text = p->argv[*i], *value = strchr(text, '=');
    char        flag[NAME_SIZE], name[NAME_SIZE];

    snprintf(flag, sizeof flag, "%.*s", (int)(value ? value - text : (long)strlen(text)), text);
    if (strcmp(flag, "-h") == 0) snprintf(flag, sizeof flag, "--help");
    snprintf(name, sizeof name, "%s", flag[1] == '-' ? flag + 2 : "");
    if (strchr(name, '_')) return unknown(p, flag);
    for (char *c = name; *c; c++)
        if (*c == '-') *c = '_';
    int row = find(p, name);
    if (row < 0) return unknown(p, flag);
    if (value) return store(p, row, flag, value + 1);
    if (p->all[row].type == BAL_BOOL) return store(p, row, flag, "on");
    if (*i + 1 >= p->argc || strncmp(p->argv[*i + 1], "--", 2) == 0)
        return bal_fail_at(place(p), "%s needs a value: %s", flag, p->all[row].help);
    return store(p, row, flag, p->argv[++*i]);
}

static bal_status check_words(const parser *p)
{
    const bal_verb *v = p->args->verb;
    int             n = p->args->word_count;

    if (n < v->min_words && v->min_words == 1) /* "RUN [RUN...]": what must be there stands first */
        return bal_fail_at(place(p), "%.*s is missing", (int)strcspn(v->usage, " "), v->usage);
    if (n < v->min_words) return bal_fail_at(place(p), "an argument is missing");
    if (v->max_words >= 0 && n > v->max_words)
        return bal_fail_at(place(p), "\"%s\" is one argument too many", p->word[v->max_words]);
    return BAL_OK;
}

static bal_status parse(parser *p)
{
    bool ended = false;

    for (int i = 0; i < p->argc; i++) {
        const char *text = p->argv[i];
        if (!ended && strcmp(text, "--") == 0) ended = true;
        else if (!ended && text[0] == '-' && text[1]) BAL_TRY(take_option(p, &i));
        else p->word[p->args->word_count++] = text;
    }
    if (p->args->help) return BAL_OK;
    for (int i = 0; i < p->own; i++)
        if (p->all[i].def >= BAL_REQUIRED && !p->seen[i]) {
            char flag[NAME_SIZE];
            return bal_fail_at(place(p), "%s is missing: %s", bal_flag_print(flag, sizeof flag, p->all[i].name),
                               p->all[i].help);
        }
    return check_words(p);
}

bal_status bal_args_parse(bal_args *out, const bal_verb *verb, int argc, char **argv)
{
    size_t room = (size_t)argc + 1;
    parser p = {.args = out, .argc = argc, .argv = argv};

    *out = (bal_args){.verb = verb};
    bal_option_defaults(bal_common_options, out);
    out->own = calloc(1, verb->size ? verb->size : 1);
    out->set = p.set = calloc(room, sizeof *p.set);
    out->word = p.word = calloc(room, sizeof *p.word);
    if (!out->own || !p.set || !p.word) return bal_fail(BAL_ENOMEM, "no memory left for %d arguments", argc);
    bal_option_defaults(verb->options, out->own);
    snprintf(p.program, sizeof p.program, "ballast %s", verb->name);
    collect_options(&p);
    return parse(&p);
}

void bal_args_free(bal_args *args)
{
    free(args->own);
    free((void *)args->set);
    free((void *)args->word);
    *args = (bal_args){0};
}

static bal_status add_setting(bal_names *sets, const char *key, const char *value)
{
    char      *text = bal_format("%s=%s", key, value);
    bal_status st = text ? bal_names_add(sets, text) : bal_fail(BAL_ENOMEM, "no memory left for %s", key);
    free(text);
    return st;
}

bal_status bal_args_settings(bal_names *sets, const bal_args *args)
{
    char seed[16];

    for (int i = 0; i < args->set_count; i++) BAL_TRY(bal_names_add(sets, args->set[i]));
    snprintf(seed, sizeof seed, "%d", args->seed);
    if (args->seed >= 0) BAL_TRY(add_setting(sets, "run.seed", seed));
    if (args->device) BAL_TRY(add_setting(sets, "run.device", args->device));
    if (args->out) BAL_TRY(add_setting(sets, "run.out", args->out));
    return BAL_OK;
}

bal_status bal_args_setup(bal_setup **out, const bal_args *args, const char *path)
{
    bal_names  sets = {0};
    bal_status st = bal_args_settings(&sets, args);

    *out = NULL;
    if (!st) st = bal_setup_open(out, path, (const char *const *)sets.name, sets.count);
    bal_names_free(&sets);
    return st;
}

bal_status bal_args_is_run(const char *path)
{
    char *config = bal_path_join(path, "config.ini");

    if (!config) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bool there = bal_file_exists(config);
    free(config);
    return there ? BAL_OK : bal_fail(BAL_EIO, "%s: is not a run's folder; there is no config.ini in it", path);
}

/* Never among other files: a folder of images is read whole. */
bal_status bal_out_create(const char *path)
{
    bal_names there = {0};

    if (!bal_folder_exists(path)) return bal_folder_create(path);
    BAL_TRY(bal_folder_list(&there, path));
    int count = there.count;
    bal_names_free(&there);
    return count ? bal_fail(BAL_EIO, "%s: is not empty; name a new folder", path) : BAL_OK;
}
