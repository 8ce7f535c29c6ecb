/* gate_file -- gate.json, and the same in words. See include/ballast/gate.h.
 *
 * gate.json: words, seeds, steps, balanced_accuracy (without generated images, or null), classes.<name>.{ratio (0:
 * none), real, candidates, kept, wrong_class, outlier, copy, repeated, verdicts}, and trials in their order (.{class,
 * ratio, images, balanced_accuracy, gain, ci95.{low, high}}). */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/text.h"
#include "train/gate_parts.h"

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a decision"); }

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* Of a class that differs from that of the trial before it, its name first. */
static void say_trial(FILE *to, const bal_gate *g, int i)
{
    const bal_gate_trial *t = &g->trial[i];
    bool                  first = i == 0 || t->label != g->trial[i - 1].label;
    if (first) fprintf(to, "; %s: ", g->of[t->label].name);
    else fputs(", ", to);
    fprintf(to, "%.3f with %g for each real image (%d, difference %+.3f", t->balanced_accuracy, t->ratio, t->images,
            t->gain);
    if (!isnan(t->interval.low)) fprintf(to, " [%+.3f, %+.3f]", t->interval.low, t->interval.high);
    fputc(')', to);
}

static void say_trials(FILE *to, const bal_gate *g)
{
    fprintf(to, " Balanced accuracy on validation images, of %d short training%s each (%d steps): %.3f without",
            g->seeds, g->seeds == 1 ? "" : "s", g->steps, g->without);
    for (int i = 0; i < g->trials; i++) say_trial(to, g, i);
    fputc('.', to);
}

static void say_dropped(FILE *to, const bal_gate *g)
{
    static const char *const what[BAL_VERDICTS] = {NULL, "not taken for the class", "unlike real images",
                                                   "copies of training images", "repeating another"};
    for (int k = 0; k < g->class_count; k++) {
        const bal_gate_class *of = &g->of[k];
        bool                  any = false;
        if (of->candidates == 0) continue;
        fprintf(to, " %s: of %d candidates %d were dropped", of->name, of->candidates,
                of->candidates - of->count[BAL_KEPT]);
        for (int v = BAL_KEPT + 1; v < BAL_VERDICTS; v++) {
            if (of->count[v] == 0) continue;
            fprintf(to, "%s%d %s", any ? ", " : " (", of->count[v], what[v]);
            any = true;
        }
        fputs(any ? ")." : ".", to);
    }
}

/* What each class takes, in the order in which they were tried. */
static void say_taken(FILE *to, const bal_gate *g)
{
    fputs("Generated images helped:", to);
    for (int k = bal_gate_next(g, -1), i = 0; k >= 0; k = bal_gate_next(g, k), i++) {
        if (i) fputc(',', to);
        if (g->of[k].ratio > 0) fprintf(to, " %g for each real image of %s", g->of[k].ratio, g->of[k].name);
        else fprintf(to, " none of %s", g->of[k].name);
    }
    fputc('.', to);
}

static void say_decision(FILE *to, const bal_gate *g)
{
    int  candidates = 0;
    bool taken = false;
    for (int k = 0; k < g->class_count; k++) {
        candidates += g->of[k].candidates;
        taken |= g->of[k].ratio > 0;
    }
    if (candidates == 0) fputs("No generated images are used: no class has candidates.", to);
    else if (isnan(g->without)) fputs("No generated images are used: there is no validation image to judge by.", to);
    else if (taken) say_taken(to, g);
    else if (g->trials == 0) fputs("Generated images are not used: no candidate was fit.", to);
    else fputs("Generated images did not help: none is used. No ratio gained more than chance could have.", to);
}

bal_status bal_gate_words(char **out, const bal_gate *g)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory();
    say_decision(to, g);
    if (!isnan(g->without)) {
        say_dropped(to, g);
        say_trials(to, g);
    }
    if (fclose(to) == 0 && *out) return BAL_OK;
    free(*out);
    *out = NULL;
    return no_memory();
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool add_number(cJSON *to, const char *key, double v)
{
    char text[BAL_NUMBER_SIZE];
    if (isnan(v)) return cJSON_AddNullToObject(to, key) != NULL;
    return cJSON_AddRawToObject(to, key, bal_number_print(text, v)) != NULL;
}

static bool add_trial(cJSON *list, const bal_gate_trial *t, const char *class)
{
    cJSON *one = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(list, one)) return false;
    cJSON *interval = cJSON_AddObjectToObject(one, "ci95");
    return cJSON_AddStringToObject(one, "class", class) && add_number(one, "ratio", t->ratio) &&
           add_number(one, "images", t->images) && add_number(one, "balanced_accuracy", t->balanced_accuracy) &&
           add_number(one, "gain", t->gain) && interval && add_number(interval, "low", t->interval.low) &&
           add_number(interval, "high", t->interval.high);
}

static bool add_class(cJSON *all, const bal_gate_class *of)
{
    cJSON *one = cJSON_AddObjectToObject(all, of->name);
    bool   whole = one && add_number(one, "ratio", of->ratio) && add_number(one, "real", of->real) &&
                 add_number(one, "candidates", of->candidates);
    for (int v = 0; whole && v < BAL_VERDICTS; v++) whole = add_number(one, bal_verdict_keys[v], of->count[v]);
    return whole && cJSON_AddStringToObject(one, "verdicts", of->verdicts);
}

static bool add_all(cJSON *json, const bal_gate *g, const char *words)
{
    bool whole = cJSON_AddStringToObject(json, "words", words) && add_number(json, "seeds", g->seeds) &&
                 add_number(json, "steps", g->steps) && add_number(json, "balanced_accuracy", g->without);
    cJSON *classes = cJSON_AddObjectToObject(json, "classes"), *trials = cJSON_AddArrayToObject(json, "trials");
    whole = whole && trials && classes;
    for (int k = 0; whole && k < g->class_count; k++) whole = add_class(classes, &g->of[k]);
    for (int i = 0; whole && i < g->trials; i++) whole = add_trial(trials, &g->trial[i], g->of[g->trial[i].label].name);
    return whole;
}

bal_status bal_gate_write(const bal_gate *g, const char *path)
{
    char *words;
    BAL_TRY(bal_gate_words(&words, g));
    cJSON     *json = cJSON_CreateObject();
    char      *text = json && add_all(json, g, words) ? cJSON_Print(json) : NULL;
    bal_status st = text ? bal_file_write(path, text, strlen(text)) : no_memory();
    cJSON_free(text);
    cJSON_Delete(json);
    free(words);
    return st;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static double number(const cJSON *in, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(in, key);
    return cJSON_IsNumber(found) ? found->valuedouble : (double)NAN;
}

/* -1 where it is no whole number from 0. */
static int whole_number(const cJSON *in, const char *key)
{
    double v = number(in, key);
    return v >= 0 && v <= 1e9 ? (int)v : -1;
}

/* -1 where there is none. */
static int find_class(const bal_gate *g, const char *name)
{
    for (int k = 0; name && k < g->class_count; k++)
        if (strcmp(g->of[k].name, name) == 0) return k;
    return -1;
}

static bool get_trial(bal_gate_trial *out, const bal_gate *g, const cJSON *in)
{
    const cJSON *interval = cJSON_GetObjectItemCaseSensitive(in, "ci95");
    const char *class = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(in, "class"));
    *out = (bal_gate_trial){.label = find_class(g, class),
                            .ratio = number(in, "ratio"),
                            .balanced_accuracy = number(in, "balanced_accuracy"),
                            .gain = number(in, "gain"),
                            .interval = {number(interval, "low"), number(interval, "high")},
                            .images = whole_number(in, "images")};
    return out->label >= 0 && out->ratio > 0 && out->images >= 0;
}

static bool get_class(bal_gate_class *out, const cJSON *in)
{
    const char *verdicts = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(in, "verdicts"));
    out->ratio = number(in, "ratio");
    out->real = whole_number(in, "real");
    out->candidates = whole_number(in, "candidates");
    out->name = bal_format("%s", in->string);
    out->verdicts = bal_format("%s", verdicts ? verdicts : "");
    if (!out->name || !out->verdicts || out->real < 0 || out->candidates < 0 || !(out->ratio >= 0)) return false;
    for (const char *v = out->verdicts; *v; v++) {
        const char *known = strchr(bal_verdict_letters, *v);
        if (!known) return false;
        out->count[known - bal_verdict_letters]++;
    }
    return strlen(out->verdicts) == (size_t)out->candidates;
}

static bool get_all(bal_gate *g, const cJSON *json)
{
    const cJSON *one, *trials = cJSON_GetObjectItemCaseSensitive(json, "trials");
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    *g = (bal_gate){.without = number(json, "balanced_accuracy")};
    g->seeds = whole_number(json, "seeds");
    g->steps = whole_number(json, "steps");
    g->of = calloc((size_t)cJSON_GetArraySize(classes) + 1, sizeof *g->of);
    g->trial = calloc((size_t)cJSON_GetArraySize(trials) + 1, sizeof *g->trial);
    if (!g->of || !g->trial || !cJSON_IsObject(classes) || g->seeds < 1 || g->steps < 1) return false;
    cJSON_ArrayForEach(one, classes) if (!get_class(&g->of[g->class_count++], one)) return false;
    cJSON_ArrayForEach(one, trials) if (!get_trial(&g->trial[g->trials++], g, one)) return false;
    return g->class_count > 0;
}

bal_status bal_gate_read(bal_gate *out, const char *path)
{
    char  *text;
    size_t size;
    *out = (bal_gate){0};
    BAL_TRY(bal_file_read(&text, &size, path, 0));
    cJSON     *json = cJSON_Parse(text);
    bal_status st = get_all(out, json) ? BAL_OK : bal_fail(BAL_EIO, "%s: is no gate's decision", path);
    cJSON_Delete(json);
    free(text);
    if (st) bal_gate_free(out);
    return st;
}
