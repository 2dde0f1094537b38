/* What a training left behind: its bits, and how long they took. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir.h>

#include "model.h"
#include "observe.h"

struct epoch {
	double loss;		/* mean over the training rows, as they passed */
	double test_loss;
	double accuracy;	/* on the test rows */
	double seconds;		/* of its steps alone */
	enum observation observation;
};

struct history {
	weir_mode mode;
	size_t n_epochs, steps_per_epoch, n_steps;
	double untrained_loss;	/* on the test rows */
	struct epoch *epochs;

	/* The bits. */
	weir_dtype dtype;
	unsigned char *losses;	/* of each step */
	size_t n_params;
	void *params[PARAMS_MAX]; /* after the last step */
	size_t params_bytes[PARAMS_MAX];
	void *probabilities;	/* of each test row */
	size_t probabilities_bytes;

	/* The figures; a step counts as steady unless it was the first with
	 * batches of its size. */
	double *step_seconds;
	bool *is_steady;
	double first_step_seconds; /* from nothing to the first loss */
	double record_seconds, compile_seconds; /* 0 in eager mode */
	weir_plan_info plan;	/* of a whole batch; graph mode */
	size_t peak_bytes;	/* buffers, with those of the data */
	size_t data_bytes;	/* buffers before there was a model */
	double allocations_per_step; /* steady ones */
};

/** The loss of a step. */
double
history_loss(const struct history *history, size_t step);

/** Of steady steps; where there are none, of all. */
struct step_times {
	size_t n;
	double per_second;	/* in the median epoch: one of them in which
				   the machine was busy elsewhere says little */
	double p50, p99;
};

struct step_times
history_step_times(const struct history *history);

/**
 * The number of steps from which on the graph has taken no more time in all
 * than eager: first steps, of a smaller last batch too, count as long as they
 * took, the others as p50. Infinity where the graph's are not faster.
 */
double
history_break_even(const struct history *eager, const struct history *graph);

void
history_release(struct history *history);

#endif /* HISTORY_H */
