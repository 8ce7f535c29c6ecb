/* heatmaps -- what `predict --heatmap FOLDER` writes: of each image a PNG with a heat map over it. */
#ifndef BALLAST_CLI_HEATMAPS_H
#define BALLAST_CLI_HEATMAPS_H

#include "ballast/files.h"
#include "ballast/heatmap.h"

/* Where in `dir` the one of an image is: by the image's path, without "/" at its begin and without ".", with "_" for
 * "..", ending in .png. malloc'd; NULL when out of memory. */
char *bal_heatmaps_path(const char *dir, const char *image);

/* BAL_EIO if one would overwrite its image. */
bal_status bal_heatmaps_check(const char *dir, const bal_names *images);

/* Of each prediction's image, which is read again, for the class predicted. Makes the folders that it needs. */
bal_status bal_heatmaps_write(const char *dir, bal_heatmap *h, const bal_model *m, const bal_predictions *p);

#endif
