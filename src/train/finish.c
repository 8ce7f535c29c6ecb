/* finish -- what is made of a trained classifier: another last layer, a temperature, offsets, a threshold; all but the
 * layer's weights chosen on the validation part alone. See bal_model_finish. */
#include <math.h>
#include <stdlib.h>
#include "ballast/decision.h"
#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/metrics.h"
#include "ballast/model.h"
#include "ballast/stored.h"
#include "train/head.h"

/* ---- probabilities and answers ----------------------------------------------------------------------------------- */

static bal_status say_point(const bal_threshold *t, const bal_dataset *data)
{
    char *words;
    BAL_TRY(bal_threshold_words(&words, t, bal_dataset_class(data, t->positive)));
    bal_info("operating point: %s", words);
    free(words);
    return BAL_OK;
}

static bal_status choose_point(bal_model *m, const bal_predictions *p, const bal_dataset *data, bal_goal goal)
{
    m->has_point = false;
    if (!goal.want) return BAL_OK;
    bal_status st = p->count ? bal_threshold_choose(&m->point, p, bal_dataset_positive(data), goal)
                             : bal_fail(BAL_ECONFIG, "there is no validation part to choose a threshold on");
    if (st == BAL_ECONFIG) {
        bal_warn("no operating point, the likeliest class is answered: %s", bal_error());
        return BAL_OK;
    }
    m->has_point = st == BAL_OK;
    return st == BAL_OK ? say_point(&m->point, data) : st;
}

static bal_status choose_offsets(bal_model *m, const bal_predictions *p, const bal_dataset *data, bal_decide how)
{
    int  classes = m->class_count;
    int *count = malloc((size_t)classes * sizeof *count);

    free(m->offset);
    m->offset = how ? calloc((size_t)classes, sizeof *m->offset) : NULL;
    bal_status st = count && (m->offset || !how)
                        ? BAL_OK
                        : bal_fail(BAL_ENOMEM, "no memory for the offsets of %d classes", classes);
    if (st == BAL_OK && how == BAL_DECIDE_BALANCED) st = bal_offsets_balanced(m->offset, p);
    if (st == BAL_OK && how == BAL_DECIDE_PRIOR) {
        const int *index;
        for (int k = 0; k < classes; k++) count[k] = bal_dataset_part(data, BAL_TRAIN, k, &index);
        bal_offsets_prior(m->offset, count, classes);
    }
    free(count);
    return st;
}

static bal_status choose_answer(bal_model *m, const bal_predictions *p, const bal_dataset *data, bal_goal goal)
{
    BAL_TRY(choose_offsets(m, p, data, (bal_decide)m->setup->classifier.decide));
    return choose_point(m, p, data, goal);
}

/* Chosen with the weights, views and arithmetic that will use it. */
static bal_status decide(bal_model *m, const bal_dataset *data, bal_goal goal)
{
    const bal_classifier_options *o = &m->setup->classifier;
    bal_scorer                    scorer = bal_model_scorer(m);
    bal_predictions               p;
    bal_status                    st = bal_classify_part(&p, &scorer, data, BAL_VALIDATION, &m->scaling);
    if (st == BAL_OK) {
        m->temperature = o->temperature ? bal_temperature_fit(&p) : 1;
        if (o->temperature) bal_info("temperature: %.3g", m->temperature);
        bal_temperature_apply(&p, m->temperature);
        st = choose_answer(m, &p, data, goal);
    }
    bal_predictions_free(&p);
    return st;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* `kept`: holds the last layer as it was trained, where that is another one now. */
static bal_status write(const bal_model *m, const bal_dataset *data, bal_checkpoint *kept, const char *path)
{
    BAL_TRY(bal_checkpoint_put_net(kept, "", m->net, NULL, NULL));
    BAL_TRY(bal_stored_put_classes(kept, data));
    BAL_TRY(bal_stored_put_scaling(kept, &m->scaling));
    BAL_TRY(bal_stored_put_decision(kept, m->temperature, m->offset, m->class_count));
    if (m->has_point) BAL_TRY(bal_stored_put_point(kept, &m->point));
    return bal_checkpoint_write(kept, path);
}

static bool asks(const bal_classifier_options *o, bal_goal goal)
{
    return o->head || o->temperature || o->decide || goal.want;
}

static bal_status finish(bal_model *m, const bal_dataset *data, bal_goal goal, const char *path)
{
    bal_head        how = (bal_head)m->setup->classifier.head;
    bal_scorer      scorer = bal_model_scorer(m);
    bal_checkpoint *is, *will = NULL;
    bool            changed = false;
    bal_status      st;
    BAL_TRY(bal_checkpoint_read(&is, path));
    BAL_TRY_OR(end, st, bal_head_restore(&changed, is, m->net, path));
    if (!changed && !asks(&m->setup->classifier, goal) && !m->has_point && !m->offset && m->temperature == 1) goto end;
    BAL_TRY_OR(end, st, bal_checkpoint_new(&will));
    if (how) BAL_TRY_OR(end, st, bal_head_keep(will, m->net));
    if (how) BAL_TRY_OR(end, st, bal_head_change(&scorer, data, &m->scaling, how));
    BAL_TRY_OR(end, st, decide(m, data, goal));
    BAL_TRY_OR(end, st, write(m, data, will, path));
end:
    bal_checkpoint_free(is);
    bal_checkpoint_free(will);
    return st;
}

/* ---- several ----------------------------------------------------------------------------------------------------- */

/* Adds the mean of members first, first + step, ... on the validation part as it is now. */
static bal_status pool(bal_predictions *all, bal_model *m, const bal_dataset *data, int first, int step)
{
    bal_predictions mean = {0}, one = {0};
    bal_status      st;
    BAL_TRY_OR(end, st, bal_member_classify(&mean, bal_model_member(m, first), data, BAL_VALIDATION));
    for (int i = first + step; i <= m->members; i += step) {
        bal_predictions_free(&one);
        BAL_TRY_OR(end, st, bal_member_classify(&one, bal_model_member(m, i), data, BAL_VALIDATION));
        BAL_TRY_OR(end, st, bal_predictions_average(&mean, &one, (i - first) / step));
    }
    for (int i = 0; i < mean.count; i++) BAL_TRY_OR(end, st, bal_predictions_add(all, &mean.row[i]));
end:
    bal_predictions_free(&mean);
    bal_predictions_free(&one);
    return st;
}

static bal_status pool_all(bal_predictions *all, bal_model *m, bal_dataset *data)
{
    int turns = bal_ensemble_turns(m->setup, data);
    BAL_TRY(bal_predictions_init(all, (const char *const *)m->classes, m->class_count, true));
    for (int t = 0; t < turns && t <= m->members; t++) {
        if (turns > 1) BAL_TRY(bal_dataset_turn(data, t));
        BAL_TRY(pool(all, m, data, t, turns));
    }
    return turns > 1 ? bal_dataset_turn(data, 0) : BAL_OK;
}

static bal_status validate(bal_model *m, bal_predictions *p)
{
    bal_metrics of;
    if (m->has_point) bal_threshold_apply(p, &m->point);
    else if (m->offset) bal_offsets_apply(p, m->offset);
    BAL_TRY(bal_metrics_of(&of, p));
    m->validated = of.balanced_accuracy;
    bal_metrics_free(&of);
    return BAL_OK;
}

static bal_status note_answer(const bal_model *m, const char *path)
{
    bal_checkpoint *c;
    bal_status      st;
    BAL_TRY(bal_checkpoint_read(&c, path));
    BAL_TRY_OR(end, st, bal_stored_put_decision(c, m->temperature, m->offset, m->class_count));
    BAL_TRY_OR(end, st, bal_stored_put_point(c, m->has_point ? &m->point : NULL));
    BAL_TRY_OR(end, st, bal_stored_put_validated(c, m->validated));
    BAL_TRY_OR(end, st, bal_checkpoint_write(c, path));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_model_finish_ensemble(bal_device *dev, const bal_setup *s, bal_dataset *data, const char *folder)
{
    bal_predictions p = {0};
    bal_goal        goal;
    bal_model       m;
    bal_status      st;
    BAL_TRY(bal_goal_parse(&goal, s->classifier.want, "want", (bal_where){"[train.classifier]", 0}));
    BAL_TRY(bal_model_load(&m, dev, s, folder));
    char *path = bal_path_join(folder, "best.safetensors");
    if (!path) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a path"));
    BAL_TRY_OR(end, st, pool_all(&p, &m, data));
    BAL_TRY_OR(end, st, choose_answer(&m, &p, data, goal));
    if (p.count) BAL_TRY_OR(end, st, validate(&m, &p));
    BAL_TRY_OR(end, st, note_answer(&m, path));
end:
    bal_predictions_free(&p);
    bal_model_close(&m);
    free(path);
    return st;
}

bal_status bal_model_finish(bal_device *dev, const bal_setup *s, const bal_dataset *data, const char *folder)
{
    const bal_where at = {"[train.classifier]", 0}; /* the line was checked with its place by setup */
    bal_goal        goal;
    bal_model       m;
    BAL_TRY(bal_goal_parse(&goal, s->classifier.want, "want", at));
    BAL_TRY(bal_model_load(&m, dev, s, folder));
    char      *path = bal_path_join(folder, "best.safetensors");
    bal_status st = path ? finish(&m, data, goal, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    bal_model_close(&m);
    return st;
}

static bal_answers answers_of(const bal_model *m)
{
    static const int views[] = {1, 2, 8};
    bal_answers      a = {.members = m->members + 1, .last_layer = m->setup->classifier.head};
    double           low = m->temperature, high = low;
    for (int i = 0; i < m->members; i++) {
        low = fmin(low, m->member[i].temperature);
        high = fmax(high, m->member[i].temperature);
    }
    a.views = views[m->setup->classifier.tta];
    if (low != 1 || high != 1) a.temperature[0] = low, a.temperature[1] = high;
    if (m->validated > 0) a.validated = m->validated;
    if (!m->has_point && !m->likeliest) a.offset = m->offset;
    return a;
}

bal_background bal_model_background(const bal_model *m, const bal_history *history)
{
    bal_goal       goal;
    bal_background b = {.history = history, .has_point = m->has_point, .point = m->point, .answers = answers_of(m)};
    bool           wanted = bal_goal_parse(&goal, m->setup->classifier.want, "want", (bal_where){0}) == BAL_OK;
    if (wanted && !m->has_point && !m->likeliest) b.unmet = goal;
    return b;
}
