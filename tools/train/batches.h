/* Rows of the features, batch by batch, without copying them. */
#ifndef BATCHES_H
#define BATCHES_H

#include <stdint.h>

#include <weir.h>

#include "model_input.h"

struct batches {
	size_t n;
	weir_tensor *(*in)[2];	/* n pairs: rows of x and of y */
	int64_t rows;		/* of each but the last */
	int64_t last_rows;	/* of the last, 1 to rows */
};

/** Cut rows begin <= i < end of the features, which must outlive it. */
void
batches_create(weir_runtime *runtime, const struct features *features,
	       int64_t begin, int64_t end, int64_t rows,
	       struct batches *batches);

void
batches_release(struct batches *batches);

/** The order in which an epoch takes them: rows stay in their batches, the
 * batches come in another order each time. order: n numbers. */
void
batches_shuffle(const struct batches *batches, uint64_t seed, size_t epoch,
		int64_t *order);

/** Rows of the i-th batch. */
int64_t
batches_rows(const struct batches *batches, size_t i);

#endif /* BATCHES_H */
