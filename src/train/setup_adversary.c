/* setup_adversary -- what holds a discriminator back: settings of [train.gan] that contradict each other. */
#include <string.h>
#include "ballast/diff_augment.h"
#include "ballast/plugin.h"
#include "train/setup_parts.h"

static double weight_decay(const bal_setup *s)
{
    const char      *line = s->gan.discriminator_optimizer ? s->gan.discriminator_optimizer : s->gan.optimizer;
    bal_where        at = bal_setup_place(s->config, "train.gan", "optimizer");
    bal_optim        o = {0};
    bal_option_pool *pool = NULL;
    bool             read = bal_optim_read(&o, &pool, line, at) == BAL_OK;
    double           decay = read ? bal_option_number(o.def->options, o.self, "weight_decay") : 0;
    bal_optim_free(&o);
    bal_option_pool_free(pool);
    return decay;
}

static bal_status check_freeze(const bal_setup *s)
{
    bal_where at = bal_setup_place(s->config, "train.gan", "freeze");
    bal_net  *net;
    if (!s->gan.freeze) return BAL_OK;
    if (!s->gan.pretrain && !s->gan.discriminator_init)
        return bal_fail_at(at, "freeze keeps what was learned before: it needs pretrain, or discriminator_init");
    if (weight_decay(s) > 0)
        return bal_fail_at(at, "the discriminator's optimizer has a weight decay, which changes frozen weights too");
    BAL_TRY(bal_setup_net(&net, s, "discriminator", 1));
    bal_status st = bal_net_freeze(net, s->gan.freeze);
    bal_net_free(net);
    return st == BAL_OK ? BAL_OK : bal_fail_at(at, "freeze = %d: %s", s->gan.freeze, bal_error());
}

bal_status bal_setup_check_transfer(const bal_setup *s)
{
    if (s->gan.pretrain && strcmp(s->gan.classes, "all") == 0)
        return bal_fail_at(bal_setup_place(s->config, "train.gan", "pretrain"),
                           "pretrain is for classes = each or the name of one, which go on from there; all is all that "
                           "there is");
    if (s->gan.pretrain && bal_setup_conditional(s))
        return bal_fail_at(bal_setup_place(s->config, "train.gan", "pretrain"),
                           "pretrain adds nothing to classes = conditional, one GAN that learns all classes from its "
                           "first step on: leave it out, or say classes = each");
    if (s->gan.fine_tune_rate != 1.0F && !s->gan.pretrain)
        return bal_fail_at(
            bal_setup_place(s->config, "train.gan", "fine_tune_rate"),
            "fine_tune_rate is for classes that go on from pretrain; without it, set the optimizer's lr");
    return check_freeze(s);
}

bal_status bal_setup_check_adversary(const bal_setup *s)
{
    bal_diff  diff;
    bal_where at = bal_setup_place(s->config, "train.gan", "augment");
    BAL_TRY(bal_diff_parse(&diff, s->gan.augment, at));
    if (diff.kind == BAL_DIFF_ADAPTIVE && strncmp(s->gan.loss, "wasserstein", 11) == 0)
        return bal_fail_at(at, "augment = ada needs a loss that says on which side of a number real images lie; "
                               "wasserstein says none");
    if (s->gan.r1 > 0 && s->run.precision == BAL_MIXED)
        return bal_fail_at(bal_setup_place(s->config, "train.gan", "r1"),
                           "r1 is a difference of two passes, too small for halves: not with precision = mixed");
    return BAL_OK;
}
