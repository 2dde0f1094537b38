/*
 * Timetables: when which worker begins an item, where handing over what an
 * item has made costs what the edge says between two workers, and nothing on
 * one.
 */
#ifndef WEIR_PLAN_TIMETABLE_H
#define WEIR_PLAN_TIMETABLE_H

#include "plan/near.h"

/* A graph and all that it costs; borrowed. With predecessors and successors
 * exchanged it is the graph read backwards: see weir__flow_backwards(). */
struct weir__flow {
	uint32_t n;
	const double *cost;		/* per item */
	const uint32_t *first_pred, *preds;
	const double *pred_cost;	/* beside preds */
	const uint32_t *first_succ, *succs;
	const double *succ_cost;	/* beside succs */
	const uint16_t *home;		/* see struct weir__dag */
	const struct weir__distances *distances;
	const float *away, *far;
	const uint16_t *only;		/* per item: the pool whose workers
					   alone are to get it, WEIR__NO_POOL:
					   any; or NULL */
};

struct weir__timetable {
	uint16_t *home;			/* per item: its worker */
	double *start, *end;		/* per item */
	double makespan;
};

static inline struct weir__flow
weir__flow_backwards(const struct weir__flow *flow)
{
	return (struct weir__flow){
		.n = flow->n, .cost = flow->cost,
		.first_pred = flow->first_succ, .preds = flow->succs,
		.pred_cost = flow->succ_cost,
		.first_succ = flow->first_pred, .succs = flow->preds,
		.succ_cost = flow->pred_cost,
		.distances = flow->distances,
		.home = flow->home, .away = flow->away, .far = flow->far,
		.only = flow->only,
	};
}

/* -- insert.c ------------------------------------------------------------- */

/*
 * Place the items one by one, each where it ends first; order lists all, none
 * before its predecessors. Where fixed is not NULL it says whose each is, or
 * WEIR__NO_HOME.
 *
 * Cost: O((items + edges) x workers that get something to do, and one a pool).
 */
weir_status
weir__insert(struct weir__heap *heap, const struct weir__flow *flow,
	     unsigned workers, const uint32_t *order, const uint16_t *fixed,
	     struct weir__timetable *table);

/* -- cluster.c ------------------------------------------------------------ */

/*
 * Whose each item is, if what costs most to hand over stays on one worker.
 *
 * Cost: O(edges x (items + edges)); *is_done is false, and nothing else has
 * been done, where that is too much.
 */
weir_status
weir__cluster(struct weir__heap *heap, const struct weir__flow *flow,
	      unsigned workers, const uint32_t *order, uint16_t *home,
	      bool *is_done);

/* -- keys.c --------------------------------------------------------------- */

struct weir__key {
	double value;
	uint32_t item;
};

/* Ascending; of equal values the lower item first. */
void
weir__keys_sort(struct weir__key *keys, uint32_t n);

#endif
