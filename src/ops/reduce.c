/* reduce -- see ballast/reduce.h and cl/reduce.cl. */
#include "ballast/reduce.h"

#include <assert.h>

/* FEW_ROWS: as many as one work-item adds up; FEW_FLOATS: as one work-group does, and what a pass leaves of one
 * column. */
enum { FEW_ROWS = 1024, FOLD = 64, MOST_CHUNKS = 1024, LEAST_CHUNK = 64, FEW_FLOATS = FOLD * MOST_CHUNKS, LANES = 64 };

/* One pass: [total / c][c] becomes [chunks * wide / c][c]. */
typedef struct {
    int wide, chunk, chunks;
} pass;

static size_t gcd(size_t a, size_t b)
{
    while (b) {
        size_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

static pass plan(size_t total, int c)
{
    size_t wide = (size_t)c / gcd((size_t)c, FOLD) * FOLD;
    size_t rows = divide_up(total, wide);
    size_t chunks = divide_up(rows, LEAST_CHUNK);
    if (chunks > MOST_CHUNKS) chunks = MOST_CHUNKS;
    size_t chunk = divide_up(rows, chunks);
    pass   p = {(int)wide, (int)chunk, (int)divide_up(rows, chunk)};
    return p;
}

static size_t pass_size(pass p) { return (size_t)p.wide * (size_t)p.chunks; }

/* More than `few` rows, and a pass would leave fewer. */
static bool worthwhile(size_t total, int c, size_t few)
{
    return total / (size_t)c > few && pass_size(plan(total, c)) < total;
}

static size_t scratch_size(size_t total, int c, size_t few)
{
    size_t size = 0;
    while (worthwhile(total, c, few)) {
        total = pass_size(plan(total, c));
        size += total;
    }
    return size;
}

/* What is left to add up: `total` floats of `data` from `at` on, to this power. */
typedef struct {
    const bal_tensor *data;
    size_t            total;
    int               at, power;
} pending;

/* To `few` rows. */
static bal_status shrink(pending *r, int c, size_t few, const bal_tensor *scratch)
{
    bal_device *dev = r->data->dev;
    size_t      vectors = bal_device_class(dev) == BAL_CPU ? 4 : 1; /* to a work-item: U of cl/reduce.cl */
    bal_kernel *kernel;
    assert(scratch_size(r->total, c, few) == 0 ||
           (bal_has(scratch) && (size_t)bal_size(scratch) >= scratch_size(r->total, c, few)));
    for (int next = 0; worthwhile(r->total, c, few);) {
        pass   p = plan(r->total, c);
        size_t size = pass_size(p);
        BAL_TRY(bal_kernel_get(&kernel, dev, "reduce", "reduce_rows", bal_storage(r->data->half, false)));
        BAL_TRY(bal_run(kernel, bal_flat(dev, size / vectors), bal_buf(scratch), bal_i32(next), bal_buf(r->data),
                        bal_i32(r->at), bal_i32((int)r->total), bal_i32(p.wide), bal_i32(p.chunk), bal_i32(p.chunks),
                        bal_i32(r->power)));
        *r = (pending){scratch, size, next, 1};
        next += (int)size;
    }
    return BAL_OK;
}

size_t bal_column_scratch(bal_device *dev, size_t rows, int c)
{
    (void)dev;
    return scratch_size(rows * (size_t)c, c, FEW_ROWS);
}

bal_status bal_column_sum(const bal_tensor *sum, const bal_tensor *x, bool add, const bal_tensor *scratch)
{
    int         c = x->shape.c;
    bal_device *dev = x->dev;
    bal_kernel *finish;
    pending     r = {x, bal_shape_size(x->shape), 0, 1};
    assert(bal_size(sum) == c);
    BAL_TRY(shrink(&r, c, FEW_ROWS, scratch));
    BAL_TRY(bal_kernel_get(&finish, dev, "reduce", "reduce_finish", bal_storage(r.data->half, false)));
    return bal_run(finish, bal_flat(dev, (size_t)c), bal_buf(sum), bal_buf(r.data), bal_i32(r.at),
                   bal_i32((int)(r.total / (size_t)c)), bal_i32(c), bal_i32(add));
}

bal_status bal_add(const bal_tensor *y, const bal_tensor *x)
{
    bal_kernel *add;
    assert(bal_size(y) == bal_size(x) && y->half == x->half);
    BAL_TRY(bal_kernel_get(&add, y->dev, "reduce", "reduce_add", bal_storage(y->half, false)));
    return bal_run(add, bal_flat(y->dev, bal_shape_size(y->shape)), bal_buf(y), bal_buf(x), bal_i32(bal_size(x)));
}

size_t bal_norm_scratch(bal_device *dev, size_t count)
{
    (void)dev;
    return scratch_size(count, 1, FEW_FLOATS);
}

bal_status bal_norm(const bal_tensor *out, int index, const bal_tensor *x, const bal_tensor *scratch)
{
    bal_kernel *norm;
    pending     r = {x, bal_shape_size(x->shape), 0, 2};
    assert(index >= 0 && index < bal_size(out));
    BAL_TRY(shrink(&r, 1, FEW_FLOATS, scratch));
    BAL_TRY(bal_kernel_get(&norm, x->dev, "reduce", "reduce_norm", ""));
    return bal_run(norm, bal_groups(1, 1, 1, LANES, 1), bal_buf(out), bal_i32(index), bal_buf(r.data), bal_i32(r.at),
                   bal_i32((int)r.total), bal_i32(r.power));
}
