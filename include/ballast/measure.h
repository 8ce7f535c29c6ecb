/* measure -- what a device can do, measured with our own kernels: what other figures are compared with. */
#ifndef BALLAST_MEASURE_H
#define BALLAST_MEASURE_H

#include "ballast/device.h"

typedef struct bal_measured {
    double copy_gbps; /* 10^9 bytes a second, read and written, of a copy by a kernel on all units; buffers of at least
                         4 x the last-level cache (1 GiB where that is not known) */
    double peak_gflops; /* multiply-adds counted as two: the best of several register tiles and of the product below */
    double gemm_gflops; /* bal_gemm, 1152 x 1152 x 1152 */
    double launch_us;   /* microseconds from queueing a tiny kernel to knowing that it has run */
} bal_measured;

/* Takes a few seconds; each figure is the best of several runs, as others on the machine can only slow one down. */
bal_status bal_measure(bal_measured *out, bal_device *dev);

#endif
