/* silu -- y = x * sigmoid(x). See cl/silu.cl. */
#include "_layer.h"

BAL_POINTWISE(silu, "y = x * sigmoid(x)");
