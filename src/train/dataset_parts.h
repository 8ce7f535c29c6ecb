/* dataset_parts -- what the files of the data set share: its struct, and the steps of opening it. */
#ifndef BALLAST_DATASET_PARTS_H
#define BALLAST_DATASET_PARTS_H

#include "ballast/dataset.h"

enum { BAL_THUMB = 32 }; /* side of the grey pictures that near-duplicates are compared on */

/* Of an image, made while it is decoded. */
typedef struct bal_sketch {
    uint64_t hash; /* difference hash: bit x + 8 y says that cell (x, y) of 9 x 8 is darker than its right neighbour */
    uint64_t sum[3];    /* of the 16-bit values that a net would see, by channel; */
    uint64_t square[3]; /* and of their squares: exact, so in any order */
    uint8_t  thumb[BAL_THUMB * BAL_THUMB];
} bal_sketch;

/* Why two images belong together. */
typedef enum { BAL_SAME_BYTES, BAL_SIMILAR, BAL_SAME_GROUP, BAL_LINK_KINDS } bal_link_kind;
typedef struct bal_link {
    bal_link_kind kind;
    int           a, b; /* a < b */
} bal_link;

struct bal_dataset {
    bal_dataset_options options; /* its texts are in `owned` */
    char               *owned[5];
    bal_data            data;
    bal_option_pool    *pool; /* texts of the source's options */

    int         count; /* of samples: the items that could be read */
    int        *item;  /* of each sample */
    bal_sample *sample;
    bal_sketch *sketch;
    uint16_t   *cache; /* of the first `cached` samples, size x size x channels each */
    int         cached;
    char      **reason; /* of each item that cannot be read; NULL: it can */
    int         unreadable;

    bal_link *links;
    int       link_count, link_capacity;

    int   positive, given; /* given: the source says parts itself */
    uint64_t split_seed; /* of the last split, */
    int      split_fold, turn; /* its fold, and how many folds further on it validates */
    int   thinned;         /* images taken out for `imbalance`, in the last split */
    int  *order, *start;   /* by part, and by part and class: see dataset_split.c */

    int         generated_count, generated_capacity; /* generated images: numbers behind the real ones' */
    bal_sample *generated;
    uint16_t   *generated_pixel;

    float mean[3], deviation[3];

    bal_finding *findings;
    int          finding_count, finding_capacity, fixed_findings; /* the fixed ones do not depend on the split */
};

typedef struct bal_ratios {
    double part[BAL_PARTS];
} bal_ratios;
/* "8:1:1"; false if it is anything but one to three numbers, not negative, the first above 0. */
bool bal_ratios_parse(bal_ratios *out, const char *text);

bal_status bal_dataset_scan(bal_dataset *ds);         /* read all items; fills samples, sketches, the cache, reasons */
bal_status bal_dataset_link(bal_dataset *ds);         /* duplicates, near-duplicates, groups; numbers the clusters */
bal_status bal_dataset_report(bal_dataset *ds);       /* the fixed findings */
bal_status bal_dataset_report_leaks(bal_dataset *ds); /* drops the findings of the last split */
bal_status bal_dataset_report_split(bal_dataset *ds);

/* Take images of `positive` out of training and validation until there are `imbalance` of the others for each. */
bal_status bal_dataset_thin(bal_dataset *ds, uint64_t seed);

/* `order` and `start`, from the part of each image. */
bal_status bal_dataset_list_parts(bal_dataset *ds, const bal_part *part);

/* Floats of one image as a net sees them before scaling: size x size x channels of 16 bits. */
bal_status           bal_dataset_pack(uint16_t *out, const bal_image *image, const bal_dataset_options *options);
static inline size_t bal_dataset_pixels(const bal_dataset_options *o)
{
    return (size_t)o->size * (size_t)o->size * (size_t)o->channels;
}

bal_status bal_dataset_add_finding(bal_dataset *ds, bal_severity severity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
