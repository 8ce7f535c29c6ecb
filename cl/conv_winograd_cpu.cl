/* convolution, CPU class: Winograd's F(M, R) as conv_winograd.h has it, channels in multiples of 16. Depths, blocks and
 * the direction are arguments, so that a net's layers share their kernels. */
#include "conv_winograd.h"
#include "tile.h"

#ifndef ROOM /* floats that a work-item holds */
#define ROOM (1 << 18)
#endif

/* A pass that gathers: from `in` to `out`. depth: c of one phase; all: of all that are summed. */
typedef struct {
    int backward, in_h, in_w, in_c, out_h, out_w, out_c, p_h, p_w, in_phases, depth, all;
} pass;

inline pass make_pass(int backward, GEOMETRY)
{
    pass p;
    p.backward = backward;
    p.in_h = backward ? y_h : x_h;
    p.in_w = backward ? y_w : x_w;
    p.in_c = backward ? y_c : x_c;
    p.out_h = backward ? x_h : y_h;
    p.out_w = backward ? x_w : y_w;
    p.out_c = backward ? x_c : y_c;
    p.p_h = p_h;
    p.p_w = p_w;
    p.in_phases = backward ? 1 : STRIDE * STRIDE;
    p.depth = p.in_c;
    p.all = p.in_phases * p.depth;
    return p;
}

#define PASS(backward) \
    make_pass(backward, n, x_h, x_w, x_c, y_h, y_w, y_c, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups)

inline lane  lane_y(pass p, int phase) { return make_lane(p.backward, phase / STRIDE, p.out_h, p.p_h); }
inline lane  lane_x(pass p, int phase) { return make_lane(p.backward, phase % STRIDE, p.out_w, p.p_w); }
inline place place_of(pass p, int tile) { return tile_place(p.backward, tile, p.out_h, p.out_w); }

/* ---- weights ---------------------------------------------------------------------------------------------------- */

/* The taps of 16 c, from channel `row` on, and one panel, [tap][rows][NB]. */
inline void gather_taps(float *taps, int rows, int row, int panel, int out_phase, pass p, int y_c, int k_w,
                        __global const float *w)
{
    int phase = p.backward ? out_phase : row / p.depth, c = row % p.depth, columns = p.out_c - panel * NB;
    for (int tap = 0; tap < R * R; tap++, taps += rows * NB) {
        int a = p.backward ? R * R - 1 - tap : tap;
        int kh = a / R * STRIDE + phase / STRIDE, kw = a % R * STRIDE + phase % STRIDE;
        if (p.backward) {
            __global const float *from = w + ((size_t)(kh * k_w + kw) * p.out_c + panel * NB) * y_c + c;
            float                 lines[NB][16];
            for (int j = 0; j < NB; j++)
                store16(j < columns ? vload16(0, from + (size_t)j * y_c) : (float16)(0), 0, lines[j]);
            for (int k = 0; k < 16; k++)
                for (int j = 0; j < NB; j++) taps[k * NB + j] = lines[j][k];
        } else {
            __global const float *from = w + ((size_t)(kh * k_w + kw) * p.depth + c) * y_c + panel * NB;
            for (int k = 0; k < 16; k++)
                EACH_VECTOR (j)
                    store16(load_part(from + (size_t)k * y_c + 16 * j, columns - 16 * j), j, taps + k * NB);
        }
    }
}

/* u, [out phase][panel][t][all c][NB]. 16 c of one panel to a work-item. */
ITEM winograd_weights(GEOMETRY, int backward, int panels, __global const float *restrict w, __global float *restrict u)
{
    int   row = (int)get_global_id(0) * 16, panel = (int)get_global_id(1), out_phase = (int)get_global_id(2);
    pass  p = PASS(backward);
    float taps[R * R][16][NB];
    gather_taps(taps[0][0], 16, row, panel, out_phase, p, y_c, k_w, w);
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
    u += ((size_t)(out_phase * panels + panel) * TT * p.all + row) * NB;
    for (int t = 0; t < TT; t++)
        for (int i = 0; i < 16 * NV; i++) store16(vload16(i, block[t][0]), i, u + (size_t)t * p.all * NB);
}

/* ---- input ------------------------------------------------------------------------------------------------------ */

/* Floats from one t of v to the next; no power of two. */
inline int point_floats(int block) { return (block + 1) * 16; }

/* The input pixels of a tile, NULL those outside. */
inline void tile_pixels(__global const float *at[TT], __global const float *in, pass p, int phase, place o)
{
    lane v = lane_y(p, phase), h = lane_x(p, phase);
    UNROLL
    for (int i = 0; i < TT; i++) {
        int y = v.in + (o.y + i / T) * v.in_step, x = h.in + (o.x + i % T) * h.in_step;
        at[i] = (uint)y < (uint)p.in_h && (uint)x < (uint)p.in_w
                    ? in + ((size_t)(o.image * p.in_h + y) * p.in_w + x) * p.in_c
                    : 0;
    }
}

inline float16 load_at(__global const float *pixel, int c) { return pixel ? vload16(0, pixel + c) : (float16)(0); }

/* Read the rows of `in` that the tiles [first, last) reach, from end to end: memory delivers that many times as fast as
 * it does the scattered pixels of tiles, which then lie in the cache. The sum is stored so that it is not left out. */
inline void read_ahead(float *sum, pass p, int out_phase, int first, int last, __global const float *in)
{
    place   a = place_of(p, first), b = place_of(p, last - 1);
    lane    l = lane_y(p, out_phase);
    int     top = max(l.in + a.y * l.in_step, 0), bottom = min(l.in + (b.y + T) * l.in_step, p.in_h);
    size_t  row = (size_t)p.in_w * p.in_c, end = ((size_t)b.image * p.in_h + bottom) * row;
    float16 all = 0;
    for (size_t i = ((size_t)a.image * p.in_h + top) * row; i < end; i += 16) all += vload16(0, in + i);
    store16(all, 0, sum);
}

/* v of one block, [all c / 16][t][block + 1][16]; tiles beyond the last repeat it. */
inline void transform_block(float *v, pass p, int block, int out_phase, int first, int tiles, __global const float *in)
{
    int point = point_floats(block);
    read_ahead(v + block * 16, p, out_phase, first, min(first + block, tiles), in);
    for (int row = 0; row < block; row++) {
        place o = place_of(p, min(first + row, tiles - 1));
        for (int phase = 0; phase < p.in_phases; phase++) {
            __global const float *at[TT];
            tile_pixels(at, in, p, p.backward ? out_phase : phase, o);
            for (int c = 0; c < p.depth; c += 16) {
                float16 d[TT], all[TT];
                POINTS (i) d[i] = load_at(at[i], c);
                filter_2d(all, d);
                float *to = v + (phase * p.depth + c) / 16 * TT * point + row * 16;
                POINTS (t) store16(all[t], 0, to + t * point);
            }
        }
    }
}

/* ---- products and output ---------------------------------------------------------------------------------------- */

/* acc += MR tiles of v, from `a` on, each 16 channels `next` rows of 16 further, by the panel at b. */
#define MULTIPLY(acc, a, depth, next, b) \
    for (int c = 0; c < depth; c += 16, a += next) { \
        _Pragma("unroll 4") for (int k = 0; k < 16; k++, b += NB) TILE_STEP(acc, a, k, b) \
    }

/* s[t][block][NB] of one panel. */
inline void multiply(float *s, const float *v, __global const float *u, int depth, int block, int rows)
{
    for (int t = 0; t < TT; t++)
        for (int r = 0; r < rows; r += MR) {
            const float(*a)[16] = (const float(*)[16])(v + t * point_floats(block) + r * 16);
            __global const float *b = u + (size_t)t * depth * NB;
            float16               acc[MR][NV];
            TILE_ZERO(acc)
            MULTIPLY(acc, a, depth, TT * (block + 1), b)
            EACH_ROW (i)
                EACH_VECTOR (j) store16(acc[i][j], j, s + (t * block + r + i) * NB);
        }
}

/* The outputs of `rows` tiles of one panel from s[t][block][NB]. */
inline void store_tiles(__global float *out, pass p, int out_phase, int first, int rows, int panel, const float *s,
                        int block, __global const float *bias, int has_bias)
{
    lane v = lane_y(p, out_phase), h = lane_x(p, out_phase);
    int  columns = p.out_c - panel * NB;
    out += panel * NB;
    bias += panel * NB;
    for (int row = 0; row < rows; row++, s += NB) {
        place o = place_of(p, first + row);
        EACH_VECTOR (j) {
            float16 all[TT], y[M * M];
            POINTS (t) all[t] = vload16(j, s + t * block * NB);
            collect_2d(y, all, M);
            float16 b = has_bias ? load_part(bias + 16 * j, columns - 16 * j) : (float16)(0);
            UNROLL
            for (int i = 0; i < M * M; i++) {
                int oy = o.y + i / M, ox = o.x + i % M;
                if (oy >= v.extent || ox >= h.extent || 16 * j >= columns) continue;
                size_t at = (size_t)(o.image * p.out_h + v.out + oy * v.out_step) * p.out_w + h.out + ox * h.out_step;
                store16(y[i] + b, j, out + at * p.out_c);
            }
        }
    }
}

/* A block of tiles, a multiple of MR, to a work-item. */
ITEM winograd_multiply(GEOMETRY, int backward, int block, int panels, int tiles, __global const float *restrict in,
                       __global const float *restrict u, __global const float *restrict bias, int has_bias,
                       __global float *restrict out)
{
    int   first = (int)get_global_id(0) * block, rows = min(block, tiles - first), out_phase = (int)get_global_id(1);
    pass  p = PASS(backward);
    float room[ROOM], *s = room, *v = room + TT * block * NB;
    transform_block(v, p, block, out_phase, first, tiles, in);
    for (int panel = 0; panel < panels; panel++) {
        multiply(s, v, u + (size_t)(out_phase * panels + panel) * TT * p.all * NB, p.all, block, rows);
        store_tiles(out, p, out_phase, first, rows, panel, s, block, bias, has_bias);
    }
}

/* ---- few tiles -------------------------------------------------------------------------------------------------- */

/* Where few tiles share many weights, these are transformed on the way, DEEP channels at a time, and never go through
 * memory; the transformed input does, v[out phase][t][all c / 16][padded][16]. */
#ifndef DEEP
#define DEEP 64
#endif
#define POINT_STRIDE (DEEP * NB + 16) /* no power of two */

/* A block of tiles to a work-item. padded: tiles of v, a multiple of block and of MR. */
ITEM winograd_input(GEOMETRY, int backward, int first_phase, int block, int tiles, int padded,
                    __global const float *restrict in, __global float *restrict v)
{
    int   first = (int)get_global_id(0) * block, at = (int)get_global_id(1), out_phase = first_phase + at;
    pass  p = PASS(backward);
    float part[ROOM];
    transform_block(part, p, block, out_phase, min(first, tiles - 1), tiles, in);
    for (int t = 0; t < TT; t++)
        for (int c = 0; c < p.all / 16; c++) {
            __global float *to = v + (((size_t)(at * TT + t) * (p.all / 16) + c) * padded + first) * 16;
            const float    *from = part + (c * TT + t) * point_floats(block);
            for (int row = 0; row < block; row++) store16(vload16(row, from), row, to);
        }
}

/* u of `deep` channels, [t][deep][NB], from their taps, [tap][deep][NB]. */
inline void transform_taps(float *u, int deep, const float *taps)
{
    for (int i = 0; i < deep * NV; i++) {
        float16 g[R * R], all[TT];
        UNROLL
        for (int tap = 0; tap < R * R; tap++) g[tap] = vload16(i, taps + tap * deep * NB);
        evaluate_2d(all, g, R);
        POINTS (t) store16(winograd_factor(t / T) * winograd_factor(t % T) * all[t], i, u + t * POINT_STRIDE);
    }
}

/* A panel of one phase, by all tiles, to a work-item: its sums s[t][padded][NB]. */
ITEM winograd_few(GEOMETRY, int backward, int first_phase, int tiles, int padded, __global const float *restrict v,
                  __global const float *restrict w, __global const float *restrict bias, int has_bias,
                  __global float *restrict out)
{
    int   panel = (int)get_global_id(0), at = (int)get_global_id(1), out_phase = first_phase + at;
    pass  p = PASS(backward);
    float room[ROOM], *u = room, *taps = u + TT * POINT_STRIDE, *s = taps + R * R * DEEP * NB;
    for (int from = 0; from < p.all; from += DEEP) {
        int deep = min(DEEP, p.all - from);
        for (int row = 0; row < deep; row += 16)
            gather_taps(taps + row * NB, deep, from + row, panel, out_phase, p, y_c, k_w, w);
        transform_taps(u, deep, taps);
        for (int t = 0; t < TT; t++)
            for (int r = 0; r < padded; r += MR) {
                __global const float(*a)[16] = (__global const float(*)[16])(
                    v + (((size_t)(at * TT + t) * (p.all / 16) + from / 16) * padded + r) * 16);
                const float *b = u + t * POINT_STRIDE;
                float       *sum = s + (t * padded + r) * NB;
                float16      acc[MR][NV];
                EACH_ROW (i)
                    EACH_VECTOR (j) acc[i][j] = from ? vload16(j, sum + i * NB) : (float16)(0);
                MULTIPLY(acc, a, deep, padded, b)
                EACH_ROW (i)
                    EACH_VECTOR (j) store16(acc[i][j], j, sum + i * NB);
            }
    }
    store_tiles(out, p, out_phase, 0, tiles, panel, s, padded, bias, has_bias);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

/* A work-item's block: ROWS channels of x, over all phases, by COLUMNS channels of y. As in the host's rule. */
#define COLUMNS 64
#define ROWS (TT * 64 * COLUMNS <= 1 << 17 ? 64 : 32)
#ifndef CHUNK /* tiles at a time */
#define CHUNK 16
#endif
#define PADDED_ROWS ((ROWS + MR - 1) / MR * MR)
#define V_STRIDE (PADDED_ROWS * CHUNK + 16)
#define D_STRIDE (COLUMNS * CHUNK + 16)

/* v of CHUNK tiles, [t][tile][PADDED_ROWS]. */
inline void chunk_of_x(float *v, pass p, int row, int rows, int first, int last, __global const float *x)
{
    for (int q = 0; q < CHUNK && first + q < last; q++) {
        place o = place_of(p, first + q);
        for (int r = 0; r < rows;) {
            __global const float *at[TT];
            tile_pixels(at, x, p, (row + r) / p.depth, o);
            for (int c = (row + r) % p.depth; c < p.depth && r < rows; c += 16, r += 16) {
                float16 d[TT], all[TT];
                POINTS (i) d[i] = load_at(at[i], c);
                filter_2d(all, d);
                POINTS (t) store16(all[t], 0, v + t * V_STRIDE + q * PADDED_ROWS + r);
            }
        }
    }
}

/* A dy A' of CHUNK tiles, [t][panel][tile][NB]. */
inline void chunk_of_dy(float *to, pass p, int column, int columns, int first, int last, __global const float *dy)
{
    for (int q = 0; q < CHUNK && first + q < last; q++) {
        place                 o = place_of(p, first + q);
        __global const float *at[M * M];
        for (int i = 0; i < M * M; i++) {
            int y = o.y + i / M, x = o.x + i % M;
            at[i] = y < p.out_h && x < p.out_w
                        ? dy + ((size_t)(o.image * p.out_h + y) * p.out_w + x) * p.out_c + column
                        : 0;
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
    pass  p = PASS(0);
    int   rows = min(ROWS, p.all - row), columns = min(COLUMNS, y_c - column);
    int   first = part * share, last = min(first + share, tiles);
    float v[TT * V_STRIDE], d[TT * D_STRIDE], s[TT * PADDED_ROWS * COLUMNS];
    for (int i = 0; i < TT * PADDED_ROWS * COLUMNS; i += 16) store16((float16)(0), 0, s + i);
    for (; first < last; first += CHUNK) {
        int count = min(CHUNK, last - first);
        chunk_of_x(v, p, row, rows, first, last, x);
        chunk_of_dy(d, p, column, columns, first, last, dy);
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
            int     phase = (row + r) / p.depth, c = (row + r) % p.depth;
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
