/* hinge -- D on real images: max(0, 1 - y); D on generated ones: max(0, 1 + y); G: -y (Lim and Ye 2017; Miyato et al.
 * 2018). */
#include "logistic.h"
#include "target.h"

float value(float y, int target, float real, float fake)
{
    return target == REAL ? fmax(0.0f, 1 - y) : target == FAKE ? fmax(0.0f, 1 + y) : -y;
}

float slope(float y, int target, float real, float fake)
{
    return target == REAL ? (y < 1 ? -1 : 0) : target == FAKE ? (y > -1 ? 1 : 0) : -1;
}

#include "adversarial.h"
