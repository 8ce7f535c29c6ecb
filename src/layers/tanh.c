/* tanh -- y = tanh(x). See cl/tanh.cl. */
#include "_layer.h"

BAL_POINTWISE(tanh, "y = tanh(x)");
