/* tile_gpu -- the tiles of the GPU class (cl/conv_tiles.h), and which of them a product is worth. */
#ifndef BALLAST_OPS_TILE_GPU_H
#define BALLAST_OPS_TILE_GPU_H

#include "tile.h"
#include "variant.h"

/* Work-items in a group; outputs to a work-item, rows and columns; terms at a time. */
typedef struct bal_gpu_tile {
    int lx, ly, tm, tn, bk;
} bal_gpu_tile;

enum { BAL_GPU_TILES = 8, BAL_GPU_TERMS = 16 /* a multiple of every bk */ };

const bal_gpu_tile *bal_gpu_tile_get(int i);
int                 bal_gpu_tile_rows(const bal_gpu_tile *t);
int                 bal_gpu_tile_columns(const bal_gpu_tile *t);

/* `copies` products of rows x columns sums of `terms` each. A sum may be cut into parts, of `least` terms or more,
 * until there are `items` work-items; 0: it may not. */
typedef struct bal_gpu_product {
    int rows, columns, copies, terms, least, items;
} bal_gpu_product;

/* Adds `base` with tiles that the device holds, at most `count` of them, the cheapest first; rows: the tile, block:
 * the parts of a sum, which are the cheapest tile's for all of them, as another cut gives other bits. Then that tile
 * with half and twice as many. `name` begins their names. */
void bal_gpu_tile_variants(bal_variants *out, const bal_device *dev, const bal_gpu_product *p, bal_variant base,
                           const char *name, int count);

/* As bal_kernel_get, for tile *i, or for the next smaller group where the kernel allows no such large one; *i: the
 * tile. */
bal_status bal_gpu_tile_kernel(bal_kernel **out, bal_device *dev, const char *file, const char *kernel, int *i,
                               const char *options);

#endif
