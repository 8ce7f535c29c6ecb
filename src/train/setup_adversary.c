/* setup_adversary -- what holds a discriminator back: settings of [train.gan] that contradict each other. */
#include <string.h>
#include "ballast/diff_augment.h"
#include "train/setup_parts.h"

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
