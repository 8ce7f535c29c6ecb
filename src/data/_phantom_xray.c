/* _phantom_xray -- a chest radiograph as sums of soft shapes: wall, ribs, spine, heart and two aerated lungs, seen with
 * a pose and an exposure of its own. Pneumonia is one to a few ragged opacities inside a lung. Normal lungs have what
 * is mistaken for it: breast shadows, crowded vessels, a thymus, skin folds, poor inspiration, devices, a bad exposure.
 */
#include <string.h>
#include "_phantom.h"

/* How hard it is. Density is what the film shows: air is about 0.1, lung 0.25, bone 0.8. */
#define OPACITY_LOW 0.30f /* density that the faintest pneumonia adds to a lung, and the heaviest */
#define OPACITY_HIGH 0.50f
#define OPACITY_SMALL 0.16f /* radius, where half the width of the image is 1 */
#define OPACITY_LARGE 0.28f
#define CONFOUNDER 0.16f /* density of breast shadows, folds, thymus and crowded vessels, at most */
#define EXPOSURE 0.10f   /* deviation of the film's tone from neutral */
#define POSE 1.0f        /* scale of turn, shift and zoom */
#define GRAIN 0.022f     /* most noise, in grey levels from 0 to 1 */

enum { FOCI = 4, VESSELS = 9 };

typedef struct {
    float x, y, rx, ry, tilt, amount;
} shadow;

typedef struct {
    float  wall, shoulder, apex, dome[2], reach[2], inner, aeration[2]; /* [0] is the image's left lung */
    float  spine, heart_x, heart_y, heart_rx, heart_ry, heart;
    float  rib_space, rib_arch, rib, rib_shift, clavicle, arm, bubble;
    float  breast, breast_x, breast_y, thymus, fold, hilum;
    int    foci;
    float  ragged;
    shadow focus[FOCI];
} chest;

typedef struct {
    bal_view    view;
    bal_lattice noise;
    float       breath, gain, black, bias, lean, fall, grain, collimator, fold_x;
} film;

static void draw_anatomy(chest *c, bal_dice *d)
{
    c->wall = bal_dice_between(d, 0.70f, 0.84f);
    c->shoulder = bal_dice_between(d, -0.86f, -0.70f);
    c->apex = bal_dice_between(d, -0.74f, -0.60f);
    c->dome[0] = bal_dice_between(d, 0.36f, 0.54f);
    c->dome[1] = c->dome[0] + bal_dice_between(d, 0.0f, 0.08f);
    c->inner = bal_dice_between(d, 0.09f, 0.14f);
    for (int i = 0; i < 2; i++) {
        c->reach[i] = c->wall - bal_dice_between(d, 0.09f, 0.15f);
        c->aeration[i] = bal_dice_between(d, 0.30f, 0.36f);
    }
    c->aeration[1] = mix(c->aeration[0], c->aeration[1], 0.4f);
    c->spine = bal_dice_between(d, 0.06f, 0.16f);
    c->heart_x = bal_dice_between(d, 0.08f, 0.15f);
    c->heart_y = bal_dice_between(d, 0.12f, 0.26f);
    c->heart_rx = bal_dice_between(d, 0.27f, 0.38f);
    c->heart_ry = bal_dice_between(d, 0.22f, 0.32f);
    c->heart = bal_dice_between(d, 0.24f, 0.32f);
    c->rib_space = bal_dice_between(d, 0.135f, 0.175f);
    c->rib_arch = bal_dice_between(d, 0.5f, 0.9f);
    c->rib = bal_dice_between(d, 0.05f, 0.12f);
    c->rib_shift = bal_dice_between(d, 0, 1);
    c->clavicle = bal_dice_between(d, 0.06f, 0.14f);
    c->arm = bal_dice_chance(d, 0.5f) ? bal_dice_between(d, 0.05f, 0.3f) : 0;
    c->bubble = bal_dice_chance(d, 0.4f) ? bal_dice_between(d, 0.1f, 0.3f) : 0;
}

static void draw_confounders(chest *c, bal_dice *d)
{
    c->breast = bal_dice_chance(d, 0.45f) ? bal_dice_between(d, 0.3f, 1) * CONFOUNDER : 0;
    c->breast_x = bal_dice_between(d, 0.34f, 0.46f);
    c->breast_y = bal_dice_between(d, 0.14f, 0.34f);
    c->thymus = bal_dice_chance(d, 0.35f) ? bal_dice_between(d, 0.4f, 1.3f) * CONFOUNDER : 0;
    c->fold = bal_dice_chance(d, 0.3f) ? bal_dice_between(d, 0.3f, 0.9f) * CONFOUNDER : 0;
    c->hilum = bal_dice_between(d, 0.3f, 1) * CONFOUNDER;
}

/* One lung or, seldom, both; never wholly behind the heart or the diaphragm, so that there is always something to see.
 */
static void draw_pneumonia(chest *c, bal_dice *d)
{
    int right = bal_dice_chance(d, 0.5f), both = bal_dice_chance(d, 0.25f);
    c->foci = bal_dice_count(d, 1, FOCI);
    c->ragged = bal_dice_between(d, 0.4f, 0.9f);
    float share = 1 - 0.08f * (float)(c->foci - 1); /* many foci are fainter and smaller */
    float y = bal_dice_between(d, c->apex + 0.22f, c->dome[0] - 0.12f), place = bal_dice_between(d, 0, 1);
    for (int i = 0; i < c->foci; i++) {
        shadow *f = &c->focus[i];
        int     side = both && i % 2 ? !right : right;
        f->y = clamp(y + bal_dice_bell(d, 0.08f * (float)i), c->apex + 0.2f, c->dome[side] - 0.08f);
        float out = clamp(place + bal_dice_bell(d, 0.15f * (float)i), 0, 1);
        float inner = side && f->y > c->heart_y - 0.2f ? c->heart_x + 0.9f * c->heart_rx : 0.24f;
        f->x = (side ? 1 : -1) * mix(inner, c->reach[side] - (f->y < -0.2f ? 0.16f : 0.10f), out);
        f->rx = share * bal_dice_between(d, OPACITY_SMALL, OPACITY_LARGE);
        f->ry = share * bal_dice_between(d, OPACITY_SMALL, OPACITY_LARGE);
        f->tilt = bal_dice_between(d, -0.5f, 0.5f);
        f->amount = share * bal_dice_between(d, OPACITY_LOW, OPACITY_HIGH);
    }
}

static void draw_film(film *f, int size, bal_dice *d)
{
    bal_view_turn(&f->view, bal_dice_bell(d, 0.011f * POSE));
    f->view.size = size;
    f->view.zoom = 1.13f + bal_dice_bell(d, 0.06f * POSE);
    f->view.dx = bal_dice_bell(d, 0.05f * POSE);
    f->view.dy = bal_dice_bell(d, 0.05f * POSE);
    f->breath = bal_dice_bell(d, 0.05f);
    f->gain = 1 + bal_dice_bell(d, 0.12f);
    f->black = bal_dice_bell(d, 0.04f);
    f->bias = clamp(0.5f + bal_dice_bell(d, EXPOSURE), 0.25f, 0.75f);
    f->lean = bal_dice_bell(d, 0.05f); /* a turned patient: one lung whiter */
    f->fall = bal_dice_bell(d, 0.05f);
    f->grain = bal_dice_between(d, 0.2f, 1) * GRAIN;
    f->collimator = bal_dice_chance(d, 0.3f) ? bal_dice_between(d, 0.86f, 0.98f) : 2;
    f->fold_x = bal_dice_between(d, -0.5f, 0.5f);
    bal_lattice_draw(&f->noise, d);
}

/* Squared distance from the heart's middle, 1 on its edge: an egg whose tip points down to the image's right. */
static float heart_at(const chest *c, float u, float v)
{
    float x = u - c->heart_x, y = v - c->heart_y;
    float across = (0.8f * x - 0.6f * y) / c->heart_ry, along = (0.6f * x + 0.8f * y) / c->heart_rx;
    float base = u / (0.75f * c->heart_rx), top = (v - c->heart_y + 0.25f) / 0.30f;
    float egg = across * across + along * along, vessels = base * base + top * top;
    return egg < vessels ? egg : vessels;
}

/* How much of the pixel at u, v is aerated lung; `e` is the softness of its edges. */
static float lung_at(const chest *c, const film *f, float u, float v, float e)
{
    int   side = u > 0;
    float out = side ? u : -u, rise = (v - c->apex) / (0.55f - c->apex);
    if (rise <= 0 || out < 0.02f) return 0;
    float down = rise < 1 ? 1 - rise : 0, cube = down * down * down;
    float inner = c->inner + 0.10f * cube * down;
    float outer = inner + (c->reach[side] - inner) * sqrtf(1 - cube);
    float middle = out - 0.36f;
    float dome = c->dome[side] + f->breath + 1.1f * middle * middle + (out > 0.36f ? 0.9f * middle * middle : 0);
    float beat = step((heart_at(c, u, v) - 1) * 0.5f * c->heart_rx / (e + 0.02f));
    return step((out - inner) / (e + 0.015f)) * step((outer - out) / e) * step((dome - v) / e) * beat;
}

static float ribs_at(const chest *c, float u, float v)
{
    float out = u < 0 ? -u : u, x = out - 0.22f;
    if (v < -0.8f || v > 0.62f || out < 0.05f) return 0;
    float phase = (v - c->rib_arch * x * x) / c->rib_space + c->rib_shift + 16;
    float back = phase - (float)(int)phase - 0.5f;
    phase = (v + 0.55f * out) / (1.25f * c->rib_space) + 2 * c->rib_shift + 16; /* the front ends run the other way */
    float front = phase - (float)(int)phase - 0.5f;
    back = bump(back * back * 9) * (1 - 0.3f * bump(back * back * 60)); /* the cortex is denser than the middle */
    front = out > 0.3f ? bump(front * front * 9) * clamp((out - 0.3f) * 5, 0, 1) : 0;
    return c->rib * (back + 0.5f * front);
}

/* The wall of the chest, shoulders, neck, arms and belly: 0 in the air. */
static float body_at(const chest *c, const film *f, float u, float v, float e)
{
    float out = u < 0 ? -u : u;
    float slope = c->shoulder + 0.75f * (out > 0.2f ? out - 0.2f : 0) * (out > 0.2f ? out - 0.2f : 0);
    float wide = c->wall + 0.20f * bump((v + 0.70f) * (v + 0.70f) * 2.5f) + (v > 0.4f ? -0.1f * (v - 0.4f) : 0);
    float torso = step((wide - out) / e) * step((v - slope) / e);
    float neck = step((0.2f - out) / e) * (v < c->shoulder + 0.2f ? 1.0f : 0.0f);
    float arm = c->arm * step((out - wide - 0.06f) / e) * step((v - slope) / e);
    float body = torso > neck ? torso : neck;
    float x = (u - 0.3f) / 0.16f, y = (v - c->dome[1] - f->breath - 0.2f) / 0.1f;
    float rim = bump((out - wide + 0.05f) * (out - wide + 0.05f) * 300);
    return body * (0.58f + 0.06f * rim + 0.10f * step((v - 0.62f) * 6) - c->bubble * bump((x * x + y * y) * 0.6f)) +
           arm * (1 - body);
}

static float middle_at(const chest *c, float u, float v)
{
    float disc = v * 9 + 16 - (float)(int)(v * 9 + 16) - 0.5f;
    float spine = bump(u * u * 60) * c->spine * (0.75f + bump(disc * disc * 5) * 0.5f);
    float trachea = v < -0.25f ? -0.10f * bump(u * u * 500) : 0;
    return 0.13f * bump(u * u * 22) + spine + trachea + 0.45f * c->heart * bump(heart_at(c, u, v) * 0.4f);
}

/* What looks like disease and is not; seen through the lung only in part. */
static float confounders_at(const chest *c, const film *f, float u, float v)
{
    float out = u < 0 ? -u : u, x = (out - c->breast_x) / 0.30f, y = (v - c->breast_y) / 0.26f;
    float rim = step((0.9f - x * x - y * y) * (v > c->breast_y ? 3.0f : 1.2f));
    float tx = u / 0.30f, ty = (v + 0.30f) / 0.26f, hx = (out - 0.17f) / 0.17f, hy = (v - 0.02f) / 0.24f;
    float behind = u - f->fold_x - 0.12f * v;
    float fold = behind > 0 ? clamp(1 - behind * 2.5f, 0, 1) * step(behind * 40 - 1) : 0;
    return c->breast * rim + c->thymus * step((1 - tx * tx - ty * ty) * 2) +
           c->hilum * bump((hx * hx + hy * hy) * 0.8f) + c->fold * fold;
}

static float opacities_at(const chest *c, const film *f, float u, float v)
{
    float sum = 0;
    for (int i = 0; i < c->foci; i++) {
        const shadow *s = &c->focus[i];
        float         x = u - s->x, y = v - s->y, turned = x + s->tilt * y;
        y = (y - s->tilt * x) / s->ry;
        x = turned / s->rx;
        float near = 0.5f * (x * x + y * y);
        if (near < 1) sum += s->amount * bump(near);
    }
    if (sum == 0) return 0;
    float patch =
        bal_lattice_at(&f->noise, u * 9 + 5, v * 9 + 5) + 0.6f * bal_lattice_at(&f->noise, u * 19 + 11, v * 19 + 3);
    sum *= 1.15f + c->ragged * patch;
    return sum > 0 ? sum / (1 + 1.2f * sum) : 0; /* never denser than what is solid */
}

/* Branching lines from each hilum, and the clavicles. */
static void draw_lines(float *mask, const chest *c, const film *f, bal_dice *d)
{
    for (int side = -1; side <= 1; side += 2) {
        float     s = (float)side;
        bal_curve bone = {{s * 0.07f, c->apex + 0.16f},
                          {s * 0.3f, c->apex + 0.17f},
                          {s * (c->wall - 0.08f), c->apex - 0.02f},
                          0.07f,
                          0.05f,
                          c->clavicle};
        bal_curve_draw(mask, &f->view, &bone);
        for (int i = 0; i < VESSELS; i++) {
            float     down = mix(-0.42f, 0.5f, (float)i / (VESSELS - 1)) + bal_dice_bell(d, 0.04f);
            float     out = 0.50f - 0.5f * down * down + bal_dice_bell(d, 0.05f);
            float     bend = bal_dice_bell(d, 0.05f), bright = bal_dice_between(d, 0.05f, 0.13f);
            bal_curve vessel = {{s * 0.15f, 0.02f + 0.2f * down},
                                {s * 0.28f, 0.6f * down + bend},
                                {s * out, down},
                                0.035f,
                                0.008f,
                                bright};
            bal_curve_draw(mask, &f->view, &vessel);
        }
    }
}

/* Tubes, wires with their electrodes, and the letter at the side. */
static void draw_devices(float *mask, const film *f, bal_dice *d)
{
    int wires = bal_dice_chance(d, 0.3f) ? bal_dice_count(d, 1, 3) : 0;
    for (int i = 0; i < wires; i++) {
        float x = bal_dice_between(d, -0.6f, 0.6f), y = bal_dice_between(d, -0.4f, 0.4f),
              edge = bal_dice_between(d, -0.9f, 0.9f);
        float bend = bal_dice_bell(d, 0.2f), thick = bal_dice_between(d, 0.012f, 0.025f),
              bright = bal_dice_between(d, 0.15f, 0.4f);
        bal_curve wire = {{x, y}, {x + bend, y - 0.3f}, {edge, -1.1f}, thick, thick, bright};
        bal_curve pad = {{x, y}, {x + 0.01f, y}, {x + 0.02f, y}, 0.07f, 0.07f, bright};
        bal_curve_draw(mask, &f->view, &wire);
        if (bal_dice_chance(d, 0.6f)) bal_curve_draw(mask, &f->view, &pad);
    }
    if (bal_dice_chance(d, 0.5f)) {
        float     x = bal_dice_between(d, -0.95f, -0.8f), y = bal_dice_between(d, -0.8f, 0.3f);
        bal_curve stem = {{x, y}, {x, y + 0.05f}, {x, y + 0.1f}, 0.025f, 0.025f, 0.7f};
        bal_curve loop = {{x, y}, {x + 0.12f, y + 0.03f}, {x, y + 0.05f}, 0.02f, 0.02f, 0.7f};
        bal_curve leg = {{x, y + 0.05f}, {x + 0.03f, y + 0.07f}, {x + 0.05f, y + 0.1f}, 0.02f, 0.02f, 0.7f};
        bal_curve_draw(mask, &f->view, &stem);
        bal_curve_draw(mask, &f->view, &loop);
        bal_curve_draw(mask, &f->view, &leg);
    }
}

static float density_at(const chest *c, const film *f, float u, float v, float line)
{
    float e = 1.2f / ((float)f->view.size * f->view.zoom) + 0.012f;
    float body = body_at(c, f, u, v, e);
    if (body < 0.01f) return 0.04f;
    float lung = lung_at(c, f, u, v, e), solid = body * (1.0f / 0.58f);
    float air = c->aeration[u > 0] + 0.05f * bal_lattice_at(&f->noise, u * 5, v * 5);
    float inside = opacities_at(c, f, u, v) + confounders_at(c, f, u, v) + line;
    return body - lung * air + lung * inside + (1 - lung) * 0.35f * line +
           clamp(solid, 0, 1) * (middle_at(c, u, v) + ribs_at(c, u, v));
}

/* Density becomes grey: gain and black level, the film's curve, the grain, the collimator's black border. */
static void expose(float *pixel, const film *f, bal_dice *d)
{
    int n = f->view.size;
    for (int i = 0; i < n * n; i++) {
        float grey = 0.4f + f->gain * (pixel[i] - 0.4f) + f->black;
        pixel[i] = tone(clamp(grey, 0, 1), f->bias);
    }
    bal_phantom_grain(pixel, n * n, f->grain, d);
    float edge = f->collimator * 0.5f * (float)n, middle = 0.5f * (float)(n - 1);
    for (int i = 0; i < n * n; i++) {
        float x = (float)(i % n) - middle;
        pixel[i] *= clamp(edge + 0.5f - (x < 0 ? -x : x), 0.03f, 1);
    }
}

void bal_phantom_xray(float *pixel, float *mask, const bal_phantom *p)
{
    chest    c = {0};
    film     f;
    bal_dice patient = bal_dice_for(p, BAL_PHANTOM_SUBJECT), tree = bal_dice_for(p, BAL_PHANTOM_DETAIL);
    bal_dice shot = bal_dice_for(p, (uint32_t)p->image);
    draw_anatomy(&c, &patient);
    draw_confounders(&c, &patient);
    if (p->label == 1) draw_pneumonia(&c, &patient);
    draw_film(&f, p->size, &shot);
    int n = p->size, count = n * n;
    memset(mask, 0, (size_t)count * sizeof *mask);
    draw_lines(mask, &c, &f, &tree);
    for (int i = 0; i < count; i++) {
        float at[2];
        bal_view_subject(at, &f.view, i % n, i / n);
        pixel[i] = density_at(&c, &f, at[0], at[1], mask[i]) + f.lean * at[0] + f.fall * at[1];
    }
    memset(mask, 0, (size_t)count * sizeof *mask);
    draw_devices(mask, &f, &shot);
    for (int i = 0; i < count; i++) pixel[i] += mask[i];
    expose(pixel, &f, &shot);
}
