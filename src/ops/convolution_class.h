/* convolution_class -- what a class of kernels provides for convolution.c, and what the classes share. */
#ifndef BALLAST_OPS_CONVOLUTION_CLASS_H
#define BALLAST_OPS_CONVOLUTION_CLASS_H

#include "ballast/convolution.h"
#include "ballast/gemm.h"
#include "tile_gpu.h"
#include "variant.h"

/* The functions as in ballast/convolution.h; convolution.c has checked shapes and scratch before it calls one. */
typedef struct bal_conv_class {
    size_t size;                              /* of the class's own struct, op->self, zeroed before build */
    /* What a pass may run, by shape, class and settings; NULL: one way only. */
    void (*variants)(const bal_convolution *op, bal_conv_pass pass, bal_variants *out);
    bal_status (*build)(bal_convolution *op); /* get kernels of op->variant, set op->algorithm */
    size_t (*scratch)(const bal_convolution *op);
    bal_status (*forward)(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch);
    bal_status (*backward_x)(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch);
    bal_status (*backward_w)(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x, const bal_tensor *dy,
                             const bal_tensor *scratch);
    bool (*leaks)(const bal_convolution *op); /* forward applies op->slope; NULL: never */
} bal_conv_class;

struct bal_convolution {
    bal_device           *dev;
    bal_conv_geometry     g;
    const bal_conv_class *kernels;
    bal_variant           variant[3];       /* by bal_conv_pass */
    char                  algorithm[3][40];
    float                 slope;            /* of what is negative in y, 1 if none; see bal_convolution_leak */
    void                 *self;
};

extern const bal_conv_class bal_conv_cpu, bal_conv_gpu; /* convolution_cpu.c, convolution_gpu.c */

/* What a pass may run here, and its key in a plan. */
void bal_convolution_variants(bal_variants *out, const bal_convolution *op, bal_conv_pass pass);
void bal_convolution_key(char out[192], const bal_convolution *op, bal_conv_pass pass);
/* One with these variants (NULL: as the plan has it, see variant.h). */
bal_status bal_convolution_make(bal_convolution **out, bal_device *dev, const bal_conv_geometry *g,
                                const bal_variant variant[3]);

/* ---- convolution_trial.c ---------------------------------------------------------------------------------------- */

/* Choose op->variant[pass]; the passes before it are chosen already. */
bal_status bal_convolution_choose(bal_convolution *op, bal_conv_pass pass);

/* For tests: tensor cores in software, among the variants of any device. */
void bal_conv_gpu_emulate(bool on);

/* The arguments of cl/conv_geometry.h, for a batch of n. */
#define GEOMETRY(g, n) \
    bal_i32(n), bal_i32((g)->x.h), bal_i32((g)->x.w), bal_i32((g)->x.c), bal_i32((g)->y.h), bal_i32((g)->y.w), \
        bal_i32((g)->y.c), bal_i32((g)->kernel[0]), bal_i32((g)->kernel[1]), bal_i32((g)->stride[0]), \
        bal_i32((g)->stride[1]), bal_i32((g)->pad[0]), bal_i32((g)->pad[1]), bal_i32((g)->dilation[0]), \
        bal_i32((g)->dilation[1]), bal_i32((g)->groups)

/* ---- convolution_product.c -------------------------------------------------------------------------------------- */

/* The convolution is one matrix product, [rows][depth] times the weights as they lie, [depth][k]: a 1 x 1 kernel of
 * stride 1 without padding, or a kernel that covers the whole input once. */
bool bal_conv_is_product(const bal_conv_geometry *g);

typedef struct bal_conv_product {
    bal_gemm    forward, backward_x, backward_w;
    bal_kernel *fill_bias, *dot, *outer, *outer_weights;
} bal_conv_product;

bal_status bal_conv_product_init(bal_conv_product *p, bal_device *dev, const bal_conv_geometry *g);
size_t     bal_conv_product_scratch(const bal_conv_product *p, const bal_conv_geometry *g, bal_conv_pass pass);
bal_status bal_conv_product_forward(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *y,
                                    const bal_tensor *x, const bal_tensor *w, const bal_tensor *bias,
                                    const bal_tensor *scratch);
bal_status bal_conv_product_backward_x(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *dx,
                                       const bal_tensor *dy, const bal_tensor *w, const bal_tensor *bias,
                                       const bal_tensor *scratch);
bal_status bal_conv_product_backward_w(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *dw,
                                       const bal_tensor *x, const bal_tensor *dy, const bal_tensor *scratch);

/* ---- convolution_shallow.c, CPU class --------------------------------------------------------------------------- */

/* forward or backward_w for few channels of x. `span` outputs of a row at a time reach `line` floats of a row of x. */
typedef struct bal_shallow {
    bal_tile    tile;
    int         span, line;
    bal_kernel *kernel;
} bal_shallow;

/* Whether it pays, by the geometry alone, but for n. */
bool       bal_shallow_applies(const bal_conv_geometry *g);
void       bal_shallow_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g,
                                bal_conv_pass pass, bal_variant base);
bal_status bal_shallow_init(bal_shallow *s, bal_device *dev, const bal_conv_geometry *g, bool backward,
                            const bal_variant *v);
bal_status bal_shallow_forward(const bal_shallow *s, const bal_conv_geometry *g, const bal_tensor *y,
                               const bal_tensor *x, const bal_tensor *w, const bal_tensor *bias, float slope);
/* backward_w: the sums of `parts` parts of the rows of y, one after the other; where there is one, they are added to.
 */
int        bal_shallow_parts(const bal_conv_geometry *g, int n);
bal_status bal_shallow_gradient(const bal_shallow *s, const bal_conv_geometry *g, const bal_tensor *sums,
                                const bal_tensor *x, const bal_tensor *dy);

/* ---- convolution_thin.c, CPU class ------------------------------------------------------------------------------ */

/* forward or backward_x for few output channels. `span` output pixels of a row at a time; `slots` rows of the input,
 * each of `line` floats for each tap, are kept. */
typedef struct bal_thin {
    bal_tile    tile;
    int         span, line, slots;
    bool        backward;
    bal_kernel *kernel;
} bal_thin;

/* Whether it pays, by the geometry alone, but for n. */
bool       bal_thin_applies(const bal_conv_geometry *g, bool backward);
void       bal_thin_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bool backward,
                             bal_variant base);
bal_status bal_thin_init(bal_thin *t, bal_device *dev, const bal_conv_geometry *g, bool backward, const bal_variant *v);
bal_status bal_thin_run(const bal_thin *t, const bal_conv_geometry *g, const bal_tensor *out, const bal_tensor *in,
                        const bal_tensor *w, const bal_tensor *bias);

/* ---- convolution_winograd.c, CPU class -------------------------------------------------------------------------- */

/* One pass by Winograd's algorithm F(m, r). high, wide: tiles of an image's phase; depth: input channels, of all phases
 * where these are summed; block: tiles of a work-item, in backward_w rows of its sums. */
typedef struct bal_winograd {
    int         m, r, points, high, wide, phases, depth, width, panels, block;
    bal_tile    tile;
    bool        few, backward; /* few tiles, many weights; the pass */
    bal_kernel *transform, *multiply, *gradient;
} bal_winograd;

/* The m that is the cheapest, 0 where the algorithm does not apply or does not pay. By the geometry alone, but for n.
 */
int        bal_winograd_size(const bal_device *dev, const bal_conv_geometry *g, bool backward);
/* Adds what F(m, r) may run for a pass: register tiles and blocks; none where the algorithm does not apply. */
void       bal_winograd_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g,
                                 bal_conv_pass pass, bal_variant base);
bal_status bal_winograd_init(bal_winograd *w, bal_device *dev, const bal_conv_geometry *g, bool backward,
                             const bal_variant *v);
size_t     bal_winograd_scratch(const bal_winograd *w, const bal_conv_geometry *g);
bal_status bal_winograd_run(const bal_winograd *w, const bal_conv_geometry *g, const bal_tensor *out,
                            const bal_tensor *in, const bal_tensor *weights, const bal_tensor *bias,
                            const bal_tensor *scratch);

/* backward_w: the sums of `parts` parts of the tiles, one after the other; where there is one, they are added to. */
bal_status bal_winograd_gradient_init(bal_winograd *w, bal_device *dev, const bal_conv_geometry *g,
                                      const bal_variant *v);
int        bal_winograd_gradient_parts(const bal_winograd *w, int n);
bal_status bal_winograd_gradient(const bal_winograd *w, const bal_conv_geometry *g, const bal_tensor *sums,
                                 const bal_tensor *x, const bal_tensor *dy);

/* ---- convolution_winograd_gpu.c --------------------------------------------------------------------------------- */

/* One pass by F(m, r). first, input, last: the kernels that transform weights (in backward_w dy), input and output;
 * tile: of the products (tile_gpu.h); parts of backward_w's sums; chunk: tiles of images at a time. */
typedef struct bal_winograd_gpu {
    bal_conv_pass pass;
    int           m, tile, parts, chunk;
    bal_kernel   *first, *input, *multiply, *last;
} bal_winograd_gpu;

/* The m that the rule takes, 0 where the algorithm does not apply or does not pay. */
int  bal_winograd_gpu_size(const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass);
/* Adds what F(base.m, r) may run for a pass, at most `count` tiles; none where the algorithm does not apply. */
void bal_winograd_gpu_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                               bal_variant base, int count);
bal_status bal_winograd_gpu_init(bal_winograd_gpu *w, bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                                 const bal_variant *v);
size_t     bal_winograd_gpu_scratch(const bal_winograd_gpu *w, const bal_conv_geometry *g);
bal_status bal_winograd_gpu_run(const bal_winograd_gpu *w, const bal_conv_geometry *g, const bal_tensor *out,
                                const bal_tensor *in, const bal_tensor *weights, const bal_tensor *bias,
                                const bal_tensor *scratch);
bal_status bal_winograd_gpu_gradient(const bal_winograd_gpu *w, const bal_conv_geometry *g, const bal_tensor *dw,
                                     const bal_tensor *x, const bal_tensor *dy, const bal_tensor *scratch);

#endif
