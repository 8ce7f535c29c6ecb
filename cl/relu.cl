/* relu -- y = x for x > 0, else 0 (a NaN stays one). See activation.cl. */
#define ACTIVATE(T, x) ((x) <= (T)0 ? (T)0 : (x))
#define ACTIVATE_BACK(T, y, dy) ((y) <= (T)0 ? (T)0 : (dy))
