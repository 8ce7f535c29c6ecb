/* tune -- a device's plan, and the store of what was measured; see ballast/tune.h.
 *
 * The store's first line names the format, the second one the device and its driver, the third one is a hash of all
 * kernels. Then a line for each key: LEVEL KEY = CHOICE. It is read and written again under a lock, and renamed. */
#include "ballast/tune.h"
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "internal.h"

enum { MOST = 4 << 20 }; /* bytes of a store */

static const char        first_line[] = "ballast tune 1\n";
static const char *const words[] = {[BAL_TUNE_FAST] = "fast ", [BAL_TUNE_FULL] = "full "};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the plan --------------------------------------------------------------------------------------------------- */

const char *bal_plan_find(const bal_device *dev, const char *key)
{
    const bal_table_row *r = bal_table_find(&dev->plan, key);
    return r ? r->choice : NULL;
}

bal_status bal_plan_set(bal_device *dev, const char *key, const char *choice)
{
    return bal_table_set(&dev->plan, key, choice, BAL_TUNE_OFF);
}

bool bal_plan_row(const bal_device *dev, int i, const char **key, const char **choice)
{
    if (i >= dev->plan.count) return false;
    *key = dev->plan.row[i].key;
    *choice = dev->plan.row[i].choice;
    return true;
}

void bal_plan_clear(bal_device *dev) { bal_table_free(&dev->plan); }

/* ---- reading the store ------------------------------------------------------------------------------------------ */

/* The three lines that a store of this device begins with; malloc'd. */
static char *head_of(const bal_device *dev)
{
    char digest[65];
    if (bal_sources_digest(digest) != BAL_OK) return NULL;
    return bal_format("%s%s, %s, driver %s\nkernels %s\n", first_line, dev->info.name, dev->info.platform,
                      dev->info.driver, digest);
}

char *bal_store_path(const bal_device *dev)
{
    char  digest[SHA256_DIGEST_STRING_LENGTH];
    char *folder = bal_cache_folder(), *head = head_of(dev), *path = NULL;
    if (folder && head) {
        SHA256Data((const uint8_t *)head, strlen(head), digest);
        path = bal_format("%s/tune-%.16s.txt", folder, digest);
    }
    free(folder);
    free(head);
    return path;
}

/* One line without its end; cut in place. */
static bal_status read_line(bal_table *t, char *line)
{
    bal_tune level = strncmp(line, words[BAL_TUNE_FULL], 5) == 0 ? BAL_TUNE_FULL : BAL_TUNE_FAST;
    char    *equals = strstr(line, " = ");
    if (strncmp(line, words[level], 5) != 0 || !equals || !equals[3] || equals == line + 5) return BAL_ECONFIG;
    *equals = '\0';
    return bal_table_set(t, line + 5, equals + 3, level);
}

/* The whole text of a store, cut in place; what is wrong with it, or NULL. */
static const char *parse(bal_table *t, char *text, const char *head)
{
    size_t size = strlen(head);
    if (strncmp(text, first_line, sizeof first_line - 1) != 0) return "is no store of measured kernels, or damaged";
    if (strncmp(text, head, size) != 0) return "is of another device, driver or version";
    for (char *line = text + size, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end) return "is damaged";
        *end = '\0';
        if (read_line(t, line) != BAL_OK) return "is damaged";
    }
    return NULL;
}

/* What the file holds; nothing, and a warning, where it cannot be used. */
static void read_store(bal_table *t, const char *path, const char *head)
{
    char       *text = NULL;
    size_t      size;
    const char *fault = NULL;
    if (!bal_file_exists(path)) return;
    if (bal_file_read(&text, &size, path, MOST) != BAL_OK) fault = bal_error();
    else if ((fault = strlen(text) == size ? parse(t, text, head) : "is damaged")) bal_table_free(t);
    if (fault) bal_warn("%s: %s; left aside", path, fault);
    free(text);
}

/* ---- writing it ------------------------------------------------------------------------------------------------- */

static bal_status write_store(const bal_table *t, const char *path, const char *head)
{
    bal_file_writer w;
    BAL_TRY(bal_file_create(&w, path));
    fputs(head, w.file);
    for (int i = 0; i < t->count; i++)
        fprintf(w.file, "%s%s = %s\n", words[t->row[i].level], t->row[i].key, t->row[i].choice);
    return bal_file_commit(&w);
}

/* Waits until no other process writes; -1 where the file system knows no locks: then the last one to write wins. */
static int lock(const char *path)
{
    char        *name = bal_format("%s.lock", path);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int          file = name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    free(name);
    if (file >= 0) (void)fcntl(file, F_SETLKW, &all);
    return file;
}

static bal_status merge(const bal_table *fresh, const char *path, const char *head)
{
    bal_table  all = {0};
    bal_status st = BAL_OK;
    int        file = lock(path);
    read_store(&all, path, head);
    for (int i = 0; st == BAL_OK && i < fresh->count; i++) {
        const bal_table_row *r = &fresh->row[i], *old = bal_table_find(&all, r->key);
        if (!old || old->level <= r->level) st = bal_table_set(&all, r->key, r->choice, r->level);
    }
    if (st == BAL_OK) st = write_store(&all, path, head);
    if (file >= 0) close(file);
    bal_table_free(&all);
    return st;
}

/* ---- tuning ----------------------------------------------------------------------------------------------------- */

bal_status bal_tuning_open(bal_device *dev, const bal_tuning *how)
{
    char *path = bal_store_path(dev), *head = head_of(dev);
    dev->tuning = *how;
    dev->tuning_until = how->seconds > 0 ? seconds() + how->seconds : 0;
    if (path && head && how->level != BAL_TUNE_OFF) read_store(&dev->store, path, head);
    free(path);
    free(head);
    return BAL_OK;
}

bal_status bal_tuning_close(bal_device *dev)
{
    char      *path = bal_store_path(dev), *head = head_of(dev), *folder = path ? bal_path_folder(path) : NULL;
    bal_status st = BAL_OK;
    if (dev->measured.count || dev->tuning.level == BAL_TUNE_FULL) {
        st = folder && head ? bal_folder_create(folder) : bal_fail(BAL_EIO, "there is no folder to keep a store in");
        if (st == BAL_OK) st = merge(&dev->measured, path, head);
    }
    dev->tuning = (bal_tuning){0};
    bal_table_free(&dev->store);
    bal_table_free(&dev->measured);
    free(folder);
    free(path);
    free(head);
    return st;
}

const bal_tuning *bal_tuning_of(const bal_device *dev)
{
    return dev->tuning.level == BAL_TUNE_OFF ? NULL : &dev->tuning;
}

bool bal_tuning_goes_on(const bal_device *dev)
{
    const bal_tuning *t = &dev->tuning;
    return t->level != BAL_TUNE_OFF && !(t->stop && t->stop()) &&
           (dev->tuning_until == 0 || seconds() < dev->tuning_until);
}

const char *bal_store_find(const bal_device *dev, const char *key, bal_tune level)
{
    const bal_table_row *r = bal_table_find(&dev->measured, key);
    if (!r) r = bal_table_find(&dev->store, key);
    return r && r->level >= level ? r->choice : NULL;
}

bal_status bal_store_add(bal_device *dev, const char *key, const char *choice)
{
    return bal_table_set(&dev->measured, key, choice, dev->tuning.level);
}
