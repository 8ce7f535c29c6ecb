/* dataset -- settings, opening in steps, and access. */
#include "ballast/dataset.h"

#include <assert.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "dataset_parts.h"

#define ROW(member, kind, def, min, max, help) BAL_OPT(bal_dataset_options, member, kind, def, min, max, help)
#define CHOICE(member, def, words, help) BAL_OPT_CHOICE(bal_dataset_options, member, def, words, help)
#define TEXT(member, def, help) BAL_OPT_TEXT(bal_dataset_options, member, def, help)

const bal_option bal_dataset_option_table[] = {
    BAL_OPT_TEXT_REQUIRED(bal_dataset_options, source,
                          "where images come from, then its options: folder, manifest, npz, phantom"),
    TEXT(path, NULL, "folder or file of the source, relative to the configuration's folder"),
    TEXT(group, NULL,
         "POSIX regular expression on file names; images with the same match (or first subexpression) never part"),
    TEXT(positive, NULL, "the class that matters; without it the rarest"),
    ROW(size, BAL_INT, 64, 4, 1024, "side of the images that a net sees, in pixels"),
    ROW(channels, BAL_INT, 3, 1, 3, "1 grey or 3 RGB"),
    CHOICE(resize, BAL_STRETCH, "stretch|fit|crop", "to a square: stretched, padded with black, or the middle"),
    CHOICE(scale, BAL_SCALE_AUTO, "auto|unit|tanh|standard",
           "pixels to 0..1, to -1..1, or by mean and deviation of the training part"),
    TEXT(split, "8:1:1", "shares of train, validation and test"),
    ROW(folds, BAL_INT, 0, 0, 100,
        "instead of a split: this many folds, one for test, the next for validation; 0: no folds"),
    ROW(fold, BAL_INT, 0, 0, 99, "the fold for test"),
    ROW(imbalance, BAL_INT, 0, 0, 1 << 20,
        "keep one image of `positive` for every so many others in train and validation; 0: all"),
    CHOICE(duplicates, 0, "keep|drop",
           "drop: take copies, and what leaks into validation or test, out of the training part"),
    CHOICE(on_error, 0, "stop|skip", "what to do about images that cannot be read"),
    ROW(cache, BAL_INT, 2048, 0, 1 << 20, "memory for decoded images, in MiB; beyond it they are decoded again"),
    BAL_OPT_END};

static bal_where where(const bal_section *section, const char *key)
{
    const bal_entry *entry = section ? bal_section_find(section, key) : NULL;
    if (entry) return entry->at;
    return section ? section->at : (bal_where){"[data]", 0};
}

static bal_status check_source(const bal_data_def **out, const bal_dataset_options *o, bal_where at)
{
    char        name[64], all[512] = "", *end = all;
    const char *rest, *names[64] = {NULL};

    bal_line_split(o->source, name, sizeof name, &rest);
    if ((*out = bal_data_find(name))) return BAL_OK;
    for (int i = 0; bal_data_defs[i] && i < 63; i++) {
        names[i] = bal_data_defs[i]->name;
        end += snprintf(end, (size_t)(all + sizeof all - end), "%s%s", i ? ", " : "", names[i]);
        if (end >= all + sizeof all) break;
    }
    const char *near = bal_nearest(name, names);
    if (near)
        return bal_fail_at(at, "there is no data source \"%s\"; did you mean \"%s\"? There are %s", name, near, all);
    return bal_fail_at(at, "there is no data source \"%s\"; there are %s", name, all);
}

static bal_status check_group(regex_t *regex, const char *group, bal_where at)
{
    char why[256];
    int  code = regcomp(regex, group, REG_EXTENDED);

    if (code == 0) return BAL_OK;
    regerror(code, regex, why, sizeof why);
    return bal_fail_at(at, "group \"%s\" is not a POSIX extended regular expression: %s", group, why);
}

static bal_status check_options(const bal_dataset_options *o, const bal_section *s)
{
    bal_ratios ratios;
    regex_t    regex;

    if (o->channels == 2) return bal_fail_at(where(s, "channels"), "channels = 2: 1 (grey) or 3 (RGB) is allowed");
    if (!bal_ratios_parse(&ratios, o->split))
        return bal_fail_at(where(s, "split"),
                           "split \"%s\" is not of the form train:validation:test, such as 8:1:1, with train above 0",
                           o->split);
    if (o->folds == 1 || o->folds == 2)
        return bal_fail_at(where(s, "folds"), "folds = %d: 0 (none) or at least 3 is allowed", o->folds);
    if (o->folds && o->fold >= o->folds)
        return bal_fail_at(where(s, "fold"), "fold = %d: 0 to %d is allowed with folds = %d", o->fold, o->folds - 1,
                           o->folds);
    if (!o->folds && o->fold) return bal_fail_at(where(s, "fold"), "fold is given, but not folds");
    if (!o->group) return BAL_OK;
    BAL_TRY(check_group(&regex, o->group, where(s, "group")));
    regfree(&regex);
    return BAL_OK;
}

/* The source's private struct with its options; *self and *pool are the caller's. */
static bal_status parse_source(void **self, bal_option_pool **pool, const bal_data_def *def,
                               const bal_dataset_options *o, bal_where at)
{
    char        name[64], what[96];
    const char *rest;

    bal_line_split(o->source, name, sizeof name, &rest);
    snprintf(what, sizeof what, "source %s", def->name);
    *self = calloc(1, def->size ? def->size : 1);
    if (!*self) return bal_fail(BAL_ENOMEM, "no memory for %s", what);
    return bal_option_parse(def->options, *self, pool, what, rest, at);
}

bal_status bal_dataset_check(const bal_config *config)
{
    const bal_section  *s = bal_config_find(config, "data");
    bal_dataset_options o;
    const bal_data_def *def;
    bal_option_pool    *pool = NULL;
    void               *self = NULL;

    BAL_TRY(bal_section_fill(s, "data", bal_dataset_option_table, NULL, &o));
    BAL_TRY(check_source(&def, &o, where(s, "source")));
    BAL_TRY(check_options(&o, s));
    bal_status st = parse_source(&self, &pool, def, &o, where(s, "source"));
    bal_option_pool_free(pool);
    free(self);
    return st;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bal_status own(bal_dataset *ds, int i, const char **text)
{
    if (!*text) return BAL_OK;
    if (!(ds->owned[i] = bal_format("%s", *text)))
        return bal_fail(BAL_ENOMEM, "no memory for the settings of the data");
    *text = ds->owned[i];
    return BAL_OK;
}

/* Copy the texts; resolve the path: against the file's folder, or as it stands after --set. */
static bal_status keep_options(bal_dataset *ds, const bal_section *s)
{
    bal_dataset_options *o = &ds->options;
    const bal_entry     *path = s ? bal_section_find(s, "path") : NULL;

    BAL_TRY(own(ds, 0, &o->source));
    BAL_TRY(own(ds, 1, &o->group));
    BAL_TRY(own(ds, 2, &o->positive));
    BAL_TRY(own(ds, 3, &o->split));
    if (!path || path->at.line == 0) return own(ds, 4, &o->path);
    char *folder = bal_path_folder(path->at.file);
    ds->owned[4] = folder ? bal_path_join(strcmp(folder, ".") == 0 ? "" : folder, o->path) : NULL;
    free(folder);
    o->path = ds->owned[4];
    return o->path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for the settings of the data");
}

/* Often it has moved since the file was written, or a run made. */
static bal_status check_path(const char *path, bal_where at)
{
    if (!path || bal_file_exists(path) || bal_folder_exists(path)) return BAL_OK;
    return bal_fail_at(at, "[data] path: there is no file or folder %s%s", path,
                       at.line > 0 ? "; give the right one here, or by --set data.path=PATH" : "");
}

static bal_status list_items(bal_dataset *ds, const bal_section *s, uint64_t seed)
{
    const bal_data_def *def;

    BAL_TRY(check_source(&def, &ds->options, where(s, "source")));
    BAL_TRY(parse_source(&ds->data.self, &ds->pool, def, &ds->options, where(s, "source")));
    ds->data.def = def;
    ds->data.at = where(s, "source");
    ds->data.path = ds->options.path;
    ds->data.seed = seed;
    ds->data.size = ds->options.size;
    BAL_TRY(check_path(ds->data.path, where(s, "path")));
    BAL_TRY(def->open(&ds->data));
    return ds->data.count ? BAL_OK : bal_fail(BAL_EIO, "source %s gives no images", def->name);
}

static bal_status set_group(bal_item *item, const regex_t *regex)
{
    regmatch_t  match[2] = {{-1, -1}, {-1, -1}};
    const char *name = bal_path_name(item->path);

    free(item->group);
    item->group = NULL;
    if (regexec(regex, name, 2, match, 0) != 0) return BAL_OK;
    const regmatch_t *m = regex->re_nsub > 0 && match[1].rm_so >= 0 ? &match[1] : &match[0];
    item->group = bal_format("%.*s", (int)(m->rm_eo - m->rm_so), name + m->rm_so);
    return item->group ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for groups");
}

static bal_status set_groups(bal_dataset *ds, const bal_section *s)
{
    regex_t    regex;
    bal_status st = BAL_OK;

    if (!ds->options.group) return BAL_OK;
    BAL_TRY(check_group(&regex, ds->options.group, where(s, "group")));
    for (int i = 0; !st && i < ds->data.count; i++) st = set_group(&ds->data.items[i], &regex);
    regfree(&regex);
    return st;
}

static bal_status choose_positive(bal_dataset *ds, const bal_section *s)
{
    const bal_data *d = &ds->data;
    int            *counts = calloc((size_t)d->class_count + 1, sizeof *counts);

    if (!counts) return bal_fail(BAL_ENOMEM, "no memory for %d classes", d->class_count);
    for (int i = 0; i < ds->count; i++)
        if (ds->sample[i].label >= 0) counts[ds->sample[i].label]++;
    ds->positive = 0;
    for (int c = 1; c < d->class_count; c++)
        if (counts[c] && (counts[c] < counts[ds->positive] || !counts[ds->positive])) ds->positive = c;
    free(counts);
    if (!ds->options.positive) return BAL_OK;
    ds->positive = bal_dataset_find_class(ds, ds->options.positive);
    if (ds->positive >= 0) return BAL_OK;
    const char *names[64] = {NULL};
    for (int c = 0; c < d->class_count && c < 63; c++) names[c] = d->classes[c];
    const char *near = bal_nearest(ds->options.positive, names);
    return bal_fail_at(where(s, "positive"), "positive = %s: there is no such class; %s \"%s\"%s", ds->options.positive,
                       near ? "did you mean" : "the first one is",
                       near             ? near
                       : d->class_count ? d->classes[0]
                                        : "",
                       near ? "?" : "");
}

static bal_status fill_from(bal_dataset *ds, const bal_config *config, uint64_t seed)
{
    const bal_section *s = bal_config_find(config, "data");

    BAL_TRY(bal_dataset_check(config));
    BAL_TRY(bal_section_fill(s, "data", bal_dataset_option_table, NULL, &ds->options));
    BAL_TRY(keep_options(ds, s));
    BAL_TRY(list_items(ds, s, seed));
    BAL_TRY(set_groups(ds, s));
    BAL_TRY(bal_dataset_scan(ds));
    BAL_TRY(choose_positive(ds, s));
    BAL_TRY(bal_dataset_link(ds));
    BAL_TRY(bal_dataset_report(ds));
    return bal_dataset_split(ds, seed, ds->options.folds ? ds->options.fold : -1);
}

bal_status bal_dataset_inspect(bal_dataset **out, const bal_config *config, uint64_t seed)
{
    bal_dataset *ds = calloc(1, sizeof *ds);

    *out = NULL;
    if (!ds) return bal_fail(BAL_ENOMEM, "no memory for a data set");
    bal_status st = fill_from(ds, config, seed);
    if (st) bal_dataset_close(ds);
    else *out = ds;
    return st;
}

bal_status bal_dataset_open(bal_dataset **out, const bal_config *config, uint64_t seed)
{
    BAL_TRY(bal_dataset_inspect(out, config, seed));
    bal_dataset *ds = *out;
    int          skip = ds->options.on_error;
    if (!ds->unreadable) return BAL_OK;
    if (skip && ds->count) {
        bal_warn("%d of %d images cannot be read and are left out; ballast check names them", ds->unreadable,
                 ds->data.count);
        return BAL_OK;
    }
    const char *first = NULL;
    for (int i = 0; i < ds->data.count; i++) {
        if (!ds->reason[i]) continue;
        if (!first) first = ds->reason[i];
        bal_log(BAL_LOG_ERROR, "%s", ds->reason[i]);
    }
    bal_status st = bal_fail(BAL_EIO, "%d of %d images cannot be read%s, the first: %s", ds->unreadable, ds->data.count,
                             skip ? "" : " (on_error = skip goes on without them)", first);
    bal_dataset_close(ds);
    *out = NULL;
    return st;
}

void bal_dataset_close(bal_dataset *ds)
{
    if (!ds) return;
    for (int i = 0; ds->reason && i < ds->data.count; i++) free(ds->reason[i]);
    for (int i = 0; i < ds->finding_count; i++) free((char *)(uintptr_t)ds->findings[i].text);
    bal_dataset_drop_generated(ds);
    bal_data_free(&ds->data);
    bal_option_pool_free(ds->pool);
    for (size_t i = 0; i < sizeof ds->owned / sizeof *ds->owned; i++) free(ds->owned[i]);
    free(ds->item);
    free(ds->sample);
    free(ds->sketch);
    free(ds->cache);
    free(ds->reason);
    free(ds->links);
    free(ds->order);
    free(ds->start);
    free(ds->findings);
    free(ds);
}

/* ---- access ------------------------------------------------------------------------------------------------------ */

const bal_dataset_options *bal_dataset_settings(const bal_dataset *ds) { return &ds->options; }
int                        bal_dataset_count(const bal_dataset *ds) { return ds->count; }
int                        bal_dataset_class_count(const bal_dataset *ds) { return ds->data.class_count; }
int                        bal_dataset_positive(const bal_dataset *ds) { return ds->positive; }

const char *bal_dataset_class(const bal_dataset *ds, int label)
{
    assert(label >= 0 && label < ds->data.class_count);
    return ds->data.classes[label];
}

int bal_dataset_find_class(const bal_dataset *ds, const char *name)
{
    for (int c = 0; c < ds->data.class_count; c++)
        if (strcmp(ds->data.classes[c], name) == 0) return c;
    return -1;
}

const bal_sample *bal_dataset_sample(const bal_dataset *ds, int i)
{
    assert(i >= 0 && i < ds->count + ds->generated_count);
    return i < ds->count ? &ds->sample[i] : &ds->generated[i - ds->count];
}

const bal_finding *bal_dataset_findings(const bal_dataset *ds, int *count)
{
    *count = ds->finding_count;
    return ds->findings;
}

bal_scaling bal_dataset_scaling(const bal_dataset *ds, bool tanh)
{
    bal_scaling s = {{0, 0, 0}, {1, 1, 1}};
    int scale = ds->options.scale == BAL_SCALE_AUTO ? (tanh ? BAL_SCALE_TANH : BAL_SCALE_UNIT) : ds->options.scale;

    for (int c = 0; c < 3; c++) {
        if (scale == BAL_SCALE_TANH) s.mean[c] = s.deviation[c] = 0.5f;
        if (scale == BAL_SCALE_STANDARD) s.mean[c] = ds->mean[c], s.deviation[c] = ds->deviation[c];
    }
    return s;
}

static void unpack(float *out, const uint16_t *packed, const bal_dataset_options *o, const bal_scaling *s)
{
    size_t count = bal_dataset_pixels(o);
    int    channels = o->channels;

    for (size_t i = 0; i < count; i += (size_t)channels)
        for (int c = 0; c < channels; c++)
            out[i + (size_t)c] = ((float)packed[i + (size_t)c] / 65535.0f - s->mean[c]) / s->deviation[c];
}

bal_status bal_dataset_prepare(float *out, const bal_image *image, const bal_dataset_options *options,
                               const bal_scaling *scaling)
{
    uint16_t *packed = malloc(bal_dataset_pixels(options) * sizeof *packed);

    if (!packed) return bal_fail(BAL_ENOMEM, "no memory to prepare an image");
    bal_status st = bal_dataset_pack(packed, image, options);
    if (!st) unpack(out, packed, options, scaling);
    free(packed);
    return st;
}

bal_status bal_dataset_fill(const bal_dataset *ds, int i, float *out, const bal_scaling *scaling)
{
    bal_image image;

    assert(i >= 0 && i < ds->count + ds->generated_count);
    if (i >= ds->count) {
        const uint16_t *packed = ds->generated_pixel + (size_t)(i - ds->count) * bal_dataset_pixels(&ds->options);
        unpack(out, packed, &ds->options, scaling);
        return BAL_OK;
    }
    if (i < ds->cached) {
        unpack(out, ds->cache + (size_t)i * bal_dataset_pixels(&ds->options), &ds->options, scaling);
        return BAL_OK;
    }
    BAL_TRY(ds->data.def->read(&ds->data, ds->item[i], &image));
    bal_status st = bal_dataset_prepare(out, &image, &ds->options, scaling);
    bal_image_free(&image);
    return st;
}
