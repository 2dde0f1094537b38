/* Whether two trainings have the same bits. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "history.h"
#include "predict.h"
#include "train.h"

/** What has been compared so far, and the first thing that differed. */
struct comparison {
	size_t tensors, bytes;
	size_t n_threads;	/* at how many thread counts */
	unsigned threads[8];
	bool is_different;
	char difference[2048];
	unsigned different_threads; /* where it is */
};

/** Compare bits; the first difference found is the one that is kept. */
void
compare_histories(const struct history *eager, const struct history *graph,
		  unsigned threads, struct comparison *comparison);

void
compare_predictions(const struct prediction *a, const struct prediction *b,
		    const char *what, struct comparison *comparison);

/**
 * Compare the eager training with the graph trainings at 1, 2 and 4 threads.
 *
 * @param training  how both were made
 * @param graph     the one made with the runtime of the program, which is
 *                  compared whatever its threads; the others are made here
 */
void
compare_at_thread_counts(const struct training *training,
			 const struct history *eager,
			 const struct history *graph,
			 struct comparison *comparison);

/**
 * Find the first op whose bits differ between the modes: go through the first
 * epoch again, and compare each step op by op.
 *
 * @param text  "step 3: <the library's sentence>", or that there was none
 */
void
compare_name_op(const struct training *training, unsigned threads, char *text,
		size_t size);

#endif /* COMPARE_H */
