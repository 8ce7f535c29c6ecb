/* mix -- see include/ballast/mix.h. Image i of a and image (i + shift) % n of b: within the rectangle the first has the
 * weight `inner`, elsewhere 1. A work-item makes a row of an image; the first row's, the labels: {a's, b's, share}. */
__kernel void mix_images(int n, int h, int w, int c, __global float *restrict to, __global float *restrict to_label,
                         __global const float *a, __global const float *a_label, __global const float *b,
                         __global const float *b_label, int shift, float share, float inner, int top, int bottom,
                         int left, int right)
{
    int row = get_global_id(0) % h, i = get_global_id(0) / h;
    if (i >= n) return;
    int other = (i + shift) % n;
    if (row == 0) {
        to_label[3 * i] = a_label[i];
        to_label[3 * i + 1] = b_label[other];
        to_label[3 * i + 2] = share;
    }
    to += ((size_t)i * h + row) * w * c;
    a += ((size_t)i * h + row) * w * c;
    b += ((size_t)other * h + row) * w * c;
    bool within = row >= top && row < bottom;
    for (int j = 0; j < w * c; j++) {
        float keep = within && j >= left * c && j < right * c ? inner : 1;
        to[j] = keep * a[j] + (1 - keep) * b[j];
    }
}
