/* gan_health -- see train/gan_health.h. */
#include "train/gan_health.h"
#include <math.h>

const char *const bal_gan_alarms[] = {"none", "one_image", "won", "not_finite"};

/* Of real images' distances: below `low` all generated images are much the same; at `grown` the generator has learned
 * to make different ones, and by `grace` steps it should have. */
static const double low = 0.3, grown = 0.5;
/* A loss as good as none, for so many steps. */
static const double no_loss = 0.01, always = 0.999;
enum { GRACE = 1000, WON_STEPS = 1000 };

static double apart(const float *a, const float *b, size_t values)
{
    double sum = 0;
    for (size_t i = 0; i < values; i++) sum += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
    return sqrt(sum / (double)values);
}

double bal_image_distance(const float *pixel, int n, size_t values)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) sum += apart(pixel + (size_t)i * values, pixel + (size_t)j * values, values);
    return n > 1 ? sum / (0.5 * n * (n - 1)) : 0;
}

void bal_gan_health_count(bal_gan_health *h, double loss, double real_right, double fake_right, int steps)
{
    h->won = loss < no_loss && real_right > always && fake_right > always ? h->won + steps : 0;
}

bal_gan_alarm bal_gan_health_look(bal_gan_health *h, double distance, int step)
{
    if (h->real > 0) {
        h->diversity = distance / h->real;
        h->best = h->diversity > h->best ? h->diversity : h->best;
        if (h->diversity < low && (h->best >= grown || step >= GRACE)) return BAL_GAN_ONE_IMAGE;
    }
    return h->won >= WON_STEPS ? BAL_GAN_WON : BAL_GAN_WELL;
}
