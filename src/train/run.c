/* run -- see include/ballast/run.h. */
#include "ballast/run.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/tune.h"
#include "ballast/log.h"
#include "ballast/version.h"

double bal_run_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bal_status bal_run_create(char **path, const char *out, const char *name)
{
    *path = NULL;
    BAL_TRY(bal_folder_create(out));
    for (int i = 1; i < 100000; i++) {
        char *full = i == 1 ? bal_format("%s/%s", out, name) : bal_format("%s/%s-%d", out, name, i);
        if (!full) return bal_fail(BAL_ENOMEM, "no memory for a path");
        if (mkdir(full, 0777) == 0) {
            if (i > 1) bal_info("%s/%s is there already and stays as it is: this run goes into %s", out, name, full);
            *path = full;
            return BAL_OK;
        }
        int        why = errno;
        bal_status st = why == EEXIST ? BAL_OK : bal_fail(BAL_EIO, "%s: %s", full, strerror(why));
        free(full);
        BAL_TRY(st);
    }
    return bal_fail(BAL_EIO, "%s: too many runs are called %s", out, name);
}

bal_status bal_run_claim(const char *path)
{
    char *name = bal_path_join(path, ".lock");
    if (!name) return bal_fail(BAL_ENOMEM, "no memory for a path");
    int          fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666); /* stays open: closing would end the lock */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET}, owner = whole;
    bal_status   st = fd >= 0 ? BAL_OK : bal_fail(BAL_EIO, "%s: %s", name, strerror(errno));
    free(name);
    if (st != BAL_OK || fcntl(fd, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN)) return st;
    long who = fcntl(fd, F_GETLK, &owner) == 0 ? (long)owner.l_pid : 0;
    close(fd);
    return bal_fail(BAL_EIO, "%s: process %ld is working on this run; wait for it, or stop it first", path, who);
}

const char *bal_run_class_folder(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s", name);
    for (char *p = out; *p; p++)
        if (*p == '/' || (unsigned char)*p < 32) *p = '_';
    if (out[0] == '.') out[0] = '_';
    return out;
}

/* What is written must read back: a path may be too long for a line of an INI file, or hold " ;". */
static bal_status read_back(const char *path, const char *data)
{
    bal_config *c;
    BAL_TRY(bal_config_read(&c, path));
    const bal_section *section = bal_config_find(c, "data");
    const bal_entry   *entry = section ? bal_section_find(section, "path") : NULL;
    bool               same = !data || (entry && strcmp(entry->value, data) == 0);
    bal_config_free(c);
    return same ? BAL_OK : bal_fail(BAL_ECONFIG, "%s: the path %s cannot stand in an INI file", path, data);
}

bal_status bal_run_write_config(const char *path, const bal_setup *s, const bal_dataset *data)
{
    const char *given = bal_dataset_settings(data)->path;
    char       *absolute = given ? bal_path_absolute(given) : NULL, *file = bal_path_join(path, "config.ini");
    bal_status  st = file ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK && given && !absolute) st = bal_fail(BAL_EIO, "%s: cannot tell where this is", given);
    if (st == BAL_OK) st = bal_setup_write(s, file, absolute);
    if (st == BAL_OK) st = read_back(file, absolute);
    free(absolute);
    free(file);
    return st;
}

/* ---- run.json --------------------------------------------------------------------------------------------------- */

static void put_device(cJSON *to, const bal_device *dev)
{
    const bal_device_info *info = bal_device_describe(dev);
    cJSON_AddStringToObject(to, "device", info->name);
    cJSON_AddStringToObject(to, "platform", info->platform);
    cJSON_AddStringToObject(to, "version", info->version);
    cJSON_AddStringToObject(to, "driver", info->driver);
    cJSON_AddNumberToObject(to, "units", info->units);
    cJSON_AddStringToObject(to, "kernels", bal_device_class(dev) == BAL_CPU ? "cpu" : "gpu");
    cJSON_AddNumberToObject(to, "peak_memory_bytes", (double)bal_device_count(dev).peak_bytes);
}

static void put_plan(cJSON *to, const bal_device *dev)
{
    cJSON      *plan = cJSON_AddObjectToObject(to, "plan");
    const char *key, *choice;
    for (int i = 0; bal_plan_row(dev, i, &key, &choice); i++) cJSON_AddStringToObject(plan, key, choice);
}

/* run.json as it stands; NULL where there is none. */
static cJSON *read_description(const char *path)
{
    char  *file = bal_path_join(path, "run.json"), *text = NULL;
    size_t size;
    cJSON *json = NULL;
    if (file && bal_file_exists(file) && bal_file_read(&text, &size, file, 1 << 20) == BAL_OK) json = cJSON_Parse(text);
    free(text);
    free(file);
    return json;
}

/* A run that goes on reads its own config.ini; it still comes from the file that it began with. */
static void put_origin(cJSON *to, const char *path, const char *config)
{
    char       *own = bal_path_join(path, "config.ini");
    cJSON      *before = own && strcmp(own, config) == 0 ? read_description(path) : NULL;
    const char *origin = cJSON_GetStringValue(cJSON_GetObjectItem(before, "config"));
    cJSON_AddStringToObject(to, "config", origin ? origin : config);
    cJSON_Delete(before);
    free(own);
}

bal_status bal_run_describe(const char *path, const bal_setup *s, const bal_device *dev, double seconds)
{
    cJSON    *json = cJSON_CreateObject();
    char      stamp[32] = "";
    time_t    now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc)) strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cJSON_AddStringToObject(json, "name", s->run.name);
    cJSON_AddNumberToObject(json, "seed", s->run.seed);
    cJSON_AddStringToObject(json, "ballast", bal_version());
    cJSON_AddStringToObject(json, "commit", bal_commit());
    put_origin(json, path, bal_config_path(s->config));
    put_device(json, dev);
    cJSON_AddStringToObject(json, "written", stamp);
    cJSON_AddNumberToObject(json, "seconds", seconds);
    put_plan(json, dev);
    char      *text = cJSON_Print(json), *file = bal_path_join(path, "run.json");
    bal_status st =
        text && file ? bal_file_write(file, text, strlen(text)) : bal_fail(BAL_ENOMEM, "no memory for run.json");
    cJSON_free(text);
    free(file);
    cJSON_Delete(json);
    return st;
}

bal_status bal_run_use_plan(const char *path, bal_device *dev)
{
    cJSON       *json = read_description(path);
    const cJSON *row;
    bal_status   st = BAL_OK;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(json, "plan"))
        if (st == BAL_OK && cJSON_IsString(row)) st = bal_plan_set(dev, row->string, row->valuestring);
    cJSON_Delete(json);
    return st;
}

double bal_run_seconds(const char *path)
{
    cJSON       *json = read_description(path);
    const cJSON *found = cJSON_GetObjectItem(json, "seconds");
    double       seconds = cJSON_IsNumber(found) ? found->valuedouble : 0;
    cJSON_Delete(json);
    return seconds;
}

/* ---- logs ------------------------------------------------------------------------------------------------------- */

/* The length of what is kept: the header and the rows up to step `keep`, whole lines only. */
static size_t kept(const char *text, int keep)
{
    const char *end = strchr(text, '\n');
    while (end) {
        const char *row = end + 1, *next = strchr(row, '\n');
        if (!next || strtol(row, NULL, 10) > keep) return (size_t)(row - text);
        end = next;
    }
    return 0;
}

static bal_status trim(const char *path, const char *header, int keep)
{
    char      *text = NULL;
    size_t     size = 0, good = 0;
    bal_status st = bal_file_exists(path) ? bal_file_read(&text, &size, path, 0) : BAL_OK;
    if (st != BAL_OK) return st;
    if (text && keep > 0) good = kept(text, keep);
    if (good > 0) st = good < size ? bal_file_write(path, text, good) : BAL_OK;
    else st = bal_file_write(path, header, strlen(header));
    free(text);
    return st;
}

bal_status bal_run_log_open(bal_run_log *log, const char *path, const char *header, int keep)
{
    *log = (bal_run_log){0};
    BAL_TRY(trim(path, header, keep));
    log->path = bal_format("%s", path);
    log->file = fopen(path, "a");
    if (log->path && log->file) return BAL_OK;
    bal_status st = bal_fail(BAL_EIO, "%s: %s", path, strerror(errno));
    bal_run_log_close(log);
    return st;
}

bal_status bal_run_log_row(bal_run_log *log, int step, const double *values, int count)
{
    bal_csv_put_number(log->file, step, count ? ',' : '\n');
    for (int i = 0; i < count; i++) bal_csv_put_number(log->file, values[i], i + 1 < count ? ',' : '\n');
    if (fflush(log->file) == 0 && !ferror(log->file)) return BAL_OK;
    return bal_fail(BAL_EIO, "%s: %s", log->path, strerror(errno));
}

void bal_run_log_close(bal_run_log *log)
{
    if (log->file) fclose(log->file);
    free(log->path);
    *log = (bal_run_log){0};
}

/* ---- pictures --------------------------------------------------------------------------------------------------- */

bal_status bal_run_grid(const char *path, const float *pixel, int count, int columns, const bal_dataset_options *data,
                        const bal_scaling *scaling)
{
    int    size = data->size, c = data->channels, rows = (count + columns - 1) / columns;
    size_t stride = (size_t)columns * (size_t)size * (size_t)c, row = (size_t)size * (size_t)c;
    float *out = calloc(stride * (size_t)(rows * size), sizeof *out);
    if (!out) return bal_fail(BAL_ENOMEM, "no memory for a picture of %d images", count);
    for (int i = 0; i < count; i++)
        for (int y = 0; y < size; y++) {
            float       *to = out + (size_t)(i / columns * size + y) * stride + (size_t)(i % columns) * row;
            const float *from = pixel + ((size_t)i * (size_t)size + (size_t)y) * row;
            for (size_t k = 0; k < row; k++)
                to[k] = from[k] * scaling->deviation[k % (size_t)c] + scaling->mean[k % (size_t)c];
        }
    bal_status st = bal_image_write_png(path, out, columns * size, rows * size, c);
    free(out);
    return st;
}
