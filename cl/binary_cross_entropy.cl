/* binary_cross_entropy -- one logit a sample, label 0 or 1, as torch.nn.BCEWithLogitsLoss with pos_weight p:
 *   loss = mean of p t log(1 / sigmoid(y)) + (1 - t) log(1 / (1 - sigmoid(y)))
 * Any other label gives NaN. terms[i] = {share of the loss, y is on its label's side}. */
#include "logistic.h"

__kernel void binary_cross_entropy(__global const float *y, __global const float *label, float pos_weight, int n,
                                   __global float *terms, __global float *dy, int gradient)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    float t = label[i] == 0 || label[i] == 1 ? label[i] : NAN;
    float positive = pos_weight * t, negative = 1 - t;
    terms[2 * i] = (positive * softplus(-y[i]) + negative * softplus(y[i])) / n;
    terms[2 * i + 1] = (y[i] > 0) == (t == 1);
    if (gradient) dy[i] = (negative * sigmoid(y[i]) - positive * sigmoid(-y[i])) / n;
}
