/* winograd -- the transforms of Winograd's minimal filtering F(M, R): M outputs of R taps from T = M + R - 1 inputs
 * with T multiplications,
 *
 *   y = A' [(G g) . (B' d)]       (Lavin, Gray 2016, arXiv:1509.09308)
 *
 * Toom and Cook's points: 0 where T is even, pairs +-p, infinity. Evaluated in pairs, an even and an odd part serve
 * both points. The pairs were chosen for the least error in single precision; both axes in turn make the 2D
 * transform. CHANNELS: what is transformed at once, a vector of them or one. */
#ifndef WINOGRAD_H
#define WINOGRAD_H

#ifndef CHANNELS
#define CHANNELS float16
#endif
#ifndef M
#define M 4
#endif
#ifndef R
#define R 2
#endif
#define T (M + R - 1)
#define TT (T * T)

#define ZERO (T % 2 == 0) /* is 0 among the points: the first of them; infinity is the last */
#define PAIRS ((T - 1) / 2)

#if T == 6
__constant float point[] = {0.70710678f, 1.41421356f}, factor[] = {-2.0f / 3, 1.0f / 6};
#define ZERO_FACTOR 1.0f
#elif T == 5
__constant float point[] = {1.0f, 0.5f}, factor[] = {2.0f / 3, -4.0f / 3};
#define ZERO_FACTOR 1.0f
#else
__constant float point[] = {1.0f}, factor[] = {0.5f};
#define ZERO_FACTOR -1.0f
#endif

#define UNROLL _Pragma("unroll")

/* Before loops are unrolled: only then are their lengths known, and arrays can be registers. */
#define INLINE static inline __attribute__((always_inline))

/* What row t of G is multiplied by, left out of `evaluate`. */
INLINE float winograd_factor(int t)
{
    return t == T - 1 ? 1.0f : ZERO && t == 0 ? ZERO_FACTOR : factor[(t - ZERO) / 2];
}

/* Point t to the power a < R, 1 for infinity's last: an element of G but for the factor. */
INLINE float winograd_power(int t, int a)
{
    if (t == T - 1) return a == R - 1 ? 1.0f : 0.0f;
    if (ZERO && t == 0) return a == 0 ? 1.0f : 0.0f;
    float p = (t - ZERO) % 2 ? -point[(t - ZERO) / 2] : point[(t - ZERO) / 2];
    return a == 0 ? 1.0f : a == 1 ? p : p * p;
}

/* The T values, at the points, of the polynomial with `count` coefficients: A for count = M, G for R. */
INLINE void evaluate(CHANNELS *to, int to_step, const CHANNELS *from, int from_step, int count)
{
    if (ZERO) to[0] = from[0];
    UNROLL
    for (int j = 0; j < PAIRS; j++) {
        float    p = point[j];
        CHANNELS even = from[0], odd = p * from[from_step];
        if (count > 2) even = fma((CHANNELS)(p * p), from[2 * from_step], even);
        if (count > 3) odd = fma((CHANNELS)(p * p * p), from[3 * from_step], odd);
        to[(ZERO + 2 * j) * to_step] = even + odd;
        to[(ZERO + 2 * j + 1) * to_step] = even - odd;
    }
    to[(T - 1) * to_step] = from[(count - 1) * from_step];
}

/* The transpose of `evaluate`: A' for count = M, G' for R. */
INLINE void collect(CHANNELS *to, int to_step, const CHANNELS *from, int from_step, int count)
{
    CHANNELS sum[PAIRS], difference[PAIRS], last = from[(T - 1) * from_step];
    UNROLL
    for (int j = 0; j < PAIRS; j++) {
        CHANNELS plus = from[(ZERO + 2 * j) * from_step], minus = from[(ZERO + 2 * j + 1) * from_step];
        sum[j] = plus + minus;
        difference[j] = plus - minus;
    }
    UNROLL
    for (int i = 0; i < count; i++) {
        CHANNELS s = i == 0 && ZERO ? from[0] : i == count - 1 ? last : (CHANNELS)(0);
        UNROLL
        for (int j = 0; j < PAIRS; j++) {
            float p = point[j], power = i == 0 ? 1 : i == 1 ? p : i == 2 ? p * p : p * p * p;
            s = fma((CHANNELS)(power), i % 2 ? difference[j] : sum[j], s);
        }
        to[i * to_step] = s;
    }
}

/* B': the coefficients of the products of all points' factors but one. `rest` is the product over the pairs but j,
 * `all` over all pairs, both polynomials in x^2. */
INLINE void filter(CHANNELS *to, int to_step, const CHANNELS *from, int from_step)
{
#define FROM(i) from[(i)*from_step]
#if PAIRS == 1
#define REST(j, i) FROM(i)
#define ALL(i) (FROM((i) + 2) - FROM(i))
#else
#define REST(j, i) fma((CHANNELS)(-point[1 - (j)] * point[1 - (j)]), FROM(i), FROM((i) + 2))
#define ALL(i) \
    fma((CHANNELS)(point[0] * point[0] * point[1] * point[1]), FROM(i), \
        fma((CHANNELS)(-point[0] * point[0] - point[1] * point[1]), FROM((i) + 2), FROM((i) + 4)))
#endif
    if (ZERO) to[0] = ALL(0);
    UNROLL
    for (int j = 0; j < PAIRS; j++) {
        CHANNELS even = point[j] * REST(j, ZERO), odd = REST(j, ZERO + 1);
        to[(ZERO + 2 * j) * to_step] = odd + even;
        to[(ZERO + 2 * j + 1) * to_step] = ZERO ? odd - even : even - odd;
    }
    to[(T - 1) * to_step] = ALL(ZERO);
}

/* The same along both axes: rows x rows become columns x columns values. */
INLINE void evaluate_2d(CHANNELS *to, const CHANNELS *from, int count)
{
    CHANNELS half_done[T * 4];
    UNROLL
    for (int b = 0; b < count; b++) evaluate(half_done + b, count, from + b, count, count);
    UNROLL
    for (int a = 0; a < T; a++) evaluate(to + a * T, 1, half_done + a * count, 1, count);
}

INLINE void collect_2d(CHANNELS *to, const CHANNELS *from, int count)
{
    CHANNELS half_done[4 * T];
    UNROLL
    for (int b = 0; b < T; b++) collect(half_done + b, T, from + b, T, count);
    UNROLL
    for (int a = 0; a < count; a++) collect(to + a * count, 1, half_done + a * T, 1, count);
}

INLINE void filter_2d(CHANNELS *to, const CHANNELS *from)
{
    CHANNELS half_done[TT];
    UNROLL
    for (int b = 0; b < T; b++) filter(half_done + b, T, from + b, T);
    UNROLL
    for (int a = 0; a < T; a++) filter(to + a * T, 1, half_done + a * T, 1);
}

#endif
