/* What chain.c (reading), build.c (memory) and net.c (passes) share. */
#ifndef BALLAST_NET_INTERNAL_H
#define BALLAST_NET_INTERNAL_H

#include "ballast/net.h"

/* Tensors are numbered: 0 is the net's input, i + 1 the output of layer i. */
typedef struct bal_node {
    bal_layer        layer;
    bal_option_pool *pool;
    char             name[64];              /* as=; "" if none */
    bool             in_place;              /* its output takes the place of its input, its gradient's likewise */
    int              from[BAL_MAX_INPUTS];  /* tensor numbers */
    char             forward[96], backward[96]; /* scopes of the profile: "generator 3 deconv forward" */
} bal_node;

/* A tensor of the chain. Views (flatten, reshape) and absorbed
 * activations share the storage of their root. */
typedef struct bal_value {
    bal_shape shape;
    int       root;       /* tensor number whose storage this is; itself if no view */
    int       readers;    /* of a root: how many layers read it or a view of it; the net's output counts as one */
    int       last;       /* of a root: the last layer that reads it, or the count of layers for the output */
    int       slot, gradient_slot; /* of a root: which buffer; -1: none of its own (the net's input) */
    bal_tensor y, dy;     /* as used in the current pass */
} bal_value;

typedef struct bal_net_options {
    int init, latent;
} bal_net_options;

struct bal_net {
    bal_net_options options;
    bal_device     *dev;
    bal_node       *nodes;
    int             count;
    bal_value      *values; /* count + 1 */
    bool            training;
    /* memory, made by build */
    bal_tensor  weights, gradients, states;
    size_t      weight_floats, state_floats, decayed; /* arena sizes; kernels come first, up to `decayed` */
    size_t     *slot_floats, *gradient_floats;
    bal_tensor *slots, *gradient_slots;
    int         slot_count, gradient_count;
    size_t      sum_floats;
    bal_tensor  sum;       /* a second contribution to a gradient, before it is added */
    bal_tensor  workspace;
    char        found[96]; /* text of bal_net_find_nan */
};

/* Its output is its input's memory, and nothing is left to do: a view, or absorbed. */
static inline bool bal_node_idle(const bal_node *node) { return node->layer.def->view || node->layer.absorbed; }

static inline bool bal_node_shares(const bal_node *node) { return node->in_place || bal_node_idle(node); }

/* Decide which layers absorb the activation behind them, and which activations run in place. */
void bal_net_fuse(bal_net *net);

/* Decide which values share buffers; fills slot numbers and sizes (for `training` or not). Touches no device. */
bal_status bal_net_plan(bal_net *net, bool training);
void       bal_net_unplan(bal_net *net);

#endif
