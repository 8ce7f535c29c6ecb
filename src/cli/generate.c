/* generate -- images from a run's trained generator, as PNG files with a manifest. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *class;
    int  count;
    bool grid, copies;
} generate;

static const bal_option options[] = {
    BAL_OPT_TEXT(generate, class, NULL, "class to make images of; not needed where the run has one generator"),
    BAL_OPT(generate, count, BAL_INT, 16, 1, 1000000, "images"),
    BAL_OPT_BOOL(generate, grid, 0, "also all of them in one picture, grid.png"),
    BAL_OPT_BOOL(generate, copies, 0, "also those that copy a training image; does not read these"),
    BAL_OPT_END,
};

enum { GRID_MOST = 1024 };

/* Where images go, one after the other. */
typedef struct {
    const bal_setup *setup;
    const char      *out, *label;           /* label: "" for all classes together */
    char             gan[256], folder[256]; /* of the generator in the run; of the images */
    int class;                              /* that a conditional generator is told */
    bal_file_writer manifest;
    float          *grid;          /* all pixels, or NULL */
    int             count, copies; /* asked for, then made; copies left out, -1: not looked for */
    bal_scaling     scaling;
} sink;

/* The generators of a run, by the names of their folders. */
static bal_status list_generators(bal_names *out, const char *run)
{
    char      *gan = bal_path_join(run, "gan");
    bal_status st = gan ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    *out = (bal_names){0};
    if (!st && !bal_folder_exists(gan)) st = bal_fail(BAL_EIO, "%s: has no trained GAN", run);
    if (!st) st = bal_folder_list(out, gan);
    if (!st && !out->count) st = bal_fail(BAL_EIO, "%s: has no trained GAN", run);
    free(gan);
    return st;
}

static bal_status fail_class(const bal_names *names, const char *class, const char *run)
{
    const char *list[64] = {NULL};
    char        all[512] = "";

    for (int i = 0; i < names->count && i < 63; i++) {
        size_t n = strlen(all);
        list[i] = names->name[i];
        snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", names->name[i]);
    }
    if (!class) return bal_fail(BAL_EIO, "%s: has several generators; name one by --class: %s", run, all);
    const char *near = bal_nearest(class, list);
    return bal_fail(BAL_EIO, "%s: has no generator for class \"%s\"; %s%s%s", run, class,
                    near ? "did you mean \"" : "it has ", near ? near : all, near ? "\"?" : "");
}

static const char conditional[] = "conditional"; /* the folder of a generator of all classes */

/* The folder of the generator below gan/. */
static bal_status choose_class(char *folder, size_t size, const char *class, const char *run)
{
    bal_names  names;
    bal_status st = list_generators(&names, run);
    int        found = -1;

    if (!st) {
        bal_run_class_folder(folder, size, class ? class : names.name[0]);
        for (int i = 0; i < names.count; i++)
            if (strcmp(names.name[i], folder) == 0) found = i;
        for (int i = 0; i < names.count && found < 0; i++)
            if (strcmp(names.name[i], conditional) == 0) found = i;
        if (found >= 0) snprintf(folder, size, "%s", names.name[found]);
        if (found < 0 || (!class && names.count > 1)) st = fail_class(&names, class, run);
    }
    bal_names_free(&names);
    return st;
}

/* What the net makes, back to 0 (black) to 1 (white). */
static void restore(float *pixel, size_t n, int channels, const bal_scaling *s)
{
    for (size_t i = 0; i < n; i++)
        pixel[i] = pixel[i] * s->deviation[i % (size_t)channels] + s->mean[i % (size_t)channels];
}

static bal_status write_image(sink *s, int i, const float *pixel)
{
    const bal_dataset_options *d = &s->setup->data;
    char                       name[300];

    snprintf(name, sizeof name, "%s/%06d.png", s->folder, i + 1);
    char *path = bal_path_join(s->out, name);
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_image_write_png(path, pixel, d->size, d->size, d->channels);
    free(path);
    bal_csv_put(s->manifest.file, name, ',');
    bal_csv_put(s->manifest.file, s->label, '\n');
    return st;
}

static bal_status take(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    sink  *s = user;
    int    c = s->setup->data.channels;
    size_t image = (size_t)s->setup->data.size * (size_t)s->setup->data.size * (size_t)c;
    float *copy = malloc((size_t)count * image * sizeof *copy);

    if (!copy) return bal_fail(BAL_ENOMEM, "no memory for %d images", count);
    if (s->grid) memcpy(s->grid + (size_t)first * image, pixel, (size_t)count * image * sizeof *copy);
    s->scaling = *scaling;
    memcpy(copy, pixel, (size_t)count * image * sizeof *copy);
    restore(copy, (size_t)count * image, c, scaling);
    bal_status st = BAL_OK;
    for (int i = 0; i < count && !st; i++) st = write_image(s, first + i, copy + (size_t)i * image);
    free(copy);
    bal_progress_update(first + count, NULL, 0);
    if (!st && bal_stop_requested)
        st = bal_fail(BAL_EIO, "%s: stopped after %d of %d images", s->out, first + count, s->count);
    return st;
}

static bal_status write_grid(const sink *s)
{
    int   columns = (int)ceil(sqrt((double)s->count));
    char *path = s->grid ? bal_path_join(s->out, "grid.png") : NULL;

    if (!s->grid) return BAL_OK;
    bal_status st = path ? bal_run_grid(path, s->grid, s->count, columns, &s->setup->data, &s->scaling)
                         : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    return st;
}

static bal_status begin(sink *s, bool grid)
{
    const bal_dataset_options *d = &s->setup->data;
    size_t                     image = (size_t)d->size * (size_t)d->size * (size_t)d->channels;
    char      *folder = bal_path_join(s->out, s->folder), *manifest = bal_path_join(s->out, "manifest.csv");
    bal_status st = folder && manifest ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st) st = bal_out_create(s->out);
    if (!st) st = bal_folder_create(folder);
    if (!st) st = bal_file_create(&s->manifest, manifest);
    if (!st) fputs("path,label\n", s->manifest.file);
    if (!st && grid && !(s->grid = malloc((size_t)s->count * image * sizeof *s->grid)))
        st = bal_fail(BAL_ENOMEM, "no memory for a picture of %d images", s->count);
    free(folder);
    free(manifest);
    return st;
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

static int label_of(const bal_dataset *data, const char *class)
{
    for (int k = 0; k < bal_dataset_class_count(data); k++)
        if (strcmp(bal_dataset_class(data, k), class) == 0) return k;
    return -1;
}

/* The images that the generator was trained on, and the run's classifier if there is one. NULL, with a warning, where
 * they cannot be read: a run may be far from its images. */
static bal_dataset *open_real(bal_gan_real *out, char **classifier, const sink *s, const char *run)
{
    bal_dataset *data = NULL;
    char        *best = bal_format("%s/classifier/best.safetensors", run);
    bal_status   st = bal_dataset_open(&data, s->setup->config, (uint64_t)s->setup->run.seed);

    *classifier = bal_format("%s/classifier", run);
    if (!st) *out = (bal_gan_real){data, *s->label ? label_of(data, s->label) : -1, NULL};
    if (!st && *s->label && out->label < 0) st = bal_fail(BAL_EIO, "no class \"%s\" among them", s->label);
    if (!st && best && bal_file_exists(best)) out->features = *classifier;
    free(best);
    if (!st) return data;
    bal_warn("copies of training images are not looked for: %s", bal_error());
    bal_dataset_close(data);
    return NULL;
}

/* Without copies, unless these are asked for. */
static bal_status generate_into(sink *s, const bal_gan_request *r, const char *run, bool copies)
{
    bal_gan_real real = {0};
    char        *classifier = NULL;
    bal_dataset *data = copies ? NULL : open_real(&real, &classifier, s, run);
    bal_status   st =
        data ? bal_gan_generate_own(&s->count, &s->copies, r, &real, take, s) : bal_gan_generate(r, take, s);

    if (!st && s->count < r->count)
        bal_warn("%s: only %d of %d images: %d that were made are copies of training images", s->out, s->count,
                 r->count, s->copies);
    bal_dataset_close(data);
    free(classifier);
    return st;
}

static bal_status make_images(sink *s, const bal_gan_request *r, const char *run, const generate *o)
{
    bal_status st = begin(s, o->grid);

    bal_progress_begin(s->out, "image", s->count, 0);
    if (!st) st = generate_into(s, r, run, o->copies);
    bal_progress_end();
    if (!st) st = write_grid(s);
    if (!st) st = bal_file_commit(&s->manifest);
    bal_file_discard(&s->manifest);
    free(s->grid);
    return st;
}

static void say(const sink *s, uint64_t seed)
{
    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "out", s->out);
        cJSON_AddStringToObject(o, "class", s->label);
        cJSON_AddNumberToObject(o, "images", s->count);
        if (s->copies >= 0) cJSON_AddNumberToObject(o, "copies_left_out", s->copies);
        else cJSON_AddNullToObject(o, "copies_left_out");
        cJSON_AddNumberToObject(o, "seed", (double)seed);
        bal_say_json(o);
        return;
    }
    printf("%s/%s: %d images, seed %llu", s->out, s->folder, s->count, (unsigned long long)seed);
    if (s->copies > 0) printf("; left out: %d copies of training images", s->copies);
    printf("\n");
}

static bal_status work(const bal_args *args, const bal_setup *setup)
{
    const generate *o = args->own;
    const char     *run = args->word[0];
    sink            s = {.setup = setup, .out = args->out, .count = o->count, .copies = -1};
    uint64_t        seed = args->seed < 0 ? (uint64_t)setup->run.seed : (uint64_t)args->seed;
    bal_device     *dev = NULL;

    BAL_TRY(choose_class(s.gan, sizeof s.gan, o->class, run));
    bal_run_class_folder(s.folder, sizeof s.folder, o->class ? o->class : s.gan);
    s.label = strcmp(s.gan, "all") == 0 ? "" : o->class ? o->class : s.gan;
    char      *weights = bal_format("%s/gan/%s/generator.safetensors", run, s.gan);
    bal_status st = weights ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (!st && strcmp(s.gan, conditional) == 0) st = bal_gan_find_class(&s.class, weights, o->class);
    if (!st && !args->dry_run) st = bal_setup_device(&dev, setup, args->device);
    if (!st && dev) st = bal_run_use_plan(run, dev);
    const bal_gan_request r = {setup, dev, weights, seed, s.class, o->count, NULL};
    if (!st && !args->dry_run) st = make_images(&s, &r, run, o);
    if (!st) say(&s, seed);
    bal_device_close(dev);
    free(weights);
    return st;
}

static int run(const bal_args *args)
{
    const generate *o = args->own;
    bal_setup      *setup = NULL;

    if (!args->out) return bal_usage_fault(args, "--out is missing: where to write");
    if (o->grid && o->count > GRID_MOST) return bal_usage_fault(args, "--grid takes at most %d images", GRID_MOST);
    char      *config = bal_path_join(args->word[0], "config.ini");
    bal_status st = config ? bal_args_is_run(args->word[0]) : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (!st) st = bal_setup_open(&setup, config, NULL, 0);
    free(config);
    if (!st) st = work(args, setup);
    bal_setup_close(setup);
    return bal_done(st);
}

const bal_verb bal_verb_generate = {
    .name = "generate",
    .group = BAL_VERB_USE,
    .usage = "RUN",
    .help = "make images with a run's trained generator",
    .details =
        "Writes OUT/CLASS/000001.png, ... and OUT/manifest.csv (path,label), which `source = manifest` reads. "
        "The same seed\n"
        "(--seed, else the run's) gives the same images. Images that are nearer to a training image than 95 % of "
        "these are\n"
        "to each other, by small pixels or by the features of the run's classifier, are copies: others are made in "
        "their place.",
    .examples = "100 images of one class, and a picture of them all:\n"
                "    ballast generate runs/xray --class PNEUMONIA --count 100 --grid --out generated",
    .values = "class=CLASS",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_OUT | BAL_TAKES_DRY_RUN,
    .min_words = 1,
    .max_words = 1,
    .size = sizeof(generate),
    .options = options,
    .run = run,
};
