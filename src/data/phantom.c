/* phantom -- procedural stand-ins for chest radiographs and skin lesions, at the counts of the paper that ballast
 * starts from. Nothing is read: an image is drawn when it is asked for, from the seed, its group and its number. */
#include <stdlib.h>
#include "ballast/data.h"
#include "ballast/files.h"
#include "_phantom.h"

enum { XRAY, SKIN, KINDS };
enum { GROUP_MOST = 5 }; /* images of one patient or lesion */

typedef struct {
    const char *subject; /* what the images of a group share */
    int         channels, classes;
    struct {
        const char *name;
        int         count;
    } class[4];
    void (*render)(float *pixel, float *mask, const bal_phantom *p);
} kind;

/* Labels follow this order; the renderers know their classes by it. */
static const kind kinds[KINDS] = {
    [XRAY] = {"patient", 1, 2, {{"NORMAL", 235}, {"PNEUMONIA", 127}}, bal_phantom_xray},
    [SKIN] = {"lesion",
              3,
              4,
              {{"benign", 1800}, {"malignant", 1497}, {"vascular_lesion", 142}, {"dermatofibroma", 111}},
              bal_phantom_skin},
};

typedef struct {
    int group, image;
} place;

typedef struct {
    int    kind, scale;
    place *places; /* of the items */
} phantom;

static const bal_option options[] = {
    BAL_OPT_CHOICE(phantom, kind, XRAY, "xray|skin",
                   "chest radiographs (grey, 2 classes) or skin lesions (RGB, 4 classes)"),
    BAL_OPT(phantom, scale, BAL_INT, 1, 1, 1000, "multiplies the number of images of each class"), BAL_OPT_END};

static bal_status add(bal_data *d, int label, place at)
{
    phantom    *p = d->self;
    const kind *k = &kinds[p->kind];
    char       *group = bal_format("%s%05d", k->subject, at.group + 1);
    char       *path = group ? bal_format("%s/%s-%d.png", k->class[label].name, group, at.image + 1) : NULL;
    bal_item    item = {path, label, group, BAL_NO_PART};
    bal_status  st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for the list of phantoms");
    if (st == BAL_OK) {
        p->places[d->count] = at;
        st = bal_data_add(d, &item);
    }
    free(path);
    free(group);
    return st;
}

/* Groups of 1 to GROUP_MOST images, until the class is full. */
static bal_status add_class(bal_data *d, int label, int *group)
{
    phantom   *p = d->self;
    int        left = kinds[p->kind].class[label].count * p->scale;
    bal_stream sizes = bal_stream_for(d->seed, BAL_FOR_PHANTOM, BAL_PHANTOM_LIST, 0);
    if (bal_data_class(d, kinds[p->kind].class[label].name) < 0) return BAL_ENOMEM;
    for (; left > 0; ++*group) {
        int size = 1 + (int)(bal_random_bits(&sizes, (uint64_t)*group) % GROUP_MOST);
        for (int i = 0; i < size && left > 0; i++, left--) BAL_TRY(add(d, label, (place){*group, i}));
    }
    return BAL_OK;
}

static bal_status list(bal_data *d)
{
    phantom    *p = d->self;
    const kind *k = &kinds[p->kind];
    int         count = 0, group = 0;
    for (int i = 0; i < k->classes; i++) count += k->class[i].count * p->scale;
    p->places = malloc((size_t)count * sizeof *p->places);
    if (!p->places) return bal_fail(BAL_ENOMEM, "no memory for the list of %d phantoms", count);
    for (int i = 0; i < k->classes; i++) BAL_TRY(add_class(d, i, &group));
    return BAL_OK;
}

/* Rounded to 8 bits, so that images in memory and images written to files and read again are the same. */
static bal_status draw(const bal_data *d, int i, bal_image *out)
{
    const phantom *p = d->self;
    const kind    *k = &kinds[p->kind];
    int            size = d->size > 0 ? d->size : BAL_PHANTOM_SIZE;
    size_t         area = (size_t)size * (size_t)size, values = area * (size_t)k->channels;
    bal_phantom    image = {d->seed, d->items[i].label, p->places[i].group, p->places[i].image, size};
    *out = (bal_image){size, size, k->channels, malloc(values * sizeof(float))};
    float *mask = malloc(area * sizeof *mask);
    if (!out->pixel || !mask) {
        free(mask);
        bal_image_free(out);
        return bal_fail(BAL_ENOMEM, "no memory for an image of %d x %d", size, size);
    }
    k->render(out->pixel, mask, &image);
    for (size_t j = 0; j < values; j++) out->pixel[j] = (float)(int)(clamp(out->pixel[j], 0, 1) * 255 + 0.5f) / 255;
    free(mask);
    return BAL_OK;
}

static void forget(bal_data *d)
{
    phantom *p = d->self;
    free(p->places);
    p->places = NULL;
}

const bal_data_def bal_data_source_phantom = {
    "phantom",
    "images drawn by a program, as stand-ins: chest radiographs or skin lesions",
    sizeof(phantom),
    options,
    list,
    draw,
    forget};
