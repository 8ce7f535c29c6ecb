/* batch_norm -- z = gamma (x - mean) inv + beta, inv = 1 / sqrt(variance + eps), statistics over the rows of
 * x[rows][c] (Ioffe and Szegedy 2015); y = z, or of the activation behind it (activation.cl).
 *
 * Rows are folded so that one is `wide` floats, the least multiple of c and of 16: element i belongs to channel i % c,
 * and no channel count is left to scalar code. x is `batches` times `total` floats, each with statistics of its own,
 * cut into `parts` of `chunk` folded rows; the last part also has the row that may be cut short. Either direction is a
 * pass that sums over each part and one that adds up all sums of its own columns, in a fixed order, before it goes over
 * its part. The first goes through memory from the end: that is what the launch before it wrote last, and what the
 * second pass wants last, so some of it is still in a cache.
 *
 * Sums are of distances from a value near the mean, so that nothing cancels, and over at most BLOCK rows at a time.
 * Rows of sums have W floats more than `wide`, which repeat the first ones.
 *
 * tables[batch][4][wide]: mean, inv, and what z follows from, z = a x + d. dx = a dz + b x + e.
 *
 * POOL: y is the largest of each POOL x POOL window behind the activation, windows side by side, `across` of them to a
 * row of the map; taps[window][c]: which one (max_pool.cl). dy is that of y, so both passes back see it spread over the
 * windows and it is in memory nowhere. Then wide = c, a multiple of W, a row is a pixel, and a part has `chunk` / AREA
 * windows; those of the sums have `chunk` pixels in the order of memory. */
#include "storage.h"
#include "taps.h"

#ifndef ACTIVATE
#define ACTIVATE(T, x) (x)
#define ACTIVATE_BACK(T, y, dy) (dy)
#endif
#ifndef VECTORS /* of a row beside each other, to a work-item; they divide the row */
#define VECTORS 1
#endif

#ifdef POOL
#define AREA (POOL * POOL)
#else
#define AREA 1
#endif

#define MEAN 0
#define INV 1
#define A 2
#define D 3
#define TABLES 4
#define BLOCK 128

/* A work-group has a part's columns by `lanes`, which share its rows. */
#ifdef BAL_CLASS_GPU
#define GROUP 64
#define KERNEL __kernel void
#define LANE (int)get_local_id(1)
#define LANES (int)get_local_size(1)
#define SHARED __local V shared[2 * GROUP];
#define ADD_LANES(a, b) \
    for (int reach = LANES / 2, at = (int)(LANE * get_local_size(0) + get_local_id(0)); reach > 0; reach /= 2) { \
        int other = (int)((LANE ^ reach) * get_local_size(0) + get_local_id(0)); \
        barrier(CLK_LOCAL_MEM_FENCE); \
        shared[at] = a; \
        shared[GROUP + at] = b; \
        barrier(CLK_LOCAL_MEM_FENCE); \
        a += shared[other]; \
        b += shared[GROUP + other]; \
    }
#else
#define KERNEL __kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
#define LANE 0
#define LANES 1
#define SHARED
#define ADD_LANES(a, b)
#endif
/* Unrolled is only what is done for each row: the rest unrolled takes compilers seconds and gains nothing. */
#define EACH_VECTOR(j) _Pragma("unroll") for (int j = 0; j < VECTORS; j++)
#define EACH_IN_TURN(j) _Pragma("nounroll") for (int j = 0; j < VECTORS; j++)

/* Where a work-item is: the columns from `column` on of rows [first, last) of a batch, and of the first `more` floats
 * of the one after them, which is cut short. Those beyond the last column repeat it and write nothing. */
typedef struct {
    int  part, batch, column, first, last, more;
    bool idle;
} place;

static inline place find_place(int total, int wide, int chunk, int parts, int part)
{
    int   column = (int)get_global_id(0) * VECTORS * W;
    place p;
    p.idle = column >= wide;
    p.column = min(column, wide - VECTORS * W);
    p.part = part;
    p.batch = (int)get_global_id(2);
    p.first = min(part * chunk, total / wide);
    p.last = min(p.first + chunk, total / wide);
    p.more = part == parts - 1 ? total % wide : 0;
    return p;
}

/* The W values of table[c] that columns from `column` on have; the same of a row of x. */
#define OF_COLUMNS(T, name) \
    static inline V name(__global const T *table, int column, int c) \
    { \
        if (c % W == 0) return GETV(T, table + column % c); \
        float v[W]; \
        for (int j = 0; j < W; j++) v[j] = GET(T, table + (column + j) % c); \
        return VLOAD(v); \
    }
OF_COLUMNS(float, of_columns)
OF_COLUMNS(X, of_row)

/* A value near the mean of each column's channel: of four places, none of them likely to be a corner of an image. */
static inline V near_mean(__global const X *x, int column, int c, int total)
{
    V sum = 0;
    for (int i = 1; i < 8; i += 2) sum += of_row(x + (size_t)(total / c * (long)i / 9) * c, column, c);
    return 0.25f * sum;
}

/* The sums of part p, and once more of the first columns behind the last. */
static inline void put_sums(V a, V b, int column, int wide, int parts, __global float *out)
{
    size_t apart = (size_t)parts * (wide + W);
    VSTORE(a, out + column);
    VSTORE(b, out + apart + column);
    if (column > 0) return;
    VSTORE(a, out + wide);
    VSTORE(b, out + apart + wide);
}

/* dz, where the activation's slope follows from its output. */
static inline V before(V x, V dy, V a, V d)
{
    V y = ACTIVATE(V, a * x + d);
    return ACTIVATE_BACK(V, y, dy);
}

#ifdef POOL
/* Where the first pixel of a window lies, and its i-th pixel behind that one. */
static inline size_t window_at(int window, int across, int wide)
{
    int row = window / across;
    return ((size_t)row * across * AREA + (size_t)(window - row * across) * POOL) * wide;
}

static inline size_t pixel_at(int i, int across, int wide)
{
    return ((size_t)(i / POOL) * across * POOL + i % POOL) * wide;
}

/* y of the window from x on. */
static inline V largest(__global const X *x, int across, int wide, V a, V d, __global TAP *taps)
{
    V  best = -INFINITY;
    VI tap = 0;
    for (int i = 0; i < AREA; i++) {
        V  y = ACTIVATE(V, a * GETV(X, x + pixel_at(i, across, wide)) + d);
        VI better = (y > best) | isnan(y);
        best = better ? y : best;
        tap = better ? (VI)i : tap;
    }
    store_taps(tap, taps, W);
    return best;
}

/* x where that was. */
static inline V chosen(__global const X *x, int across, int wide, __global const TAP *taps)
{
    V  found = GETV(X, x);
    VI tap = load_taps(taps, W);
    for (int i = 1; i < AREA; i++) found = tap == (VI)i ? GETV(X, x + pixel_at(i, across, wide)) : found;
    return found;
}
#endif

/* A work-item's sums of u and v, of which TERM(LOAD) makes those of W numbers from `at` on by LOAD(X, pointer), to
 * `out`.
 * have: 1 where there is a float, else 0. */
#define SUM_PART(TERM) \
    V sum[VECTORS], sum_v[VECTORS]; \
    EACH_VECTOR (j) sum[j] = sum_v[j] = 0; \
    for (int from = p.first; from < p.last; from += BLOCK) { \
        V block[VECTORS], block_v[VECTORS], have = 1; \
        EACH_VECTOR (j) block[j] = block_v[j] = 0; \
        for (int row = from + LANE; row < min(from + BLOCK, p.last); row += LANES) \
            EACH_VECTOR (j) { \
                size_t at = (size_t)row * wide + p.column + j * W; \
                TERM(GETV) \
                block[j] += u; \
                block_v[j] += v; \
            } \
        EACH_VECTOR (j) { \
            sum[j] += block[j]; \
            sum_v[j] += block_v[j]; \
        } \
    } \
    EACH_IN_TURN (j) { \
        int    column = p.column + j * W, more = p.more - column, row = p.last; \
        size_t at = (size_t)row * wide + column; \
        if (LANE == 0 && more > 0) { \
            V have = first_some(more); \
            TERM(LOAD_MORE) \
            sum[j] += u; \
            sum_v[j] += v; \
        } \
        ADD_LANES(sum[j], sum_v[j]) \
        if (LANE == 0 && !p.idle) put_sums(sum[j], sum_v[j], column, wide, parts, out); \
    }
#define LOAD_MORE(T, from) GET_SOME(T, from, more)

/* out[batch][0][part]: sums of distances from the value near the mean; [1]: of their squares. */
KERNEL batch_norm_moments(int c, int total, int wide, int chunk, int parts, __global const X *restrict x,
                          __global float *restrict out)
{
    place p = find_place(total, wide, chunk, parts, parts - 1 - (int)get_group_id(1));
    V     about[VECTORS];
    SHARED
    x += (size_t)p.batch * total;
    out += ((size_t)p.batch * 2 * parts + p.part) * (wide + W);
    EACH_IN_TURN (j) about[j] = near_mean(x, p.column + j * W, c, total);
#define DISTANCE(LOAD) V u = (LOAD(X, x + at) - about[j]) * have, v = u * u;
    SUM_PART(DISTANCE)
}

/* out[batch][0][part]: sums of dz; [1]: of dz (x - mean). */
KERNEL batch_norm_products(int total, int wide, int chunk, int parts, int across, __global const X *restrict x,
                           __global const Y *restrict dy, __global const TAP *restrict taps,
                           __global const float *restrict tables, __global float *restrict out)
{
    place p = find_place(total / AREA, wide, chunk / AREA, parts, parts - 1 - (int)get_group_id(1));
    V     mean[VECTORS], a[VECTORS], d[VECTORS];
    SHARED
    x += (size_t)p.batch * total;
    dy += (size_t)p.batch * (total / AREA);
    out += ((size_t)p.batch * 2 * parts + p.part) * (wide + W);
    EACH_IN_TURN (j) {
        __global const float *table = tables + (size_t)p.batch * TABLES * wide + p.column + j * W;
        mean[j] = VLOAD(table + MEAN * wide);
        a[j] = VLOAD(table + A * wide);
        d[j] = VLOAD(table + D * wide);
    }
#ifdef POOL
    taps += (size_t)p.batch * (total / AREA);
#define X_OF(LOAD) chosen(x + window_at(row, across, wide) + p.column + j * W, across, wide, taps + at)
#else
#define X_OF(LOAD) LOAD(X, x + at)
#endif
#define PRODUCT(LOAD) \
    V xi = X_OF(LOAD), u = before(xi, LOAD(Y, dy + at), a[j], d[j]) * have, v = u * (xi - mean[j]);
    SUM_PART(PRODUCT)
}

/* ---- the second pass -------------------------------------------------------------------------------------------- */

/* a and b: sums of a batch over all parts, and over the folds of a channel, for the columns from `column` on. */
#define ADD_PARTS(a, b, batch, column) \
    V a = 0, b = 0; \
    for (int row = LANE; row < parts * (wide / c); row += LANES) { \
        __global const float *from = sums + ((size_t)(batch) * 2 * parts + row / (wide / c)) * (wide + W) + \
                                     (column) % c + row % (wide / c) * c; \
        a += VLOAD(from); \
        b += VLOAD(from + (size_t)parts * (wide + W)); \
    } \
    ADD_LANES(a, b)

/* The work-item goes over its part: y[at], of type T, = VALUE(LOAD). */
#define FILL_PART(T, y, VALUE) \
    for (int row = p.first + LANE; row < p.last; row += LANES) \
        EACH_VECTOR (j) { \
            size_t at = (size_t)row * wide + p.column + j * W; \
            if (!p.idle) PUTV(T, VALUE(GETV), y + at); \
        } \
    EACH_IN_TURN (j) { \
        int    more = p.more - p.column - j * W, row = p.last; \
        size_t at = (size_t)row * wide + p.column + j * W; \
        if (more > 0 && LANE == 0 && !p.idle) PUT_SOME(T, VALUE(LOAD_MORE), y + at, more); \
    }

/* mean and variance of a batch, for the columns from `column` on. */
#define FIND_STATISTICS(mean, variance, batch, column) \
    V mean, variance; \
    if (training) { \
        ADD_PARTS(sum, squares, batch, column) \
        V off = sum / n; \
        mean = near_mean(x + (size_t)(batch) * total, column, c, total) + off; \
        variance = fmax(squares - sum * off, (V)0) / n; \
    } else { \
        mean = of_columns(running_mean, column, c); \
        variance = of_columns(running_var, column, c); \
    }

/* Outside training `sums` is not read. The work-items of the first part keep the tables, and those of the first batch
 * move the running statistics on by all batches, one after the other. */
KERNEL batch_norm_forward(int c, int total, int wide, int chunk, int parts, int across, int batches, int training,
                          __global const X *restrict x, __global const float *restrict sums,
                          __global const float *restrict gamma, __global const float *restrict beta,
                          __global float *restrict running_mean, __global float *restrict running_var,
                          __global float *restrict count, float momentum, float eps, __global float *restrict tables,
                          __global TAP *restrict taps, __global Y *restrict y)
{
    place p = find_place(total / AREA, wide, chunk / AREA, parts, (int)get_group_id(1));
    V     a[VECTORS], d[VECTORS];
    float n = total / c;
    SHARED
    EACH_IN_TURN (j) {
        int column = p.column + j * W;
        FIND_STATISTICS(mean, variance, p.batch, column)
        V inv = 1 / sqrt(variance + eps);
        a[j] = gamma ? of_columns(gamma, column, c) * inv : inv;
        d[j] = (beta ? of_columns(beta, column, c) : 0) - a[j] * mean;
        if (LANE > 0 || p.part > 0 || p.idle) continue;
        __global float *table = tables + (size_t)p.batch * TABLES * wide + column;
        VSTORE(mean, table + MEAN * wide);
        VSTORE(inv, table + INV * wide);
        VSTORE(a[j], table + A * wide);
        VSTORE(d[j], table + D * wide);
    }
    for (int batch = 0; training && p.part == 0 && p.batch == 0 && batch < batches; batch++) {
        EACH_IN_TURN (j) {
            int column = p.column + j * W, some = c - column;
            FIND_STATISTICS(mean, variance, batch, column)
            if (LANE > 0 || some <= 0 || p.idle) continue;
            V m = load_some(running_mean + column, some), v = load_some(running_var + column, some);
            store_some(m + momentum * (mean - m), running_mean + column, some);
            store_some(v + momentum * (variance * (n / fmax(n - 1, 1.0f)) - v), running_var + column, some);
            if (column == 0) count[0] += 1;
        }
    }
    x += (size_t)p.batch * total;
    y += (size_t)p.batch * (total / AREA);
#ifdef POOL
    taps += (size_t)p.batch * (total / AREA);
#define NORMALISED(LOAD) \
    largest(x + window_at(row, across, wide) + p.column + j * W, across, wide, a[j], d[j], taps + at)
#else
#define NORMALISED(LOAD) ACTIVATE(V, a[j] * LOAD(X, x + at) + d[j])
#endif
    FILL_PART(Y, y, NORMALISED)
}

/* dx (NULL: none; x or dy may be its memory), and by the work-items of the first part of the first batch gradients of
 * gamma and beta (NULL: none). The statistics depend on x in training. */
KERNEL batch_norm_backward(int c, int total, int wide, int chunk, int parts, int across, int batches, int training,
                           __global const X *x, __global const Y *dy, __global const TAP *restrict taps,
                           __global const float *restrict sums, __global const float *restrict tables,
                           __global float *restrict dgamma, __global float *restrict dbeta, __global X *dx)
{
    place p = find_place(total / AREA, wide, chunk / AREA, parts, (int)get_group_id(1));
    V     a[VECTORS], d[VECTORS], b[VECTORS], e[VECTORS];
    float n = total / c;
    SHARED
    for (int batch = 0; dgamma && p.part == 0 && p.batch == 0 && batch < batches; batch++) {
        EACH_IN_TURN (j) {
            int column = p.column + j * W, some = c - column;
            ADD_PARTS(sum, product, batch, column)
            if (LANE > 0 || some <= 0 || p.idle) continue;
            V inv = VLOAD(tables + (size_t)(batch * TABLES + INV) * wide + column);
            store_some(load_some(dgamma + column, some) + product * inv, dgamma + column, some);
            store_some(load_some(dbeta + column, some) + sum, dbeta + column, some);
        }
    }
    if (!dx) return;
    EACH_IN_TURN (j) {
        __global const float *table = tables + (size_t)p.batch * TABLES * wide + p.column + j * W;
        V                     inv = VLOAD(table + INV * wide);
        ADD_PARTS(sum, product, p.batch, p.column + j * W)
        a[j] = VLOAD(table + A * wide);
        d[j] = VLOAD(table + D * wide);
        b[j] = training ? -a[j] * inv * inv * product / n : 0;
        e[j] = training ? -a[j] * sum / n - b[j] * VLOAD(table + MEAN * wide) : 0;
    }
    x += (size_t)p.batch * total;
    dy += (size_t)p.batch * (total / AREA);
    dx += (size_t)p.batch * total;
#ifdef POOL
    taps += (size_t)p.batch * (total / AREA);
    for (int row = p.first + LANE; row < p.last; row += LANES)
        EACH_VECTOR (j) {
            size_t from = window_at(row, across, wide) + p.column + j * W, at = (size_t)row * wide + p.column + j * W;
            V      dyi = GETV(Y, dy + at);
            VI     tap = load_taps(taps + at, W);
            for (int i = 0; i < AREA; i++) {
                size_t to = from + pixel_at(i, across, wide);
                V      xi = GETV(X, x + to), dz = tap == (VI)i ? before(xi, dyi, a[j], d[j]) : (V)0;
                if (!p.idle) PUTV(X, a[j] * dz + (b[j] * xi + e[j]), dx + to);
            }
        }
#else
#define GRADIENT(LOAD) \
    a[j] * before(LOAD(X, x + at), LOAD(Y, dy + at), a[j], d[j]) + (b[j] * LOAD(X, x + at) + e[j])
    FILL_PART(X, dx, GRADIENT)
#endif
}
