/* selftest -- the known answers of every kernel on a device. */
#include <stdio.h>

#include "ballast/device.h"
#include "ballast/selftest.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *kernels;
} selftest;

static const bal_option options[] = {
    BAL_OPT_TEXT(selftest, kernels, NULL, "cpu or gpu: this class of kernels instead of the device's own"),
    BAL_OPT_END,
};

typedef struct {
    int done, failed;
} counts;

static bool say(void *user, const char *name, const char *fault)
{
    counts *c = user;

    c->done++;
    c->failed += fault != NULL;
    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "known_answer", name);
        cJSON_AddBoolToObject(o, "right", !fault);
        if (fault) cJSON_AddStringToObject(o, "fault", fault);
        bal_say_json(o);
    } else if (fault) printf("wrong: %s: %s\n", name, fault);
    bal_progress_update(c->done, NULL, 0);
    return !bal_stop_requested;
}

static int run(const bal_args *args)
{
    const selftest     *o = args->own;
    bal_device_settings settings = {.which = args->device, .kernels = o->kernels};
    bal_device         *dev;
    counts              c = {0};

    bal_status st = bal_device_open(&dev, &settings);
    if (st) return bal_done(st);
    bal_progress_begin("selftest", "answer", bal_selftest_count(), 0);
    st = bal_selftest(dev, say, &c);
    bal_progress_end();
    if (!args->json)
        printf("%s, %s kernels: %d of %d known answers right\n", bal_device_describe(dev)->name,
               bal_device_class(dev) == BAL_CPU ? "CPU" : "GPU", c.done - c.failed, bal_selftest_count());
    bal_device_close(dev);
    return st || c.done < bal_selftest_count() ? BAL_EXIT_FAILED : BAL_EXIT_DONE;
}

const bal_verb bal_verb_selftest = {
    .name = "selftest",
    .group = BAL_VERB_MEASURE,
    .usage = "",
    .help = "known answers of every kernel on a device",
    .details = "Runs each layer forward and backward, each loss and optimizer, and the operations below them on fixed "
               "inputs, and\n"
               "compares with double precision. Exit 1 if an answer is wrong.",
    .examples = "Is every kernel right on the second device?\n"
                "    ballast selftest --device 1",
    .values = "kernels=cpu|gpu",
    .takes = BAL_TAKES_DEVICE,
    .size = sizeof(selftest),
    .options = options,
    .run = run,
};
