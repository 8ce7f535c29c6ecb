/* gate_parts -- what gate*.c share. */
#ifndef BALLAST_GATE_PARTS_H
#define BALLAST_GATE_PARTS_H

#include "ballast/gate.h"

/* Names and numbers of images; verdicts: every candidate kept. The data is composed of real images alone. */
bal_status bal_gate_list(bal_gate *g, const bal_dataset *data);
/* Verdicts and their counts, by a classifier that never saw the candidates. */
bal_status bal_gate_filter(bal_gate *g, const bal_model *scorer, const bal_dataset *data);
/* How many generated images of a class a ratio takes. */
int bal_gate_images(const bal_gate_class *of, double ratio);

#endif
