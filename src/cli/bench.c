/* bench -- how fast a configuration trains here, and which layers take the time; without one, the kernels alone. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/_bench.h"
#include "cli/_sweep.h"
#include "cli/_trace.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    int         steps, sweep_seconds;
    bool        peaks;
    const char *compare, *trace, *sweep;
} bench;

static const bal_option options[] = {
    BAL_OPT(bench, steps, BAL_INT, 10, 1, BAL_BENCH_MOST_STEPS, "steps to time, after three that are not"),
    BAL_OPT_BOOL(bench, peaks, 1, "measure the device first, to compare the layers' rates with; --peaks=off does not"),
    BAL_OPT_TEXT(bench, compare, NULL,
                 "file of an earlier --json: also say what has become faster or slower, beyond the noise"),
    BAL_OPT_TEXT(
        bench, sweep, NULL,
        "file for a plot instead: how a step's time grows with batch, image size, width and cores, in minutes"),
    BAL_OPT(bench, sweep_seconds, BAL_INT, 240, 1, 86400, "no point of a sweep begins later"),
    BAL_OPT_TRACE(bench),
    BAL_OPT_END,
};

static bal_status bench_subject(const bal_bench_job *job, const bench *o, const bal_measured *peak, int which)
{
    bal_bench *b = calloc(1, sizeof *b);
    if (!b) return bal_fail(BAL_ENOMEM, "no memory for a profile");
    b->peak = *peak;
    bal_status st = bal_bench_subject(b, job, which);
    if (st == BAL_OK) (bal_speaks_json() ? bal_bench_say_json : bal_bench_say)(b);
    if (st == BAL_OK && o->compare) st = bal_bench_compare(b, o->compare);
    free(b);
    return st;
}

static bal_status measure_peaks(bal_measured *out, bal_device *dev, const bench *o)
{
    const bal_device_info *info = bal_device_describe(dev);
    if (o->peaks) BAL_TRY(bal_measure(out, dev));
    if (bal_speaks_json()) return BAL_OK;
    printf("%s, driver %s", info->name, info->driver);
    if (o->peaks) printf(": peak %.0f GFLOP/s, copy %.1f GB/s", out->peak_gflops, out->copy_gbps);
    printf("\n\n");
    return BAL_OK;
}

static bal_status bench_config(const bal_args *a, bal_setup *s)
{
    const bench *o = a->own;
    bal_dataset *data = NULL;
    bal_device  *dev = NULL;
    bal_measured peak = {0};
    bal_status   st;
    BAL_TRY_OR(end, st, bal_dataset_open(&data, s->config, (uint64_t)s->run.seed));
    BAL_TRY_OR(end, st, bal_setup_device(&dev, s, NULL));
    BAL_TRY_OR(end, st, bal_setup_tune(s, dev, NULL));
    BAL_TRY_OR(end, st, measure_peaks(&peak, dev, o));
    bal_bench_job job = {s, data, dev, o->steps, o->trace};
    for (int which = 0; which < 2; which++)
        if (bal_subject_there(s, which)) BAL_TRY_OR(end, st, bench_subject(&job, o, &peak, which));
end:
    bal_device_close(dev);
    bal_dataset_close(data);
    return st;
}

static bal_status bench_kernels(const bal_args *a)
{
    const bench              *o = a->own;
    const bal_device_settings settings = {.which = a->device};
    bal_device               *dev;
    bal_measured              peak = {0};
    BAL_TRY(bal_device_open(&dev, &settings));
    bal_status st = measure_peaks(&peak, dev, o);
    if (st == BAL_OK) st = bal_bench_kernels(dev, &peak, o->steps);
    bal_device_close(dev);
    return st;
}

static int run(const bal_args *a)
{
    const bench *o = a->own;
    bal_setup   *s = NULL;
    if (!a->word_count && (o->compare || o->trace || o->sweep || a->set_count || a->seed >= 0))
        return bal_usage_fault(a, "--compare, --trace, --sweep, --set and --seed go with CONFIG");
    if (!a->word_count) return bal_done(bench_kernels(a));
    bal_status st = bal_args_setup(&s, a, a->word[0]);
    if (st == BAL_OK) st = o->sweep ? bal_sweep_run(s, o->sweep, o->sweep_seconds) : bench_config(a, s);
    bal_setup_close(s);
    return bal_done(st);
}

const bal_verb bal_verb_bench = {
    .name = "bench",
    .group = BAL_VERB_MEASURE,
    .usage = "[CONFIG]",
    .help = "time training steps of a configuration, and its layers",
    .details =
        "The median step, then the time of each layer and direction from the device's own clock, over as many "
        "more steps, with the\n"
        "rates of operations and bytes, as the plain sums would take them, and the share of the device's "
        "measured peak or bandwidth,\n"
        "whichever binds. Without CONFIG, the kernels alone at the shapes of two nets, DCGAN and a VGG-like one.",
    .examples = "Time steps on a GPU:\n"
                "    ballast bench cnn64.ini --device gpu\n"
                "What has a change of the kernels changed?\n"
                "    ballast bench cnn64.ini --json > before.json\n"
                "    ballast bench cnn64.ini --compare before.json\n"
                "Does anything grow faster than its arithmetic?\n"
                "    ballast bench cnn64.ini --sweep growth.svg",
    .values = "compare=OLD.json trace=FILE sweep=FILE.svg",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_SET,
    .max_words = 1,
    .size = sizeof(bench),
    .options = options,
    .run = run,
};
