/*
 * Queues of items, the lowest key first: pairing heaps (Fredman et al.,
 * Algorithmica 1, 1986). An item is in one queue at most, so all queues share
 * one array of nodes, and nothing is allocated once that is there.
 */
#ifndef WEIR_PLAN_ITEM_QUEUE_H
#define WEIR_PLAN_ITEM_QUEUE_H

#include <stdint.h>

enum { WEIR__NO_ITEM = 0xffffffffu };

struct weir__queued {		/* per item */
	double key;
	uint32_t turn;		/* of equal keys the lower comes first */
	uint32_t child, next;	/* the queue's own */
};

/* Add an item that is in no queue. *first is the queue: the item that comes
 * first, or WEIR__NO_ITEM. Cost: O(1). */
void
weir__item_queue_add(struct weir__queued *nodes, uint32_t *first,
		     uint32_t item, double key, uint32_t turn);

/* Take the first item of a queue that has one. Cost: O(log n) amortised. */
uint32_t
weir__item_queue_take(struct weir__queued *nodes, uint32_t *first);

#endif
