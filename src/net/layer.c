/* layer -- what layers share. */
#include "ballast/layer.h"
#include <assert.h>

bal_weight *bal_layer_weight(bal_layer *l, const char *name, bal_role role, bal_layout layout, bal_shape shape)
{
    assert(l->weight_count < BAL_MAX_WEIGHTS);
    bal_weight *w = &l->weights[l->weight_count++];
    *w = (bal_weight){.name = name, .shape = shape, .role = role, .layout = layout};
    return w;
}
