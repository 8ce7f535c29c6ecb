/* _phantom_paint -- draws, noise and strokes of the procedural images. See _phantom.h. */
#include "_phantom.h"

enum { SEGMENTS = 10 }; /* of a curve */

bal_dice bal_dice_for(const bal_phantom *p, uint32_t what)
{
    return (bal_dice){bal_stream_for(p->seed, BAL_FOR_PHANTOM, (uint32_t)p->group, what), 0};
}

float bal_dice_between(bal_dice *d, float low, float high)
{
    return low + (high - low) * bal_random_uniform(&d->stream, d->at++);
}

float bal_dice_bell(bal_dice *d, float deviation)
{
    float sum = 0;
    for (int i = 0; i < 3; i++) sum += bal_dice_between(d, -1, 1);
    return sum * deviation;
}

int bal_dice_chance(bal_dice *d, float probability) { return bal_dice_between(d, 0, 1) < probability; }

int bal_dice_count(bal_dice *d, int low, int high)
{
    return low + (int)(bal_random_bits(&d->stream, d->at++) % (uint32_t)(high - low + 1));
}

void bal_lattice_draw(bal_lattice *l, bal_dice *d)
{
    uint32_t bits[4];
    for (int i = 0; i < BAL_PHANTOM_LATTICE * BAL_PHANTOM_LATTICE; i++) {
        if (i % 4 == 0) bal_philox(bits, &d->stream, d->at++);
        l->knot[i] = (float)(bits[i % 4] >> 8) * (2.0f / 16777216) - 1;
    }
}

float bal_lattice_at(const bal_lattice *l, float x, float y)
{
    enum { N = BAL_PHANTOM_LATTICE, FAR = 1 << 10 }; /* positive before truncation; a multiple of the period */
    int          column = (int)(x + FAR) - FAR, row = (int)(y + FAR) - FAR;
    float        s = x - (float)column, t = y - (float)row;
    const float *top = l->knot + (row & (N - 1)) * N, *low = l->knot + ((row + 1) & (N - 1)) * N;
    int          left = column & (N - 1), right = (column + 1) & (N - 1);
    s = s * s * (3 - 2 * s);
    t = t * t * (3 - 2 * t);
    return mix(mix(top[left], top[right], s), mix(low[left], low[right], s), t);
}

void bal_phantom_grain(float *value, int count, float deviation, bal_dice *d)
{
    uint32_t bits[4];
    for (int i = 0; i < count; i++) {
        if (i % 4 == 0) bal_philox(bits, &d->stream, d->at++);
        uint32_t b = bits[i % 4];
        uint32_t sum = (b & 255) + (b >> 8 & 255) + (b >> 16 & 255) + (b >> 24);
        value[i] += deviation * ((float)sum - 510) * (1 / 147.8f); /* four bytes: variance 4 * (256 * 256 - 1) / 12 */
    }
}

/* The cosine and sine of 2 pi u for |u| <= 1/8, from their series. */
static void small_turn(float *c, float *s, float u)
{
    float x = u * 6.2831853f, q = x * x;
    *c = 1 - q * (0.5f - q * (1 / 24.0f - q * (1 / 720.0f)));
    *s = x * (1 - q * (1 / 6.0f - q * (1 / 120.0f - q * (1 / 5040.0f))));
}

void bal_view_turn(bal_view *v, float turns)
{
    small_turn(&v->cosine, &v->sine, turns / 8); /* doubled three times */
    for (int i = 0; i < 3; i++) {
        float c = v->cosine, s = v->sine;
        v->cosine = c * c - s * s;
        v->sine = 2 * c * s;
    }
}

void bal_view_subject(float out[2], const bal_view *v, int column, int row)
{
    float scale = 2 / (float)v->size;
    float x = (((float)column + 0.5f) * scale - 1 - v->dx) / v->zoom;
    float y = (((float)row + 0.5f) * scale - 1 - v->dy) / v->zoom;
    out[0] = v->cosine * x + v->sine * y;
    out[1] = v->cosine * y - v->sine * x;
}

void bal_view_pixel(float out[2], const bal_view *v, float x, float y)
{
    float half = 0.5f * (float)v->size;
    out[0] = ((v->cosine * x - v->sine * y) * v->zoom + v->dx + 1) * half - 0.5f;
    out[1] = ((v->sine * x + v->cosine * y) * v->zoom + v->dy + 1) * half - 0.5f;
}

typedef struct {
    float a[2], b[2]; /* ends, pixels */
    float half, strength;
} segment;

static void draw_segment(float *mask, int size, const segment *s)
{
    float reach = s->half + 1, dx = s->b[0] - s->a[0], dy = s->b[1] - s->a[1];
    float length2 = dx * dx + dy * dy + 1e-12f;
    float limit = (float)(size - 1);
    int   left = (int)clamp((dx < 0 ? s->b[0] : s->a[0]) - reach, 0, limit);
    int   right = (int)clamp((dx < 0 ? s->a[0] : s->b[0]) + reach, -1, limit);
    int   top = (int)clamp((dy < 0 ? s->b[1] : s->a[1]) - reach, 0, limit);
    int   bottom = (int)clamp((dy < 0 ? s->a[1] : s->b[1]) + reach, -1, limit);
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++) {
            float x = (float)column - s->a[0], y = (float)row - s->a[1];
            float t = clamp((x * dx + y * dy) / length2, 0, 1);
            x -= t * dx;
            y -= t * dy;
            float cover = s->half + 0.5f - sqrtf(x * x + y * y);
            float value = s->strength * clamp(cover, 0, s->half < 0.5f ? 2 * s->half : 1);
            if (value > mask[row * size + column]) mask[row * size + column] = value;
        }
}

void bal_curve_draw(float *mask, const bal_view *v, const bal_curve *curve)
{
    segment s = {.strength = curve->strength};
    bal_view_pixel(s.b, v, curve->a[0], curve->a[1]);
    for (int i = 1; i <= SEGMENTS; i++) {
        float t = (float)i / SEGMENTS, r = 1 - t;
        float x = r * r * curve->a[0] + 2 * r * t * curve->b[0] + t * t * curve->c[0];
        float y = r * r * curve->a[1] + 2 * r * t * curve->b[1] + t * t * curve->c[1];
        s.a[0] = s.b[0];
        s.a[1] = s.b[1];
        bal_view_pixel(s.b, v, x, y);
        s.half = mix(curve->width_a, curve->width_c, t) * v->zoom * (float)v->size * 0.25f;
        draw_segment(mask, v->size, &s);
    }
}
