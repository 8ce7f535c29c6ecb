/* runs -- the runs in a folder: what they were, and how well they did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/files.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum { FILE_LIMIT = 1 << 24 };

/* A JSON file of a run; NULL where it is not there or not whole. */
static cJSON *read_json(const char *run, const char *name)
{
    char  *path = bal_path_join(run, name), *text = NULL;
    size_t size;
    cJSON *json = NULL;

    if (path && bal_file_exists(path) && bal_file_read(&text, &size, path, FILE_LIMIT) == BAL_OK)
        json = cJSON_Parse(text);
    free(text);
    free(path);
    return json;
}

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    return text ? text : "";
}

static const char *share_of(char *out, size_t size, const cJSON *json, const char *key)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, key);

    if (cJSON_IsNumber(number)) snprintf(out, size, "%.4f", number->valuedouble);
    else snprintf(out, size, "-");
    return out;
}

static const char *seconds_of(char *out, size_t size, const cJSON *json)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, "seconds");
    return bal_duration_print(out, size, cJSON_IsNumber(number) ? number->valuedouble : 0);
}

static void say_json(const char *path, const cJSON *run, const cJSON *report)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "path", path);
    cJSON_AddItemToObject(o, "run", cJSON_Duplicate(run, true));
    if (report) {
        cJSON_AddItemToObject(o, "accuracy", cJSON_Duplicate(cJSON_GetObjectItem(report, "accuracy"), true));
        cJSON_AddItemToObject(o, "balanced_accuracy",
                              cJSON_Duplicate(cJSON_GetObjectItem(report, "balanced_accuracy"), true));
    }
    bal_say_json(o);
}

static void say_row(const char *path, const cJSON *run, const cJSON *report)
{
    char took[32], accuracy[32], balanced[32];

    printf("%-20s  %9s  %8s  %8s  %s  %s\n", text_of(run, "written"), seconds_of(took, sizeof took, run),
           share_of(accuracy, sizeof accuracy, report, "accuracy"),
           share_of(balanced, sizeof balanced, report, "balanced_accuracy"), path, text_of(run, "device"));
}

/* Says one folder if it is a run. */
static int say_run(const char *path)
{
    cJSON *run = read_json(path, "run.json"), *report = read_json(path, "report.json");

    if (run && bal_speaks_json()) say_json(path, run, report);
    else if (run) say_row(path, run, report);
    cJSON_Delete(report);
    cJSON_Delete(run);
    return run != NULL;
}

static bal_status list(const char *folder)
{
    bal_names names;
    int       count = 0;

    BAL_TRY(bal_folder_list(&names, folder));
    if (!bal_speaks_json())
        printf("%-20s  %9s  %8s  %8s  %s  %s\n", "written", "took", "accuracy", "balanced", "run", "device");
    for (int i = 0; i < names.count; i++) {
        char *path = bal_path_join(folder, names.name[i]);
        if (path) count += say_run(path);
        free(path);
    }
    bal_names_free(&names);
    return count ? BAL_OK : bal_fail(BAL_EIO, "%s: there is no run in it", folder);
}

static int run(const bal_args *args) { return bal_done(list(args->word_count ? args->word[0] : "runs")); }

const bal_verb bal_verb_runs = {
    .name = "runs",
    .group = BAL_VERB_LOOK,
    .usage = "[FOLDER]",
    .help = "list the runs in a folder, and how well they did",
    .details = "FOLDER is `runs` unless it is named. Accuracy and balanced accuracy are those of report.json, on the "
               "test images.",
    .examples = "Which runs are there?\n"
                "    ballast runs",
    .max_words = 1,
    .run = run,
};
