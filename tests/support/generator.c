/* generator -- see generator.h. */
#include "generator.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "ballast/checkpoint.h"
#include "ballast/files.h"
#include "ballast/stored.h"

void write_generator(const char *folder, const bal_dataset *data, const float *image, int latent, float noise)
{
    const bal_dataset_options *o = bal_dataset_settings(data);
    int                        pixels = o->size * o->size * o->channels;
    float                     *weight = malloc((size_t)(pixels * latent) * sizeof *weight);
    bal_scaling                scaling = bal_dataset_scaling(data, false);
    bal_checkpoint            *c;
    char                      *path = bal_path_join(folder, "generator.safetensors");
    assert_non_null(weight);
    for (int i = 0; i < pixels * latent; i++) weight[i] = noise * (float)((i * 7919) % 101 - 50) / 50;
    assert_int_equal(bal_folder_create(folder), BAL_OK);
    assert_int_equal(bal_checkpoint_new(&c), BAL_OK);
    assert_int_equal(bal_checkpoint_put(c, "main.0.weight", BAL_F32, 2, (int[]){pixels, latent}, weight), BAL_OK);
    assert_int_equal(bal_checkpoint_put(c, "main.0.bias", BAL_F32, 1, (int[]){pixels}, image), BAL_OK);
    assert_int_equal(bal_stored_put_scaling(c, &scaling), BAL_OK);
    assert_int_equal(bal_checkpoint_note(c, "step", "7"), BAL_OK);
    assert_int_equal(bal_checkpoint_write(c, path), BAL_OK);
    bal_checkpoint_free(c);
    free(weight);
    free(path);
}
