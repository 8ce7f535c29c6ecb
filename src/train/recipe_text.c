/* recipe_text -- the facts and the settings as text. Names of classes and files come from outside: what could end a
 * comment, or is no UTF-8, becomes '?'. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/recipe.h"
#include "ballast/text.h"

enum { WIDTH = 110, MOST_NAMED = 12, NAME = 60 };

static void clean(char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n') text[i] = '?';
    for (size_t i; (i = bal_utf8_fault(text, n)) < n;) text[i] = '?';
}

static bal_status finish(char **out, FILE *to, char **text)
{
    bool failed = !to || ferror(to);

    if (to && fclose(to) != 0) failed = true;
    if (failed) {
        free(*text);
        return bal_fail(BAL_ENOMEM, "no memory for a text");
    }
    *out = *text;
    return BAL_OK;
}

static const char *plural(int n) { return n == 1 ? "" : "s"; }

/* ---- the facts --------------------------------------------------------------------------------------------------- */

static void put_classes(FILE *to, const bal_fingerprint *f)
{
    fprintf(to, "%d image%s of %d classes:", f->images, plural(f->images), f->class_count);
    for (int c = 0; c < f->class_count && c < MOST_NAMED; c++)
        fprintf(to, "%s %.*s %d", c ? "," : "", NAME, f->classes[c].name, f->classes[c].images);
    if (f->class_count > MOST_NAMED) fprintf(to, ", and %d more", f->class_count - MOST_NAMED);
    if (f->unlabelled) fprintf(to, "; %d without a label", f->unlabelled);
    fputc('\n', to);
}

static void put_sizes(FILE *to, const bal_fingerprint *f)
{
    if (f->side_least == f->side_most) fprintf(to, "shorter side %d pixels", f->side_least);
    else fprintf(to, "shorter side %d to %d pixels, median %d", f->side_least, f->side_most, f->side_middle);
    if (f->coloured == f->images) fputs(", in colour\n", to);
    else if (f->coloured) fprintf(to, ", %d in colour\n", f->coloured);
    else fprintf(to, ", grey%s\n", f->stored_in_colour ? " (stored in colour)" : "");
}

static void put_groups(FILE *to, const bal_fingerprint *f)
{
    if (f->group_column) fprintf(to, "%d groups are named, at most %d images in one\n", f->groups, f->group_most);
    else if (f->group)
        fprintf(to, "%d groups by file name, %s: at most %d images in one\n", f->groups, f->group, f->group_most);
    else if (f->unused_group)
        fprintf(to, "file names suggest groups, %s, but too few of some class to split: not used\n", f->unused_group);
    else fputs("no groups: every image is taken for a patient of its own\n", to);
    if (f->group_leaks)
        fprintf(to,
                "attention: %d images of one given part share a group with another part; harmless only if the numbers "
                "begin again in each\n",
                f->group_leaks);
}

static void put_parts(FILE *to, const bal_fingerprint *f)
{
    if (f->given[BAL_NO_PART] == f->images) return;
    fprintf(to, "given parts: train %d, validation %d, test %d", f->given[BAL_TRAIN], f->given[BAL_VALIDATION],
            f->given[BAL_TEST]);
    if (f->given[BAL_NO_PART]) fprintf(to, ", in none %d", f->given[BAL_NO_PART]);
    fputc('\n', to);
}

static void put_faults(FILE *to, const bal_fingerprint *f)
{
    if (f->unreadable) fprintf(to, "%d image%s cannot be read\n", f->unreadable, plural(f->unreadable));
    if (f->copies + f->near)
        fprintf(to, "images that repeat another one: %d copies, %d nearly%s\n", f->copies, f->near,
                f->leaks ? "" : "; they stay together in a split");
    if (f->contradictions) fprintf(to, "attention: %d of them under another label\n", f->contradictions);
    if (f->leaks) fprintf(to, "attention: %d of them lie across given parts\n", f->leaks);
    for (int c = 0; c < f->class_count; c++)
        if (f->classes[c].images < BAL_GROUPS_LEAST)
            fprintf(to, "attention: %.*s has %d image%s, too few to train, validate and test on\n", NAME,
                    f->classes[c].name, f->classes[c].images, plural(f->classes[c].images));
}

bal_status bal_fingerprint_text(char **out, const bal_fingerprint *f)
{
    char  *text = NULL;
    size_t size;
    FILE  *to = open_memstream(&text, &size);

    *out = NULL;
    if (to) {
        put_classes(to, f);
        put_sizes(to, f);
        put_parts(to, f);
        put_groups(to, f);
        put_faults(to, f);
    }
    BAL_TRY(finish(out, to, &text));
    clean(*out);
    return BAL_OK;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* As comments of at most WIDTH columns; a line that is longer is broken at a blank, if it has one. */
static void put_comment(FILE *to, const char *line, size_t n)
{
    while (n > 0) {
        size_t take = n, skip = 0;
        if (n > WIDTH) {
            for (take = WIDTH; take > 0 && line[take] != ' ';) take--;
            if (take == 0) take = WIDTH;
            skip = line[take] == ' ';
        }
        fprintf(to, "; %.*s\n", (int)take, line);
        line += take + skip;
        n -= take + skip;
    }
}

static void put_lines(FILE *to, const char *text)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        put_comment(to, text, (size_t)(end - text));
    }
}

static void put_head(FILE *to, const char *facts)
{
    put_lines(to, facts);
    fputs(";\n; Chosen by `ballast plan`. Above each setting stands its reason; change what you know better.\n"
          "; `ballast help data` (run, train.classifier, ...) lists what else may be said.\n",
          to);
}

static void put_choices(FILE *to, const bal_recipe *r)
{
    const char *section = "";

    for (int i = 0; i < r->count; i++) {
        const bal_choice *c = &r->choice[i];
        bool              first = strcmp(c->section, section) != 0;
        if (first) fprintf(to, "\n[%s]\n", c->section);
        if (c->reason) {
            clean(c->reason);
            put_lines(to, c->reason);
        }
        fprintf(to, "%s = %s\n", c->key, c->value);
        section = c->section;
    }
}

bal_status bal_recipe_text(char **out, const bal_recipe *r, const bal_fingerprint *f)
{
    char  *text = NULL, *facts;
    size_t size;

    *out = NULL;
    BAL_TRY(bal_fingerprint_text(&facts, f));
    FILE *to = open_memstream(&text, &size);
    if (to) {
        put_head(to, facts);
        put_choices(to, r);
    }
    free(facts);
    return finish(out, to, &text);
}
