/* bench -- what `ballast bench` measures, and the ways of saying it. */
#ifndef BALLAST_CLI_BENCH_H
#define BALLAST_CLI_BENCH_H

#include "ballast/dataset.h"
#include "ballast/measure.h"
#include "ballast/setup.h"

enum { BAL_BENCH_WARM = 3, BAL_BENCH_ROWS = 512, BAL_BENCH_MOST_STEPS = 1000 };

/* A figure measured many times: the median and the quartiles around it. */
typedef struct bal_spread {
    double median, low, high;
} bal_spread;

bal_spread bal_spread_of(double *values, int count); /* sorts them */

/* A trainer behind three calls. */
typedef struct bal_subject {
    const char *name;    /* "gan", "classifier" */
    const char *nets[2]; /* sections; the first is what is used after training */
    const char *batch_key;
    int         batch;
    void       *trainer;
    bal_device *dev;
    bal_status (*step)(void *trainer);
    void (*close)(void *trainer);
} bal_subject;

/* What of the setup a subject is for: 0 the GAN, 1 the classifier. False where it has none. */
bool       bal_subject_there(const bal_setup *s, int which);
const char *bal_subject_batch_key(int which);
bal_status bal_subject_open(bal_subject *out, const bal_setup *s, const bal_dataset *data, bal_device *dev, int which);
void       bal_subject_close(bal_subject *s);
bal_status bal_subject_step(double *ms, const bal_subject *s); /* and wait for it */

/* Launches with one scope (layer and direction) and one part of it (gradient of the data, of the weights). */
typedef struct bal_bench_row {
    char       name[112], algorithm[40];
    bal_spread ms;           /* of a step */
    double     flops, bytes; /* of a step; 0: not known */
    bool       heavy;        /* a convolution or product */
    int        launches;     /* of a step */
    int        calls;        /* of a step: runs of such launches */
    int        channels;     /* of a layer with a kernel, on its narrower side; 0: another one */
    size_t     weights;      /* of it */
} bal_bench_row;

typedef struct bal_bench {
    char          trainer[16];
    int           batch, launches, count;
    bal_spread    step_ms;
    double        first_ms;     /* making the trainer and its first step */
    double        inference_ms; /* of a batch through the first net; 0: not measured */
    double        busy_ms;      /* of a step, all launches */
    double        heavy_ms;     /* of them: convolutions and products */
    size_t        held, needed; /* device bytes; those of weights, moments and activations that must live */
    bal_measured  peak;         /* zeroed: not measured */
    bal_bench_row rows[BAL_BENCH_ROWS];
} bal_bench;

typedef struct bal_bench_job {
    const bal_setup   *setup;
    const bal_dataset *data;
    bal_device        *dev;
    int                steps;
    const char        *trace; /* as --trace */
} bal_bench_job;

/* Measure steps, then the rows over as many. *out is zeroed but for the peaks. */
bal_status bal_bench_subject(bal_bench *out, const bal_bench_job *job, int which);
/* Fill in operations and bytes of rows that the launches do not know themselves, by the layers' shapes. */
bal_status bal_bench_count(bal_bench *b, const bal_subject *subject, const bal_setup *s);

/* Operations of a whole step, as the plain sums would take them. */
bal_status bal_bench_flops(double *out, const bal_setup *s, int which);

/* The share of its peak that a row reaches, 0 where unknown; *memory: whether bandwidth binds it. */
double bal_bench_of_peak(const bal_bench_row *r, const bal_measured *peak, bool *memory);

void       bal_bench_say(const bal_bench *b);
void       bal_bench_say_json(const bal_bench *b);
/* What is faster or slower than in an earlier --json. */
bal_status bal_bench_compare(const bal_bench *b, const char *path);

/* Kernels alone, at the shapes of the two benchmark nets. */
bal_status bal_bench_kernels(bal_device *dev, const bal_measured *peak, int repeats);

#endif
