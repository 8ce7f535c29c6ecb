/* ldam -- softmax cross-entropy with a margin for the label, wider for rarer classes (Cao et al. 2019, eq. 13):
 *   log(1 / softmax(z)) at the label, z[k] = y[k] - margin[k] [k == label]
 * The mean over the samples, each times the weight of its class. A label outside 0..c-1 gives NaN. terms[i] = {share of
 * the loss, y is largest at its label}. */
#include "label.h"

float logit(__global const float *y, __global const float *margin, int own, int k)
{
    return y[k] - (k == own ? margin[k] : 0);
}

__kernel void ldam(__global const float *y, __global const float *label, int columns, __global const float *weight,
                   int n, int c, __global float *terms, __global float *dy, int gradient, __global const float *margin)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    label += (size_t)i * columns;
    y += (size_t)i * c;
    dy += gradient ? (size_t)i * c : 0;
    float loss = 0;
    for (int j = 0; j < 2; j++) {
        float part = part_of(label, columns, weight, c, j) / n, most = -INFINITY, sum = 0;
        int   own = clamp(class_of(label, columns, j), 0, c - 1);
        for (int k = 0; k < c; k++) most = fmax(most, logit(y, margin, own, k));
        for (int k = 0; k < c; k++) sum += exp(logit(y, margin, own, k) - most);
        loss += part * (log(sum) - (logit(y, margin, own, own) - most));
        for (int k = 0; k < c && gradient; k++) {
            float slope = part * (exp(logit(y, margin, own, k) - most) / sum - (k == own));
            dy[k] = j ? dy[k] + slope : slope;
        }
    }
    terms[2 * i] = loss;
    terms[2 * i + 1] = score_of(label, columns, answer_of(y, c));
}
