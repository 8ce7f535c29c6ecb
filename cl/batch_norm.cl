/* batch_norm -- y = gamma (x - mean) inv + beta, inv = 1 / sqrt(variance + eps), statistics over the rows of
 * x[rows][c]. (Ioffe and Szegedy 2015.)
 *
 * Rows are folded so that one is `wide` floats, a multiple of c and of 16: element i belongs to channel i % c, and no
 * channel count is left to scalar code. Part p is `chunk` folded rows; the last part also has the row that may be cut
 * short. Statistics of a part are taken about a value of its own, so that nothing cancels (the error of a variance is
 * below chunk * 2^-24), and parts are merged about the first part's mean. Fixed order, so the same bits on every run.
 *
 * tables[5][wide]: mean, inv, then what the flat passes multiply and add: y = a x + d; dx = a dy + b x + d. */
#include "common.h"

#define MEAN 0
#define INV 1
#define A 2
#define B 3
#define D 4

/* Work-items that merge the parts of one vector of columns. */
#ifdef BAL_CLASS_GPU
#define LANES 64
#else
#define LANES 1
#endif
/* Vectors that a work-item of a flat pass works through. */
#ifdef BAL_CLASS_GPU
#define RUN 1
#else
#define RUN 64
#endif

/* How many of the W columns from `column` on the cut-short row still has; 0 or less in all parts but the last. */
static inline int rest(int total, int wide, int column, bool last) { return last ? total % wide - column : 0; }

/* out[0][part][wide]: means; [1]: sums of squared distances from them. */
__kernel void batch_norm_moments(int total, int wide, int chunk, int parts, __global const float *restrict x,
                                 __global float *restrict out)
{
    int column = (int)get_global_id(0) * W, part = (int)get_global_id(1);
    if (column >= wide || part >= parts) return;
    int rows = clamp(total / wide - part * chunk, 0, chunk), more = rest(total, wide, column, part == parts - 1);
    x += (size_t)part * chunk * wide + column;

    V about = rows > 0 ? VLOAD(x) : load_some(x, more), sum = 0, squares = 0, count = rows;
    for (int row = 0; row < rows; row++) {
        V d = VLOAD(x + (size_t)row * wide) - about;
        sum += d;
        squares += d * d;
    }
    if (more > 0) {
        V have = first_some(more), d = (load_some(x + (size_t)rows * wide, more) - about) * have;
        sum += d;
        squares += d * d;
        count += have;
    }
    V mean = sum / fmax(count, (V)1);
    out += (size_t)part * wide + column;
    VSTORE(about + mean, out);
    VSTORE(squares - sum * mean, out + (size_t)parts * wide);
}

/* out[0][part][wide]: sums of dy; [1]: sums of dy (x - mean). */
__kernel void batch_norm_products(int total, int wide, int chunk, int parts, __global const float *restrict x,
                                  __global const float *restrict dy, __global const float *restrict tables,
                                  __global float *restrict out)
{
    int column = (int)get_global_id(0) * W, part = (int)get_global_id(1);
    if (column >= wide || part >= parts) return;
    int rows = clamp(total / wide - part * chunk, 0, chunk), more = rest(total, wide, column, part == parts - 1);
    x += (size_t)part * chunk * wide + column;
    dy += (size_t)part * chunk * wide + column;

    V mean = VLOAD(tables + MEAN * wide + column), sum = 0, products = 0;
    for (int row = 0; row < rows; row++) {
        V d = VLOAD(dy + (size_t)row * wide);
        sum += d;
        products += d * (VLOAD(x + (size_t)row * wide) - mean);
    }
    if (more > 0) {
        V d = load_some(dy + (size_t)rows * wide, more);
        sum += d;
        products += d * (load_some(x + (size_t)rows * wide, more) - mean);
    }
    out += (size_t)part * wide + column;
    VSTORE(sum, out);
    VSTORE(products, out + (size_t)parts * wide);
}

/* The sums of a pair over the work-group, in lane 0. */
#if LANES > 1
#define ADD_LANES(a, b, lane) \
    __local V shared[2 * LANES]; \
    for (int reach = LANES / 2; reach > 0; reach /= 2) { \
        barrier(CLK_LOCAL_MEM_FENCE); \
        shared[lane] = a; \
        shared[LANES + lane] = b; \
        barrier(CLK_LOCAL_MEM_FENCE); \
        a += shared[lane % reach + reach]; \
        b += shared[LANES + lane % reach + reach]; \
    }
#else
#define ADD_LANES(a, b, lane)
#endif

/* Behind the parts, out[2 * parts]: mean of each column over all of them; the next row: sum of squared distances. */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void
batch_norm_merge_moments(int total, int wide, int chunk, int parts, __global float *restrict out)
{
    int             column = (int)get_group_id(0) * W, lane = (int)get_local_id(0);
    __global const float *means = out + column, *squares = means + (size_t)parts * wide;
    V               about = VLOAD(means), sum = 0, spread = 0;
    for (int part = lane; part < parts; part += LANES) {
        V count =
            clamp(total / wide - part * chunk, 0, chunk) + first_some(rest(total, wide, column, part == parts - 1));
        V d = VLOAD(means + (size_t)part * wide) - about;
        sum += count * d;
        spread += VLOAD(squares + (size_t)part * wide) + count * d * d;
    }
    ADD_LANES(sum, spread, lane);
    if (lane > 0) return;
    V count = total / wide + first_some(rest(total, wide, column, true)), shift = sum / fmax(count, (V)1);
    out += 2 * (size_t)parts * wide + column;
    VSTORE(about + shift, out);
    VSTORE(spread - sum * shift, out + wide);
}

/* Behind the parts: the sums over all of them. */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void
batch_norm_merge_products(int wide, int parts, __global float *restrict out)
{
    int             column = (int)get_group_id(0) * W, lane = (int)get_local_id(0);
    __global const float *sums = out + column, *products = sums + (size_t)parts * wide;
    V               sum = 0, product = 0;
    for (int part = lane; part < parts; part += LANES) {
        sum += VLOAD(sums + (size_t)part * wide);
        product += VLOAD(products + (size_t)part * wide);
    }
    ADD_LANES(sum, product, lane);
    if (lane > 0) return;
    out += 2 * (size_t)parts * wide + column;
    VSTORE(sum, out);
    VSTORE(product, out + wide);
}

/* One channel: its columns merged, the running statistics moved on, and its tables. */
__kernel void batch_norm_finish(int c, int total, int wide, int parts, __global const float *moments,
                                __global const float *gamma, __global const float *beta, __global float *running_mean,
                                __global float *running_var, __global float *batches, float momentum, float eps,
                                __global float *tables)
{
    int k = (int)get_global_id(0);
    if (k >= c) return;
    moments += 2 * (size_t)parts * wide;
    __global const float *squares = moments + wide;
    float                 about = moments[k], sum = 0, spread = 0, n = (float)(total / c);
    for (int i = k; i < wide; i += c) {
        float count = (float)(total / wide + (i < total % wide)), d = count > 0 ? moments[i] - about : 0;
        sum += count * d;
        spread += count > 0 ? squares[i] + count * d * d : 0;
    }
    float mean = about + sum / n, variance = fmax(spread - sum * (sum / n), 0.0f) / n, inv = 1 / sqrt(variance + eps);
    float a = gamma ? gamma[k] * inv : inv, d = (beta ? beta[k] : 0) - a * mean;
    running_mean[k] += momentum * (mean - running_mean[k]);
    running_var[k] += momentum * (variance * (n / fmax(n - 1, 1.0f)) - running_var[k]);
    if (k == 0) batches[0] += 1;
    for (int i = k; i < wide; i += c) {
        tables[MEAN * wide + i] = mean;
        tables[INV * wide + i] = inv;
        tables[A * wide + i] = a;
        tables[D * wide + i] = d;
    }
}

/* Outside training: tables from the running statistics. */
__kernel void batch_norm_running(int c, int wide, __global const float *gamma, __global const float *beta,
                                 __global const float *running_mean, __global const float *running_var, float eps,
                                 __global float *tables)
{
    int i = (int)get_global_id(0);
    if (i >= wide) return;
    int   k = i % c;
    float inv = 1 / sqrt(running_var[k] + eps), a = gamma ? gamma[k] * inv : inv;
    tables[MEAN * wide + i] = running_mean[k];
    tables[INV * wide + i] = inv;
    tables[A * wide + i] = a;
    tables[D * wide + i] = (beta ? beta[k] : 0) - a * running_mean[k];
}

/* One channel: gradients of gamma and beta (NULL: none), and the tables of the pass over dx. The statistics depend on x
 * in training. */
__kernel void batch_norm_finish_backward(int c, int total, int wide, int parts, __global const float *sums,
                                         __global const float *gamma, __global float *dgamma, __global float *dbeta,
                                         int training, __global float *tables)
{
    int k = (int)get_global_id(0);
    if (k >= c) return;
    float sum = 0, product = 0, n = (float)(total / c), mean = tables[MEAN * wide + k], inv = tables[INV * wide + k];
    sums += 2 * (size_t)parts * wide;
    for (int i = k; i < wide; i += c) {
        sum += sums[i];
        product += sums[wide + i];
    }
    if (dgamma) dgamma[k] += product * inv;
    if (dbeta) dbeta[k] += sum;
    float a = gamma ? gamma[k] * inv : inv;
    float b = training ? -a * inv * inv * product / n : 0, d = training ? -a * sum / n - b * mean : 0;
    for (int i = k; i < wide; i += c) {
        tables[A * wide + i] = a;
        tables[B * wide + i] = b;
        tables[D * wide + i] = d;
    }
}

/* A flat pass: RUN vectors to a work-item, `column` going round with them. */
#define FLAT(vector, scalar) \
    int i = (int)get_global_id(0) * (W * RUN), end = min(i + W * RUN, total), column = i % wide; \
    for (; i + W <= end; i += W, column = column + W == wide ? 0 : column + W) { vector; } \
    for (; i < end; i++, column++) { scalar; }

__kernel void batch_norm_forward(int total, int wide, __global const float *restrict tables,
                                 __global const float *restrict x, __global float *restrict y)
{
    __global const float *a = tables + A * wide, *d = tables + D * wide;
    FLAT(VSTORE(VLOAD(a + column) * VLOAD(x + i) + VLOAD(d + column), y + i), y[i] = a[column] * x[i] + d[column]);
}

__kernel void batch_norm_backward(int total, int wide, __global const float *restrict tables,
                                  __global const float *restrict x, __global const float *restrict dy,
                                  __global float *restrict dx)
{
    __global const float *a = tables + A * wide, *b = tables + B * wide, *d = tables + D * wide;
    FLAT(VSTORE(VLOAD(a + column) * VLOAD(dy + i) + (VLOAD(b + column) * VLOAD(x + i) + VLOAD(d + column)), dx + i),
         dx[i] = a[column] * dy[i] + (b[column] * x[i] + d[column]));
}
