/* words -- see eval/words.h. Each warning is one function in one table. */
#include "eval/words.h"

#include <math.h>
#include <stdlib.h>
#include "eval/answers.h"
#include "eval/prose.h"

typedef struct subject {
    const bal_metrics    *m;
    const bal_intervals  *i;
    char *const          *name;    /* of the classes */
    const bal_history    *history; /* or NULL */
    const bal_background *b;
} subject;

static int supported_classes(const bal_metrics *m)
{
    int n = 0;
    for (int c = 0; c < m->class_count; c++) n += m->classes[c].support > 0;
    return n;
}

/* The next name of a list that `opening` begins. */
static void put_item(FILE *to, bool *any, const char *opening, const char *name)
{
    fputs(*any ? ", " : opening, to);
    bal_prose_name(to, name);
    *any = true;
}

/* Of classes that are found equally badly, the one with more images says more. */
static bool worse(const bal_scores *a, const bal_scores *b)
{
    return a->recall != b->recall ? a->recall < b->recall : a->support > b->support;
}

static void answer(FILE *to, const subject *s)
{
    int worst = -1, supported = supported_classes(s->m);
    for (int c = 0; c < s->m->class_count; c++)
        if (s->m->classes[c].support > 0 && (worst < 0 || worse(&s->m->classes[c], &s->m->classes[worst]))) worst = c;
    if (worst < 0) {
        fputs("No image has a label, so nothing can be said.", to);
        return;
    }
    const bal_scores *w = &s->m->classes[worst];
    double            found = s->m->balanced_accuracy;
    fprintf(to, "On average %.0f %% of the images of a class are found (balanced accuracy %.2f, guessing %.2f). ",
            100 * found, found, 1.0 / supported);
    fputs("Worst: ", to);
    bal_prose_name(to, s->name[worst]);
    fprintf(to, ", %d of %d found (recall %.2f).", s->m->confusion[worst * s->m->class_count + worst], w->support,
            w->recall);
}

static void never_predicted(FILE *to, const subject *s)
{
    bool any = false;
    char opening[64];
    snprintf(opening, sizeof opening, "Never predicted, in %d predictions: ", s->m->count);
    for (int c = 0; c < s->m->class_count; c++) {
        const bal_scores *one = &s->m->classes[c];
        if (one->predicted > 0 || one->support == 0) continue;
        put_item(to, &any, opening, s->name[c]);
        fprintf(to, " (0 of %d found)", one->support);
    }
    if (any) fputc('.', to);
}

static int hits_of(const bal_metrics *m)
{
    int hits = 0;
    for (int c = 0; c < m->class_count; c++) hits += m->confusion[c * m->class_count + c];
    return hits;
}

static void no_better_than_majority(FILE *to, const subject *s)
{
    int largest = 0;
    for (int c = 1; c < s->m->class_count; c++)
        if (s->m->classes[c].support > s->m->classes[largest].support) largest = c;
    int most = s->m->classes[largest].support, supported = supported_classes(s->m);
    if (supported == 1) {
        fprintf(to, "All images are of one class, ");
        bal_prose_name(to, s->name[largest]);
        fprintf(to, " (%d of %d): whether classes are told apart cannot be seen.", most, s->m->count);
    }
    double p = bal_binomial_tail(hits_of(s->m), s->m->count, (double)most / s->m->count);
    if (supported < 2 || p <= BAL_SIGNIFICANT) return;
    bool above = hits_of(s->m) > most;
    fprintf(to, "Accuracy %.2f is %s better than always answering ", s->m->accuracy, above ? "not shown to be" : "no");
    bal_prose_name(to, s->name[largest]);
    fprintf(to, ", which gives %.2f (%d of %d, against %d; exact binomial test, ", (double)most / s->m->count, most,
            s->m->count, hits_of(s->m));
    bal_prose_p(to, p);
    fputs(").", to);
}

static void accuracies_drift(FILE *to, const subject *s)
{
    const bal_history *h = s->history;
    if (!h || h->count == 0) return;
    int              best = bal_history_best(h);
    const bal_epoch *e = &h->epoch[best < 0 ? h->count - 1 : best];
    double           gap = e->train_accuracy - e->validation_accuracy;
    if (!(gap > BAL_DRIFT_ACCURACY)) return;
    fprintf(to, "Train and validation drift apart: at epoch %d, which is kept, train accuracy is %.2f and validation ",
            e->epoch, e->train_accuracy);
    fprintf(to, "accuracy %.2f, a gap of %.2f (more than %.2f).", e->validation_accuracy, gap, BAL_DRIFT_ACCURACY);
}

static void losses_drift(FILE *to, const subject *s)
{
    const bal_history *h = s->history;
    const bal_epoch   *low = NULL;
    for (int i = 0; h && i < h->count; i++)
        if (!isnan(h->epoch[i].validation_loss) && (!low || h->epoch[i].validation_loss < low->validation_loss))
            low = &h->epoch[i];
    if (!low) return;
    const bal_epoch *last = &h->epoch[h->count - 1];
    if (!(last->validation_loss > BAL_DRIFT_LOSS * low->validation_loss && last->train_loss < low->train_loss)) return;
    fprintf(to, "Train and validation drift apart: validation loss rose from %.3g (epoch %d) to %.3g (epoch %d), ",
            low->validation_loss, low->epoch, last->validation_loss, last->epoch);
    fprintf(to, "more than %.2f times its lowest, while train loss fell from %.3g to %.3g.", BAL_DRIFT_LOSS,
            low->train_loss, last->train_loss);
}

static void too_few(FILE *to, const subject *s)
{
    bool any = false;
    char opening[128];
    snprintf(opening, sizeof opening,
             "Too few images to conclude much: the 95 %% interval of recall is wider than %.2f for ", BAL_WIDTH_MAX);
    for (int c = 0; c < s->m->class_count; c++) {
        bal_interval i = s->i->classes[c][BAL_CLASS_RECALL];
        if (i.high - i.low <= BAL_WIDTH_MAX) continue;
        put_item(to, &any, opening, s->name[c]);
        fputs(" (", to);
        if (!isnan(i.low)) bal_prose_interval(to, i), fputs(", ", to);
        fprintf(to, "n = %d)", s->m->classes[c].support);
    }
    if (any) fputc('.', to);
}

static void easier_generated(FILE *to, const subject *s)
{
    const bal_background *b = s->b;
    if (!b->generated || !(b->on_generated >= BAL_NEAR_ONE && b->on_generated - b->on_real > BAL_GENERATED_GAP)) return;
    fprintf(to, "Generated images are easier than real ones: balanced accuracy is %.2f on generated images, but %.2f ",
            b->on_generated, b->on_real);
    fputs("on real test images. Figures on generated images say nothing about real ones.", to);
}

static void across_the_split(FILE *to, const subject *s)
{
    static const char *const words[BAL_LEAKS] = {
        "pairs of copies in different parts of the split: %d",
        "pairs of near-duplicates in different parts of the split: %d",
        "pairs of images of one group in different parts of the split: %d",
        "images that the run was trained or validated on: %d",
        "images that the threshold was chosen on, or of their groups: %d",
        "rows that repeat the image of another: %d",
        "groups that are tested in several folds, so that others trained on them: %d",
    };
    bool any = false;
    for (int i = 0; i < BAL_LEAKS; i++) {
        if (!s->b->leaks[i]) continue;
        fputs(any ? "; " : "Duplicates or groups across the split make figures look better than they are: ", to);
        fprintf(to, words[i], s->b->leaks[i]);
        any = true;
    }
    if (any) fputc('.', to);
}

static void goal_unmet(FILE *to, const subject *s)
{
    bal_goal g = s->b->unmet;
    if (!g.want) return;
    fprintf(to, "No operating point: %s %.4g was wanted, but no threshold for it has been found on validation images, ",
            g.want == BAL_WANT_RECALL ? "recall" : "precision", g.value);
    fputs("so the likeliest class is answered.", to);
}

static void training_collapsed(FILE *to, const subject *s)
{
    if (s->b->alarms) fprintf(to, "Training has collapsed: %s.", s->b->alarms);
}

static void copies_generated(FILE *to, const subject *s) { bal_generators_warn(to, s->b->generators); }

/* Each writes one sentence or two where there is something to say. */
static void (*const warnings[])(FILE *to, const subject *s) = {
    never_predicted, no_better_than_majority, training_collapsed, accuracies_drift, losses_drift,
    too_few,         easier_generated,        copies_generated,   across_the_split, goal_unmet,
};

static bal_status say(char **out, void (*what)(FILE *, const subject *), const subject *s)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    what(to, s);
    return bal_prose_close(to, out);
}

bal_status bal_words_add(bal_report *r)
{
    const bal_background *b = &r->background;
    const subject         s = {&r->metrics, &r->intervals, r->predictions->classes, b->history, b};
    if (b->has_point)
        BAL_TRY(bal_threshold_words(&r->operating, &b->point, r->predictions->classes[b->point.positive]));
    BAL_TRY(bal_answers_words(&r->made, &b->answers, r->predictions));
    BAL_TRY(say(&r->answer, answer, &s));
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        char *text;
        BAL_TRY(say(&text, warnings[i], &s));
        bal_status st = *text ? bal_names_add(&r->warnings, text) : BAL_OK;
        free(text);
        BAL_TRY(st);
    }
    return BAL_OK;
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

/* "recall 0.54, 95 % interval 0.29 to 0.77, n = 13"; n: -1 where the figure is no part of a number. */
static void put_estimate(FILE *to, const char *words, double v, bal_interval i, int n)
{
    fprintf(to, "  %s ", words);
    bal_prose_figure(to, v);
    if (!isnan(v)) fputs(", 95 % interval ", to), bal_prose_interval(to, i);
    if (n >= 0) fprintf(to, ", n = %d", n);
    fputc('\n', to);
}

static void put_all(FILE *to, const bal_report *r)
{
    for (int f = 0; f < BAL_FIGURES; f++) {
        double v = bal_metrics_figure(&r->metrics, f);
        int    n = f == BAL_FIGURE_ACCURACY ? r->metrics.count : -1;
        if (!isnan(v) || f <= BAL_FIGURE_BALANCED_ACCURACY || f == BAL_FIGURE_MCC)
            put_estimate(to, bal_figures[f].words, v, r->intervals.figure[f], n);
    }
}

/* Recall comes first: it is what a report is read for. */
static void put_class(FILE *to, const bal_report *r, int c)
{
    static const int  order[] = {BAL_CLASS_RECALL, BAL_CLASS_PRECISION, BAL_CLASS_SPECIFICITY,
                                 BAL_CLASS_F1,     BAL_CLASS_AUROC,     BAL_CLASS_AUPRC};
    const bal_scores *s = &r->metrics.classes[c];
    const int         n[] = {s->support, s->predicted, r->metrics.count - s->support, -1, -1, -1};
    fputc('\n', to);
    bal_prose_name(to, r->predictions->classes[c]);
    fputc('\n', to);
    for (int k = 0; k < BAL_CLASS_FIGURES; k++) {
        double v = bal_scores_figure(s, order[k]);
        if (!isnan(v) || n[k] >= 0)
            put_estimate(to, bal_class_figures[order[k]].words, v, r->intervals.classes[c][order[k]], n[k]);
    }
}

static void put_method(FILE *to, const bal_intervals *i)
{
    fputs("A 95 % interval holds what very many such images would give, in 95 of 100 reports like this. It is Wilson's "
          "for proportions, DeLong's for AUROC, for the others from ",
          to);
    fprintf(to, "%d resamples of %s, class by class; n/a where a class has only one or all resamples are the same.",
            i->resamples, i->grouped ? "groups of images" : "images");
    if (i->grouped)
        fputs(" Images of a group are alike, which Wilson's and DeLong's intervals do not know: they are too narrow.",
              to);
}

bal_status bal_words_intervals(FILE *to, const bal_report *r)
{
    char  *text;
    size_t size;
    FILE  *method;
    if (r->metrics.count == 0) return BAL_OK;
    fputs("\nall classes\n", to);
    put_all(to, r);
    for (int c = 0; c < r->metrics.class_count; c++) put_class(to, r, c);
    if (!(method = open_memstream(&text, &size))) return bal_prose_no_memory();
    put_method(method, &r->intervals);
    BAL_TRY(bal_prose_close(method, &text));
    fputc('\n', to);
    bal_prose_wrapped(to, text, 0);
    free(text);
    return BAL_OK;
}
