/* tune -- the plan of a configuration's kernels; see ballast/setup.h. */
#include "ballast/log.h"
#include "ballast/setup.h"

#define FAST_SECONDS 1

static void tell(const bal_tuned *t)
{
    bal_info("%s: %s %.2f ms, %s %.2f ms", t->key, t->choice, t->ms, t->rule, t->rule_ms);
}

static bal_status plan_net(const bal_setup *s, bal_device *dev, const char *section, int batch)
{
    bal_net *net;
    if (!bal_config_find(s->config, section)) return BAL_OK;
    BAL_TRY(bal_setup_net(&net, s, section, batch));
    bal_net_mix(net, s->run.precision == BAL_MIXED && bal_device_class(dev) == BAL_GPU);
    bal_status st = bal_net_kernels(net, dev);
    bal_net_free(net);
    return st;
}

static bal_status plan_nets(const bal_setup *s, bal_device *dev)
{
    if (s->has_gan) {
        BAL_TRY(plan_net(s, dev, "generator", s->gan.batch));
        BAL_TRY(plan_net(s, dev, "discriminator", s->gan.batch));
    }
    return s->has_classifier ? plan_net(s, dev, "classifier", s->classifier.batch) : BAL_OK;
}

bal_status bal_setup_tune(const bal_setup *s, bal_device *dev, const bal_tuning *how)
{
    bal_tuning own = {.level = (bal_tune)s->run.tune};
    if (own.level == BAL_TUNE_FAST) own.seconds = FAST_SECONDS;
    else own.tell = tell;
    BAL_TRY(bal_tuning_open(dev, how ? how : &own));
    bal_status st = plan_nets(s, dev), kept = bal_tuning_close(dev);
    if (st == BAL_OK && kept != BAL_OK) bal_warn("what was measured is not kept: %s", bal_error());
    return st;
}
