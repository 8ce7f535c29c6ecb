/* classifier_rescue -- what is done about a training that has collapsed. All of it is in last.safetensors, so that a
 * run that goes on does the same. See train/classifier_parts.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "train/classifier_parts.h"

enum { MOST_RESCUES = 3 };

static const double norm_momentum = 0.1, rate_step = 10, most_shift = 3; /* of a bias, in logits */

/* ---- acts -------------------------------------------------------------------------------------------------------- */

static bool has_adjusting_loss(const bal_loss *l)
{
    for (const bal_option *o = l->def->options; o && o->name; o++)
        if (strcmp(o->name, "adjust") == 0) return bal_option_number(l->def->options, l->self, "adjust") > 0;
    return false;
}

/* Whether the loss makes up for rare classes already. */
static bool is_weighted(const bal_classifier *c)
{
    for (int k = 1; k < c->watch.seen.classes; k++)
        if (c->weight[k] != c->weight[0]) return true;
    return has_adjusting_loss(&c->loss);
}

static bool has_slow_norm(const bal_classifier *c)
{
    for (int i = 0; i < bal_net_count(c->net); i++) {
        const bal_layer *l = bal_net_layer(c->net, i);
        if (strcmp(l->def->name, "batch_norm") == 0 &&
            bal_option_number(l->def->options, l->self, "momentum") < norm_momentum)
            return true;
    }
    return false;
}

static bal_status quicken_norm(bal_classifier *c)
{
    for (int i = 0; i < bal_net_count(c->net); i++) {
        const bal_layer *l = bal_net_layer(c->net, i);
        if (strcmp(l->def->name, "batch_norm") == 0 &&
            bal_option_number(l->def->options, l->self, "momentum") < norm_momentum)
            BAL_TRY(bal_option_set(l->def->options, l->self, "layer", "momentum", "0.1", l->at));
    }
    return BAL_OK;
}

static bal_status load_good(const char *path, void *user)
{
    bal_classifier *c = user;
    bal_checkpoint *from;
    BAL_TRY(bal_checkpoint_read(&from, path));
    bal_status st = bal_learner_get(&c->learn, from, "");
    bal_checkpoint_free(from);
    c->watch.behind = c->step - c->learn.t;
    c->learn.settings.total = c->total - c->watch.behind;
    return st;
}

static bal_status find_file(const char *path, void *user)
{
    *(bool *)user = bal_file_exists(path);
    return BAL_OK;
}

bool bal_classifier_can_restart(const bal_classifier *c)
{
    bool found = false;
    return bal_path_use(c->job.folder, "good.safetensors", find_file, &found) == BAL_OK && found;
}

/* The epoch of good.safetensors; NULL: before the first. */
static const bal_collapse_epoch *good_epoch(const bal_classifier *c)
{
    const bal_collapse_history *h = &c->watch.seen;
    int                         best = bal_history_best(&c->history);
    for (int i = 0; best >= 0 && i < h->count; i++)
        if (h->epoch[i].epoch == c->history.epoch[best].epoch)
            return bal_collapse_is_good(&c->watch.run, h, i) ? &h->epoch[i] : NULL;
    return NULL;
}

static double logit_of(const bal_classifier *c, double p)
{
    bool odds = bal_net_out(c->net).c == 1 || c->loss.def->logistic;
    return log(p) - (odds ? log(1 - p) : 0);
}

/* What the last layer adds to output k becomes what makes the mean probability the share that training shows. */
static void move_bias(const bal_classifier *c, float *value, int outputs)
{
    const bal_collapse_epoch *good = good_epoch(c);
    int                       classes = c->watch.seen.classes;
    bool                      even = c->o.sampler != BAL_SAMPLE_INSTANCE;
    double                    all = 0;
    for (int k = 0; k < classes; k++) all += even ? 1 : fmax(c->images[k], 1);
    for (int k = 0; k < outputs; k++) {
        int class = outputs == 1 ? 1 : k;
        double to = logit_of(c, (even ? 1 : fmax(c->images[class], 1)) / all);
        if (!good) value[k] = (float)to;
        else {
            double from = logit_of(c, fmin(fmax(good->mean[class], 1e-6), 1 - 1e-6));
            value[k] += (float)fmin(fmax(to - from, -most_shift), most_shift);
        }
    }
}

static bal_status correct_bias(bal_classifier *c)
{
    bal_where         at;
    int               outputs = bal_net_out(c->net).c;
    const bal_weight *bias = bal_net_output_bias(c->net, &at);
    float            *value = calloc((size_t)outputs, sizeof *value);
    bal_status        st =
        value ? bal_tensor_read(&bias->v, value) : bal_fail(BAL_ENOMEM, "no memory for %d outputs", outputs);
    if (st == BAL_OK) {
        move_bias(c, value, outputs);
        st = bal_tensor_write(&bias->v, value);
    }
    free(value);
    return st == BAL_OK && bal_has(&c->learn.average) ? bal_tensor_copy(&c->learn.average, bal_net_weights(c->net))
                                                      : st;
}

/* The settings that an act changes, also of a run that goes on. */
static bal_status apply(bal_classifier *c, int acts)
{
    if (acts & BAL_RESCUE_SAMPLER) c->o.sampler = BAL_SAMPLE_BALANCED;
    if (acts & BAL_RESCUE_SHUFFLE) c->o.shuffle = true;
    return acts & BAL_RESCUE_NORM ? quicken_norm(c) : BAL_OK;
}

/* ---- a rescue ---------------------------------------------------------------------------------------------------- */

/* Acts that are of no use, or would make up for rare classes twice. */
static int useless(const bal_classifier *c, int acts)
{
    bal_where at;
    bool      weighted = is_weighted(c), shuffled = c->o.shuffle || acts & BAL_RESCUE_SHUFFLE;
    bool      even = c->o.sampler != BAL_SAMPLE_INSTANCE || c->mix.kind == BAL_MIX_BALANCED;
    int       out = 0;
    if (weighted || !(acts & BAL_RESCUE_RESTART) || !bal_net_output_bias(c->net, &at)) out |= BAL_RESCUE_BIAS;
    if (weighted || even || !shuffled) out |= BAL_RESCUE_SAMPLER;
    if (c->o.shuffle) out |= BAL_RESCUE_SHUFFLE;
    return bal_classifier_can_restart(c) ? out : out | BAL_RESCUE_RESTART | BAL_RESCUE_BIAS;
}

static bal_status act(bal_classifier *c, int acts)
{
    bool fed = acts & (BAL_RESCUE_SAMPLER | BAL_RESCUE_SHUFFLE);
    BAL_TRY(apply(c, acts));
    if (acts & BAL_RESCUE_SAMPLER) c->watch.balanced = c->step;
    if (acts & BAL_RESCUE_RESTART) BAL_TRY(bal_path_use(c->job.folder, "good.safetensors", load_good, c));
    if (acts & BAL_RESCUE_BIAS) BAL_TRY(correct_bias(c));
    if (acts & BAL_RESCUE_LOWER) c->learn.rate /= (float)rate_step;
    if (acts & BAL_RESCUE_RAISE) c->learn.rate *= (float)rate_step;
    c->watch.acts |= acts;
    if (fed) bal_classifier_end_batches(c);
    return fed ? bal_classifier_batches(c) : BAL_OK;
}

static int rescues(const bal_classifier *c)
{
    int n = 0;
    for (int i = 0; i < c->watch.seen.count; i++) n += c->watch.seen.epoch[i].acts != 0;
    return n;
}

int bal_classifier_last_rescue(const bal_classifier *c)
{
    int i = c->watch.seen.count - 1;
    while (i >= 0 && !c->watch.seen.epoch[i].acts) i--;
    return i;
}

static bal_status rescue(bal_classifier *c, const bal_alarm *alarm)
{
    bal_collapse_epoch *e = &c->watch.seen.epoch[c->watch.seen.count - 1];
    int                 done = rescues(c), acts = 0;
    char               *words;
    if (c->step < c->total && done < MOST_RESCUES)
        acts = bal_collapse_acts(alarm, c->watch.acts, has_slow_norm(c) ? 0 : BAL_RESCUE_NORM);
    e->acts = acts &= ~useless(c, acts);
    if (!acts) {
        bal_warn("classifier: no rescue: %s", c->step >= c->total    ? "the training is over"
                                              : done >= MOST_RESCUES ? "three have not helped"
                                                                     : "this is not mended by training on");
        return BAL_OK;
    }
    BAL_TRY(bal_collapse_say_acts(&words, acts));
    bal_warn("classifier: rescue %d of %d, at step %d: %s", done + 1, MOST_RESCUES, c->step, words);
    free(words);
    return act(c, acts);
}

static bal_status write_seen(const char *path, void *user)
{
    bal_classifier *c = user;
    return bal_collapse_write(&c->watch.seen, path, c->watch.names);
}

bal_status bal_classifier_rescue(bal_classifier *c, const bal_alarm *alarm)
{
    if (alarm->kind && c->o.rescue) BAL_TRY(rescue(c, alarm));
    return bal_path_use(c->job.folder, "collapse.csv", write_seen, c);
}

/* ---- kept -------------------------------------------------------------------------------------------------------- */

bal_status bal_classifier_put_rescue(const bal_classifier *c, bal_checkpoint *to)
{
    char text[96];
    if (!c->watch.acts) return BAL_OK;
    snprintf(text, sizeof text, "%d %d %d %.9g", c->watch.acts, c->watch.behind, c->watch.balanced,
             (double)c->learn.rate);
    return bal_checkpoint_note(to, "rescue", text);
}

bal_status bal_classifier_get_rescue(bal_classifier *c, const bal_checkpoint *from)
{
    const char *text = bal_checkpoint_find_note(from, "rescue");
    char       *end = NULL;
    if (!text) return BAL_OK;
    c->watch.acts = (int)strtol(text, &end, 10);
    c->watch.behind = (int)strtol(end, &end, 10);
    c->watch.balanced = (int)strtol(end, &end, 10);
    c->learn.rate = strtof(end, &end);
    if (*end || !(c->learn.rate > 0) || c->watch.behind < 0)
        return bal_fail(BAL_EIO, "the checkpoint's \"rescue\" is \"%s\"", text);
    c->learn.settings.total = c->total - c->watch.behind;
    return apply(c, c->watch.acts);
}
