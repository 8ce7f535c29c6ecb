/* setup_differ -- what two setups have that is not the same, in words. See include/ballast/setup.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/setup.h"

enum { VALUE = 4096 };
enum { WITH, WITHOUT, INSTEAD, KINDS };

typedef struct differing {
    FILE  *to[KINDS];
    char  *words[KINDS];
    size_t size[KINDS];
    int    count[KINDS];
} differing;

static void begin(differing *d, int kind, const char *word)
{
    fprintf(d->to[kind], "%s%s", d->count[kind] ? ", " : "", d->count[kind] ? "" : word);
    d->count[kind]++;
}

/* `none`: the value that says nothing. */
static void compare(differing *d, const char *key, const char *value, const char *other, const char *none)
{
    if (strcmp(value, other) == 0) return;
    if (strcmp(other, none) == 0) {
        begin(d, WITH, "with ");
        fprintf(d->to[WITH], "`%s = %s`", key, value);
    } else if (strcmp(value, none) == 0) {
        begin(d, WITHOUT, "without ");
        fprintf(d->to[WITHOUT], "`%s = %s`", key, other);
    } else {
        begin(d, INSTEAD, "");
        fprintf(d->to[INSTEAD], "`%s = %s` instead of `%s`", key, value, other);
    }
}

/* ---- tables of options ------------------------------------------------------------------------------------------- */

typedef struct table {
    const char       *prefix; /* before the names of its keys */
    const bal_option *options;
    size_t            offset; /* in bal_setup */
    const char       *passed_over;
} table;

static const table data = {"data.", bal_dataset_option_table, offsetof(bal_setup, data), " path imbalance cache "};
static const table classifier = {"", bal_classifier_option_table, offsetof(bal_setup, classifier), ""};
static const table gan = {"train.gan.", bal_gan_option_table, offsetof(bal_setup, gan), " sample checkpoint log "};
static const table gate = {"train.gate.", bal_gate_option_table, offsetof(bal_setup, gate), ""};

static bool is_passed_over(const table *t, const char *name)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(t->passed_over, word) != NULL;
}

static void print(char out[VALUE], const bal_option *o, const void *self)
{
    if (bal_option_print(out, VALUE, o, self) <= 0) *out = '\0';
}

static void compare_table(differing *d, const table *t, const bal_setup *s, const bal_setup *other)
{
    bal_setup none = {0};
    char      key[96], value[3][VALUE];
    bal_option_defaults(t->options, (char *)&none + t->offset);
    for (const bal_option *o = t->options; o->name; o++) {
        if (is_passed_over(t, o->name)) continue;
        print(value[0], o, (const char *)s + t->offset);
        print(value[1], o, (const char *)other + t->offset);
        print(value[2], o, (char *)&none + t->offset);
        snprintf(key, sizeof key, "%s%s", t->prefix, o->name);
        compare(d, key, value[0], value[1], value[2]);
    }
}

/* ---- images and nets --------------------------------------------------------------------------------------------- */

static void print_ratio(char out[32], const bal_composition *c)
{
    *out = '\0';
    if (c->generated[BAL_TRAIN] == BAL_GENERATED_RATIO && !c->gated) snprintf(out, 32, "%g", c->ratio);
}

static void compare_images(differing *d, const bal_setup *s, const bal_setup *other)
{
    char ratio[2][32];
    compare(d, "images", bal_setup_images(&s->composition), bal_setup_images(&other->composition), "original");
    print_ratio(ratio[0], &s->composition);
    print_ratio(ratio[1], &other->composition);
    compare(d, "generated", ratio[0], ratio[1], "");
}

static bool same_lines(const bal_section *a, const bal_section *b)
{
    if (!a || !b || a->count != b->count) return a == b;
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->entries[i].key, b->entries[i].key) != 0 || strcmp(a->entries[i].value, b->entries[i].value) != 0)
            return false;
    return true;
}

static void compare_net(differing *d, const char *name, const bal_setup *s, const bal_setup *other)
{
    if (same_lines(bal_config_find(s->config, name), bal_config_find(other->config, name))) return;
    begin(d, INSTEAD, "");
    fprintf(d->to[INSTEAD], "another [%s]", name);
}

static bool generates(const bal_setup *s)
{
    for (int p = 0; p < BAL_PARTS; p++)
        if (s->composition.generated[p] != BAL_GENERATED_NONE) return true;
    return false;
}

static void compare_all(differing *d, const bal_setup *s, const bal_setup *other)
{
    compare_images(d, s, other);
    compare_table(d, &classifier, s, other);
    compare_net(d, "classifier", s, other);
    compare_table(d, &data, s, other);
    if (s->composition.gated && other->composition.gated) compare_table(d, &gate, s, other);
    if (!generates(s) || !generates(other)) return;
    compare_table(d, &gan, s, other);
    compare_net(d, "generator", s, other);
    compare_net(d, "discriminator", s, other);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a comparison"); }

static bal_status join(char **words, int *count, differing *d)
{
    *count = d->count[WITH] + d->count[WITHOUT] + d->count[INSTEAD];
    const char *first = d->count[WITH] && *count > d->count[WITH] ? ", " : "";
    const char *second = d->count[WITHOUT] && d->count[INSTEAD] ? ", " : "";
    *words = bal_format("%s%s%s%s%s", d->words[WITH], first, d->words[WITHOUT], second, d->words[INSTEAD]);
    return *words ? BAL_OK : no_memory();
}

bal_status bal_setup_differs(char **words, int *count, const bal_setup *s, const bal_setup *other)
{
    differing d = {0};
    bool      whole = true;
    *words = NULL;
    for (int k = 0; k < KINDS; k++) whole &= (d.to[k] = open_memstream(&d.words[k], &d.size[k])) != NULL;
    if (whole) compare_all(&d, s, other);
    for (int k = 0; k < KINDS; k++)
        if (d.to[k]) whole &= fclose(d.to[k]) == 0 && d.words[k];
    bal_status st = whole ? join(words, count, &d) : no_memory();
    for (int k = 0; k < KINDS; k++) free(d.words[k]);
    return st;
}
