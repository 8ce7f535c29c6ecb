/* tile -- see tile.h. */
#include "tile.h"

#include <stdio.h>

static bal_tile forced;

bal_tile bal_tile_choose(const bal_device *dev, int columns)
{
    bal_tile tile = bal_device_describe(dev)->vector_width >= 16 ? (bal_tile){8, 2} : (bal_tile){6, 1};
    if (forced.rows) tile = forced;
    if (columns <= 16) tile.vectors = 1;
    return tile;
}

void bal_tile_force(bal_tile tile) { forced = tile; }

const char *bal_tile_options(char text[128], bal_tile tile, const char *more)
{
    snprintf(text, 128, "-DMR=%d -DNV=%d%s", tile.rows, tile.vectors, more);
    return text;
}
