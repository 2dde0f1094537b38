/* Stage 7: one row through the model, with what each layer makes of it. */
#ifndef PREDICT_H
#define PREDICT_H

#include <weir.h>

#include "model_input.h"
#include "model.h"
#include "options.h"

struct prediction {
	weir_dtype dtype;
	size_t n_outputs;	/* the input, then the output of each layer */
	size_t columns[LAYERS_MAX + 1];
	void *bits[LAYERS_MAX + 1];
	double probability;	/* of class 1 */
};

/**
 * @param row   of the features
 * @param mode  PREDICT_EAGER, PREDICT_GRAPH, or PREDICT_MIXED: the first
 *              layer at once, its result handed to a graph of the others
 */
struct prediction
predict(weir_runtime *runtime, const struct features *features, int64_t row,
	const struct model *model, enum predict_mode mode);

/** Element i of an output. */
double
prediction_value(const struct prediction *prediction, size_t output, size_t i);

void
prediction_release(struct prediction *prediction);

/** "eager", "graph", "mixed" */
const char *
predict_mode_name(enum predict_mode mode);

#endif /* PREDICT_H */
