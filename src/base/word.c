/* word -- see include/ballast/word.h. */
#include "ballast/word.h"

#include <stdio.h>
#include <string.h>

#include "ballast/config.h"

enum { MOST = 16 };

/* "constant, step, cosine" */
static const char *list(char *out, size_t size, const bal_word *words)
{
    size_t used = 0;

    *out = '\0';
    for (int i = 0; words[i].name && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", words[i].name);
    return out;
}

static bal_status fail_unknown(const bal_word *words, const char *what, const char *name, bal_where at)
{
    const char *names[MOST + 1] = {NULL};
    char        all[512];

    for (int i = 0; i < MOST && words[i].name; i++) names[i] = words[i].name;
    const char *near = bal_nearest(name, names);
    if (near) return bal_fail_at(at, "there is no %s \"%s\"; did you mean \"%s\"?", what, name, near);
    return bal_fail_at(at, "there is no %s \"%s\"; there are %s", what, name, list(all, sizeof all, words));
}

bal_status bal_word_parse(int *which, void *self, const bal_word *words, const char *what, const char *line,
                          bal_where at)
{
    char             name[64], owner[160];
    const char      *rest;
    bal_option_pool *pool = NULL;

    *which = 0;
    if (!line || !*line) return BAL_OK;
    bal_line_split(line, name, sizeof name, &rest);
    while (words[*which].name && strcmp(words[*which].name, name) != 0) ++*which;
    if (!words[*which].name) return fail_unknown(words, what, name, at);
    snprintf(owner, sizeof owner, "%s %s", what, name);
    bal_status st = bal_option_parse(words[*which].options, self, &pool, owner, rest, at);
    bal_option_pool_free(pool);
    return st;
}
