/* adversarial -- the kernel of a loss for GANs: a mean over all outputs y, or (BOTH) over each half. The file that
 * includes it defines
 *   float value(float y, int target, float real, float fake)    the loss of one output
 *   float slope(float y, int target, float real, float fake)    d value / d y
 * with `real` and `fake` its two settings. terms[i] = {value / n, sigmoid(y)}; dy = slope / n where `gradient` is set.
 */
__kernel void adversarial(__global const float *y, int n, int target, float real, float fake, __global float *terms,
                          __global float *dy, int gradient)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    int share = target == BOTH ? n / 2 : n;
    if (target == BOTH) target = i < share ? REAL : FAKE;
    terms[2 * i] = value(y[i], target, real, fake) / share;
    terms[2 * i + 1] = sigmoid(y[i]);
    if (gradient) dy[i] = slope(y[i], target, real, fake) / share;
}
