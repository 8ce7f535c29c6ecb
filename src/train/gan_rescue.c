/* gan_rescue -- a GAN that has collapsed: said at once and, with rescue = on, set back to its last good state with half
 * of the learning rate, at most three times. See train/gan_parts.h. */
#include <math.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "train/gan_parts.h"

enum { MOST_RESCUES = 3 };

/* A row: the step that it goes on from, what was seen, at which step, and what becomes of the learning rate. */
static const char collapse_header[] = "step,alarm,seen_at,diversity,d_loss,rate\n";

static double d_loss(const bal_gan *gan) { return gan->last[2 * BAL_GAN_REAL] + gan->last[2 * BAL_GAN_FAKE]; }

static bal_status find_file(const char *path, void *user)
{
    *(bool *)user = bal_file_exists(path);
    return BAL_OK;
}

bool bal_gan_can_rescue(const bal_gan *gan)
{
    bool found = false;
    if (!gan->o.rescue || gan->health.rescues >= MOST_RESCUES) return false;
    return bal_path_use(gan->job.folder, "good.safetensors", find_file, &found) == BAL_OK && found;
}

typedef struct {
    bal_gan      *gan;
    bal_gan_alarm alarm;
    int           seen_at;
    double        diversity, loss;
} event;

static bal_status write_event(const char *path, void *user)
{
    const event *e = user;
    bal_run_log  log = {0};
    BAL_TRY(bal_run_log_open(&log, path, collapse_header, e->gan->step));
    fprintf(log.file, "%d,%s,%d,%.4g,%.4g,%.4g\n", e->gan->step, bal_gan_alarms[e->alarm], e->seen_at, e->diversity,
            e->loss, (double)e->gan->learn_g.rate);
    bal_run_log_close(&log);
    return BAL_OK;
}

static event event_of(bal_gan *gan, bal_gan_alarm alarm)
{
    return (event){gan, alarm, gan->step, gan->health.diversity, d_loss(gan)};
}

static void say(const bal_gan *gan, bal_gan_alarm alarm)
{
    const char *what = gan->job.what;
    if (alarm == BAL_GAN_ONE_IMAGE)
        bal_warn("%s: step %d: generated images differ %.2f times as much as real ones do: the generator makes one "
                 "image; docs/gan.md says what helps",
                 what, gan->step, gan->health.diversity);
    else if (alarm == BAL_GAN_WON)
        bal_warn("%s: step %d: the discriminator has not been wrong for %d steps: it knows the images by heart; "
                 "docs/gan.md says what helps",
                 what, gan->step, gan->health.won);
    else bal_warn("%s", bal_error());
}

/* Weights, optimizers, figures and images go on as from the good state, at a lower rate. */
static bal_status set_back(bal_gan *gan)
{
    int rescues = gan->health.rescues + 1, said = gan->health.said;
    BAL_TRY(bal_path_use(gan->job.folder, "good.safetensors", bal_gan_load_last, gan));
    gan->health.rescues = rescues;
    gan->health.said = said;
    bal_gan_set_rate(gan);
    BAL_TRY(bal_gan_open_feeder(gan));
    bal_run_log_close(&gan->log);
    bal_run_log_close(&gan->speed);
    BAL_TRY(bal_path_use(gan->job.folder, "log.csv", bal_gan_open_log, gan));
    BAL_TRY(bal_path_use(gan->job.folder, "speed.csv", bal_gan_open_speed, gan));
    if (!isfinite(gan->judge.best)) /* else the best one is kept */
        BAL_TRY(bal_path_use(gan->job.folder, "generator.safetensors", bal_gan_save_generator, gan));
    return bal_path_use(gan->job.folder, "last.safetensors", bal_gan_save_last, gan);
}

void bal_gan_set_rate(bal_gan *gan)
{
    bool  goes_on = gan->o.pretrain && gan->job.label >= 0;
    float rate = goes_on ? gan->o.fine_tune_rate : 1;
    gan->learn_g.rate = gan->learn_d.rate = ldexpf(rate, -gan->health.rescues);
}

bal_status bal_gan_rescue(bal_gan *gan, bal_gan_alarm alarm, bool *rescued)
{
    event e = event_of(gan, alarm);
    bool  known = gan->health.said & (1 << alarm);
    *rescued = false;
    if (!known) say(gan, alarm);
    gan->health.said |= 1 << alarm;
    if (bal_gan_can_rescue(gan)) {
        BAL_TRY(set_back(gan));
        *rescued = true;
        bal_warn("%s: rescue %d of %d: back to step %d, half of the learning rate", gan->job.what, gan->health.rescues,
                 MOST_RESCUES, gan->step);
    }
    return known && !*rescued ? BAL_OK : bal_path_use(gan->job.folder, "collapse.csv", write_event, &e);
}

bal_status bal_gan_look(bal_gan *gan, bool *rescued)
{
    bal_gan_alarm alarm = bal_gan_health_look(&gan->health, gan->distance, gan->step);
    *rescued = false;
    if (alarm) return bal_gan_rescue(gan, alarm, rescued);
    if (!gan->o.rescue || gan->health.won) return BAL_OK;
    BAL_TRY(bal_gan_weights_finite(gan));
    return bal_path_use(gan->job.folder, "good.safetensors", bal_gan_save_last, gan);
}
