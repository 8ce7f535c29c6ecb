/* html_folder -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/plot.h"
#include "ballast/text.h"
#include "ballast/version.h"
#include "eval/page.h"
#include "eval/prose.h"

enum { TEXT_MAX = 1 << 20 }; /* bytes of a text file */

/* folder/name read whole: NULL where it is not there, and a sentence in the page where it cannot be read. */
static char *read_text(FILE *to, const char *folder, const char *name)
{
    char  *path = bal_path_join(folder, name), *text = NULL;
    size_t size;
    if (path && bal_file_exists(path) && bal_file_read(&text, &size, path, TEXT_MAX) != BAL_OK) bal_page_fault(to);
    free(path);
    return text;
}

static bool has(const char *folder, const char *name)
{
    char *path = bal_path_join(folder, name);
    bool  found = path && bal_file_exists(path);
    free(path);
    return found;
}

/* ---- run.json ---------------------------------------------------------------------------------------------------- */

static void put_fact(FILE *to, const cJSON *run, const char *key, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(run, key);
    char         number[BAL_NUMBER_SIZE];
    if (!cJSON_IsString(item) && !cJSON_IsNumber(item)) return;
    fprintf(to, "<dt>%s</dt><dd>", name);
    if (cJSON_IsString(item)) bal_page_name(to, item->valuestring);
    else bal_page_text(to, bal_number_print(number, item->valuedouble));
    fputs("</dd>\n", to);
}

/* The value of a key in a section of a config.ini that ballast wrote ("key = value"), to the end of its line; malloc'd,
 * or NULL. */
static char *find_setting(const char *ini, const char *section, const char *key)
{
    const char *at = ini ? strstr(ini, section) : NULL;
    size_t      size = strlen(key);
    while (at && (at = strchr(at, '\n')) != NULL && *++at != '[')
        if (strncmp(at, key, size) == 0 && strncmp(at + size, " = ", 3) == 0)
            return bal_format("%.*s", (int)strcspn(at + size + 3, "\n"), at + size + 3);
    return NULL;
}

static void put_setting(FILE *to, const char *ini, const char *key, const char *name)
{
    char *value = find_setting(ini, "[data]\n", key);
    if (value) {
        fprintf(to, "<dt>%s</dt><dd>", name);
        bal_page_name(to, value);
        fputs("</dd>\n", to);
    }
    free(value);
}

/* Not when and how long: a report made again is the same. */
static void put_run(FILE *to, const cJSON *run, const char *ini)
{
    static const char *const facts[][2] = {
        {"name", "name"},     {"config", "configuration"}, {"seed", "seed"},       {"ballast", "ballast"},
        {"commit", "commit"}, {"device", "device"},        {"platform", "OpenCL"}, {"version", "version"},
        {"driver", "driver"}, {"kernels", "kernels for"},
    };
    fputs("<dl>\n", to);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) put_fact(to, run, facts[i][0], facts[i][1]);
    put_setting(to, ini, "source", "data");
    put_setting(to, ini, "path", "from");
    fputs("</dl>\n", to);
}

/* A part of an experiment, which has its log beside its report, is described three folders above. */
void bal_html_run(FILE *to, const char *folder)
{
    bool   part = has(folder, "log.csv");
    char  *text = read_text(to, folder, part ? "../../../run.json" : "run.json");
    char  *ini = read_text(to, folder, part ? "../../../config.ini" : "config.ini");
    cJSON *run = text ? cJSON_Parse(text) : NULL;
    fputs("<h2>What was run</h2>\n", to);
    if (run) put_run(to, run, ini);
    else if (text) fputs("<p>Not shown: run.json is not JSON.</p>\n", to);
    else
        fprintf(to,
                "<p>ballast %s made this report from predictions; there is no run.json beside it that says what was "
                "trained, and on what device.</p>\n",
                bal_version());
    cJSON_Delete(run);
    free(text);
    free(ini);
}

void bal_html_settings(FILE *to, const char *folder)
{
    char *text = read_text(to, folder, "config.ini");
    if (!text) return;
    fputs("<h2>Settings</h2>\n<details>\n<summary>config.ini, every default written out</summary>\n<pre>", to);
    bal_page_text(to, text);
    fputs("</pre>\n</details>\n", to);
    free(text);
}

/* ---- split.csv --------------------------------------------------------------------------------------------------- */

enum { TRAIN, VALIDATION, TEST, OTHER, PARTS };

typedef struct census {
    bal_names label;
    int (*images)[PARTS];
} census;

static int part_of(const char *name)
{
    static const char *const names[] = {"train", "validation", "test"};
    for (int i = 0; i < OTHER; i++)
        if (strcmp(name, names[i]) == 0) return i;
    return OTHER;
}

/* Index of the label, added where it is new; -1: no memory. `last` is tried first: files are sorted. */
static int label_of(census *c, const char *name, int last)
{
    if (last < c->label.count && strcmp(c->label.name[last], name) == 0) return last;
    for (int i = 0; i < c->label.count; i++)
        if (strcmp(c->label.name[i], name) == 0) return i;
    int(*grown)[PARTS] = realloc(c->images, ((size_t)c->label.count + 1) * sizeof *grown);
    if (!grown) return -1;
    c->images = grown;
    memset(grown[c->label.count], 0, sizeof *grown);
    return bal_names_add(&c->label, name) == BAL_OK ? c->label.count - 1 : -1;
}

static bal_status count_rows(census *c, bal_csv *csv)
{
    const char *const *row;
    bal_status         st;
    int                label, part, at = 0;
    BAL_TRY(bal_csv_column(&label, csv, "label"));
    BAL_TRY(bal_csv_column(&part, csv, "part"));
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) {
        at = label_of(c, row[label], at);
        if (at < 0) return bal_fail(BAL_ENOMEM, "no memory for counts of images");
        c->images[at][part_of(row[part])]++;
    }
    return st;
}

static bal_status take_census(census *c, const char *path)
{
    bal_csv *csv;
    BAL_TRY(bal_csv_open(&csv, path));
    bal_status st = count_rows(c, csv);
    bal_csv_close(csv);
    return st;
}

static void put_counts(FILE *to, const int images[PARTS], bool other)
{
    int all = 0;
    for (int p = 0; p < PARTS; p++) {
        all += images[p];
        if (p != OTHER || other) fprintf(to, "<td>%d</td>", images[p]);
    }
    fprintf(to, "<td>%d</td></tr>\n", all);
}

static void put_census(FILE *to, const census *c)
{
    int sum[PARTS] = {0};
    for (int i = 0; i < c->label.count; i++)
        for (int p = 0; p < PARTS; p++) sum[p] += c->images[i][p];
    fprintf(to,
            "<div class=\"wide\"><table>\n<caption>Images of each class and part</caption>\n<thead><tr>"
            "<th scope=\"col\">class</th><th scope=\"col\">train</th><th scope=\"col\">validation</th>"
            "<th scope=\"col\">test</th>%s<th scope=\"col\">all</th></tr></thead>\n<tbody>\n",
            sum[OTHER] ? "<th scope=\"col\">in no part</th>" : "");
    for (int i = 0; i < c->label.count; i++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, *c->label.name[i] ? c->label.name[i] : "(none)");
        fputs("</th>", to);
        put_counts(to, c->images[i], sum[OTHER] > 0);
    }
    fputs("</tbody>\n<tfoot><tr><th scope=\"row\">all</th>", to);
    put_counts(to, sum, sum[OTHER] > 0);
    fputs("</tfoot>\n</table></div>\n", to);
}

void bal_html_data(FILE *to, const char *folder)
{
    census c = {0};
    char  *path = bal_path_join(folder, "split.csv");
    if (path && bal_file_exists(path)) {
        if (take_census(&c, path) == BAL_OK) put_census(to, &c);
        else bal_page_fault(to);
    }
    bal_names_free(&c.label);
    free(c.images);
    free(path);
}

/* ---- images of each class ---------------------------------------------------------------------------------------- */

typedef struct chart {
    bal_bar_row row[BAL_MATRIX_CLASSES];
    bal_bars    bars;
} chart;

static void chart_census(chart *out, const census *c)
{
    static const char *const names[] = {"train", "validation", "test", "in no part"};
    int other = 0, count = c->label.count < BAL_MATRIX_CLASSES ? c->label.count : BAL_MATRIX_CLASSES;
    for (int i = 0; i < count; i++) {
        other += c->images[i][OTHER];
        out->row[i] = (bal_bar_row){*c->label.name[i] ? c->label.name[i] : "(none)", c->images[i]};
    }
    out->bars = (bal_bars){"Images of each class", "images", names, other ? PARTS : OTHER, out->row, count};
}

static void chart_metrics(chart *out, const bal_metrics *m, char *const *name)
{
    static const char *const names[] = {""};
    int                      count = m->class_count < BAL_MATRIX_CLASSES ? m->class_count : BAL_MATRIX_CLASSES;
    for (int i = 0; i < count; i++) out->row[i] = (bal_bar_row){name[i], &m->classes[i].support};
    out->bars = (bal_bars){"Images of each class", "images", names, 1, out->row, count};
}

static bal_status describe_bars(char **alt, const bal_bars *b)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_prose_no_memory();
    fprintf(to, "Bars: images of each class%s.", b->part_count > 1 ? " and part" : "");
    for (int i = 0; i < b->count; i++) {
        fprintf(to, "%s %s:", i ? ";" : "", b->row[i].name);
        for (int p = 0; p < b->part_count; p++)
            fprintf(to, "%s %d%s%s", p ? "," : "", b->row[i].images[p], *b->part[p] ? " " : "", b->part[p]);
    }
    fputc('.', to);
    return bal_prose_close(to, alt);
}

static bal_status draw_chart(bal_figure *out, const chart *c)
{
    bal_status st = c->bars.count ? bal_plot_bars(&out->svg, &c->bars) : BAL_OK;
    if (st == BAL_OK && c->bars.count) st = describe_bars(&out->alt, &c->bars);
    if (st) bal_figure_free(out);
    return st;
}

/* A split.csv that cannot be read is named in the page's section on data. */
bal_status bal_figure_counts(bal_figure *out, const char *folder, const bal_metrics *m, char *const *name)
{
    census c = {0};
    chart  of = {0};
    char  *path = bal_path_join(folder, "split.csv");
    bool   counted = path && bal_file_exists(path) && take_census(&c, path) == BAL_OK;
    *out = (bal_figure){0};
    if (counted) chart_census(&of, &c);
    else if (m) chart_metrics(&of, m, name);
    bal_status st = draw_chart(out, &of);
    bal_names_free(&c.label);
    free(c.images);
    free(path);
    return st;
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

/* The log of the training: a run's, or that of a part of an experiment. Empty where there is none. */
static bal_status read_log(bal_history *out, const char *folder)
{
    static const char *const places[] = {"classifier/log.csv", "log.csv"};
    bal_status               st = BAL_OK;
    *out = (bal_history){0};
    for (size_t i = 0; i < sizeof places / sizeof *places && st == BAL_OK && !out->count; i++) {
        char *path = bal_path_join(folder, places[i]);
        if (path && bal_file_exists(path)) st = bal_history_read(out, path);
        free(path);
    }
    return st;
}

bal_status bal_figure_curves(bal_figure *out, const char *folder)
{
    bal_history h;
    *out = (bal_figure){0};
    bal_status st = read_log(&h, folder);
    if (st == BAL_OK && h.count) st = bal_history_svg(&out->svg, &h);
    if (st == BAL_OK && h.count) st = bal_history_words(&out->alt, &h);
    bal_history_free(&h);
    if (st) bal_figure_free(out);
    return st;
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

void bal_html_repeat(FILE *to, const char *folder, const char *verb, uint64_t seed)
{
    fputs("<h2>How to repeat it</h2>\n<p>In the folder of this file:</p>\n<pre><code>", to);
    if (has(folder, "config.ini"))
        fprintf(to,
                "# all of it again, into a new folder\nballast %s config.ini\n\n"
                "# this report again, from what is stored here\nballast report .\n\n",
                verb);
    fputs("# the figures alone, from the predictions\nballast eval --predictions predictions.csv", to);
    if (seed != BAL_REPORT_SEED) fprintf(to, " --seed %" PRIu64, seed);
    fputs("\n</code></pre>\n<p>The same seed, device and version of ballast give the same figures.</p>\n", to);
}

/* ---- an experiment's parts --------------------------------------------------------------------------------------- */

char *bal_html_part_folder(const char *folder, const bal_part_result *p)
{
    if (p->fold < 0) return bal_format("%s/split/seed%d/%s", folder, p->seed, p->arm);
    return bal_format("%s/fold%d/seed%d/%s", folder, p->fold, p->seed, p->arm);
}
