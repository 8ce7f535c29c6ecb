/* files -- paths, folders, whole files. */
#include "ballast/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bal_status no_memory(const char *path) { return bal_fail(BAL_ENOMEM, "%s: no memory left to read it", path); }

static bal_status too_big(const char *path, size_t limit)
{
    return bal_fail(BAL_EIO, "%s: more than %zu bytes, which is all that is read here", path, limit);
}

/* Read to the end without trusting the size that the system reports: pipes have none, and a file may grow. */
static bal_status read_all(char **data, size_t *size, FILE *f, const char *path, size_t limit)
{
    size_t room = 0, n = 0;

    for (;;) {
        if (room - n < 2) {
            if (room > SIZE_MAX / 4) return no_memory(path);
            room = room ? room * 2 : 16384;
            char *more = realloc(*data, room);
            if (!more) return no_memory(path);
            *data = more;
        }
        size_t got = fread(*data + n, 1, room - n - 1, f);
        n += got;
        if (limit && n > limit) return too_big(path, limit);
        if (got == 0) break;
    }
    if (ferror(f)) return bal_fail(BAL_EIO, "%s: cannot be read: %s", path, strerror(errno));
    (*data)[n] = '\0';
    *size = n;
    return BAL_OK;
}

bal_status bal_file_read(char **data, size_t *size, const char *path, size_t limit)
{
    struct stat info;

    *data = NULL;
    *size = 0;
    if (bal_folder_exists(path)) return bal_fail(BAL_EIO, "%s: is a folder, not a file", path);
    FILE *f = fopen(path, "rb");
    if (!f) return bal_fail(BAL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    bal_status st = BAL_OK;
    if (limit && !fstat(fileno(f), &info) && info.st_size > 0 && (uintmax_t)info.st_size > limit)
        st = too_big(path, limit);
    if (!st) st = read_all(data, size, f, path, limit);
    fclose(f);
    if (!st) return BAL_OK;
    free(*data);
    *data = NULL;
    return st;
}

bal_status bal_file_create(bal_file_writer *w, const char *path)
{
    *w = (bal_file_writer){0};
    w->path = bal_format("%s", path);
    w->temporary = bal_format("%s.tmp.%ld", path, (long)getpid());
    if (!w->path || !w->temporary) {
        bal_file_discard(w);
        return bal_fail(BAL_ENOMEM, "%s: no memory left to write it", path);
    }
    w->file = fopen(w->temporary, "wb");
    if (w->file) return BAL_OK;
    int why = errno;
    bal_file_discard(w);
    return bal_fail(BAL_EIO, "%s: cannot be created: %s", path, strerror(why));
}

bal_status bal_file_commit(bal_file_writer *w)
{
    errno = 0;
    bool good = fflush(w->file) == 0 && !ferror(w->file) && fsync(fileno(w->file)) == 0;
    int  why = errno;
    if (fclose(w->file) != 0 && good) good = false, why = errno;
    w->file = NULL;
    if (good && rename(w->temporary, w->path) != 0) good = false, why = errno;
    bal_status st = BAL_OK;
    if (!good)
        st = bal_fail(BAL_EIO, "%s: cannot be written: %s", w->path,
                      why ? strerror(why) : "an earlier write failed; is the disk full?");
    else free(w->temporary), w->temporary = NULL;
    bal_file_discard(w);
    return st;
}

void bal_file_discard(bal_file_writer *w)
{
    if (w->file) fclose(w->file);
    if (w->temporary) unlink(w->temporary);
    free(w->path);
    free(w->temporary);
    *w = (bal_file_writer){0};
}

bal_status bal_file_write(const char *path, const void *data, size_t size)
{
    bal_file_writer w;

    BAL_TRY(bal_file_create(&w, path));
    if (size) fwrite(data, 1, size, w.file); /* commit sees a failure */
    return bal_file_commit(&w);
}

bal_status bal_file_copy(const char *to, const char *from)
{
    static const size_t chunk = (size_t)1 << 20;
    bal_file_writer     w;
    FILE               *in = fopen(from, "rb");
    char               *data = in ? malloc(chunk) : NULL;
    bal_status          st = in ? BAL_OK : bal_fail(BAL_EIO, "%s: cannot read: %s", from, strerror(errno));
    if (in && !data) st = bal_fail(BAL_ENOMEM, "no memory to copy %s", from);
    if (st == BAL_OK) st = bal_file_create(&w, to);
    for (size_t n; st == BAL_OK && (n = fread(data, 1, chunk, in)) > 0;) fwrite(data, 1, n, w.file);
    if (st == BAL_OK && ferror(in)) {
        st = bal_fail(BAL_EIO, "%s: cannot read: %s", from, strerror(errno));
        bal_file_discard(&w);
    } else if (st == BAL_OK) st = bal_file_commit(&w);
    if (in) fclose(in);
    free(data);
    return st;
}

bool bal_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool bal_folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bal_status create_one(const char *path)
{
    if (mkdir(path, 0777) == 0) return BAL_OK;
    int why = errno;
    if (bal_folder_exists(path)) return BAL_OK;
    if (why == EEXIST) return bal_fail(BAL_EIO, "%s: exists and is not a folder", path);
    return bal_fail(BAL_EIO, "%s: folder cannot be created: %s", path, strerror(why));
}

bal_status bal_folder_create(const char *path)
{
    char *part = bal_format("%s", path);
    if (!part) return bal_fail(BAL_ENOMEM, "%s: no memory left to create it", path);
    bal_status st = BAL_OK;
    for (char *p = part; !st && *p; p++) {
        if (*p != '/' || p == part || p[-1] == '/') continue;
        *p = '\0';
        st = create_one(part);
        *p = '/';
    }
    if (!st) st = create_one(part);
    free(part);
    return st;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

bal_status bal_folder_list(bal_names *out, const char *path)
{
    struct dirent *entry;
    bal_status     st = BAL_OK;

    *out = (bal_names){0};
    DIR *folder = opendir(path);
    if (!folder) return bal_fail(BAL_EIO, "%s: folder cannot be read: %s", path, strerror(errno));
    errno = 0;
    while (!st && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) st = bal_names_add(out, entry->d_name);
        errno = 0;
    }
    if (!st && errno) st = bal_fail(BAL_EIO, "%s: folder cannot be read: %s", path, strerror(errno));
    closedir(folder);
    if (st) bal_names_free(out);
    else if (out->count) qsort(out->name, (size_t)out->count, sizeof *out->name, by_name);
    return st;
}

bal_status bal_names_add(bal_names *names, const char *name)
{
    if (names->count == names->capacity) {
        int    room = names->capacity ? names->capacity * 2 : 16;
        char **more = names->capacity < INT32_MAX / 2 ? realloc(names->name, (size_t)room * sizeof *more) : NULL;
        if (!more) return bal_fail(BAL_ENOMEM, "no memory left for %d names", room);
        names->name = more;
        names->capacity = room;
    }
    char *copy = bal_format("%s", name);
    if (!copy) return bal_fail(BAL_ENOMEM, "no memory left for the name %s", name);
    names->name[names->count++] = copy;
    return BAL_OK;
}

void bal_names_free(bal_names *names)
{
    for (int i = 0; i < names->count; i++) free(names->name[i]);
    free(names->name);
    *names = (bal_names){0};
}

char *bal_path_join(const char *a, const char *b)
{
    size_t n = strlen(a);
    if (n == 0 || b[0] == '/') return bal_format("%s", b);
    return bal_format("%s%s%s", a, a[n - 1] == '/' ? "" : "/", b);
}

bal_status bal_path_use(const char *folder, const char *name, bal_status (*use)(const char *path, void *user),
                        void *user)
{
    char *path = bal_path_join(folder, name);
    if (!path) return bal_fail(BAL_ENOMEM, "no memory left for a path");
    bal_status st = use(path, user);
    free(path);
    return st;
}

char *bal_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return bal_format(".");
    if (slash == path) return bal_format("/");
    return bal_format("%.*s", (int)(slash - path), path);
}

const char *bal_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *bal_path_absolute(const char *path)
{
    if (path[0] == '/') return bal_format("%s", path);
    for (size_t size = 256; size < (1 << 20); size *= 2) {
        char *here = malloc(size), *found = here ? getcwd(here, size) : NULL;
        char *out = found ? bal_path_join(found, path) : NULL;
        bool  longer = here && !found && errno == ERANGE;
        free(here);
        if (!longer) return out;
    }
    return NULL;
}

char *bal_format(const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int   n = vsnprintf(NULL, 0, fmt, args);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (text) vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
