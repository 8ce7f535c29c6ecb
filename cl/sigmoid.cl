/* sigmoid -- y = 1 / (1 + exp(-x)); dx = y (1 - y) dy. See activation.cl. */
#define ACTIVATE(T, x) (1.0f / (1.0f + exp(-(x))))
#define ACTIVATE_BACK(T, y, dy) ((y) * (1.0f - (y)) * (dy))
