/* sigmoid -- y = 1 / (1 + exp(-x)). See cl/sigmoid.cl. */
#include "_layer.h"

BAL_ACTIVATION(sigmoid, "y = 1 / (1 + exp(-x))");
