/* half -- fp16 on the host, and the build options of kernels that store it; see ballast/device.h. */
#include <math.h>
#include "ballast/device.h"

enum { FRACTION = 10, BIAS = 15, INFINITE = 0x7C00, QUIET = 0x7E00, SIGN = 0x8000 };

const char *bal_storage(bool x_half, bool y_half)
{
    static const char *const options[] = {"", " -DX_HALF", " -DY_HALF", " -DX_HALF -DY_HALF"};
    return options[x_half + 2 * y_half];
}

uint16_t bal_half_of(float v)
{
    uint16_t sign = signbit(v) ? SIGN : 0;
    int      exponent;
    if (isnan(v)) return QUIET;
    if (v == 0) return sign;
    double size = fabs((double)v);
    (void)frexp(size, &exponent);                                         /* size < 2^exponent */
    if (exponent < 2 - BIAS) exponent = 2 - BIAS;                         /* subnormal */
    double units = nearbyint(ldexp(size, FRACTION + 1 - exponent));       /* of the last place; ties to even */
    double bits = units + ldexp((double)(exponent + BIAS - 2), FRACTION); /* carries into the exponent by itself */
    return (uint16_t)(sign | (bits >= INFINITE ? INFINITE : (int)bits));
}

float bal_half_value(uint16_t half)
{
    int   exponent = half >> FRACTION & 31, fraction = half & ((1 << FRACTION) - 1);
    float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? ldexpf((float)(fraction + (1 << FRACTION)), exponent - BIAS - FRACTION)
                                : ldexpf((float)fraction, 1 - BIAS - FRACTION);
    return half & SIGN ? -size : size;
}
