/* tanh -- the hyperbolic tangent; dx = (1 - y^2) dy. See activation.cl. */
#define ACTIVATE(T, x) tanh(x)
#define ACTIVATE_BACK(T, y, dy) ((1.0f - (y) * (y)) * (dy))
