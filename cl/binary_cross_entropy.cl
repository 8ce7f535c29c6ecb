/* binary_cross_entropy -- sigmoid cross-entropy, as torch.nn.BCEWithLogitsLoss with pos_weight p. One logit a sample
 * (c = 1): its label, 0 or 1, is t. c logits: t is 1 for the label's, 0 for the others (one-hot).
 *   loss = mean over samples and logits of
 *          weight[label] (p t log(1 / sigmoid(z)) + (1 - t) log(1 / (1 - sigmoid(z)))),   z[k] = y[k] + offset[k]
 * offset is the logit adjustment tau log(prior / (1 - prior)) of the class that the logit speaks for (Menon et al.
 * 2021, for two classes), 0 without. Any other label gives NaN. terms[i] = {share of the loss, y is on its label's
 * side, or largest at its label}. */
#include "label.h"
#include "logistic.h"

__kernel void binary_cross_entropy(__global const float *y, __global const float *label, int columns,
                                   __global const float *weight, int n, int c, __global float *terms,
                                   __global float *dy, int gradient, __global const float *offset, float pos_weight)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    label += (size_t)i * columns;
    y += (size_t)i * c;
    float loss = 0, share = 1 / ((float)n * c);
    for (int k = 0; k < c; k++) {
        float positive = 0, negative = 0, z = y[k] + offset[k];
        for (int j = 0; j < 2; j++) {
            float part = part_of(label, columns, weight, max(c, 2), j);
            bool  t = class_of(label, columns, j) == (c == 1 ? 1 : k);
            positive += t ? pos_weight * part : 0;
            negative += t ? 0 : part;
        }
        loss += positive * softplus(-z) + negative * softplus(z);
        if (gradient) dy[(size_t)i * c + k] = (negative * sigmoid(z) - positive * sigmoid(-z)) * share;
    }
    terms[2 * i] = loss * share;
    terms[2 * i + 1] = score_of(label, columns, answer_of(y, c));
}
