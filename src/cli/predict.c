/* predict -- what a run's classifier says about images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ballast/csv.h"
#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/_classify.h"
#include "cli/_heatmaps.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *heatmap, *layer, *arm;
    int         threshold;
} predict;

static const bal_option options[] = {
    BAL_OPT_TEXT(predict, heatmap, NULL, "folder for a PNG of each image: what in it spoke for the answer (Grad-CAM)"),
    BAL_OPT_TEXT(predict, layer, NULL, "a layer's `as=` name, for --heatmap; default: the last feature map"),
    BAL_OPT_THRESHOLD(predict),
    BAL_OPT_ARM(predict),
    BAL_OPT_END,
};

/* The images, and what a manifest says of them ("" where it says nothing). */
typedef struct {
    bal_names  path, label;
    int        runs, passed_over, unreadable, looks; /* looks: of all members, for the progress */
    bool      *left_out;                             /* of each image: it could not be read */
    bal_model *model;
} batch;

static bal_status add(batch *b, const char *path, const char *label)
{
    BAL_TRY(bal_names_add(&b->path, path));
    return bal_names_add(&b->label, label);
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n >= m && strcasecmp(path + n - m, end) == 0;
}

static bal_status add_manifest(batch *b, const char *file)
{
    const char *const *row;
    bal_csv           *csv;
    bal_status         st;
    int                path, label;
    char              *folder = bal_path_folder(file);

    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY_OR(end, st, bal_csv_open(&csv, file));
    st = bal_csv_column(&path, csv, "path");
    label = bal_csv_find(csv, "label");
    while (!st && (st = bal_csv_next(&row, csv)) == BAL_OK && row) {
        char *full = bal_path_join(strcmp(folder, ".") == 0 ? "" : folder, row[path]);
        st = full ? add(b, full, label < 0 ? "" : row[label]) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(full);
    }
    bal_csv_close(csv);
end:
    free(folder);
    return st;
}

static bal_status add_folder(batch *b, const char *path, int depth);

static bal_status add_entry(batch *b, const char *path, const char *name, int depth)
{
    if (name[0] == '.') {
        b->passed_over++;
        return BAL_OK;
    }
    if (bal_folder_exists(path)) return add_folder(b, path, depth + 1);
    if (bal_image_named(path)) return add(b, path, "");
    b->passed_over++;
    return BAL_OK;
}

/* Every image below a folder, in the order of the names. A loop of links ends at the depth. */
static bal_status add_folder(batch *b, const char *path, int depth)
{
    bal_names names;

    if (depth > 32) return bal_fail(BAL_EIO, "%s: more than 32 folders deep", path);
    BAL_TRY(bal_folder_list(&names, path));
    bal_status st = BAL_OK;
    for (int i = 0; i < names.count && !st; i++) {
        char *full = bal_path_join(path, names.name[i]);
        st = full ? add_entry(b, full, names.name[i], depth) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(full);
    }
    bal_names_free(&names);
    return st;
}

static bal_status collect(batch *b, const bal_args *args)
{
    for (int i = b->runs; i < args->word_count; i++) {
        const char *path = args->word[i];
        if (bal_folder_exists(path)) BAL_TRY(add_folder(b, path, 0));
        else if (!bal_file_exists(path)) return bal_fail(BAL_EIO, "%s: there is no such file or folder", path);
        else if (ends_in(path, ".csv")) BAL_TRY(add_manifest(b, path));
        else BAL_TRY(add(b, path, ""));
    }
    if (b->passed_over) bal_info("%d names passed over: hidden, or no image by name", b->passed_over);
    return b->path.count ? BAL_OK : bal_fail(BAL_EIO, "no images to predict");
}

static bal_status blank(const batch *b, float *pixel)
{
    const bal_dataset_options *o = &b->model->setup->data;

    memset(pixel, 0, (size_t)o->size * (size_t)o->size * (size_t)o->channels * sizeof *pixel);
    return BAL_OK;
}

/* One damaged image among thousands must not cost the answers for the others. */
static bal_status leave_out(batch *b, int i, float *pixel)
{
    bal_log(BAL_LOG_ERROR, "%s", bal_error());
    b->left_out[i] = true;
    b->unreadable++;
    return blank(b, pixel);
}

static bal_status fill(void *user, const bal_model *member, int i, float *pixel)
{
    batch *b = user;

    if (bal_stop_requested) return bal_fail(BAL_EIO, "stopped after %d of %d images", i, b->path.count);
    bal_status st = b->left_out[i] ? blank(b, pixel) : bal_classify_read(pixel, member, b->path.name[i]);
    if (st && st != BAL_ENOMEM) st = leave_out(b, i, pixel);
    bal_progress_update(++b->looks, NULL, 0);
    return st;
}

static bool describe(void *user, int i, bal_prediction *row)
{
    const batch *b = user;

    if (b->left_out[i]) return false;
    row->path = b->path.name[i];
    for (int k = 0; k < b->model->class_count; k++)
        if (strcmp(b->label.name[i], b->model->classes[k]) == 0) row->label = k;
    return true;
}

static void say_row(const bal_predictions *p, const bal_prediction *row)
{
    if (!bal_speaks_json()) {
        bal_print(stdout, "%s: %s %.4f\n", row->path, p->classes[row->predicted], row->probability[row->predicted]);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "path", row->path);
    cJSON_AddStringToObject(o, "predicted", p->classes[row->predicted]);
    cJSON *list = cJSON_AddObjectToObject(o, "p");
    for (int k = 0; k < p->class_count; k++) cJSON_AddNumberToObject(list, p->classes[k], row->probability[k]);
    bal_say_json(o);
}

static bal_status say(const bal_predictions *p, const char *out)
{
    for (int i = 0; i < p->count && !out; i++) say_row(p, &p->row[i]);
    if (!out) return BAL_OK;
    BAL_TRY(bal_predictions_write(p, out));
    bal_info("%s: %d predictions written", out, p->count);
    return BAL_OK;
}

static bal_status say_point(const bal_model *m)
{
    char *words;

    if (!m->has_point) return BAL_OK;
    BAL_TRY(bal_threshold_words(&words, &m->point, m->classes[m->point.positive]));
    bal_info("%s", words);
    free(words);
    return BAL_OK;
}

static bal_status work(batch *b, const bal_args *args, bal_device *dev)
{
    const predict     *o = args->own;
    const bal_classify how = {dev, o->threshold, 0};
    bal_model          model;
    bal_predictions    p = {0};
    bal_heatmap       *h = NULL;
    bal_images         images = {b->path.count, fill, describe, b};
    bal_status         st;

    BAL_TRY(bal_classify_open_all(&model, &how, args->word, b->runs, o->arm));
    BAL_TRY_OR(end, st, say_point(&model));
    if (o->heatmap) BAL_TRY_OR(end, st, bal_heatmap_open(&h, &model, o->layer));
    b->model = &model;
    bal_progress_begin("predict", "image", (long)b->path.count * (model.members + 1), 0);
    st = bal_classify_images(&p, &model, &images);
    bal_progress_end();
    if (!st && p.count) st = say(&p, args->out);
    if (!st && p.count && o->heatmap) st = bal_heatmaps_write(o->heatmap, h, &model, &p);
    if (!st && b->unreadable)
        st = bal_fail(BAL_EIO, "%d of %d images cannot be read%s", b->unreadable, b->path.count,
                      p.count ? "; the others have their answers" : "");
end:
    bal_heatmap_close(h);
    bal_predictions_free(&p);
    bal_model_close(&model);
    return st;
}

/* The device that the run used, unless --device names another. */
static bal_status open_device(bal_device **dev, const bal_args *args)
{
    char      *config = bal_path_join(args->word[0], "config.ini");
    bal_setup *setup = NULL;
    bal_status st = config ? bal_setup_open(&setup, config, NULL, 0) : bal_fail(BAL_ENOMEM, "no memory for a path");

    free(config);
    BAL_TRY(st);
    st = bal_setup_device(dev, setup, args->device);
    if (!st) st = bal_run_use_plan(args->word[0], *dev);
    bal_setup_close(setup);
    return st;
}

/* Better said now than when all images have been looked at. */
static bal_status check_out(const char *out)
{
    if (bal_folder_exists(out)) return bal_fail(BAL_EIO, "--out %s: is a folder; name a file, as %s/p.csv", out, out);
    char *folder = bal_path_folder(out);
    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bool there = bal_folder_exists(folder);
    free(folder);
    return there ? BAL_OK : bal_fail(BAL_EIO, "--out %s: there is no such folder to write it into", out);
}

static int run(const bal_args *args)
{
    const predict *o = args->own;
    bal_device    *dev = NULL;
    batch          b = {0};

    if (o->layer && !o->heatmap) return bal_usage_fault(args, "--layer goes with --heatmap");
    bal_status st = bal_args_is_run(args->word[0]);
    b.runs = bal_classify_runs(args->word, args->word_count - 1);
    if (!b.runs) b.runs = 1;
    if (!st && args->out) st = check_out(args->out);
    if (!st) st = collect(&b, args);
    if (!st && o->heatmap) st = bal_heatmaps_check(o->heatmap, &b.path);
    if (!st && !(b.left_out = calloc((size_t)b.path.count, sizeof *b.left_out)))
        st = bal_fail(BAL_ENOMEM, "no memory for %d images", b.path.count);
    if (!st) st = open_device(&dev, args);
    if (!st) st = work(&b, args, dev);
    bal_device_close(dev);
    bal_names_free(&b.path);
    bal_names_free(&b.label);
    free(b.left_out);
    return bal_done(st);
}

const bal_verb bal_verb_predict = {
    .name = "predict",
    .group = BAL_VERB_USE,
    .usage = "RUN... PATH...",
    .help = "say which class a run's classifier finds in images",
    .details =
        "PATH is an image, a folder of images, or a CSV file with a column path (and label, which is kept). "
        "Images are\n"
        "prepared as the run's were, and decided by the threshold that the run keeps, if it has one. Without\n"
        "--out FILE.csv the answers are printed. Exit 1 if one cannot be read; the others are answered all the "
        "same.\n"
        "Of several runs, or with --arm of an experiment's classifiers, the mean of the probabilities answers.\n"
        "--heatmap FOLDER writes a PNG of each image as the net saw it, under the image's own path: in grey, over it "
        "in\n"
        "colour what spoke for the answer, none dark violet, most yellow, a white line around what is above half "
        "of\n"
        "the most; of several classifiers the first one is shown.",
    .examples = "Which class does a run find in the images of a folder?\n"
                "    ballast predict runs/xray images --out answers.csv\n"
                "And what in an image speaks for it?\n"
                "    ballast predict runs/xray images/1.png --heatmap maps",
    .values = "heatmap=FOLDER layer=LAYER arm=ARM",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_OUT,
    .min_words = 2,
    .max_words = -1,
    .size = sizeof(predict),
    .options = options,
    .run = run,
};
