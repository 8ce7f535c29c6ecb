/* image_formats -- the decoders behind bal_image_decode. Each fills *out or fails naming `name`; the caller frees *out.
 */
#ifndef BALLAST_IMAGE_FORMATS_H
#define BALLAST_IMAGE_FORMATS_H

#include "ballast/image.h"

/* Check a size that a file claims, then ask for its pixels. */
bal_status bal_image_alloc(bal_image *out, long width, long height, int channels, const char *name);

/* Turn and mirror as EXIF and TIFF orientation 1..8 says, so that row 0 is the top. */
bal_status bal_image_orient(bal_image *image, int orientation, const char *name);

/* Fill image->pixel from `samples` interleaved samples a pixel (2 and 4: alpha last, composed on black) of 8 or 16
 * bits. */
void bal_image_from_samples(bal_image *image, const void *data, int bits, int samples);

bal_status bal_jpeg_decode(bal_image *out, const void *data, size_t size, const char *name);
bal_status bal_pnm_decode(bal_image *out, const void *data, size_t size, const char *name);
bal_status bal_tiff_decode(bal_image *out, const void *data, size_t size, const char *name);

#endif
