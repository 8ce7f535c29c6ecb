/* quality -- see include/ballast/quality.h. */
#include "ballast/quality.h"
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include "ballast/intervals.h"

static const float *row(const bal_features *f, int i) { return f->x + (size_t)i * (size_t)f->width; }

/* Eight sums side by side, which the compiler makes a vector of. */
static double dot(const float *a, const float *b, int n)
{
    enum { SIDE = 8 };
    double sum[SIDE] = {0}, all = 0;
    int    i = 0;
    for (; i + SIDE <= n; i += SIDE)
        for (int k = 0; k < SIDE; k++) sum[k] += (double)a[i + k] * (double)b[i + k];
    for (; i < n; i++) sum[0] += (double)a[i] * (double)b[i];
    for (int k = 0; k < SIDE; k++) all += sum[k];
    return all;
}

static double squared_distance(const float *a, const float *b, int n)
{
    enum { SIDE = 8 };
    double sum[SIDE] = {0}, all = 0;
    int    i = 0;
    for (; i + SIDE <= n; i += SIDE)
        for (int k = 0; k < SIDE; k++) {
            double d = (double)a[i + k] - (double)b[i + k];
            sum[k] += d * d;
        }
    for (; i < n; i++) sum[0] += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    for (int k = 0; k < SIDE; k++) all += sum[k];
    return all;
}

static bal_status no_memory(int images) { return bal_fail(BAL_ENOMEM, "no memory to compare %d images", images); }

/* ---- KID --------------------------------------------------------------------------------------------------------- */

static double kernel(const float *a, const float *b, int width)
{
    double t = dot(a, b, width) / width + 1;
    return t * t * t;
}

/* sums[i] = the kernel of row i with all other rows of its own side; the sum over all. */
static double sum_within(double *sums, const bal_features *f)
{
    double all = 0;
    for (int i = 0; i < f->count; i++) sums[i] = 0;
    for (int i = 0; i < f->count; i++)
        for (int j = 0; j < i; j++) {
            double k = kernel(row(f, i), row(f, j), f->width);
            sums[i] += k;
            sums[j] += k;
            all += 2 * k;
        }
    return all;
}

static double sum_across(double *of_a, double *of_b, const bal_features *a, const bal_features *b)
{
    double all = 0;
    for (int i = 0; i < a->count; i++) of_a[i] = 0;
    for (int j = 0; j < b->count; j++) of_b[j] = 0;
    for (int i = 0; i < a->count; i++)
        for (int j = 0; j < b->count; j++) {
            double k = kernel(row(a, i), row(b, j), a->width);
            of_a[i] += k;
            of_b[j] += k;
            all += k;
        }
    return all;
}

/* The variance of the estimate by leaving out one row of a side at a time. */
static double jackknife(const double *within, const double *across, int n, int m, double all_within, double all_across,
                        double other)
{
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) {
        double inside = (all_within - 2 * within[i]) / ((n - 1.0) * (n - 2.0));
        double left = inside + other - 2 * (all_across - across[i]) / ((n - 1.0) * m);
        sum += left;
        square += left * left;
    }
    return fmax(0, square - sum * sum / n) * (n - 1) / n;
}

bal_status bal_quality_kid(bal_kid *out, const bal_features *real, const bal_features *fake)
{
    int n = real->count, m = fake->count;
    *out = (bal_kid){(double)NAN, (double)NAN};
    if (n < 2 || m < 2) return BAL_OK;
    double *sums = malloc(2 * ((size_t)n + (size_t)m) * sizeof *sums);
    if (!sums) return no_memory(n + m);
    double *x = sums, *y = x + n, *xy = y + m, *yx = xy + n;
    double  xx = sum_within(x, real), yy = sum_within(y, fake), across = sum_across(xy, yx, real, fake);
    double  of_real = xx / (n * (n - 1.0)), of_fake = yy / (m * (m - 1.0));
    out->value = of_real + of_fake - 2 * across / ((double)n * m);
    if (n > 2 && m > 2)
        out->error = sqrt(jackknife(x, xy, n, m, xx, across, of_fake) + jackknife(y, yx, m, n, yy, across, of_real));
    free(sums);
    return BAL_OK;
}

/* ---- FID --------------------------------------------------------------------------------------------------------- */

static void average(double *mean, const bal_features *f)
{
    for (int k = 0; k < f->width; k++) mean[k] = 0;
    for (int i = 0; i < f->count; i++)
        for (int k = 0; k < f->width; k++) mean[k] += (double)row(f, i)[k] / f->count;
}

/* c[width][width] */
static void covariance(double *c, const double *mean, const bal_features *f)
{
    size_t d = (size_t)f->width;
    for (size_t k = 0; k < d * d; k++) c[k] = 0;
    for (int i = 0; i < f->count; i++)
        for (size_t k = 0; k < d; k++) {
            double a = ((double)row(f, i)[k] - mean[k]) / (f->count - 1);
            for (size_t l = 0; l < d; l++) c[k * d + l] += a * ((double)row(f, i)[l] - mean[l]);
        }
}

/* Eigenvalues of a symmetric matrix, ascending; its rows become the eigenvectors. */
static bal_status eigen(double *value, double *a, int d)
{
    int info = LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', d, a, d, value);
    if (info) return bal_fail(BAL_EIO, "the eigenvalues of %d features were not found (%d): are they finite?", d, info);
    return BAL_OK;
}

/* b = a s a', a the eigenvectors of a covariance by rows, each times the root of its eigenvalue. */
static void turn(double *b, double *half, const double *a, const double *value, const double *s, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        double root = sqrt(fmax(value[i], 0));
        for (size_t k = 0; k < d; k++) half[i * d + k] = 0;
        for (size_t l = 0; l < d; l++)
            for (size_t k = 0; k < d; k++) half[i * d + k] += root * a[i * d + l] * s[l * d + k];
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            double sum = 0;
            for (size_t k = 0; k < d; k++) sum += half[i * d + k] * a[j * d + k];
            b[i * d + j] = sum * sqrt(fmax(value[j], 0));
        }
}

/* tr (s1 s2)^(1/2): the roots of the eigenvalues of s1^(1/2) s2 s1^(1/2), which is symmetric. All four are changed. */
static bal_status trace_of_root(double *out, double *s1, const double *s2, double *room, double *value, int width)
{
    size_t d = (size_t)width;
    *out = 0;
    BAL_TRY(eigen(value, s1, width));
    turn(room, room + d * d, s1, value, s2, d);
    BAL_TRY(eigen(value, room, width));
    for (size_t k = 0; k < d; k++) *out += sqrt(fmax(value[k], 0));
    return BAL_OK;
}

bal_status bal_quality_fid(double *out, const bal_features *real, const bal_features *fake)
{
    size_t d = (size_t)real->width;
    double cross, apart = 0;
    *out = (double)NAN;
    if (real->count < 2 || fake->count < 2) return BAL_OK;
    double *room = malloc((4 * d * d + 3 * d) * sizeof *room);
    if (!room) return no_memory(real->count + fake->count);
    double *s1 = room, *s2 = s1 + d * d, *mean = s2 + 3 * d * d, *other = mean + d, *value = other + d;
    average(mean, real);
    average(other, fake);
    covariance(s1, mean, real);
    covariance(s2, other, fake);
    for (size_t k = 0; k < d; k++) apart += (mean[k] - other[k]) * (mean[k] - other[k]) + s1[k * d + k] + s2[k * d + k];
    bal_status st = trace_of_root(&cross, s1, s2, s2 + d * d, value, real->width);
    if (st == BAL_OK) *out = apart - 2 * cross;
    free(room);
    return st;
}

/* ---- neighbours -------------------------------------------------------------------------------------------------- */

void bal_quality_nearest(int *nearest, double *distance, const bal_features *x, const bal_features *of)
{
    for (int i = 0; i < x->count; i++) {
        double least = HUGE_VAL;
        nearest[i] = -1;
        for (int j = 0; j < of->count; j++) {
            double d = squared_distance(row(x, i), row(of, j), x->width);
            if (d >= least || (x->x == of->x && i == j)) continue;
            least = d;
            nearest[i] = j;
        }
        distance[i] = sqrt(least);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* radius[i]: squared distance of row i to its k-th nearest other row. room: count numbers. */
static void radii(double *radius, double *room, const bal_features *f, int k)
{
    for (int i = 0; i < f->count; i++) {
        int n = 0;
        for (int j = 0; j < f->count; j++)
            if (j != i) room[n++] = squared_distance(row(f, i), row(f, j), f->width);
        qsort(room, (size_t)n, sizeof *room, by_value);
        radius[i] = room[k - 1];
    }
}

static void count_balls(bal_prdc *out, const double *of_real, const double *of_fake, bool *within,
                        const bal_features *real, const bal_features *fake, int k)
{
    for (int j = 0; j < fake->count; j++) within[j] = false;
    for (int i = 0; i < real->count; i++) {
        bool   reached = false; /* by a ball of a generated image */
        double least = HUGE_VAL;
        for (int j = 0; j < fake->count; j++) {
            double d = squared_distance(row(real, i), row(fake, j), real->width);
            least = fmin(least, d);
            if (d < of_fake[j]) reached = true;
            if (d >= of_real[i]) continue;
            within[j] = true;
            out->density += 1.0 / k / fake->count;
        }
        out->recall += (double)reached / real->count;
        out->coverage += (double)(least < of_real[i]) / real->count;
    }
    for (int j = 0; j < fake->count; j++) out->precision += (double)within[j] / fake->count;
}

bal_status bal_quality_prdc(bal_prdc *out, const bal_features *real, const bal_features *fake, int k)
{
    size_t n = (size_t)real->count, m = (size_t)fake->count;
    *out = (bal_prdc){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    if (real->count <= k || fake->count <= k) return BAL_OK;
    double *of_real = malloc((2 * n + 2 * m) * sizeof *of_real);
    bool   *within = malloc(m * sizeof *within);
    if (of_real && within) {
        double *of_fake = of_real + n, *room = of_fake + m;
        radii(of_real, room, real, k);
        radii(of_fake, room, fake, k);
        *out = (bal_prdc){0};
        count_balls(out, of_real, of_fake, within, real, fake, k);
    }
    bal_status st = of_real && within ? BAL_OK : no_memory(real->count + fake->count);
    free(of_real);
    free(within);
    return st;
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* The distance that a share of those above 0 are below; sorts them. */
static double quantile_above_0(double *distance, int n, double share)
{
    int zeros = 0;
    qsort(distance, (size_t)n, sizeof *distance, by_value);
    while (zeros < n && distance[zeros] <= 0) zeros++;
    return zeros < n ? distance[zeros + (int)(share * (n - zeros))] : 0;
}

bal_status bal_quality_copy_limit(double *limit, const bal_features *real)
{
    enum { LEAST = 20 };
    *limit = 0;
    if (real->count < LEAST) return BAL_OK;
    double *distance = malloc((size_t)real->count * sizeof *distance);
    int    *nearest = malloc((size_t)real->count * sizeof *nearest);
    if (distance && nearest) {
        bal_quality_nearest(nearest, distance, real, real);
        *limit = quantile_above_0(distance, real->count, BAL_COPY_SHARE);
    }
    bal_status st = distance && nearest ? BAL_OK : no_memory(real->count);
    free(distance);
    free(nearest);
    return st;
}

bal_status bal_quality_copies(bal_copies *out, bool *near, const bal_features *real, const bal_features *fake)
{
    *out = (bal_copies){.p = 1};
    for (int i = 0; i < fake->count; i++) near[i] = false;
    BAL_TRY(bal_quality_copy_limit(&out->limit, real));
    if (out->limit <= 0) return BAL_OK;
    double *distance = malloc(((size_t)fake->count + 1) * sizeof *distance);
    int    *nearest = malloc(((size_t)fake->count + 1) * sizeof *nearest);
    if (distance && nearest) {
        bal_quality_nearest(nearest, distance, fake, real);
        for (int i = 0; i < fake->count; i++) out->count += near[i] = distance[i] < out->limit;
        out->p = bal_binomial_tail(out->count, fake->count, BAL_COPY_SHARE);
    }
    bal_status st = distance && nearest ? BAL_OK : no_memory(fake->count);
    free(distance);
    free(nearest);
    return st;
}
