/* man -- the manual pages, for the build: `ballast man ballast-train`, or all of them into a folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/_pages.h"
#include "cli/_topics.h"

typedef struct {
    const char *date, *share;
} man;

static const bal_option options[] = {
    BAL_OPT_TEXT(man, date, "2026-01-01", "date of the pages"),
    BAL_OPT_TEXT(man, share, "/usr/local/share/ballast", "folder of what is installed with the program"),
    BAL_OPT_END,
};

typedef void (*writer)(FILE *to, const bal_page *page);

static bal_status write_page(const char *folder, const char *name, writer write, const bal_page *page)
{
    bal_file_writer w = {0};
    char           *path = bal_path_join(folder, name);
    bal_status      st = path ? bal_file_create(&w, path) : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st) {
        write(w.file, page);
        st = bal_file_commit(&w);
    }
    free(path);
    return st;
}

static bal_status write_all(const char *folder, bal_page *page)
{
    char name[64];

    BAL_TRY(bal_folder_create(folder));
    BAL_TRY(write_page(folder, "ballast.1", bal_page_program, page));
    BAL_TRY(write_page(folder, "ballast.ini.5", bal_page_settings, page));
    for (const bal_verb *const *v = bal_verbs; *v; v++) {
        if (bal_verb_hidden(*v)) continue;
        page->subject = *v;
        snprintf(name, sizeof name, "ballast-%s.1", (*v)->name);
        BAL_TRY(write_page(folder, name, bal_page_verb, page));
    }
    return BAL_OK;
}

static int run(const bal_args *args)
{
    const man  *o = args->own;
    const char *name = args->word_count ? args->word[0] : "ballast";
    bal_page    page = {.date = o->date, .share = o->share};

    if (args->out) return bal_done(write_all(args->out, &page));
    if (strncmp(name, "ballast-", 8) == 0) page.subject = bal_verb_find(name + 8);
    if (strcmp(name, "ballast") == 0) bal_page_program(stdout, &page);
    else if (strcmp(name, "ballast.ini") == 0) bal_page_settings(stdout, &page);
    else if (page.subject) bal_page_verb(stdout, &page);
    else return bal_usage_fault(args, "there is no page \"%s\"", name);
    return BAL_EXIT_DONE;
}

const bal_verb bal_verb_man = {
    .name = "man",
    .group = BAL_VERB_HIDDEN,
    .usage = "[ballast|ballast-VERB|ballast.ini]",
    .help = "print a manual page, or write all of them into the folder --out",
    .takes = BAL_TAKES_OUT,
    .max_words = 1,
    .size = sizeof(man),
    .options = options,
    .run = run,
};
