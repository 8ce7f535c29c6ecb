/* binary_cross_entropy -- sigmoid cross-entropy, as torch.nn.BCEWithLogitsLoss with pos_weight p. One logit a sample
 * (c = 1): its label, 0 or 1, is t. c logits: t is 1 for the label's, 0 for the others (one-hot).
 *   loss = mean over samples and logits of p t log(1 / sigmoid(y)) + (1 - t) log(1 / (1 - sigmoid(y)))
 * Any other label gives NaN. terms[i] = {share of the loss, y is on its label's side, or largest at its label}. */
#include "logistic.h"

__kernel void binary_cross_entropy(__global const float *y, __global const float *label, float pos_weight, int n,
                                   int c, __global float *terms, __global float *dy, int gradient)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    int   own = (int)label[i], best = 0;
    float valid = label[i] == own && own >= 0 && own < max(c, 2) ? 1 : NAN, loss = 0, share = valid / ((float)n * c);
    y += (size_t)i * c;
    for (int k = 0; k < c; k++) {
        bool  t = c == 1 ? own == 1 : own == k;
        float positive = t ? pos_weight : 0, negative = t ? 0 : 1;
        loss += positive * softplus(-y[k]) + negative * softplus(y[k]);
        if (gradient) dy[(size_t)i * c + k] = (negative * sigmoid(y[k]) - positive * sigmoid(-y[k])) * share;
        best = y[k] > y[best] ? k : best;
    }
    terms[2 * i] = loss * share;
    terms[2 * i + 1] = (c == 1 ? y[0] > 0 : best) == own;
}
