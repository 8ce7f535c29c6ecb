/* tanh -- y = tanh(x). See cl/tanh.cl. */
#include "_layer.h"

BAL_ACTIVATION(tanh, "y = tanh(x)");
