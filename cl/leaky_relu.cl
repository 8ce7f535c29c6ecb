/* leaky_relu -- y = x for x > 0, else SLOPE * x. With 0 <= SLOPE the sign of y tells which. See activation.cl. */
#ifndef SLOPE
#define SLOPE 0.2f
#endif
#define ACTIVATE(T, x) ((x) > (T)0 ? (x) : SLOPE * (x))
#define ACTIVATE_BACK(T, y, dy) ((y) > (T)0 ? (dy) : SLOPE * (dy))
