/* gradient_penalty -- see src/train/gradient_penalty.h. */

/* norm[i]: of image i's part of g, `values` numbers. */
__kernel void penalty_norms(int n, int values, __global float *restrict norm, __global const float *restrict g)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float sum = 0;
    g += (size_t)i * values;
    for (int first = 0; first < values; first += 64) {
        float part = 0;
        for (int j = first, end = min(first + 64, values); j < end; j++) part += g[j] * g[j];
        sum += part;
    }
    norm[i] = sqrt(sum);
}

/* value[0] = the mean of norm^2 */
__kernel void penalty_value(int n, __global float *value, __global const float *norm)
{
    if (get_global_id(0) > 0) return;
    float sum = 0;
    for (int i = 0; i < n; i++) sum += norm[i] * norm[i];
    value[0] = sum / (float)n;
}

/* y = x + step along g, of length 1 in each image */
__kernel void penalty_move(int n, int values, float step, __global float *restrict y, __global const float *restrict x,
                           __global const float *restrict g, __global const float *norm)
{
    size_t at = get_global_id(0);
    if (at >= (size_t)n * values) return;
    float length = norm[at / values];
    y[at] = x[at] + (length > 0 ? step * g[at] / length : 0);
}

__kernel void penalty_slope(int n, float factor, __global float *restrict dy, __global const float *norm)
{
    int i = get_global_id(0);
    if (i < n) dy[i] = factor * norm[i];
}
