/* relu -- y = max(x, 0). See cl/relu.cl. */
#include "_layer.h"

BAL_ACTIVATION(relu, "y = max(x, 0)");
