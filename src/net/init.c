/* init -- see ballast/init.h. */
#include "ballast/init.h"

#include <math.h>
#include <stdlib.h>

static void constant(float *out, size_t n, float v)
{
    for (size_t i = 0; i < n; i++) out[i] = v;
}

static void uniform(float *out, size_t n, double bound, const bal_stream *stream)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(bound * (2 * (double)bal_random_uniform(stream, i) - 1));
}

static void normal(float *out, size_t n, double mean, double deviation, const bal_stream *stream)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(mean + deviation * (double)bal_random_normal(stream, i));
}

/* A fan that a layer left at 0 makes no difference to weights that are not there. */
static double fan(int v) { return v > 0 ? v : 1; }

/* ---- orthogonal -------------------------------------------------------------------------------------------------- */

/* Four sums, for the adder's latency; in an order that depends on n alone. */
static double dot(const double *a, const double *b, size_t n)
{
    double s[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++) s[j] += a[i + j] * b[i + j];
    for (; i < n; i++) s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Modified Gram-Schmidt on `count` vectors of n >= count random numbers. */
static void orthonormalise(double *v, size_t count, size_t n)
{
    for (size_t i = 0; i < count; i++) {
        double *a = v + i * n;
        for (size_t j = 0; j < i; j++) {
            const double *b = v + j * n;
            double        d = dot(a, b, n);
            for (size_t k = 0; k < n; k++) a[k] -= d * b[k];
        }
        double scale = 1 / sqrt(dot(a, a, n));
        for (size_t k = 0; k < n; k++) a[k] *= scale;
    }
}

/* The weight as a matrix of its last dimension against the rest; the shorter side's vectors become orthonormal. */
static bal_status orthogonal(float *out, bal_shape shape, const bal_stream *stream)
{
    size_t  size = bal_shape_size(shape), columns = (size_t)shape.c, rows = size / columns;
    bool    tall = rows >= columns;
    size_t  count = tall ? columns : rows, n = tall ? rows : columns;
    double *v = malloc(size * sizeof *v);
    if (!v) return bal_fail(BAL_ENOMEM, "no memory for an orthogonal start of %zu weights", size);
    for (size_t i = 0; i < size; i++) v[i] = (double)bal_random_normal(stream, i);
    orthonormalise(v, count, n);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < n; k++) out[tall ? k * columns + i : i * columns + k] = (float)v[i * n + k];
    free(v);
    return BAL_OK;
}

/* ---- by role and scheme ------------------------------------------------------------------------------------------ */

static bal_status fill_kernel(float *out, const bal_weight *w, bal_init scheme, const bal_stream *stream)
{
    size_t n = bal_shape_size(w->shape);
    switch (scheme) {
    case BAL_INIT_PYTORCH: uniform(out, n, 1 / sqrt(fan(w->fan_in)), stream); break;
    case BAL_INIT_HE: normal(out, n, 0, sqrt(2 / fan(w->fan_in)), stream); break;
    case BAL_INIT_XAVIER: uniform(out, n, sqrt(6 / fan(w->fan_in + w->fan_out)), stream); break;
    case BAL_INIT_DCGAN: normal(out, n, 0, 0.02, stream); break;
    case BAL_INIT_ORTHOGONAL: return orthogonal(out, w->shape, stream);
    }
    return BAL_OK;
}

bal_status bal_init_fill(float *out, const bal_weight *w, bal_init scheme, const bal_stream *stream)
{
    size_t n = bal_shape_size(w->shape);
    switch (w->role) {
    case BAL_KERNEL: return fill_kernel(out, w, scheme, stream);
    case BAL_BIAS:
        if (scheme == BAL_INIT_PYTORCH) uniform(out, n, 1 / sqrt(fan(w->fan_in)), stream);
        else constant(out, n, 0);
        break;
    case BAL_SCALE:
        if (scheme == BAL_INIT_DCGAN) normal(out, n, 1, 0.02, stream);
        else constant(out, n, 1);
        break;
    case BAL_SHIFT: constant(out, n, 0); break;
    case BAL_STATE: constant(out, n, w->initial); break;
    }
    return BAL_OK;
}
