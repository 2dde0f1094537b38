/* Stage 6: how good the model is on rows it has not seen. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include <weir.h>

#include "batches.h"
#include "model_input.h"
#include "metrics.h"
#include "model.h"

/** Evaluates one model on one set of rows, as often as wanted. */
struct evaluator {
	weir_function *function;
	weir_run_options how;
	struct batches batches;
	weir_tensor *(*out)[2];	/* of each batch: loss, probabilities */
	int64_t begin, rows;
};

struct evaluation {
	double loss;		/* mean over the rows */
	struct metrics metrics;
	void *probabilities;	/* of class 1, in the model's dtype; free() */
	size_t bytes;
};

/** Everything is borrowed until evaluator_release(). */
void
evaluator_create(weir_runtime *runtime, const struct features *features,
		 int64_t begin, int64_t end, struct model *model,
		 weir_mode mode, struct evaluator *evaluator);

void
evaluator_release(struct evaluator *evaluator);

/** @param classes  of all rows of the features */
struct evaluation
evaluate(struct evaluator *evaluator, const unsigned char *classes);

#endif /* EVALUATE_H */
