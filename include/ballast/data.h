/* data -- the contract of a data source (src/data/x.c is `source = x` in [data]): a list of labelled images and how to
 * read one. Splitting, scaling and caching are the data set's (dataset.h), not the source's. Touches no device. */
#ifndef BALLAST_DATA_H
#define BALLAST_DATA_H

#include "ballast/image.h"
#include "ballast/option.h"

typedef enum { BAL_TRAIN, BAL_VALIDATION, BAL_TEST, BAL_PARTS, BAL_NO_PART = BAL_PARTS } bal_part;

typedef struct bal_item {
    char    *path;  /* as shown in tables; unique in the source; owned by the source's list */
    int      label; /* index of the class; -1: not labelled */
    char    *group; /* images of one group never part; NULL: a group of its own */
    bal_part part;  /* given by the source, or BAL_NO_PART */
} bal_item;

typedef struct bal_data_def bal_data_def;

typedef struct bal_data {
    const bal_data_def *def;
    void               *self; /* the source's private struct, options filled in */
    bal_where           at;   /* where `source` is set, for messages */
    const char         *path; /* [data] path, resolved against the configuration's folder; NULL if not given */
    uint64_t            seed;
    int                 size;  /* [data] size, for sources that draw their images; 0: not known */
    bal_item           *items; /* filled by open, in an order that depends on the data alone */
    int                 count, capacity;
    char              **classes; /* names, sorted bytewise unless the source has an order of its own */
    int                 class_count;
    int                 passed_over; /* hidden, system and non-image files that were not listed */
    char *folder; /* items are files: folder/path is one (path alone if absolute); NULL: they are not files */
} bal_data;

struct bal_data_def {
    const char       *name, *help;
    size_t            size; /* of the private struct */
    const bal_option *options;

    /* List items and classes. Decodes nothing that it need not. Errors name the file (and line). */
    bal_status (*open)(bal_data *d);
    /* Decode item i at its own size. Safe to call from several threads at once. */
    bal_status (*read)(const bal_data *d, int i, bal_image *out);
    /* Free what open made in self; accepts half-opened sources. Items, classes and folder are freed by the caller. */
    void (*close)(bal_data *d);
};

/* For sources: append an item (copies its strings); the index of a class by name, added if new (-1: out of memory);
 * sort the classes bytewise and renumber the items' labels; read item i where items are image files. */
bal_status bal_data_add(bal_data *d, const bal_item *item);
int        bal_data_class(bal_data *d, const char *name);
bal_status bal_data_sort_classes(bal_data *d);
bal_status bal_data_decode_file(const bal_data *d, int i, bal_image *out);

/* For whoever opens a source: NULL if there is no such source; free all that a source holds (also half opened). */
const bal_data_def *bal_data_find(const char *name);
void                bal_data_free(bal_data *d);

/* "train", "validation", "test"; the part that a word (also "val", "valid", "training", "testing", any case) names, or
 * BAL_NO_PART. */
const char *bal_part_name(bal_part part);
bal_part    bal_part_parse(const char *word);

/* Every source that was built in, NULL-terminated; generated from the file names in src/data/. */
extern const bal_data_def *const bal_data_defs[];

#endif
