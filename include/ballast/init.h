/* init -- the first values of weights. */
#ifndef BALLAST_INIT_H
#define BALLAST_INIT_H

#include "ballast/layer.h"

/* In the order of the nets' option `init`. */
typedef enum {
    BAL_INIT_PYTORCH,   /* kernels and biases uniform in +-1/sqrt(fan_in) (kaiming_uniform with a = sqrt 5) */
    BAL_INIT_HE,        /* kernels normal(0, sqrt(2/fan_in)) (He et al. 2015); biases 0 */
    BAL_INIT_XAVIER,    /* kernels uniform in +-sqrt(6/(fan_in+fan_out)) (Glorot and Bengio 2010); biases 0 */
    BAL_INIT_DCGAN,     /* kernels normal(0, .02), scales normal(1, .02) (Radford et al. 2016); biases 0 */
    BAL_INIT_ORTHOGONAL /* kernels orthogonal (Saxe et al. 2014); biases 0 */
} bal_init;

/* Fill out[bal_shape_size(w->shape)], in memory layout, by the weight's role, fans and the scheme. Scales are 1, shifts
 * 0, states their `initial` unless the scheme says otherwise. */
bal_status bal_init_fill(float *out, const bal_weight *w, bal_init scheme, const bal_stream *stream);

#endif
