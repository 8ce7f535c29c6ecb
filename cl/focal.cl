/* focal -- (1 - p)^gamma log(1 / p), p what softmax(y) gives the label, or of one logit sigmoid(y) for the second class
 * (Lin et al. 2017, eq. 4; over more than two classes with the softmax). The mean over the samples, each times the
 * weight of its class. A label that is no class gives NaN. terms[i] = {share of the loss, y is largest at its
 * label}. */
#include "label.h"
#include "logistic.h"

/* log(p) and 1 - p of a class, neither by a difference. */
float2 chances(__global const float *y, int c, int own, float most, float sum)
{
    float z = own ? y[0] : -y[0], others = 0;
    if (c == 1) return (float2)(-softplus(-z), sigmoid(-z));
    for (int k = 0; k < c; k++) others += k == own ? 0 : exp(y[k] - most);
    return (float2)(y[own] - most - log(sum), others / sum);
}

__kernel void focal(__global const float *y, __global const float *label, int columns, __global const float *weight,
                    int n, int c, __global float *terms, __global float *dy, int gradient, float gamma)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    label += (size_t)i * columns;
    y += (size_t)i * c;
    float most = y[0], sum = 0, loss = 0, slope[2];
    int   own[2];
    for (int k = 1; k < c; k++) most = fmax(most, y[k]);
    for (int k = 0; k < c; k++) sum += exp(y[k] - most);
    for (int j = 0; j < 2; j++) {
        float part = part_of(label, columns, weight, max(c, 2), j) / n;
        own[j] = clamp(class_of(label, columns, j), 0, max(c, 2) - 1);
        float2 chance = chances(y, c, own[j], most, sum);
        float  far = pow(chance.y, gamma), bend = chance.y > 0 ? gamma * pow(chance.y, gamma - 1) : 0;
        loss -= part * far * chance.x;
        slope[j] = part * (bend * exp(chance.x) * chance.x - far); /* by log(p) */
    }
    terms[2 * i] = loss;
    terms[2 * i + 1] = score_of(label, columns, answer_of(y, c));
    if (!gradient) return;
    dy += (size_t)i * c;
    for (int k = 0; k < c; k++) {
        float p = c == 1 ? sigmoid(y[0]) : exp(y[k] - most) / sum;
        dy[k] = 0;
        for (int j = 0; j < 2; j++) dy[k] += slope[j] * ((own[j] == (c == 1 ? 1 : k)) - p);
    }
}
