/* setup -- see include/ballast/setup.h. */
#include "ballast/setup.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/augment.h"
#include "ballast/files.h"
#include "ballast/plugin.h"
#include "ballast/schedule.h"
#include "ballast/threshold.h"
#include "train/setup_parts.h"

static const char *const sections[] = {"run",        "data",      "generator",        "discriminator",
                                       "classifier", "train.gan", "train.classifier", "train.gate",
                                       "experiment", NULL};

static bal_status check_section(const bal_section *s)
{
    for (int i = 0; sections[i]; i++)
        if (strcmp(s->name, sections[i]) == 0) return BAL_OK;
    if (strncmp(s->name, "arm.", 4) == 0 && s->name[4]) return BAL_OK;
    const char *near = bal_nearest(s->name, sections);
    if (near) return bal_fail_at(s->at, "there is no section [%s]; did you mean [%s]?", s->name, near);
    return bal_fail_at(s->at,
                       "there is no section [%s]; there are run, data, generator, discriminator, classifier, "
                       "train.gan, train.classifier, train.gate, experiment, arm.NAME",
                       s->name);
}

/* Where a key of a section stands; the section, or the file, if it is not given. */
bal_where bal_setup_place(const bal_config *c, const char *section, const char *key)
{
    const bal_section *s = bal_config_find(c, section);
    const bal_entry   *e = s ? bal_section_find(s, key) : NULL;
    bal_where          file = {bal_config_path(c), 0};
    return e ? e->at : s ? s->at : file;
}

static bal_status check_optimizer(const bal_config *c, const char *section, const char *key, const char *line)
{
    bal_optim        o = {0};
    bal_option_pool *pool = NULL;
    bal_status       st = line ? bal_optim_read(&o, &pool, line, bal_setup_place(c, section, key)) : BAL_OK;
    bal_optim_free(&o);
    bal_option_pool_free(pool);
    return st;
}

bal_where bal_setup_last_layer(const bal_config *c, const char *net)
{
    const bal_section *s = bal_config_find(c, net);
    bal_where          at = s->at;
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->entries[i].key, "layer") == 0) at = s->entries[i].at;
    return at;
}

static bal_status check_loss(const bal_config *c, const char *section, const char *line, bool adversarial,
                             const char *net, bal_shape y)
{
    bal_loss         l = {0};
    bal_option_pool *pool = NULL;
    bal_where        at = bal_setup_place(c, section, "loss");
    bal_status       st = bal_loss_read(&l, &pool, line, adversarial, at);
    l.y = y;
    if (st == BAL_OK) st = l.def->shape(&l, bal_setup_last_layer(c, net));
    bal_loss_free(&l);
    bal_option_pool_free(pool);
    return st;
}

static bal_status check_schedule(const bal_config *c, const char *section, const char *line)
{
    bal_schedule s;
    return bal_schedule_parse(&s, line, bal_setup_place(c, section, "schedule"));
}

static bal_status one_budget(const bal_config *c, const char *section, int steps, int epochs)
{
    if (steps && epochs)
        return bal_fail_at(bal_setup_place(c, section, "epochs"), "[%s] takes steps or epochs, not both", section);
    return BAL_OK;
}

/* Shape of a net's output, from a net that is read and dropped. */
static bal_status output_of(bal_shape *out, const bal_setup *s, const char *section, int n)
{
    bal_net *net;
    BAL_TRY(bal_setup_net(&net, s, section, n));
    *out = bal_net_out(net);
    bal_net_free(net);
    return BAL_OK;
}

/* A path is relative to the file that it stands in; after --set, to where one stands. Absolute from here on, so that it
 * can be written into a run's folder. */
static bal_status resolve(char **owned, const char **path, bal_where at)
{
    if (!*path) return BAL_OK;
    char *folder = at.line ? bal_path_folder(at.file) : bal_format(".");
    char *joined = folder ? bal_path_join(strcmp(folder, ".") == 0 ? "" : folder, *path) : NULL;
    *path = *owned = joined ? bal_path_absolute(joined) : NULL;
    free(joined);
    free(folder);
    return *owned ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
}

/* *y: then as the loss sees it. */
static bal_status check_outputs(const bal_setup *s, bal_shape *y)
{
    bal_where at = bal_setup_last_layer(s->config, "discriminator");
    if (bal_setup_conditional(s)) {
        if (y->h * y->w != 1 || y->c < 3)
            return bal_fail_at(at,
                               "[discriminator] of classes = conditional must end in a value for all classes together "
                               "and one for each class, 3 or more, not %d x %d x %d",
                               y->h, y->w, y->c);
        y->c = 1;
    }
    if (y->h * y->w * y->c == 1) return BAL_OK;
    return bal_fail_at(at, "[discriminator] must end in one value for an image, not %d x %d x %d", y->h, y->w, y->c);
}

static bal_status check_gan(bal_setup *s)
{
    const bal_config *c = s->config;
    bal_shape         image, y;
    BAL_TRY(bal_section_fill(bal_config_find(c, "train.gan"), "train.gan", bal_gan_option_table, NULL, &s->gan));
    BAL_TRY(one_budget(c, "train.gan", s->gan.steps, s->gan.epochs));
    if (!s->gan.steps && !s->gan.epochs) s->gan.steps = 20000;
    BAL_TRY(resolve(&s->owned[0], &s->gan.init, bal_setup_place(c, "train.gan", "init")));
    BAL_TRY(resolve(&s->owned[1], &s->gan.discriminator_init, bal_setup_place(c, "train.gan", "discriminator_init")));
    BAL_TRY(output_of(&y, s, "discriminator", s->gan.batch));
    BAL_TRY(check_outputs(s, &y));
    BAL_TRY(output_of(&image, s, "generator", s->gan.batch));
    if (image.h != s->data.size || image.w != s->data.size || image.c != s->data.channels)
        return bal_fail_at(bal_setup_last_layer(c, "generator"),
                           "[generator] makes images of %d x %d x %d; [data] has %d x %d x %d", image.h, image.w,
                           image.c, s->data.size, s->data.size, s->data.channels);
    BAL_TRY(check_loss(c, "train.gan", s->gan.loss, true, "discriminator", y));
    BAL_TRY(check_optimizer(c, "train.gan", "optimizer", s->gan.optimizer));
    BAL_TRY(bal_setup_check_adversary(s));
    BAL_TRY(check_optimizer(c, "train.gan", "discriminator_optimizer", s->gan.discriminator_optimizer));
    BAL_TRY(bal_setup_check_transfer(s));
    return check_schedule(c, "train.gan", s->gan.schedule);
}

/* What happens to a classifier after training (bal_model_finish). */
static bal_status check_finish(const bal_setup *s)
{
    const bal_classifier_options *o = &s->classifier;
    bal_goal                      goal;
    bal_net                      *net;
    BAL_TRY(bal_goal_parse(&goal, o->want, "[train.classifier] want",
                           bal_setup_place(s->config, "train.classifier", "want")));
    if (goal.want && o->decide)
        return bal_fail_at(bal_setup_place(s->config, "train.classifier", "decide"),
                           "[train.classifier] decide and want both say which class is answered: one of them");
    if (!o->head) return BAL_OK;
    BAL_TRY(bal_setup_net(&net, s, "classifier", 1));
    const bal_layer *last = bal_net_layer(net, bal_net_count(net) - 1);
    bool             fits = strcmp(last->def->name, "dense") == 0 && last->weight_count == 2;
    bool             single = fits && last->out.c == 1;
    bal_net_free(net);
    if (!fits)
        return bal_fail_at(bal_setup_last_layer(s->config, "classifier"),
                           "[train.classifier] head changes a last layer that is dense, with bias; this one is not");
    if (single && o->head == BAL_HEAD_NORMALIZE)
        return bal_fail_at(bal_setup_last_layer(s->config, "classifier"),
                           "[train.classifier] head = normalize needs an output for each class, not a single one");
    return BAL_OK;
}

static bal_status check_classifier(bal_setup *s)
{
    const bal_config *c = s->config;
    bal_shape         y;
    BAL_TRY(bal_section_fill(bal_config_find(c, "train.classifier"), "train.classifier", bal_classifier_option_table,
                             NULL, &s->classifier));
    BAL_TRY(one_budget(c, "train.classifier", s->classifier.steps, s->classifier.epochs));
    if (!s->classifier.steps && !s->classifier.epochs) s->classifier.epochs = 30;
    BAL_TRY(resolve(&s->owned[2], &s->classifier.init, bal_setup_place(c, "train.classifier", "init")));
    BAL_TRY(output_of(&y, s, "classifier", s->classifier.batch));
    BAL_TRY(check_loss(c, "train.classifier", s->classifier.loss, false, "classifier", y));
    BAL_TRY(check_optimizer(c, "train.classifier", "optimizer", s->classifier.optimizer));
    BAL_TRY(bal_setup_check_gate(s));
    BAL_TRY(bal_setup_check_balance(s));
    bal_augment unused;
    BAL_TRY(bal_augment_parse(&unused, s->classifier.augment, bal_setup_place(c, "train.classifier", "augment")));
    BAL_TRY(check_finish(s));
    return check_schedule(c, "train.classifier", s->classifier.schedule);
}

bal_status bal_setup_need(const bal_config *c, const char *section, const char *because)
{
    if (bal_config_find(c, section)) return BAL_OK;
    return bal_fail_at((bal_where){bal_config_path(c), 0}, "there is no section [%s]; %s", section, because);
}

static bool any(const bal_config *c, const char *a, const char *b)
{
    return bal_config_find(c, a) || bal_config_find(c, b);
}

static bal_status check_nets(bal_setup *s)
{
    const bal_config *c = s->config;
    s->has_gan = any(c, "generator", "discriminator") || bal_config_find(c, "train.gan");
    s->has_classifier = any(c, "classifier", "train.classifier");
    if (!s->has_gan && !s->has_classifier)
        return bal_fail_at((bal_where){bal_config_path(c), 0},
                           "nothing to train: no [classifier], and no [generator] with a [discriminator]");
    if (s->has_gan) {
        BAL_TRY(bal_setup_need(c, "generator", "a GAN has a generator and a discriminator"));
        BAL_TRY(bal_setup_need(c, "discriminator", "a GAN has a generator and a discriminator"));
        BAL_TRY(check_gan(s));
    }
    if (!s->has_classifier) return BAL_OK;
    BAL_TRY(bal_setup_need(c, "classifier", "[train.classifier] trains it"));
    return check_classifier(s);
}

/* Without a name the run is called like its file. */
static bal_status name_run(bal_setup *s)
{
    const char *file = bal_path_name(bal_config_path(s->config));
    size_t      n = strlen(file);

    if (!s->run.name) {
        if (n > 4 && strcmp(file + n - 4, ".ini") == 0) n -= 4;
        s->run.name = s->owned[3] = bal_format("%.*s", (int)n, file);
        if (!s->run.name) return bal_fail(BAL_ENOMEM, "no memory for a name");
    }
    if (strchr(s->run.name, '/') || s->run.name[0] == '.' || !s->run.name[0])
        return bal_fail_at(bal_setup_place(s->config, "run", "name"),
                           "[run] name: \"%s\" cannot name a folder; no slashes, no dot first", s->run.name);
    return BAL_OK;
}

static bal_status check(bal_setup *s)
{
    const bal_config *c = s->config;
    for (int i = 0; i < bal_config_count(c); i++) BAL_TRY(check_section(bal_config_section(c, i)));
    BAL_TRY(bal_section_fill(bal_config_find(c, "run"), "run", bal_run_option_table, NULL, &s->run));
    BAL_TRY(name_run(s));
    BAL_TRY(bal_setup_need(c, "data", "it says where images come from"));
    BAL_TRY(bal_dataset_check(c));
    BAL_TRY(bal_section_fill(bal_config_find(c, "data"), "data", bal_dataset_option_table, NULL, &s->data));
    return check_nets(s);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bal_status open_setup(bal_setup *s, const char *path, const char *const *sets, int set_count,
                             const char *arm_name)
{
    BAL_TRY(bal_config_read(&s->config, path));
    for (int i = 0; i < set_count; i++) BAL_TRY(bal_config_set(s->config, sets[i]));
    BAL_TRY(bal_setup_apply_arm(s, arm_name));
    BAL_TRY(check(s));
    return bal_config_find(s->config, "experiment") && !arm_name ? bal_setup_check_experiment(s, path, sets, set_count)
                                                                 : BAL_OK;
}

bal_status bal_setup_open_arm(bal_setup **out, const char *path, const char *const *sets, int set_count,
                              const char *arm)
{
    bal_setup *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return bal_fail(BAL_ENOMEM, "no memory for a configuration");
    bal_status st = open_setup(s, path, sets, set_count, arm);
    if (st == BAL_OK) *out = s;
    else bal_setup_close(s);
    return st;
}

bal_status bal_setup_open(bal_setup **out, const char *path, const char *const *sets, int set_count)
{
    return bal_setup_open_arm(out, path, sets, set_count, NULL);
}

void bal_setup_close(bal_setup *s)
{
    if (!s) return;
    for (int i = 0; i < 4; i++) free(s->owned[i]);
    bal_config_free(s->config);
    free(s);
}

bal_status bal_setup_device(bal_device **out, const bal_setup *s, const char *which)
{
    bal_device_settings settings = {
        .which = which ? which : s->run.device, .kernels = s->run.kernels, .strict = s->run.accuracy == BAL_STRICT};
    return bal_device_open(out, &settings);
}

int bal_setup_largest(const char *section, int batch)
{
    return strcmp(section, "discriminator") == 0 ? 2 * batch : batch;
}

bool bal_setup_conditional(const bal_setup *s) { return s->gan.classes && strcmp(s->gan.classes, "conditional") == 0; }

bal_status bal_setup_net(bal_net **out, const bal_setup *s, const char *section, int n)
{
    const bal_section *found = bal_config_find(s->config, section);
    bal_shape          in = {n, s->data.size, s->data.size, s->data.channels}, y = {1, 1, 1, 1};
    BAL_TRY(bal_setup_need(s->config, section, "it describes a net"));
    if (strcmp(section, "generator") == 0) {
        int latent = bal_net_latent(found);
        if (latent < 0) return BAL_ECONFIG;
        in = (bal_shape){n, 1, 1, latent};
        if (bal_setup_conditional(s)) BAL_TRY(output_of(&y, s, "discriminator", 1));
        in.c += y.c - 1;
    }
    return bal_net_read(out, found, in);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void write_options(FILE *f, const char *name, const bal_option *options, const void *self)
{
    char value[4096];
    fprintf(f, "[%s]\n", name);
    for (const bal_option *o = options; o->name; o++)
        if (bal_option_print(value, sizeof value, o, self) > 0) fprintf(f, "%s = %s\n", o->name, value);
    fputc('\n', f);
}

/* As it stands: layers in order, settings of an arm. */
static void write_section(FILE *f, const bal_config *c, const char *name)
{
    const bal_section *s = bal_config_find(c, name);
    if (!s) return;
    fprintf(f, "[%s]\n", name);
    for (int i = 0; i < s->count; i++) fprintf(f, "%s = %s\n", s->entries[i].key, s->entries[i].value);
    fputc('\n', f);
}

bal_status bal_setup_write(const bal_setup *s, const char *path, const char *data_path)
{
    static const char *const nets[] = {"generator", "discriminator", "classifier"};
    bal_dataset_options      data = s->data;
    bal_file_writer          w;
    BAL_TRY(bal_file_create(&w, path));
    data.path = data_path;
    fprintf(w.file, "; As it was used, with every default written out.\n\n");
    write_options(w.file, "run", bal_run_option_table, &s->run);
    write_options(w.file, "data", bal_dataset_option_table, &data);
    for (int i = 0; i < 3; i++) write_section(w.file, s->config, nets[i]);
    if (s->has_gan) write_options(w.file, "train.gan", bal_gan_option_table, &s->gan);
    if (s->has_classifier) write_options(w.file, "train.classifier", bal_classifier_option_table, &s->classifier);
    if (s->has_experiment && s->has_gan) write_options(w.file, "train.gate", bal_gate_option_table, &s->gate);
    if (s->has_experiment) write_options(w.file, "experiment", bal_experiment_option_table, &s->experiment);
    for (int i = 0; i < bal_config_count(s->config); i++) {
        const char *name = bal_config_section(s->config, i)->name;
        if (strncmp(name, "arm.", 4) == 0) write_section(w.file, s->config, name);
    }
    return bal_file_commit(&w);
}
