/* cross_entropy -- softmax over c logits a sample, class weights v, label smoothing e, as torch.nn.CrossEntropyLoss:
 *   loss = sum over samples and classes of t log(1 / softmax(y)) / sum over samples of v[label],
 *   t[k] = (1 - e) v[k] [k == label] + e v[k] / c
 * One sample to a work-item. A label outside 0..c-1 gives NaN. terms[i] = {share of the loss, y is largest at its
 * label}. */
__kernel void cross_entropy(__global const float *y, __global const float *label, __global const float *v,
                            float smoothing, int n, int c, __global float *terms, __global float *dy, int gradient)
{
    int i = (int)get_global_id(0);
    if (i >= n) return;
    float total = 0; /* every work-item adds up the same numbers in the same order */
    for (int j = 0; j < n; j++) {
        int l = (int)label[j];
        total += l >= 0 && l < c ? v[l] : NAN;
    }
    int own = (int)label[i], best = 0;
    y += (size_t)i * c;
    for (int k = 1; k < c; k++) best = y[k] > y[best] ? k : best;
    float sum = 0, loss = 0, mass = 0;
    for (int k = 0; k < c; k++) sum += exp(y[k] - y[best]);
    float log_sum = log(sum);
    for (int k = 0; k < c; k++) {
        float t = v[k] * (smoothing / c + (k == own ? 1 - smoothing : 0));
        loss += t * (log_sum - (y[k] - y[best]));
        mass += t;
    }
    terms[2 * i] = loss / total;
    terms[2 * i + 1] = best == own;
    if (!gradient) return;
    dy += (size_t)i * c;
    for (int k = 0; k < c; k++) {
        float t = v[k] * (smoothing / c + (k == own ? 1 - smoothing : 0));
        dy[k] = (mass * exp(y[k] - y[best]) / sum - t) / total;
    }
}
