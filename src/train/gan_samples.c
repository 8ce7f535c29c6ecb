/* gan_samples -- images: those that are looked at during training, and those that are asked for afterwards. See
 * train/gan_parts.h and include/ballast/gan.h. */
#include "train/condition.h"
#include "train/gan_parts.h"
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/random.h"
#include "ballast/stored.h"

enum { SAMPLES = 64, SAMPLE_COLUMNS = 8, PROGRESSION_ROWS = 8 };

/* ---- samples ---------------------------------------------------------------------------------------------------- */

/* Pixels of n images, at most the net's batch; z is drawn, but for the classes. */
static bal_status generate_batch(float *pixel, bal_net *net, const bal_tensor *z)
{
    const bal_pass look = {.training = false};
    bal_tensor     y;
    BAL_TRY(bal_net_forward(net, &look, z, &y));
    return bal_tensor_read(&y, pixel);
}

static int sample_count(const bal_gan *gan) { return gan->classes ? gan->classes * SAMPLE_COLUMNS : SAMPLES; }

/* Images `first` and on, the class by the row, again from the first behind the last. */
static bal_status sample_latents(bal_gan *gan, const bal_tensor *z, int first)
{
    bal_stream stream = bal_stream_for((uint64_t)gan->job.setup->run.seed, BAL_FOR_SAMPLE,
                                       (uint32_t)(gan->job.label + 1), (uint32_t)first);
    bal_tensor label = gan->label;
    BAL_TRY(bal_fill_normal(z, &stream));
    for (int i = 0; gan->classes && i < z->shape.n; i++)
        gan->room[i] = (float)((first + i) / SAMPLE_COLUMNS % gan->classes);
    label.shape.n = z->shape.n;
    if (gan->classes) BAL_TRY(bal_tensor_write(&label, gan->room));
    return gan->classes ? bal_condition_latent(z, &label, gan->classes) : BAL_OK;
}

bal_status bal_gan_sample_pixels(bal_gan *gan, float *pixel, int count)
{
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_status st = bal_learner_swap(&gan->learn_g);
    bal_tensor z = gan->z;
    for (int i = 0; st == BAL_OK && i < count; i += z.shape.n) {
        z.shape.n = count - i < gan->o.batch ? count - i : gan->o.batch;
        st = sample_latents(gan, &z, i);
        if (st == BAL_OK) st = generate_batch(pixel + (size_t)i * image, gan->generator, &z);
    }
    return st == BAL_OK ? bal_learner_swap(&gan->learn_g) : st;
}

/* The real image beside place i of n in a grid: evenly chosen, of the class that the row is of. */
static int real_image(const bal_gan *gan, int i, int n)
{
    const int *index;
    int        count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index), in_row = SAMPLE_COLUMNS;
    if (!gan->classes) return index[(long)i * count / n];
    int own = bal_dataset_part(gan->job.data, BAL_TRAIN, i / in_row, &index);
    if (!own) own = bal_dataset_part(gan->job.data, BAL_TRAIN, -1, &index);
    return index[(long)(i % in_row) * own / in_row];
}

/* Training images, evenly chosen, as the nets see them; malloc'd. */
static bal_status real_pixels(float **pixel, int *n, const bal_gan *gan)
{
    const int *index;
    int        count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index), most = sample_count(gan);
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_status st = BAL_OK;
    *n = count < most && !gan->classes ? count : most;
    *pixel = malloc((size_t)*n * image * sizeof **pixel);
    if (!*pixel) return bal_fail(BAL_ENOMEM, "no memory for images");
    for (int i = 0; st == BAL_OK && i < *n; i++)
        st = bal_dataset_fill(gan->job.data, real_image(gan, i, *n), *pixel + (size_t)i * image, &gan->scaling);
    return st;
}

/* How different generated images are, and real ones. */
static bal_status measure_distance(bal_gan *gan, const float *pixel, int count, size_t image)
{
    float *real = NULL;
    int    n;
    gan->distance = bal_image_distance(pixel, count, image);
    if (gan->health.real > 0) return BAL_OK;
    bal_status st = real_pixels(&real, &n, gan);
    if (st == BAL_OK) gan->health.real = bal_image_distance(real, n, image);
    free(real);
    return st;
}

bal_status bal_gan_save_samples(bal_gan *gan)
{
    int        n = sample_count(gan);
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    float     *pixel = malloc((size_t)n * image * sizeof *pixel);
    char      *path = bal_format("%s/samples/step_%06d.png", gan->job.folder, gan->step);
    bal_status st =
        pixel && path ? bal_gan_sample_pixels(gan, pixel, n) : bal_fail(BAL_ENOMEM, "no memory for samples");
    if (st == BAL_OK) st = measure_distance(gan, pixel, n, image);
    if (st == BAL_OK) st = bal_run_grid(path, pixel, n, SAMPLE_COLUMNS, &gan->job.setup->data, &gan->scaling);
    free(pixel);
    free(path);
    return st;
}

bal_status bal_gan_save_real(const char *path, void *user)
{
    const bal_gan *gan = user;
    float         *pixel = NULL;
    int            n;
    bal_status     st = real_pixels(&pixel, &n, gan);
    if (st == BAL_OK) st = bal_run_grid(path, pixel, n, SAMPLE_COLUMNS, &gan->job.setup->data, &gan->scaling);
    free(pixel);
    return st;
}

/* First row of each of up to PROGRESSION_ROWS sample grids, evenly chosen, the last one included. */
bal_status bal_gan_save_progression(const char *path, void *user)
{
    const bal_gan *gan = user;
    bal_names      names = {0};
    bal_image      grid = {0};
    float         *out = NULL;
    bal_status     st;
    char          *folder = bal_path_join(gan->job.folder, "samples");
    int            size = gan->job.setup->data.size, rows = 0;
    size_t         row = 0;
    BAL_TRY_OR(end, st, bal_folder_list(&names, folder));
    rows = names.count < PROGRESSION_ROWS ? names.count : PROGRESSION_ROWS;
    for (int r = 0; r < rows; r++) {
        int   which = rows > 1 ? r * (names.count - 1) / (rows - 1) : 0;
        char *file = bal_path_join(folder, names.name[which]);
        st = file ? bal_image_read(&grid, file) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(file);
        if (st != BAL_OK) goto end;
        row = (size_t)grid.width * (size_t)size * (size_t)grid.channels;
        if (!out) out = calloc((size_t)rows * row, sizeof *out);
        if (!out) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a picture"));
        memcpy(out + (size_t)r * row, grid.pixel, row * sizeof *out);
        if (r + 1 < rows) bal_image_free(&grid);
    }
    if (rows) st = bal_image_write_png(path, out, grid.width, rows * size, grid.channels);
end:
    bal_image_free(&grid);
    bal_names_free(&names);
    free(out);
    free(folder);
    return st;
}

/* ---- generating ------------------------------------------------------------------------------------------------- */

static bal_status load_generator(bal_net *net, bal_scaling *scaling, const char *path)
{
    bal_checkpoint *c;
    BAL_TRY(bal_checkpoint_read(&c, path));
    bal_status st = bal_stored_get_scaling(scaling, c, path);
    if (st == BAL_OK) st = bal_checkpoint_get_net(c, "", net, NULL, NULL);
    bal_checkpoint_free(c);
    return st;
}

static bal_status fill_labels(const bal_tensor *label, int value)
{
    return bal_has(label) ? bal_tensor_fill(label, (float)value) : BAL_OK;
}

/* Images in batches, latents keyed by (seed, class, batch). */
static bal_status generate(const bal_gan_request *r, bal_net *net, const bal_tensor *z, bal_gan_sink sink, void *user)
{
    bool        conditional = bal_setup_conditional(r->setup);
    bal_tensor  label = {0}, part = *z;
    bal_scaling scaling;
    bal_status  st;
    float      *pixel = malloc(bal_shape_size(bal_net_out(net)) * sizeof *pixel);
    int         latent = bal_net_latent(bal_config_find(r->setup->config, "generator")), batch = z->shape.n;
    if (!pixel) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for images"));
    BAL_TRY_OR(end, st, load_generator(net, &scaling, r->weights));
    if (conditional) BAL_TRY_OR(end, st, bal_tensor_init(&label, r->dev, (bal_shape){batch, 1, 1, 1}));
    BAL_TRY_OR(end, st, fill_labels(&label, r->label));
    for (int i = 0; i < r->count && !(r->enough && *r->enough); i += batch) {
        uint32_t   salt = conditional ? (uint32_t)(r->label + 1) : 0;
        bal_stream stream = bal_stream_for(r->seed, BAL_FOR_GENERATE, salt, (uint32_t)(i / batch));
        part.shape.n = r->count - i < batch ? r->count - i : batch;
        BAL_TRY_OR(end, st, bal_fill_normal(&part, &stream));
        if (conditional) BAL_TRY_OR(end, st, bal_condition_latent(&part, &label, z->shape.c - latent));
        BAL_TRY_OR(end, st, generate_batch(pixel, net, &part));
        BAL_TRY_OR(end, st, sink(user, i, part.shape.n, pixel, &scaling));
    }
end:
    free(pixel);
    bal_tensor_free(&label);
    return st;
}

bal_status bal_gan_generate(const bal_gan_request *r, bal_gan_sink sink, void *user)
{
    enum { BATCH = 64 };
    bal_net   *net = NULL;
    bal_tensor z = {0};
    bal_status st;
    BAL_TRY_OR(end, st, bal_setup_net(&net, r->setup, "generator", BATCH));
    BAL_TRY_OR(end, st, bal_net_build(net, r->dev, false, 0, 0));
    BAL_TRY_OR(end, st, bal_tensor_init(&z, r->dev, bal_net_in(net)));
    st = generate(r, net, &z, sink, user);
end:
    bal_tensor_free(&z);
    bal_net_free(net);
    return st;
}

bal_status bal_gan_find_class(int *label, const char *weights, const char *class)
{
    bal_checkpoint *c;
    char          **names = NULL, *all = bal_format("%s", "");
    int             count = 0;
    *label = -1;
    bal_status st = bal_checkpoint_read(&c, weights);
    if (st == BAL_OK) st = bal_stored_get_classes(&names, &count, c, weights);
    for (int i = 0; st == BAL_OK && i < count; i++) {
        char *more = bal_format("%s%s%s", all ? all : "", i ? ", " : "", names[i]);
        if (class && strcmp(names[i], class) == 0) *label = i;
        free(all);
        all = more;
    }
    if (st == BAL_OK && *label < 0)
        st = bal_fail(BAL_EIO, class ? "%s: has no class \"%s\"; it has %s" : "%s: name a class by --class%s: %s",
                      weights, class ? class : "", all ? all : "");
    for (int i = 0; i < count; i++) free(names[i]);
    free(names);
    free(all);
    bal_checkpoint_free(c);
    return st;
}
