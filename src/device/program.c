/* program -- building cl/ files, and a cache of what was built.
 *
 * Sources are embedded; BAL_CL_DIR=cl reads them from disk instead, for editing. `#include "x.h"` is resolved among
 * them. Binaries are kept one file per key under BAL_CACHE_DIR, XDG_CACHE_HOME/ballast or ~/.cache/ballast; the key is
 * a hash of source, options, device, driver and platform. Any fault of the cache means building again, silently.
 * Implementations that cache themselves (PoCL, NVIDIA) are left to it. */
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/version.h"
#include "internal.h"
#include "sources.h"

enum { MAX_SOURCE = 4 << 20, MAX_BINARY = 256 << 20, MAX_DEPTH = 8 };

typedef struct buffer {
    char  *text;
    size_t size;
    int    depth; /* of files that include each other */
} buffer;

static bal_status append(buffer *b, const char *text, size_t size)
{
    char *grown = realloc(b->text, b->size + size + 1);
    if (!grown) return bal_fail(BAL_ENOMEM, "no memory for kernel sources");
    memcpy(grown + b->size, text, size);
    grown[b->size + size] = '\0';
    b->text = grown;
    b->size += size;
    return BAL_OK;
}

/* The text of one file; *owned is set where it must be freed. */
static bal_status find_source(const char **text, char **owned, const char *name)
{
    const char *folder = getenv("BAL_CL_DIR");
    *owned = NULL;
    if (folder && *folder) {
        size_t size;
        char  *path = bal_path_join(folder, name);
        if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
        bal_status st = bal_file_read(owned, &size, path, MAX_SOURCE);
        free(path);
        *text = *owned;
        return st;
    }
    for (const bal_source *s = bal_sources; s->name; s++) {
        *text = s->text;
        if (strcmp(s->name, name) == 0) return BAL_OK;
    }
    return bal_fail(BAL_ECL, "there is no cl/%s", name);
}

static bal_status expand(buffer *out, const char *name);

/* Appends one line; an #include line is replaced by the file it names. */
static bal_status expand_line(buffer *out, const char *name, const char *line, size_t size, int number)
{
    char included[64], mark[128];
    if (size < 100 && sscanf(line, "#include \"%63[^\"\n]\"", included) == 1) {
        BAL_TRY(expand(out, included));
        int n = snprintf(mark, sizeof mark, "#line %d \"%s\"\n", number + 1, name);
        return append(out, mark, (size_t)n);
    }
    return append(out, line, size);
}

static bal_status expand(buffer *out, const char *name)
{
    const char *text = "";
    char       *owned, mark[128];
    bal_status  st;
    if (out->depth++ == MAX_DEPTH)
        return bal_fail(BAL_ECL, "cl/%s: files include each other more than %d deep", name, MAX_DEPTH);
    BAL_TRY_OR(end, st, find_source(&text, &owned, name));
    int n = snprintf(mark, sizeof mark, "#line 1 \"%s\"\n", name);
    BAL_TRY_OR(end, st, append(out, mark, (size_t)n));
    for (int number = 1; *text; number++) {
        const char *stop = strchr(text, '\n');
        size_t      size = stop ? (size_t)(stop - text) + 1 : strlen(text);
        BAL_TRY_OR(end, st, expand_line(out, name, text, size, number));
        text += size;
    }
    out->depth--;
end:
    free(owned);
    return st;
}

/* "a+b": a.cl, then b.cl. */
static bal_status expand_all(buffer *out, const char *files)
{
    char name[64];
    for (size_t n; *files; files += n + (files[n] == '+')) {
        n = strcspn(files, "+");
        snprintf(name, sizeof name, "%.*s.cl", (int)n, files);
        BAL_TRY(expand(out, name));
    }
    return BAL_OK;
}

bal_status bal_sources_digest(char out[65])
{
    SHA2_CTX   hash;
    bal_status st = BAL_OK;
    SHA256Init(&hash);
    for (const bal_source *s = bal_sources; st == BAL_OK && s->name; s++) {
        const char *text;
        char       *owned;
        st = find_source(&text, &owned, s->name);
        if (st == BAL_OK) SHA256Update(&hash, (const uint8_t *)text, strlen(text));
        free(owned);
    }
    SHA256End(&hash, out);
    return st;
}

/* ---- the cache -------------------------------------------------------------------------------------------------- */

char *bal_cache_folder(void)
{
    const char *own = getenv("BAL_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own) return bal_format("%s", own);
    if (xdg && *xdg) return bal_format("%s/ballast", xdg);
    return home && *home ? bal_format("%s/.cache/ballast", home) : NULL;
}

/* PATH of the cached binary, malloc'd; NULL: do without. */
static char *cache_path(const bal_device *dev, const char *source, const char *options)
{
    char  digest[SHA256_DIGEST_STRING_LENGTH];
    char *folder = dev->binary_cache || getenv("BAL_CACHE_DIR") ? bal_cache_folder() : NULL;
    char *key = bal_format("%s\n%s\n%s\n%s\n%s\n%s", bal_version(), options, dev->info.name, dev->info.driver,
                           dev->info.platform, source);
    char *path = NULL;
    if (folder && key) {
        SHA256Data((const uint8_t *)key, strlen(key), digest);
        path = bal_format("%s/%s.bin", folder, digest);
        if (bal_folder_create(folder) != BAL_OK) {
            free(path);
            path = NULL;
        }
    }
    free(folder);
    free(key);
    return path;
}

/* A file is the digest of what follows and the binary: a damaged binary makes some drivers abort the program. */
enum { DIGEST = SHA256_DIGEST_STRING_LENGTH - 1 };

static void digest_of(char digest[DIGEST + 1], const char *file, size_t size)
{
    SHA256Data((const uint8_t *)file + DIGEST, size - DIGEST, digest);
}

static bool intact(const char *file, size_t size)
{
    char digest[DIGEST + 1];
    if (size <= DIGEST) return false;
    digest_of(digest, file, size);
    return memcmp(digest, file, DIGEST) == 0;
}

static cl_program load_binary(bal_device *dev, const char *path, const char *options)
{
    char      *data;
    size_t     size;
    cl_int     code = CL_INVALID_BINARY;
    cl_program program = NULL;
    if (!bal_file_exists(path) || bal_file_read(&data, &size, path, MAX_BINARY) != BAL_OK) return NULL;
    if (intact(data, size)) {
        const unsigned char *binary = (const unsigned char *)data + DIGEST;
        size -= DIGEST;
        program = clCreateProgramWithBinary(dev->context, 1, &dev->id, &size, &binary, NULL, &code);
    }
    if (code == CL_SUCCESS) code = clBuildProgram(program, 1, &dev->id, options, NULL, NULL);
    free(data);
    if (code == CL_SUCCESS) return program;
    if (program) clReleaseProgram(program);
    return NULL;
}

static void save_binary(cl_program program, const char *path)
{
    size_t size = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS || size == 0) return;
    char           digest[DIGEST + 1];
    char          *file = malloc(DIGEST + size);
    unsigned char *binary = file ? (unsigned char *)file + DIGEST : NULL;
    if (file && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS) {
        digest_of(digest, file, DIGEST + size);
        memcpy(file, digest, DIGEST);
        (void)bal_file_write(path, file, DIGEST + size);
    }
    free(file);
}

/* ---- building --------------------------------------------------------------------------------------------------- */

static bal_status fail_build(const bal_device *dev, cl_program program, const char *file, cl_int code)
{
    char   log[6000] = "";
    size_t size = 0;
    clGetProgramBuildInfo(program, dev->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *full = malloc(size + 1);
    if (full && clGetProgramBuildInfo(program, dev->id, CL_PROGRAM_BUILD_LOG, size, full, NULL) == CL_SUCCESS)
        snprintf(log, sizeof log, "%.*s", (int)(size < sizeof log ? size : sizeof log - 1), full);
    free(full);
    return bal_fail(BAL_ECL, "cl/%s.cl does not build on %s (%d): %s", file, dev->info.name, (int)code, log);
}

static bal_status build_source(cl_program *out, bal_device *dev, const char *file, const char *source,
                               const char *options)
{
    cl_int code;
    *out = clCreateProgramWithSource(dev->context, 1, &source, NULL, &code);
    if (code != CL_SUCCESS) return bal_cl_fail(code, "clCreateProgramWithSource");
    code = clBuildProgram(*out, 1, &dev->id, options, NULL, NULL);
    if (code == CL_SUCCESS) return BAL_OK;
    bal_status st = fail_build(dev, *out, file, code);
    clReleaseProgram(*out);
    *out = NULL;
    return st;
}

static bal_status load_or_build(cl_program *out, bal_device *dev, const char *file, const char *options)
{
    buffer     source = {0};
    char      *path = NULL;
    bal_status st;
    BAL_TRY_OR(end, st, expand_all(&source, file));
    path = cache_path(dev, source.text, options);
    *out = path ? load_binary(dev, path, options) : NULL;
    if (*out) goto end;
    BAL_TRY_OR(end, st, build_source(out, dev, file, source.text, options));
    if (path) save_binary(*out, path);
end:
    free(source.text);
    free(path);
    return st;
}

/* Files of short kernels without options that nearly every net needs: built as one program, for on PoCL each program
 * costs 0.1 s to build and 25 ms to load. Edited files (BAL_CL_DIR) are built alone. */
static const char *bundle_of(const char *file, const char *options)
{
    static const char bundle[] = "+tensor+random+loss+conv_product+pointwise+reduce+adam+";
    char              mark[64];
    const char       *folder = getenv("BAL_CL_DIR");
    snprintf(mark, sizeof mark, "+%s+", file);
    return *options || (folder && *folder) || !strstr(bundle, mark) ? file : bundle + 1;
}

static const bal_program *find(const bal_device *dev, const char *key)
{
    for (const bal_program *p = dev->programs; p; p = p->next)
        if (strcmp(p->key, key) == 0) return p;
    return NULL;
}

bal_status bal_program_get(cl_program *out, bal_device *dev, const char *file, const char *options)
{
    const char *own = dev->kernels_class == BAL_CPU ? "-DBAL_CLASS_CPU -DW=16" : "-DBAL_CLASS_GPU -DW=4";
    file = bundle_of(file, options);
    char *key = bal_format("%s|-cl-std=CL1.2 -cl-mad-enable %s %s", file, own, options);
    if (!key) return bal_fail(BAL_ENOMEM, "no memory for a program");
    const bal_program *old = find(dev, key);
    if (old) {
        *out = old->handle;
        free(key);
        return BAL_OK;
    }
    bal_program *p = calloc(1, sizeof *p);
    bal_status   st = p ? load_or_build(&p->handle, dev, file, strchr(key, '|') + 1)
                        : bal_fail(BAL_ENOMEM, "no memory for a program");
    if (st != BAL_OK) {
        free(p);
        free(key);
        return st;
    }
    p->key = key;
    p->next = dev->programs;
    dev->programs = p;
    *out = p->handle;
    return BAL_OK;
}

void bal_programs_free(bal_device *dev)
{
    while (dev->programs) {
        bal_program *next = dev->programs->next;
        clReleaseProgram(dev->programs->handle);
        free(dev->programs->key);
        free(dev->programs);
        dev->programs = next;
    }
}
