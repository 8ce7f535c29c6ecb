/* taps -- which place of a window was the largest, row by row; a byte each, or two where a window has more places. */
#ifndef TAPS_H
#define TAPS_H

#include "common.h"

#ifdef TAP_SHORT
#define TAP ushort
#else
#define TAP uchar
#endif

/* The n <= W at the end of a row; W of them for any larger n. */
static inline VI load_taps(__global const TAP *p, int n)
{
    int v[W];
#if W > 1
    if (n >= W) return JOIN(convert_int, W)(JOIN(vload, W)(0, p));
#endif
    for (int j = 0; j < W; j++) v[j] = j < n ? p[j] : 0;
    return VLOAD(v);
}

static inline void store_taps(VI taps, __global TAP *p, int n)
{
    int v[W];
#if W > 1
    if (n >= W) {
        JOIN(vstore, W)(JOIN(JOIN(convert_, TAP), W)(taps), 0, p);
        return;
    }
#endif
    VSTORE(taps, v);
    for (int j = 0; j < min(n, W); j++) p[j] = (TAP)v[j];
}

#endif
