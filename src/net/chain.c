/* chain -- a section's layer lines become connected, shape-checked nodes. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/plugin.h"
#include "internal.h"

#define INIT \
    BAL_OPT_CHOICE(bal_net_options, init, 0, "pytorch|he|xavier|dcgan|orthogonal", "how weights are initialised")

const bal_option bal_net_option_table[] = {INIT, BAL_OPT_END};
const bal_option bal_generator_option_table[] = {
    INIT,
    BAL_OPT(bal_net_options, latent, BAL_INT, 100, 1, 65536, "numbers that a generator starts from"),
    BAL_OPT_END,
};

static const char *const repeated[] = {"layer", NULL};

static const char *layer_name(int i) { return bal_layer_defs[i] ? bal_layer_defs[i]->name : NULL; }

/* Takes KEY=VALUE out of a blank-separated text. value is "" where it is absent. */
static bal_status take(char *text, const char *key, char *value, size_t size, bal_where at)
{
    size_t n = strlen(key);
    value[0] = '\0';
    for (char *p = text + strspn(text, " \t"); *p;) {
        size_t length = strcspn(p, " \t");
        if (length > n && strncmp(p, key, n) == 0 && p[n] == '=') {
            if (value[0]) return bal_fail_at(at, "\"%s\" stands twice", key);
            if (length - n - 1 == 0 || length - n - 1 >= size)
                return bal_fail_at(at, "\"%s\" takes a name of 1 to %zu characters", key, size - 1);
            memcpy(value, p + n + 1, length - n - 1);
            value[length - n - 1] = '\0';
            memset(p, ' ', length);
        }
        p += length;
        p += strspn(p, " \t");
    }
    return BAL_OK;
}

/* The tensor called `name` before node i, or -1. */
static int find_value(const bal_net *net, int i, const char *name)
{
    if (strcmp(name, "input") == 0) return 0;
    for (int j = 0; j < i; j++)
        if (strcmp(net->nodes[j].name, name) == 0) return j + 1;
    return -1;
}

static bal_status unknown_value(const bal_net *net, int i, const char *name, bal_where at)
{
    const char **names = calloc((size_t)i + 2, sizeof *names);
    int          n = 0;
    if (!names) return bal_fail(BAL_ENOMEM, "no memory for names");
    names[n++] = "input";
    for (int j = 0; j < i; j++)
        if (net->nodes[j].name[0]) names[n++] = net->nodes[j].name;
    const char *near = bal_nearest(name, names);
    bal_status  st = near ? bal_fail_at(at, "no earlier layer is named \"%s\" by as=; did you mean \"%s\"?", name, near)
                          : bal_fail_at(at, "no earlier layer is named \"%s\" by as=", name);
    free(names);
    return st;
}

/* Inputs: the previous layer's output, then those of from=; a layer with one input takes from= instead. */
static bal_status connect(bal_net *net, int i, char *from)
{
    bal_node  *node = &net->nodes[i];
    bal_layer *l = &node->layer;
    int        most = l->def->max_inputs ? l->def->max_inputs : 1, least = l->def->min_inputs ? l->def->min_inputs : 1;
    if (!from[0] || most > 1) node->from[l->inputs++] = i;
    for (char *name = from, *next; name && *name; name = next) {
        next = strchr(name, ',');
        if (next) *next++ = '\0';
        int value = find_value(net, i, name);
        if (value < 0) return unknown_value(net, i, name, l->at);
        if (l->inputs == most)
            return bal_fail_at(l->at, "layer %s takes at most %d input%s", l->def->name, most, most > 1 ? "s" : "");
        node->from[l->inputs++] = value;
    }
    if (l->inputs < least)
        return bal_fail_at(l->at, "layer %s takes %d inputs: name the other one by from=", l->def->name, least);
    return BAL_OK;
}

static bal_status shape_node(bal_net *net, int i)
{
    bal_layer *l = &net->nodes[i].layer;
    for (int j = 0; j < l->inputs; j++) l->in[j] = net->values[net->nodes[i].from[j]].shape;
    BAL_TRY(l->def->shape(l));
    double size = (double)l->out.n * l->out.h * l->out.w * l->out.c;
    if (l->out.h < 1 || l->out.w < 1 || l->out.c < 1)
        return bal_fail_at(l->at, "layer %s: nothing is left of %d x %d x %d", l->def->name, l->in[0].h, l->in[0].w,
                           l->in[0].c);
    if (size > INT_MAX)
        return bal_fail_at(l->at, "layer %s: %.0f values in one batch; at most %d", l->def->name, size, INT_MAX);
    net->values[i + 1].shape = l->out;
    return BAL_OK;
}

static bal_status read_layer(bal_net *net, int i, const char *section, const bal_entry *entry)
{
    bal_node   *node = &net->nodes[i];
    bal_layer  *l = &node->layer;
    char        name[64], text[512], what[80], from[128];
    const char *rest;
    int         number;
    bal_line_split(entry->value, name, sizeof name, &rest);
    if (strlen(rest) >= sizeof text)
        return bal_fail_at(entry->at, "a layer line has at most %zu characters", sizeof text - 1);
    snprintf(text, sizeof text, "%s", rest);
    l->at = entry->at;
    l->index = i;
    BAL_TRY(bal_plugin_find(&number, "layer", layer_name, name, entry->at));
    l->def = bal_layer_defs[number];
    BAL_TRY(take(text, "as", node->name, sizeof node->name, entry->at));
    BAL_TRY(take(text, "from", from, sizeof from, entry->at));
    if (node->name[0] && find_value(net, i, node->name) >= 0)
        return bal_fail_at(entry->at, "the name \"%s\" is taken already", node->name);
    if (l->def->size && !(l->self = calloc(1, l->def->size)))
        return bal_fail(BAL_ENOMEM, "no memory for layer %s", name);
    snprintf(what, sizeof what, "layer %s", name);
    BAL_TRY(bal_option_parse(l->def->options, l->self, &node->pool, what, text, entry->at));
    BAL_TRY(connect(net, i, from));
    snprintf(node->forward, sizeof node->forward, "%.30s %d %.30s forward", section, i, name);
    snprintf(node->backward, sizeof node->backward, "%.30s %d %.30s backward", section, i, name);
    return shape_node(net, i);
}

/* Roots, readers and last readers of all values; every output must go somewhere. */
static bal_status trace_values(bal_net *net)
{
    for (int i = 0; i <= net->count; i++) {
        bool view = i > 0 && bal_node_shares(&net->nodes[i - 1]);
        net->values[i].root = view ? net->values[net->nodes[i - 1].from[0]].root : i;
    }
    for (int i = 0; i < net->count; i++) {
        if (bal_node_shares(&net->nodes[i])) continue;
        for (int j = 0; j < net->nodes[i].layer.inputs; j++) {
            bal_value *root = &net->values[net->values[net->nodes[i].from[j]].root];
            root->readers++;
            root->last = i;
        }
    }
    bal_value *output = &net->values[net->values[net->count].root];
    output->readers++;
    output->last = net->count;
    for (int i = 1; i <= net->count; i++)
        if (net->values[net->values[i].root].readers == 0)
            return bal_fail_at(net->nodes[i - 1].layer.at,
                               "layer %s: no later layer uses its output; name it by as= and take it by from=",
                               net->nodes[i - 1].layer.def->name);
    return BAL_OK;
}

static int count_layers(const bal_section *section)
{
    int n = 0;
    for (int i = 0; i < section->count; i++) n += strcmp(section->entries[i].key, "layer") == 0;
    return n;
}

static bal_status read_layers(bal_net *net, const bal_section *section, bal_shape in)
{
    int  n = count_layers(section);
    bool generates = strcmp(section->name, "generator") == 0;
    BAL_TRY(bal_section_fill(section, section->name, generates ? bal_generator_option_table : bal_net_option_table,
                             repeated, &net->options));
    if (n == 0) return bal_fail_at(section->at, "[%s] has no layers", section->name);
    net->nodes = calloc((size_t)n, sizeof *net->nodes);
    net->values = calloc((size_t)n + 1, sizeof *net->values);
    if (!net->nodes || !net->values) return bal_fail(BAL_ENOMEM, "no memory for %d layers", n);
    net->values[0].shape = in;
    for (int i = 0; i < section->count; i++)
        if (strcmp(section->entries[i].key, "layer") == 0) {
            net->count++; /* first, so that a half-read layer is freed */
            BAL_TRY(read_layer(net, net->count - 1, section->name, &section->entries[i]));
        }
    bal_net_fuse(net);
    BAL_TRY(trace_values(net));
    bal_net_fuse_gradients(net);
    return BAL_OK;
}

bal_status bal_net_read(bal_net **out, const bal_section *section, bal_shape in)
{
    *out = NULL;
    bal_net *net = calloc(1, sizeof *net);
    if (!net) return bal_fail(BAL_ENOMEM, "no memory for a net");
    bal_status st = read_layers(net, section, in);
    if (st == BAL_OK) *out = net;
    else bal_net_free(net);
    return st;
}

int bal_net_latent(const bal_section *section)
{
    bal_net_options o;
    bal_option_defaults(bal_generator_option_table, &o);
    const bal_entry *entry = section ? bal_section_find(section, "latent") : NULL;
    if (entry &&
        bal_option_set(bal_generator_option_table, &o, "[generator]", "latent", entry->value, entry->at) != BAL_OK)
        return -1;
    return o.latent;
}

int              bal_net_count(const bal_net *net) { return net->count; }
const bal_layer *bal_net_layer(const bal_net *net, int i) { return &net->nodes[i].layer; }
bal_shape        bal_net_in(const bal_net *net) { return net->values[0].shape; }
bal_shape        bal_net_out(const bal_net *net) { return net->values[net->count].shape; }

size_t bal_net_parameters(const bal_net *net)
{
    size_t sum = 0;
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
            const bal_weight *w = &net->nodes[i].layer.weights[j];
            if (w->role != BAL_STATE) sum += bal_shape_size(w->shape);
        }
    return sum;
}

/* ---- the feature map --------------------------------------------------------------------------------------------- */

static bool has_places(const bal_layer *l) { return l->out.h * l->out.w > 1; }

static bool has_kernel(const bal_layer *l)
{
    for (int j = 0; j < l->weight_count; j++)
        if (l->weights[j].role == BAL_KERNEL) return true;
    return false;
}

static bool same_places(const bal_layer *a, const bal_layer *b) { return a->out.h == b->out.h && a->out.w == b->out.w; }

int bal_net_feature_map(const bal_net *net)
{
    int last = net->count - 2; /* behind it there is at least the net's output */
    if (has_places(&net->nodes[net->count - 1].layer)) return -1;
    while (last >= 0 && !(has_places(&net->nodes[last].layer) && has_kernel(&net->nodes[last].layer))) last--;
    while (last >= 0 && last + 2 < net->count && same_places(&net->nodes[last].layer, &net->nodes[last + 1].layer))
        last++;
    return last;
}

/* Leaves what is added to every place of its input as it is. */
static bool passes_on(const bal_layer *l)
{
    return strcmp(l->def->name, "flatten") == 0 || strcmp(l->def->name, "reshape") == 0 ||
           strcmp(l->def->name, "global_avg_pool") == 0;
}

const bal_weight *bal_net_output_bias(const bal_net *net, bal_where *at)
{
    int i = net->count - 1;
    while (i > 0 && passes_on(&net->nodes[i].layer)) i--;
    const bal_layer *l = &net->nodes[i].layer;
    *at = l->at;
    for (int j = 0; j < l->weight_count; j++)
        if (l->weights[j].role == BAL_BIAS && l->weights[j].shape.c == bal_net_out(net).c) return &l->weights[j];
    return NULL;
}

bal_status bal_net_find_layer(int *out, const bal_net *net, const char *name)
{
    *out = find_value(net, net->count, name) - 1;
    return *out >= 0 ? BAL_OK : bal_fail(BAL_ECONFIG, "no layer is named \"%s\" by as=", name);
}
