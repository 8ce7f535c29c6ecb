/* dataset_scan -- every image once, in threads: decoded, hashed, sketched, and kept where the cache has room. What is
 * found of an image depends on it alone, so threads change nothing. */
#include <math.h>
#include <pthread.h>
#include <sha2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ballast/files.h"
#include "dataset_parts.h"

enum { MOST_THREADS = 32, GRID = 72, MOST_SPREAD = 2 }; /* 72 is 9 columns of 8 and 8 rows of 9 */

typedef struct {
    bal_dataset *ds;
    size_t       room; /* images that the cache can hold */
    atomic_int   next;
    atomic_int   no_memory;
} scan;

bal_status bal_dataset_pack(uint16_t *out, const bal_image *image, const bal_dataset_options *options)
{
    bal_image small;
    size_t    count = bal_dataset_pixels(options);

    BAL_TRY(bal_image_resize(&small, image, options->size, options->channels, (bal_resize_mode)options->resize));
    for (size_t i = 0; i < count; i++) out[i] = (uint16_t)(small.pixel[i] * 65535.0f + 0.5f);
    bal_image_free(&small);
    return BAL_OK;
}

static void add_up(bal_sketch *s, const uint16_t *packed, const bal_dataset_options *o)
{
    size_t count = bal_dataset_pixels(o), c = (size_t)o->channels;

    for (size_t i = 0; i < count; i++) {
        s->sum[i % c] += packed[i];
        s->square[i % c] += (uint64_t)packed[i] * packed[i];
    }
}

/* Krawetz's difference hash, on means of cells. */
static uint64_t difference_hash(const float *grid)
{
    float    cell[8][9] = {{0}};
    uint64_t hash = 0;

    for (int y = 0; y < GRID; y++)
        for (int x = 0; x < GRID; x++) cell[y / 9][x / 8] += grid[y * GRID + x];
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            if (cell[y][x] < cell[y][x + 1]) hash |= (uint64_t)1 << (y * 8 + x);
    return hash;
}

static bal_status sketch_image(bal_sketch *s, const bal_image *image)
{
    bal_image  grid = {0}, thumb = {0};
    bal_status st;

    BAL_TRY_OR(done, st, bal_image_resize(&grid, image, GRID, 1, BAL_STRETCH));
    BAL_TRY_OR(done, st, bal_image_resize(&thumb, &grid, BAL_THUMB, 1, BAL_STRETCH));
    s->hash = difference_hash(grid.pixel);
    for (int i = 0; i < BAL_THUMB * BAL_THUMB; i++) s->thumb[i] = (uint8_t)(thumb.pixel[i] * 255.0f + 0.5f);
done:
    bal_image_free(&grid);
    bal_image_free(&thumb);
    return st;
}

/* Radiographs are often stored with three equal components, and a coloured mark in a corner is no colour picture. */
static bool is_colour(const bal_image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height;
    double spread = 0;

    if (image->channels != 3) return false;
    for (size_t i = 0; i < count; i++) {
        const float *v = image->pixel + 3 * i;
        spread += (double)(fmaxf(fmaxf(v[0], v[1]), v[2]) - fminf(fminf(v[0], v[1]), v[2]));
    }
    return spread > MOST_SPREAD / 255.0 * (double)count;
}

/* Of the file where there is one, else of the decoded pixels behind width, height and channels. */
static bal_status hash_item(char out[65], const bal_data *d, int item, const bal_image *image)
{
    SHA2_CTX sha;

    if (d->folder) {
        char *path = bal_path_join(d->folder, d->items[item].path);
        if (!path) return bal_fail(BAL_ENOMEM, "%s: no memory to read it", d->items[item].path);
        char *done = SHA256File(path, out);
        free(path);
        return done ? BAL_OK : bal_fail(BAL_EIO, "%s: cannot be read again", d->items[item].path);
    }
    int32_t size[3] = {image->width, image->height, image->channels};
    SHA256Init(&sha);
    SHA256Update(&sha, (const uint8_t *)size, sizeof size);
    SHA256Update(&sha, (const uint8_t *)image->pixel,
                 (size_t)size[0] * (size_t)size[1] * (size_t)size[2] * sizeof *image->pixel);
    SHA256End(&sha, out);
    return BAL_OK;
}

static bal_status scan_image(bal_dataset *ds, int i, uint16_t *packed, const bal_image *image)
{
    bal_sample *sample = &ds->sample[i];

    sample->width = image->width;
    sample->height = image->height;
    sample->channels = image->channels;
    sample->colour = is_colour(image);
    BAL_TRY(hash_item(sample->sha256, &ds->data, i, image));
    BAL_TRY(sketch_image(&ds->sketch[i], image));
    BAL_TRY(bal_dataset_pack(packed, image, &ds->options));
    add_up(&ds->sketch[i], packed, &ds->options);
    return BAL_OK;
}

/* The reason names the image as tables do, if the message does not name it already. */
static void note_reason(scan *s, int i)
{
    const char *path = s->ds->data.items[i].path, *why = bal_error();
    s->ds->reason[i] = strstr(why, path) ? bal_format("%s", why) : bal_format("%s: %s", path, why);
    if (!s->ds->reason[i]) atomic_store(&s->no_memory, 1);
}

static void scan_item(scan *s, int i, uint16_t *scratch)
{
    bal_dataset *ds = s->ds;
    bal_image    image;
    uint16_t    *packed = (size_t)i < s->room ? ds->cache + (size_t)i * bal_dataset_pixels(&ds->options) : scratch;
    bal_status   st = ds->data.def->read(&ds->data, i, &image);

    if (!st) {
        st = scan_image(ds, i, packed, &image);
        bal_image_free(&image);
    }
    if (st == BAL_ENOMEM) atomic_store(&s->no_memory, 1);
    else if (st) note_reason(s, i);
}

static void *work(void *user)
{
    scan     *s = user;
    uint16_t *scratch = malloc(bal_dataset_pixels(&s->ds->options) * sizeof *scratch);

    if (!scratch) atomic_store(&s->no_memory, 1);
    for (int i; scratch && !atomic_load(&s->no_memory) && (i = atomic_fetch_add(&s->next, 1)) < s->ds->data.count;)
        scan_item(s, i, scratch);
    free(scratch);
    return NULL;
}

/* This thread works too, so that it goes on where no other can be had. */
static void run_threads(scan *s)
{
    pthread_t thread[MOST_THREADS];
    int       wanted = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1, count = 0;

    if (wanted > MOST_THREADS) wanted = MOST_THREADS;
    while (count < wanted && pthread_create(&thread[count], NULL, work, s) == 0) count++;
    work(s);
    while (count > 0) pthread_join(thread[--count], NULL);
}

static bal_status ask_for_memory(scan *s)
{
    bal_dataset *ds = s->ds;
    size_t       n = (size_t)ds->data.count, image = bal_dataset_pixels(&ds->options) * sizeof *ds->cache;

    s->room = ((size_t)ds->options.cache << 20) / image;
    if (s->room > n) s->room = n;
    ds->item = calloc(n, sizeof *ds->item);
    ds->sample = calloc(n, sizeof *ds->sample);
    ds->sketch = calloc(n, sizeof *ds->sketch);
    ds->reason = calloc(n, sizeof *ds->reason);
    if (s->room) ds->cache = malloc(s->room * image);
    if (!ds->item || !ds->sample || !ds->sketch || !ds->reason || (s->room && !ds->cache))
        return bal_fail(BAL_ENOMEM, "no memory for %zu images, of which %zu are kept decoded (cache = %d MiB)", n,
                        s->room, ds->options.cache);
    return BAL_OK;
}

/* Close the gaps that unreadable items left. */
static void compact(bal_dataset *ds, size_t room)
{
    size_t pixels = bal_dataset_pixels(&ds->options);

    for (int i = 0; i < ds->data.count; i++) {
        const bal_item *item = &ds->data.items[i];
        int             to = ds->count;
        if (ds->reason[i]) {
            ds->unreadable++;
            continue;
        }
        ds->count++;
        ds->item[to] = i;
        ds->sample[to] = ds->sample[i];
        ds->sketch[to] = ds->sketch[i];
        ds->sample[to].path = item->path;
        ds->sample[to].group = item->group;
        ds->sample[to].label = item->label;
        if ((size_t)i >= room) continue;
        if (to != i)
            memcpy(ds->cache + (size_t)to * pixels, ds->cache + (size_t)i * pixels, pixels * sizeof *ds->cache);
        ds->cached = ds->count;
    }
}

bal_status bal_dataset_scan(bal_dataset *ds)
{
    scan s = {.ds = ds};

    BAL_TRY(ask_for_memory(&s));
    atomic_init(&s.next, 0);
    atomic_init(&s.no_memory, 0);
    run_threads(&s);
    if (atomic_load(&s.no_memory)) return bal_fail(BAL_ENOMEM, "no memory to decode %d images", ds->data.count);
    compact(ds, s.room);
    return BAL_OK;
}
