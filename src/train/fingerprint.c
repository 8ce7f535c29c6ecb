/* fingerprint -- see include/ballast/fingerprint.h. */
#include "ballast/fingerprint.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ballast/files.h"
#include "dataset_parts.h"

/* ---- where the images come from ---------------------------------------------------------------------------------- */

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcasecmp(text + n - m, end) == 0;
}

/* The name in the path's folder that is nearest to a path that is not there. malloc'd, or NULL. */
static char *nearest_path(const char *path)
{
    bal_names   names = {0};
    const char *near = NULL;
    char       *folder = bal_path_folder(path), *out = NULL;

    if (folder && bal_folder_exists(folder) && bal_folder_list(&names, folder) == BAL_OK &&
        bal_names_add(&names, "") == BAL_OK) {
        free(names.name[--names.count]);
        names.name[names.count] = NULL; /* ends the list */
        near = bal_nearest(bal_path_name(path), (const char *const *)names.name);
    }
    if (near) out = strcmp(folder, ".") == 0 ? bal_format("%s", near) : bal_path_join(folder, near);
    bal_names_free(&names);
    free(folder);
    return out;
}

static bal_status fail_missing(const char *path)
{
    char      *near = nearest_path(path);
    bal_status st = near ? bal_fail(BAL_EIO, "%s: there is no such file or folder; did you mean %s?", path, near)
                         : bal_fail(BAL_EIO, "%s: there is no such file or folder", path);
    free(near);
    return st;
}

static bool is_run(const char *path)
{
    char *config = bal_path_join(path, "config.ini");
    bool  is = config && bal_file_exists(config);
    free(config);
    return is;
}

static bal_status choose_source(bal_fingerprint *f)
{
    const char *path = f->path;

    if (bal_folder_exists(path)) {
        if (is_run(path)) return bal_fail(BAL_EIO, "%s: is the folder of a run, not of images", path);
        f->source = "folder";
    } else if (!bal_file_exists(path)) return fail_missing(path);
    else if (ends(path, ".npz")) f->source = "npz";
    else if (ends(path, ".csv")) f->source = "manifest";
    else
        return bal_fail(BAL_EIO,
                        "%s: expected a folder with a folder of images for each class, an .npz file in MedMNIST's "
                        "layout, or a .csv file of path,label",
                        path);
    return BAL_OK;
}

/* Settings that read everything and decide nothing. */
static bal_status open_data(bal_dataset **ds, const bal_fingerprint *f)
{
    char        text[128];
    bal_config *config;

    snprintf(text, sizeof text, "[data]\nsource = %s\nsize = 8\nchannels = 1\ncache = 0\non_error = skip\n", f->source);
    BAL_TRY(bal_config_parse(&config, "ballast plan", text));
    bal_status st = bal_config_put(config, "data.path", f->path, (bal_where){"ballast plan", 0});
    if (!st) st = bal_dataset_inspect(ds, config, 1);
    bal_config_free(config);
    return st;
}

/* ---- counts ------------------------------------------------------------------------------------------------------ */

/* Why the first image that cannot be read cannot. */
static const char *first_reason(const bal_dataset *ds)
{
    for (int i = 0; i < ds->data.count; i++)
        if (ds->reason[i]) return ds->reason[i];
    return "";
}

static bal_status fail_unreadable(const bal_fingerprint *f, const bal_dataset *ds)
{
    return bal_fail(BAL_EIO, "%s: none of %d images can be read, the first: %s", f->path, ds->data.count,
                    first_reason(ds));
}

static bal_status count_classes(bal_fingerprint *f, const bal_dataset *ds)
{
    f->classes = calloc((size_t)ds->data.class_count + 1, sizeof *f->classes);
    if (!f->classes) return bal_fail(BAL_ENOMEM, "no memory for %d classes", ds->data.class_count);
    for (int c = 0; c < ds->data.class_count; c++) {
        if (!(f->classes[c].name = bal_format("%s", ds->data.classes[c])))
            return bal_fail(BAL_ENOMEM, "no memory for %d classes", ds->data.class_count);
        f->class_count++;
    }
    for (int i = 0; i < ds->count; i++) {
        if (ds->sample[i].label < 0) f->unlabelled++;
        else f->classes[ds->sample[i].label].images++;
    }
    f->rarest = ds->positive;
    for (int c = 1; c < f->class_count; c++)
        if (f->classes[c].images > f->classes[f->commonest].images) f->commonest = c;
    return BAL_OK;
}

static int with_images(const bal_fingerprint *f)
{
    int n = 0;
    for (int c = 0; c < f->class_count; c++) n += f->classes[c].images > 0;
    return n;
}

/* The folder of the one class may be what holds the classes. */
static bal_status fail_one_class(const bal_fingerprint *f, const bal_dataset *ds)
{
    const char *name = f->classes[f->commonest].name;

    if (f->class_count > 1) /* by label alone: none of its images can be read */
        return bal_fail(BAL_EIO,
                        "%s: all images that can be read are of one class, \"%s\"; %d cannot be read, the first: %s",
                        f->path, name, f->unreadable, first_reason(ds));
    if (strcmp(f->source, "folder") == 0)
        return bal_fail(
            BAL_EIO,
            "%s: all images are of one class, \"%s\"; expected a folder for each of two or more classes. If "
            "they lie deeper, name the folder that holds them",
            f->path, name);
    return bal_fail(BAL_EIO, "%s: all images are of one class, \"%s\"; a classifier needs two or more", f->path, name);
}

static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static bal_status measure_images(bal_fingerprint *f, const bal_dataset *ds)
{
    int *side = malloc(((size_t)ds->count + 1) * sizeof *side);

    if (!side) return bal_fail(BAL_ENOMEM, "no memory for sizes of %d images", ds->count);
    for (int i = 0; i < ds->count; i++) {
        const bal_sample *s = &ds->sample[i];
        side[i] = s->width < s->height ? s->width : s->height;
        f->stored_in_colour += s->channels == 3;
        f->coloured += s->colour;
    }
    qsort(side, (size_t)ds->count, sizeof *side, by_value);
    f->side_least = side[0];
    f->side_middle = side[ds->count / 2];
    f->side_most = side[ds->count - 1];
    free(side);
    return BAL_OK;
}

static bal_part given(const bal_dataset *ds, int i) { return ds->data.items[ds->item[i]].part; }

static void count_links(bal_fingerprint *f, const bal_dataset *ds)
{
    for (int i = 0; i < ds->count; i++) f->given[given(ds, i)]++;
    for (int i = 0; i < ds->link_count; i++) {
        const bal_link *l = &ds->links[i];
        if (l->kind == BAL_SAME_GROUP) continue;
        f->copies += l->kind == BAL_SAME_BYTES;
        f->near += l->kind == BAL_SIMILAR;
        f->leaks += given(ds, l->a) != given(ds, l->b);
        f->contradictions += ds->sample[l->a].label != ds->sample[l->b].label;
    }
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

typedef struct {
    char    *group;
    int      label;
    bal_part part;
} member;

static int by_group(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int           order = strcmp(x->group, y->group);
    if (order) return order;
    return x->label != y->label ? x->label - y->label : (int)x->part - (int)y->part;
}

/* From sorted members; images without a group are groups of their own. */
static void count_groups(bal_fingerprint *f, const member *m, int count)
{
    int run = 0;

    f->grouped = count;
    for (int c = 0; c < f->class_count; c++) f->classes[c].groups = f->classes[c].images;
    for (int i = 0; i < count; i++) {
        bool same = i > 0 && strcmp(m[i - 1].group, m[i].group) == 0;
        run = same ? run + 1 : 1;
        f->groups += !same;
        if (run > f->group_most) f->group_most = run;
        if (same && m[i - 1].label == m[i].label && m[i].label >= 0) f->classes[m[i].label].groups--;
        f->group_leaks += same && m[i - 1].part != m[i].part;
    }
}

/* The group of sample i: the source's, or what the expression finds, as the data set would. *out is the caller's. */
static bal_status group_of(char **out, const bal_dataset *ds, int i, const regex_t *regex)
{
    const bal_sample *s = &ds->sample[i];
    const char       *name = bal_path_name(s->path);
    regmatch_t        m;

    *out = NULL;
    if (!regex && !s->group) return BAL_OK;
    if (!regex) *out = bal_format("%s", s->group);
    else if (regexec(regex, name, 1, &m, 0) == 0) *out = bal_format("%.*s", (int)(m.rm_eo - m.rm_so), name + m.rm_so);
    else return BAL_OK;
    return *out ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for groups");
}

static bal_status look_at_groups(bal_fingerprint *f, const bal_dataset *ds, const regex_t *regex)
{
    member    *m = calloc((size_t)ds->count + 1, sizeof *m);
    bal_status st = m ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for groups");
    int        n = 0;

    for (int i = 0; !st && i < ds->count; i++) {
        m[n] = (member){NULL, ds->sample[i].label, given(ds, i)};
        st = group_of(&m[n].group, ds, i, regex);
        n += m[n].group != NULL;
    }
    if (!st && n) qsort(m, (size_t)n, sizeof *m, by_group);
    f->groups = f->grouped = f->group_most = f->group_leaks = 0;
    if (!st) count_groups(f, m, n);
    for (int i = 0; i < n; i++) free(m[i].group);
    free(m);
    return st;
}

static bal_status look_by_expression(bal_fingerprint *f, const bal_dataset *ds, const char *text)
{
    regex_t regex;

    if (regcomp(&regex, text, REG_EXTENDED) != 0) return bal_fail(BAL_ECONFIG, "%s: no POSIX expression", text);
    bal_status st = look_at_groups(f, ds, &regex);
    regfree(&regex);
    return st;
}

/* Fewer groups than parts: the class would be missing from one. */
static bool divides(const bal_fingerprint *f)
{
    for (int c = 0; c < f->class_count; c++)
        if (f->classes[c].images >= BAL_GROUPS_LEAST && f->classes[c].groups < BAL_GROUPS_LEAST) return false;
    return true;
}

static bal_status guess(char **out, const bal_dataset *ds)
{
    const char **paths = malloc(((size_t)ds->count + 1) * sizeof *paths);

    if (!paths) return bal_fail(BAL_ENOMEM, "no memory for %d names", ds->count);
    for (int i = 0; i < ds->count; i++) paths[i] = ds->sample[i].path;
    bal_status st = bal_fingerprint_guess_group(out, paths, ds->count);
    free((void *)paths);
    return st;
}

static bal_status find_groups(bal_fingerprint *f, const bal_dataset *ds)
{
    BAL_TRY(look_at_groups(f, ds, NULL));
    f->group_column = f->grouped > 0;
    if (f->group_column || !ds->data.folder) return BAL_OK;
    BAL_TRY(guess(&f->group, ds));
    if (!f->group) return BAL_OK;
    BAL_TRY(look_by_expression(f, ds, f->group));
    if (divides(f)) return BAL_OK;
    f->unused_group = f->group;
    f->group = NULL;
    return look_at_groups(f, ds, NULL);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bal_status take(bal_fingerprint *f, const bal_dataset *ds)
{
    f->images = ds->count;
    f->unreadable = ds->unreadable;
    f->passed_over = ds->data.passed_over;
    if (ds->count == 0) return fail_unreadable(f, ds);
    BAL_TRY(count_classes(f, ds));
    if (f->class_count == 0)
        return bal_fail(BAL_EIO, "%s: no image has a label; a column named label gives them", f->path);
    if (with_images(f) < 2) return fail_one_class(f, ds);
    BAL_TRY(measure_images(f, ds));
    count_links(f, ds);
    return find_groups(f, ds);
}

bal_status bal_fingerprint_take(bal_fingerprint *out, const char *path)
{
    bal_dataset *ds = NULL;
    size_t       n = strlen(path);

    *out = (bal_fingerprint){0};
    while (n > 1 && path[n - 1] == '/') n--;
    if (!(out->path = bal_format("%.*s", (int)n, path))) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY(choose_source(out));
    BAL_TRY(open_data(&ds, out));
    bal_status st = take(out, ds);
    bal_dataset_close(ds);
    return st;
}

void bal_fingerprint_free(bal_fingerprint *f)
{
    if (!f) return;
    for (int c = 0; c < f->class_count; c++) free(f->classes[c].name);
    free(f->classes);
    free(f->path);
    free(f->group);
    free(f->unused_group);
    *f = (bal_fingerprint){0};
}
