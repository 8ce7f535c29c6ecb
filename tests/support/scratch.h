/* scratch -- a temporary folder for the tests of a file, real images where there are some, and mutations for fuzzing.
 */
#ifndef BALLAST_SCRATCH_H
#define BALLAST_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* For cmocka_run_group_tests. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* FOLDER/name; good for the next 16 calls. "" gives the folder itself. */
const char *scratch(const char *name);
/* Write FOLDER/name, making the folders on its way. */
void scratch_write(const char *name, const void *data, size_t size);
void scratch_text(const char *name, const char *text);
/* Fails unless FOLDER/one/name and FOLDER/other/name have the same bytes. */
void scratch_same(const char *one, const char *other, const char *name);
/* A PNG of size x size grey pixels that depend on `seed` alone, smooth enough to survive resizing. */
void scratch_image(const char *name, int size, unsigned seed);

/* ../shared/data/name, or skips the test, saying so, where it is absent. */
const char *real_data(const char *name);

/* Change, cut or repeat a few bytes of `data` (room for `room`), as `seed` and `round` say; the new size. */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t room, uint64_t seed, uint32_t round);

#endif
