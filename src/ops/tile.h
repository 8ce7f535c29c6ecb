/* tile -- the register tile of the CPU class for a device (cl/tile.h): `rows` by 16 * `vectors` floats, `vectors` 1, 2
 * or 4. */
#ifndef BALLAST_OPS_TILE_H
#define BALLAST_OPS_TILE_H

#include "ballast/device.h"

typedef struct bal_tile {
    int rows, vectors;
} bal_tile;

/* 8 x 32 where a vector holds 16 floats, 6 x 16 otherwise (12 of 16 registers); a narrow matrix gets one vector. */
bal_tile bal_tile_choose(const bal_device *dev, int columns);
/* Tile i of those worth trying, the one above first; false behind the last. All give the same sums. */
bool bal_tile_try(bal_tile *out, const bal_device *dev, int columns, int i);
/* "-DMR=8 -DNV=2" for cl/tile.h, and then `more`, in `text`. */
const char *bal_tile_options(char text[128], bal_tile tile, const char *more);

static inline int bal_divide_up(int a, int b) { return (a + b - 1) / b; }

#endif
