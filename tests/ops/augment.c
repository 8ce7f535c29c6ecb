/* augment -- each change against double precision on the host, on both kernel classes; what is drawn, and how often;
 * the same in any order; what a policy's line says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/augment.h"
#include "guarded.h"

enum { N = 5, SIZE = 19, MOST = N * SIZE * SIZE * 3 };

static const float mean[3] = {0.4F, 0.5F, 0.3F}, deviation[3] = {0.5F, 0.25F, 1};

/* ---- the reference ---------------------------------------------------------------------------------------------- */

typedef struct numbers {
    uint32_t one[4], two[4], three[4], four[4], five[4];
} numbers;

static numbers numbers_of(bal_stream s, uint64_t i)
{
    numbers d;
    bal_philox(d.one, &s, 2 * i);
    bal_philox(d.two, &s, 2 * i + 1);
    s.block[1]++;
    bal_philox(d.three, &s, 8 * i);
    bal_philox(d.four, &s, 8 * i + 1);
    bal_philox(d.five, &s, 8 * i + 2);
    return d;
}

static double unit(uint32_t bits) { return (bits >> 8) * 0x1p-24; }
static double either(uint32_t bits) { return (bits >> 8) * 0x1p-23 - 1; }

static int inside(int i, int border)
{
    while (border == BAL_BORDER_REFLECT && (i < 0 || i >= SIZE)) i = i < 0 ? -i : 2 * (SIZE - 1) - i;
    return i < 0 ? 0 : i >= SIZE ? SIZE - 1 : i;
}

/* What is looked at: an image of c channels and how it is changed. */
typedef struct scene {
    const float       *image;
    int                c;
    const bal_augment *a;
    double             sigma;
} scene;

static double pixel(const scene *s, int y, int x, int k)
{
    return (double)s->image[(inside(y, s->a->border) * SIZE + inside(x, s->a->border)) * s->c + k];
}

/* The image blurred, at one pixel. */
static double blurred(const scene *s, int y, int x, int k)
{
    int    radius = (int)ceil(3 * s->sigma);
    double sum = 0, all = 0;
    if (radius == 0) return pixel(s, y, x, k);
    for (int j = -radius; j <= radius; j++)
        for (int i = -radius; i <= radius; i++) {
            double g = exp(-(i * i + j * j) / (2 * s->sigma * s->sigma));
            sum += g * pixel(s, y + j, x + i, k);
            all += g;
        }
    return sum / all;
}

static double sampled(const scene *s, double y, double x, int k)
{
    int    y0 = (int)floor(y), x0 = (int)floor(x);
    double a = x - x0, b = y - y0;
    return (1 - b) * ((1 - a) * blurred(s, y0, x0, k) + a * blurred(s, y0, x0 + 1, k)) +
           b * ((1 - a) * blurred(s, y0 + 1, x0, k) + a * blurred(s, y0 + 1, x0 + 1, k));
}

/* (x, y) by a matrix a b / c d. */
static void turn(double p[2], double a, double b, double c, double d)
{
    double x = a * p[0] + b * p[1], y = c * p[0] + d * p[1];
    p[0] = x;
    p[1] = y;
}

/* The cubic B-spline around 0, from its definition. */
static double spline(double t)
{
    t = fabs(t);
    return t < 1 ? 2.0 / 3 - t * t + t * t * t / 2 : t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}

/* Displacement by 8 x 8 nodes, node (1, 1) at the image's corner, 5 cells to a side. */
static void bend(double p[2], double reach, bal_stream s, uint64_t i, double x, double y)
{
    double u = (x + 0.5) * 5 / SIZE + 1, v = (y + 0.5) * 5 / SIZE + 1;
    s.block[1] += 2;
    for (int j = 0; j < 64; j++) {
        uint32_t bits[4];
        double   weight = spline(u - j % 8) * spline(v - j / 8);
        bal_philox(bits, &s, 64 * i + (uint64_t)j);
        p[0] += weight * reach * either(bits[0]);
        p[1] += weight * reach * either(bits[1]);
    }
}

/* Where pixel (x, y) of image i comes from: flip and quarter turn first, then scale, shear, rotation, shift. */
static void place(double p[2], const bal_augment *a, const numbers *d, bal_stream s, uint64_t i, int x, int y)
{
    const double pi = acos(-1), middle = 0.5 * (SIZE - 1);
    double       angle = (double)a->rotate * either(d->one[1]) * pi / 180, shear = (double)a->shear * pi / 180;
    double       z = pow(1 + (double)a->scale, -either(d->three[1]));
    p[0] = x - middle;
    p[1] = y - middle;
    if (a->hflip && d->one[0] & 1) p[0] = -p[0];
    if (a->vflip && d->three[0] & 1) p[1] = -p[1];
    for (uint32_t t = a->turn ? d->three[0] >> 30 : 0; t > 0; t--) turn(p, 0, -1, 1, 0);
    turn(p, z, 0, 0, z);
    turn(p, 1, tan(shear * either(d->three[2])), tan(shear * either(d->three[3])), 1);
    turn(p, cos(angle), -sin(angle), sin(angle), cos(angle));
    p[0] += middle + (double)a->shift * SIZE * either(d->one[2]);
    p[1] += middle + (double)a->shift * SIZE * either(d->one[3]);
    bend(p, (double)a->elastic * SIZE, s, i, x, y);
}

/* The image's mean over 16 x 16 pixels. */
static double pivot(const scene *s)
{
    double sum = 0;
    for (int j = 0; j < 16; j++)
        for (int i = 0; i < 16; i++)
            for (int k = 0; k < s->c; k++)
                sum += pixel(s, (2 * j + 1) * SIZE / 32, (2 * i + 1) * SIZE / 32, k) * (double)deviation[k] +
                       (double)mean[k];
    return sum / (256 * s->c);
}

static void shade(double *v, const scene *s, const numbers *d, double middle)
{
    const bal_augment *a = s->a;
    double             grey = 0, power = pow(1 + (double)a->gamma, either(d->two[2]));
    for (int k = 0; k < s->c; k++) {
        double w = v[k] * (double)deviation[k] + (double)mean[k];
        v[k] = middle + (1 + (double)a->contrast * either(d->two[1])) * (w - middle);
        grey += v[k] / s->c;
    }
    for (int k = 0; k < s->c; k++) {
        double w = grey + (1 + (double)a->saturation * either(d->two[3])) * (v[k] - grey);
        w += (double)a->brightness * either(d->two[0]) + (double)a->tint * either(d->four[k]);
        v[k] = ((w < 0 ? -pow(-w, power) : pow(w, power)) - (double)mean[k]) / (double)deviation[k];
    }
}

static bool cut(const bal_augment *a, const numbers *d, int x, int y)
{
    int side = (int)floor((double)a->cutout * SIZE * unit(d->five[1]) + 0.5);
    int left = (int)floor(SIZE * unit(d->five[2])) - side / 2, top = (int)floor(SIZE * unit(d->five[3])) - side / 2;
    return x >= left && x < left + side && y >= top && y < top + side;
}

static double noise(bal_stream s, uint64_t i)
{
    uint32_t bits[4];
    s.block[1] += 3;
    bal_philox(bits, &s, i / 4);
    double r = sqrt(-2 * log(1 - unit(bits[i % 4 / 2 * 2]))), angle = 2 * acos(-1) * unit(bits[i % 4 / 2 * 2 + 1]);
    return i % 2 ? r * sin(angle) : r * cos(angle);
}

/* Image i of a batch, as include/ballast/augment.h defines it. */
static void expect(double *out, const float *image, int c, const bal_augment *a, bal_stream s, uint64_t i)
{
    numbers d = numbers_of(s, i);
    scene   look = {image, c, a, (double)a->blur * unit(d.four[3])};
    double  middle = pivot(&look), sd = (double)a->noise * unit(d.five[0]);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            double *v = out + (y * SIZE + x) * c, p[2];
            place(p, a, &d, s, i, x, y);
            for (int k = 0; k < c; k++) v[k] = sampled(&look, p[1], p[0], k);
            shade(v, &look, &d, middle);
            for (int k = 0; k < c; k++) {
                uint64_t at = (i * SIZE * SIZE + (uint64_t)(y * SIZE + x)) * (uint64_t)c + (uint64_t)k;
                if (cut(a, &d, x, y)) v[k] = 0;
                v[k] += sd * noise(s, at) / (double)deviation[k];
            }
        }
}

/* ---- against it ------------------------------------------------------------------------------------------------- */

static const float *some_images(int c)
{
    static float host[MOST];
    bal_stream   s = bal_stream_for(9, BAL_FOR_TEST, 8, 0);
    for (int i = 0; i < N * SIZE * SIZE * c; i++)
        host[i] = (bal_random_uniform(&s, (uint64_t)i) - mean[i % c]) / deviation[i % c];
    return host;
}

/* The first n of the images changed, on device d. */
static void changed(float *out, const bal_augment *a, int n, int c, int d)
{
    bal_augmenter device;
    bal_guarded   x, y;
    bal_shape     shape = {n, SIZE, SIZE, c};
    bal_stream    s = bal_stream_for(9, BAL_FOR_TEST, 7, 0);
    MUST(bal_guarded_init(&x, bal_test_all.dev[d], shape, some_images(c)));
    MUST(bal_guarded_init(&y, bal_test_all.dev[d], shape, NULL));
    MUST(bal_augmenter_init(&device, bal_test_all.dev[d], a, shape, mean, deviation));
    MUST(bal_augmenter_run(&device, &y.t, &x.t, &s));
    assert_true(bal_guarded_read(&x) && bal_guarded_read(&y));
    memcpy(out, y.host, bal_shape_size(shape) * sizeof *out);
    bal_augmenter_free(&device);
    bal_guarded_free(&x);
    bal_guarded_free(&y);
}

/* Greatest error of N images, and whether the images are not what they were. */
static void check(const bal_augment *a, int c)
{
    static float  result[MOST];
    static double truth[MOST];
    const float  *images = some_images(c);
    int           image = SIZE * SIZE * c;
    for (int i = 0; i < N; i++)
        expect(truth + i * image, images + i * image, c, a, bal_stream_for(9, BAL_FOR_TEST, 7, 0), (uint64_t)i);
    for (int d = 0; d < bal_test_all.count; d++) {
        double worst = 0, moved = 0;
        changed(result, a, N, c, d);
        for (int j = 0; j < N * image; j++) {
            worst = fmax(worst, fabs((double)result[j] - truth[j]));
            moved = fmax(moved, fabs((double)result[j] - (double)images[j]));
        }
        if (!(worst < 5e-5)) fail_msg("%s: off by %g", bal_test_class(bal_test_all.dev[d]), worst);
        assert_true(moved > 0.01);
    }
}

static bal_augment of_line(const char *line)
{
    bal_augment a;
    MUST(bal_augment_parse(&a, line, (bal_where){"test", 0}));
    return a;
}

static void test_each(void **state)
{
    static const char *const lines[] = {
        "none hflip=on",      "none vflip=on",        "none turn=on",      "none rotate=30",
        "none shift=0.3",     "none scale=0.5",       "none shear=20",     "none elastic=0.09",
        "none brightness=.2", "none contrast=0.6",    "none saturation=1", "none tint=0.2",
        "none noise=0.1",     "none blur=1.5",        "none cutout=0.6",   "none rotate=90 border=reflect",
        "none gamma=0.5",     "none blur=3 rotate=9",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bal_augment a = of_line(lines[i]);
        assert_true(bal_augment_active(&a));
        check(&a, 3);
        if (a.saturation <= 0) check(&a, 1);
    }
}

static void test_together(void **state)
{
    (void)state;
    for (const bal_augment_policy *p = bal_augment_policies + 1; p->name; p++) {
        check(&p->values, 1);
        check(&p->values, 3);
    }
    bal_augment a = of_line("skin shear=10 elastic=.05 noise=.05 blur=1 cutout=.3 gamma=.1 strength=.5");
    bal_augment half = a;
    check(&(bal_augment){.hflip = true, .rotate = 180, .gamma = 0.1F, .noise = 0.1F, .strength = 1}, 3);
    half.rotate /= 2, half.shift /= 2, half.scale /= 2, half.shear /= 2, half.elastic /= 2, half.brightness /= 2;
    half.contrast /= 2, half.saturation /= 2, half.tint /= 2, half.gamma /= 2, half.noise /= 2, half.blur /= 2;
    half.cutout /= 2, half.strength = 1;
    static float one[MOST], other[MOST];
    changed(one, &a, N, 3, 0);
    changed(other, &half, N, 3, 0);
    assert_memory_equal(one, other, sizeof one);
    check(&half, 3);
}

/* Strength 0, and a policy without changes: the bits that went in. */
static void test_nothing(void **state)
{
    static const char *const lines[] = {
        "none", "none rotate=90 scale=1 shear=9 elastic=.05 contrast=1 gamma=3 noise=1 blur=2 cutout=1 strength=0"};
    static float result[MOST];
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int d = 0; d < bal_test_all.count; d++)
            for (int c = 1; c <= 3; c += 2) {
                bal_augment a = of_line(lines[i]);
                assert_false(bal_augment_active(&a));
                changed(result, &a, N, c, d);
                assert_memory_equal(result, some_images(c), (size_t)(N * SIZE * SIZE * c) * sizeof *result);
            }
}

/* Images of a smaller batch get what they got in the larger one; again: the same; rows and pixels as work-items too. */
static void test_any_order(void **state)
{
    static float all[MOST], part[MOST];
    bal_augment  a = of_line("skin elastic=.05 noise=.05 blur=1 cutout=.3 gamma=.1 number=7");
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++)
        for (int n = N; n > 0; n -= 2) {
            if (d + N - n == 0) changed(all, &a, N, 3, d);
            changed(part, &a, n, 3, d);
            for (int j = 0; j < n * SIZE * SIZE * 3; j++)
                assert_true(d ? fabsf(part[j] - all[j]) < 5e-5F : part[j] == all[j]);
        }
}

/* ---- what is drawn ---------------------------------------------------------------------------------------------- */

enum { IMAGES = 4096, ROW = 160 };
enum { MATRIX, MOVE = 4, ADD = 6, FACTOR = 9, COLOUR = 11, POWER, DEVIATION, SIGMA, SQUARE }; /* of cl/augment.cl */

static void drawn(float *out, const char *line, int images)
{
    bal_augmenter device;
    bal_augment   a = of_line(line);
    bal_tensor    x, y;
    bal_stream    s = bal_stream_for(4, BAL_FOR_TEST, 1, 0);
    MUST(bal_tensor_init(&x, bal_test_all.dev[0], (bal_shape){images, 2, 2, 1}));
    MUST(bal_tensor_init(&y, bal_test_all.dev[0], x.shape));
    MUST(bal_augmenter_init(&device, bal_test_all.dev[0], &a, x.shape, mean, deviation));
    MUST(bal_augmenter_run(&device, &y, &x, &s));
    MUST(bal_tensor_read(&device.drawn, out));
    bal_augmenter_free(&device);
    bal_tensor_free(&x);
    bal_tensor_free(&y);
}

/* Place k of all rows, less `zero`: uniform from low to high. */
static void assert_uniform(const float *rows, int images, int k, double zero, double low, double high)
{
    double sum = 0, squares = 0, middle = (low + high) / 2, variance = (high - low) * (high - low) / 12;
    for (int i = 0; i < images; i++) {
        double v = (double)rows[i * ROW + k] - zero;
        assert_true(v >= low - 1e-6 && v <= high + 1e-6);
        sum += v - middle;
        squares += (v - middle) * (v - middle);
    }
    assert_true(fabs(sum / images) < 4 * sqrt(variance / images));
    assert_true(fabs(squares / images / variance - 1) < 4 * sqrt(0.8 / images));
}

static void test_uniform(void **state)
{
    static float rows[IMAGES * ROW];
    int          images = bal_test_small() ? 256 : IMAGES;
    (void)state;
    drawn(rows, "none shift=.2 brightness=.3 contrast=.4 saturation=.5 gamma=.6 noise=.7 blur=2", images);
    assert_uniform(rows, images, MOVE, 0, -0.4, 0.4);
    assert_uniform(rows, images, MOVE + 1, 0, -0.4, 0.4);
    assert_uniform(rows, images, ADD, 0, -0.3, 0.3);
    assert_uniform(rows, images, FACTOR, 1, -0.4, 0.4);
    assert_uniform(rows, images, COLOUR, 1, -0.5, 0.5);
    assert_uniform(rows, images, DEVIATION, 0, 0, 0.7);
    assert_uniform(rows, images, SIGMA, 0, 0, 2);
    for (int i = 0; i < images; i++) rows[i * ROW + POWER] = logf(rows[i * ROW + POWER]);
    assert_uniform(rows, images, POWER, 0, -log(1.6), log(1.6));
}

/* Each of the eight ways to lay a square equally often. */
static void test_flips_and_turns(void **state)
{
    static float rows[IMAGES * ROW];
    int          images = bal_test_small() ? 256 : IMAGES, count[16] = {0};
    (void)state;
    drawn(rows, "none hflip=on vflip=on turn=on", images);
    for (int i = 0; i < images; i++) {
        const float *m = rows + i * ROW + MATRIX;
        bool         straight = m[0] != 0;
        assert_true(straight ? m[1] == 0 && m[2] == 0 : m[0] == 0 && m[3] == 0);
        count[straight ? (m[0] > 0) + 2 * (m[3] > 0) : 4 + (m[1] > 0) + 2 * (m[2] > 0)]++;
    }
    for (int k = 0; k < 8; k++) assert_true(abs(count[k] - images / 8) < 5 * sqrt(images / 8.0));
}

/* Of six changes two for each image, each equally often. */
static void test_number(void **state)
{
    static float     rows[IMAGES * ROW];
    static const int places[] = {MOVE, ADD, FACTOR, POWER, DEVIATION, SIGMA};
    int              images = bal_test_small() ? 256 : IMAGES, count[6] = {0};
    (void)state;
    drawn(rows, "none shift=.2 brightness=.3 contrast=.4 gamma=.6 noise=.7 blur=2 number=2", images);
    for (int i = 0; i < images; i++) {
        int made = 0;
        for (int k = 0; k < 6; k++) {
            float value = rows[i * ROW + places[k]];
            bool  is = k == 2 || k == 3 ? value != 1 : value != 0;
            made += is;
            count[k] += is;
        }
        assert_int_equal(made, 2);
    }
    for (int k = 0; k < 6; k++) assert_true(abs(count[k] - images / 3) < 5 * sqrt(images * 2 / 9.0));
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static void test_lines(void **state)
{
    (void)state;
    bal_augment a;
    bal_where   at_line = {"x.ini", 3};
    assert_int_equal(bal_augment_parse(&a, NULL, at_line), BAL_OK);
    assert_false(bal_augment_active(&a));
    assert_int_equal(bal_augment_parse(&a, "classic hflip=off  rotate=5", at_line), BAL_OK);
    assert_true(!a.hflip && a.rotate == 5 && a.shift > 0);
    assert_int_equal(bal_augment_parse(&a, "none shift=0.25", at_line), BAL_OK);
    assert_true(a.shift == 0.25F && a.brightness == 0 && a.strength == 1);
    assert_int_equal(bal_augment_parse(&a, "skin border=nearest number=3 strength=2", at_line), BAL_OK);
    assert_true(a.vflip && a.turn && a.border == BAL_BORDER_NEAREST && a.number == 3 && a.strength == 2);
    assert_int_equal(bal_augment_parse(&a, "xray", at_line), BAL_OK);
    assert_true(!a.hflip && !a.vflip && !a.turn && a.noise > 0);
    assert_int_equal(bal_augment_parse(&a, "clasic", at_line), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:3: there is no augmentation \"clasic\"; did you mean \"classic\"?");
    assert_int_equal(bal_augment_parse(&a, "classic rotate", at_line), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:3: augment: \"rotate\" is not of the form option=value");
    assert_int_equal(bal_augment_parse(&a, "classic rotate=999", at_line), BAL_ECONFIG);
    assert_non_null(strstr(bal_error(), "x.ini:3: augment"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),      cmocka_unit_test(test_together), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_any_order), cmocka_unit_test(test_uniform),  cmocka_unit_test(test_flips_and_turns),
        cmocka_unit_test(test_number),    cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests_name("ops/augment", tests, bal_test_setup, bal_test_teardown);
}
