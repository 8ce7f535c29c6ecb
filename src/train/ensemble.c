/* ensemble -- see include/ballast/ensemble.h. */
#include "ballast/ensemble.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/model.h"
#include "ballast/rng.h"
#include "ballast/stored.h"

char *bal_ensemble_folder(const char *folder, int i)
{
    return i ? bal_format("%s/member%d", folder, i + 1) : bal_format("%s", folder);
}

int bal_ensemble_seed(int seed, int i)
{
    const bal_stream s = bal_stream_for((uint64_t)seed, BAL_FOR_MEMBER, (uint32_t)i, 0);
    return i ? (int)(bal_random_bits(&s, 0) & INT_MAX) : seed;
}

int bal_ensemble_turns(const bal_setup *s, const bal_dataset *data)
{
    for (int p = 0; p < BAL_PARTS; p++)
        if (s->composition.generated[p] != BAL_GENERATED_NONE) return 1;
    return bal_dataset_turns(data);
}

int bal_ensemble_step(const bal_setup *s, const char *folder)
{
    int all = 0;
    for (int i = 0; i < s->classifier.ensemble; i++) {
        char *path = bal_ensemble_folder(folder, i);
        all += path ? bal_stored_step(path, "step") : 0;
        free(path);
    }
    return all;
}

/* What is chosen for one alone says nothing about the mean: it is asked for afterwards. */
static bal_setup member_setup(const bal_setup *s, int i)
{
    bal_setup own = *s;
    own.run.seed = bal_ensemble_seed(s->run.seed, i);
    own.classifier.ensemble = 1;
    own.classifier.decide = BAL_DECIDE_LIKELIEST;
    own.classifier.want = "none";
    return own;
}

static bal_status train_member(const bal_classifier_job *job, int i, bool *stopped)
{
    char               what[64];
    bal_setup          own = member_setup(job->setup, i);
    bal_classifier_job member = *job;
    char              *folder = bal_ensemble_folder(job->folder, i);
    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    snprintf(what, sizeof what, "classifier %d of %d", i + 1, job->setup->classifier.ensemble);
    member.setup = &own;
    member.folder = folder;
    member.what = what;
    bal_status st = bal_classifier_train(&member, stopped);
    free(folder);
    return st;
}

static bal_status train_members(const bal_classifier_job *job, bal_dataset *data, bool *stopped)
{
    int turns = bal_ensemble_turns(job->setup, data);
    for (int i = 0; i < job->setup->classifier.ensemble && !*stopped; i++) {
        if (turns > 1) BAL_TRY(bal_dataset_turn(data, i % turns));
        BAL_TRY(train_member(job, i, stopped));
    }
    return BAL_OK;
}

bal_status bal_ensemble_train(const bal_classifier_job *job, bal_dataset *data, bool *stopped)
{
    *stopped = false;
    if (job->setup->classifier.ensemble == 1) return bal_classifier_train(job, stopped);
    bal_status st = train_members(job, data, stopped);
    if (st == BAL_OK && !*stopped) st = bal_model_finish_ensemble(job->dev, job->setup, data, job->folder);
    if (bal_ensemble_turns(job->setup, data) == 1) return st;
    bal_status back = bal_dataset_turn(data, 0);
    return st == BAL_OK ? back : st;
}
