/* experiment_images -- the GANs of an experiment, and what arms get of their images. See train/experiment_parts.h. */
#include <math.h>
#include <stdlib.h>
#include "ballast/extractor.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/gate.h"
#include "ballast/log.h"
#include "train/experiment_parts.h"

/* Images drawn for each that an arm takes without a gate, so that copies can be left out; a gate has its own spare. */
static const double spare = 1.5;

static char *judge_folder(const bal_experiment *e)
{
    return bal_experiment_part_folder(e->job.folder, BAL_EXPERIMENT_JUDGE, e->fold,
                                      bal_experiment_first_seed(e->setup));
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static bal_status train_and_measure(const bal_gan_job *job, bool *stopped)
{
    if (!job->folder || !job->features) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY(bal_folder_create(job->folder));
    BAL_TRY(bal_gan_train(job, stopped));
    return *stopped ? BAL_OK : bal_gan_measure(job);
}

bal_status bal_experiment_train_gan(bal_experiment *e, const bal_experiment_task *task, bool *stopped)
{
    char       *features = judge_folder(e);
    bal_gan_job job = {.setup = e->arm[e->judge].setup, .data = e->data, .dev = e->dev, .label = task->index};
    job.folder = task->folder;
    job.what = task->name;
    job.watch = e->job.watch;
    job.features = features;
    bal_status st = bal_dataset_compose(e->data, &bal_real_alone);
    if (st == BAL_OK) st = train_and_measure(&job, stopped);
    free(features);
    return st;
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

typedef struct take {
    bal_dataset *data;
    int          label;
} take;

static bal_status take_images(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    const take *t = user;
    (void)first;
    return bal_dataset_add_generated(t->data, t->label, pixel, count, scaling);
}

/* Of a class, for any arm of the experiment, picked or not: so the same images, whatever is picked. */
static int count_drawn(const bal_experiment *e, int label)
{
    int most = 0;
    for (int i = 0; i < e->arm_count; i++) {
        const bal_composition *c = &e->arm[i].setup->composition;
        int                    n = bal_dataset_needs(e->data, c, label);
        if (!c->gated) n = (int)ceil(spare * n);
        if (n > most) most = n;
    }
    return most;
}

static bal_status generate_class(bal_experiment *e, const bal_experiment_task *gan, int label)
{
    take            t = {e->data, label};
    char           *weights = bal_path_join(gan->folder, "generator.safetensors");
    bal_gan_request r = {e->setup, e->dev, weights, (uint64_t)e->setup->run.seed, label, count_drawn(e, label), NULL};
    bal_status      st = BAL_OK;
    if (!weights) st = bal_fail(BAL_ENOMEM, "no memory for a path");
    else if (r.count) st = bal_gan_generate(&r, take_images, &t);
    free(weights);
    return st;
}

/* What a GAN is there for: a class, or all of them if it is told which; none if they go on from it. */
static bal_status generate_from(bal_experiment *e, const bal_experiment_task *gan)
{
    if (gan->index >= 0) return generate_class(e, gan, gan->index);
    for (int label = 0; bal_setup_conditional(e->setup) && label < bal_dataset_class_count(e->data); label++)
        BAL_TRY(generate_class(e, gan, label));
    return BAL_OK;
}

static bal_status find_copies(bal_experiment *e, const bal_model *judge, int label)
{
    int found, drawn;
    const char *class = bal_dataset_class(e->data, label);
    BAL_TRY(bal_generated_copies(&found, &drawn, e->copies, judge, e->data, label));
    if (found) bal_info("%s: %d of %d generated images are copies: left out", class, found, drawn);
    if (drawn - found < bal_experiment_needs(e, label))
        bal_warn("%s: so many generated images are copies that arms get %d of %d", class, drawn - found,
                 bal_experiment_needs(e, label));
    return BAL_OK;
}

static bal_status find_all_copies(bal_experiment *e)
{
    bal_model  judge;
    char      *folder = judge_folder(e);
    bal_status st = BAL_OK;
    free(e->copies);
    e->copies = calloc((size_t)bal_dataset_generated_count(e->data) + 1, sizeof *e->copies);
    if (!folder || !e->copies) st = bal_fail(BAL_ENOMEM, "no memory to look for copies");
    if (st == BAL_OK) st = bal_model_load(&judge, e->dev, e->arm[e->judge].setup, folder);
    free(folder);
    BAL_TRY(st);
    for (int label = 0; st == BAL_OK && label < bal_dataset_class_count(e->data); label++)
        if (bal_experiment_needs(e, label) > 0) st = find_copies(e, &judge, label);
    bal_model_close(&judge);
    return st;
}

bal_status bal_experiment_draw(bal_experiment *e)
{
    if (e->generated) return BAL_OK;
    bal_dataset_drop_generated(e->data);
    for (int i = 0; i < e->task_count; i++)
        if (!e->task[i].arm && e->task[i].fold == e->fold) BAL_TRY(generate_from(e, &e->task[i]));
    BAL_TRY(find_all_copies(e));
    e->generated = true;
    return BAL_OK;
}
