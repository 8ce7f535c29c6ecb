/* _phantom_skin -- a dermatoscope's view of a skin lesion: skin with mottling, creases, hair, light that falls off, and
 * a lesion made of a border, an inner and an outer tone, a pigment net and coloured patches. benign            round or
 * oval, even border, one or two browns around one middle malignant         at least two of: ragged border, lopsided
 * shape, dark blotches off the middle, blue-grey or white or red patches, a border that ends abruptly on one side; a
 * benign lesion may have a weak one vascular_lesion   red to purple lacunae, crowded, on pink dermatofibroma    a pale
 * middle and a soft brown rim that fades into the skin */
#include <string.h>
#include "_phantom.h"

/* How hard it is. */
#define SIGN_LOW 0.58f /* strength of a malignant lesion's signs, from 0 to 1 */
#define SIGN_HIGH 1.0f
#define SIGN_BENIGN 0.28f /* most of the one sign that a benign lesion may have */
#define CENTRE_LOW 0.40f  /* paleness of a dermatofibroma's middle */
#define CENTRE_HIGH 0.85f
#define CENTRE_OTHER 0.28f /* most paleness of other lesions' middles */
#define LACUNA_LOW 0.35f   /* how far the colour of lacunae stands out */
#define LACUNA_HIGH 0.95f
#define REDNESS 0.70f /* most red in lesions that are not vascular */
#define CAST 0.09f    /* deviation of the camera's white balance */
#define GRAIN 0.030f

enum { BENIGN, MALIGNANT, VASCULAR, DERMATOFIBROMA };
enum { BORDER, LOPSIDED, BLOTCH, COLOURS, ABRUPT, SIGNS };
enum { HARMONICS = 7, PATCHES = 28, HAIRS = 14 };

typedef struct {
    float red, green, blue;
} colour;

typedef struct {
    float  x, y, squared, amount; /* middle and squared radius in units of the lesion's, opacity */
    colour tint;
} patch;

typedef struct {
    colour skin, outer, inner;
    float  mottle, creases, radius, aspect, soft, fuzz, lobe_x, lobe_y, lobe;
    float  wave[HARMONICS][2]; /* cosine and sine parts of the border, by the number of waves round it */
    float  net, net_scale, depth, core, core_x, core_y, pale, pale_size, abrupt_x, abrupt_y, opacity;
    int    patches;
    patch  patch[PATCHES];
} lesion;

typedef struct {
    bal_view    view;
    bal_lattice noise;
    colour      cast;
    float       gain, bias, slope_x, slope_y, vignette, grain, gel;
} shot;

static const colour skins[] = {
    {0.93f, 0.77f, 0.71f}, {0.88f, 0.68f, 0.58f}, {0.91f, 0.62f, 0.58f}, {0.82f, 0.66f, 0.70f}, {0.78f, 0.58f, 0.46f}};
static const colour browns[] = {
    {0.70f, 0.44f, 0.30f}, {0.58f, 0.35f, 0.23f}, {0.46f, 0.26f, 0.18f}, {0.60f, 0.40f, 0.34f}};
static const colour dark = {0.20f, 0.11f, 0.11f}, blue_grey = {0.40f, 0.43f, 0.53f}, white = {0.90f, 0.80f, 0.79f};
static const colour red = {0.72f, 0.20f, 0.24f}, purple = {0.50f, 0.15f, 0.36f};

static colour blend(colour a, colour b, float t)
{
    return (colour){mix(a.red, b.red, t), mix(a.green, b.green, t), mix(a.blue, b.blue, t)};
}

static colour pick(const colour *list, int count, bal_dice *d)
{
    int i = bal_dice_count(d, 0, count - 1), j = bal_dice_count(d, 0, count - 1);
    return blend(list[i], list[j], bal_dice_between(d, 0, 1));
}

/* A patch whose middle is uniform in the square, `out` at most from the lesion's. */
static void add_patch(lesion *l, bal_dice *d, colour tint, float radius, float out)
{
    float x = bal_dice_between(d, -out, out), y = bal_dice_between(d, -out, out);
    if (l->patches < PATCHES) l->patch[l->patches++] = (patch){x, y, radius * radius, 0, tint};
}

static void draw_body(lesion *l, bal_dice *d)
{
    l->skin = pick(skins, 5, d);
    l->outer = pick(browns, 4, d);
    l->inner = blend(l->outer, dark, bal_dice_between(d, 0.05f, 0.6f));
    l->outer = blend(l->outer, l->skin, bal_dice_between(d, 0, 0.35f));
    float  flush = bal_dice_between(d, 0, 1);
    colour hot = blend(red, l->skin, 0.3f);
    l->outer = blend(l->outer, hot, flush * flush * REDNESS);
    l->inner = blend(l->inner, hot, flush * flush * REDNESS);
    l->mottle = bal_dice_between(d, 0.01f, 0.06f);
    l->creases = bal_dice_between(d, 0, 0.05f);
    float small = bal_dice_between(d, 0, 1);
    l->radius = mix(0.26f, 0.66f, small * mix(small, 1, 0.5f));
    l->aspect = bal_dice_between(d, 0.74f, 1);
    l->soft = bal_dice_between(d, 0.06f, 0.22f);
    l->fuzz = bal_dice_between(d, 0.02f, 0.08f);
    l->net = bal_dice_between(d, 0, 0.5f);
    l->net_scale = bal_dice_between(d, 5, 9);
    l->depth = bal_dice_between(d, 0.3f, 1);
    l->core = bal_dice_between(d, 0.3f, 0.8f);
    l->core_x = bal_dice_bell(d, 0.06f);
    l->core_y = bal_dice_bell(d, 0.06f);
    l->pale = bal_dice_chance(d, 0.4f) ? bal_dice_between(d, 0, CENTRE_OTHER) : 0;
    l->pale_size = bal_dice_between(d, 0.35f, 0.6f);
    l->opacity = bal_dice_between(d, 0.65f, 1);
    for (int k = 1; k < HARMONICS; k++)
        for (int i = 0; i < 2; i++) l->wave[k][i] = bal_dice_bell(d, 0.05f / (float)(k + 1));
}

/* One sign of malignancy, `s` strong. */
static void add_sign(lesion *l, bal_dice *d, int sign, float s)
{
    static const colour *const tints[] = {&blue_grey, &white, &red, &dark};
    int                        first = l->patches;
    if (sign == BORDER) {
        for (int k = 3; k < HARMONICS; k++)
            for (int i = 0; i < 2; i++) l->wave[k][i] += bal_dice_bell(d, 0.18f * s / (float)(k - 1));
        l->fuzz += 0.14f * s;
    } else if (sign == LOPSIDED) {
        bal_view side;
        bal_view_turn(&side, bal_dice_between(d, 0, 1));
        l->lobe = s;
        l->lobe_x = 0.75f * side.cosine;
        l->lobe_y = 0.75f * side.sine;
    } else if (sign == BLOTCH) {
        for (int i = bal_dice_count(d, 1, 3); i > 0; i--) add_patch(l, d, dark, bal_dice_between(d, 0.3f, 0.55f), 0.6f);
    } else if (sign == COLOURS) {
        int from = bal_dice_count(d, 0, 3);
        for (int i = 0; i < 3; i++) add_patch(l, d, *tints[(from + i) % 4], bal_dice_between(d, 0.35f, 0.6f), 0.55f);
    } else {
        bal_view side;
        bal_view_turn(&side, bal_dice_between(d, 0, 1));
        l->abrupt_x = s * side.cosine;
        l->abrupt_y = s * side.sine;
    }
    for (int i = first; i < l->patches; i++) l->patch[i].amount = 0.9f * s;
}

static void make_malignant(lesion *l, bal_dice *d)
{
    int has[SIGNS] = {0}, count = bal_dice_count(d, 2, 4);
    while (count > 0) {
        int sign = bal_dice_count(d, 0, SIGNS - 1);
        if (has[sign]) continue;
        has[sign] = 1;
        add_sign(l, d, sign, bal_dice_between(d, SIGN_LOW, SIGN_HIGH));
        count--;
    }
}

static void make_vascular(lesion *l, bal_dice *d)
{
    float  hue = bal_dice_between(d, 0, 1), strength = bal_dice_between(d, LACUNA_LOW, LACUNA_HIGH);
    colour pink = blend(l->skin, red, bal_dice_between(d, 0.15f, 0.5f));
    l->outer = blend(pink, l->outer, bal_dice_between(d, 0, 0.4f));
    l->inner = blend(pink, l->inner, bal_dice_between(d, 0, 0.4f));
    l->net = 0;
    for (int i = bal_dice_count(d, 8, PATCHES); i > 0; i--) {
        colour tint = blend(red, purple, clamp(hue + bal_dice_bell(d, 0.15f), 0, 1));
        tint = blend(tint, dark, bal_dice_chance(d, 0.15f) ? 0.7f : 0);
        add_patch(l, d, tint, bal_dice_between(d, 0.18f, 0.34f), 0.72f);
        l->patch[l->patches - 1].amount = strength;
    }
}

static void make_dermatofibroma(lesion *l, bal_dice *d)
{
    l->pale = bal_dice_between(d, CENTRE_LOW, CENTRE_HIGH);
    l->pale_size = bal_dice_between(d, 0.4f, 0.65f);
    l->soft = bal_dice_between(d, 0.25f, 0.5f);
    l->inner = blend(l->inner, l->outer, 0.6f);
    l->core = 0;
}

/* Brown globules: lacunae in shape, not in colour. */
static void add_globules(lesion *l, bal_dice *d)
{
    colour tint = blend(l->inner, dark, 0.3f);
    float  strength = bal_dice_between(d, 0.3f, 0.8f);
    for (int i = bal_dice_count(d, 6, 20); i > 0; i--) {
        add_patch(l, d, tint, bal_dice_between(d, 0.1f, 0.25f), 0.7f);
        l->patch[l->patches - 1].amount = strength;
    }
}

static void draw_lesion(lesion *l, int label, bal_dice *d)
{
    draw_body(l, d);
    if (label == MALIGNANT) make_malignant(l, d);
    if (label == VASCULAR) make_vascular(l, d);
    if (label == DERMATOFIBROMA) make_dermatofibroma(l, d);
    if (label == BENIGN && bal_dice_chance(d, 0.7f)) {
        int sign = bal_dice_count(d, 0, SIGNS - 1);
        add_sign(l, d, sign, bal_dice_between(d, 0, SIGN_BENIGN));
    }
    if (label <= MALIGNANT && bal_dice_chance(d, 0.3f)) add_globules(l, d);
}

static void draw_shot(shot *s, int size, bal_dice *d)
{
    bal_view_turn(&s->view, bal_dice_between(d, 0, 1));
    s->view.size = size;
    s->view.zoom = 1 + bal_dice_bell(d, 0.15f);
    s->view.dx = bal_dice_bell(d, 0.14f);
    s->view.dy = bal_dice_bell(d, 0.14f);
    s->cast.red = 1 + bal_dice_bell(d, CAST);
    s->cast.green = 1 + bal_dice_bell(d, 0.5f * CAST);
    s->cast.blue = 1 + bal_dice_bell(d, CAST);
    s->gain = 1 + bal_dice_bell(d, 0.06f);
    s->bias = clamp(0.5f + bal_dice_bell(d, 0.05f), 0.3f, 0.7f);
    s->slope_x = bal_dice_bell(d, 0.05f);
    s->slope_y = bal_dice_bell(d, 0.05f);
    s->vignette = bal_dice_chance(d, 0.5f) ? bal_dice_between(d, 0, 0.35f) : 0;
    s->gel = bal_dice_chance(d, 0.15f) ? bal_dice_between(d, 1.12f, 1.3f) : 3;
    s->grain = bal_dice_between(d, 0.2f, 1) * GRAIN;
    bal_lattice_draw(&s->noise, d);
}

/* Where a point lies: 0 in the lesion's middle, 1 on its border. */
static float place_at(const lesion *l, const bal_lattice *noise, float x, float y)
{
    float r = sqrtf(x * x + y * y) + 1e-6f, c = x / r, s = y / r, ck = 1, sk = 0, border = 1;
    for (int k = 1; k < HARMONICS; k++) {
        float next = ck * c - sk * s;
        sk = sk * c + ck * s;
        ck = next;
        border += l->wave[k][0] * ck + l->wave[k][1] * sk;
    }
    float place = r / (border > 0.3f ? border : 0.3f);
    if (l->lobe > 0) {
        float u = (x - l->lobe_x) / 0.6f, v = (y - l->lobe_y) / 0.6f;
        float shrunk = place * (1 + 0.25f * l->lobe), lobe = sqrtf(u * u + v * v) + 1.2f * (1 - l->lobe);
        place = lobe < shrunk ? lobe : shrunk;
    }
    return place + l->fuzz * bal_lattice_at(noise, x * 4, y * 4) +
           0.5f * l->fuzz * bal_lattice_at(noise, x * 9 + 7, y * 9 + 3);
}

static colour skin_at(const lesion *l, const bal_lattice *noise, float x, float y)
{
    float light = l->mottle * bal_lattice_at(noise, x * 3 + 9, y * 3 + 20) +
                  l->creases * bal_lattice_at(noise, x * 14, y * 14 + 9);
    return (colour){l->skin.red + light, l->skin.green + 1.2f * light, l->skin.blue + 1.1f * light};
}

static colour lesion_at(const lesion *l, const bal_lattice *noise, float x, float y, float place, colour skin)
{
    float cx = x - l->core_x, cy = y - l->core_y,
          net = bal_lattice_at(noise, x * l->net_scale + 3, y * l->net_scale + 15);
    colour c = blend(l->outer, l->inner, l->depth * bump((cx * cx + cy * cy) * (1 - 0.5f * l->core)));
    c = blend(c, dark, clamp(l->net * net * net * (net < 0 ? 1.0f : 0.6f), 0, 1));
    for (int i = 0; i < l->patches; i++) {
        const patch *p = &l->patch[i];
        float        u = x - p->x, v = y - p->y, near = (u * u + v * v) / p->squared;
        if (near < 1) c = blend(c, p->tint, p->amount * clamp(2.5f * bump(near), 0, 1));
    }
    float near = place / l->pale_size;
    return blend(c, blend(skin, white, 0.5f), l->pale * step((1 - near) * 2.5f));
}

static void draw_hair(float *mask, const shot *s, bal_dice *d)
{
    int   count = bal_dice_chance(d, 0.4f) ? bal_dice_count(d, 1, HAIRS) : 0;
    float lean = bal_dice_between(d, -1, 1), thick = bal_dice_between(d, 0.012f, 0.035f),
          bright = bal_dice_between(d, 0.3f, 0.9f);
    for (int i = 0; i < count; i++) {
        float x = bal_dice_between(d, -1.1f, 1.1f), y = bal_dice_between(d, -1.1f, 1.1f),
              tilt = lean + bal_dice_bell(d, 0.3f);
        float     bend = bal_dice_bell(d, 0.15f), reach = bal_dice_between(d, 0.3f, 1);
        bal_curve hair = {{x - reach * tilt, y - reach},
                          {x + bend, y + bend},
                          {x + reach * tilt, y + reach},
                          thick,
                          0.4f * thick,
                          bright};
        bal_curve_draw(mask, &s->view, &hair);
    }
}

static colour pixel_at(const lesion *l, const shot *s, float u, float v)
{
    float  x = u / l->radius, y = v / (l->radius * l->aspect);
    colour c = skin_at(l, &s->noise, u, v);
    float  place = place_at(l, &s->noise, x, y), side = x * l->abrupt_x + y * l->abrupt_y;
    float  pixel = 1.5f / ((float)s->view.size * s->view.zoom * l->radius),
          soft = l->soft * clamp(1 - 1.2f * side, 0.1f, 1.6f);
    float inside = step((1 - place) / (soft > pixel ? soft : pixel));
    if (inside <= 0) return c;
    return blend(c, lesion_at(l, &s->noise, x, y, place, c), inside * l->opacity);
}

/* Light, white balance and tone of the camera; the dark edge of the tube. */
static void expose(float *pixel, const shot *s, bal_dice *d)
{
    int n = s->view.size;
    for (int i = 0; i < n * n; i++) {
        float x = (2 * (float)(i % n) + 1) / (float)n - 1, y = (2 * (float)(i / n) + 1) / (float)n - 1,
              far = x * x + y * y;
        float light = s->gain * (1 + s->slope_x * x + s->slope_y * y) * (1 - s->vignette * far * far * 0.5f);
        light *= step((s->gel - sqrtf(far)) * 12);
        pixel[3 * i] = tone(clamp(pixel[3 * i] * light * s->cast.red, 0, 1), s->bias);
        pixel[3 * i + 1] = tone(clamp(pixel[3 * i + 1] * light * s->cast.green, 0, 1), s->bias);
        pixel[3 * i + 2] = tone(clamp(pixel[3 * i + 2] * light * s->cast.blue, 0, 1), s->bias);
    }
    bal_phantom_grain(pixel, 3 * n * n, s->grain, d);
}

void bal_phantom_skin(float *pixel, float *mask, const bal_phantom *p)
{
    lesion   l = {0};
    shot     s;
    bal_dice subject = bal_dice_for(p, BAL_PHANTOM_SUBJECT), d = bal_dice_for(p, (uint32_t)p->image);
    draw_lesion(&l, p->label, &subject);
    draw_shot(&s, p->size, &d);
    int n = p->size;
    memset(mask, 0, (size_t)n * (size_t)n * sizeof *mask);
    draw_hair(mask, &s, &d);
    for (int i = 0; i < n * n; i++) {
        float at[2];
        bal_view_subject(at, &s.view, i % n, i / n);
        colour c = blend(pixel_at(&l, &s, at[0], at[1]), dark, mask[i]);
        pixel[3 * i] = c.red;
        pixel[3 * i + 1] = c.green;
        pixel[3 * i + 2] = c.blue;
    }
    expose(pixel, &s, &d);
}
