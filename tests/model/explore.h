/* The search, for suite.c, and who runs now, for races.c. */
#ifndef TESTS_EXPLORE_H
#define TESTS_EXPLORE_H

#include "model/model.h"

enum { MODEL_THREADS = 4 };

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

/* -- for races.c ----------------------------------------------------------- */

/* A thread's view of the others' progress: what an epoch of theirs has done
 * happened before what it does now. */
struct model_clock {
	uint32_t epoch[MODEL_THREADS];
};

/* The running thread's, its number, and of how many; NULL outside threads, or
 * where p is on its stack. */
const struct model_clock *
model_clock_for(const volatile void *p, unsigned *me, unsigned *threads);

unsigned
model_execution(void);

#endif
