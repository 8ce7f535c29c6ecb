/* npz -- arrays in MedMNIST's layout: {train,val,test}_images of N x H x W [x 1 or 3], {train,val,test}_labels of N [x
 * 1]. A zip file (APPNOTE 6.3, without zip64) of npy files (NumPy format 1 to 3); members stored or deflated. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "ballast/data.h"
#include "ballast/files.h"

enum { MOST_CLASSES = 1000, CENTRAL = 46, LOCAL = 30, END = 22 };

typedef struct {
    uint8_t       *member; /* owned: header and values */
    const uint8_t *value;  /* inside member */
    int            dims;
    long           shape[4];
    int            width; /* bytes of a value */
    int            is_signed;
} array;

typedef struct {
    array images[BAL_PARTS], labels[BAL_PARTS];
} npz;

typedef struct {
    const uint8_t *data;
    size_t         size;
    const char    *path;
} zip;

static size_t get(const uint8_t *p, int bytes)
{
    size_t v = 0;
    while (bytes-- > 0) v = v << 8 | p[bytes];
    return v;
}

static bal_status damaged(const zip *z, const char *what)
{
    return bal_fail(BAL_EIO, "%s: not a sound npz file: %s", z->path, what);
}

/* The end record, searched from the back since a comment may follow it. */
static const uint8_t *find_end(const zip *z)
{
    if (z->size < END) return NULL;
    for (size_t at = z->size - END, tries = 0; tries <= 65535; at--, tries++) {
        if (memcmp(z->data + at, "PK\5\6", 4) == 0) return z->data + at;
        if (at == 0) break;
    }
    return NULL;
}

/* The central record of a member, or NULL with *st set if the directory is not sound. */
static const uint8_t *find_member(bal_status *st, const zip *z, const char *name)
{
    const uint8_t *end = find_end(z);

    *st = BAL_OK;
    if (!end) return *st = damaged(z, "no end of a zip directory: truncated?"), NULL;
    size_t at = get(end + 16, 4), stop = (size_t)(end - z->data), entries = get(end + 10, 2);
    for (; entries > 0; entries--) {
        const uint8_t *p = z->data + at;
        if (at > stop || stop - at < CENTRAL || memcmp(p, "PK\1\2", 4) != 0)
            return *st = damaged(z, "a bad directory entry"), NULL;
        size_t length = get(p + 28, 2), whole = CENTRAL + length + get(p + 30, 2) + get(p + 32, 2);
        if (whole > stop - at) return *st = damaged(z, "a directory entry beyond the end"), NULL;
        if (length == strlen(name) && memcmp(p + CENTRAL, name, length) == 0) return p;
        at += whole;
    }
    return NULL;
}

static bal_status inflate_all(uint8_t *out, size_t size, const uint8_t *in, size_t packed, const zip *z)
{
    z_stream s = {
        .next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)packed, .next_out = out, .avail_out = (uInt)size};

    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return bal_fail(BAL_ENOMEM, "%s: no memory to unpack it", z->path);
    int how = inflate(&s, Z_FINISH);
    inflateEnd(&s);
    return how == Z_STREAM_END && s.avail_out == 0 ? BAL_OK : damaged(z, "a member does not unpack to its size");
}

/* Unpack the member of a central record. Deflate shrinks to 1/1032 at best: what claims more asks for no memory. */
static bal_status unpack(uint8_t **out, size_t *size, const zip *z, const uint8_t *central)
{
    size_t method = get(central + 10, 2), packed = get(central + 20, 4), at = get(central + 42, 4);

    *size = get(central + 24, 4);
    if (get(central + 8, 2) & 1) return damaged(z, "it is encrypted");
    if (packed == UINT32_MAX || *size == UINT32_MAX || at == UINT32_MAX)
        return bal_fail(BAL_EIO, "%s: members beyond 4 GiB are not read here", z->path);
    if (method != 0 && method != 8) return damaged(z, "a member is neither stored nor deflated");
    if (at > z->size || z->size - at < LOCAL || memcmp(z->data + at, "PK\3\4", 4) != 0)
        return damaged(z, "a member is not where it should be");
    size_t head = LOCAL + get(z->data + at + 26, 2) + get(z->data + at + 28, 2);
    if (head > z->size - at || packed > z->size - at - head) return damaged(z, "a member is longer than the file");
    if (method == 0 ? packed != *size : *size / 1032 > packed)
        return damaged(z, "a member's sizes contradict each other");
    *out = malloc(*size + 1);
    if (!*out) return bal_fail(BAL_ENOMEM, "%s: no memory for an array of %zu bytes", z->path, *size);
    const uint8_t *in = z->data + at + head;
    if (method == 0) memcpy(*out, in, packed);
    else BAL_TRY(inflate_all(*out, *size, in, packed, z));
    return crc32(0, *out, (uInt)*size) == get(central + 16, 4) ? BAL_OK : damaged(z, "a checksum is wrong");
}

/* "'descr': '|u1'" gives the text behind the colon and blanks, or NULL. */
static const char *entry(const char *header, const char *key)
{
    const char *p = strstr(header, key);
    if (!p) return NULL;
    p += strlen(key);
    return p + strspn(p, " :");
}

static int parse_type(array *a, const char *p)
{
    if (!p || *p != '\'' || !strchr("|<=", p[1]) || !p[1] || (p[2] != 'u' && p[2] != 'i')) return 0;
    a->is_signed = p[2] == 'i';
    a->width = p[3] - '0';
    return (a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8) && p[4] == '\'';
}

static int parse_shape(array *a, const char *p)
{
    if (!p || *p != '(') return 0;
    for (p++; *p != ')'; p += strspn(p, ", ")) {
        char *end;
        if (a->dims == 4 || *p < '0' || *p > '9') return 0;
        a->shape[a->dims] = strtol(p, &end, 10);
        if (a->shape[a->dims++] > INT_MAX) return 0;
        p = end;
    }
    return a->dims > 0;
}

/* Settle type, shape and where the values begin; all must lie inside the member. */
static bal_status parse_npy(array *a, size_t size, const char *name, const zip *z)
{
    char   header[1024];
    size_t start = a->member[6] >= 2 ? 12 : 10;

    if (memcmp(a->member, "\x93NUMPY", 6) != 0) return bal_fail(BAL_EIO, "%s: %s is not a NumPy array", z->path, name);
    size_t length = get(a->member + 8, start == 12 ? 4 : 2);
    if (length > size - start || length >= sizeof header)
        return bal_fail(BAL_EIO, "%s: %s has no sound header", z->path, name);
    memcpy(header, a->member + start, length);
    header[length] = '\0';
    const char *order = entry(header, "'fortran_order'");
    if (!parse_type(a, entry(header, "'descr'")))
        return bal_fail(BAL_EIO, "%s: %s is not of whole numbers, low end first: %s", z->path, name, header);
    if (!order || strncmp(order, "False", 5) != 0) return bal_fail(BAL_EIO, "%s: %s is not in C order", z->path, name);
    if (!parse_shape(a, entry(header, "'shape'")))
        return bal_fail(BAL_EIO, "%s: %s has a strange shape: %s", z->path, name, header);
    size_t left = (size - start - length) / (size_t)a->width;
    for (int i = 0; i < a->dims; i++) {
        if (a->shape[i] == 0) return bal_fail(BAL_EIO, "%s: %s is empty", z->path, name);
        left /= (size_t)a->shape[i];
    }
    if (left < 1) return bal_fail(BAL_EIO, "%s: %s is shorter than its shape says", z->path, name);
    a->value = a->member + start + length;
    return BAL_OK;
}

static bal_status load(array *a, const zip *z, const char *part, const char *what)
{
    char       name[64] = "";
    size_t     size;
    bal_status st;

    strncat(strncat(strncat(strncat(name, part, 16), "_", 2), what, 16), ".npy", 5);
    const uint8_t *central = find_member(&st, z, name);
    if (!central) return st;
    BAL_TRY(unpack(&a->member, &size, z, central));
    if (size < 12) return bal_fail(BAL_EIO, "%s: %s is not a NumPy array", z->path, name);
    return parse_npy(a, size, name, z);
}

static int64_t value(const array *a, size_t i)
{
    const uint8_t *p = a->value + i * (size_t)a->width;
    uint64_t       v = get(p, a->width);
    if (a->is_signed && a->width < 8 && p[a->width - 1] & 0x80) v |= UINT64_MAX << (8 * a->width);
    return (int64_t)v;
}

static int channels(const array *images) { return images->dims == 4 ? (int)images->shape[3] : 1; }

static bal_status check_pair(const array *images, const array *labels, const char *part, const zip *z)
{
    if (images->dims < 3 || (channels(images) != 1 && channels(images) != 3) || images->is_signed || images->width > 2)
        return bal_fail(BAL_EIO, "%s: %s_images is not of N x H x W or N x H x W x 3 unsigned bytes", z->path, part);
    if (!labels->value) return bal_fail(BAL_EIO, "%s: there is %s_images but no %s_labels", z->path, part, part);
    if (labels->dims > 2 || (labels->dims == 2 && labels->shape[1] != 1))
        return bal_fail(BAL_EIO, "%s: %s_labels has several labels an image; one is needed", z->path, part);
    if (labels->shape[0] != images->shape[0])
        return bal_fail(BAL_EIO, "%s: %ld %s_images but %ld %s_labels", z->path, images->shape[0], part,
                        labels->shape[0], part);
    return BAL_OK;
}

static bal_status add_items(bal_data *d, bal_part part, const char *name, int *most)
{
    const npz *self = d->self;

    for (long i = 0; i < self->images[part].shape[0]; i++) {
        int64_t label = value(&self->labels[part], (size_t)i);
        if (label < 0 || label >= MOST_CLASSES)
            return bal_fail(BAL_EIO, "%s: %s_labels[%ld] is %" PRId64 "; 0 to %d are allowed", d->path, name, i, label,
                            MOST_CLASSES - 1);
        if (label > *most) *most = (int)label;
        char *path = bal_format("%s/%ld", name, i);
        if (!path) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
        bal_status st = bal_data_add(d, &(bal_item){path, (int)label, NULL, part});
        free(path);
        if (st) return st;
    }
    return BAL_OK;
}

static bal_status add_classes(bal_data *d, int most)
{
    for (int i = 0; i <= most; i++) {
        char *name = bal_format("%d", i);
        int   label = name ? bal_data_class(d, name) : -1;
        free(name);
        if (label < 0) return bal_fail(BAL_ENOMEM, "%s: no memory for class %d", d->path, i);
    }
    return BAL_OK;
}

static bal_status load_all(bal_data *d, const zip *z)
{
    static const char *const parts[] = {"train", "val", "test"};
    npz                     *self = d->self;
    int                      most = -1;

    for (int p = 0; p < BAL_PARTS; p++) {
        array *images = &self->images[p], *labels = &self->labels[p];
        BAL_TRY(load(images, z, parts[p], "images"));
        if (!images->value) continue;
        BAL_TRY(load(labels, z, parts[p], "labels"));
        BAL_TRY(check_pair(images, labels, parts[p], z));
        BAL_TRY(add_items(d, (bal_part)p, parts[p], &most));
    }
    if (!self->images[BAL_TRAIN].value)
        return bal_fail(BAL_EIO, "%s: no train_images in it: MedMNIST's layout is expected", d->path);
    return add_classes(d, most);
}

static bal_status list(bal_data *d)
{
    char  *data;
    size_t size;

    if (!d->path) return bal_fail_at(d->at, "path is missing: source = npz needs an npz file");
    BAL_TRY(bal_file_read(&data, &size, d->path, 0));
    zip        z = {(const uint8_t *)data, size, d->path};
    bal_status st = load_all(d, &z);
    free(data);
    return st;
}

static bal_status decode(const bal_data *d, int i, bal_image *out)
{
    const npz *self = d->self;
    int        p = 0;

    for (; !self->images[p].value || i >= self->images[p].shape[0]; p++)
        if (self->images[p].value) i -= (int)self->images[p].shape[0];
    const array *a = &self->images[p];
    size_t       count = (size_t)a->shape[1] * (size_t)a->shape[2] * (size_t)channels(a), first = count * (size_t)i;
    float        most = a->width == 1 ? 255.0f : 65535.0f;
    float       *pixel = malloc(count * sizeof *pixel);
    if (!pixel) return bal_fail(BAL_ENOMEM, "%s: no memory for an image", d->path);
    for (size_t k = 0; k < count; k++) pixel[k] = (float)value(a, first + k) / most;
    *out = (bal_image){(int)a->shape[2], (int)a->shape[1], channels(a), pixel};
    return BAL_OK;
}

static void forget(bal_data *d)
{
    npz *self = d->self;
    for (int p = 0; p < BAL_PARTS; p++) {
        free(self->images[p].member);
        free(self->labels[p].member);
    }
}

const bal_data_def bal_data_source_npz = {
    "npz", "arrays in MedMNIST's layout: {train,val,test}_{images,labels}", sizeof(npz), NULL, list, decode, forget};
