/* phantom -- writes the images of the source "phantom" as PNG files, a folder a class. */
#include <stdio.h>
#include <stdlib.h>

#include "ballast/data.h"
#include "ballast/files.h"
#include "ballast/log.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    int kind, size, scale;
} phantom;

static const char kinds[] = "xray|skin";

static const bal_option options[] = {
    {"kind", BAL_CHOICE, offsetof(phantom, kind), BAL_REQUIRED, 0, 0, kinds, "chest radiographs or skin lesions"},
    BAL_OPT(phantom, size, BAL_INT, 64, 28, 256, "pixels a side"),
    BAL_OPT(phantom, scale, BAL_INT, 1, 1, 1000, "multiplies the number of images of each class"),
    BAL_OPT_END};

static bal_status open_source(bal_data *d, const bal_args *args)
{
    const phantom   *o = args->own;
    bal_option_pool *pool = NULL;
    char             text[64];
    *d =
        (bal_data){.def = bal_data_find("phantom"), .seed = args->seed < 0 ? 1 : (uint64_t)args->seed, .size = o->size};
    d->self = calloc(1, d->def->size);
    if (!d->self) return bal_fail(BAL_ENOMEM, "no memory for phantoms");
    snprintf(text, sizeof text, "kind=%s scale=%d", o->kind ? "skin" : "xray", o->scale);
    BAL_TRY(bal_option_parse(d->def->options, d->self, &pool, "phantom", text, (bal_where){"ballast phantom", 0}));
    bal_option_pool_free(pool);
    return d->def->open(d);
}

static bal_status create_folders(const bal_data *d, const char *out)
{
    BAL_TRY(bal_out_create(out));
    for (int i = 0; i < d->class_count; i++) {
        char      *folder = bal_path_join(out, d->classes[i]);
        bal_status st = folder ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(folder);
        BAL_TRY(st);
    }
    return BAL_OK;
}

static bal_status write_image(const bal_data *d, int i, const char *out)
{
    bal_image image;
    BAL_TRY(d->def->read(d, i, &image));
    char      *path = bal_path_join(out, d->items[i].path);
    bal_status st = path ? bal_image_write_png(path, image.pixel, image.width, image.height, image.channels)
                         : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    bal_image_free(&image);
    return st;
}

static bal_status write_images(const bal_data *d, const char *out)
{
    bal_status st = BAL_OK;
    bal_progress_begin(out, "image", d->count, 0);
    for (int i = 0; i < d->count && st == BAL_OK; i++) {
        st = bal_stop_requested ? bal_fail(BAL_EIO, "%s: stopped after %d of %d images", out, i, d->count)
                                : write_image(d, i, out);
        bal_progress_update(i + 1, NULL, 0);
    }
    bal_progress_end();
    return st;
}

static void say(const bal_data *d, const char *out, bool json)
{
    for (int c = 0; c < d->class_count; c++) {
        int count = 0;
        for (int i = 0; i < d->count; i++) count += d->items[i].label == c;
        if (json) {
            cJSON *line = cJSON_CreateObject();
            cJSON_AddStringToObject(line, "out", out);
            cJSON_AddStringToObject(line, "class", d->classes[c]);
            cJSON_AddNumberToObject(line, "images", count);
            bal_say_json(line);
        } else printf("%s/%s: %d images\n", out, d->classes[c], count);
    }
}

static int run(const bal_args *args)
{
    bal_data d;
    if (!args->out) return bal_usage_fault(args, "--out is missing: where to write");
    bal_status st = open_source(&d, args);
    if (st == BAL_OK && !args->dry_run) st = create_folders(&d, args->out);
    if (st == BAL_OK && !args->dry_run) st = write_images(&d, args->out);
    if (st == BAL_OK) say(&d, args->out, args->json);
    bal_data_free(&d);
    return bal_done(st);
}

const bal_verb bal_verb_phantom = {
    .name = "phantom",
    .group = BAL_VERB_PREPARE,
    .usage = "",
    .help = "write procedural stand-ins for medical images, to try things on",
    .details = "xray: NORMAL 235, PNEUMONIA 127, grey. skin: benign 1800, malignant 1497, vascular_lesion 142, "
               "dermatofibroma 111, RGB.\n"
               "File names begin with the patient or lesion: group = (patient[0-9]+|lesion[0-9]+). The seed is 1 "
               "unless --seed says otherwise;\n"
               "the same seed gives the same pixels on every machine. `source = phantom` in [data] draws the same "
               "images without files.",
    .examples = "Write 362 procedural chest radiographs:\n"
                "    ballast phantom --kind xray --out images",
    .takes = BAL_TAKES_SEED | BAL_TAKES_OUT | BAL_TAKES_DRY_RUN,
    .size = sizeof(phantom),
    .options = options,
    .run = run,
};
