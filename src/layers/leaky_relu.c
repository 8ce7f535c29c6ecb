/* leaky_relu -- y = x for x > 0, slope * x otherwise. See cl/leaky_relu.cl. The slope's default is the GANs' .2, not
 * PyTorch's .01. */
#include <stdio.h>
#include "_layer.h"

typedef struct {
    bal_pointwise passes;
    float         slope;
} leaky_relu;

static const bal_option options[] = {
    BAL_OPT(leaky_relu, slope, BAL_FLOAT, 0.2, 0, 1, "gradient for negative inputs"),
    BAL_OPT_END,
};

static void absorbed(const bal_layer *l, char text[BAL_ABSORBED])
{
    const leaky_relu *p = l->self;
    snprintf(text, BAL_ABSORBED, "-DSLOPE=%af", (double)p->slope);
}

static float slope(const bal_layer *l) { return ((leaky_relu *)l->self)->slope; }

const bal_layer_def bal_layer_leaky_relu = {
    .name = "leaky_relu",
    .help = "y = max(x, slope * x)",
    .size = sizeof(leaky_relu),
    .options = options,
    .halves = true,
    .shape = bal_pointwise_shape,
    .build = bal_activation_build,
    .forward = bal_pointwise_forward,
    .backward = bal_activation_backward,
    .absorbed = absorbed,
    .slope = slope,
};
