/* candidates -- see include/ballast/candidates.h. */
#include "ballast/candidates.h"
#include <math.h>
#include <stdlib.h>

const char *const bal_verdict_keys[BAL_VERDICTS] = {"kept", "wrong_class", "outlier", "copy", "repeated"};

static bal_status no_memory(int images) { return bal_fail(BAL_ENOMEM, "no memory to judge %d images", images); }

/* ---- small images ------------------------------------------------------------------------------------------------ */

static int pieces(int side) { return side < BAL_THUMB_SIDE ? side : BAL_THUMB_SIDE; }

int bal_thumb_size(int side, int channels) { return pieces(side) * pieces(side) * channels; }

void bal_thumb(float *out, const float *pixel, int side, int channels)
{
    int n = pieces(side);
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++)
            for (int c = 0; c < channels; c++) {
                int   top = y * side / n, bottom = (y + 1) * side / n, left = x * side / n, right = (x + 1) * side / n;
                float sum = 0;
                for (int i = top; i < bottom; i++)
                    for (int j = left; j < right; j++) sum += pixel[(i * side + j) * channels + c];
                out[(y * n + x) * channels + c] = sum / (float)((bottom - top) * (right - left));
            }
}

float bal_detail(const float *pixel, int side, int channels)
{
    int    row = side * channels;
    double sum = 0;
    for (int y = 0; y + 1 < side; y++)
        for (int x = 0; x + channels < row; x++) {
            const float *p = pixel + y * row + x;
            sum += fabs((double)p[channels] - (double)p[0]) + fabs((double)p[row] - (double)p[0]);
        }
    return (float)(side > 1 ? sum / (2.0 * (side - 1) * (row - channels)) : 0);
}

/* ---- distances --------------------------------------------------------------------------------------------------- */

static double distance(const bal_features *a, int i, const bal_features *b, int j)
{
    const float *x = a->x + (size_t)i * (size_t)a->width, *y = b->x + (size_t)j * (size_t)b->width;
    double       sum = 0;
    for (int k = 0; k < a->width; k++) sum += ((double)x[k] - (double)y[k]) * ((double)x[k] - (double)y[k]);
    return sqrt(sum);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value that a share of n is at most; sorts them. n > 0. */
static double quantile(double *value, int n, double share)
{
    int at = (int)ceil(share * n) - 1;
    qsort(value, (size_t)n, sizeof *value, by_value);
    return value[at < 0 ? 0 : at];
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* Thumbs that differ by less, root mean square, are of one image: what packing to 16 bits leaves. */
static double equal_below(const bal_features *thumb) { return 1e-3 * sqrt((double)thumb->width); }

/* limit: of each space; 0 where there is none. */
static bool like_one_before(const bal_verdict *verdict, const bal_looks *c, const double limit[2], int i)
{
    double most = fmax(limit[0], equal_below(&c->thumb));
    for (int j = 0; j < i; j++)
        if (verdict[j] == BAL_KEPT && distance(&c->thumb, i, &c->thumb, j) < most &&
            (limit[1] <= 0 || distance(&c->feature, i, &c->feature, j) < limit[1]))
            return true;
    return false;
}

bal_status bal_candidates_limits(double limit[2], const bal_looks *real)
{
    BAL_TRY(bal_quality_copy_limit(&limit[0], &real->thumb));
    return bal_quality_copy_limit(&limit[1], &real->feature);
}

static bal_status add_near(bool *copy, double limit, const bal_features *real, const bal_features *candidates)
{
    int     count = candidates->count;
    double *distance = malloc(((size_t)count + 1) * sizeof *distance);
    int    *nearest = malloc(((size_t)count + 1) * sizeof *nearest);
    if (distance && nearest && real->count) {
        bal_quality_nearest(nearest, distance, candidates, real);
        for (int i = 0; i < count; i++) copy[i] = copy[i] || distance[i] < limit;
    }
    bal_status st = distance && nearest ? BAL_OK : no_memory(count);
    free(distance);
    free(nearest);
    return st;
}

bal_status bal_candidates_near(bool *copy, const double limit[2], const bal_looks *real, const bal_looks *candidates)
{
    for (int i = 0; i < candidates->thumb.count; i++) copy[i] = false;
    BAL_TRY(add_near(copy, fmax(limit[0], equal_below(&real->thumb)), &real->thumb, &candidates->thumb));
    return limit[1] > 0 ? add_near(copy, limit[1], &real->feature, &candidates->feature) : BAL_OK;
}

bal_status bal_candidates_copies(bal_verdict *verdict, const bal_looks *real, const bal_looks *candidates)
{
    int    count = candidates->thumb.count;
    double limit[2] = {0, 0};
    bool  *copy = malloc((size_t)count + 1);
    if (!copy) return no_memory(count);
    bal_status st = bal_candidates_limits(limit, real);
    if (st == BAL_OK) st = bal_candidates_near(copy, limit, real, candidates);
    for (int i = 0; st == BAL_OK && i < count; i++) {
        if (verdict[i] != BAL_KEPT) continue;
        if (copy[i]) verdict[i] = BAL_COPY;
        else if (like_one_before(verdict, candidates, limit, i)) verdict[i] = BAL_REPEATED;
    }
    free(copy);
    return st;
}

/* ---- class and place --------------------------------------------------------------------------------------------- */

static bal_status drop_wrong_class(bal_verdict *verdict, const bal_candidates *c)
{
    int     n = c->validation.feature.count;
    double *p = malloc(((size_t)n + 1) * sizeof *p), least = 0.5;
    if (!p) return no_memory(n);
    for (int i = 0; i < n; i++) p[i] = -c->p_validation[i];
    if (n) least = -quantile(p, n, BAL_PASS_CLASS);
    free(p);
    for (int i = 0; i < c->candidates.feature.count; i++)
        if (c->p_candidates[i] < least) verdict[i] = BAL_WRONG_CLASS;
    return BAL_OK;
}

/* radius[i]: to the k-th nearest other row. room: count numbers. */
static void measure_balls(double *radius, double *room, const bal_features *real)
{
    int k = real->count <= BAL_BALL_NEIGHBOURS ? real->count - 1 : BAL_BALL_NEIGHBOURS;
    for (int i = 0; i < real->count; i++) {
        int n = 0;
        for (int j = 0; j < real->count; j++)
            if (j != i) room[n++] = distance(real, i, real, j);
        qsort(room, (size_t)n, sizeof *room, by_value);
        radius[i] = room[k - 1];
    }
}

/* How many times as wide the balls would have to be for one to reach row i of x. */
static double reach(const double *radius, const bal_features *real, const bal_features *x, int i)
{
    double least = HUGE_VAL;
    for (int j = 0; j < real->count; j++) {
        double d = distance(x, i, real, j);
        least = fmin(least, radius[j] > 0 ? d / radius[j] : d > 0 ? HUGE_VAL : 0);
    }
    return least;
}

static void drop_unreached(bal_verdict *verdict, double *radius, double *room, const bal_features *real,
                           const bal_features *validation, const bal_features *candidates)
{
    measure_balls(radius, room, real);
    for (int i = 0; i < validation->count; i++) room[i] = reach(radius, real, validation, i);
    double most = validation->count ? fmax(1, quantile(room, validation->count, BAL_PASS_REACH)) : 1;
    for (int i = 0; i < candidates->count; i++)
        if (verdict[i] == BAL_KEPT && !(reach(radius, real, candidates, i) <= most)) verdict[i] = BAL_OUTLIER;
}

static void widen(double *low, double *high, const bal_looks *l)
{
    for (int i = 0; i < l->thumb.count; i++) {
        *low = fmin(*low, (double)l->detail[i]);
        *high = fmax(*high, (double)l->detail[i]);
    }
}

static void drop_odd_detail(bal_verdict *verdict, const bal_candidates *c)
{
    double low = HUGE_VAL, high = 0;
    widen(&low, &high, &c->real);
    widen(&low, &high, &c->validation);
    for (int i = 0; i < c->candidates.thumb.count; i++) {
        double d = (double)c->candidates.detail[i];
        bool   odd = d < low / BAL_DETAIL_FACTOR || d > high * BAL_DETAIL_FACTOR;
        if (verdict[i] == BAL_KEPT && odd) verdict[i] = BAL_OUTLIER;
    }
}

static bal_status drop_outliers(bal_verdict *verdict, const bal_candidates *c)
{
    size_t  n = (size_t)c->real.thumb.count, m = (size_t)c->validation.thumb.count;
    double *radius = malloc(2 * (n + m + 1) * sizeof *radius), *room = radius + n;
    if (!radius) return no_memory(c->real.thumb.count);
    if (n > 0) drop_odd_detail(verdict, c);
    if (n > 1) {
        drop_unreached(verdict, radius, room, &c->real.thumb, &c->validation.thumb, &c->candidates.thumb);
        drop_unreached(verdict, radius, room, &c->real.feature, &c->validation.feature, &c->candidates.feature);
    }
    free(radius);
    return BAL_OK;
}

bal_status bal_candidates_judge(bal_verdict *verdict, const bal_candidates *c)
{
    for (int i = 0; i < c->candidates.feature.count; i++) verdict[i] = BAL_KEPT;
    BAL_TRY(drop_wrong_class(verdict, c));
    BAL_TRY(drop_outliers(verdict, c));
    return bal_candidates_copies(verdict, &c->real, &c->candidates);
}
