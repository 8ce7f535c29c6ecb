/* convolution, CPU class, where x has few channels and there is one group: forward and backward_w.
 *
 * All taps and channels of a window are then one short list, r = (kh, kw, c). The pixels of x that a row of y reads
 * are copied to `lines`, one a kernel row, its padding as zeros, where r of output ox lies ox * s_w * x_c floats
 * behind r of output 0: register tiles read them in place and know no border. */
#include "conv_geometry.h"
#include "tile.h"

#define ARGUMENTS n, x_h, x_w, x_c, y_h, y_w, y_c, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups
#define TAPS 256   /* of r, at most */
#define LINES 4096 /* floats of all lines, at most */
#define SPAN 64    /* outputs of a row at a time, at most */

inline void copy_floats(float *to, __global const float *from, int count)
{
    int i = 0;
    for (; i + 16 <= count; i += 16) store16(vload16(0, from + i), 0, to + i);
    for (; i < count; i++) to[i] = from[i];
}

inline void zero_floats(float *to, int count)
{
    for (int i = 0; i < count; i++) to[i] = 0;
}

/* lines[kh][line] of the outputs from ox on in row `row` of all images' rows. */
inline void copy_lines(float *lines, int line, GEOMETRY, int row, int ox, __global const float *x)
{
    int left = ox * s_w - p_w, pixels = line / x_c, low = clamp(-left, 0, pixels), high = clamp(x_w - left, 0, pixels);
    for (int kh = 0; kh < k_h; kh++, lines += line) {
        int iy = row % y_h * s_h - p_h + kh * d_h;
        if ((uint)iy >= (uint)x_h || high <= low) zero_floats(lines, line);
        else {
            zero_floats(lines, low * x_c);
            copy_floats(lines + low * x_c, x + ((long)(row / y_h * x_h + iy) * x_w + left + low) * x_c,
                        (high - low) * x_c);
            zero_floats(lines + high * x_c, line - high * x_c);
        }
    }
}

/* at[r]: where r of the first output lies. */
inline void place_taps(int at[TAPS], int line, GEOMETRY)
{
    for (int r = 0; r < k_h * k_w * x_c; r++) {
        int tap = r / x_c;
        at[r] = tap / k_w * line + tap % k_w * d_w * x_c + r % x_c;
    }
}

/* ---- forward ---------------------------------------------------------------------------------------------------- */

/* `rows` rows of y by one panel of its channels to a work-item, `span` pixels at a time. What is not positive is
 * multiplied by `slope`. */
ITEM conv_shallow(GEOMETRY, int line, int span, int rows, __global const float *restrict x,
                  __global const float *restrict w, __global const float *restrict bias, int has_bias, float slope,
                  __global float *restrict y)
{
    int   column = (int)get_global_id(0) * NB, columns = min(NB, y_c - column), taps = k_h * k_w * x_c;
    int   row = (int)get_global_id(1) * rows, last = min(row + rows, n * y_h), at[TAPS];
    float lines[LINES], panel[TAPS * NB], first[NB];
    place_taps(at, line, ARGUMENTS);
    for (int r = 0; r < taps; r++)
        for (int j = 0; j < NB; j++) panel[r * NB + j] = j < columns ? w[(size_t)r * y_c + column + j] : 0;
    for (int j = 0; j < NB; j++) first[j] = has_bias && j < columns ? bias[column + j] : 0;
    for (; row < last; row++)
        for (int x0 = 0; x0 < y_w; x0 += span) {
            int             wide = min(span, y_w - x0);
            __global float *to = y + ((size_t)row * y_w + x0) * y_c + column;
            copy_lines(lines, line, ARGUMENTS, row, x0, x);
            for (int ox = 0; ox < wide; ox += MR) {
                const float *left[MR], *b = panel;
                float16      acc[MR][NV];
                EACH_ROW (i) left[i] = lines + min(ox + i, wide - 1) * s_w * x_c;
                EACH_ROW (i)
                    EACH_VECTOR (j) acc[i][j] = vload16(j, first);
                for (int r = 0; r < taps; r++, b += NB) TILE_STEP(acc, left, at[r], b)
                EACH_ROW (i)
                    EACH_VECTOR (j)
                        if (ox + i < wide && 16 * j < columns) {
                            float16 v = acc[i][j] > 0 ? acc[i][j] : slope * acc[i][j];
                            store_part(v, to + (size_t)(ox + i) * y_c + 16 * j, columns - 16 * j);
                        }
            }
        }
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

#define COLUMNS 64 /* channels of y to a work-item, at most */

/* Rows [part * share, + share) of y: added to dw, or stored as the part's own. */
ITEM conv_shallow_weights(GEOMETRY, int line, int span, int share, int parts, __global const float *restrict x,
                          __global const float *restrict dy, __global float *restrict sums)
{
    int   column = (int)get_global_id(0) * COLUMNS, part = (int)get_global_id(1), columns = min(COLUMNS, y_c - column);
    int   row = part * share, last = min(row + share, n * y_h), taps = k_h * k_w * x_c, at[TAPS];
    float lines[LINES], panels[SPAN * COLUMNS], sum[TAPS * COLUMNS];
    for (int i = 0; i < taps * COLUMNS; i += 16) store16((float16)(0), 0, sum + i);
    place_taps(at, line, ARGUMENTS);
    for (; row < last; row++)
        for (int x0 = 0; x0 < y_w; x0 += span) {
            int                   wide = min(span, y_w - x0);
            __global const float *from = dy + ((size_t)row * y_w + x0) * y_c + column;
            copy_lines(lines, line, ARGUMENTS, row, x0, x);
            for (int p = 0; p < wide; p++, from += y_c)
                for (int j = 0; j < columns; j += NB)
                    EACH_VECTOR (v)
                        store16(load_part(from + j + 16 * v, columns - j - 16 * v), v, panels + j * SPAN + p * NB);
            for (int j = 0; j < columns; j += NB)
                for (int r = 0; r < taps; r += MR) {
                    const float *left[MR], *b = panels + j * SPAN;
                    float16      acc[MR][NV];
                    float       *s = sum + j * taps + r * NB;
                    EACH_ROW (i) left[i] = lines + at[min(r + i, taps - 1)];
                    EACH_ROW (i)
                        EACH_VECTOR (v) acc[i][v] = vload16(v, s + min(i, taps - 1 - r) * NB);
                    for (int p = 0; p < wide; p++, b += NB) TILE_STEP(acc, left, p * s_w * x_c, b)
                    EACH_ROW (i)
                        if (r + i < taps)
                            EACH_VECTOR (v) store16(acc[i][v], v, s + i * NB);
                }
        }
    sums += (size_t)part * taps * y_c + column;
    for (int r = 0; r < taps; r++)
        for (int j = 0; j < columns; j += 16) {
            __global float *to = sums + (size_t)r * y_c + j;
            float16         s = vload16(0, sum + (j / NB * taps + r) * NB + j % NB);
            if (parts == 1) s += load_part(to, columns - j);
            store_part(s, to, columns - j);
        }
}
