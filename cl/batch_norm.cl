/* batch_norm -- z = gamma (x - mean) inv + beta, inv = 1 / sqrt(variance + eps), statistics over the rows of
 * x[rows][c] (Ioffe and Szegedy 2015); y = z, or of the activation behind it (activation.cl).
 *
 * Rows are folded so that one is `wide` floats, a multiple of c and of 16: element i belongs to channel i % c, and no
 * channel count is left to scalar code. Part p is `chunk` folded rows; the last part also has the row that may be cut
 * short. Statistics of a part are taken about a value of its own, so that nothing cancels (the error of a variance is
 * below chunk * 2^-24), and parts are merged about the first part's mean. Fixed order, so the same bits on every run.
 * x is `batches` times `total` floats, each with statistics of its own.
 *
 * tables[batch][6][wide]: mean, inv, then what the flat passes multiply and add: z = a x + d; dx = a dz + b x + e. */
#include "common.h"

#ifndef ACTIVATE
#define ACTIVATE(T, x) (x)
#define ACTIVATE_BACK(T, y, dy) (dy)
#endif

#define MEAN 0
#define INV 1
#define A 2
#define D 3
#define B 4
#define E 5
#define TABLES 6

/* Work-items that merge the parts of one vector of channels. */
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

/* dz, where the activation's slope follows from its output. */
static inline V before(V x, V dy, V a, V d)
{
    V y = ACTIVATE(V, a * x + d);
    return ACTIVATE_BACK(V, y, dy);
}

/* out[batch][0][part][wide]: means; [1]: sums of squared distances from them. */
__kernel void batch_norm_moments(int total, int wide, int chunk, int parts, __global const float *restrict x,
                                 __global float *restrict out)
{
    int column = (int)get_global_id(0) * W, part = (int)get_global_id(1), batch = (int)get_global_id(2);
    if (column >= wide || part >= parts) return;
    int rows = clamp(total / wide - part * chunk, 0, chunk), more = rest(total, wide, column, part == parts - 1);
    x += (size_t)batch * total + (size_t)part * chunk * wide + column;

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
    out += ((size_t)batch * 2 * parts + part) * wide + column;
    VSTORE(about + mean, out);
    VSTORE(squares - sum * mean, out + (size_t)parts * wide);
}

/* out[batch][0][part][wide]: sums of dz; [1]: sums of dz (x - mean). */
__kernel void batch_norm_products(int total, int wide, int chunk, int parts, __global const float *restrict x,
                                  __global const float *restrict dy, __global const float *restrict tables,
                                  __global float *restrict out)
{
    int column = (int)get_global_id(0) * W, part = (int)get_global_id(1), batch = (int)get_global_id(2);
    if (column >= wide || part >= parts) return;
    int rows = clamp(total / wide - part * chunk, 0, chunk), more = rest(total, wide, column, part == parts - 1);
    x += (size_t)batch * total + (size_t)part * chunk * wide + column;
    dy += (size_t)batch * total + (size_t)part * chunk * wide + column;
    tables += batch * TABLES * wide + column;

    V mean = VLOAD(tables + MEAN * wide), a = VLOAD(tables + A * wide), d = VLOAD(tables + D * wide);
    V sum = 0, products = 0;
    for (int row = 0; row < rows; row++) {
        V xi = VLOAD(x + (size_t)row * wide), dz = before(xi, VLOAD(dy + (size_t)row * wide), a, d);
        sum += dz;
        products += dz * (xi - mean);
    }
    if (more > 0) {
        V xi = load_some(x + (size_t)rows * wide, more), dyi = load_some(dy + (size_t)rows * wide, more);
        V dz = before(xi, dyi, a, d); /* dy is 0 where nothing is left */
        sum += dz;
        products += dz * (xi - mean);
    }
    out += ((size_t)batch * 2 * parts + part) * wide + column;
    VSTORE(sum, out);
    VSTORE(products, out + (size_t)parts * wide);
}

/* ---- a vector of W channels, of which `some` are there, to a work-group: its parts merged, in rows of c --------- */

/* The sums of a pair over the work-group, in lane 0. */
#if LANES > 1
#define SHARED __local V shared[2 * LANES];
#define ADD_LANES(a, b, lane) \
    for (int reach = LANES / 2; reach > 0; reach /= 2) { \
        barrier(CLK_LOCAL_MEM_FENCE); \
        shared[lane] = a; \
        shared[LANES + lane] = b; \
        barrier(CLK_LOCAL_MEM_FENCE); \
        a += shared[lane % reach + reach]; \
        b += shared[LANES + lane % reach + reach]; \
    }
#else
#define SHARED
#define ADD_LANES(a, b, lane)
#endif
#define MERGE __kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void

/* To every fold of one table. */
static inline void put(V v, __global float *table, int c, int wide, int some)
{
    for (int i = 0; i < wide; i += c) store_some(v, table + i, some);
}

/* Tables of each batch, and the running statistics moved on by each, the first one first. */
MERGE batch_norm_finish(int c, int total, int wide, int chunk, int parts, int batches, __global const float *moments,
                        __global const float *gamma, __global const float *beta, __global float *running_mean,
                        __global float *running_var, __global float *count, float momentum, float eps,
                        __global float *tables)
{
    int   k = (int)get_group_id(0) * W, lane = (int)get_local_id(0), some = c - k, folds = wide / c;
    float n = (float)(total / c);
    SHARED
    for (int batch = 0; batch < batches; batch++) {
        __global const float *means = moments + (size_t)batch * 2 * parts * wide + k;
        __global float       *table = tables + batch * TABLES * wide + k;
        V                     about = load_some(means, some), sum = 0, spread = 0;
        for (int row = lane; row < parts * folds; row += LANES) {
            int   part = row / folds, more = rest(total, wide, row % folds * c, part == parts - 1);
            float rows = (float)(clamp(total / wide - part * chunk, 0, chunk) + (more > 0));
            V     d = load_some(means + (size_t)row * c, some) - about;
            if (rows == 0) continue;
            sum += rows * d;
            spread += load_some(means + ((size_t)parts * wide + (size_t)row * c), some) + rows * d * d;
        }
        ADD_LANES(sum, spread, lane);
        if (lane > 0) continue;
        V mean = about + sum / n, variance = fmax(spread - sum * (sum / n), (V)0) / n, inv = 1 / sqrt(variance + eps);
        V a = gamma ? load_some(gamma + k, some) * inv : inv, d = (beta ? load_some(beta + k, some) : 0) - a * mean;
        V m = load_some(running_mean + k, some), v = load_some(running_var + k, some);
        store_some(m + momentum * (mean - m), running_mean + k, some);
        store_some(v + momentum * (variance * (n / fmax(n - 1, 1.0f)) - v), running_var + k, some);
        if (k == 0) count[0] += 1;
        put(mean, table + MEAN * wide, c, wide, some);
        put(inv, table + INV * wide, c, wide, some);
        put(a, table + A * wide, c, wide, some);
        put(d, table + D * wide, c, wide, some);
    }
}

/* Gradients of gamma and beta (NULL: none), and the tables of the pass over dx. The statistics depend on x in training.
 */
MERGE batch_norm_finish_backward(int c, int total, int wide, int parts, int batches, __global const float *sums,
                                 __global float *dgamma, __global float *dbeta, int training, __global float *tables)
{
    int   k = (int)get_group_id(0) * W, lane = (int)get_local_id(0), some = c - k;
    float n = (float)(total / c);
    SHARED
    for (int batch = 0; batch < batches; batch++) {
        __global const float *first = sums + (size_t)batch * 2 * parts * wide + k;
        __global float       *table = tables + batch * TABLES * wide + k;
        V                     sum = 0, product = 0;
        for (int row = lane; row < parts * (wide / c); row += LANES) {
            sum += load_some(first + (size_t)row * c, some);
            product += load_some(first + ((size_t)parts * wide + (size_t)row * c), some);
        }
        ADD_LANES(sum, product, lane);
        if (lane > 0) continue;
        V mean = load_some(table + MEAN * wide, some), inv = load_some(table + INV * wide, some);
        V a = load_some(table + A * wide, some), b = -a * inv * inv * product / n;
        if (dgamma) store_some(load_some(dgamma + k, some) + product * inv, dgamma + k, some);
        if (dbeta) store_some(load_some(dbeta + k, some) + sum, dbeta + k, some);
        put(training ? b : 0, table + B * wide, c, wide, some);
        put(training ? -a * sum / n - b * mean : 0, table + E * wide, c, wide, some);
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

/* ---- flat passes ------------------------------------------------------------------------------------------------ */

/* RUN vectors of one batch to a work-item, `column` going round with them. */
#define FLAT(i, column) \
    for (int i = (int)get_global_id(0) * (W * RUN), end = min(i + W * RUN, total), column = i % wide; i < end; \
         i += W, column = column + W == wide ? 0 : column + W)

__kernel void batch_norm_forward(int total, int wide, __global const float *restrict tables,
                                 __global const float *restrict x, __global float *restrict y)
{
    int batch = (int)get_global_id(1);
    tables += batch * TABLES * wide;
    x += (size_t)batch * total;
    y += (size_t)batch * total;
    FLAT(i, column)
    {
        V z = VLOAD(tables + A * wide + column) * load_some(x + i, total - i) + VLOAD(tables + D * wide + column);
        store_some(ACTIVATE(V, z), y + i, total - i);
    }
}

__kernel void batch_norm_backward(int total, int wide, __global const float *restrict tables,
                                  __global const float *restrict x, __global const float *restrict dy,
                                  __global float *restrict dx)
{
    int batch = (int)get_global_id(1);
    tables += batch * TABLES * wide;
    x += (size_t)batch * total;
    dy += (size_t)batch * total;
    dx += (size_t)batch * total;
    FLAT(i, column)
    {
        V a = VLOAD(tables + A * wide + column), xi = load_some(x + i, total - i);
        V dz = before(xi, load_some(dy + i, total - i), a, VLOAD(tables + D * wide + column));
        store_some(a * dz + (VLOAD(tables + B * wide + column) * xi + VLOAD(tables + E * wide + column)), dx + i,
                   total - i);
    }
}
