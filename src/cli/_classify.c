/* classify -- see _classify.h. */
#include "cli/_classify.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/collapse.h"
#include "ballast/heatmap.h"
#include "ballast/image.h"
#include "ballast/log.h"
#include "ballast/text.h"
#include "cli/progress.h"

static bal_status say(const bal_report *r)
{
    char *text;

    BAL_TRY(bal_speaks_json() ? bal_report_json(&text, r, true) : bal_report_text(&text, r));
    if (bal_speaks_json()) bal_text_json(stdout, text);
    else bal_print(stdout, "%s", text);
    free(text);
    return BAL_OK;
}

bal_status bal_classify_report(const bal_predictions *p, const bal_background *b, const char *folder, uint64_t seed)
{
    bal_report r;

    BAL_TRY(bal_report_make(&r, p, b, seed));
    bal_status st = folder ? bal_report_save(&r, folder) : BAL_OK;
    if (!st && folder) bal_info("%s: report.html, .txt and .json, curves.json and predictions.csv written", folder);
    if (!st) st = say(&r);
    bal_report_free(&r);
    return st;
}

bal_status bal_classify_open(bal_model *out, const bal_classify *how, const char *run)
{
    BAL_TRY(bal_model_open(out, how->dev, run));
    out->likeliest = how->threshold == BAL_THRESHOLD_NONE;
    out->has_point &= !out->likeliest;
    return BAL_OK;
}

/* How the training went, if its log is there: a run's, or that of a part of an experiment. */
static bal_status read_history(bal_history *h, const char *run)
{
    static const char *const places[] = {"classifier/log.csv", "log.csv"};
    bal_status               st = BAL_OK;

    *h = (bal_history){0};
    for (size_t i = 0; i < sizeof places / sizeof *places && !h->count && !st; i++) {
        char *path = bal_path_join(run, places[i]);
        if (!path) st = bal_fail(BAL_ENOMEM, "no memory for a path");
        else if (bal_file_exists(path)) st = bal_history_read(h, path);
        free(path);
    }
    return st;
}

/* What the detector of a collapse has said, beside the log; NULL: nothing. */
static bal_status read_alarms(char **out, const char *run)
{
    static const char *const places[] = {"classifier/collapse.csv", "collapse.csv"};
    bal_status               st = BAL_OK;

    *out = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places && !*out && !st; i++) {
        char *path = bal_path_join(run, places[i]);
        st = path ? bal_collapse_summary(out, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(path);
    }
    return st;
}

/* Beside the log. */
static bal_status draw_history(const bal_history *h, const char *run)
{
    char      *part = bal_path_join(run, "log.csv");
    bool       is_part = part && bal_file_exists(part);
    char      *path = bal_path_join(run, is_part ? "curves.svg" : "classifier/curves.svg");
    bal_status st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st && h->count) st = bal_history_plot(h, path);
    free(part);
    free(path);
    return st;
}

static bal_status report_again(const bal_predictions *p, const bal_background *b, const char *folder, uint64_t seed)
{
    bal_report r;

    BAL_TRY(bal_report_make(&r, p, b, seed));
    bal_status st = bal_report_save(&r, folder);
    bal_report_free(&r);
    return st;
}

bal_status bal_classify_again(const char *folder, uint64_t seed, bool aloud)
{
    bal_history     history = {0};
    bal_background  b = {0};
    bal_predictions p = {0};
    bal_generators  generators = {0};
    char           *path = bal_path_join(folder, "predictions.csv"), *alarms = NULL;
    bal_status      st = path ? bal_predictions_read(&p, path) : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st) st = read_history(&history, folder);
    if (!st) st = draw_history(&history, folder);
    if (!st) st = read_alarms(&alarms, folder);
    if (!st) st = bal_generators_read(&generators, folder);
    if (!st) st = bal_background_read(&b, folder, &p);
    b.history = &history;
    b.alarms = alarms;
    b.generators = &generators;
    if (!st) st = aloud ? bal_classify_report(&p, &b, folder, seed) : report_again(&p, &b, folder, seed);
    bal_background_free(&b);
    bal_history_free(&history);
    bal_predictions_free(&p);
    bal_generators_free(&generators);
    free(path);
    free(alarms);
    return st;
}

bal_status bal_classify_test(const bal_classify *how, const char *run, const bal_dataset *data, const char *folder)
{
    const int      *index;
    bal_model       model;
    bal_predictions p = {0};
    bal_history     history = {0};
    bal_generators  generators = {0};
    char           *alarms = NULL;

    if (bal_dataset_part(data, BAL_TEST, -1, &index) == 0) {
        bal_warn("%s: no test images, so no report", run);
        return BAL_OK;
    }
    BAL_TRY(bal_classify_open(&model, how, run));
    bal_status st = bal_model_classify(&p, &model, data, BAL_TEST);
    if (!st) st = read_history(&history, run);
    if (!st) st = read_alarms(&alarms, run);
    if (!st) st = bal_generators_read(&generators, run);
    if (!st) st = bal_heatmap_examples(folder, &model, &p, data, index);
    bal_background b = bal_model_background(&model, &history);
    b.alarms = alarms;
    b.generators = &generators;
    bal_dataset_leaks(data, b.leaks);
    if (!st) st = bal_classify_report(&p, &b, folder, how->seed);
    bal_history_free(&history);
    bal_predictions_free(&p);
    bal_model_close(&model);
    bal_generators_free(&generators);
    free(alarms);
    return st;
}

/* ---- other images ------------------------------------------------------------------------------------------------ */

static bal_status add_rows(bal_predictions *out, const bal_images *images, const double *p)
{
    for (int i = 0; i < images->count; i++) {
        const double  *row = p + (size_t)i * (size_t)out->class_count;
        bal_prediction add = {.label = -1, .predicted = bal_most_probable(row, out->class_count), .probability = row};
        if (images->describe(images->user, i, &add)) BAL_TRY(bal_predictions_add(out, &add));
    }
    return BAL_OK;
}

/* One of the classifiers that look at a list of images. */
typedef struct {
    const bal_images *images;
    const bal_model  *member;
} looking;

static bal_status fill_for(void *user, int i, float *pixel)
{
    const looking *l = user;
    return l->images->fill(l->images->user, l->member, i, pixel);
}

static bal_status look(bal_predictions *out, const bal_model *member, void *user)
{
    const bal_images *images = user;
    looking           l = {images, member};
    double           *p = calloc((size_t)images->count * (size_t)member->class_count + 1, sizeof *p);
    bal_status        st;

    *out = (bal_predictions){0};
    if (!p) return bal_fail(BAL_ENOMEM, "no memory for predictions of %d images", images->count);
    BAL_TRY_OR(end, st, bal_predictions_init(out, (const char *const *)member->classes, member->class_count, true));
    bal_scorer scorer = bal_model_scorer(member);
    BAL_TRY_OR(end, st, bal_probabilities(p, &scorer, images->count, fill_for, &l));
    BAL_TRY_OR(end, st, add_rows(out, images, p));
end:
    free(p);
    return st;
}

bal_status bal_classify_images(bal_predictions *out, bal_model *m, const bal_images *images)
{
    return bal_model_answer(out, m, look, (void *)(uintptr_t)images);
}

bal_status bal_classify_read(float *pixel, const bal_model *m, const char *path)
{
    bal_image image;

    BAL_TRY(bal_image_read(&image, path));
    bal_status st = bal_dataset_prepare(pixel, &image, &m->setup->data, &m->scaling);
    bal_image_free(&image);
    return st;
}

typedef struct {
    const bal_model   *model;
    const bal_dataset *data;
} whole;

static int find_class(const bal_model *m, const char *name)
{
    for (int k = 0; k < m->class_count; k++)
        if (strcmp(m->classes[k], name) == 0) return k;
    return -1;
}

static bal_status fill_whole(void *user, const bal_model *member, int i, float *pixel)
{
    const whole *w = user;
    return bal_dataset_fill(w->data, i, pixel, &member->scaling);
}

static bool describe_whole(void *user, int i, bal_prediction *row)
{
    const whole      *w = user;
    const bal_sample *s = bal_dataset_sample(w->data, i);

    row->path = s->path;
    row->group = s->group;
    row->label = s->label < 0 ? -1 : find_class(w->model, bal_dataset_class(w->data, s->label));
    return true;
}

bal_status bal_classify_all(bal_predictions *out, bal_model *m, const bal_dataset *data)
{
    whole      w = {m, data};
    bal_images images = {bal_dataset_count(data), fill_whole, describe_whole, &w};

    *out = (bal_predictions){0};
    for (int i = 0; i < bal_dataset_class_count(data); i++)
        if (find_class(m, bal_dataset_class(data, i)) < 0)
            return bal_fail(BAL_ECONFIG,
                            "the classifier was not trained for the data's class \"%s\"; it knows \"%s\" and %d more",
                            bal_dataset_class(data, i), m->classes[0], m->class_count - 1);
    return bal_classify_images(out, m, &images);
}
