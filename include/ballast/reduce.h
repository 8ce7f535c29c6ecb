/* reduce -- sums in a fixed order, so the same bits on every run. A tensor is seen as [rows][c]. */
#ifndef BALLAST_REDUCE_H
#define BALLAST_REDUCE_H

#include "ballast/device.h"

/* Floats of scratch for column sums over [rows][c]. */
size_t bal_column_scratch(bal_device *dev, size_t rows, int c);
/* sum[c] (+)= sum over rows of x; add: to what is there. The gradient of a bias. */
bal_status bal_column_sum(const bal_tensor *sum, const bal_tensor *x, bool add, const bal_tensor *scratch);

/* y += x, elementwise, sizes equal. */
bal_status bal_add(const bal_tensor *y, const bal_tensor *x);

/* out[index] = sqrt(sum of x^2); scratch: bal_norm_scratch floats. */
size_t     bal_norm_scratch(bal_device *dev, size_t count);
bal_status bal_norm(const bal_tensor *out, int index, const bal_tensor *x, const bal_tensor *scratch);

#endif
