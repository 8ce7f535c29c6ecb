/* image -- pixels read from PNG, JPEG (EXIF orientation applied), BMP, PGM/PPM and TIFF; resized; written as PNG. */
#ifndef BALLAST_IMAGE_H
#define BALLAST_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include "ballast/status.h"

typedef struct bal_image {
    int    width, height, channels; /* channels: 1 grey, 3 RGB */
    float *pixel;                   /* [height][width][channels], 0 black to 1 white; owned, bal_image_free */
} bal_image;

/* Whether a file name ends like an image that bal_image_read knows (any case). */
int bal_image_named(const char *path);

/* Decode. 8 and 16 bit, palettes and alpha (composed on black) become 1 or 3 channels. Refuses, naming path and reason:
 * unreadable, truncated, empty, more than 2^28 pixels (known before memory is asked for). On failure *out is zeroed. */
bal_status bal_image_read(bal_image *out, const char *path);
bal_status bal_image_decode(bal_image *out, const void *data, size_t size, const char *name);

typedef enum { BAL_STRETCH, BAL_FIT, BAL_CROP } bal_resize_mode; /* BAL_FIT pads with black */

/* To size x size and 1 or 3 channels (grey = Rec. 601 luma), antialiased when it shrinks. */
bal_status bal_image_resize(bal_image *out, const bal_image *in, int size, int channels, bal_resize_mode mode);

/* Write an 8-bit PNG, values clamped to 0..1 and rounded; complete or absent. The same pixels give the same bytes. */
bal_status bal_image_write_png(const char *path, const float *pixel, int width, int height, int channels);

void bal_image_free(bal_image *image);

#endif
