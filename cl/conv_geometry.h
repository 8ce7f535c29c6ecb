/* conv_geometry -- how the kernels of convolution see its geometry: as arguments, and what is read and written in a pass
 * that gathers: x to y, or y to x with BACKWARD. */
#ifndef CONV_GEOMETRY_H
#define CONV_GEOMETRY_H

#define GEOMETRY \
    int n, int x_h, int x_w, int x_c, int y_h, int y_w, int y_c, int k_h, int k_w, int s_h, int s_w, int p_h, int p_w, \
        int d_h, int d_w, int groups

#ifdef BACKWARD
#define IN_H y_h
#define IN_W y_w
#define IN_C y_c
#define OUT_H x_h
#define OUT_W x_w
#define OUT_C x_c
#else
#define IN_H x_h
#define IN_W x_w
#define IN_C x_c
#define OUT_H y_h
#define OUT_W y_w
#define OUT_C y_c
#endif

#endif
