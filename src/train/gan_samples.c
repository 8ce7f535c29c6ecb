/* gan_samples -- images: those that are looked at during training, and those that are asked for afterwards. See
 * train/gan_parts.h and include/ballast/gan.h. */
#include "train/gan_parts.h"
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/random.h"
#include "ballast/stored.h"

enum { SAMPLES = 64, SAMPLE_COLUMNS = 8, PROGRESSION_ROWS = 8 };

/* ---- samples ---------------------------------------------------------------------------------------------------- */

/* Pixels of `count` images, images in batches of at most the net's, latents keyed by (purpose, salt, batch). */
static bal_status generate_batch(float *pixel, bal_net *net, const bal_tensor *z, int n, const bal_stream *stream)
{
    const bal_pass look = {.training = false};
    bal_tensor     y, part = *z;
    part.shape.n = n;
    BAL_TRY(bal_fill_normal(&part, stream));
    BAL_TRY(bal_net_forward(net, &look, &part, &y));
    return bal_tensor_read(&y, pixel);
}

bal_status bal_gan_sample_pixels(bal_gan *gan, float *pixel, int count)
{
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_status st = bal_learner_swap(&gan->learn_g);
    for (int i = 0, n; st == BAL_OK && i < count; i += n) {
        bal_stream stream = bal_stream_for((uint64_t)gan->job.setup->run.seed, BAL_FOR_SAMPLE,
                                           (uint32_t)(gan->job.label + 1), (uint32_t)i);
        n = count - i < gan->o.batch ? count - i : gan->o.batch;
        st = generate_batch(pixel + (size_t)i * image, gan->generator, &gan->z, n, &stream);
    }
    return st == BAL_OK ? bal_learner_swap(&gan->learn_g) : st;
}

/* Training images, evenly chosen, as the nets see them; malloc'd. */
static bal_status real_pixels(float **pixel, int *n, const bal_gan *gan)
{
    const int *index;
    int        count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index);
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_status st = BAL_OK;
    *n = count < SAMPLES ? count : SAMPLES;
    *pixel = malloc((size_t)*n * image * sizeof **pixel);
    if (!*pixel) return bal_fail(BAL_ENOMEM, "no memory for images");
    for (int i = 0; st == BAL_OK && i < *n; i++)
        st = bal_dataset_fill(gan->job.data, index[(long)i * count / *n], *pixel + (size_t)i * image, &gan->scaling);
    return st;
}

/* How different generated images are, and real ones. */
static bal_status measure_distance(bal_gan *gan, const float *pixel, size_t image)
{
    float *real = NULL;
    int    n;
    gan->distance = bal_image_distance(pixel, SAMPLES, image);
    if (gan->health.real > 0) return BAL_OK;
    bal_status st = real_pixels(&real, &n, gan);
    if (st == BAL_OK) gan->health.real = bal_image_distance(real, n, image);
    free(real);
    return st;
}

bal_status bal_gan_save_samples(bal_gan *gan)
{
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    float     *pixel = malloc(SAMPLES * image * sizeof *pixel);
    char      *path = bal_format("%s/samples/step_%06d.png", gan->job.folder, gan->step);
    bal_status st =
        pixel && path ? bal_gan_sample_pixels(gan, pixel, SAMPLES) : bal_fail(BAL_ENOMEM, "no memory for samples");
    if (st == BAL_OK) st = measure_distance(gan, pixel, image);
    if (st == BAL_OK) st = bal_run_grid(path, pixel, SAMPLES, SAMPLE_COLUMNS, &gan->job.setup->data, &gan->scaling);
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

bal_status bal_gan_generate(const bal_setup *s, bal_device *dev, const char *weights, uint64_t seed, int count,
                            bal_gan_sink sink, void *user)
{
    enum { BATCH = 64 };
    bal_net    *net = NULL;
    bal_tensor  z = {0};
    float      *pixel = NULL;
    bal_scaling scaling;
    bal_status  st;
    BAL_TRY_OR(end, st, bal_setup_net(&net, s, "generator", BATCH));
    BAL_TRY_OR(end, st, bal_net_build(net, dev, false, 0, 0));
    BAL_TRY_OR(end, st, load_generator(net, &scaling, weights));
    BAL_TRY_OR(end, st, bal_tensor_init(&z, dev, bal_net_in(net)));
    pixel = malloc(bal_shape_size(bal_net_out(net)) * sizeof *pixel);
    if (!pixel) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for images"));
    for (int i = 0; i < count; i += BATCH) {
        bal_stream stream = bal_stream_for(seed, BAL_FOR_GENERATE, 0, (uint32_t)(i / BATCH));
        int        n = count - i < BATCH ? count - i : BATCH;
        BAL_TRY_OR(end, st, generate_batch(pixel, net, &z, n, &stream));
        BAL_TRY_OR(end, st, sink(user, i, n, pixel, &scaling));
    }
end:
    free(pixel);
    bal_tensor_free(&z);
    bal_net_free(net);
    return st;
}
