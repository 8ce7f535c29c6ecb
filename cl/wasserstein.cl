/* wasserstein -- D on real images: -y; D on generated ones: y; G: -y (Arjovsky et al. 2017, algorithm 1). */
#include "logistic.h"
#include "target.h"

float slope(float y, int target, float real, float fake) { return target == FAKE ? 1 : -1; }
float value(float y, int target, float real, float fake) { return y * slope(y, target, real, fake); }

#include "adversarial.h"
