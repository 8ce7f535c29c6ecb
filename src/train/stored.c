/* stored -- see include/ballast/stored.h. */
#include "ballast/stored.h"
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"

enum { SCALINGS = 6, POINT = 9 }; /* numbers of each */

bal_status bal_stored_put_scaling(bal_checkpoint *c, const bal_scaling *s)
{
    char text[160];
    snprintf(text, sizeof text, "%.9g %.9g %.9g %.9g %.9g %.9g", (double)s->mean[0], (double)s->mean[1],
             (double)s->mean[2], (double)s->deviation[0], (double)s->deviation[1], (double)s->deviation[2]);
    return bal_checkpoint_note(c, "scaling", text);
}

/* Reads `count` numbers; false where there are fewer. */
static bool read_floats(float *out, int count, const char *text)
{
    for (int i = 0; i < count; i++) {
        char *end;
        out[i] = strtof(text, &end);
        if (end == text) return false;
        text = end;
    }
    return true;
}

bal_status bal_stored_get_scaling(bal_scaling *s, const bal_checkpoint *c, const char *path)
{
    const char *text = bal_checkpoint_find_note(c, "scaling");
    float       v[SCALINGS];
    if (!text || !read_floats(v, SCALINGS, text))
        return bal_fail(BAL_EIO, "%s: does not say how images are scaled; ballast did not write it", path);
    *s = (bal_scaling){{v[0], v[1], v[2]}, {v[3], v[4], v[5]}};
    return BAL_OK;
}

bal_status bal_stored_put_point(bal_checkpoint *c, const bal_threshold *t)
{
    char text[256] = "";
    if (t)
        snprintf(text, sizeof text, "%d %.17g %d %.17g %.17g %.17g %.17g %d %d", t->goal.want, t->goal.value,
                 t->positive, t->threshold, t->recall, t->precision, t->specificity, t->positives, t->negatives);
    return bal_checkpoint_note(c, "operating_point", text);
}

bal_status bal_stored_get_point(bal_threshold *t, bool *there, const bal_checkpoint *c, int classes, const char *path)
{
    const char *text = bal_checkpoint_find_note(c, "operating_point");
    double      v[POINT];
    int         n = 0;
    *there = text && *text;
    if (!*there) return BAL_OK;
    for (char *end; n < POINT; n++, text = end) {
        v[n] = strtod(text, &end);
        if (end == text) break;
    }
    bool whole = n == POINT && (v[0] == BAL_WANT_RECALL || v[0] == BAL_WANT_PRECISION) && v[2] >= 0 && v[2] < classes &&
                 v[3] >= 0 && v[3] <= 1 && v[7] >= 0 && v[7] <= INT_MAX && v[8] >= 0 && v[8] <= INT_MAX;
    if (!whole) return bal_fail(BAL_EIO, "%s: its operating point is damaged; ballast did not write it", path);
    *t = (bal_threshold){{(bal_want)v[0], v[1]}, (int)v[2], v[3], v[4], v[5], v[6], (int)v[7], (int)v[8]};
    return BAL_OK;
}

bal_status bal_stored_put_decision(bal_checkpoint *c, double t, const double *offset, int classes)
{
    enum { WIDEST = 32 };
    size_t size = ((size_t)classes + 2) * WIDEST, at = 0;
    if (t == 1 && !offset) return bal_checkpoint_note(c, "decision", "");
    char *text = malloc(size);
    if (!text) return bal_fail(BAL_ENOMEM, "no memory for a checkpoint");
    at += (size_t)snprintf(text, size, "%.17g", t);
    for (int k = 0; offset && k < classes; k++) at += (size_t)snprintf(text + at, size - at, " %.17g", offset[k]);
    bal_status st = bal_checkpoint_note(c, "decision", text);
    free(text);
    return st;
}

/* Reads numbers to the end of the text, `most` at most; -1: something else stands there. */
static int read_doubles(double *out, int most, const char *text)
{
    for (int n = 0;; n++) {
        char  *end;
        double v = strtod(text, &end);
        if (end == text) return *text ? -1 : n;
        if (n == most || !isfinite(v)) return -1;
        out[n] = v;
        text = end;
    }
}

bal_status bal_stored_get_decision(double *t, double **offset, const bal_checkpoint *c, int classes, const char *path)
{
    const char *text = bal_checkpoint_find_note(c, "decision");
    *t = 1;
    *offset = NULL;
    if (!text || !*text) return BAL_OK;
    double *v = malloc(((size_t)classes + 1) * sizeof *v);
    if (!v) return bal_fail(BAL_ENOMEM, "no memory for a decision");
    int  n = read_doubles(v, classes + 1, text);
    bool whole = (n == 1 || n == classes + 1) && v[0] > 0;
    if (whole) *t = v[0];
    if (whole && n > 1) memmove(*offset = v, v + 1, (size_t)classes * sizeof *v);
    else free(v);
    return whole ? BAL_OK : bal_fail(BAL_EIO, "%s: its decision is damaged; ballast did not write it", path);
}

bal_status bal_stored_put_validated(bal_checkpoint *c, double balanced_accuracy)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", balanced_accuracy);
    return bal_checkpoint_note(c, "validated", isnan(balanced_accuracy) ? "" : text);
}

double bal_stored_get_validated(const bal_checkpoint *c)
{
    const char *text = bal_checkpoint_find_note(c, "validated");
    double      v = text && *text ? strtod(text, NULL) : (double)NAN;
    return v >= 0 && v <= 1 ? v : (double)NAN;
}

bal_status bal_stored_put_figures(bal_checkpoint *c, const float *figures, int count)
{
    enum { WIDEST = 24 };
    size_t size = (size_t)count * WIDEST + 1, at = 0;
    char  *text = malloc(size);
    if (!text) return bal_fail(BAL_ENOMEM, "no memory for a checkpoint");
    text[0] = '\0';
    for (int i = 0; i < count; i++) at += (size_t)snprintf(text + at, size - at, "%a ", (double)figures[i]);
    bal_status st = bal_checkpoint_note(c, "figures", text);
    free(text);
    return st;
}

bal_status bal_stored_get_figures(float *figures, int count, const bal_checkpoint *c)
{
    const char *text = bal_checkpoint_find_note(c, "figures");
    if (text && read_floats(figures, count, text)) return BAL_OK;
    return bal_fail(BAL_EIO, "the checkpoint lacks the figures of %d steps; batch and log cannot change on the way",
                    count);
}

/* Names are separated by line feeds; one inside a name is written as a blank. */
bal_status bal_stored_put_classes(bal_checkpoint *c, const bal_dataset *data)
{
    char *names = bal_format("%s", "");
    for (int i = 0; names && i < bal_dataset_class_count(data); i++) {
        char  *longer = bal_format("%s%s\n", names, bal_dataset_class(data, i));
        size_t n = strlen(names);
        free(names);
        names = longer;
        for (char *p = names ? names + n : NULL; p && p[0] && p[1]; p++)
            if (*p == '\n') *p = ' ';
    }
    bal_status st = names ? bal_checkpoint_note(c, "classes", names) : bal_fail(BAL_ENOMEM, "no memory for names");
    free(names);
    return st;
}

bal_status bal_stored_get_classes(char ***names, int *count, const bal_checkpoint *c, const char *path)
{
    const char *text = bal_checkpoint_find_note(c, "classes");
    int         lines = 0;
    *count = 0;
    for (const char *p = text; p && *p; p++) lines += *p == '\n';
    if (!lines) return bal_fail(BAL_EIO, "%s: names no classes; ballast did not write it", path);
    *names = calloc((size_t)lines, sizeof **names);
    for (const char *p = text; *names && *count < lines; p = strchr(p, '\n') + 1) {
        char *name = bal_format("%.*s", (int)strcspn(p, "\n"), p);
        if (!name) break;
        (*names)[(*count)++] = name;
    }
    return *count == lines ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for names");
}

bal_status bal_stored_first_weights(bal_net *net, const char *path)
{
    bal_checkpoint *c;
    if (!path) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&c, path));
    bal_status st = bal_checkpoint_get_net(c, "", net, NULL, NULL);
    bal_checkpoint_free(c);
    return st;
}

int bal_stored_step(const char *folder, const char *key)
{
    char           *path = bal_path_join(folder, "last.safetensors");
    bal_checkpoint *c = NULL;
    long            step = 0;
    if (path && bal_file_exists(path) && bal_checkpoint_read(&c, path) == BAL_OK) {
        const char *text = bal_checkpoint_find_note(c, key);
        step = text ? strtol(text, NULL, 10) : 0;
    }
    bal_checkpoint_free(c);
    free(path);
    return step < 0 || step > INT_MAX ? 0 : (int)step;
}
