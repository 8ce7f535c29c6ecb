/* comparison_parts -- what the texts of a comparison share. */
#ifndef BALLAST_EVAL_COMPARISON_PARTS_H
#define BALLAST_EVAL_COMPARISON_PARTS_H

#include <cjson/cJSON.h>
#include <stdio.h>
#include "ballast/comparison.h"

#define BAL_COMPARISON_BASE "original" /* what each other arm is compared with */

/* A statement for each arm, in the order of their first parts; i: that part. */
#define BAL_EACH_ARM(c, i) \
    for (int i = 0; i < (c)->count; i++) \
        if (bal_comparison_first(c, i))

/* The arm to use; NULL if none is better than guessing. *validation: the highest balanced accuracy on validation images
 * of an arm that is tested on real ones, below 0 if there is none. */
const char *bal_comparison_chosen(double *validation, const bal_comparison *c);

/* The arm is there, and tested on real images. */
bool bal_comparison_is_real(const bal_comparison *c, const char *arm);
/* There is something to compare the arm with. */
bool bal_comparison_differs(const bal_comparison *c, const char *arm);

/* ---- what several files print alike ---- */

/* A name and blanks up to a width in columns of a terminal. */
void bal_comparison_put_left(FILE *to, const char *name, int width);
int  bal_comparison_class_width(const bal_comparison *c); /* of the column that names classes */
/* "0.600 [ 0.500,  0.700]" in 22 columns behind two blanks. */
void   bal_comparison_put_estimate(FILE *to, bal_estimate e);
cJSON *bal_comparison_estimate_json(bal_estimate e);
cJSON *bal_comparison_number_json(double v); /* null where undefined */

/* ---- comparison_added.c: what each arm adds to the one that it builds on ---- */

void bal_added_free(bal_comparison *c);
/* Of the arm, or NULL: where it builds on none, or one of the two is not there or tested on generated images. */
const bal_added *bal_added_find(const bal_comparison *c, const char *arm);
/* The recall that is shown beside balanced accuracy, and its name: malloc'd, NULL without memory. */
bal_compared bal_added_recall(const bal_comparison *c);
char        *bal_added_recall_name(const bal_comparison *c);
bal_status   bal_added_text(FILE *to, const bal_comparison *c);
void         bal_added_json(cJSON *arm, const bal_comparison *c, const char *name);

/* ---- comparison_made.c: how good the generators of each fold are ---- */

void bal_made_free(bal_comparison *c);
void bal_made_text(FILE *to, const bal_comparison *c);
bool bal_made_json(cJSON *to, const bal_comparison *c); /* false where memory ends */
/* Share of generated images that are nearer to a training image than these are to each other. */
double bal_made_copies(const bal_generator_quality *q, int space);

/* ---- comparison_pooled.c: all test predictions together ---- */

/* The arm's predictions of the parts that the other has too, a path for each, in groups that are drawn together. Free
 * with bal_predictions_free, also on failure. */
bal_status bal_pooled_rows(bal_predictions *out, const bal_comparison *c, const bal_predictions *all, const char *arm,
                           const char *other);
/* NULL where there is none. */
const bal_pooled *bal_pooled_find(const bal_comparison *c, const char *arm, const char *other);
void              bal_pooled_text(FILE *to, const bal_comparison *c);
void              bal_pooled_json(cJSON *arm, const bal_comparison *c, const char *name);

/* ---- comparison_tested.c: the same, of each arm alone ---- */

void   bal_tested_free(bal_comparison *c);
double bal_lowest_recall(const bal_metrics *m); /* of the classes that have images; NaN: none has */
void   bal_tested_text(FILE *to, const bal_comparison *c);
void   bal_tested_json(cJSON *arm, const bal_comparison *c, const char *name);
void   bal_tested_html(FILE *to, const bal_comparison *c);

/* ---- comparison_gate.c: what gates decided, part by part ---- */

bool bal_gates_any(const bal_comparison *c, const char *arm); /* arm NULL: of any */
/* A class's decision in a few words. */
void bal_gate_put_words(FILE *to, const bal_class_gate *g);
void bal_gates_text(FILE *to, const bal_comparison *c);
void bal_gates_json(cJSON *arm, const bal_comparison *c, const char *name);
/* "fold 1, seed 2", without a fold where there is none. */
#define BAL_PLACE_SIZE 40
void bal_part_place(char out[BAL_PLACE_SIZE], const bal_part_result *p);

#endif
