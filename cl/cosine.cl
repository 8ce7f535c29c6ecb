/* cosine -- y[i][k] = s x[i].w[k] / (|x[i]| |w[k]|) for rows x[i] of `in` numbers and columns w[k]; the product itself
 * is a gemm. A vector v of a set: elements v[i * outer + j * inner], j < length. One vector, or one element, a
 * work-item. A vector of zeros has the cosine 0 with all others, and no gradient. */

/* inverse[i] = 1 / |v[i]|, or 0 */
__kernel void cosine_inverse(__global const float *v, int count, int length, int outer, int inner,
                             __global float *inverse)
{
    int   i = get_global_id(0);
    float sum = 0;
    if (i >= count) return;
    for (int j = 0; j < length; j++) {
        float e = v[(size_t)i * outer + (size_t)j * inner];
        sum += e * e;
    }
    inverse[i] = sum > 0 ? 1 / sqrt(sum) : 0;
}

/* to[i][k] = s from[i][k] / (|x[i]| |w[k]|) */
__kernel void cosine_scale(__global const float *from, __global float *to, __global const float *inverse_x,
                           __global const float *inverse_w, float s, int n, int units)
{
    int at = get_global_id(0);
    if (at < n * units) to[at] = s * from[at] * inverse_x[at / units] * inverse_w[at % units];
}

/* dots[i] = sum over j of dy y, over |v[i]|^2 */
__kernel void cosine_dots(__global const float *dy, __global const float *y, int count, int length, int outer,
                          int inner, __global const float *inverse, __global float *dots)
{
    int   i = get_global_id(0);
    float sum = 0;
    if (i >= count) return;
    for (int j = 0; j < length; j++) {
        size_t at = (size_t)i * outer + (size_t)j * inner;
        sum += dy[at] * y[at];
    }
    dots[i] = sum * inverse[i] * inverse[i];
}

/* The gradient keeps what is across v: g[i] -= dots[i] v[i]. */
__kernel void cosine_across(__global float *g, __global const float *v, int count, int length, int outer, int inner,
                            __global const float *dots)
{
    int i = get_global_id(0);
    if (i >= count) return;
    for (int j = 0; j < length; j++) {
        size_t at = (size_t)i * outer + (size_t)j * inner;
        g[at] -= dots[i] * v[at];
    }
}
