/* generators -- see include/ballast/generators.h. */
#include "ballast/generators.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/text.h"
#include "eval/generators_json.h"
#include "eval/prose.h"

const char *const bal_feature_kinds[BAL_FEATURE_KINDS] = {"classifier", "random"};
const char *const bal_copy_spaces[BAL_COPY_SPACES] = {"pixels", "features"};

#define FIGURE(key, name, member) \
    { \
        key, name, offsetof(bal_likeness, member) \
    }
const bal_likeness_figure bal_likeness_figures[BAL_LIKENESS_FIGURES] = {
    FIGURE("kid", "KID", kid.value),
    FIGURE("kid_error", "+-", kid.error),
    FIGURE("fid", "FID", fid),
    FIGURE("precision", "precision", prdc.precision),
    FIGURE("recall", "recall", prdc.recall),
    FIGURE("density", "density", prdc.density),
    FIGURE("coverage", "coverage", prdc.coverage)};

static double *place(bal_likeness *l, int figure)
{
    return (double *)(void *)((char *)l + bal_likeness_figures[figure].offset);
}

double bal_likeness_value(const bal_likeness *l, int figure)
{
    bal_likeness copy = *l;
    return *place(&copy, figure);
}

void bal_likeness_print(char out[BAL_LIKENESS_SIZE], int figure, double v)
{
    if (isnan(v)) snprintf(out, BAL_LIKENESS_SIZE, "n/a");
    else if (figure < BAL_LIKENESS_OTHERS) snprintf(out, BAL_LIKENESS_SIZE, "%.3g", v);
    else snprintf(out, BAL_LIKENESS_SIZE, "%.2f", v);
}

/* ---- writing: cJSON's own numbers lose the last bit, so numbers go in as text ------------------------------------ */

static bool put_number(cJSON *to, const char *key, double v)
{
    char text[BAL_NUMBER_SIZE];
    return cJSON_AddRawToObject(to, key, isnan(v) ? "null" : bal_number_print(text, v)) != NULL;
}

static bool put_likeness(cJSON *to, const char *key, const bal_likeness *l)
{
    cJSON *one = cJSON_AddObjectToObject(to, key);
    bool   whole = one != NULL;
    for (int f = 0; whole && f < BAL_LIKENESS_FIGURES; f++)
        whole = put_number(one, bal_likeness_figures[f].key, bal_likeness_value(l, f));
    return whole;
}

static bool put_kinds(cJSON *to, const char *key, const bal_likeness l[BAL_FEATURE_KINDS])
{
    cJSON *both = cJSON_AddObjectToObject(to, key);
    return both && put_likeness(both, bal_feature_kinds[0], &l[0]) && put_likeness(both, bal_feature_kinds[1], &l[1]);
}

static bool put_copies(cJSON *to, const bal_copies c[BAL_COPY_SPACES])
{
    cJSON *both = cJSON_AddObjectToObject(to, "copies");
    for (int i = 0; both && i < BAL_COPY_SPACES; i++) {
        cJSON *one = cJSON_AddObjectToObject(both, bal_copy_spaces[i]);
        if (!one || !put_number(one, "count", c[i].count) || !put_number(one, "nearer_than", c[i].limit) ||
            !put_number(one, "p", c[i].p))
            return false;
    }
    return both != NULL;
}

bool bal_generator_put(cJSON *to, const bal_generator_quality *q)
{
    return to && put_number(to, "step", q->step) && put_number(to, "generated", q->generated) &&
           put_number(to, "real", q->real) && put_number(to, "validation", q->validation) &&
           put_number(to, "training", q->training) && put_kinds(to, "generated_images", q->of_generated) &&
           put_kinds(to, "real_images", q->of_real) && put_copies(to, q->copies);
}

bal_status bal_generator_write(const bal_generator_quality *q, const char *path)
{
    cJSON     *json = cJSON_CreateObject();
    char      *text = bal_generator_put(json, q) ? cJSON_Print(json) : NULL;
    char      *line = text ? bal_format("%s\n", text) : NULL;
    bal_status st = line ? bal_file_write(path, line, strlen(line)) : bal_prose_no_memory();
    cJSON_Delete(json);
    cJSON_free(text);
    free(line);
    return st;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static double number(const cJSON *in, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(in, key);
    return cJSON_IsNumber(found) ? found->valuedouble : (double)NAN;
}

static int whole(const cJSON *in, const char *key)
{
    double v = number(in, key);
    return v >= 0 && v <= 1e9 ? (int)v : 0;
}

static void get_kinds(bal_likeness out[BAL_FEATURE_KINDS], const cJSON *in)
{
    for (int i = 0; i < BAL_FEATURE_KINDS; i++) {
        const cJSON *one = cJSON_GetObjectItemCaseSensitive(in, bal_feature_kinds[i]);
        for (int f = 0; f < BAL_LIKENESS_FIGURES; f++) *place(&out[i], f) = number(one, bal_likeness_figures[f].key);
    }
}

static void get_quality(bal_generator_quality *out, const cJSON *in)
{
    const cJSON *copies = cJSON_GetObjectItemCaseSensitive(in, "copies");
    out->step = whole(in, "step");
    out->generated = whole(in, "generated");
    out->real = whole(in, "real");
    out->validation = whole(in, "validation");
    out->training = whole(in, "training");
    get_kinds(out->of_generated, cJSON_GetObjectItemCaseSensitive(in, "generated_images"));
    get_kinds(out->of_real, cJSON_GetObjectItemCaseSensitive(in, "real_images"));
    for (int i = 0; i < BAL_COPY_SPACES; i++) {
        const cJSON *one = cJSON_GetObjectItemCaseSensitive(copies, bal_copy_spaces[i]);
        out->copies[i] = (bal_copies){number(one, "nearer_than"), number(one, "p"), whole(one, "count")};
    }
}

bal_status bal_generator_read(bal_generator_quality *out, const char *path, const char *name)
{
    char  *text;
    size_t size;
    *out = (bal_generator_quality){0};
    BAL_TRY(bal_file_read(&text, &size, path, 1 << 20));
    cJSON *json = cJSON_Parse(text);
    free(text);
    if (!json) return bal_fail(BAL_EIO, "%s: is not JSON", path);
    get_quality(out, json);
    cJSON_Delete(json);
    out->name = bal_format("%s", name);
    return out->name ? BAL_OK : bal_prose_no_memory();
}

static bal_status read_folder(bal_generators *g, const char *gans);

/* Its figures, then those of each class of a conditional one. */
static bal_status read_class(bal_generators *g, const char *gans, const char *name)
{
    bal_generator_quality *grown = realloc(g->of, (size_t)(g->count + 1) * sizeof *grown);
    char                  *path = bal_format("%s/%s/quality.json", gans, name);
    char                  *classes = bal_format("%s/%s/classes", gans, name);
    bal_status             st = path && classes && grown ? BAL_OK : bal_prose_no_memory();
    if (grown) g->of = grown;
    if (st == BAL_OK && bal_file_exists(path)) st = bal_generator_read(&g->of[g->count++], path, name);
    if (st == BAL_OK) st = read_folder(g, classes);
    free(path);
    free(classes);
    return st;
}

static bal_status read_folder(bal_generators *g, const char *gans)
{
    bal_names  names = {0};
    bal_status st = bal_folder_exists(gans) ? bal_folder_list(&names, gans) : BAL_OK;
    for (int i = 0; st == BAL_OK && i < names.count; i++) st = read_class(g, gans, names.name[i]);
    bal_names_free(&names);
    return st;
}

bal_status bal_generators_read(bal_generators *out, const char *folder)
{
    char *gans = bal_path_join(folder, "gan");
    *out = (bal_generators){0};
    bal_status st = gans ? read_folder(out, gans) : bal_prose_no_memory();
    free(gans);
    return st;
}

void bal_generators_free(bal_generators *g)
{
    for (int i = 0; i < g->count; i++) free(g->of[i].name);
    free(g->of);
    *g = (bal_generators){0};
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

bool bal_copies_alarm(const bal_copies *c) { return c->p < BAL_COPIES_P; }

bool bal_generator_alarm(const bal_generator_quality *q)
{
    return bal_copies_alarm(&q->copies[BAL_IN_PIXELS]) || bal_copies_alarm(&q->copies[BAL_IN_FEATURES]);
}

static void put_row(FILE *to, const char *what, const bal_likeness *l)
{
    fprintf(to, "  %-12s", what);
    for (int f = 0; f < BAL_LIKENESS_FIGURES; f++) {
        char text[BAL_LIKENESS_SIZE];
        bal_likeness_print(text, f, bal_likeness_value(l, f));
        fprintf(to, " %9s", text);
    }
    fputc('\n', to);
}

static void put_head(FILE *to, const char *kind)
{
    fprintf(to, "  %s\n  %-12s", kind, "");
    for (int f = 0; f < BAL_LIKENESS_FIGURES; f++) fprintf(to, " %9s", bal_likeness_figures[f].name);
    fputc('\n', to);
}

static void put_copies_of(FILE *to, const bal_generator_quality *q)
{
    fprintf(to,
            "  nearer to one of %d training images than %.0f %% of these to each other: %d by pixels, "
            "%d by features\n",
            q->training, 100 * BAL_COPY_SHARE, q->copies[BAL_IN_PIXELS].count, q->copies[BAL_IN_FEATURES].count);
}

static void put_generator(FILE *to, const bal_generator_quality *q)
{
    static const char *const kinds[BAL_FEATURE_KINDS] = {"in features of this run's classifier",
                                                         "in features of the same net, untrained"};
    fputc('\n', to);
    bal_prose_name(to, q->name);
    fprintf(to, ", step %d: %d generated and %d training images, each against %d validation images\n", q->step,
            q->generated, q->real, q->validation);
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) {
        put_head(to, kinds[k]);
        put_row(to, "generated", &q->of_generated[k]);
        put_row(to, "training", &q->of_real[k]);
    }
    put_copies_of(to, q);
}

void bal_generators_text(FILE *to, const bal_generators *g)
{
    if (!g || !g->count) return;
    fputs("\ngenerated images\n", to);
    for (int i = 0; i < g->count; i++) put_generator(to, &g->of[i]);
    fputs("\nGenerated images are as good as the row of real training images: KID and FID near\n"
          "its, the others as high. The features are this run's own: not comparable with\n"
          "published figures, which are of an Inception net. FID grows with fewer images.\n",
          to);
}

static void put_alarm(FILE *to, const bal_generator_quality *q)
{
    const bal_copies *c = &q->copies[bal_copies_alarm(&q->copies[BAL_IN_PIXELS]) ? BAL_IN_PIXELS : BAL_IN_FEATURES];
    bal_prose_name(to, q->name);
    fprintf(to, " (%d of %d by %s, ", c->count, q->generated, c == &q->copies[BAL_IN_PIXELS] ? "pixels" : "features");
    bal_prose_p(to, c->p);
    fputc(')', to);
}

void bal_generators_warn(FILE *to, const bal_generators *g)
{
    bool any = false;
    for (int i = 0; g && i < g->count; i++) {
        if (!bal_generator_alarm(&g->of[i])) continue;
        fputs(any ? ", "
                  : "Generated images may be copies of training images: more of them than real images would lie "
                    "nearer to one than real ones do to each other: ",
              to);
        put_alarm(to, &g->of[i]);
        any = true;
    }
    if (any) fputs(". They add nothing, and may show a patient.", to);
}
