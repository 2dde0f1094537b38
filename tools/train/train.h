/* Stages 4 and 5: training, eagerly or as a graph. */
#ifndef TRAIN_H
#define TRAIN_H

#include <weir.h>

#include "data.h"
#include "model_input.h"
#include "history.h"
#include "model.h"

struct training {
	weir_runtime *runtime;
	const struct data *data;
	const struct features *features;
	const struct start *start;
	weir_mode mode;
	int64_t batch;
	size_t epochs;
	uint64_t seed;		/* of the order of the batches */
	size_t most_steps;	/* stop after so many; 0: do not */
	const char *progress;	/* what the progress bar says, or NULL */

	/* Called after each epoch with the epochs so far (n >= 1). NULL:
	 * nobody looks, so epochs are not evaluated. */
	void (*on_epoch)(const struct history *history, size_t n);
};

/**
 * Train a model.
 *
 * @param model    a new model, trained: model_release() it
 * @param history  what it left behind: history_release() it
 */
void
train(const struct training *training, struct model *model,
      struct history *history);

/** One eager step of a model that is thrown away, so that neither mode is
 * the one that loads libraries and touches memory for the first time. */
void
train_warm_up(const struct training *training);

#endif /* TRAIN_H */
