/* layer -- the contract of a layer: "layer = x ..." in an INI file is src/layers/x.c, cl/x.cl, tests/layers/x.c.
 *
 * y = f(x[0], x[1], ...). A layer has one input, or with `from=NAME` in its line a second one (and third: repeat names
 * separated by commas). The chain owns activations, gradients and weights; the layer owns its private struct. */
#ifndef BALLAST_LAYER_H
#define BALLAST_LAYER_H

#include "ballast/device.h"
#include "ballast/option.h"
#include "ballast/rng.h"

enum { BAL_MAX_INPUTS = 4, BAL_MAX_WEIGHTS = 6, BAL_MAX_BATCHES = 2, BAL_ABSORBED = 64 };

/* What a weight is for: decides initialisation (net `init`), weight decay (kernels only) and training (not states). */
typedef enum {
    BAL_KERNEL, /* initialised by the net's scheme from fan_in and fan_out */
    BAL_BIAS,   /* 0, or by the scheme */
    BAL_SCALE,  /* 1 */
    BAL_SHIFT,  /* 0 */
    BAL_STATE   /* `initial`; not trained: running statistics */
} bal_role;

/* How the memory layout becomes PyTorch's in a checkpoint. */
typedef enum {
    BAL_VECTOR, /* [c] */
    BAL_OIHW,   /* memory [kh][kw][i][o]: shape {kh, kw, i, o} */
    BAL_IOHW,   /* memory [kh][kw][o][i]: deconv; shape {kh, kw, o, i} */
    BAL_OI,     /* memory [i][o]: dense; shape {1, 1, i, o} */
    BAL_COUNT   /* one float that becomes a 0-dimensional int64: num_batches_tracked */
} bal_layout;

typedef struct bal_weight {
    const char *name; /* PyTorch's: "weight", "bias", "running_mean" */
    bal_shape   shape;
    bal_role    role;
    bal_layout  layout;
    int         fan_in, fan_out;
    float       initial; /* of a BAL_STATE */
    bal_tensor  v, g;    /* views into the net's arenas, v set before build, g after it; a state has no g */
    size_t      offset;  /* in its arena, floats */
} bal_weight;

/* One pass through a net. */
typedef struct bal_pass {
    bool     training; /* batch statistics, dropout; else running statistics, no dropout */
    bool     frozen;   /* backward: leave weight gradients alone */
    int      batches;  /* training: x is so many batches of one size, one behind the other, and each has its statistics;
                          0 means 1, at most BAL_MAX_BATCHES */
    uint64_t seed;     /* of the run */
    uint32_t draw;     /* which pass this is, unique in a run: keys random numbers together with the layer's index */
} bal_pass;

typedef struct bal_layer_def bal_layer_def;

typedef struct bal_layer bal_layer;

struct bal_layer {
    const bal_layer_def *def;
    void                *self;  /* the private struct, options filled in */
    bal_where            at;    /* for messages about shapes: bal_fail_at(l->at, ...) */
    int                  index; /* place in the chain */
    const bal_layer     *activation; /* the layer behind it that it absorbs, NULL if none; set before build */
    const bal_layer     *pool;       /* the layer behind that one whose windows' largest it absorbs, likewise;
                                        also set in the activation between them */
    const bal_layer     *over;       /* the activation behind it that is written over its output, likewise */
    bool                 applies;    /* its forward pass does that of `over` too, with the same bits; set by build */
    bool                 absorbed;   /* by a layer before it: no passes */
    int                  inputs;
    bal_shape            in[BAL_MAX_INPUTS], out; /* n: the largest batch */
    bool                 half_in, half_out; /* inputs, output and the gradients of these are stored as half; set before
                                               build */
    bal_weight           weights[BAL_MAX_WEIGHTS];
    int                  weight_count;
    double               flops;     /* floating-point operations of one sample's forward pass; set by shape */
    size_t               scratch;   /* floats of scratch that a pass needs; set by build */
    bal_tensor           workspace; /* the scratch; valid within one call only */
};

struct bal_layer_def {
    const char       *name, *help;
    size_t            size; /* of the private struct */
    const bal_option *options;
    int               min_inputs, max_inputs; /* 0 means 1 */
    bool              view; /* the output is the input's memory in another shape: no passes */
    /* The layer can do the work of l->activation within its own passes: then y is the activation's output, and dy the
     * gradient of that. */
    bool absorbs;
    bool pools;   /* the same of l->pool, behind the activation if there is one: y and dy have its output's shape */
    bool halves;  /* inputs and output may be stored as half in the GPU class, each side for itself */
    bool overwrites; /* of one input: backward may be given one memory as dy and dx, where both are stored alike, or as
                        x and dx */
    bool forgets; /* backward does not look at y: the activation behind it may be written over it */
    bool dx_last; /* backward writes dx when it has looked at x for the last time: dx may lie over it */
    /* Of an activation whose gradient follows from its output: the build options for cl/NAME.cl, which gives ACTIVATE
     * and ACTIVATE_BACK (cl/activation.cl) to kernels of the layer that absorbs it. NULL: cannot be absorbed. */
    void (*absorbed)(const bal_layer *l, char options[BAL_ABSORBED]);
    /* Of an activation that is x where that is positive, slope * x elsewhere: the slope. NULL: not such a one. */
    float (*slope)(const bal_layer *l);
    /* Of a layer that takes the largest of windows: their side, where they lie side by side, cover the map and channels
     * are whole vectors; else 0. NULL: not such a layer. */
    int (*window)(const bal_layer *l);

    /* in is known: check it, set out, and declare weights. Touches no device. */
    bal_status (*shape)(bal_layer *l);
    /* Shapes are settled: get kernels, allocate private tensors, set scratch. May be NULL. */
    bal_status (*build)(bal_layer *l, bal_device *dev);
    /* y = f(x). The batch is x[0].shape.n, at most in[0].n. Queues work, allocates nothing. */
    bal_status (*forward)(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y);
    /* dx[i] = df/dx[i] . dy (skipped where dx[i].mem is NULL; overwrites), and unless pass->frozen adds df/dw . dy
     * to weights[j].g. Follows the forward of the same pass. */
    bal_status (*backward)(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx);
    /* Release what build made (not self). NULL if nothing; accepts half-built layers. */
    void (*free)(bal_layer *l);
};

/* The shape of y: of its own output, or of that of the layer whose windows it absorbs. */
static inline bal_shape bal_layer_given(const bal_layer *l) { return l->pool ? l->pool->out : l->out; }

/* For shape(): declare a weight; returns it. */
bal_weight *bal_layer_weight(bal_layer *l, const char *name, bal_role role, bal_layout layout, bal_shape shape);

/* Every layer that was built in, NULL-terminated; generated from the file names in src/layers/. */
extern const bal_layer_def *const bal_layer_defs[];

#endif
