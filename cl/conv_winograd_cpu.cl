/* convolution, CPU class: Winograd's F(M, R) as conv_winograd.h has it, channels in multiples of 16. DEPTH: c of one
 * phase. */
#include "conv_winograd.h"
#include "tile.h"

#ifndef DEPTH
#define DEPTH 16
#endif
#ifndef BLOCK /* tiles that are multiplied together, a multiple of MR */
#define BLOCK MR
#endif
#define ALL_DEPTH (IN_PHASES * DEPTH)
#define ARGUMENTS \
    n, x_h, x_w, x_c, y_h, y_w, y_c, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups

/* ---- weights ---------------------------------------------------------------------------------------------------- */

/* The taps of 16 c, from channel `row` on, and one panel, [tap][rows][NB]. */
inline void gather_taps(float *taps, int rows, int row, int panel, int out_phase, int y_c, int k_w, int width,
                        __global const float *w)
{
    int phase = OUT_PHASES > 1 ? out_phase : row / DEPTH, c = row % DEPTH, columns = width - panel * NB;
    for (int tap = 0; tap < R * R; tap++, taps += rows * NB) {
#ifdef BACKWARD
        int kh = (R - 1 - tap / R) * STRIDE + phase / STRIDE, kw = (R - 1 - tap % R) * STRIDE + phase % STRIDE;
        __global const float *from = w + ((size_t)(kh * k_w + kw) * width + panel * NB) * y_c + c;
        float                 lines[NB][16];
        for (int j = 0; j < NB; j++)
            store16(j < columns ? vload16(0, from + (size_t)j * y_c) : (float16)(0), 0, lines[j]);
        for (int k = 0; k < 16; k++)
            for (int j = 0; j < NB; j++) taps[k * NB + j] = lines[j][k];
#else
        int                   kh = tap / R * STRIDE + phase / STRIDE, kw = tap % R * STRIDE + phase % STRIDE;
        __global const float *from = w + ((size_t)(kh * k_w + kw) * DEPTH + c) * y_c + panel * NB;
        for (int k = 0; k < 16; k++)
            EACH_VECTOR (j) store16(load_part(from + (size_t)k * y_c + 16 * j, columns - 16 * j), j, taps + k * NB);
#endif
    }
}

/* u, [out phase][panel][t][ALL_DEPTH][NB]. 16 c of one panel to a work-item. */
ITEM winograd_weights(GEOMETRY, int width, int panels, __global const float *restrict w, __global float *restrict u)
{
    int   row = (int)get_global_id(0) * 16, panel = (int)get_global_id(1), out_phase = (int)get_global_id(2);
    float taps[R * R][16][NB];
    gather_taps(taps[0][0], 16, row, panel, out_phase, y_c, k_w, width, w);
    float block[TT][16][NB]; /* so that memory is written in long runs */
    for (int k = 0; k < 16; k++)
        EACH_VECTOR (j) {
            float16 g[R * R], all[TT];
            UNROLL
            for (int tap = 0; tap < R * R; tap++) g[tap] = vload16(j, taps[tap][k]);
            evaluate_2d(all, g, R);
            POINTS (t)
                store16(winograd_factor(t / T) * winograd_factor(t % T) * all[t], j, block[t][k]);
        }
    u += ((size_t)(out_phase * panels + panel) * TT * ALL_DEPTH + row) * NB;
    for (int t = 0; t < TT; t++)
        for (int i = 0; i < 16 * NV; i++) store16(vload16(i, block[t][0]), i, u + (size_t)t * ALL_DEPTH * NB);
}

/* ---- input ------------------------------------------------------------------------------------------------------ */

#define V_POINT ((BLOCK + 1) * 16) /* floats from one t to the next; no power of two */

/* The input pixels of a tile, NULL those outside. */
inline void tile_pixels(__global const float *at[TT], __global const float *in, int in_h, int in_w, int in_c,
                        place p, lane v, lane h)
{
    UNROLL
    for (int i = 0; i < TT; i++) {
        int y = v.in + (p.y + i / T) * v.in_step, x = h.in + (p.x + i % T) * h.in_step;
        at[i] = (uint)y < (uint)in_h && (uint)x < (uint)in_w ? in + ((size_t)(p.image * in_h + y) * in_w + x) * in_c
                                                             : 0;
    }
}

inline float16 load_at(__global const float *pixel, int c) { return pixel ? vload16(0, pixel + c) : (float16)(0); }

/* Read the rows of `in` that the tiles [first, last) reach, from end to end: memory delivers that many times as fast as
 * it does the scattered pixels of tiles, which then lie in the cache. The sum is stored so that it is not left out. */
inline void read_ahead(float *sum, GEOMETRY, int out_phase, int first, int last, __global const float *in)
{
    place   a = tile_place(first, OUT_H, OUT_W), b = tile_place(last - 1, OUT_H, OUT_W);
    lane    l = make_lane(OUT_PHASES > 1 ? out_phase / STRIDE : 0, OUT_H, p_h);
    int     top = max(l.in + a.y * l.in_step, 0), bottom = min(l.in + (b.y + T) * l.in_step, IN_H);
    size_t  row = (size_t)IN_W * IN_C, end = ((size_t)b.image * IN_H + bottom) * row;
    float16 all = 0;
    for (size_t i = ((size_t)a.image * IN_H + top) * row; i < end; i += 16) all += vload16(0, in + i);
    store16(all, 0, sum);
}

/* v of one block, [ALL_DEPTH / 16][t][BLOCK + 1][16]; tiles beyond the last repeat it. */
inline void transform_block(float *v, GEOMETRY, int out_phase, int first, int tiles, __global const float *in)
{
    read_ahead(v + BLOCK * 16, ARGUMENTS, out_phase, first, min(first + BLOCK, tiles), in);
    for (int row = 0; row < BLOCK; row++) {
        place p = tile_place(min(first + row, tiles - 1), OUT_H, OUT_W);
        for (int phase = 0; phase < IN_PHASES; phase++) {
            int                   one = OUT_PHASES > 1 ? out_phase : phase;
            __global const float *at[TT];
            tile_pixels(at, in, IN_H, IN_W, IN_C, p, make_lane(one / STRIDE, OUT_H, p_h),
                        make_lane(one % STRIDE, OUT_W, p_w));
            for (int c = 0; c < DEPTH; c += 16) {
                float16 d[TT], all[TT];
                POINTS (i) d[i] = load_at(at[i], c);
                filter_2d(all, d);
                float *to = v + (phase * DEPTH + c) * TT * (BLOCK + 1) + row * 16;
                POINTS (t) store16(all[t], 0, to + t * V_POINT);
            }
        }
    }
}

/* ---- products and output ---------------------------------------------------------------------------------------- */

/* acc += MR tiles of v, from `a` on, each 16 channels `next` rows of 16 further, by the panel at b. */
#define MULTIPLY(acc, a, next, b) \
    for (int c = 0; c < ALL_DEPTH; c += 16, a += next) { \
        _Pragma("unroll 4") for (int k = 0; k < 16; k++, b += NB) TILE_STEP(acc, a, k, b) \
    }

/* s[t][BLOCK][NB] of one panel. */
inline void multiply(float *s, const float *v, __global const float *u, int rows)
{
    for (int t = 0; t < TT; t++)
        for (int r = 0; r < rows; r += MR) {
            const float(*a)[16] = (const float(*)[16])(v + t * V_POINT + r * 16);
            __global const float *b = u + (size_t)t * ALL_DEPTH * NB;
            float16               acc[MR][NV];
            TILE_ZERO(acc)
            MULTIPLY(acc, a, TT * (BLOCK + 1), b)
            EACH_ROW (i)
                EACH_VECTOR (j) store16(acc[i][j], j, s + (t * BLOCK + r + i) * NB);
        }
}

/* The outputs of one tile from s[t], `next` floats from one t to the next. */
inline void store_tile(__global float *out, int out_h, int out_w, int out_c, place p, lane v, lane h, const float *s,
                       int next, __global const float *bias, int has_bias, int columns)
{
    EACH_VECTOR (j) {
        float16 all[TT], y[M * M];
        POINTS (t) all[t] = vload16(j, s + t * next);
        collect_2d(y, all, M);
        float16 b = has_bias ? load_part(bias + 16 * j, columns - 16 * j) : (float16)(0);
        UNROLL
        for (int i = 0; i < M * M; i++) {
            int oy = p.y + i / M, ox = p.x + i % M;
            if (oy >= v.extent || ox >= h.extent || 16 * j >= columns) continue;
            size_t at = (size_t)(p.image * out_h + v.out + oy * v.out_step) * out_w + h.out + ox * h.out_step;
            store16(y[i] + b, j, out + at * out_c);
        }
    }
}

/* A block of tiles to a work-item. */
ITEM winograd_multiply(GEOMETRY, int width, int panels, int tiles, __global const float *restrict in,
                       __global const float *restrict u, __global const float *restrict bias, int has_bias,
                       __global float *restrict out)
{
    int   first = (int)get_global_id(0) * BLOCK, rows = min(BLOCK, tiles - first), out_phase = (int)get_global_id(1);
    lane  vertical = make_lane(out_phase / STRIDE, OUT_H, p_h), horizontal = make_lane(out_phase % STRIDE, OUT_W, p_w);
    float s[TT * BLOCK * NB];
    float v[ALL_DEPTH / 16 * TT * V_POINT];
    transform_block(v, ARGUMENTS, out_phase, first, tiles, in);
    for (int panel = 0; panel < panels; panel++) {
        int columns = width - panel * NB;
        multiply(s, v, u + (size_t)(out_phase * panels + panel) * TT * ALL_DEPTH * NB, rows);
        for (int row = 0; row < rows; row++)
            store_tile(out + panel * NB, OUT_H, OUT_W, OUT_C, tile_place(first + row, OUT_H, OUT_W), vertical,
                       horizontal, s + row * NB, BLOCK * NB, bias + panel * NB, has_bias, columns);
    }
}

/* ---- few tiles -------------------------------------------------------------------------------------------------- */

/* Where few tiles share many weights, these are transformed on the way, point by point, and never go through memory;
 * the transformed input does, v[out phase][t][ALL_DEPTH / 16][padded][16]. */
#ifndef FEW
#define FEW 64 /* tiles that are multiplied together */
#endif

/* A block of tiles to a work-item. padded: tiles of v, a multiple of BLOCK and of MR. */
ITEM winograd_input(GEOMETRY, int tiles, int padded, __global const float *restrict in, __global float *restrict v)
{
    int   first = (int)get_global_id(0) * BLOCK, out_phase = (int)get_global_id(1);
    float part[ALL_DEPTH / 16 * TT * V_POINT];
    transform_block(part, ARGUMENTS, out_phase, min(first, tiles - 1), tiles, in);
    for (int t = 0; t < TT; t++)
        for (int c = 0; c < ALL_DEPTH / 16; c++) {
            __global float *to = v + (((size_t)(out_phase * TT + t) * (ALL_DEPTH / 16) + c) * padded + first) * 16;
            for (int row = 0; row < BLOCK; row++) store16(vload16(row, part + (c * TT + t) * V_POINT), row, to);
        }
}

/* u of point t from the taps, [tap][ALL_DEPTH][NB]. */
inline void transform_point(float *u, int t, const float *taps)
{
    float axis_y[R], axis_x[R];
    for (int a = 0; a < R; a++) {
        axis_y[a] = winograd_factor(t / T) * winograd_power(t / T, a);
        axis_x[a] = winograd_factor(t % T) * winograd_power(t % T, a);
    }
    for (int i = 0; i < ALL_DEPTH * NB; i += 16) {
        float16 sum = 0;
        UNROLL
        for (int tap = 0; tap < R * R; tap++)
            sum = fma((float16)(axis_y[tap / R] * axis_x[tap % R]), vload16(0, taps + tap * ALL_DEPTH * NB + i), sum);
        store16(sum, 0, u + i);
    }
}

/* A panel, by all tiles, to a work-item. */
ITEM winograd_few(GEOMETRY, int width, int tiles, int padded, __global const float *restrict v,
                  __global const float *restrict w, __global const float *restrict bias, int has_bias,
                  __global float *restrict out)
{
    int   panel = (int)get_global_id(0), out_phase = (int)get_global_id(1), columns = width - panel * NB;
    lane  vertical = make_lane(out_phase / STRIDE, OUT_H, p_h), horizontal = make_lane(out_phase % STRIDE, OUT_W, p_w);
    float taps[R * R * ALL_DEPTH * NB], u[ALL_DEPTH * NB], s[TT * FEW * NB];
    for (int row = 0; row < ALL_DEPTH; row += 16)
        gather_taps(taps + row * NB, ALL_DEPTH, row, panel, out_phase, y_c, k_w, width, w);
    for (int first = 0; first < tiles; first += FEW) {
        int rows = min(FEW, tiles - first);
        for (int t = 0; t < TT; t++) {
            transform_point(u, t, taps);
            for (int r = 0; r < rows; r += MR) {
                __global const float(*a)[16] = (__global const float(*)[16])(
                    v + ((size_t)(out_phase * TT + t) * (ALL_DEPTH / 16) * padded + first + r) * 16);
                const float *b = u;
                float16      acc[MR][NV];
                TILE_ZERO(acc)
                MULTIPLY(acc, a, padded, b)
                EACH_ROW (i)
                    EACH_VECTOR (j)
                        if (r + i < FEW) store16(acc[i][j], j, s + (t * FEW + r + i) * NB);
            }
        }
        for (int row = 0; row < rows; row++)
            store_tile(out + panel * NB, OUT_H, OUT_W, OUT_C, tile_place(first + row, OUT_H, OUT_W), vertical,
                       horizontal, s + row * NB, FEW * NB, bias + panel * NB, has_bias, columns);
    }
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

#ifndef BACKWARD
#ifndef ROWS /* a work-item's block: ROWS channels of x, over all phases, by COLUMNS channels of y */
#define ROWS 64
#endif
#ifndef COLUMNS
#define COLUMNS NB
#endif
#ifndef CHUNK /* tiles at a time */
#define CHUNK 16
#endif
#define PADDED_ROWS ((ROWS + MR - 1) / MR * MR)
#define V_STRIDE (PADDED_ROWS * CHUNK + 16)
#define D_STRIDE (COLUMNS * CHUNK + 16)

/* v of CHUNK tiles, [t][tile][PADDED_ROWS]. */
inline void chunk_of_x(float *v, GEOMETRY, int row, int rows, int first, int last, __global const float *x)
{
    for (int q = 0; q < CHUNK && first + q < last; q++) {
        place p = tile_place(first + q, y_h, y_w);
        for (int r = 0; r < rows;) {
            int                   phase = (row + r) / DEPTH;
            __global const float *at[TT];
            tile_pixels(at, x, x_h, x_w, x_c, p, make_lane(phase / STRIDE, y_h, p_h),
                        make_lane(phase % STRIDE, y_w, p_w));
            for (int c = (row + r) % DEPTH; c < DEPTH && r < rows; c += 16, r += 16) {
                float16 d[TT], all[TT];
                POINTS (i) d[i] = load_at(at[i], c);
                filter_2d(all, d);
                POINTS (t) store16(all[t], 0, v + t * V_STRIDE + q * PADDED_ROWS + r);
            }
        }
    }
}

/* A dy A' of CHUNK tiles, [t][panel][tile][NB]. */
inline void chunk_of_dy(float *to, GEOMETRY, int column, int columns, int first, int last, __global const float *dy)
{
    for (int q = 0; q < CHUNK && first + q < last; q++) {
        place                 p = tile_place(first + q, y_h, y_w);
        __global const float *at[M * M];
        for (int i = 0; i < M * M; i++) {
            int y = p.y + i / M, x = p.x + i % M;
            at[i] = y < y_h && x < y_w ? dy + ((size_t)(p.image * y_h + y) * y_w + x) * y_c + column : 0;
        }
        for (int k = 0; k < columns; k += 16) {
            float16 d[M * M], all[TT];
            UNROLL
            for (int i = 0; i < M * M; i++) d[i] = load_at(at[i], k);
            evaluate_2d(all, d, M);
            POINTS (t) store16(all[t], 0, to + t * D_STRIDE + k / NB * CHUNK * NB + q * NB + k % NB);
        }
    }
}

/* Tiles [part * share, + share) summed: added to dw, or stored as the part's own. */
ITEM winograd_gradient(GEOMETRY, int tiles, int share, int parts, __global const float *restrict x,
                       __global const float *restrict dy, __global float *restrict sums)
{
    int   row = (int)get_global_id(0) * ROWS, column = (int)get_global_id(1) * COLUMNS, part = (int)get_global_id(2);
    int   rows = min(ROWS, ALL_DEPTH - row), columns = min(COLUMNS, y_c - column);
    int   first = part * share, last = min(first + share, tiles);
    float v[TT * V_STRIDE], d[TT * D_STRIDE], s[TT * PADDED_ROWS * COLUMNS];
    for (int i = 0; i < TT * PADDED_ROWS * COLUMNS; i += 16) store16((float16)(0), 0, s + i);
    for (; first < last; first += CHUNK) {
        int count = min(CHUNK, last - first);
        chunk_of_x(v, ARGUMENTS, row, rows, first, last, x);
        chunk_of_dy(d, ARGUMENTS, column, columns, first, last, dy);
        for (int t = 0; t < TT; t++)
            for (int j = 0; j < columns; j += NB)
                for (int r = 0; r < rows; r += MR) {
                    float16 acc[MR][NV];
                    float  *sum = s + t * PADDED_ROWS * COLUMNS + j * PADDED_ROWS + r * NB;
                    const float *a[MR], *b = d + t * D_STRIDE + j * CHUNK;
                    EACH_ROW (i) a[i] = v + t * V_STRIDE + r + i;
                    EACH_ROW (i)
                        EACH_VECTOR (l) acc[i][l] = vload16(l, sum + i * NB);
                    for (int q = 0; q < count; q++, b += NB) TILE_STEP(acc, a, q * PADDED_ROWS, b)
                    EACH_ROW (i)
                        EACH_VECTOR (l) store16(acc[i][l], l, sum + i * NB);
                }
    }
    sums += (size_t)part * k_h * k_w * x_c * y_c;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < columns; k += 16) {
            int     phase = (row + r) / DEPTH, c = (row + r) % DEPTH;
            float16 all[TT], g[R * R];
            POINTS (t)
                all[t] = winograd_factor(t / T) * winograd_factor(t % T) *
                         vload16(0, s + t * PADDED_ROWS * COLUMNS + k / NB * NB * PADDED_ROWS + r * NB + k % NB);
            collect_2d(g, all, R);
            UNROLL
            for (int tap = 0; tap < R * R; tap++) {
                int kh = tap / R * STRIDE + phase / STRIDE, kw = tap % R * STRIDE + phase % STRIDE;
                __global float *to = sums + ((size_t)(kh * k_w + kw) * x_c + c) * y_c + column + k;
                store16(parts == 1 ? g[tap] + vload16(0, to) : g[tap], 0, to);
            }
        }
}
#endif
