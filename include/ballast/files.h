/* files -- paths, folders, whole files; writes that are complete or absent. Messages name the path and the reason. */
#ifndef BALLAST_FILES_H
#define BALLAST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "ballast/status.h"

/* Read a whole file; *data gets a NUL behind its end and is the caller's (free). Refuses more than
 * `limit` bytes (0: no limit). */
bal_status bal_file_read(char **data, size_t *size, const char *path, size_t limit);

/* Write beside the target (PATH.tmp.PID), flush to disk, rename. A full disk or a kill leaves the old file intact. */
typedef struct bal_file_writer {
    FILE *file;
    char *path, *temporary;
} bal_file_writer;
bal_status bal_file_create(bal_file_writer *w, const char *path);
bal_status bal_file_commit(bal_file_writer *w);  /* close, sync, rename; on failure the temporary is removed */
void       bal_file_discard(bal_file_writer *w); /* after a failure elsewhere; accepts a zeroed writer */
bal_status bal_file_write(const char *path, const void *data, size_t size);
bal_status bal_file_copy(const char *to, const char *from);

bool       bal_file_exists(const char *path);
bool       bal_folder_exists(const char *path);
bal_status bal_folder_create(const char *path); /* and its parents; fine if it is there */

/* Names in a folder, sorted bytewise, without "." and ".."; the caller frees with bal_names_free. */
typedef struct bal_names {
    char **name;
    int    count, capacity;
} bal_names;
bal_status bal_folder_list(bal_names *out, const char *path);
bal_status bal_names_add(bal_names *names, const char *name); /* copies */
void       bal_names_free(bal_names *names);

/* malloc'd "a/b"; b alone if b is absolute or a is empty. NULL when out of memory. */
char       *bal_path_join(const char *a, const char *b);
char       *bal_path_folder(const char *path); /* malloc'd, "." if there is no slash */
const char *bal_path_name(const char *path);   /* behind the last slash; not yours */

/* Runs `use` on FOLDER/NAME. */
bal_status bal_path_use(const char *folder, const char *name, bal_status (*use)(const char *path, void *user),
                        void *user);

/* malloc'd: the path from the root, as seen from where one stands; links are not followed. NULL when out of memory, or
 * nobody knows where one stands. */
char *bal_path_absolute(const char *path);

/* malloc'd printf. NULL when out of memory. */
char *bal_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
