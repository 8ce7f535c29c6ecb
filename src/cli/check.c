/* check -- a configuration and its data, looked at without a device: faults, the nets as tables, findings. */
#include <stdio.h>
#include <string.h>

#include "ballast/gan.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    bool strict;
} check;

static const bal_option options[] = {
    BAL_OPT_BOOL(check, strict, 0, "a warning about the data is a failure too"),
    BAL_OPT_END,
};

/* The words of layer i in the file. */
static const char *layer_line(const bal_section *s, int i)
{
    for (int j = 0; j < s->count; j++)
        if (strcmp(s->entries[j].key, "layer") == 0 && i-- == 0) return s->entries[j].value;
    return "";
}

static size_t layer_parameters(const bal_layer *l)
{
    size_t sum = 0;

    for (int j = 0; j < l->weight_count; j++)
        if (l->weights[j].role != BAL_STATE) sum += bal_shape_size(l->weights[j].shape);
    return sum;
}

/* Bytes of the weights, the states and the output of a whole batch. */
static size_t layer_memory(const bal_layer *l)
{
    size_t floats = l->def->view || l->activation || l->pool ? 0 : bal_shape_size(l->out);

    for (int j = 0; j < l->weight_count; j++) floats += bal_shape_size(l->weights[j].shape);
    return floats * sizeof(float);
}

static double net_gflop(const bal_net *net)
{
    double sum = 0;

    for (int i = 0; i < bal_net_count(net); i++) sum += bal_net_layer(net, i)->flops;
    return sum * 1e-9;
}

static double mib(size_t bytes) { return (double)bytes / (1 << 20); }

static const char *shape_print(char *out, size_t size, bal_shape s)
{
    snprintf(out, size, "%d x %d x %d", s.h, s.w, s.c);
    return out;
}

static void say_net(const bal_section *section, const bal_net *net)
{
    char shape[48];
    int  widest = 5;

    for (int i = 0; i < bal_net_count(net); i++) {
        int n = (int)strlen(layer_line(section, i));
        if (n > widest) widest = n;
    }
    printf("[%s] from %s, batch %d\n", section->name, shape_print(shape, sizeof shape, bal_net_in(net)),
           bal_net_in(net).n);
    printf("%3s  %-*s  %-16s %12s %9s %9s\n", "", widest, "layer", "output", "parameters", "MiB", "GFLOP");
    for (int i = 0; i < bal_net_count(net); i++) {
        const bal_layer *l = bal_net_layer(net, i);
        printf("%3d  %-*s  %-16s %12zu %9.2f %9.3g\n", i, widest, layer_line(section, i),
               shape_print(shape, sizeof shape, l->out), layer_parameters(l), mib(layer_memory(l)), l->flops * 1e-9);
    }
    printf("%3s  %-*s  %-16s %12zu %9.2f %9.3g\n\n", "", widest, "whole net, training", "", bal_net_parameters(net),
           mib(bal_net_memory(net, true)), net_gflop(net));
}

static void say_net_json(const bal_section *section, const bal_net *net)
{
    cJSON *o = cJSON_CreateObject(), *layers = cJSON_AddArrayToObject(o, "layers");

    cJSON_AddStringToObject(o, "net", section->name);
    cJSON_AddNumberToObject(o, "batch", bal_net_in(net).n);
    cJSON_AddNumberToObject(o, "parameters", (double)bal_net_parameters(net));
    cJSON_AddNumberToObject(o, "training_bytes", (double)bal_net_memory(net, true));
    cJSON_AddNumberToObject(o, "gflop_per_image", net_gflop(net));
    for (int i = 0; i < bal_net_count(net); i++) {
        const bal_layer *l = bal_net_layer(net, i);
        cJSON           *row = cJSON_CreateObject();
        int              shape[3] = {l->out.h, l->out.w, l->out.c};
        cJSON_AddStringToObject(row, "layer", layer_line(section, i));
        cJSON_AddItemToObject(row, "output", cJSON_CreateIntArray(shape, 3));
        cJSON_AddNumberToObject(row, "parameters", (double)layer_parameters(l));
        cJSON_AddNumberToObject(row, "bytes", (double)layer_memory(l));
        cJSON_AddNumberToObject(row, "gflop_per_image", l->flops * 1e-9);
        cJSON_AddItemToArray(layers, row);
    }
    bal_say_json(o);
}

static bal_status show_net(const bal_setup *s, const char *name, int batch)
{
    const bal_section *section = bal_config_find(s->config, name);
    bal_net           *net;

    BAL_TRY(bal_setup_net(&net, s, name, batch));
    if (bal_speaks_json()) say_net_json(section, net);
    else say_net(section, net);
    bal_net_free(net);
    return BAL_OK;
}

static bal_status show_nets(const bal_setup *s)
{
    if (s->has_gan) {
        BAL_TRY(show_net(s, "generator", s->gan.batch));
        BAL_TRY(show_net(s, "discriminator", s->gan.batch));
    }
    return s->has_classifier ? show_net(s, "classifier", s->classifier.batch) : BAL_OK;
}

static void say_finding(const bal_finding *f)
{
    static const char *const words[] = {"info", "warning", "fault"};

    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "finding", words[f->severity]);
        cJSON_AddStringToObject(o, "text", f->text);
        bal_say_json(o);
    } else if (f->severity == BAL_FINDING_INFO) bal_print(stdout, "%s\n", f->text);
    else bal_print(stdout, "%s: %s\n", words[f->severity], f->text);
}

/* One output for each class, or a single one for two. Text for a finding, NULL where it fits. */
static bal_status compare_classes(const bal_setup *s, const bal_dataset *ds, bal_finding *out, char *text, size_t size)
{
    int      classes = bal_dataset_class_count(ds);
    bal_net *net;

    out->text = NULL;
    if (!s->has_classifier) return BAL_OK;
    BAL_TRY(bal_setup_net(&net, s, "classifier", 1));
    int outputs = bal_net_out(net).c;
    bal_net_free(net);
    if (outputs == classes || (outputs == 1 && classes == 2)) return BAL_OK;
    snprintf(text, size, "[classifier] has %d output%s for %d classes", outputs, outputs == 1 ? "" : "s", classes);
    *out = (bal_finding){BAL_FINDING_ERROR, text};
    return BAL_OK;
}

/* The same of a GAN that is told the class. */
static bal_finding compare_gan(const bal_setup *s, const bal_dataset *ds)
{
    bool fits = bal_gan_check(s, ds) == BAL_OK;
    return (bal_finding){BAL_FINDING_ERROR, fits ? NULL : bal_error()};
}

/* Says and counts it, unless it has no text. */
static void add_finding(const bal_finding *f, int counts[3])
{
    if (!f->text) return;
    say_finding(f);
    counts[f->severity]++;
}

/* Counts findings by severity. */
static bal_status show_data(const bal_setup *s, int counts[3])
{
    bal_dataset *ds;
    bal_finding  last;
    char         text[128];
    int          n;

    BAL_TRY(bal_dataset_inspect(&ds, s->config, (uint64_t)s->run.seed));
    if (!bal_speaks_json()) printf("[data]\n");
    const bal_finding *findings = bal_dataset_findings(ds, &n);
    for (int i = 0; i < n; i++) add_finding(&findings[i], counts);
    bal_status st = compare_classes(s, ds, &last, text, sizeof text);
    if (!st) add_finding(&last, counts);
    last = compare_gan(s, ds);
    add_finding(&last, counts);
    bal_dataset_close(ds);
    return st;
}

static const char *plural(int n) { return n == 1 ? "" : "s"; }

static void say_counts(int faults, int warnings)
{
    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "faults", faults);
        cJSON_AddNumberToObject(o, "warnings", warnings);
        bal_say_json(o);
    } else printf("\n%d fault%s, %d warning%s\n", faults, plural(faults), warnings, plural(warnings));
}

static int run(const bal_args *args)
{
    const check *o = args->own;
    bal_setup   *s;
    int          counts[3] = {0};

    bal_status st = bal_args_setup(&s, args, args->word[0]);
    if (!st) st = show_nets(s);
    if (!st) st = show_data(s, counts);
    bal_setup_close(s);
    if (st) return bal_done(st);
    int faults = counts[BAL_FINDING_ERROR], warnings = counts[BAL_FINDING_WARNING];
    say_counts(faults, warnings);
    return faults || (o->strict && warnings) ? BAL_EXIT_FAILED : BAL_EXIT_DONE;
}

const bal_verb bal_verb_check = {
    .name = "check",
    .group = BAL_VERB_PREPARE,
    .usage = "CONFIG",
    .help = "look at a configuration and its data before training",
    .details = "Prints the nets as tables (for each layer the memory of its weights and of a batch's output, and the\n"
               "floating-point operations of one image's forward pass; below them the memory of the net in training) "
               "and what\n"
               "there is to say about the data. Touches no device. Exit 1 on a fault, with --strict on a warning.",
    .examples = "Look before training, and fail on warnings too:\n"
                "    ballast check xray.ini --strict",
    .takes = BAL_TAKES_SEED | BAL_TAKES_SET,
    .min_words = 1,
    .max_words = 1,
    .size = sizeof(check),
    .options = options,
    .run = run,
};
