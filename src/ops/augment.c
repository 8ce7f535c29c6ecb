/* augment -- see include/ballast/augment.h. */
#include "ballast/augment.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "ballast/config.h"

const bal_option bal_augment_option_table[] = {
    BAL_OPT_BOOL(bal_augment, flip, 0, "left and right, every second image"),
    BAL_OPT(bal_augment, rotate, BAL_FLOAT, 0, 0, 180, "degrees to either side"),
    BAL_OPT(bal_augment, shift, BAL_FLOAT, 0, 0, 1, "of the side, in either direction"),
    BAL_OPT(bal_augment, brightness, BAL_FLOAT, 0, 0, 1, "added or taken away, white being 1"),
    BAL_OPT_END,
};

const char *const bal_augment_policies[] = {"none", "classic", NULL};

static const bal_augment classic = {.flip = true, .rotate = 10, .shift = 0.08F, .brightness = 0.1F};

bool bal_augment_active(const bal_augment *a) { return a->flip || a->rotate > 0 || a->shift > 0 || a->brightness > 0; }

/* The policy, then one option after the other on top of it. */
static bal_status overlay(bal_augment *out, const char *rest, bal_where at)
{
    char text[256];
    if (strlen(rest) >= sizeof text) return bal_fail_at(at, "augment takes at most %zu characters", sizeof text - 1);
    snprintf(text, sizeof text, "%s", rest);
    for (char *p = text + strspn(text, " \t"), *next; *p; p = next) {
        next = p + strcspn(p, " \t");
        if (*next) *next++ = '\0';
        next += strspn(next, " \t");
        char *value = strchr(p, '=');
        if (!value) return bal_fail_at(at, "augment: \"%s\" is not of the form option=value", p);
        *value++ = '\0';
        BAL_TRY(bal_option_set(bal_augment_option_table, out, "augment", p, value, at));
    }
    return BAL_OK;
}

bal_status bal_augment_parse(bal_augment *out, const char *line, bal_where at)
{
    char        name[64];
    const char *rest;
    *out = (bal_augment){0};
    if (!line) return BAL_OK;
    bal_line_split(line, name, sizeof name, &rest);
    if (strcmp(name, "classic") == 0) *out = classic;
    else if (strcmp(name, "none") != 0) {
        const char *near = bal_nearest(name, bal_augment_policies);
        if (near) return bal_fail_at(at, "there is no augmentation \"%s\"; did you mean \"%s\"?", name, near);
        return bal_fail_at(at, "there is no augmentation \"%s\"; there are none and classic", name);
    }
    return overlay(out, rest, at);
}

bal_status bal_augment_run(const bal_augment *a, const bal_tensor *y, const bal_tensor *x, const float deviation[3],
                           const bal_stream *s)
{
    bal_kernel *k;
    bal_shape   shape = x->shape;
    assert(bal_shape_equal(shape, y->shape) && shape.h == shape.w && shape.c <= 3 && x->mem != y->mem);
    BAL_TRY(bal_kernel_get(&k, x->dev, "augment", "augment", ""));
    return bal_run(k, bal_1d((size_t)shape.n * (size_t)shape.h), bal_i32(shape.n), bal_i32(shape.h), bal_i32(shape.c),
                   bal_buf(y), bal_buf(x), bal_i32(a->flip), bal_f32(a->rotate), bal_f32(a->shift),
                   bal_f32(a->brightness), bal_f32(deviation[0]), bal_f32(deviation[1]), bal_f32(deviation[2]),
                   bal_u32(s->key[0]), bal_u32(s->key[1]), bal_u32(s->block[0]), bal_u32(s->block[1]));
}
