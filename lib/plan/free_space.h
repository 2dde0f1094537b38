/*
 * Free ranges of bytes, of which the lowest that is large enough is found in a
 * time that grows with the logarithm of their number: a treap by offset
 * (Seidel, Aragon, Algorithmica 16, 1996), in which each node knows the largest
 * range below it.
 */
#ifndef WEIR_PLAN_FREE_SPACE_H
#define WEIR_PLAN_FREE_SPACE_H

#include "base/alloc.h"

struct weir__free_range;

struct weir__free_space {
	struct weir__heap *heap;
	struct weir__free_range *ranges;	/* 0 is none */
	uint32_t root;
	uint32_t spare;		/* the first that is not used, or 0 */
};

/* All bytes are free. Room for so many takes that are not given back;
 * weir__free_space_free() it, also on failure. */
weir_status
weir__free_space_init(struct weir__free_space *space, struct weir__heap *heap,
		      uint32_t takes);

void
weir__free_space_free(struct weir__free_space *space);

/* Take bytes from the beginning of the lowest range that has so many. */
size_t
weir__free_space_take(struct weir__free_space *space, size_t bytes);

/* Give back what was taken. */
void
weir__free_space_give(struct weir__free_space *space, size_t offset,
		      size_t bytes);

#endif
