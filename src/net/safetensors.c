/* safetensors -- the file of a checkpoint: u64 size of the header, JSON, data. See ballast/checkpoint.h. */
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/text.h"
#include "checkpoint_parts.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors are little-endian, and nothing here swaps bytes"
#endif

enum { MAX_HEADER = 4 << 20 };
static const size_t MAX_FILE = (size_t)1 << 36;

#define METADATA "__metadata__"

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A file on its way into a checkpoint. */
typedef struct {
    bal_checkpoint *c;
    const char     *data;
    size_t          size; /* of the data */
} reading;

static bal_status no_memory(const char *path) { return bal_fail(BAL_ENOMEM, "%s: no memory left to read it", path); }

/* Text that can stand in a message of one line. */
static bool is_printable(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) return false;
    return size <= 512 && bal_utf8_fault(text, size) == size;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* No key of an object may be there twice. */
static bal_status check_unique(const char *path, const cJSON *object, int count)
{
    const cJSON **sorted = malloc(((size_t)count + 1) * sizeof *sorted), *twice = NULL, *item;
    int           n = 0;
    if (!sorted) return no_memory(path);
    cJSON_ArrayForEach(item, object) sorted[n++] = item;
    qsort(sorted, (size_t)n, sizeof *sorted, compare_names);
    for (int i = 1; i < n && !twice; i++)
        if (strcmp(sorted[i - 1]->string, sorted[i]->string) == 0) twice = sorted[i];
    free(sorted);
    return twice ? bal_fail(BAL_EIO, "%s: \"%s\" is in its header twice", path, twice->string) : BAL_OK;
}

static bal_status check_names(const char *path, const cJSON *object, int *count)
{
    const cJSON *item;
    *count = 0;
    cJSON_ArrayForEach(item, object)
    {
        if (!is_printable(item->string))
            return bal_fail(BAL_EIO, "%s: a name in its header is too long, not UTF-8 or holds control characters",
                            path);
        ++*count;
    }
    return check_unique(path, object, *count);
}

static bal_status read_notes(const reading *r, const cJSON *notes)
{
    const char  *path = r->c->path;
    const cJSON *item;
    int          count;
    if (!cJSON_IsObject(notes)) return bal_fail(BAL_EIO, "%s: " METADATA " is not an object of strings", path);
    BAL_TRY(check_names(path, notes, &count));
    cJSON_ArrayForEach(item, notes)
    {
        if (!cJSON_IsString(item))
            return bal_fail(BAL_EIO, "%s: " METADATA ": \"%s\" is not a string", path, item->string);
        BAL_TRY(bal_checkpoint_add_note(r->c, item->string, item->valuestring));
    }
    return BAL_OK;
}

/* A whole number from 0 to most. */
static bool whole(size_t *out, const cJSON *number, size_t most)
{
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0) || number->valuedouble > (double)most) return false;
    *out = (size_t)number->valuedouble;
    return (double)*out == number->valuedouble;
}

static bool read_type(bal_saved *t, const cJSON *type)
{
    if (!cJSON_IsString(type)) return false;
    for (int i = 0; bal_dtype_name(i); i++)
        if (strcmp(bal_dtype_name(i), type->valuestring) == 0) {
            t->dtype = (bal_dtype)i;
            return true;
        }
    return false;
}

/* dim, rank and the size that they ask for; false where that is no shape or beyond `most` bytes. */
static bool read_shape(bal_saved *t, const cJSON *shape, size_t most)
{
    const cJSON *item;
    size_t       dim;
    t->size = bal_dtype_size(t->dtype);
    if (!cJSON_IsArray(shape)) return false;
    cJSON_ArrayForEach(item, shape)
    {
        if (t->rank == BAL_MAX_RANK || !whole(&dim, item, INT_MAX)) return false;
        t->dim[t->rank++] = (int)dim;
        if (dim && t->size > SIZE_MAX / dim) return false;
        t->size *= dim;
    }
    return t->size <= most;
}

static bal_status read_tensor(const reading *r, const cJSON *item)
{
    const char  *path = r->c->path, *name = item->string;
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    bal_saved    t = {.name = name};
    size_t       begin, end;
    int          keys;
    if (!cJSON_IsObject(item)) return bal_fail(BAL_EIO, "%s: tensor %s is not an object", path, name);
    BAL_TRY(check_names(path, item, &keys));
    if (!read_type(&t, cJSON_GetObjectItemCaseSensitive(item, "dtype")))
        return bal_fail(BAL_EIO, "%s: tensor %s: dtype is not F32, I64, I32 or U8", path, name);
    if (!read_shape(&t, cJSON_GetObjectItemCaseSensitive(item, "shape"), r->size))
        return bal_fail(BAL_EIO, "%s: tensor %s: shape is missing, malformed or beyond the file", path, name);
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 || keys != 3 ||
        !whole(&begin, cJSON_GetArrayItem(offsets, 0), r->size) ||
        !whole(&end, cJSON_GetArrayItem(offsets, 1), r->size) || end < begin)
        return bal_fail(BAL_EIO, "%s: tensor %s: data_offsets are missing, malformed or beyond the file", path, name);
    if (end - begin != t.size)
        return bal_fail(BAL_EIO, "%s: tensor %s: %zu bytes for a shape of %zu", path, name, end - begin, t.size);
    t.data = r->data + begin;
    return bal_checkpoint_add(r->c, &t, NULL);
}

static int compare_places(const void *a, const void *b)
{
    const bal_saved *s = &((const bal_entry_saved *)a)->saved, *t = &((const bal_entry_saved *)b)->saved;
    const char      *p = s->data, *q = t->data;
    return p != q ? (p > q) - (p < q) : (s->size > t->size) - (s->size < t->size);
}

/* The tensors cover the data: no overlap, no hole. Leaves them in the order of the file. */
static bal_status check_cover(const reading *r)
{
    bal_checkpoint *c = r->c;
    const char     *next = r->data;
    if (c->count) qsort(c->tensors, (size_t)c->count, sizeof *c->tensors, compare_places);
    for (int i = 0; i < c->count; i++) {
        const bal_saved *t = &c->tensors[i].saved;
        if ((const char *)t->data < next) return bal_fail(BAL_EIO, "%s: tensor %s overlaps another", c->path, t->name);
        if ((const char *)t->data > next)
            return bal_fail(BAL_EIO, "%s: there is a hole before tensor %s", c->path, t->name);
        next += t->size;
    }
    if (next == r->data + r->size) return BAL_OK;
    return bal_fail(BAL_EIO, "%s: %zu bytes behind the last tensor", c->path, (size_t)(r->data + r->size - next));
}

static bal_status read_header(const reading *r, const cJSON *header)
{
    const cJSON *item;
    int          count;
    if (!cJSON_IsObject(header)) return bal_fail(BAL_EIO, "%s: its header is not a JSON object", r->c->path);
    BAL_TRY(check_names(r->c->path, header, &count));
    cJSON_ArrayForEach(item, header)
    {
        if (strcmp(item->string, METADATA) == 0) BAL_TRY(read_notes(r, item));
        else BAL_TRY(read_tensor(r, item));
    }
    return check_cover(r);
}

/* Fill a checkpoint that has its path and file. */
static bal_status parse(bal_checkpoint *c, size_t size)
{
    uint64_t    header_size;
    const char *text = c->file + sizeof header_size, *end = NULL;
    if (size < sizeof header_size) return bal_fail(BAL_EIO, "%s: %zu bytes are no safetensors file", c->path, size);
    memcpy(&header_size, c->file, sizeof header_size);
    if (header_size > size - sizeof header_size)
        return bal_fail(BAL_EIO, "%s: is cut short, or is no safetensors file", c->path);
    if (header_size > MAX_HEADER) return bal_fail(BAL_EIO, "%s: a header of more than %d bytes", c->path, MAX_HEADER);
    if (header_size == 0 || *text != '{') return bal_fail(BAL_EIO, "%s: its header does not begin with {", c->path);
    cJSON *header = cJSON_ParseWithLengthOpts(text, (size_t)header_size, &end, 0);
    while (header && end < text + header_size && *end == ' ') end++;
    reading    r = {c, text + header_size, size - sizeof header_size - (size_t)header_size};
    bal_status st = header && end == text + header_size
                        ? read_header(&r, header)
                        : bal_fail(BAL_EIO, "%s: its header is not valid JSON", c->path);
    cJSON_Delete(header);
    return st;
}

/* Takes `file`, malloc'd. */
static bal_status adopt(bal_checkpoint **out, const char *name, char *file, size_t size)
{
    bal_status st = bal_checkpoint_new(out);
    if (st != BAL_OK) {
        free(file);
        return st;
    }
    (*out)->file = file;
    (*out)->path = bal_format("%s", name);
    st = (*out)->path ? parse(*out, size) : no_memory(name);
    if (st == BAL_OK) return BAL_OK;
    bal_checkpoint_free(*out);
    *out = NULL;
    return st;
}

bal_status bal_checkpoint_read(bal_checkpoint **out, const char *path)
{
    char  *file;
    size_t size;
    *out = NULL;
    BAL_TRY(bal_file_read(&file, &size, path, MAX_FILE));
    return adopt(out, path, file, size);
}

bal_status bal_checkpoint_parse(bal_checkpoint **out, const char *name, const void *data, size_t size)
{
    char *copy = malloc(size + 1);
    *out = NULL;
    if (!copy) return no_memory(name);
    if (size) memcpy(copy, data, size);
    copy[size] = '\0'; /* as behind a file that was read: the JSON parser may look one byte too far */
    return adopt(out, name, copy, size);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int compare_order(const void *a, const void *b)
{
    const bal_saved *s = *(const bal_saved *const *)a, *t = *(const bal_saved *const *)b;
    size_t           m = bal_dtype_size(s->dtype), n = bal_dtype_size(t->dtype);
    return m != n ? (m < n) - (m > n) : strcmp(s->name, t->name);
}

static const bal_saved **sorted_tensors(const bal_checkpoint *c)
{
    const bal_saved **list = malloc(((size_t)c->count + 1) * sizeof *list);
    for (int i = 0; list && i < c->count; i++) list[i] = &c->tensors[i].saved;
    if (list && c->count) qsort(list, (size_t)c->count, sizeof *list, compare_order);
    return list;
}

static bool add_number(cJSON *array, double v) { return cJSON_AddItemToArray(array, cJSON_CreateNumber(v)); }

static bool describe(cJSON *header, const bal_saved *t, size_t begin)
{
    cJSON *item = cJSON_AddObjectToObject(header, t->name);
    bool   ok = item && cJSON_AddStringToObject(item, "dtype", bal_dtype_name((int)t->dtype));
    cJSON *shape = ok ? cJSON_AddArrayToObject(item, "shape") : NULL;
    ok = shape != NULL;
    for (int i = 0; ok && i < t->rank; i++) ok = add_number(shape, t->dim[i]);
    cJSON *offsets = ok ? cJSON_AddArrayToObject(item, "data_offsets") : NULL;
    return offsets && add_number(offsets, (double)begin) && add_number(offsets, (double)(begin + t->size));
}

static bool describe_all(cJSON *header, const bal_checkpoint *c, const bal_saved *const *list)
{
    cJSON *notes = c->note_count ? cJSON_AddObjectToObject(header, METADATA) : NULL;
    size_t at = 0;
    if (c->note_count && !notes) return false;
    for (int i = 0; i < c->note_count; i++)
        if (!cJSON_AddStringToObject(notes, c->notes[i].key, c->notes[i].value)) return false;
    for (int i = 0; i < c->count; at += list[i++]->size)
        if (!describe(header, list[i], at)) return false;
    return true;
}

/* The header's text, malloc'd, without its padding; NULL when out of memory. */
static char *header_text(const bal_checkpoint *c, const bal_saved *const *list)
{
    cJSON *header = cJSON_CreateObject();
    char  *text = header && describe_all(header, c, list) ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    return text;
}

/* Write errors stay in the stream; bal_file_commit looks. */
static void put_file(FILE *f, const char *text, const bal_saved *const *list, int count)
{
    size_t   length = strlen(text);
    uint64_t padded = (length + 7) / 8 * 8;
    fwrite(&padded, sizeof padded, 1, f);
    fwrite(text, 1, length, f);
    fwrite("       ", 1, (size_t)padded - length, f);
    for (int i = 0; i < count; i++)
        if (list[i]->size) fwrite(list[i]->data, 1, list[i]->size, f);
}

bal_status bal_checkpoint_write(const bal_checkpoint *c, const char *path)
{
    const bal_saved **list = sorted_tensors(c);
    char             *text = list ? header_text(c, list) : NULL;
    bal_file_writer   w;
    bal_status st = text ? bal_file_create(&w, path) : bal_fail(BAL_ENOMEM, "%s: no memory left to write it", path);
    if (st == BAL_OK) {
        put_file(w.file, text, list, c->count);
        st = bal_file_commit(&w);
    }
    cJSON_free(text);
    free(list);
    return st;
}
