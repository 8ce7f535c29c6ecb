/* relu -- y = max(x, 0). See cl/relu.cl. */
#include "_layer.h"

BAL_POINTWISE(relu, "y = max(x, 0)");
