/* operating -- the threshold of a trained classifier: chosen on the validation part, kept beside its weights. */
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/model.h"
#include "ballast/stored.h"

/* Chosen with the weights, batches and arithmetic that will use it. */
static bal_status choose(bal_threshold *out, const bal_model *m, const bal_dataset *data, bal_goal goal)
{
    const int      *index;
    bal_predictions p;
    if (bal_dataset_part(data, BAL_VALIDATION, -1, &index) == 0)
        return bal_fail(BAL_ECONFIG, "there is no validation part to choose a threshold on");
    bal_status st = bal_classify_part(&p, m->net, m->dev, data, BAL_VALIDATION, &m->scaling);
    if (st == BAL_OK) st = bal_threshold_choose(out, &p, bal_dataset_positive(data), goal);
    bal_predictions_free(&p);
    return st;
}

/* NULL: none. */
static bal_status keep(const char *path, const bal_threshold *t)
{
    bal_checkpoint *c;
    BAL_TRY(bal_checkpoint_read(&c, path));
    bal_status st = bal_stored_put_point(c, t);
    if (st == BAL_OK) st = bal_checkpoint_write(c, path);
    bal_checkpoint_free(c);
    return st;
}

static bal_status say(const bal_threshold *t, const bal_dataset *data)
{
    char *words;
    BAL_TRY(bal_threshold_words(&words, t, bal_dataset_class(data, t->positive)));
    bal_info("operating point: %s", words);
    free(words);
    return BAL_OK;
}

static bal_status choose_and_keep(const bal_model *m, const bal_dataset *data, bal_goal goal, const char *path)
{
    bal_threshold t;
    bal_status    st = goal.want ? choose(&t, m, data, goal) : BAL_OK;
    bool          unmet = st == BAL_ECONFIG;
    if (unmet) bal_warn("no operating point, the likeliest class is answered: %s", bal_error());
    if (st != BAL_OK && !unmet) return st;
    if (goal.want && !unmet) BAL_TRY(say(&t, data));
    if ((goal.want && !unmet) || m->has_point) return keep(path, goal.want && !unmet ? &t : NULL);
    return BAL_OK;
}

bal_status bal_model_operate(bal_device *dev, const bal_setup *s, const bal_dataset *data, const char *folder)
{
    const bal_where at = {"[train.classifier]", 0}; /* the line was checked with its place by setup */
    bal_goal        goal;
    bal_model       m;
    BAL_TRY(bal_goal_parse(&goal, s->classifier.want, "want", at));
    BAL_TRY(bal_model_load(&m, dev, s, folder));
    char      *path = bal_path_join(folder, "best.safetensors");
    bal_status st = path ? choose_and_keep(&m, data, goal, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    bal_model_close(&m);
    return st;
}

void bal_model_decide(const bal_model *m, bal_predictions *p)
{
    if (m->has_point) bal_threshold_apply(p, &m->point);
}

bal_background bal_model_background(const bal_model *m, const bal_history *history)
{
    bal_goal       goal;
    bal_background b = {.history = history, .has_point = m->has_point, .point = m->point};
    bool           wanted = bal_goal_parse(&goal, m->setup->classifier.want, "want", (bal_where){0}) == BAL_OK;
    if (wanted && !m->has_point && !m->likeliest) b.unmet = goal;
    return b;
}
