/* random -- random numbers made on the device: the same stream as rng.h's, normal numbers by Box-Muller in float. */
#ifndef BALLAST_RANDOM_H
#define BALLAST_RANDOM_H

#include "ballast/device.h"
#include "ballast/rng.h"

/* t[i] = standard normal number i of the stream, within a few units in the last place of bal_random_normal's. */
bal_status bal_fill_normal(const bal_tensor *t, const bal_stream *stream);

#endif
