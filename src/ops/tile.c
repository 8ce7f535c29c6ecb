/* tile -- see tile.h. */
#include "tile.h"

#include <stdio.h>

enum { TILES = 4 };

/* By the registers: 32 of 16 floats, or 16 of 8. */
static const bal_tile wide[TILES] = {{8, 2}, {12, 2}, {6, 2}, {12, 1}};
static const bal_tile narrow[TILES] = {{6, 1}, {4, 1}, {3, 2}, {8, 2}};

bool bal_tile_try(bal_tile *out, const bal_device *dev, int columns, int i)
{
    if (i >= TILES) return false;
    *out = bal_device_describe(dev)->vector_width >= 16 ? wide[i] : narrow[i];
    if (columns <= 16) out->vectors = 1;
    return true;
}

bal_tile bal_tile_choose(const bal_device *dev, int columns)
{
    bal_tile tile = {0, 0};
    (void)bal_tile_try(&tile, dev, columns, 0);
    return tile;
}

const char *bal_tile_options(char text[128], bal_tile tile, const char *more)
{
    snprintf(text, 128, "-DMR=%d -DNV=%d%s", tile.rows, tile.vectors, more);
    return text;
}
