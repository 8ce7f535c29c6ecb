/* cross_entropy -- softmax over c logits a sample, class weights v, label smoothing e, as torch.nn.CrossEntropyLoss:
 *   loss = sum over samples and classes of t log(1 / softmax(z)) / sum over samples of v[label],
 *   t[k] = weight[label] v[k] ((1 - e) [k == label] + e / c),   z[k] = y[k] + offset[k]
 * offset is the logit adjustment tau log(prior) (Menon et al. 2021, eq. 10; tau 1: the balanced softmax of Ren et al.
 * 2020), 0 without. One sample to a work-item. A label outside 0..c-1 gives NaN. terms[i] = {share of the loss, y is
 * largest at its label}. */
#include "label.h"

__kernel void cross_entropy(__global const float *y, __global const float *label, int columns,
                            __global const float *weight, int n, int c, __global float *terms, __global float *dy,
                            int gradient, __global const float *v, __global const float *offset, float smoothing)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    float total = 0; /* every work-item adds up the same numbers in the same order */
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 2; k++) total += part_of(label + (size_t)j * columns, columns, v, c, k);
    label += (size_t)i * columns;
    y += (size_t)i * c;
    int   own[2] = {class_of(label, columns, 0), class_of(label, columns, 1)};
    float part[2], most = -INFINITY, sum = 0, loss = 0, mass = 0;
    for (int j = 0; j < 2; j++) part[j] = part_of(label, columns, weight, c, j);
    for (int k = 0; k < c; k++) most = fmax(most, y[k] + offset[k]);
    for (int k = 0; k < c; k++) sum += exp(y[k] + offset[k] - most);
    float log_sum = log(sum), even = (part[0] + part[1]) * smoothing / c;
    for (int k = 0; k < c; k++) {
        float t = v[k] * (even + (1 - smoothing) * ((k == own[0] ? part[0] : 0) + (k == own[1] ? part[1] : 0)));
        loss += t * (log_sum - (y[k] + offset[k] - most));
        mass += t;
    }
    terms[2 * i] = loss / total;
    terms[2 * i + 1] = score_of(label, columns, answer_of(y, c));
    if (!gradient) return;
    dy += (size_t)i * c;
    for (int k = 0; k < c; k++) {
        float t = v[k] * (even + (1 - smoothing) * ((k == own[0] ? part[0] : 0) + (k == own[1] ? part[1] : 0)));
        dy[k] = (mass * exp(y[k] + offset[k] - most) / sum - t) / total;
    }
}
