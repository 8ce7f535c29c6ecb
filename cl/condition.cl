/* condition -- see src/train/condition.h. label: -1 where there is none. */

/* z[i]: `latent` numbers, which stay, then one for each class. */
__kernel void condition_latent(int n, int latent, int classes, float length, __global float *restrict z,
                               __global const float *restrict label)
{
    int i = get_global_id(0);
    if (i >= n) return;
    z += (size_t)i * (latent + classes) + latent;
    for (int k = 0; k < classes; k++) z[k] = k == (int)label[i] ? length : 0;
}

/* score[i] = y[i][0] + y[i][1 + label] */
__kernel void condition_score(int n, int classes, __global float *restrict score, __global const float *restrict y,
                              __global const float *restrict label)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int k = (int)label[i];
    y += (size_t)i * (1 + classes);
    score[i] = y[0] + (k >= 0 ? y[1 + k] : 0);
}

__kernel void condition_gradient(int n, int classes, __global float *restrict dy, __global const float *restrict dscore,
                                 __global const float *restrict label)
{
    int i = get_global_id(0);
    if (i >= n) return;
    dy += (size_t)i * (1 + classes);
    dy[0] = dscore[i];
    for (int k = 0; k < classes; k++) dy[1 + k] = k == (int)label[i] ? dscore[i] : 0;
}
