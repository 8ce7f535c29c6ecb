/* guarded -- see guarded.h. */
#include "guarded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/rng.h"

bal_status bal_test_devices_open(bal_test_devices *out)
{
    static const char *const classes[] = {"cpu", "gpu"};
    const char              *only = getenv("BAL_KERNELS");
    memset(out, 0, sizeof *out);
    for (int i = 0; i < 2; i++) {
        bal_device_settings settings = {.kernels = classes[i]};
        if (only && strcmp(only, classes[i]) != 0) continue;
        BAL_TRY(bal_device_open(&out->dev[out->count], &settings));
        out->count++;
    }
    return out->count ? BAL_OK : bal_fail(BAL_ECONFIG, "BAL_KERNELS is neither cpu nor gpu");
}

void bal_test_devices_close(bal_test_devices *devices)
{
    for (int i = 0; i < devices->count; i++) bal_device_close(devices->dev[i]);
    devices->count = 0;
}

bal_test_devices bal_test_all;

int bal_test_setup(void **state)
{
    (void)state;
    return bal_test_devices_open(&bal_test_all) == BAL_OK ? 0 : -1;
}

int bal_test_teardown(void **state)
{
    (void)state;
    bal_test_devices_close(&bal_test_all);
    return 0;
}

const char *bal_test_class(const bal_device *dev)
{
    return bal_device_class(dev) == BAL_CPU ? "cpu kernels" : "gpu kernels";
}

bool bal_test_small(void)
{
    const char *small = getenv("BAL_TEST_SMALL");
    return small && strcmp(small, "1") == 0;
}

static bool outside(size_t i, size_t n) { return i < BAL_ALIGN || i >= BAL_ALIGN + n; }

bal_status bal_guarded_init(bal_guarded *g, bal_device *dev, bal_shape shape, const float *values)
{
    static uint32_t made;
    size_t          n = bal_shape_size(shape), size = BAL_ALIGN + bal_align(n) + BAL_ALIGN;
    *g = (bal_guarded){.host = malloc(size * sizeof *g->host), .guard = 0x7FC00000u | (++made & 0x3FFFFFu)};
    if (!g->host) return bal_fail(BAL_ENOMEM, "no memory for a guarded tensor");
    BAL_TRY(bal_tensor_init(&g->all, dev, (bal_shape){1, 1, 1, (int)size}));
    BAL_TRY(bal_tensor_view(&g->t, &g->all, BAL_ALIGN, shape));
    for (size_t i = 0; i < size; i++) {
        if (outside(i, n)) memcpy(&g->host[i], &g->guard, sizeof g->guard);
        else g->host[i] = values ? values[i - BAL_ALIGN] : NAN;
    }
    return bal_tensor_write(&g->all, g->host);
}

bool bal_guarded_read(bal_guarded *g)
{
    size_t n = bal_shape_size(g->t.shape), size = bal_shape_size(g->all.shape);
    bool   intact = bal_tensor_read(&g->all, g->host) == BAL_OK;
    for (size_t i = 0; i < size && intact; i++) {
        if (!outside(i, n)) continue;
        intact = memcmp(&g->host[i], &g->guard, sizeof g->guard) == 0;
        g->hit = (long)i - BAL_ALIGN;
    }
    memmove(g->host, g->host + BAL_ALIGN, n * sizeof *g->host);
    return intact;
}

void bal_guarded_free(bal_guarded *g)
{
    bal_tensor_free(&g->t);
    bal_tensor_free(&g->all);
    free(g->host);
    memset(g, 0, sizeof *g);
}

void bal_test_random(float *out, double *same, size_t n, double spread, unsigned salt)
{
    bal_stream s = bal_stream_for(20, BAL_FOR_TEST, salt, 0);
    for (size_t i = 0; i < n; i++) {
        float v = (float)(spread * (0.05 + 0.95 * (double)bal_random_uniform(&s, 2 * i)));
        if (bal_random_bits(&s, 2 * i + 1) & 1) v = -v;
        if (out) out[i] = v;
        if (same) same[i] = (double)v;
    }
}
