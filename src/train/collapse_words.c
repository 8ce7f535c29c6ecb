/* collapse_words -- alarms in sentences. See include/ballast/collapse.h. */
#include <stdio.h>
#include <stdlib.h>
#include "ballast/collapse.h"

const char *const bal_alarm_kinds[] = {"", "not finite", "one answer", "chance", "prior", "vanished", NULL};
const char *const bal_alarm_causes[] = {"not known",    "too few updates",        "rate too high",
                                        "rate too low", "not shuffled",           "stale batch norm",
                                        "outputs",      "classes differ in size", NULL};

static void put_seen(FILE *to, const bal_alarm *a, const bal_collapse_history *h, const char *name, int known)
{
    const bal_collapse_epoch *e = &h->epoch[h->count - 1];
    fprintf(to, "training has collapsed at epoch %d (%d updates): ", e->epoch, e->step);
    switch (a->kind) {
    case BAL_ALARM_ONE_ANSWER:
        fprintf(to, "%.0f %% of the validation images are answered %s", 100 * e->share[a->class], name);
        break;
    case BAL_ALARM_CHANCE: fputs("classes are not told apart", to); break;
    case BAL_ALARM_PRIOR:
        fprintf(to, "nearly all probability is one class's, %s with %.2f on average", name, e->mean[a->class]);
        break;
    case BAL_ALARM_VANISHED: fprintf(to, "%s was answered earlier and is no more", name); break;
    default: fputs("a loss or a gradient is not finite", to);
    }
    if (a->kind == BAL_ALARM_NOT_FINITE) return;
    fprintf(to, ", for %d epoch%s; balanced accuracy on validation %.2f, guessing %.2f", a->epochs,
            a->epochs == 1 ? "" : "s", e->validation_balanced_accuracy, 1.0 / known);
}

static void put_cause(FILE *to, const bal_alarm *a, const bal_collapse_epoch *e)
{
    static const char *const advice[] = {
        [BAL_CAUSE_UNKNOWN] = "Cause not known; try a lower rate, sampler = balanced, and look at the images",
        [BAL_CAUSE_FEW_UPDATES] = "Likely cause: too few updates; a net needs some hundreds, so give it more epochs",
        [BAL_CAUSE_RATE_HIGH] = "Likely cause: the learning rate is too high; try a tenth",
        [BAL_CAUSE_RATE_LOW] = "Likely cause: the learning rate is too low, only how frequent classes are was learnt; "
                               "try ten times as much, or more epochs",
        [BAL_CAUSE_UNSHUFFLED] = "Likely cause: images are not shuffled, a batch has one class; shuffle = on",
        [BAL_CAUSE_OUTPUTS] = "Likely cause: the last layer keeps outputs in a range where the loss wants logits; take "
                              "that layer out",
        [BAL_CAUSE_IMBALANCE] = "Likely cause: classes of very different size; try sampler = balanced or weights = "
                                "inverse",
    };
    if (a->cause == BAL_CAUSE_STALE_NORM)
        fprintf(to,
                "Likely cause: running statistics of batch_norm lag behind, for train accuracy is %.2f; try "
                "momentum=0.1 or more updates",
                e->train_accuracy);
    else fputs(advice[a->cause], to);
}

bal_status bal_collapse_words(char **out, const bal_alarm *alarm, const bal_collapse_run *run,
                              const bal_collapse_history *h, const char *const *classes)
{
    size_t size;
    int    known = 0;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_fail(BAL_ENOMEM, "no memory for words");
    for (int k = 0; k < h->classes; k++) known += run->validation[k] > 0;
    put_seen(to, alarm, h, classes[alarm->class], known);
    fputs(". ", to);
    put_cause(to, alarm, &h->epoch[h->count - 1]);
    return fclose(to) == 0 ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for words");
}

bal_status bal_collapse_say_acts(char **out, int acts)
{
    static const char *const words[BAL_RESCUE_ACTS] = {"back to the last good state",
                                                       "a tenth of the learning rate",
                                                       "ten times the learning rate",
                                                       "output bias set by class shares",
                                                       "balanced sampler",
                                                       "shuffled",
                                                       "batch_norm momentum 0.1"};
    size_t                   size;
    bool                     any = false;
    FILE                    *to = open_memstream(out, &size);
    if (!to) return bal_fail(BAL_ENOMEM, "no memory for words");
    for (int i = 0; i < BAL_RESCUE_ACTS; i++)
        if (acts & 1 << i) fprintf(to, "%s%s", any ? ", " : "", words[i]), any = true;
    if (!any) fputs("nothing", to);
    return fclose(to) == 0 ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for words");
}
