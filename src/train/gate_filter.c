/* gate_filter -- the candidates of each class before bal_candidates_judge. See include/ballast/gate.h. */
#include <math.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "train/gate_parts.h"

const char bal_verdict_letters[] = "kwocr";

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for candidates"); }

/* ---- which ------------------------------------------------------------------------------------------------------- */

static int count_candidates(const bal_dataset *data, int label)
{
    int first = bal_dataset_count(data), n = 0;
    for (int i = 0; i < bal_dataset_generated_count(data); i++)
        n += bal_dataset_sample(data, first + i)->label == label;
    return n;
}

/* The largest class takes none. */
static bal_status list_class(bal_gate_class *of, const bal_dataset *data, int label, int largest)
{
    const int *unused;
    of->real = bal_dataset_part(data, BAL_TRAIN, label, &unused);
    of->candidates = of->real < largest ? count_candidates(data, label) : 0;
    of->count[BAL_KEPT] = of->candidates;
    of->name = bal_format("%s", bal_dataset_class(data, label));
    of->verdicts = bal_format("%*s", of->candidates, "");
    if (!of->name || !of->verdicts) return no_memory();
    for (int i = 0; i < of->candidates; i++) of->verdicts[i] = bal_verdict_letters[BAL_KEPT];
    return BAL_OK;
}

bal_status bal_gate_list(bal_gate *g, const bal_dataset *data)
{
    int        classes = bal_dataset_class_count(data), largest = 0;
    const int *unused;
    g->of = calloc((size_t)classes + 1, sizeof *g->of);
    if (!g->of) return no_memory();
    g->class_count = classes;
    for (int k = 0; k < classes; k++) {
        int n = bal_dataset_part(data, BAL_TRAIN, k, &unused);
        if (n > largest) largest = n;
    }
    for (int k = 0; k < classes; k++) BAL_TRY(list_class(&g->of[k], data, k, largest));
    return BAL_OK;
}

int bal_gate_images(const bal_gate_class *of, double ratio)
{
    return (int)fmin(round(ratio * of->real), of->count[BAL_KEPT]);
}

/* Whether class i comes before class j; of equal size the first one does. */
static bool before(const bal_gate *g, int i, int j)
{
    return g->of[i].real != g->of[j].real ? g->of[i].real < g->of[j].real : i < j;
}

int bal_gate_next(const bal_gate *g, int label)
{
    int next = -1;
    for (int k = 0; k < g->class_count; k++) {
        bool follows = g->of[k].candidates > 0 && (label < 0 || before(g, label, k));
        if (follows && (next < 0 || before(g, k, next))) next = k;
    }
    return next;
}

/* ---- how they look ----------------------------------------------------------------------------------------------- */

/* Images of a data set by their numbers, as a net sees them. */
typedef struct images {
    const bal_dataset *data;
    const int         *index;
    int                count;
    const bal_scaling *scaling;
} images;

static bal_status fill(void *user, int i, float *pixel)
{
    const images *m = user;
    return bal_dataset_fill(m->data, m->index[i], pixel, m->scaling);
}

static bal_status look_small(bal_looks *out, const images *m)
{
    const bal_dataset_options *o = bal_dataset_settings(m->data);
    int                        width = bal_thumb_size(o->size, o->channels);
    float                     *pixel = malloc((size_t)o->size * (size_t)o->size * (size_t)o->channels * sizeof *pixel);
    float                     *x = malloc(((size_t)m->count * (size_t)width + 1) * sizeof *x);
    float                     *detail = malloc(((size_t)m->count + 1) * sizeof *detail);
    bal_status                 st = pixel && x && detail ? BAL_OK : no_memory();
    *out = (bal_looks){.thumb = {x, m->count, width}, .detail = detail};
    for (int i = 0; st == BAL_OK && i < m->count; i++) {
        st = fill((void *)(uintptr_t)m, i, pixel);
        if (st != BAL_OK) break;
        bal_thumb(x + (size_t)i * (size_t)width, pixel, o->size, o->channels);
        detail[i] = bal_detail(pixel, o->size, o->channels);
    }
    free(pixel);
    return st;
}

static bal_status look(bal_looks *out, const bal_scorer *scorer, images *m)
{
    BAL_TRY(look_small(out, m));
    return bal_features_of(&out->feature, scorer, m->count, fill, m);
}

static void free_looks(bal_looks *l)
{
    free((float *)(uintptr_t)l->thumb.x);
    free((float *)(uintptr_t)l->feature.x);
    free((float *)(uintptr_t)l->detail);
}

/* What the scorer gives a class, of each image. */
static bal_status score(double **out, const bal_scorer *scorer, images *m, int label)
{
    int     classes = bal_dataset_class_count(m->data);
    double *p = malloc(((size_t)m->count * (size_t)classes + 1) * sizeof *p);
    *out = p;
    if (!p) return no_memory();
    BAL_TRY(bal_probabilities(p, scorer, m->count, fill, m));
    for (int i = 0; i < m->count; i++) p[i] = p[i * classes + label];
    return BAL_OK;
}

/* ---- judging ----------------------------------------------------------------------------------------------------- */

static bal_status judge(bal_gate_class *of, const bal_candidates *c)
{
    bal_verdict *verdict = malloc(((size_t)of->candidates + 1) * sizeof *verdict);
    bal_status   st = verdict ? bal_candidates_judge(verdict, c) : no_memory();
    of->count[BAL_KEPT] = 0;
    for (int i = 0; st == BAL_OK && i < of->candidates; i++) {
        of->verdicts[i] = bal_verdict_letters[verdict[i]];
        of->count[verdict[i]]++;
    }
    free(verdict);
    return st;
}

static bal_status look_at_class(bal_gate_class *of, const bal_model *scorer, images part[3], int label)
{
    bal_scorer     s = bal_model_scorer(scorer);
    bal_candidates c = {0};
    bal_looks     *looks[3] = {&c.real, &c.validation, &c.candidates};
    double        *p[2] = {NULL, NULL};
    bal_status     st = BAL_OK;
    for (int i = 0; st == BAL_OK && i < 3; i++) st = look(looks[i], &s, &part[i]);
    for (int i = 0; st == BAL_OK && i < 2; i++) st = score(&p[i], &s, &part[i + 1], label);
    c.p_validation = p[0];
    c.p_candidates = p[1];
    if (st == BAL_OK) st = judge(of, &c);
    for (int i = 0; i < 3; i++) free_looks(looks[i]);
    for (int i = 0; i < 2; i++) free(p[i]);
    return st;
}

/* Numbers of a class's candidates. */
static bal_status find_candidates(int **out, const bal_dataset *data, int label)
{
    int  first = bal_dataset_count(data), count = bal_dataset_generated_count(data), n = 0;
    int *list = malloc(((size_t)count + 1) * sizeof *list);
    for (int i = first; list && i < first + count; i++)
        if (bal_dataset_sample(data, i)->label == label) list[n++] = i;
    *out = list;
    return list ? BAL_OK : no_memory();
}

static bal_status filter_class(bal_gate_class *of, const bal_model *scorer, const bal_dataset *data, int label)
{
    int   *list;
    images part[3] = {{data, NULL, 0, &scorer->scaling},
                      {data, NULL, 0, &scorer->scaling},
                      {data, NULL, of->candidates, &scorer->scaling}};
    part[0].count = bal_dataset_part(data, BAL_TRAIN, label, &part[0].index);
    part[1].count = bal_dataset_part(data, BAL_VALIDATION, label, &part[1].index);
    BAL_TRY(find_candidates(&list, data, label));
    part[2].index = list;
    bal_status st = look_at_class(of, scorer, part, label);
    free(list);
    return st;
}

bal_status bal_gate_filter(bal_gate *g, const bal_model *scorer, const bal_dataset *data)
{
    for (int k = 0; k < g->class_count; k++)
        if (g->of[k].candidates) BAL_TRY(filter_class(&g->of[k], scorer, data, k));
    return BAL_OK;
}

/* ---- copies without a gate --------------------------------------------------------------------------------------- */

bal_status bal_generated_copies(int *found, int *drawn, bool *copy, const bal_model *judge, const bal_dataset *data,
                                int label)
{
    int       *list, first = bal_dataset_count(data);
    bal_scorer s = bal_model_scorer(judge);
    bal_looks  real = {0}, candidates = {0};
    images     train = {.data = data, .scaling = &judge->scaling}, generated = train;
    train.count = bal_dataset_part(data, BAL_TRAIN, label, &train.index);
    *found = 0;
    *drawn = generated.count = count_candidates(data, label);
    BAL_TRY(find_candidates(&list, data, label));
    generated.index = list;
    double     limit[2];
    bool      *near = malloc((size_t)generated.count + 1);
    bal_status st = near ? look(&real, &s, &train) : no_memory();
    if (st == BAL_OK) st = look(&candidates, &s, &generated);
    if (st == BAL_OK) st = bal_candidates_limits(limit, &real);
    if (st == BAL_OK) st = bal_candidates_near(near, limit, &real, &candidates);
    for (int i = 0; st == BAL_OK && i < generated.count; i++) {
        copy[list[i] - first] = near[i];
        *found += near[i];
    }
    free(near);
    free(list);
    free_looks(&real);
    free_looks(&candidates);
    return st;
}
