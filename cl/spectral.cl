/* spectral -- see src/train/spectral.h. A kernel w is a matrix [rows][columns]. */

/* out[row] = sum over columns of w times u[column] */
__kernel void spectral_rows(int rows, int columns, __global float *restrict out, __global const float *restrict w,
                            __global const float *restrict u)
{
    int row = get_global_id(0);
    if (row >= rows) return;
    float sum = 0;
    w += (size_t)row * columns;
    for (int o = 0; o < columns; o++) sum += w[o] * u[o];
    out[row] = sum;
}

/* out[row] = sum over columns of w times g */
__kernel void spectral_products(int rows, int columns, __global float *restrict out, __global const float *restrict w,
                                __global const float *restrict g)
{
    int row = get_global_id(0);
    if (row >= rows) return;
    float sum = 0;
    w += (size_t)row * columns;
    g += (size_t)row * columns;
    for (int o = 0; o < columns; o++) sum += w[o] * g[o];
    out[row] = sum;
}

/* part[b][column] = sum over block b of `block` rows of v[row] times w. A work-item is a column (0) of a block (1). */
__kernel void spectral_columns(int rows, int columns, int block, __global float *restrict part,
                               __global const float *restrict w, __global const float *restrict v)
{
    int o = get_global_id(0), b = get_global_id(1), first = b * block, end = min(first + block, rows);
    if (o >= columns || first >= rows) return;
    float sum = 0;
    for (int row = first; row < end; row++) sum += v[row] * w[(size_t)row * columns + o];
    part[b * columns + o] = sum;
}

/* Both to length 1; norms: of v = W u, and of what became u, W' v, v as it was. */
__kernel void spectral_unit(int rows, int columns, __global float *restrict v, __global float *restrict u,
                            __global const float *norms)
{
    int i = get_global_id(0);
    if (i < rows && norms[0] > 0) v[i] /= norms[0];
    if (i < columns && norms[1] > 0) u[i] /= norms[1];
}

/* 1 / sigma; a matrix of zeros stays as it is. */
float inverse(__global const float *norms) { return norms[1] > 0 ? norms[0] / norms[1] : 1; }

__kernel void spectral_divide(int n, __global float *w, __global const float *norms)
{
    int i = get_global_id(0);
    if (i < n) w[i] *= inverse(norms);
}

/* g: from the gradient of w / sigma to that of w. dot[0]: the sum of g times w / sigma. */
__kernel void spectral_gradient(int rows, int columns, __global float *restrict g, __global const float *restrict v,
                                __global const float *restrict u, __global const float *norms,
                                __global const float *dot)
{
    int i = get_global_id(0);
    if (i >= rows * columns) return;
    g[i] = (g[i] - dot[0] * v[i / columns] * u[i % columns]) * inverse(norms);
}
