/* setup_balance -- what [train.classifier] says about classes of unequal size, checked. */
#include "ballast/class_weights.h"
#include "train/setup_parts.h"

static const char section[] = "train.classifier";

bal_status bal_setup_check_balance(const bal_setup *s)
{
    const bal_classifier_options *o = &s->classifier;
    bal_class_weights             weights;
    BAL_TRY(bal_class_weights_parse(&weights, o->weights, bal_setup_place(s->config, section, "weights")));
    if (o->defer > 0 && !bal_class_weights_active(&weights))
        return bal_fail_at(bal_setup_place(s->config, section, "defer"),
                           "[train.classifier] defer: there are no weights to begin later");
    return BAL_OK;
}
