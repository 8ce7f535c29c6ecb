/* dataset_report -- what there is to say about the data, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "dataset_parts.h"

enum { MOST_NAMED = 20, TINY_CLASS = 30 };

bal_status bal_dataset_add_finding(bal_dataset *ds, bal_severity severity, const char *fmt, ...)
{
    char    text[4096];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (ds->finding_count == ds->finding_capacity) {
        int          room = ds->finding_capacity ? ds->finding_capacity * 2 : 32;
        bal_finding *more = realloc(ds->findings, (size_t)room * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for %d findings", room);
        ds->findings = more;
        ds->finding_capacity = room;
    }
    char *copy = n >= 0 ? bal_format("%s", text) : NULL;
    if (!copy) return bal_fail(BAL_ENOMEM, "no memory for a finding");
    ds->findings[ds->finding_count++] = (bal_finding){severity, copy};
    return BAL_OK;
}

#define INFO(...) BAL_TRY(bal_dataset_add_finding(ds, BAL_FINDING_INFO, __VA_ARGS__))
#define WARN(...) BAL_TRY(bal_dataset_add_finding(ds, BAL_FINDING_WARNING, __VA_ARGS__))

static const char *s_if(int n) { return n == 1 ? "" : "s"; }
static const char *is_are(int n) { return n == 1 ? "is" : "are"; }

/* "NORMAL 235, PNEUMONIA 127" of a part, or of all with BAL_NO_PART. */
static void class_counts(char *out, size_t size, const bal_dataset *ds, bal_part part)
{
    size_t at = 0;

    out[0] = '\0';
    for (int c = 0; c < ds->data.class_count && at < size; c++) {
        int n = 0;
        for (int i = 0; i < ds->count; i++)
            n += ds->sample[i].label == c && (part == BAL_NO_PART || ds->sample[i].part == part);
        at += (size_t)snprintf(out + at, size - at, "%s%s %d", c ? ", " : "", ds->data.classes[c], n);
    }
}

static bal_status report_counts(bal_dataset *ds)
{
    char text[2048];
    int  unlabelled = 0;

    class_counts(text, sizeof text, ds, BAL_NO_PART);
    INFO("%d image%s: %s", ds->count, s_if(ds->count), text);
    for (int i = 0; i < ds->count; i++) unlabelled += ds->sample[i].label < 0;
    if (unlabelled) INFO("%d image%s %s without a label", unlabelled, s_if(unlabelled), is_are(unlabelled));
    if (ds->data.class_count > 1) INFO("positive class: %s", ds->data.classes[ds->positive]);
    int n = ds->data.passed_over;
    if (n) INFO("%d name%s passed over: hidden, of the system, or no image by name", n, s_if(n));
    for (int c = 0; c < ds->data.class_count; c++) {
        int images = 0;
        for (int i = 0; i < ds->count; i++) images += ds->sample[i].label == c;
        if (images < TINY_CLASS)
            WARN("class %s has %d image%s: little to learn from, and figures for it will be uncertain",
                 ds->data.classes[c], images, s_if(images));
    }
    return BAL_OK;
}

static bal_status report_unreadable(bal_dataset *ds)
{
    bool         go_on = ds->options.on_error && ds->count > 0;
    bal_severity severity = go_on ? BAL_FINDING_WARNING : BAL_FINDING_ERROR;
    const char  *then = ds->options.on_error ? " and are left out" : "; on_error = skip goes on without them";

    for (int i = 0; i < ds->data.count; i++)
        if (ds->reason[i]) BAL_TRY(bal_dataset_add_finding(ds, severity, "%s", ds->reason[i]));
    if (!ds->unreadable) return BAL_OK;
    return bal_dataset_add_finding(ds, BAL_FINDING_INFO, "%d of %d images cannot be read%s", ds->unreadable,
                                   ds->data.count, then);
}

static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static bal_status report_sizes(bal_dataset *ds)
{
    int *shorter = malloc(((size_t)ds->count + 1) * sizeof *shorter), smaller = 0, stored = 0, colour = 0;
    int  n = ds->count;
    char grey[48] = "";

    if (!shorter) return bal_fail(BAL_ENOMEM, "no memory for sizes of %d images", n);
    for (int i = 0; i < n; i++) {
        const bal_sample *s = &ds->sample[i];
        shorter[i] = s->width < s->height ? s->width : s->height;
        smaller += shorter[i] < ds->options.size;
        stored += s->channels == 3;
        colour += s->colour;
    }
    qsort(shorter, (size_t)n, sizeof *shorter, by_value);
    int least = n ? shorter[0] : 0, middle = n ? shorter[n / 2] : 0, most = n ? shorter[n - 1] : 0;
    free(shorter);
    if (n == 0) return BAL_OK;
    if (colour < stored) snprintf(grey, sizeof grey, ", %d of which %s grey", stored - colour, is_are(stored - colour));
    INFO("shorter side of the images: %d to %d pixels, median %d; %d of %d stored in colour%s", least, most, middle,
         stored, n, grey);
    if (smaller)
        WARN("%d image%s %s smaller than size = %d and will be enlarged", smaller, s_if(smaller), is_are(smaller),
             ds->options.size);
    return BAL_OK;
}

static const char *label_name(const bal_dataset *ds, int i)
{
    return ds->sample[i].label >= 0 ? ds->data.classes[ds->sample[i].label] : "no label";
}

/* Pairs by name, the first few, then how many more. */
static bal_status report_links(bal_dataset *ds, bal_link_kind kind, const char *one, const char *what)
{
    int n = 0;

    for (int i = 0; i < ds->link_count; i++) n += ds->links[i].kind == kind;
    if (n)
        WARN("%d image%s %s %s of another image; they stay together in a split", n, s_if(n), is_are(n),
             n == 1 ? one : what);
    for (int i = 0, named = 0; i < ds->link_count; i++) {
        const bal_link *l = &ds->links[i];
        if (l->kind != kind) continue;
        const char *a = ds->sample[l->a].path, *b = ds->sample[l->b].path;
        if (ds->sample[l->a].label != ds->sample[l->b].label)
            WARN("%s of each other under two labels: %s (%s), %s (%s)", what, a, label_name(ds, l->a), b,
                 label_name(ds, l->b));
        else if (named++ < MOST_NAMED) INFO("%s of each other: %s, %s", what, a, b);
        else if (named == MOST_NAMED + 1) INFO("%s: more than %d pairs, the rest is not named", what, MOST_NAMED);
    }
    return BAL_OK;
}

static bal_status report_groups(bal_dataset *ds)
{
    int single = 0, largest = 0, groups = 0, *size = calloc((size_t)ds->count + 1, sizeof *size);

    if (!size) return bal_fail(BAL_ENOMEM, "no memory for groups of %d images", ds->count);
    groups = ds->count;
    for (int i = 0; i < ds->count; i++) single += !ds->sample[i].group;
    for (int i = 0; i < ds->link_count; i++) groups -= ds->links[i].kind == BAL_SAME_GROUP;
    for (int i = 0; i < ds->count; i++)
        if (++size[ds->sample[i].cluster] > largest) largest = size[ds->sample[i].cluster];
    free(size);
    if (single < ds->count)
        INFO("%d group%s; %d image%s without a group", groups - single, s_if(groups - single), single, s_if(single));
    if (ds->options.group && single == ds->count) WARN("group \"%s\" matches no file name", ds->options.group);
    if (largest > 1) INFO("the largest cluster of images that stay together has %d", largest);
    if (largest > 10 && largest > ds->count / 10)
        WARN("a cluster of %d images stays together: shares of the split will be uneven", largest);
    return BAL_OK;
}

bal_status bal_dataset_report(bal_dataset *ds)
{
    BAL_TRY(report_unreadable(ds));
    BAL_TRY(report_counts(ds));
    BAL_TRY(report_sizes(ds));
    BAL_TRY(report_links(ds, BAL_SAME_BYTES, "a copy", "copies"));
    BAL_TRY(report_links(ds, BAL_SIMILAR, "a near-duplicate", "near-duplicates"));
    BAL_TRY(report_groups(ds));
    ds->fixed_findings = ds->finding_count;
    return BAL_OK;
}

/* ---- of a split
 * ------------------------------------------------------------------------------------------------------ */

bal_status bal_dataset_report_leaks(bal_dataset *ds)
{
    static const char *const what[] = {"are copies of each other", "are near-duplicates", "are of one group"};
    int                      count[BAL_LINK_KINDS] = {0};

    while (ds->finding_count > ds->fixed_findings) free((char *)(uintptr_t)ds->findings[--ds->finding_count].text);
    for (int i = 0; i < ds->link_count; i++) {
        const bal_link   *l = &ds->links[i];
        const bal_sample *a = &ds->sample[l->a], *b = &ds->sample[l->b];
        if (a->part == b->part) continue;
        if (count[l->kind]++ >= MOST_NAMED) continue;
        WARN("leak: %s (%s) and %s (%s) %s", a->path, bal_part_name(a->part), b->path, bal_part_name(b->part),
             what[l->kind]);
    }
    int n = count[BAL_SAME_BYTES] + count[BAL_SIMILAR] + count[BAL_SAME_GROUP];
    if (!n) return BAL_OK;
    WARN("%d leak%s between the given parts: %d by copies, %d by near-duplicates, %d by groups%s", n, s_if(n),
         count[BAL_SAME_BYTES], count[BAL_SIMILAR], count[BAL_SAME_GROUP],
         ds->options.duplicates ? "" : "; duplicates = drop takes them out of the training part");
    return BAL_OK;
}

static bal_status report_part(bal_dataset *ds, bal_part part)
{
    char       text[2048];
    const int *list;
    int        n = bal_dataset_part(ds, part, -1, &list);

    class_counts(text, sizeof text, ds, part);
    INFO("%s: %d image%s: %s", bal_part_name(part), n, s_if(n), text);
    for (int c = 0; c < ds->data.class_count; c++)
        if (bal_dataset_part(ds, part, c, &list) == 0)
            WARN("%s holds no image of class %s", bal_part_name(part), ds->data.classes[c]);
    return BAL_OK;
}

bal_status bal_dataset_report_split(bal_dataset *ds)
{
    bal_ratios r;
    int        dropped = 0;

    bal_ratios_parse(&r, ds->options.split);
    for (int i = 0; i < ds->count; i++) dropped += ds->sample[i].part == BAL_NO_PART;
    dropped -= ds->thinned;
    if (dropped) INFO("%d image%s taken out of train: duplicates = drop", dropped, s_if(dropped));
    if (ds->thinned)
        INFO("%d image%s of %s taken out of train and validation: imbalance = %d", ds->thinned, s_if(ds->thinned),
             ds->data.classes[ds->positive], ds->options.imbalance);
    for (int p = 0; p < BAL_PARTS; p++) {
        const int *list;
        if (r.part[p] > 0 || ds->options.folds || bal_dataset_part(ds, (bal_part)p, -1, &list) > 0)
            BAL_TRY(report_part(ds, (bal_part)p));
    }
    return BAL_OK;
}
