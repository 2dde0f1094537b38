/* Queues of items: taken by key, and by turn among equals. */
#include <criterion/criterion.h>

#include "plan/item_queue.h"
#include "unit/plan/random_dag.h"

enum { QUEUED = 500, QUEUES = 3 };

static struct weir__queued nodes[QUEUED];

/* The same by looking at all of them. */
static uint32_t
lowest(const bool *is_there)
{
	uint32_t best = WEIR__NO_ITEM, i;

	for (i = 0; i < QUEUED; i++)
		if (is_there[i] &&
		    (best == WEIR__NO_ITEM || nodes[i].key < nodes[best].key ||
		     (nodes[i].key == nodes[best].key &&
		      nodes[i].turn < nodes[best].turn)))
			best = i;
	return best;
}

/* Several queues share the nodes; items come and go in any order. */
Test(item_queue, takes_what_is_lowest_whatever_came_and_went)
{
	uint32_t first[QUEUES] = { WEIR__NO_ITEM, WEIR__NO_ITEM,
				   WEIR__NO_ITEM };
	static bool is_there[QUEUES][QUEUED];
	uint64_t seed = 1;
	uint32_t turn = 0, taken = 0;
	int step;

	for (step = 0; step < 20000; step++) {
		uint32_t q = draw(&seed, QUEUES), item = draw(&seed, QUEUED);
		bool is_queued = is_there[0][item] || is_there[1][item] ||
				 is_there[2][item];

		if (!is_queued && draw(&seed, 8)) {
			weir__item_queue_add(nodes, &first[q], item,
					     (double)draw(&seed, 20), turn++);
			is_there[q][item] = true;
			continue;
		}
		cr_assert_eq(first[q], lowest(is_there[q]));
		if (first[q] == WEIR__NO_ITEM)
			continue;
		item = weir__item_queue_take(nodes, &first[q]);
		cr_assert(is_there[q][item]);
		is_there[q][item] = false;
		taken++;
	}
	cr_expect_gt(taken, 5000);
}
