/* Stages 2 and 3: what the model is given. */
#ifndef MODEL_INPUT_H
#define MODEL_INPUT_H

#include <stdint.h>

#include <weir.h>

#include "data.h"

struct features {
	weir_tensor *x;		/* [rows, 2 x columns], contiguous */
	weir_tensor *y;		/* [rows, 1], 0 or 1 */
	int64_t rows, columns;	/* of x */
	int64_t train_rows;	/* the first rows */
	size_t n_constant;	/* columns of the data that never change */
	int64_t *constant;	/* which */
};

/**
 * Stage 2: columns with mean 0 and deviation 1 over the training rows; a
 * column that is constant there becomes 0.
 *
 * @param scope       an eager one, owns the result
 * @param normalised  f64[rows, columns]
 */
void
features_normalise(weir_scope *scope, const struct data *data,
		   struct features *features, weir_tensor **normalised);

/** Stage 3: the columns and their squares, in the dtype of the model. */
void
features_add_squares(weir_scope *scope, const struct data *data,
		     weir_tensor *normalised, weir_dtype dtype,
		     struct features *features);

void
features_release(struct features *features);

#endif /* MODEL_INPUT_H */
