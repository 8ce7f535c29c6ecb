/* minibatch_std -- y = x with one more channel, the mean over all values of a map of sqrt(variance + eps), the variance
 * of a value taken over the images of a group (divided by their number).
 *
 * `batch` images have `in_batch` groups of `group` images, the last one what is left. */
typedef struct {
    int first, count;
} members;

static inline members members_of(int g, int group, int batch, int in_batch)
{
    int begin = g % in_batch * group;
    return (members){g / in_batch * batch + begin, min(group, batch - begin)};
}

static inline float2 mean_and_deviation(__global const float *x, members m, size_t values, float eps)
{
    float mean = 0, square = 0;
    for (int i = 0; i < m.count; i++) mean += x[i * values];
    mean /= (float)m.count;
    for (int i = 0; i < m.count; i++) square += (x[i * values] - mean) * (x[i * values] - mean);
    return (float2)(mean, sqrt(square / (float)m.count + eps));
}

/* deviation[value][all]; a work-item is a value (0) of a group (1). */
__kernel void minibatch_std_deviations(int values, int group, int batch, int in_batch, int all, float eps,
                                       __global const float *restrict x, __global float *restrict deviation)
{
    int value = (int)get_global_id(0), g = (int)get_global_id(1);
    if (value >= values || g >= all) return;
    members m = members_of(g, group, batch, in_batch);
    deviation[(size_t)value * all + g] = mean_and_deviation(x + (size_t)m.first * values + value, m, values, eps).y;
}

/* Of each group, into the first row. */
__kernel void minibatch_std_mean(int values, int all, __global float *restrict deviation)
{
    int   g = (int)get_global_id(0);
    float sum = 0;
    if (g >= all) return;
    for (int value = 0; value < values; value++) sum += deviation[(size_t)value * all + g];
    deviation[g] = sum / (float)values;
}

/* A work-item is a pixel (0) of an image (1). */
__kernel void minibatch_std_forward(int area, int c, int group, int batch, int in_batch, int all, int n,
                                    __global const float *restrict x, __global const float *restrict mean,
                                    __global float *restrict y)
{
    int pixel = (int)get_global_id(0), image = (int)get_global_id(1);
    if (pixel >= area || image >= n) return;
    size_t at = (size_t)image * area + pixel;
    for (int k = 0; k < c; k++) y[at * (c + 1) + k] = x[at * c + k];
    y[at * (c + 1) + c] = mean[image / batch * in_batch + image % batch / group];
}

/* slope[all]: the gradient of a group's mean. */
__kernel void minibatch_std_slope(int area, int c, int group, int batch, int in_batch, int all,
                                  __global const float *restrict dy, __global float *restrict slope)
{
    int   g = (int)get_global_id(0);
    float sum = 0;
    if (g >= all) return;
    members m = members_of(g, group, batch, in_batch);
    for (int pixel = 0; pixel < m.count * area; pixel++) sum += dy[((size_t)m.first * area + pixel) * (c + 1) + c];
    slope[g] = sum;
}

/* dx = dy + slope / values (x - mean) / (count deviation); a work-item is a value (0) of a group (1). */
__kernel void minibatch_std_backward(int area, int c, int group, int batch, int in_batch, int all, float eps,
                                     __global const float *restrict x, __global const float *restrict dy,
                                     __global const float *restrict slope, __global float *restrict dx)
{
    int value = (int)get_global_id(0), g = (int)get_global_id(1), values = area * c;
    if (value >= values || g >= all) return;
    members m = members_of(g, group, batch, in_batch);
    size_t  first = (size_t)m.first * values + value;
    float2  s = mean_and_deviation(x + first, m, values, eps);
    float   scale = slope[g] / ((float)values * (float)m.count * s.y);
    for (int i = 0; i < m.count; i++) {
        size_t at = first + (size_t)i * values;
        dx[at] = dy[((size_t)(m.first + i) * area + value / c) * (c + 1) + value % c] + scale * (x[at] - s.x);
    }
}
