/* loss -- the figures of a loss, from its terms. */
#include "loss_figure.h"

__kernel void loss_sum(__global float *figures, int at, __global const float *terms, int n, int slots)
{
    int j = (int)get_global_id(0);
    if (j < 2 * slots) figures[at + j] = loss_figure(terms, n, j);
}
