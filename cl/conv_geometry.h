/* conv_geometry -- how the kernels of convolution see its geometry: as arguments; what is read and written in a pass
 * that gathers, x to y, or y to x with BACKWARD; and which taps reach a pixel. */
#ifndef CONV_GEOMETRY_H
#define CONV_GEOMETRY_H

#define GEOMETRY \
    int n, int x_h, int x_w, int x_c, int y_h, int y_w, int y_c, int k_h, int k_w, int s_h, int s_w, int p_h, int p_w, \
        int d_h, int d_w, int groups

#ifdef BACKWARD
#define IN Y /* storage.h */
#define OUT X
#define IN_H y_h
#define IN_W y_w
#define IN_C y_c
#define OUT_H x_h
#define OUT_W x_w
#define OUT_C x_c
#else
#define IN X
#define OUT Y
#define IN_H x_h
#define IN_W x_w
#define IN_C x_c
#define OUT_H y_h
#define OUT_W y_w
#define OUT_C y_c
#endif

/* Along one axis: output `phase + q * apart`, q < extent, reads for t < count the input at q * stride + offset + t *
 * move, with the weight of tap first + t * step. */
typedef struct {
    int phase, apart, extent, stride, offset, move, count, first, step;
} axis;

static inline axis make_axis(int phase, int out, int k, int s, int p, int d)
{
    axis a;
#ifdef BACKWARD
    a.phase = phase;
    a.apart = s;
    a.extent = (out - phase + s - 1) / s;
    a.stride = 1;
    for (a.first = 0; a.first < k && (phase + p - a.first * d) % s != 0;) a.first++;
    for (a.step = 1; a.step * d % s != 0;) a.step++;
    a.count = (k - a.first + a.step - 1) / a.step;
    a.offset = (phase + p - a.first * d) / s;
    a.move = -(a.step * d / s);
#else
    a.phase = 0;
    a.apart = 1;
    a.extent = out;
    a.stride = s;
    a.offset = -p;
    a.move = d;
    a.count = k;
    a.first = 0;
    a.step = 1;
#endif
    return a;
}

/* Along one axis, the pixels [*from, *end) of y for which a tap lies inside x; shift: padding - tap * dilation. */
inline void reached(int shift, int s, int x, int y, int *from, int *end)
{
    *from = shift > 0 ? (shift + s - 1) / s : 0;
    *end = x - 1 + shift < 0 ? 0 : min(y, (x - 1 + shift) / s + 1);
}

#endif
