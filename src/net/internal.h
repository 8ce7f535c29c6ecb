/* What chain.c (reading), build.c (memory) and net.c (passes) share. */
#ifndef BALLAST_NET_INTERNAL_H
#define BALLAST_NET_INTERNAL_H

#include "ballast/net.h"

enum { BAL_BUFFERS = 8 }; /* that an arena may have: each as large as the device allows, and some memory holds a few */

/* What needs memory in a pass, and when. VALUE, GRADIENT: by the tensor's number, of roots only; FORWARD, BACKWARD:
 * scratch, by the layer's; SUM: number 0, a second contribution to a gradient before it is added; WEIGHTS: number 0,
 * the gradients of a resting net's weights. */
typedef enum {
    BAL_VALUE, BAL_GRADIENT, BAL_FORWARD, BAL_BACKWARD, BAL_SUM, BAL_WEIGHTS, BAL_PLACE_KINDS
} bal_place_kind;

/* SHARED: what a resting net needs only while the net that it shares memory with has nothing to keep. */
typedef enum { BAL_OWN, BAL_SHARED, BAL_ARENAS } bal_arena_kind;

typedef struct bal_place {
    size_t         floats, offset; /* floats 0: nothing */
    int            from, until;    /* steps, see plan.c */
    bool           kept;           /* while the other net runs */
    bal_arena_kind arena;
    bal_tensor     t;
} bal_place;

typedef struct bal_plan {
    bool       training, rests;
    size_t     limit; /* floats of the largest buffer */
    size_t     floats[BAL_ARENAS];
    bal_place *places;
} bal_plan;

/* Tensors are numbered: 0 is the net's input, i + 1 the output of layer i. */
typedef struct bal_node {
    bal_layer        layer;
    bal_option_pool *pool;
    char             name[64];              /* as=; "" if none */
    bool             in_place;              /* its output takes the place of its input, its gradient's likewise */
    int              from[BAL_MAX_INPUTS];  /* tensor numbers */
    char             forward[96], backward[96]; /* scopes of the profile: "generator 3 deconv forward" */
} bal_node;

/* A tensor of the chain. Views (flatten, reshape) and absorbed layers share the storage of their root; where a pooling
 * is absorbed, all have its output's shape. */
typedef struct bal_value {
    bal_shape shape;
    int       root;       /* tensor number whose storage this is; itself if no view */
    int       gradient;   /* of a root: tensor number whose gradient's memory its own gradient has; itself if none */
    bool      over;       /* of a root: its gradient takes its own place instead */
    int       readers;    /* of a root: how many layers read it or a view of it; the net's output counts as one */
    int       last;       /* of a root: the last layer that reads it, or the count of layers for the output */
    bool      half;       /* stored as half, and its gradient */
    bal_tensor y, dy;     /* as used in the current pass */
} bal_value;

typedef struct bal_net_options {
    int init, latent;
} bal_net_options;

struct bal_net {
    bal_net_options options;
    bal_device     *dev;
    bal_node       *nodes;
    int             count, frozen; /* layers; how many of the first keep their weights */
    bal_value      *values; /* count + 1 */
    bool            training, mixed;
    /* memory, made by build */
    bal_tensor  weights, gradients, states;
    size_t      weight_floats, state_floats, decayed; /* arena sizes; kernels come first, up to `decayed` */
    bal_plan    plan;
    bal_tensor  buffers[BAL_BUFFERS]; /* the plan's own places, and the shared ones of the net that shares with it */
    char        found[96]; /* text of bal_net_find_nan */
};

/* Its output is its input's memory, and nothing is left to do: a view, or absorbed. */
static inline bool bal_node_idle(const bal_node *node) { return node->layer.def->view || node->layer.absorbed; }

static inline bool bal_node_shares(const bal_node *node) { return node->in_place || bal_node_idle(node); }

/* Decide which gradients are written over those that they follow from. */
void bal_net_fuse_gradients(bal_net *net);

/* Decide which layers absorb the activation behind them, and which activations run in place. */
void bal_net_fuse(bal_net *net);

/* Decide what lies where: `training`, `rests` and `limit` are set, the rest is filled. Touches no device. The caller
 * frees plan->places. */
bal_status bal_net_plan(bal_plan *plan, const bal_net *net);
bal_place *bal_plan_place(const bal_plan *plan, const bal_net *net, bal_place_kind kind, int i);
/* Where the gradient of a root lies. */
bal_place *bal_plan_gradient(const bal_plan *plan, const bal_net *net, const bal_value *root);

#endif
