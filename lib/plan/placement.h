/*
 * On which NUMA nodes the memory of a plan's runs is: of what the workers of
 * one node write alone, there, and apart from what others write; of what is
 * written by several, each page where who writes to it first.
 */
#ifndef WEIR_PLAN_PLACEMENT_H
#define WEIR_PLAN_PLACEMENT_H

#include "plan/order.h"

struct weir__nodes {
	struct weir__heap *heap;
	unsigned n;		/* that the plan's workers are of */
	uint16_t *number;	/* per node: the system's */
	uint16_t *of_worker;
	uint16_t *of_step;	/* that all who do it are of; n: of several */
};

/* Of a plan that has been partitioned. Fills nodes that are zero;
 * weir__nodes_free() them, also on failure. */
weir_status
weir__nodes_init(struct weir__nodes *nodes, const struct weir__order *order);

void
weir__nodes_free(struct weir__nodes *nodes);

/*
 * Once all offsets are known, fill plan->node_of_page if there are several
 * nodes. begin: where the bytes of each node begin in the arena, at a page, and
 * those of several nodes (n + 1 entries).
 */
weir_status
weir__place_pages(weir_plan *plan, const struct weir__order *order,
		  const struct weir__nodes *nodes, const size_t *begin);

/* Fill plan->parts_of_exports, of a plan that is laid out, if there are several
 * nodes. */
weir_status
weir__place_exports(weir_plan *plan);

/* Whether what only one node's workers write is on its pages. */
weir_status
weir__placement_check(const weir_plan *plan, const struct weir__order *order);

#endif
