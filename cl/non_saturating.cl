/* non_saturating -- cross-entropy of sigmoid(y) with t (Goodfellow et al. 2014, section 3):
 *   -t log sigmoid(y) - (1 - t) log(1 - sigmoid(y))
 * D on real images: t = 1 - real; D on generated ones: t = fake (label smoothing, 0 without); G: t = 1. */
#include "logistic.h"
#include "target.h"

float share(int target, float real, float fake) { return target == REAL ? 1 - real : target == FAKE ? fake : 1; }

float value(float y, int target, float real, float fake)
{
    float t = share(target, real, fake);
    return t * softplus(-y) + (1 - t) * softplus(y);
}

float slope(float y, int target, float real, float fake) { return sigmoid(y) - share(target, real, fake); }

#include "adversarial.h"
