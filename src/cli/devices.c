/* devices -- what OpenCL offers here, and which device would be used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/device.h"
#include "ballast/measure.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    bool measure;
} devices;

static const bal_option options[] = {
    BAL_OPT_BOOL(devices, measure, 0, "measure the device that would be used: bandwidth, peak, product, launch"),
    BAL_OPT_END,
};

static const char *const extensions[] = {"cl_khr_fp64",           "cl_khr_fp16",
                                         "cl_khr_subgroups",      "cl_intel_subgroups",
                                         "cl_khr_command_buffer", "cl_khr_integer_dot_product",
                                         "cl_khr_il_program",     NULL};

static bool has(const bal_device_info *d, const char *extension)
{
    size_t n = strlen(extension);

    for (const char *p = d->extensions; (p = strstr(p, extension)); p += n)
        if ((p == d->extensions || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
    return false;
}

/* Why this one: the words behind "would be used". */
static const char *reason(const bal_device_info *list, int used, const char *which)
{
    const char *variable = getenv("BAL_DEVICE");

    if (which) return "as --device says";
    if (variable && *variable) return "as BAL_DEVICE says";
    return list[used].type == BAL_GPU ? "the first GPU" : "the first CPU, as there is no GPU";
}

static double gib(size_t bytes) { return (double)bytes / (1 << 30); }

static void say_device(const bal_device_info *d, int i)
{
    printf("%d  %s\n", i, d->name);
    printf("   type        %s by %s\n", d->type == BAL_CPU ? "CPU" : "GPU", d->vendor);
    printf("   platform    %s\n", d->platform);
    printf("   version     %s\n", d->version);
    printf("   driver      %s\n", d->driver);
    printf("   units       %d at %d MHz, vectors of %d floats\n", d->units, d->clock, d->vector_width);
    printf("   memory      %.1f GiB, largest buffer %.1f GiB, local %zu KiB, cache %.1f MiB\n", gib(d->memory),
           gib(d->max_buffer), d->local_memory / 1024, (double)d->cache / (1 << 20));
    printf("   extensions ");
    for (const char *const *e = extensions; *e; e++)
        if (has(d, *e)) printf(" %s", *e);
    printf("\n");
}

static void say_device_json(const bal_device_info *d, int i, bool used)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddNumberToObject(o, "device", i);
    cJSON_AddStringToObject(o, "name", d->name);
    cJSON_AddStringToObject(o, "type", d->type == BAL_CPU ? "cpu" : "gpu");
    cJSON_AddStringToObject(o, "vendor", d->vendor);
    cJSON_AddStringToObject(o, "platform", d->platform);
    cJSON_AddStringToObject(o, "version", d->version);
    cJSON_AddStringToObject(o, "driver", d->driver);
    cJSON_AddNumberToObject(o, "units", d->units);
    cJSON_AddNumberToObject(o, "clock_mhz", d->clock);
    cJSON_AddNumberToObject(o, "vector_width", d->vector_width);
    cJSON_AddNumberToObject(o, "memory_bytes", (double)d->memory);
    cJSON_AddNumberToObject(o, "max_buffer_bytes", (double)d->max_buffer);
    cJSON_AddNumberToObject(o, "local_memory_bytes", (double)d->local_memory);
    cJSON_AddNumberToObject(o, "cache_bytes", (double)d->cache);
    cJSON *list = cJSON_AddArrayToObject(o, "extensions");
    for (const char *const *e = extensions; *e; e++)
        if (has(d, *e)) cJSON_AddItemToArray(list, cJSON_CreateString(*e));
    cJSON_AddBoolToObject(o, "used", used);
    bal_say_json(o);
}

static void say_measured(const bal_measured *m)
{
    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "copy_gbps", m->copy_gbps);
        cJSON_AddNumberToObject(o, "peak_gflops", m->peak_gflops);
        cJSON_AddNumberToObject(o, "gemm_gflops", m->gemm_gflops);
        cJSON_AddNumberToObject(o, "launch_us", m->launch_us);
        bal_say_json(o);
        return;
    }
    printf("   copy        %.1f GB/s, read and written\n", m->copy_gbps);
    printf("   peak        %.0f GFLOP/s of multiply-adds\n", m->peak_gflops);
    printf("   product     %.0f GFLOP/s, 1152 x 1152 x 1152\n", m->gemm_gflops);
    printf("   launch      %.1f us\n", m->launch_us);
}

static bal_status measure(const bal_args *args)
{
    const bal_device_settings settings = {.which = args->device};
    bal_device               *dev;
    bal_measured              m;

    BAL_TRY(bal_device_open(&dev, &settings));
    bal_status st = bal_measure(&m, dev);
    if (!st) say_measured(&m);
    bal_device_close(dev);
    return st;
}

static int run(const bal_args *args)
{
    const devices   *o = args->own;
    bal_device_info *list;
    int              count;
    bal_status       st = bal_devices_list(&list, &count);

    if (st) return bal_done(st);
    int used = bal_devices_choose(list, count, args->device);
    for (int i = 0; i < count; i++) {
        if (args->json) say_device_json(&list[i], i, i == used);
        else say_device(&list[i], i);
    }
    if (used >= 0 && !args->json) printf("\n%d would be used: %s.\n", used, reason(list, used, args->device));
    free(list);
    if (used < 0) return bal_done(BAL_ECL);
    return o->measure ? bal_done(measure(args)) : BAL_EXIT_DONE;
}

const bal_verb bal_verb_devices = {
    .name = "devices",
    .group = BAL_VERB_LOOK,
    .usage = "",
    .help = "what OpenCL offers here, and which device would be used",
    .details = "Without --device it is what the variable BAL_DEVICE names, else the first GPU, else a CPU.",
    .examples = "Which device is used, and how fast is it?\n"
                "    ballast devices --measure",
    .takes = BAL_TAKES_DEVICE,
    .size = sizeof(devices),
    .options = options,
    .run = run,
};
