/* The search, for suite.c. */
#ifndef TESTS_EXPLORE_H
#define TESTS_EXPLORE_H

#include "model/model.h"

struct explored {
	long executions, cut;		/* cut: as repeats of others */
	double seconds;
	const char *failure;		/* NULL: none */
};

/* Try every execution, until one fails. fault may be NULL. */
void
model_explore(const struct model_config *config,
	      const struct model_fault *fault, struct explored *explored);

/* Print the steps of the execution that failed, as TAP's comments. */
void
model_print_trace(void);

/* The atomics met since the program began that are stronger than relaxed. */
struct ordered {
	const char *function, *text;
};

const struct ordered *
model_ordered(size_t *n);

void
model_forget_ordered(void);

#endif
