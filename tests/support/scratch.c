#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ballast/files.h"
#include "ballast/image.h"
#include "ballast/rng.h"

static char folder[64];

int scratch_setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ballast-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

int scratch_teardown(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

const char *scratch(const char *name)
{
    static char path[16][512];
    static int  turn;
    turn = (turn + 1) % 16;
    snprintf(path[turn], sizeof path[turn], "%s%s%s", folder, *name ? "/" : "", name);
    return path[turn];
}

static void make_way(const char *path)
{
    char *way = bal_path_folder(path);
    assert_non_null(way);
    assert_int_equal(BAL_OK, bal_folder_create(way));
    free(way);
}

void scratch_write(const char *name, const void *data, size_t size)
{
    const char *path = scratch(name);
    make_way(path);
    FILE *f = fopen(path, "wb"); /* not bal_file_write, which waits for the disk each time */
    assert_non_null(f);
    assert_int_equal(size, fwrite(data, 1, size, f));
    assert_int_equal(0, fclose(f));
}

void scratch_text(const char *name, const char *text) { scratch_write(name, text, strlen(text)); }

void scratch_same(const char *one, const char *other, const char *name)
{
    char  *x, *y, *p = bal_format("%s/%s", scratch(one), name), *q = bal_format("%s/%s", scratch(other), name);
    size_t n, m;
    assert_int_equal(bal_file_read(&x, &n, p, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, q, 0), BAL_OK);
    if (n != m || memcmp(x, y, n) != 0) fail_msg("%s and %s differ", p, q);
    free(x);
    free(y);
    free(p);
    free(q);
}

void scratch_image(const char *name, int size, unsigned seed)
{
    const char *path = scratch(name);
    float      *pixel = malloc((size_t)size * (size_t)size * sizeof *pixel);
    bal_stream  s = bal_stream_for(seed, BAL_FOR_TEST, 0, 0);

    assert_non_null(pixel);
    for (int i = 0; i < size * size; i++) {
        float v = 0.5f, x = (float)(i % size) / (float)size, y = (float)(i / size) / (float)size;
        for (uint64_t k = 0; k < 8; k++) {
            float fx = 3 * bal_random_uniform(&s, 3 * k), fy = 3 * bal_random_uniform(&s, 3 * k + 1);
            v += 0.1f * sinf(6.2831853f * (fx * x + fy * y + bal_random_uniform(&s, 3 * k + 2)));
        }
        pixel[i] = v;
    }
    make_way(path);
    assert_int_equal(BAL_OK, bal_image_write_png(path, pixel, size, size, 1));
    free(pixel);
}

const char *real_data(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "../shared/data/%s", name);
    if (!bal_file_exists(path) && !bal_folder_exists(path)) {
        print_message("%s is absent: skipped\n", path);
        skip();
    }
    return path;
}

static size_t repeat_some(uint8_t *data, size_t size, size_t room, size_t at, size_t length)
{
    if (length > size - at) length = size - at;
    if (length > room - size) length = room - size;
    memmove(data + at + length, data + at, size - at);
    return size + length;
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t room, uint64_t seed, uint32_t round)
{
    static const uint8_t special[] = {0, 1, 0x7f, 0x80, 0xff, '"', ',', '\n'};
    bal_stream           s = bal_stream_for(seed, BAL_FOR_TEST, 1, round);
    uint32_t             edits = 1 + bal_random_bits(&s, 0) % 6;

    for (uint64_t i = 1; size > 0 && i <= edits; i++) {
        uint32_t r[4];
        bal_philox(r, &s, i + 100);
        size_t at = r[0] % size;
        if (r[1] % 3 == 0 && size > 512) at = r[0] % 512; /* headers matter most */
        switch (r[1] >> 8 & 7) {
        case 0: size = at; break;
        case 1: size = repeat_some(data, size, room, at, 1 + r[2] % 64); break;
        case 2: data[at] = special[r[2] % sizeof special]; break;
        case 3: memset(data + at, special[r[2] % 5], size - at < 4 ? size - at : 4); break;
        default: data[at] = (uint8_t)(data[at] ^ 1u << r[2] % 8); break;
        }
    }
    return size;
}
