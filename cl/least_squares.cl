/* least_squares -- (y - t)^2 / 2 with t = 1 for D on real images and for G, 0 for D on generated ones (Mao et al. 2017,
 * equation 9). */
#include "logistic.h"
#include "target.h"

float slope(float y, int target, float real, float fake) { return target == FAKE ? y : y - 1; }

float value(float y, int target, float real, float fake)
{
    float d = slope(y, target, real, fake);
    return d * d / 2;
}

#include "adversarial.h"
