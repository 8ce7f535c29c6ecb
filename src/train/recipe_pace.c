/* recipe_pace -- how long a step takes here, before there is a run: see ballast/recipe.h. */
#include <stdlib.h>
#include "ballast/learner.h"
#include "ballast/net.h"
#include "ballast/plugin.h"
#include "ballast/recipe.h"
#include "ballast/run.h"

enum { FEWEST_STEPS = 3, MOST_STEPS = 10, FIGURES = 4, NORM = 2 };
static const double enough_seconds = 0.3;

typedef struct subject {
    bal_net         *net;
    bal_learner      learn;
    bal_loss         loss;
    bal_option_pool *pool;
    bal_tensor       x, label, figures;
} subject;

/* Neither zeros, which some arithmetic is quick with, nor large. */
static bal_status make_images(const bal_tensor *x)
{
    int    n = bal_size(x);
    float *host = malloc((size_t)n * sizeof *host);
    if (!host) return bal_fail(BAL_ENOMEM, "no memory for %d numbers", n);
    for (int i = 0; i < n; i++) host[i] = (float)(i % 101) / 101;
    bal_status st = bal_tensor_write(x, host);
    free(host);
    return st;
}

static bal_status make(subject *s, bal_device *dev, const bal_section *net, bal_shape in)
{
    const bal_where            at = {"[classifier]", 0};
    const bal_learner_settings settings = {.optimizer = "adam", .schedule = "constant", .ema = 0.99F, .total = 1};
    BAL_TRY(bal_net_read(&s->net, net, in));
    BAL_TRY(bal_net_build(s->net, dev, true, 1, 1));
    BAL_TRY(bal_loss_read(&s->loss, &s->pool, "cross_entropy", false, at));
    BAL_TRY(bal_loss_build(&s->loss, dev, bal_net_out(s->net), at));
    BAL_TRY(bal_learner_init(&s->learn, dev, s->net, &settings));
    BAL_TRY(bal_tensor_init(&s->x, dev, in));
    BAL_TRY(bal_tensor_init(&s->label, dev, (bal_shape){in.n, 1, 1, 1}));
    BAL_TRY(bal_tensor_init(&s->figures, dev, (bal_shape){1, 1, 1, FIGURES}));
    BAL_TRY(make_images(&s->x));
    return bal_tensor_fill(&s->label, 0);
}

static bal_status step(subject *s)
{
    const bal_pass pass = {.training = true, .seed = 1};
    bal_tensor     y;
    BAL_TRY(bal_net_zero_gradients(s->net));
    BAL_TRY(bal_net_forward(s->net, &pass, &s->x, &y));
    bal_tensor dy = bal_net_output_gradient(s->net);
    BAL_TRY(s->loss.def->run(&s->loss, BAL_LABELS, &y, &s->label, &dy, &s->figures, 0));
    BAL_TRY(bal_net_backward(s->net, &pass, &s->x, NULL));
    BAL_TRY(bal_learner_step(&s->learn, &s->figures, NORM));
    return bal_device_finish(s->x.dev);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median: the driver may still compile during the first ones. */
static bal_status time_steps(double *seconds, subject *s)
{
    double each[MOST_STEPS], took = 0;
    int    steps = 0;
    BAL_TRY(step(s));
    for (; steps < MOST_STEPS && (steps < FEWEST_STEPS || took < enough_seconds); steps++) {
        double began = bal_run_clock();
        BAL_TRY(step(s));
        took += each[steps] = bal_run_clock() - began;
    }
    qsort(each, (size_t)steps, sizeof *each, by_size);
    *seconds = each[steps / 2];
    return BAL_OK;
}

bal_status bal_recipe_time_step(double *seconds, bal_device *dev, const bal_section *net, bal_shape in)
{
    subject    s = {0};
    bal_status st = make(&s, dev, net, in);
    if (st == BAL_OK) st = time_steps(seconds, &s);
    bal_learner_free(&s.learn);
    bal_loss_free(&s.loss);
    bal_option_pool_free(s.pool);
    bal_net_free(s.net);
    bal_tensor_free(&s.x);
    bal_tensor_free(&s.label);
    bal_tensor_free(&s.figures);
    return st;
}
