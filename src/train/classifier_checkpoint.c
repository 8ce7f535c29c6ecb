/* classifier_checkpoint -- see train/classifier_parts.h. */
#include "ballast/checkpoint.h"
#include "ballast/files.h"
#include "ballast/stored.h"
#include "train/classifier_parts.h"

bal_status bal_classifier_save_last(const char *path, void *user)
{
    const bal_classifier *c = user;
    bal_checkpoint       *to;
    bal_status            st;
    BAL_TRY(bal_tensor_read(&c->figures, c->host));
    BAL_TRY(bal_checkpoint_new(&to));
    BAL_TRY_OR(end, st, bal_learner_put(&c->learn, to, ""));
    BAL_TRY_OR(end, st, bal_classifier_put_rescue(c, to));
    BAL_TRY_OR(end, st, bal_stored_put_figures(to, c->host, c->step % c->epoch_steps * BAL_CLASSIFIER_FIGURES));
    BAL_TRY_OR(end, st, bal_checkpoint_write(to, path));
end:
    bal_checkpoint_free(to);
    return st;
}

bal_status bal_classifier_load_last(const char *path, void *user)
{
    bal_classifier *c = user;
    bal_checkpoint *from;
    bal_status      st;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&from, path));
    BAL_TRY_OR(end, st, bal_learner_get(&c->learn, from, ""));
    BAL_TRY_OR(end, st, bal_classifier_get_rescue(c, from));
    c->step = c->learn.t + c->watch.behind;
    BAL_TRY_OR(end, st, bal_stored_get_figures(c->host, c->step % c->epoch_steps * BAL_CLASSIFIER_FIGURES, from));
    BAL_TRY_OR(end, st, bal_tensor_write(&c->figures, c->host));
end:
    bal_checkpoint_free(from);
    return st;
}

bal_status bal_classifier_save_best(const char *path, void *user)
{
    const bal_classifier *c = user;
    const bal_learner    *l = &c->learn;
    bal_checkpoint       *to;
    bal_status            st;
    BAL_TRY(bal_checkpoint_new(&to));
    BAL_TRY_OR(end, st,
               bal_checkpoint_put_net(to, "", c->net, bal_has(&l->average) ? &l->average : NULL,
                                      bal_has(&l->average_states) ? &l->average_states : NULL));
    BAL_TRY_OR(end, st, bal_stored_put_classes(to, c->job.data));
    BAL_TRY_OR(end, st, bal_stored_put_scaling(to, &c->scaling));
    BAL_TRY_OR(end, st, bal_checkpoint_write(to, path));
end:
    bal_checkpoint_free(to);
    return st;
}
