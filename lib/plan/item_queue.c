#include "plan/item_queue.h"

#include <stdbool.h>

static bool
comes_first(const struct weir__queued *a, const struct weir__queued *b)
{
	return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

/* One queue of two that are not empty. */
static uint32_t
join(struct weir__queued *nodes, uint32_t a, uint32_t b)
{
	uint32_t first = comes_first(&nodes[a], &nodes[b]) ? a : b;
	uint32_t other = first == a ? b : a;

	nodes[other].next = nodes[first].child;
	nodes[first].child = other;
	return first;
}

void
weir__item_queue_add(struct weir__queued *nodes, uint32_t *first,
		     uint32_t item, double key, uint32_t turn)
{
	nodes[item] = (struct weir__queued){
		.key = key, .turn = turn,
		.child = WEIR__NO_ITEM, .next = WEIR__NO_ITEM,
	};
	*first = *first == WEIR__NO_ITEM ? item : join(nodes, *first, item);
}

/* The children in pairs, from left to right; then all of them, from right to
 * left. */
uint32_t
weir__item_queue_take(struct weir__queued *nodes, uint32_t *first)
{
	uint32_t taken = *first, pairs = WEIR__NO_ITEM, all = WEIR__NO_ITEM;
	uint32_t a, b, rest = nodes[taken].child;

	while ((a = rest) != WEIR__NO_ITEM) {
		b = nodes[a].next;
		rest = b == WEIR__NO_ITEM ? b : nodes[b].next;
		if (b != WEIR__NO_ITEM)
			a = join(nodes, a, b);
		nodes[a].next = pairs;
		pairs = a;
	}
	while ((a = pairs) != WEIR__NO_ITEM) {
		pairs = nodes[a].next;
		all = all == WEIR__NO_ITEM ? a : join(nodes, all, a);
	}
	*first = all;
	return taken;
}
