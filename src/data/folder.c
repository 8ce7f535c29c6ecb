/* folder -- a folder a class, or train, validation and test folders of such; images anywhere below them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "ballast/data.h"
#include "ballast/files.h"

typedef struct {
    dev_t device;
    ino_t number;
} place;

typedef struct {
    place *visited; /* every folder is walked once, so a loop of links ends */
    int    count, capacity;
} folder;

static int is_hidden(const char *name)
{
    static const char *const system[] = {"__MACOSX", "Thumbs.db", "desktop.ini", "$RECYCLE.BIN", "@eaDir"};
    for (size_t i = 0; i < sizeof system / sizeof *system; i++)
        if (strcasecmp(name, system[i]) == 0) return 1;
    return name[0] == '.';
}

/* 1: not walked before, and now noted; 0: walked before; -1: no memory. */
static int visit(folder *f, const struct stat *info)
{
    for (int i = 0; i < f->count; i++)
        if (f->visited[i].device == info->st_dev && f->visited[i].number == info->st_ino) return 0;
    if (f->count == f->capacity) {
        int    room = f->capacity ? f->capacity * 2 : 16;
        place *more = realloc(f->visited, (size_t)room * sizeof *more);
        if (!more) return -1;
        f->visited = more;
        f->capacity = room;
    }
    f->visited[f->count++] = (place){info->st_dev, info->st_ino};
    return 1;
}

/* What a name stands for. Files that cannot be looked at are listed: reading them says why. */
typedef enum { IMAGE, FOLDER, OTHER } kind;

static bal_status look(kind *out, bal_data *d, const char *path, const char *name)
{
    struct stat info;
    char       *full = bal_path_join(d->path, path);

    *out = OTHER;
    if (!full) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
    int found = stat(full, &info) == 0;
    free(full);
    if (is_hidden(name)) return BAL_OK;
    if (found && S_ISDIR(info.st_mode)) {
        int fresh = visit(d->self, &info);
        if (fresh < 0) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
        if (fresh) *out = FOLDER;
    } else if (bal_image_named(name) && (!found || S_ISREG(info.st_mode))) {
        *out = IMAGE;
    }
    return BAL_OK;
}

typedef bal_status visitor(bal_data *d, const char *path, const char *name, kind what, void *user);

/* Calls `each` for every name in a folder below d->path. All names are looked at first: a link deep in one class must
 * not claim the folder of the next. */
static bal_status each_in(bal_data *d, const char *inside, visitor *each, void *user)
{
    bal_names  names = {0};
    bal_status st = BAL_OK;
    char      *full = *inside ? bal_path_join(d->path, inside) : bal_format("%s", d->path), **path = NULL;
    kind      *what = NULL;

    if (!full) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
    BAL_TRY_OR(done, st, bal_folder_list(&names, full));
    path = calloc((size_t)names.count + 1, sizeof *path);
    what = calloc((size_t)names.count + 1, sizeof *what);
    if (!path || !what) BAL_TRY_OR(done, st, bal_fail(BAL_ENOMEM, "%s: no memory to list it", full));
    for (int i = 0; i < names.count; i++) {
        path[i] = bal_path_join(inside, names.name[i]);
        if (!path[i]) BAL_TRY_OR(done, st, bal_fail(BAL_ENOMEM, "%s: no memory to list it", full));
        BAL_TRY_OR(done, st, look(&what[i], d, path[i], names.name[i]));
    }
    for (int i = 0; !st && i < names.count; i++) st = each(d, path[i], names.name[i], what[i], user);
done:
    for (int i = 0; path && i < names.count; i++) free(path[i]);
    free(path);
    free(what);
    bal_names_free(&names);
    free(full);
    return st;
}

typedef struct {
    int      label;
    bal_part part;
} mark;

/* Everything below a class's folder is of the class. */
static bal_status add_image(bal_data *d, const char *path, const char *name, kind what, void *user)
{
    const mark *m = user;
    (void)name;
    if (what == FOLDER) return each_in(d, path, add_image, user);
    if (what == IMAGE) return bal_data_add(d, &(bal_item){(char *)path, m->label, NULL, m->part});
    d->passed_over++;
    return BAL_OK;
}

static bal_status add_class(bal_data *d, const char *path, const char *name, kind what, void *user)
{
    const bal_part *part = user;
    int             images = d->count, classes = d->class_count;

    if (what != FOLDER) {
        d->passed_over++;
        return BAL_OK;
    }
    mark m = {bal_data_class(d, name), *part};
    if (m.label < 0) return BAL_ENOMEM;
    BAL_TRY(each_in(d, path, add_image, &m));
    if (d->count == images && d->class_count > classes) free(d->classes[--d->class_count]); /* no images: no class */
    return BAL_OK;
}

static bal_status add_part(bal_data *d, const char *path, const char *name, kind what, void *user)
{
    bal_part part = bal_part_parse(name);
    (void)user;
    if (what == FOLDER) return each_in(d, path, add_class, &part);
    d->passed_over++;
    return BAL_OK;
}

/* Whether there are part folders, train among them, and no others. */
typedef struct {
    int train, others;
} layout;

static bal_status survey(bal_data *d, const char *path, const char *name, kind what, void *user)
{
    layout *l = user;
    (void)d, (void)path;
    if (what != FOLDER) return BAL_OK;
    if (bal_part_parse(name) == BAL_TRAIN) l->train++;
    if (bal_part_parse(name) == BAL_NO_PART) l->others++;
    return BAL_OK;
}

static bal_status start_over(bal_data *d)
{
    struct stat info;

    ((folder *)d->self)->count = 0;
    d->passed_over = 0;
    if (stat(d->path, &info) != 0) return BAL_OK; /* listing it says why */
    return visit(d->self, &info) < 0 ? bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path) : BAL_OK;
}

/* No folders of classes: the images that lie there are one class, named like the folder. */
static bal_status add_flat(bal_data *d)
{
    size_t n = strlen(d->path);
    while (n > 1 && d->path[n - 1] == '/') n--;
    size_t at = n;
    while (at > 0 && d->path[at - 1] != '/') at--;
    char *name = n > at && d->path[at] != '.' ? bal_format("%.*s", (int)(n - at), d->path + at) : bal_format("images");
    mark  m = {name ? bal_data_class(d, name) : -1, BAL_NO_PART};

    free(name);
    if (m.label < 0) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
    return each_in(d, "", add_image, &m);
}

static bal_status list(bal_data *d)
{
    layout   l = {0};
    bal_part none = BAL_NO_PART;

    if (!d->path) return bal_fail_at(d->at, "path is missing: source = folder needs the folder of images");
    if (!(d->folder = bal_format("%s", d->path))) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
    BAL_TRY(start_over(d));
    BAL_TRY(each_in(d, "", survey, &l));
    BAL_TRY(start_over(d));
    if (l.train && !l.others) BAL_TRY(each_in(d, "", add_part, NULL));
    else BAL_TRY(each_in(d, "", add_class, &none));
    if (d->count == 0) {
        BAL_TRY(start_over(d));
        BAL_TRY(add_flat(d));
    }
    if (d->count == 0)
        return bal_fail(
            BAL_EIO,
            "%s: no images here: expected a folder for each class, or train, validation and test folders of such",
            d->path);
    return bal_data_sort_classes(d);
}

static void forget(bal_data *d) { free(((folder *)d->self)->visited); }

const bal_data_def bal_data_source_folder = {
    "folder",       "a folder of images for each class, or train, validation and test folders of such",
    sizeof(folder), NULL,
    list,           bal_data_decode_file,
    forget};
