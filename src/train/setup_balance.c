/* setup_balance -- what [train.classifier] says about classes of unequal size, checked. */
#include <stdio.h>
#include <string.h>
#include "ballast/class_weights.h"
#include "ballast/mix.h"
#include "ballast/plugin.h"
#include "ballast/sampler.h"
#include "train/setup_parts.h"

static bal_status fail_key(const bal_setup *s, const char *key, const char *what)
{
    return bal_fail_at(bal_setup_place(s->config, "train.classifier", key), "[train.classifier] %s: %s", key, what);
}

/* A numeric option of the loss; 0 if it has none of that name. */
static bal_status find_loss_option(double *out, const bal_setup *s, const char *name)
{
    bal_loss         l = {0};
    bal_option_pool *pool = NULL;
    bal_where        at = bal_setup_place(s->config, "train.classifier", "loss");
    *out = 0;
    bal_status st = bal_loss_read(&l, &pool, s->classifier.loss, false, at);
    for (const bal_option *o = st ? NULL : l.def->options; o && o->name; o++)
        if (strcmp(o->name, name) == 0) *out = bal_option_number(l.def->options, l.self, name);
    bal_loss_free(&l);
    bal_option_pool_free(pool);
    return st;
}

/* Each of weights, sampler and adjust makes the classes count alike; two of them overshoot. */
static bal_status check_once(const bal_setup *s, bool weighted)
{
    double adjust;
    BAL_TRY(find_loss_option(&adjust, s, "adjust"));
    if (weighted && s->classifier.sampler != BAL_SAMPLE_INSTANCE)
        return fail_key(s, "sampler",
                        "there are weights too; one of the two makes up for rare classes, both overshoot");
    if (adjust > 0 && s->classifier.sampler != BAL_SAMPLE_INSTANCE)
        return fail_key(s, "sampler", "the loss adjusts logits too (adjust); both together overshoot");
    if (adjust > 0 && weighted)
        return fail_key(s, "weights", "the loss adjusts logits too (adjust); both together overshoot");
    return BAL_OK;
}

/* Classes that count alike from the first step on need no bias; one of a file of weights is left alone. */
static bal_status check_prior_bias(const bal_setup *s)
{
    const bal_classifier_options *o = &s->classifier;
    bal_net                      *net;
    bal_where                     at;
    double                        adjust;
    if (!o->prior_bias) return BAL_OK;
    BAL_TRY(find_loss_option(&adjust, s, "adjust"));
    if (adjust > 0) return fail_key(s, "prior_bias", "the loss adds the priors already (adjust)");
    if (o->sampler != BAL_SAMPLE_INSTANCE && o->sampler != BAL_SAMPLE_PROGRESSIVE && o->defer <= 0)
        return fail_key(s, "prior_bias", "the sampler shows other shares from the first step on");
    if (o->init) return fail_key(s, "prior_bias", "the first weights come from a file (init)");
    BAL_TRY(bal_setup_net(&net, s, "classifier", 1));
    bool found = bal_net_output_bias(net, &at) != NULL;
    bal_net_free(net);
    if (found) return BAL_OK;
    return bal_fail_at(at, "[train.classifier] prior_bias: this layer, the last one, has no bias for the outputs");
}

static bal_status check_mix(const bal_setup *s)
{
    const bal_classifier_options *o = &s->classifier;
    bal_mix                       mix;
    BAL_TRY(bal_mix_parse(&mix, o->mix, bal_setup_place(s->config, "train.classifier", "mix")));
    if (mix.kind == BAL_MIX_NONE) return BAL_OK;
    if (!o->shuffle) return fail_key(s, "mix", "it mixes neighbours, which have one class; shuffle is off");
    if (mix.kind != BAL_MIX_BALANCED && o->batch < 2) return fail_key(s, "mix", "a batch of 1 has no second image");
    if (mix.kind == BAL_MIX_BALANCED && o->sampler != BAL_SAMPLE_INSTANCE)
        return fail_key(s, "mix", "balanced_mixup draws from all classes equally often itself; take out the sampler");
    return BAL_OK;
}

bool bal_setup_evens_out(const bal_setup *s)
{
    bal_class_weights weights;
    double            adjust;
    const bal_where   at = {"[train.classifier]", 0}; /* both lines were checked with their places */
    bool              weighted =
        bal_class_weights_parse(&weights, s->classifier.weights, at) == BAL_OK && bal_class_weights_active(&weights);
    bool adjusts = find_loss_option(&adjust, s, "adjust") == BAL_OK && adjust > 0;
    return weighted || adjusts || s->classifier.sampler != BAL_SAMPLE_INSTANCE;
}

bal_status bal_setup_check_balance(const bal_setup *s)
{
    const bal_classifier_options *o = &s->classifier;
    bal_class_weights             weights;
    BAL_TRY(bal_class_weights_parse(&weights, o->weights, bal_setup_place(s->config, "train.classifier", "weights")));
    bool weighted = bal_class_weights_active(&weights);
    BAL_TRY(check_once(s, weighted));
    BAL_TRY(check_prior_bias(s));
    BAL_TRY(check_mix(s));
    if (o->sampler != BAL_SAMPLE_INSTANCE && !o->shuffle)
        return fail_key(s, "sampler", "it draws images in random order; shuffle is off");
    if (o->defer > 0 && o->sampler == BAL_SAMPLE_PROGRESSIVE)
        return fail_key(s, "defer", "the progressive sampler begins by itself as if there were none");
    if (o->defer > 0 && !weighted && o->sampler == BAL_SAMPLE_INSTANCE)
        return fail_key(s, "defer", "there are no weights and no sampler to begin later");
    return BAL_OK;
}
