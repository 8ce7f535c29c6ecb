/* gemm_cpu -- products in register tiles; see cl/gemm_cpu.cl. */
#include <limits.h>
#include <stdio.h>
#include "ballast/random.h"
#include "gemm_class.h"
#include "tile.h"
#include "variant.h"

/* K_BLOCK: a panel of this depth fills half of a second-level cache, and is read again by BLOCK_TILES tiles at least.
 * IN_PLACE: B is not worth packing for so few tiles, nor A for so few panels. SMALL: nor B of so few floats, which fits
 * a first-level cache. ITEM_WORK: multiplications that make a work-item worth its launch. ITEMS: as many at least, if
 * there are tiles enough. */
enum {
    K_BLOCK = 4096,
    BLOCK_TILES = 2,
    IN_PLACE = 8,
    SMALL = 8192,
    ITEM_WORK = 1 << 19,
    ITEMS = 64,
    PACK_K = 64,
    PACK_A_K = 16,
    PACK_A_TILES = 32
};

/* A product's sizes in tiles and what is packed where. */
typedef struct {
    bal_tile tile;
    int      width, tiles, panels; /* floats in a panel's row; tiles below, panels beside each other */
    int      share;                /* tiles to a work-item */
    bool     pack_a, pack_b;
    size_t   a_floats, b_floats;
} plan;

/* Tiles to a work-item. */
static int share(const plan *p, int k)
{
    long long work = (long long)p->tile.rows * p->width * k;
    int       most = bal_divide_up(p->tiles * p->panels, ITEMS), enough = (int)(ITEM_WORK / work) + 1;
    if (k > K_BLOCK && most < BLOCK_TILES) return BLOCK_TILES;
    return enough < most ? enough : most;
}

static plan make_plan(const bal_gemm *g, int m, int n, int k)
{
    plan p = {.tile = {g->rows, g->vectors}};
    p.width = 16 * p.tile.vectors;
    p.tiles = bal_divide_up(m, p.tile.rows);
    p.panels = bal_divide_up(n, p.width);
    p.share = share(&p, k);
    bool far = (size_t)(k < K_BLOCK ? k : K_BLOCK) * (size_t)m > INT_MAX; /* places in A are ints */
    p.pack_a = g->trans_a && (p.panels > IN_PLACE || far);
    p.pack_b = g->trans_b || (p.tiles > IN_PLACE && (size_t)n * (size_t)k > SMALL);
    p.a_floats = p.pack_a ? ((size_t)(p.tiles * p.tile.rows) * (size_t)k + 15) / 16 * 16 : 0;
    p.b_floats = p.pack_b ? (size_t)p.panels * (size_t)p.width * (size_t)k : 0;
    return p;
}

static size_t scratch_size(const bal_gemm *g, int m, int n, int k)
{
    plan p = make_plan(g, m, n, k);
    return p.a_floats + p.b_floats;
}

static bal_status get_kernels(bal_gemm *g)
{
    char     text[128];
    bal_tile tile = {g->rows, g->vectors};
    bal_tile_options(text, tile, "");
    BAL_TRY(bal_kernel_get(&g->pack_a, g->dev, "gemm_cpu", "gemm_pack_a", text));
    BAL_TRY(bal_kernel_get(&g->pack_b, g->dev, "gemm_cpu", "gemm_pack_b", text));
    return bal_kernel_get(&g->multiply, g->dev, "gemm_cpu", "gemm_multiply", text);
}

/* Whether a work-item that multiplies packs its own panel: nobody else reads it. */
static bool packs_own(const bal_gemm *g, const plan *p) { return g->trans_b && p->share >= p->tiles; }

static bal_status pack(const bal_gemm *g, const plan *p, const bal_tensor *a, const bal_tensor *b, const int mnk[3],
                       const bal_tensor *scratch)
{
    int m = mnk[0], n = mnk[1], k = mnk[2];
    if (p->pack_a) {
        size_t steps = (size_t)bal_divide_up(k, PACK_A_K), blocks = (size_t)bal_divide_up(p->tiles, PACK_A_TILES);
        BAL_TRY(bal_run(g->pack_a, bal_items(steps, blocks, 1), bal_i32(m), bal_i32(k), bal_i32(PACK_A_TILES),
                        bal_buf(a), bal_buf(scratch)));
    }
    if (!p->pack_b || packs_own(g, p)) return BAL_OK;
    return bal_run(g->pack_b, bal_items((size_t)bal_divide_up(k, PACK_K), (size_t)p->panels, 1), bal_i32(n), bal_i32(k),
                   bal_buf(b), bal_buf(scratch), bal_i32((int)p->a_floats), bal_i32(g->trans_b));
}

static bal_status run(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                      const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch)
{
    enum { BIAS = 1, ADD = 2, PACK_B = 4 }; /* as in cl/gemm_cpu.cl */
    int  m = mnk[0], n = mnk[1], k = mnk[2];
    plan p = make_plan(g, m, n, k);
    bool own = packs_own(g, &p);
    /* the last rows, whose last panel reaches beyond the end of B */
    int beyond = p.pack_b ? 0 : bal_divide_up(p.panels * p.width - n, n);
    int rows = p.tile.rows, flags = (bal_has(bias) ? BIAS : 0) | (beta != 0 ? ADD : 0) | (own ? PACK_B : 0);
    const bal_tensor *right = p.pack_b && !own ? scratch : b;
    BAL_TRY(pack(g, &p, a, b, mnk, scratch));
    return bal_run(g->multiply, bal_items((size_t)bal_divide_up(p.tiles, p.share), (size_t)p.panels, 1), bal_i32(m),
                   bal_i32(n), bal_i32(k), bal_i32(k - beyond), bal_i32(K_BLOCK), bal_i32(p.share), bal_i32(flags),
                   bal_buf(p.pack_a ? scratch : a), bal_i32(g->trans_a && !p.pack_a ? rows : rows * k),
                   bal_i32(g->trans_a ? 1 : k),
                   bal_i32(!g->trans_a ? 1
                           : p.pack_a  ? rows
                                       : m),
                   bal_buf(right), bal_buf(own ? scratch : c), bal_i32(p.pack_b ? (int)p.a_floats : 0),
                   bal_i32(p.pack_b ? p.width : n), bal_i32(p.pack_b ? p.width * k : p.width),
                   bal_buf(bal_has(bias) ? bias : c), bal_buf(c));
}

/* ---- the register tile ------------------------------------------------------------------------------------------ */

/* Products of all sizes share their kernels, so one of SIDE cubed stands for them. SCRATCH: enough for any tile. */
enum { SIDE = 384, SCRATCH = 2 * (SIDE + 64) * (SIDE + 64) };

typedef struct {
    const bal_variants *variants;
    bal_gemm            like, tried[BAL_VARIANTS];
    bal_tensor          a, b, c, scratch;
} trial;

static bal_status make_operands(trial *t)
{
    bal_stream  stream = bal_stream_for(1, BAL_FOR_TEST, 1, 0);
    bal_device *dev = t->like.dev;
    if (bal_has(&t->a)) return BAL_OK;
    BAL_TRY(bal_tensor_init(&t->a, dev, (bal_shape){1, 1, SIDE, SIDE}));
    BAL_TRY(bal_tensor_init(&t->b, dev, t->a.shape));
    BAL_TRY(bal_tensor_init(&t->c, dev, t->a.shape));
    BAL_TRY(bal_tensor_init(&t->scratch, dev, (bal_shape){1, 1, 1, SCRATCH}));
    BAL_TRY(bal_fill_normal(&t->a, &stream));
    return bal_fill_normal(&t->b, &stream);
}

static bal_status open_variant(void *user, int i, const bal_tensor **out)
{
    trial *t = user;
    BAL_TRY(make_operands(t));
    t->tried[i] = t->like;
    t->tried[i].rows = t->variants->list[i].rows;
    t->tried[i].vectors = t->variants->list[i].vectors;
    *out = &t->c;
    return get_kernels(&t->tried[i]);
}

static bal_status run_variant(void *user, int i)
{
    trial *t = user;
    return run(&t->tried[i], &t->c, &t->a, &t->b, NULL, (int[]){SIDE, SIDE, SIDE}, 0, &t->scratch);
}

static void list_variants(bal_variants *out, const bal_device *dev)
{
    bal_tile tile;
    for (int i = 0; bal_tile_try(&tile, dev, 32, i); i++) {
        bal_variant v = {.rows = tile.rows, .vectors = tile.vectors, .same = true};
        snprintf(v.name, sizeof v.name, "%dx%d", tile.rows, 16 * tile.vectors);
        bal_variants_add(out, v);
    }
}

static bal_status choose(bal_gemm *g)
{
    bal_variants v = {0};
    bal_variant  chosen;
    trial        t = {.variants = &v, .like = *g};
    bal_trial    how = {2.0 * SIDE * SIDE * SIDE, &t, open_variant, run_variant};
    char         key[32];
    list_variants(&v, g->dev);
    snprintf(key, sizeof key, "cpu gemm %c%c", g->trans_a ? 't' : 'n', g->trans_b ? 't' : 'n');
    bal_status  st = bal_variant_choose(&chosen, g->dev, key, &v, &how);
    bal_tensor *all[] = {&t.a, &t.b, &t.c, &t.scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) bal_tensor_free(all[i]);
    if (st != BAL_OK) return st;
    g->rows = chosen.rows;
    g->vectors = chosen.vectors;
    return BAL_OK;
}

static bal_status build(bal_gemm *g)
{
    BAL_TRY(choose(g));
    return get_kernels(g);
}

const bal_gemm_class bal_gemm_cpu = {build, scratch_size, run};
