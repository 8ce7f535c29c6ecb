/* sweep_scale -- a configuration with another batch, image size or width. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/run.h"

#include "cli/_sweep.h"
#include "cli/_topics.h"

static const char *const nets[] = {"generator", "discriminator", "classifier"};

/* The number behind " key=" of a layer's line, or 0. */
static int option(const char *line, const char *key)
{
    char        text[32];
    const char *at;
    snprintf(text, sizeof text, " %s=", key);
    at = strstr(line, text);
    return at ? (int)strtol(at + strlen(text), NULL, 10) : 0;
}

/* Layers of a section that have this option: the last one's place, -1 without. */
static int last_with(const bal_section *s, const char *key)
{
    int last = -1;
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->entries[i].key, "layer") == 0 && option(s->entries[i].value, key)) last = i;
    return last;
}

int bal_setup_width(const bal_setup *s)
{
    int least = 0;
    for (int n = 0; n < 3; n++) {
        const bal_section *section = bal_config_find(s->config, nets[n]);
        int                last = section && strcmp(nets[n], "classifier") != 0 ? last_with(section, "filters") : -1;
        for (int i = 0; section && i < section->count; i++) {
            int filters =
                strcmp(section->entries[i].key, "layer") == 0 ? option(section->entries[i].value, "filters") : 0;
            if (filters && i != last && (!least || filters < least)) least = filters;
        }
    }
    return least;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* Numbers of a layer's line, times `by`, over `over`. */
typedef struct {
    const char *key;
    int         by, over;
} change;

static void write_layer(FILE *f, const char *line, const change *changes, int count)
{
    char word[128];
    fprintf(f, "layer =");
    while (bal_word_cut(word, sizeof word, &line, " \t")) {
        char  *value = strchr(word, '=');
        double number = value ? strtod(value + 1, NULL) : 0;
        int    c = 0;
        while (c < count && !(value && strncmp(word, changes[c].key, (size_t)(value - word)) == 0 &&
                              strlen(changes[c].key) == (size_t)(value - word)))
            c++;
        if (c < count) fprintf(f, " %s=%d", changes[c].key, (int)number * changes[c].by / changes[c].over);
        else fprintf(f, " %s", word);
    }
    fputc('\n', f);
}

/* A net that is as large as its images begins (a generator) or ends (a discriminator) with a kernel that covers its
 * smallest map. */
static int covering(const bal_section *s)
{
    if (strcmp(s->name, "discriminator") == 0) return last_with(s, "kernel");
    for (int i = 0; strcmp(s->name, "generator") == 0 && i < s->count; i++)
        if (strcmp(s->entries[i].key, "layer") == 0 && option(s->entries[i].value, "kernel")) return i;
    return -1;
}

static void write_net(FILE *f, const bal_setup *s, const char *name, const bal_variant *scale)
{
    const bal_section *section = bal_config_find(s->config, name);
    int                width = bal_setup_width(s), cover, last;
    if (!section) return;
    cover = covering(section);
    last = strcmp(name, "classifier") == 0 ? -1 : last_with(section, "filters");
    fprintf(f, "[%s]\n", name);
    for (int i = 0; i < section->count; i++) {
        const bal_entry *e = &section->entries[i];
        change           changes[2];
        int              count = 0;
        if (scale->width && width && i != last) changes[count++] = (change){"filters", scale->width, width};
        if (scale->size && i == cover) changes[count++] = (change){"kernel", scale->size, s->data.size};
        if (strcmp(e->key, "layer") == 0) write_layer(f, e->value, changes, count);
        else fprintf(f, "%s = %s\n", e->key, e->value);
    }
}

/* The resolved configuration, but for its nets, then these. */
static bal_status write_all(const char *to, const char *from, const bal_setup *s, const bal_variant *scale)
{
    bal_file_writer w;
    char           *text;
    size_t          size;
    bool            net = false;
    BAL_TRY(bal_file_read(&text, &size, from, 0));
    bal_status st = bal_file_create(&w, to);
    for (char *line = text, *next; st == BAL_OK && line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        if (line[0] == '[')
            net = strncmp(line, "[generator]", 11) == 0 || strncmp(line, "[discriminator]", 15) == 0 ||
                  strncmp(line, "[classifier]", 12) == 0;
        if (!net) fprintf(w.file, "%s\n", line);
    }
    free(text);
    if (st != BAL_OK) return st;
    for (int i = 0; i < 3; i++) write_net(w.file, s, nets[i], scale);
    return bal_file_commit(&w);
}

bal_status bal_setup_scale(bal_setup **out, const bal_setup *s, const char *folder, const char *batch_key,
                           const bal_variant *scale)
{
    char       *from = bal_path_join(folder, "config.ini"), *to = bal_path_join(folder, "scaled.ini");
    char        batch[64], size[32];
    const char *sets[2];
    int         count = 0;
    bal_status  st = from && to ? write_all(to, from, s, scale) : bal_fail(BAL_ENOMEM, "no memory for a path");
    snprintf(batch, sizeof batch, "%s=%d", batch_key, scale->batch);
    snprintf(size, sizeof size, "data.size=%d", scale->size);
    if (scale->batch) sets[count++] = batch;
    if (scale->size) sets[count++] = size;
    if (st == BAL_OK) st = bal_setup_open(out, to, sets, count);
    if (to) remove(to);
    free(from);
    free(to);
    return st;
}
