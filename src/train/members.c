/* members -- answers of a model, of one classifier or of several. See include/ballast/model.h. */
#include <string.h>
#include <stdlib.h>
#include "ballast/decision.h"
#include "ballast/model.h"

bal_model *bal_model_member(bal_model *m, int i) { return i ? &m->member[i - 1] : m; }

static bool same_classes(const bal_model *a, const bal_model *b)
{
    bool same = a->class_count == b->class_count;
    for (int k = 0; same && k < a->class_count; k++) same = strcmp(a->classes[k], b->classes[k]) == 0;
    return same;
}

bal_status bal_model_join(bal_model *m, bal_model *more)
{
    const bal_dataset_options *a = &m->setup->data, *b = &more->setup->data;
    if (!same_classes(m, more)) return bal_fail(BAL_ECONFIG, "classifiers of other classes have no mean");
    if (a->size != b->size || a->channels != b->channels || a->resize != b->resize)
        return bal_fail(BAL_ECONFIG,
                        "one classifier looks at images of %d x %d x %d, another of %d x %d x %d: no mean of them",
                        a->size, a->size, a->channels, b->size, b->size, b->channels);
    size_t     count = (size_t)(m->members + more->members + 1);
    bal_model *grown = realloc(m->member, count * sizeof *grown);
    if (!grown) return bal_fail(BAL_ENOMEM, "no memory for %zu classifiers", count);
    bal_model *to = grown + m->members + 1;
    if (more->members) memcpy(to, more->member, (size_t)more->members * sizeof *to);
    free(more->member);
    to[-1] = *more;
    to[-1].member = NULL;
    to[-1].members = 0;
    m->member = grown;
    m->members = (int)count;
    *more = (bal_model){0};
    return BAL_OK;
}

static bal_status look_at(bal_predictions *out, const bal_model *member, bal_look look, void *user)
{
    BAL_TRY(look(out, member, user));
    if (member->temperature != 1) bal_temperature_apply(out, member->temperature);
    return BAL_OK;
}

/* The mean up to now in `out`. */
static bal_status add_member(bal_predictions *out, const bal_model *member, int before, bal_look look, void *user)
{
    bal_predictions one = {0};
    bal_status      st = look_at(&one, member, look, user);
    if (st == BAL_OK) st = bal_predictions_average(out, &one, before);
    bal_predictions_free(&one);
    return st;
}

bal_status bal_model_answer(bal_predictions *out, bal_model *m, bal_look look, void *user)
{
    *out = (bal_predictions){0};
    BAL_TRY(look_at(out, m, look, user));
    for (int i = 0; i < m->members; i++) BAL_TRY(add_member(out, &m->member[i], i + 1, look, user));
    if (m->has_point) bal_threshold_apply(out, &m->point);
    else if (m->offset && !m->likeliest) bal_offsets_apply(out, m->offset);
    return BAL_OK;
}

/* ---- a part of a data set ---------------------------------------------------------------------------------------- */

typedef struct part_of {
    const bal_dataset *data;
    bal_part           part;
} part_of;

static bal_status look_at_part(bal_predictions *out, const bal_model *member, void *user)
{
    const part_of   *of = user;
    const bal_scorer scorer = bal_model_scorer(member);
    return bal_classify_part(out, &scorer, of->data, of->part, &member->scaling);
}

static bal_status check_same_classes(const bal_model *m, const bal_dataset *data)
{
    bool same = m->class_count == bal_dataset_class_count(data);
    for (int k = 0; same && k < m->class_count; k++) same = strcmp(m->classes[k], bal_dataset_class(data, k)) == 0;
    return same ? BAL_OK
                : bal_fail(BAL_ECONFIG, "the data's classes are not those that the classifier was trained for");
}

bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part)
{
    part_of of = {data, part};
    *out = (bal_predictions){0};
    BAL_TRY(check_same_classes(m, data));
    return bal_model_answer(out, m, look_at_part, &of);
}

bal_status bal_member_classify(bal_predictions *out, const bal_model *member, const bal_dataset *data, bal_part part)
{
    part_of of = {data, part};
    return look_at(out, member, look_at_part, &of);
}
