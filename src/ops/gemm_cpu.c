/* gemm_cpu -- products in register tiles; see cl/gemm_cpu.cl. */
#include "gemm_class.h"
#include "tile.h"

/* K_BLOCK: a panel of this depth fills half of a second-level cache. IN_PLACE: B is not worth packing for so few tiles.
 * ITEM_WORK: multiplications that make a work-item worth its launch. ITEMS: as many at least, if there are tiles
 * enough. */
enum { K_BLOCK = 4096, IN_PLACE = 8, ITEM_WORK = 1 << 19, ITEMS = 64, PACK_K = 64, PACK_A_K = 16, PACK_A_TILES = 32 };

/* A product's sizes in tiles and what is packed where. */
typedef struct {
    bal_tile tile;
    int      width, tiles, panels; /* floats in a panel's row; tiles below, panels beside each other */
    bool     pack_b;
    size_t   a_floats, b_floats;
} plan;

static plan make_plan(const bal_gemm *g, int m, int n, int k)
{
    plan p = {.tile = bal_tile_choose(g->dev, 32)};
    p.width = 16 * p.tile.vectors;
    p.tiles = bal_divide_up(m, p.tile.rows);
    p.panels = bal_divide_up(n, p.width);
    p.pack_b = g->trans_b || n % p.width != 0 || p.tiles > IN_PLACE;
    p.a_floats = g->trans_a ? ((size_t)(p.tiles * p.tile.rows) * (size_t)k + 15) / 16 * 16 : 0;
    p.b_floats = p.pack_b ? (size_t)p.panels * (size_t)p.width * (size_t)k : 0;
    return p;
}

static size_t scratch_size(const bal_gemm *g, int m, int n, int k)
{
    plan p = make_plan(g, m, n, k);
    return p.a_floats + p.b_floats;
}

static bal_status build(bal_gemm *g)
{
    char     text[128];
    bal_tile tile = bal_tile_choose(g->dev, 32);
    BAL_TRY(bal_kernel_get(&g->pack_a, g->dev, "gemm_cpu", "gemm_pack_a", bal_tile_options(text, tile, "")));
    bal_tile_options(text, tile, g->trans_b ? " -DTRANSPOSED" : "");
    BAL_TRY(bal_kernel_get(&g->pack_b, g->dev, "gemm_cpu", "gemm_pack_b", text));
    bal_tile_options(text, tile, g->trans_a ? " -DPACKED_A" : "");
    return bal_kernel_get(&g->multiply, g->dev, "gemm_cpu", "gemm_multiply", text);
}

/* Tiles to a work-item. */
static int share(const plan *p, int k)
{
    long long work = (long long)p->tile.rows * p->width * k;
    int       most = bal_divide_up(p->tiles * p->panels, ITEMS), enough = (int)(ITEM_WORK / work) + 1;
    return enough < most ? enough : most;
}

static bal_status pack(const bal_gemm *g, const plan *p, const bal_tensor *a, const bal_tensor *b, const int mnk[3],
                       const bal_tensor *scratch)
{
    int m = mnk[0], n = mnk[1], k = mnk[2];
    if (g->trans_a) {
        size_t steps = (size_t)bal_divide_up(k, PACK_A_K), blocks = (size_t)bal_divide_up(p->tiles, PACK_A_TILES);
        BAL_TRY(bal_run(g->pack_a, bal_items(steps, blocks, 1), bal_i32(m), bal_i32(k), bal_i32(PACK_A_TILES),
                        bal_buf(a), bal_buf(scratch)));
    }
    if (!p->pack_b) return BAL_OK;
    return bal_run(g->pack_b, bal_items((size_t)bal_divide_up(k, PACK_K), (size_t)p->panels, 1), bal_i32(n), bal_i32(k),
                   bal_buf(b), bal_buf(scratch), bal_i32((int)p->a_floats));
}

static bal_status run(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                      const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch)
{
    int               m = mnk[0], n = mnk[1], k = mnk[2];
    plan              p = make_plan(g, m, n, k);
    const bal_tensor *left = g->trans_a ? scratch : a, *right = p.pack_b ? scratch : b;
    int               b_at = p.pack_b ? (int)p.a_floats : 0, b_row = p.pack_b ? p.width : n,
        b_panel = p.pack_b ? p.width * k : p.width;
    BAL_TRY(pack(g, &p, a, b, mnk, scratch));
    for (int first = 0; first < k; first += K_BLOCK) {
        int count = k - first < K_BLOCK ? k - first : K_BLOCK, tiles = share(&p, count);
        int flags = (first == 0 && bal_has(bias) ? 1 : 0) | (first > 0 || beta != 0 ? 2 : 0);
        BAL_TRY(bal_run(g->multiply, bal_items((size_t)bal_divide_up(p.tiles, tiles), (size_t)p.panels, 1), bal_i32(m),
                        bal_i32(n), bal_i32(k), bal_i32(first), bal_i32(count), bal_i32(tiles), bal_i32(flags),
                        bal_buf(left), bal_i32(0), bal_buf(right), bal_i32(b_at), bal_i32(b_row), bal_i32(b_panel),
                        bal_buf(bal_has(bias) ? bias : c), bal_buf(c)));
    }
    return BAL_OK;
}

const bal_gemm_class bal_gemm_cpu = {build, scratch_size, run};
