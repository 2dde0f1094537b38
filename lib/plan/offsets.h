/*
 * Where buffers are put that are needed for known times: so that those which
 * are needed at one time lie apart, and all of them in few bytes. (Dynamic
 * storage allocation, which is NP-hard; these are heuristics.)
 */
#ifndef WEIR_PLAN_OFFSETS_H
#define WEIR_PLAN_OFFSETS_H

#include "plan/buffers.h"

/*
 * Several ways are tried until one comes close to what is needed at least
 * (buffers->live), and the best is taken.
 *
 * @param offset  filled: one for each buffer
 * @param peak    where the last of them ends
 *
 * Cost: O(buffers x log buffers), of which small plans get more.
 */
weir_status
weir__offsets_find(const struct weir__buffers *buffers, uint32_t steps,
		   size_t *offset, size_t *peak);

/* -- offsets_sweep.c ------------------------------------------------------ */

/* In the order of steps, or against it, each as low as it can be. Cost:
 * O(buffers x log buffers). */
weir_status
weir__offsets_sweep(const struct weir__buffers *buffers, uint32_t steps,
		    bool is_backward, size_t *offset, size_t *peak);

/* -- offsets_greedy.c ----------------------------------------------------- */

/* Buffers, to be put in any order where others lie that have been put. */
struct weir__greedy {
	const struct weir__buffers *buffers;
	size_t *offset;
	uint32_t *last;		/* a tree over the buffers: of those below that
				   have been put the last step, plus 1 */
	uint32_t leaves;	/* of the tree: a power of two */
	uint32_t *found;	/* room for all numbers */
	uint64_t work;		/* that has been done */
};

weir_status
weir__greedy_init(struct weir__greedy *greedy,
		  const struct weir__buffers *buffers);

void
weir__greedy_free(struct weir__greedy *greedy);

/* Nothing lies anywhere. */
void
weir__greedy_clear(struct weir__greedy *greedy);

/* Put a buffer as low as those that lie already allow. */
void
weir__greedy_put(struct weir__greedy *greedy, uint32_t number);

void
weir__greedy_take(struct weir__greedy *greedy, uint32_t number);

/* Of those that lie already, the ones that are needed at the same time as
 * this one: how many there are in greedy->found. */
uint32_t
weir__greedy_find(struct weir__greedy *greedy, uint32_t number);

#endif
