/* jpeg -- by libjpeg; which way up the picture is by its EXIF block (EXIF 2.3, 4.6.4). Data that libjpeg would go on
 * without, with a warning, is refused: a truncated image would be grey below. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>
#include "image_formats.h"

enum { TAG_ORIENTATION = 0x0112, EXIF = JPEG_APP0 + 1 };

static unsigned get16(const uint8_t *p, int little)
{
    return little ? p[0] | (unsigned)p[1] << 8 : p[1] | (unsigned)p[0] << 8;
}

static size_t get32(const uint8_t *p, int little)
{
    size_t a = get16(p, little), b = get16(p + 2, little);
    return little ? a | b << 16 : b | a << 16;
}

/* The orientation in the first directory of a TIFF block, or 1. */
static int orientation_of(const uint8_t *p, size_t n)
{
    if (n < 8 || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0)) return 1;
    int    little = p[0] == 'I';
    size_t at = get32(p + 4, little);
    if (at > n - 2) return 1;
    size_t entries = get16(p + at, little);
    for (at += 2; entries-- > 0 && at + 12 <= n; at += 12) {
        if (get16(p + at, little) != TAG_ORIENTATION) continue;
        unsigned value = get16(p + at + 8, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static int saved_orientation(const struct jpeg_decompress_struct *d)
{
    for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next)
        if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
            return orientation_of(m->data + 6, m->data_length - 6);
    return 1;
}

typedef struct {
    struct jpeg_decompress_struct d; /* first: libjpeg hands it to the functions below */
    struct jpeg_error_mgr         errors;
    jmp_buf                       back;
    char                          reason[JMSG_LENGTH_MAX];
    JSAMPLE                      *row;
} decoder;

static void give_up(j_common_ptr d)
{
    decoder *j = (decoder *)d;
    d->err->format_message(d, j->reason);
    longjmp(j->back, 1);
}

/* Level -1 is a warning. Bytes between markers harm nothing. */
static void consider(j_common_ptr d, int level)
{
    int code = d->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) give_up(d);
}

static void stay_silent(j_common_ptr d) { (void)d; }

/* CMYK as files have it: Adobe's are inverted. */
static void to_rgb(float *rgb, const JSAMPLE *cmyk, int inverted)
{
    float k = (float)(inverted ? cmyk[3] : 255 - cmyk[3]) / 255.0f;
    for (int c = 0; c < 3; c++) rgb[c] = (float)(inverted ? cmyk[c] : 255 - cmyk[c]) / 255.0f * k;
}

static void keep_row(bal_image *out, int y, const decoder *j)
{
    bal_image row = {out->width, 1, out->channels, out->pixel + (size_t)y * (size_t)out->width * (size_t)out->channels};

    if (j->d.output_components != 4) {
        bal_image_from_samples(&row, j->row, 8, j->d.output_components);
        return;
    }
    for (int x = 0; x < out->width; x++) to_rgb(row.pixel + 3 * x, j->row + 4 * x, j->d.saw_Adobe_marker);
}

static bal_status decode(decoder *j, bal_image *out, const void *data, size_t size, const char *name)
{
    jpeg_create_decompress(&j->d);
    jpeg_mem_src(&j->d, data, (unsigned long)size);
    jpeg_save_markers(&j->d, EXIF, 0xffff);
    jpeg_read_header(&j->d, TRUE);
    int components = j->d.num_components, orientation = saved_orientation(&j->d);
    if (components == 1) j->d.out_color_space = JCS_GRAYSCALE;
    else if (components == 4) j->d.out_color_space = JCS_CMYK;
    else j->d.out_color_space = JCS_RGB;
    BAL_TRY(bal_image_alloc(out, (long)j->d.image_width, (long)j->d.image_height, components == 1 ? 1 : 3, name));
    jpeg_start_decompress(&j->d);
    j->row = malloc((size_t)out->width * (size_t)j->d.output_components);
    if (!j->row) return bal_fail(BAL_ENOMEM, "%s: no memory for a row", name);
    for (int y = 0; y < out->height; y++) {
        jpeg_read_scanlines(&j->d, &j->row, 1);
        keep_row(out, y, j);
    }
    jpeg_finish_decompress(&j->d);
    return bal_image_orient(out, orientation, name);
}

bal_status bal_jpeg_decode(bal_image *out, const void *data, size_t size, const char *name)
{
    bal_status     st;
    decoder *const j = calloc(1, sizeof *j); /* not a local variable: those may be lost by the jump back */

    if (!j) return bal_fail(BAL_ENOMEM, "%s: no memory to decode it", name);
    j->d.err = jpeg_std_error(&j->errors);
    j->errors.error_exit = give_up;
    j->errors.emit_message = consider;
    j->errors.output_message = stay_silent;
    if (setjmp(j->back) == 0) st = decode(j, out, data, size, name);
    else st = bal_fail(BAL_EIO, "%s: truncated or damaged: %s", name, j->reason);
    jpeg_destroy_decompress(&j->d);
    free(j->row);
    free(j);
    return st;
}
