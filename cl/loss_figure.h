/* loss_figure -- what every loss ends with. terms[i] = {loss, score} of output i, the loss already a share of the mean;
 * n outputs, and as many again for each further slot. Of slot j / 2 the sum of the losses (j even) or the mean of the
 * scores, in a fixed order: blocks of 64, then the blocks. */
static inline float loss_figure(__global const float *terms, int n, int j)
{
    float sum = 0;
    terms += j / 2 * 2 * n;
    for (int first = 0; first < n; first += 64) {
        float part = 0;
        for (int i = first, end = min(first + 64, n); i < end; i++) part += terms[2 * i + j % 2];
        sum += part;
    }
    return j % 2 == 0 ? sum : sum / n;
}
