/* heatmap -- what in an image speaks for a class, by Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).
 *
 * With A[position][channel] the output of a layer (the feature map) and z the net's output for a class, before softmax
 * or logistic function: w[channel] = mean over positions of dz/dA, heat[position] = max(0, sum over channels of w A),
 * divided by its maximum, then resized bilinearly onto the image. Outside training: running statistics, no dropout. Of
 * a net with a single output z is the output for class 1, and its negative for class 0. */
#ifndef BALLAST_HEATMAP_H
#define BALLAST_HEATMAP_H

#include "ballast/examples.h"
#include "ballast/model.h"

typedef struct bal_heatmap bal_heatmap;

/* For a trained classifier, which must outlive it. layer: a name given by `as=`; NULL: bal_net_feature_map. Without a
 * feature map, or if the layer has one position only or is the last: BAL_ECONFIG. Has a net of its own, for one image,
 * so that an image's map does not depend on the images beside it. */
bal_status bal_heatmap_open(bal_heatmap **out, const bal_model *m, const char *layer);
/* The same for a net that was built for training and stays the caller's; its images are square. */
bal_status bal_heatmap_open_net(bal_heatmap **out, bal_net *net, bal_device *dev, const char *layer);
void       bal_heatmap_close(bal_heatmap *h);

/* out[size][size] in 0 to 1, of one image [size][size][channels] as the net sees it. The largest value of the layer's
 * map is 1; all are 0 where nothing speaks for the class. Allocates nothing on the device. */
bal_status bal_heatmap_make(float *out, bal_heatmap *h, const float *pixel, int class);

/* The heat map over the image as a PNG (ballast/examples.h); `scaling` made the image what the net sees. */
bal_status bal_heatmap_paint(const char *path, bal_heatmap *h, const float *pixel, int class,
                             const bal_scaling *scaling);

/* Pictures of the examples among `p` into FOLDER/examples (ballast/examples.h), which is made; what was there of others
 * is removed. Row i is image index[i] of the data; index NULL: image i. Heat maps are of the predicted class; without a
 * feature map there are none. */
bal_status bal_heatmap_examples(const char *folder, const bal_model *m, const bal_predictions *p,
                                const bal_dataset *data, const int *index);

#endif
