/* adversarial -- the kernel of a loss for GANs: a mean over all outputs y, or (BOTH) over each half. The file that
 * includes it defines
 *   float value(float y, int target, float real, float fake)    the loss of one output
 *   float slope(float y, int target, float real, float fake)    d value / d y
 * with `real` and `fake` its two settings. terms[i] = {value / n, sigmoid(y)}; dy = slope / n where `gradient` is set;
 * then the figures from `at` on. One work-group. */
#include "loss_figure.h"

#define LANES 64

__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void adversarial(__global const float *y, int n, int target, float real, float fake, __global float *terms,
                 __global float *dy, int gradient, __global float *figures, int at)
{
    int lane = (int)get_local_id(0), slots = target == BOTH ? 2 : 1, share = n / slots;
    for (int i = lane; i < n; i += LANES) {
        int one = target == BOTH ? (i < share ? REAL : FAKE) : target;
        terms[2 * i] = value(y[i], one, real, fake) / share;
        terms[2 * i + 1] = sigmoid(y[i]);
        if (gradient) dy[i] = slope(y[i], one, real, fake) / share;
    }
    barrier(CLK_GLOBAL_MEM_FENCE);
    if (lane < 2 * slots) figures[at + lane] = loss_figure(terms, share, lane);
}
