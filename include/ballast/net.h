/* net -- a chain of layers read from a section of the configuration, with its weights, gradients and activations.
 *
 * [generator], [discriminator], [classifier]: `layer = ...` lines in order. `as=NAME` names a layer's output,
 * `from=NAME[,NAME]` takes such outputs as further inputs; `input` names the net's input. */
#ifndef BALLAST_NET_H
#define BALLAST_NET_H

#include "ballast/config.h"
#include "ballast/layer.h"

typedef struct bal_net bal_net;

/* Read and check a section's layers for an input of this shape (n: the largest batch). Touches no device. `options` of
 * the section itself: `init` and (generator) `latent`. */
bal_status bal_net_read(bal_net **out, const bal_section *section, bal_shape in);
void       bal_net_free(bal_net *net);

extern const bal_option bal_net_option_table[], bal_generator_option_table[];

int              bal_net_count(const bal_net *net);
const bal_layer *bal_net_layer(const bal_net *net, int i);
bal_shape        bal_net_in(const bal_net *net);
bal_shape        bal_net_out(const bal_net *net);
size_t           bal_net_parameters(const bal_net *net);       /* trained weights, without padding */
size_t           bal_net_memory(const bal_net *net, bool training); /* device bytes, without layers' private tensors */
int              bal_net_latent(const bal_section *section);    /* the section's `latent` (default 100) */

/* Before build: store as half, in the GPU class, what lies between two layers that can, and its gradient; the others,
 * weights, their gradients and states are floats, and so are all sums. Gradients then want a scaled loss. */
void bal_net_mix(bal_net *net, bool mixed);

/* Allocate and get kernels; initialise weights from (seed, BAL_FOR_INIT, salt, weight). `training` also allocates
 * gradients. */
bal_status bal_net_build(bal_net *net, bal_device *dev, bool training, uint64_t seed, uint32_t salt);

/* A pair in training, of which the first rests between its forward and its backward pass while the other runs (a
 * generator and its discriminator): what the first needs within its passes only shares memory with the other, and so do
 * the gradients of its weights: zero them behind the other's passes. The other's weights have salt + 1. */
bal_status bal_net_build_pair(bal_net *rests, bal_net *runs, bal_device *dev, uint64_t seed, uint32_t salt);

/* Keep the weights of all layers before number `kernels` + 1 of those with a kernel: backward passes leave their
 * gradients alone, and without dx end behind them. 0: none. BAL_ECONFIG if the net has no kernels beyond these. */
bal_status bal_net_freeze(bal_net *net, int kernels);

/* Only get the kernels, so that the device's plan has them (ballast/tune.h); the net cannot run. */
bal_status bal_net_kernels(bal_net *net, bal_device *dev);

/* y = net(x) for x->shape.n samples; *y is a view that is valid until the next pass, not yours. */
bal_status bal_net_forward(bal_net *net, const bal_pass *pass, const bal_tensor *x, bal_tensor *y);
/* What the last layer read in the last forward pass: features, if that layer is a classifier's `dense`. A view, valid
 * until the next pass. */
bal_tensor bal_net_features(const bal_net *net);
/* The gradient buffer of the output, where a loss writes (shape as the last forward's y). */
bal_tensor bal_net_output_gradient(const bal_net *net);
/* From the output's gradient to the weights' (added) and, where dx is not NULL, the input's (overwritten). Follows
 * a forward with the same x and pass. */
bal_status bal_net_backward(bal_net *net, const bal_pass *pass, const bal_tensor *x, const bal_tensor *dx);
/* Only as far as the gradient of one layer's output: y, that output, and dy, views that are valid until the next pass.
 * Adds to the gradients of the weights behind it. */
bal_status bal_net_backward_to(bal_net *net, const bal_pass *pass, const bal_tensor *x, int layer, bal_tensor *y,
                               bal_tensor *dy);
bal_status bal_net_zero_gradients(bal_net *net);

/* The layer whose output says what was found where: the last one with a kernel (a convolution) and more than one
 * position, or where layers that keep height and width follow (normalisation, activation, add, concat), the last of
 * these; pooling comes after it. Never the last layer of the net. -1: the net has no such layer, or its output has
 * more than one position itself, as a generator's. */
int bal_net_feature_map(const bal_net *net);
/* The bias that is added to the outputs, one number to each: that of the last layer with weights, where only flatten,
 * reshape or global_avg_pool follow. NULL: the net has none. *at: where that layer stands. */
const bal_weight *bal_net_output_bias(const bal_net *net, bal_where *at);
/* The layer that `as=` names; BAL_ECONFIG if there is none. */
bal_status bal_net_find_layer(int *out, const bal_net *net, const char *name);

/* The arenas: trained weights, their gradients, states (running statistics). Elements before bal_net_decayed are
 * kernels. */
const bal_tensor *bal_net_weights(const bal_net *net);
const bal_tensor *bal_net_gradients(const bal_net *net);
const bal_tensor *bal_net_states(const bal_net *net);
int               bal_net_decayed(const bal_net *net);

/* The layer whose weight or weight gradient holds a NaN or Inf, in words ("3 conv: weight gradient"), or NULL. (A step
 * with a NaN anywhere leaves some there; what its passes left may have been written over.) Reads all. */
const char *bal_net_find_nan(bal_net *net);

#endif
