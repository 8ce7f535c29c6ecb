/* gelu -- y = x * P(X < x), X standard normal (exact). See cl/gelu.cl. */
#include "_layer.h"

BAL_POINTWISE(gelu, "y = x * P(X < x), X standard normal (exact)");
