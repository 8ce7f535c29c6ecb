/* fingerprint_group -- which part of the file names tells patients apart. Names are cut into a word and the number that
 * follows it; a word is taken for a patient's if its numbers repeat within a folder, but not too often. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ballast/files.h"
#include "ballast/fingerprint.h"

enum {
    WORD = 24,        /* letters; longer words name no patient */
    MOST_WORDS = 4,   /* alternatives of an expression */
    LEAST_SHARED = 2, /* images beyond the first of their number: one may be chance */
    FEW = 12,         /* a group of so many is never too large */
    SHARE = 10        /* else one of more than a tenth of a word's files is */
};

/* "IM-" and "0117" in the name of file i. */
typedef struct {
    char        word[WORD + 2];
    const char *number, *folder; /* not ended by NUL: */
    int         digits, folder_length, file, place;
} token;

typedef struct {
    char word[WORD + 2];
    int  files, shared, largest, known, place; /* place: where it stands in the names, on average */
} candidate;

typedef struct {
    token *item;
    int    count, capacity;
} tokens;

static bool in(const char *word, const char *const *list)
{
    size_t n = strcspn(word, "-_");
    for (; *list; list++)
        if (strlen(*list) == n && strncasecmp(*list, word, n) == 0) return true;
    return false;
}

/* Words of pictures of one patient, which number nobody. */
static bool counts_pictures(const char *word)
{
    static const char *const words[] = {"slice", "frame", "view",  "image", "img",   "scan", "picture", "pic",  "photo",
                                        "copy",  "crop",  "patch", "tile",  "aug",   "rot",  "page",    "part", "fold",
                                        "class", "label", "fake",  "fig",   "batch", "no",   "nr",      NULL};
    return in(word, words);
}

static bool names_subjects(const char *word)
{
    static const char *const words[] = {"patient", "pat",    "person", "subject", "subj", "sub", "case",
                                        "lesion",  "series", "study",  "pid",     "id",   "eye", NULL};
    return in(word, words);
}

static bal_status add_token(tokens *t, const token *new)
{
    if (t->count == t->capacity) {
        int    room = t->capacity ? t->capacity * 2 : 256;
        token *more = realloc(t->item, (size_t)room * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for the words of %d file names", room);
        t->item = more;
        t->capacity = room;
    }
    t->item[t->count++] = *new;
    return BAL_OK;
}

static int letters(const char *p)
{
    int n = 0;
    while (isalpha((unsigned char)p[n])) n++;
    return n;
}

static int digits(const char *p)
{
    int n = 0;
    while (isdigit((unsigned char)p[n])) n++;
    return n;
}

/* A word, perhaps a dash, and a number that ends there: "a3f9" is none. A number alone counts at the beginning of a
 * name, and only where more follows. Returns how far it reaches. */
static int cut(token *out, const char *p, bool first)
{
    int n = letters(p), dash = n && (p[n] == '-' || p[n] == '_'), d = digits(p + n + dash);
    int end = n + dash + d;

    if (d == 0 || isalpha((unsigned char)p[end])) return end ? end : 1;
    if (n > WORD || (n == 0 && (!first || !p[end] || !strchr("-_", p[end])))) return end;
    snprintf(out->word, sizeof out->word, "%.*s", n + dash, p);
    out->number = p + n + dash;
    out->digits = d;
    return end;
}

static bal_status cut_name(tokens *t, const char *path, int file)
{
    const char *name = bal_path_name(path), *end = strrchr(name, '.'), *p = name;

    if (!end) end = name + strlen(name);
    while (p < end) {
        token new = {.folder = path, .folder_length = (int)(name - path), .file = file, .place = (int)(p - name)};
        p += cut(&new, p, p == name);
        if (new.digits) BAL_TRY(add_token(t, &new));
        while (p < end && isalnum((unsigned char)*p)) p++; /* the rest of a word that was none */
        while (p < end && !isalnum((unsigned char)*p)) p++;
    }
    return BAL_OK;
}

static int compare(const char *a, int n, const char *b, int m) { return n != m ? n - m : memcmp(a, b, (size_t)n); }

static int by_word(const void *a, const void *b)
{
    const token *x = a, *y = b;
    int          order = strcmp(x->word, y->word);
    if (!order) order = compare(x->folder, x->folder_length, y->folder, y->folder_length);
    if (!order) order = compare(x->number, x->digits, y->number, y->digits);
    return order ? order : x->file - y->file;
}

static bool same_group(const token *a, const token *b)
{
    return strcmp(a->word, b->word) == 0 && compare(a->folder, a->folder_length, b->folder, b->folder_length) == 0 &&
           compare(a->number, a->digits, b->number, b->digits) == 0;
}

/* The tokens of one word, sorted. */
static candidate weigh(const token *t, int count)
{
    candidate c = {.files = count, .known = names_subjects(t->word)};
    long      place = 0;
    int       run = 0;

    snprintf(c.word, sizeof c.word, "%s", t->word);
    for (int i = 0; i < count; i++) {
        bool same = i > 0 && same_group(&t[i - 1], &t[i]);
        run = same ? run + 1 : 1;
        c.shared += same;
        if (run > c.largest) c.largest = run;
        place += t[i].place;
    }
    c.place = (int)(place / count);
    return c;
}

static bool plausible(const candidate *c)
{
    if (c->shared < LEAST_SHARED || counts_pictures(c->word)) return false;
    return c->largest <= FEW || c->largest <= c->files / SHARE;
}

static int by_promise(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->known != y->known) return y->known - x->known;
    return x->place != y->place ? x->place - y->place : strcmp(x->word, y->word);
}

/* A word whose files have, most of them, a word already ("patient12_slab3") adds nothing. Marks them otherwise. */
static bool adds(const candidate *c, const tokens *t, bool *covered)
{
    int fresh = 0;

    for (int i = 0; i < t->count; i++) fresh += strcmp(t->item[i].word, c->word) == 0 && !covered[t->item[i].file];
    if (2 * fresh <= c->files) return false;
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->item[i].word, c->word) == 0) covered[t->item[i].file] = true;
    return true;
}

/* The words that are plausible, the most promising first. */
static int weigh_all(candidate *found, const tokens *t)
{
    int n = 0;

    for (int i = 0, next; i < t->count; i = next) {
        for (next = i; next < t->count && strcmp(t->item[next].word, t->item[i].word) == 0;) next++;
        found[n] = weigh(&t->item[i], next - i);
        n += plausible(&found[n]);
    }
    if (n) qsort(found, (size_t)n, sizeof *found, by_promise);
    return n;
}

/* "(person[0-9]+|IM-[0-9]+)"; empty if there is no word. */
static void put_expression(char *text, size_t size, const candidate *found, int n, const tokens *t, bool *covered)
{
    size_t at = 0;

    text[0] = '\0';
    for (int i = 0, taken = 0; i < n && taken < MOST_WORDS; i++) {
        if (!adds(&found[i], t, covered)) continue;
        at += (size_t)snprintf(text + at, size - at, "%s%s[0-9]+", taken++ ? "|" : "(",
                               *found[i].word ? found[i].word : "^");
    }
    if (at) snprintf(text + at, size - at, ")");
}

static bal_status guess(char **out, tokens *t, int files)
{
    char       text[MOST_WORDS * (WORD + 16)];
    candidate *found = calloc((size_t)t->count + 1, sizeof *found);
    bool      *covered = calloc((size_t)files + 1, sizeof *covered);
    bal_status st = found && covered ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for the words of %d names", files);

    if (!st) {
        if (t->count) qsort(t->item, (size_t)t->count, sizeof *t->item, by_word);
        put_expression(text, sizeof text, found, weigh_all(found, t), t, covered);
        if (*text && !(*out = bal_format("%s", text))) st = bal_fail(BAL_ENOMEM, "no memory for an expression");
    }
    free(found);
    free(covered);
    return st;
}

bal_status bal_fingerprint_guess_group(char **out, const char *const *paths, int count)
{
    tokens     t = {0};
    bal_status st = BAL_OK;

    *out = NULL;
    for (int i = 0; !st && i < count; i++) st = cut_name(&t, paths[i], i);
    if (!st) st = guess(out, &t, count);
    free(t.item);
    return st;
}
