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

extern const bal_option bal_net_option_table[];

int              bal_net_count(const bal_net *net);
const bal_layer *bal_net_layer(const bal_net *net, int i);
bal_shape        bal_net_in(const bal_net *net);
bal_shape        bal_net_out(const bal_net *net);
size_t           bal_net_parameters(const bal_net *net);       /* trained weights, without padding */
size_t           bal_net_memory(const bal_net *net, bool training); /* device bytes, without layers' private tensors */
int              bal_net_latent(const bal_section *section);    /* the section's `latent` (default 100) */

/* Allocate and get kernels; initialise weights from (seed, BAL_FOR_INIT, salt, weight). `training` also allocates
 * gradients. */
bal_status bal_net_build(bal_net *net, bal_device *dev, bool training, uint64_t seed, uint32_t salt);

/* y = net(x) for x->shape.n samples; *y is a view that is valid until the next pass, not yours. */
bal_status bal_net_forward(bal_net *net, const bal_pass *pass, const bal_tensor *x, bal_tensor *y);
/* The gradient buffer of the output, where a loss writes (shape as the last forward's y). */
bal_tensor bal_net_output_gradient(const bal_net *net);
/* From the output's gradient to the weights' (added) and, where dx is not NULL, the input's (overwritten). Follows
 * a forward with the same x and pass. */
bal_status bal_net_backward(bal_net *net, const bal_pass *pass, const bal_tensor *x, const bal_tensor *dx);
bal_status bal_net_zero_gradients(bal_net *net);

/* The arenas: trained weights, their gradients, states (running statistics). Elements before bal_net_decayed are
 * kernels. */
const bal_tensor *bal_net_weights(const bal_net *net);
const bal_tensor *bal_net_gradients(const bal_net *net);
const bal_tensor *bal_net_states(const bal_net *net);
int               bal_net_decayed(const bal_net *net);

/* The layer whose output or weight gradient holds a NaN or Inf, in words ("3 conv: weight gradient"), or NULL. Reads
 * all. */
const char *bal_net_find_nan(bal_net *net);

#endif
