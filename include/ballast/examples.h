/* examples -- images that show what a classifier does: the mistakes it was surest of, and of each class the right
 * answers it was surest of. Chosen from the predictions alone; whoever has the images and the net leaves their pictures
 * in FOLDER/examples: wrong-01.png, right-01.png, ..., and beside each the heat map over it, wrong-01-heat.png. */
#ifndef BALLAST_EXAMPLES_H
#define BALLAST_EXAMPLES_H

#include "ballast/predictions.h"

enum { BAL_WRONG_MAX = 10, BAL_RIGHT_MAX = 10, BAL_EXAMPLES_MAX = BAL_WRONG_MAX + BAL_RIGHT_MAX };

typedef struct bal_example {
    int  row; /* of the predictions */
    bool wrong;
    int  number; /* from 1, among the wrong or the right ones: in the file's name */
} bal_example;

/* The mistakes, the surest first (of equal ones the first), then the right answers class by class: two of each, or one
 * beyond five classes, of at most ten classes. How many; 0 without probabilities. */
int bal_examples_choose(bal_example out[BAL_EXAMPLES_MAX], const bal_predictions *p);

/* Those rows alone, in a list of its own that gives the same choice: the pictures' names stay right. Free with
 * bal_predictions_free. */
bal_status bal_examples_keep(bal_predictions *out, const bal_predictions *p);

/* malloc'd path of an example's picture, or of its heat map; NULL when out of memory. */
char *bal_examples_path(const char *folder, const bal_example *e, bool heat);
/* Remove what earlier predictions left. */
void bal_examples_clear(const char *folder);

/* An image [size][size][channels], 0 black to 1 white, as PNG; small ones enlarged by a whole number. */
bal_status bal_examples_paint(const char *path, const float *pixel, int size, int channels);
/* The same in grey with heat [size][size], 0 to 1, laid over it: half of each, in colours that grow lighter with the
 * heat, so that they can be told in print without colour, and a white line around what is above 1/2. */
bal_status bal_examples_paint_heat(const char *path, const float *pixel, int size, int channels, const float *heat);
void       bal_examples_color(float rgb[3], float heat);

#endif
