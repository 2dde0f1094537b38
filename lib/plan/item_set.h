/*
 * A set of items that tells the lowest from a given one on: a bit an item, and
 * above 64 of them a bit that tells whether any is there, and so on.
 */
#ifndef WEIR_PLAN_ITEM_SET_H
#define WEIR_PLAN_ITEM_SET_H

#include "base/alloc.h"

enum { WEIR__ITEM_SET_LEVELS = 6 };	/* 64^6 > 2^32 */

struct weir__item_set {
	struct weir__heap *heap;
	unsigned n_levels;
	uint64_t *levels[WEIR__ITEM_SET_LEVELS];
};

/* Of the items below n, none yet. weir__item_set_free() it, on failure too. */
weir_status
weir__item_set_init(struct weir__item_set *set, struct weir__heap *heap,
		    uint32_t n);

void
weir__item_set_free(struct weir__item_set *set);

/* Once more is as good as once. Cost of all three: O(levels), mostly one. */
void
weir__item_set_add(struct weir__item_set *set, uint32_t item);

void
weir__item_set_remove(struct weir__item_set *set, uint32_t item);

/* The lowest item that is not below `from`, which may be n; UINT32_MAX: none
 * is left. */
uint32_t
weir__item_set_next(const struct weir__item_set *set, uint32_t from);

#endif
