/* bench_count -- the work of a step that launches do not know themselves, by the layers' shapes; what must live. */
#include <stdio.h>
#include <string.h>
#include "cli/_bench.h"

static bool is_adam(const char *optimizer) { return strncmp(optimizer, "adam", 4) == 0; }

static const char *optimizer(const bal_setup *s, const char *section)
{
    if (strcmp(section, "classifier") == 0) return s->classifier.optimizer;
    bool own = strcmp(section, "discriminator") == 0 && s->gan.discriminator_optimizer;
    return own ? s->gan.discriminator_optimizer : s->gan.optimizer;
}

static bool averages(const bal_setup *s, const char *section)
{
    if (strcmp(section, "classifier") == 0) return s->classifier.ema > 0;
    return strcmp(section, "generator") == 0 && s->gan.ema > 0;
}

static bal_bench_row *find(bal_bench *b, const char *name)
{
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->rows[i].name, name) == 0) return &b->rows[i];
    return NULL;
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

/* Each tensor moves once, but that statistics are taken of all before any of it is normalised. */
static double floats_moved(const bal_layer *l, bool back, bool first)
{
    double in = 0, out = (double)bal_shape_size(bal_layer_given(l)), again = strstr(l->def->name, "_norm") ? 2 : 1;
    for (int i = 0; i < l->inputs; i++) in += (double)bal_shape_size(l->in[i]);
    if (!back) return again * in + out;
    return again * (in + out) + (first ? 0 : in);
}

/* Batches of a call on average: a discriminator has passes over two, real and generated, and one over a single one. */
static double batches(const bal_setup *s, const char *section)
{
    double d = s->gan.d_steps;
    return strcmp(section, "discriminator") == 0 ? (2 * d + 1) / (d + 1) : 1;
}

static void count_layer(bal_bench *b, const bal_layer *l, const bal_setup *s, const char *section, bool back)
{
    char name[96];
    snprintf(name, sizeof name, "%.30s %d %.30s %s", section, l->index, l->def->name, back ? "backward" : "forward");
    bal_bench_row *r = find(b, name);
    if (!r || r->bytes > 0) return;
    bool   first = back && l->index == 0;
    double n = r->calls * batches(s, section);
    r->bytes = n * floats_moved(l, back, first) * sizeof(float);
    r->flops = n * l->flops * b->batch * (back && !first ? 2 : 1);
}

/* What a kernel's speed depends on, beyond the sums. */
static void describe(bal_bench *b, const bal_layer *l, const char *section)
{
    char name[64];
    int  n = snprintf(name, sizeof name, "%.30s %d %.20s ", section, l->index, l->def->name);
    for (int i = 0; l->flops > 0 && i < b->count; i++) {
        if (strncmp(b->rows[i].name, name, (size_t)n) != 0) continue;
        b->rows[i].channels = l->in[0].c < l->out.c ? l->in[0].c : l->out.c;
        b->rows[i].weights = bal_shape_size(l->weights[0].shape);
    }
}

/* A gradient that other launches know as theirs leaves only sums of columns here. */
static bool has_parts(bal_bench *b, const bal_layer *l, const char *section)
{
    char name[96];
    snprintf(name, sizeof name, "%.30s %d %.30s backward weights", section, l->index, l->def->name);
    return find(b, name);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Can take the place of its input. */
static bool in_place(const bal_layer *l)
{
    static const char *const names[] = {"relu", "leaky_relu", "tanh", "sigmoid", "dropout", NULL};
    for (int i = 0; names[i]; i++)
        if (strcmp(l->def->name, names[i]) == 0) return true;
    return l->def->view;
}

static size_t must_live(const bal_net *net, int copies)
{
    size_t floats = (size_t)copies * bal_net_parameters(net) + bal_shape_size(bal_net_in(net));
    for (int i = 0; i < bal_net_count(net); i++)
        if (!in_place(bal_net_layer(net, i)) && !bal_net_layer(net, i)->pool)
            floats += bal_shape_size(bal_net_layer(net, i)->out);
    return floats * sizeof(float);
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

/* Adam reads weights, gradients and both moments and writes three of them; the norm reads the gradients once more, an
 * average reads two and writes one. */
static void count_optimizer(bal_bench *b, const bal_setup *s, const char *section, size_t parameters)
{
    char name[64];
    bool alone = strcmp(section, "classifier") == 0;
    snprintf(name, sizeof name, "%s%s", alone ? "" : section, alone ? "optimizer" : "'s optimizer");
    bal_bench_row *r = find(b, name);
    if (!r || !is_adam(optimizer(s, section))) return;
    int steps = strcmp(section, "discriminator") == 0 ? s->gan.d_steps : 1;
    r->bytes = (double)steps * (8 + (averages(s, section) ? 3 : 0)) * (double)parameters * sizeof(float);
}

static void count_net(bal_bench *b, const bal_net *net, const bal_setup *s, const char *section)
{
    int copies = 1 + (is_adam(optimizer(s, section)) ? 2 : 0) + averages(s, section);
    for (int i = 0; i < bal_net_count(net); i++) {
        const bal_layer *l = bal_net_layer(net, i);
        count_layer(b, l, s, section, false);
        if (!has_parts(b, l, section)) count_layer(b, l, s, section, true);
        describe(b, l, section);
    }
    count_optimizer(b, s, section, bal_net_parameters(net));
    b->needed += must_live(net, copies);
}

bal_status bal_bench_count(bal_bench *b, const bal_subject *subject, const bal_setup *s)
{
    for (int i = 0; i < 2 && subject->nets[i]; i++) {
        bal_net *net;
        BAL_TRY(bal_setup_net(&net, s, subject->nets[i], b->batch));
        count_net(b, net, s, subject->nets[i]);
        bal_net_free(net);
    }
    for (int i = 0; i < b->count; i++) {
        b->rows[i].heavy = b->rows[i].flops > 0;
        if (b->rows[i].heavy) b->heavy_ms += b->rows[i].ms.median;
    }
    return BAL_OK;
}

/* ---- a step ----------------------------------------------------------------------------------------------------- */

/* Passes of a layer in a step: forward, the gradient of its data, of its weights. A discriminator sees real and
 * generated images for its own sake, then images that the generator is to be blamed for. */
static double passes(const bal_setup *s, const char *section, bool first)
{
    int d = s->gan.d_steps;
    if (strcmp(section, "classifier") == 0) return first ? 2 : 3;
    if (strcmp(section, "generator") == 0) return d + (first ? 1 : 2);
    return 2 * d + 1 + (first ? 1 : 2 * d + 1) + 2 * d;
}

bal_status bal_bench_flops(double *out, const bal_setup *s, int which)
{
    static const char *const nets[][2] = {{"generator", "discriminator"}, {"classifier", NULL}};
    int                      batch = which == 0 ? s->gan.batch : s->classifier.batch;
    *out = 0;
    for (int i = 0; i < 2 && nets[which][i]; i++) {
        bal_net *net;
        BAL_TRY(bal_setup_net(&net, s, nets[which][i], batch));
        for (int k = 0; k < bal_net_count(net); k++)
            *out += bal_net_layer(net, k)->flops * batch * passes(s, nets[which][i], k == 0);
        bal_net_free(net);
    }
    return BAL_OK;
}
