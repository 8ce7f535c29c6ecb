/* _dense -- the products that dense and cosine share: y = x w of vectors, weight OI. See ballast/gemm.h. */
#ifndef BALLAST_LAYERS_DENSE_H
#define BALLAST_LAYERS_DENSE_H

#include "_layer.h"
#include "ballast/gemm.h"

typedef struct bal_products {
    bal_gemm forward, backward_x, backward_w;
} bal_products;

/* Vectors in, `units` out, and the weight for that. */
bal_status bal_dense_declare(bal_layer *l, int units);
/* The products, and l->scratch for them. */
bal_status bal_dense_build(bal_layer *l, bal_device *dev, bal_products *p);

#endif
