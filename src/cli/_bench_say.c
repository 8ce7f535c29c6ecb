/* bench_say -- the figures of a step as a table, or as a line of JSON. */
#include <stdio.h>
#include "ballast/version.h"
#include "cli/_bench.h"
#include "cli/progress.h"

double bal_bench_of_peak(const bal_bench_row *r, const bal_measured *peak, bool *memory)
{
    double compute = peak->peak_gflops > 0 ? r->flops / (peak->peak_gflops * 1e6) : 0;
    double moving = peak->copy_gbps > 0 ? r->bytes / (peak->copy_gbps * 1e6) : 0;
    *memory = moving > compute;
    return r->ms.median > 0 ? (*memory ? moving : compute) / r->ms.median : 0;
}

static double rate(double work, double ms) { return ms > 0 ? work / (ms * 1e6) : 0; }

static void say_row(const bal_bench *b, const bal_bench_row *r)
{
    bool   memory;
    double share = bal_bench_of_peak(r, &b->peak, &memory);
    printf("%-44s %9.2f %6.1f%%", r->name, r->ms.median, 100 * r->ms.median / b->busy_ms);
    if (r->flops > 0) printf(" %8.1f", rate(r->flops, r->ms.median));
    else printf(" %8s", "");
    if (r->bytes > 0) printf(" %7.1f", rate(r->bytes, r->ms.median));
    else printf(" %7s", "");
    if (share > 0) printf(" %5.0f%% %s", 100 * share, memory ? "bandwidth" : "FLOP/s   ");
    else if (r->algorithm[0]) printf(" %16s", "");
    printf("%s%s\n", r->algorithm[0] ? "  " : "", r->algorithm);
}

static double images_per_second(const bal_bench *b, double ms) { return ms > 0 ? b->batch / ms * 1e3 : 0; }

static double mib(size_t bytes) { return (double)bytes / (1 << 20); }

void bal_bench_say(const bal_bench *b)
{
    const bal_spread *step = &b->step_ms;
    printf("%s: %.1f images/s, step %.1f ms (half of them %.1f to %.1f; batch %d), first step %.1f s\n", b->trainer,
           images_per_second(b, step->median), step->median, step->low, step->high, b->batch, b->first_ms * 1e-3);
    printf("in use %.1f images/s; %d launches a step; %.0f MiB on the device, %.0f of them must live\n\n",
           images_per_second(b, b->inference_ms), b->launches, mib(b->held), mib(b->needed));
    printf("%-44s %9s %7s %8s %7s %s\n", "", "ms", "share", "GFLOP/s", "GB/s",
           b->peak.peak_gflops > 0 ? "of peak" : "");
    for (int i = 0; i < b->count; i++) say_row(b, &b->rows[i]);
    printf("%-44s %9.2f  of a step of %.2f ms\n", "all launches", b->busy_ms, step->median);
    printf("%-44s %9.2f  so %.1f %% of the step is outside them\n\n", "convolutions and products", b->heavy_ms,
           100 * (1 - b->heavy_ms / step->median));
}

static void add_spread(cJSON *o, const char *name, const bal_spread *s)
{
    char key[48];
    cJSON_AddNumberToObject(o, name, s->median);
    snprintf(key, sizeof key, "%s_low", name);
    cJSON_AddNumberToObject(o, key, s->low);
    snprintf(key, sizeof key, "%s_high", name);
    cJSON_AddNumberToObject(o, key, s->high);
}

static cJSON *row_json(const bal_bench *b, const bal_bench_row *r)
{
    cJSON *o = cJSON_CreateObject();
    bool   memory;
    double share = bal_bench_of_peak(r, &b->peak, &memory);
    cJSON_AddStringToObject(o, "scope", r->name);
    if (r->algorithm[0]) cJSON_AddStringToObject(o, "algorithm", r->algorithm);
    add_spread(o, "ms", &r->ms);
    cJSON_AddNumberToObject(o, "share", b->busy_ms > 0 ? r->ms.median / b->busy_ms : 0);
    cJSON_AddNumberToObject(o, "launches", r->launches);
    cJSON_AddNumberToObject(o, "calls", r->calls);
    cJSON_AddNumberToObject(o, "flops", r->flops);
    cJSON_AddNumberToObject(o, "bytes", r->bytes);
    if (r->channels) cJSON_AddNumberToObject(o, "channels", r->channels);
    if (r->channels) cJSON_AddNumberToObject(o, "weights", (double)r->weights);
    if (r->flops > 0) cJSON_AddNumberToObject(o, "gflops", rate(r->flops, r->ms.median));
    if (r->bytes > 0) cJSON_AddNumberToObject(o, "gbps", rate(r->bytes, r->ms.median));
    if (share > 0) cJSON_AddNumberToObject(o, "of_peak", share);
    if (share > 0) cJSON_AddStringToObject(o, "bound", memory ? "bandwidth" : "flops");
    return o;
}

void bal_bench_say_json(const bal_bench *b)
{
    cJSON *o = cJSON_CreateObject(), *layers;
    cJSON_AddStringToObject(o, "version", bal_version());
    cJSON_AddStringToObject(o, "commit", bal_commit());
    cJSON_AddStringToObject(o, "trainer", b->trainer);
    cJSON_AddNumberToObject(o, "batch", b->batch);
    cJSON_AddNumberToObject(o, "images_per_second", images_per_second(b, b->step_ms.median));
    add_spread(o, "step_ms", &b->step_ms);
    cJSON_AddNumberToObject(o, "first_step_ms", b->first_ms);
    cJSON_AddNumberToObject(o, "inference_images_per_second", images_per_second(b, b->inference_ms));
    cJSON_AddNumberToObject(o, "launches", b->launches);
    cJSON_AddNumberToObject(o, "launches_ms", b->busy_ms);
    cJSON_AddNumberToObject(o, "heavy_ms", b->heavy_ms);
    cJSON_AddNumberToObject(o, "device_bytes", (double)b->held);
    cJSON_AddNumberToObject(o, "device_bytes_needed", (double)b->needed);
    if (b->peak.peak_gflops > 0) {
        cJSON_AddNumberToObject(o, "peak_gflops", b->peak.peak_gflops);
        cJSON_AddNumberToObject(o, "peak_gbps", b->peak.copy_gbps);
    }
    layers = cJSON_AddArrayToObject(o, "layers");
    for (int i = 0; i < b->count; i++) cJSON_AddItemToArray(layers, row_json(b, &b->rows[i]));
    bal_say_json(o);
}
