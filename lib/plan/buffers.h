/*
 * What a plan keeps in its arena, in the order in which one worker does its
 * steps: buffers, each with the steps from which and to which it is needed.
 *
 * A buffer holds a value, or the scratch of a step; values that are written
 * one over the other, in place, are one. What is needed at one step at most is
 * what no placement can do without in this order.
 */
#ifndef WEIR_PLAN_BUFFERS_H
#define WEIR_PLAN_BUFFERS_H

#include "plan/plan.h"

enum { WEIR__ALIGNMENT = 64 };	/* of each buffer */

struct weir__buffer {
	size_t bytes;		/* with what is lost to alignment */
	uint32_t first, last;	/* steps */
};

struct weir__buffers {
	struct weir__heap *heap;
	struct weir__buffer *list;	/* by ascending first step */
	uint32_t n;
	/* Numbers in the list, or WEIR__NOWHERE. */
	uint32_t *of_value;	/* per value of the graph */
	uint32_t *of_scratch;	/* per step */
	size_t live;		/* the most that is needed at one step */
};

static inline size_t
weir__aligned(size_t bytes)
{
	return bytes ? (bytes + WEIR__ALIGNMENT - 1) / WEIR__ALIGNMENT *
		       WEIR__ALIGNMENT : WEIR__ALIGNMENT;
}

/* Of a plan that has been partitioned. Fills buffers that are zero;
 * weir__buffers_free() them, also on failure. Cost: O(slots). */
weir_status
weir__buffers_init(struct weir__buffers *buffers, const weir_plan *plan);

/* Find out what is needed at one step. */
weir_status
weir__buffers_find_live(struct weir__buffers *buffers, uint32_t steps);

/* Give the plan's slots and scratch in the arena their offsets. */
void
weir__buffers_put(weir_plan *plan, const struct weir__buffers *buffers,
		  const size_t *offset);

void
weir__buffers_free(struct weir__buffers *buffers);

#endif
