/* loss -- what every loss ends with. terms[i] = {loss, score} of output i, the loss already a share of the mean; n
 * outputs, and as many again for each further slot. figures[at] = sum of the losses; figures[at + 1] = mean of the
 * scores. In a fixed order: blocks of 64, then the blocks. */
__kernel void loss_sum(__global float *figures, int at, __global const float *terms, int n, int slots)
{
    int j = (int)get_global_id(0);
    if (j >= 2 * slots) return;
    float sum = 0;
    terms += j / 2 * 2 * n;
    for (int first = 0; first < n; first += 64) {
        float part = 0;
        for (int i = first, end = min(first + 64, n); i < end; i++) part += terms[2 * i + j % 2];
        sum += part;
    }
    figures[at + j] = j % 2 == 0 ? sum : sum / n;
}
