/* dataset -- the images of [data]: listed by a source, checked, kept decoded, split so that nothing leaks, scaled for a
 * net.
 *
 * Opening reads every image once, in threads: unreadable ones are named, files hashed, duplicates and near-duplicates
 * found. What belongs together (equal group, duplicate, near-duplicate; a cluster) never parts. The split is stratified
 * by class over clusters and depends on the data and the seed alone. Touches no device. */
#ifndef BALLAST_DATASET_H
#define BALLAST_DATASET_H

#include "ballast/config.h"
#include "ballast/data.h"
#include "ballast/leaks.h"

typedef enum { BAL_SCALE_AUTO, BAL_SCALE_UNIT, BAL_SCALE_TANH, BAL_SCALE_STANDARD } bal_scale;

/* The keys of [data]; `ballast help data` prints the table. */
typedef struct bal_dataset_options {
    const char *source, *path, *group, *positive, *split;
    int         size, channels, resize, scale; /* bal_resize_mode, bal_scale */
    int         folds, fold, imbalance, cache;
    int         duplicates, on_error; /* 0 keep, 1 drop; 0 stop, 1 skip */
} bal_dataset_options;
extern const bal_option bal_dataset_option_table[];

/* Every fault of [data] that can be seen without reading an image or a folder. */
bal_status bal_dataset_check(const bal_config *config);

/* What a net sees is (x - mean[c]) / deviation[c], x from 0 black to 1 white; x = y * deviation[c] + mean[c] turns it
 * back. */
typedef struct bal_scaling {
    float mean[3], deviation[3];
} bal_scaling;

typedef struct bal_dataset bal_dataset;

/* Open and split. Images that cannot be read: with on_error = stop each is logged as an error with its path and reason,
 * and opening fails; with skip they are left out and counted. `inspect` never fails for an image: what open would stop
 * at is an error among the findings, for `ballast check`. On failure *out is NULL. The config may be freed afterwards.
 */
bal_status bal_dataset_open(bal_dataset **out, const bal_config *config, uint64_t seed);
bal_status bal_dataset_inspect(bal_dataset **out, const bal_config *config, uint64_t seed);
void       bal_dataset_close(bal_dataset *ds);

/* Split again (another arm, seed or fold of an experiment) without reading again. fold -1: no folds, by the ratios. */
bal_status bal_dataset_split(bal_dataset *ds, uint64_t seed, int fold);

/* The last split again, but validated on another fold among those that are not tested: `turn` from 0 (as split) to
 * bal_dataset_turns - 1, counted round from there. Test part and split.csv's folds stay. turns: 1 without folds, and
 * with `imbalance`, whose images taken out another turn would bring back. Drops generated images. */
int        bal_dataset_turns(const bal_dataset *ds);
bal_status bal_dataset_turn(bal_dataset *ds, int turn);

const bal_dataset_options *bal_dataset_settings(const bal_dataset *ds);
int                        bal_dataset_count(const bal_dataset *ds);       /* images that could be read */
int                        bal_dataset_class_count(const bal_dataset *ds); /* in the order of the labels */
const char                *bal_dataset_class(const bal_dataset *ds, int label);
int                        bal_dataset_find_class(const bal_dataset *ds, const char *name); /* -1: no such class */
int bal_dataset_positive(const bal_dataset *ds); /* the label of `positive`, or of the rarest class */

typedef struct bal_sample {
    const char *path, *group;            /* group: NULL if it has none */
    int         label;                   /* -1: not labelled */
    bal_part    part;                    /* BAL_NO_PART: taken out (duplicates = drop, imbalance) */
    int         fold;                    /* 0 .. folds-1; -1 without folds */
    int         cluster;                 /* equal numbers: never parted */
    int         width, height, channels; /* of the file */
    bool        colour;                  /* red, green and blue differ, by more than 2 of 255 on average */
    char        sha256[65];              /* of the file; of the decoded pixels where items are not files */
} bal_sample;
const bal_sample *bal_dataset_sample(const bal_dataset *ds, int i);

/* The images of a part, ascending; of one class, or of all with label -1. *out is the data set's, until the next split.
 */
int bal_dataset_part(const bal_dataset *ds, bal_part part, int label, const int **out);

/* For a net: unit, tanh ([-1, 1]) or standard as [data] says; auto is tanh where the net's images are in [-1, 1]. */
bal_scaling bal_dataset_scaling(const bal_dataset *ds, bool tanh);

/* Image i as size x size x channels floats, NHWC. From several threads at once; the same bits with any cache. */
bal_status bal_dataset_fill(const bal_dataset *ds, int i, float *out, const bal_scaling *scaling);

/* Any image in the same way, for `predict`: only size, channels and resize of `options` count. */
bal_status bal_dataset_prepare(float *out, const bal_image *image, const bal_dataset_options *options,
                               const bal_scaling *scaling);

/* ---- generated images beside the real ones: numbered behind bal_dataset_count, in no part until composed ---- */

/* Append images of a class; pixel: [count][size][size][channels] as scaled for a net. Gone with the next split. */
bal_status bal_dataset_add_generated(bal_dataset *ds, int label, const float *pixel, int count,
                                     const bal_scaling *scaling);
void       bal_dataset_drop_generated(bal_dataset *ds);
int        bal_dataset_generated_count(const bal_dataset *ds);

/* What a part is made of: the real images of the split, and of each class none, as many generated ones as the part has
 * real ones, enough to fill it up to its largest class, or `ratio` times its real ones, rounded, where it is not the
 * largest. */
typedef enum { BAL_GENERATED_NONE, BAL_GENERATED_AS_REAL, BAL_GENERATED_FILL, BAL_GENERATED_RATIO } bal_generated;
typedef struct bal_composition {
    bool          real[BAL_PARTS];
    bal_generated generated[BAL_PARTS];
    double        ratio;
    const double *ratios; /* of each class, instead; NULL: one for all */
    bool          gated;  /* the ratio's images are candidates, of which ballast/gate.h makes use */
    const bool   *barred; /* of each generated image whether it is not to be used: a class then takes what is left;
                             NULL: all are, and too few are an error */
} bal_composition;

/* How many generated images of a class that takes, over all parts; parts never share one. */
int bal_dataset_needs(const bal_dataset *ds, const bal_composition *c, int label);
/* Compose the parts anew from the last split; BAL_ECONFIG naming the class if there are too few generated images. */
bal_status bal_dataset_compose(bal_dataset *ds, const bal_composition *c);

/* What there is to say about the data, for `ballast check` and reports. */
typedef enum { BAL_FINDING_INFO, BAL_FINDING_WARNING, BAL_FINDING_ERROR } bal_severity;
typedef struct bal_finding {
    bal_severity severity;
    const char  *text;
} bal_finding;
const bal_finding *bal_dataset_findings(const bal_dataset *ds, int *count);

/* split.csv: path,label,group,part,fold,sha256; fold is empty without folds, part "dropped" for what was taken out. */
bal_status bal_dataset_write_split(const bal_dataset *ds, const char *path);

/* Whether the split is still the one of a split.csv. If not, BAL_EIO, and what it is now stays in FOLDER/split.csv.now.
 */
bal_status bal_dataset_check_split(const bal_dataset *ds, const char *path, const char *folder);

/* Adds the pairs of copies, near-duplicates and images of one group that lie across parts of the split. */
void bal_dataset_leaks(const bal_dataset *ds, int leaks[BAL_LEAKS]);
/* How many of the images have the bytes of one that the split.csv of one of `count` runs has in training or validation;
 * `folds`: or in any fold, where classifiers of several folds are meant. Files that are not there are passed over. */
bal_status bal_dataset_seen(int *images, const bal_dataset *ds, const char *const *run, int count, bool folds);

#endif
