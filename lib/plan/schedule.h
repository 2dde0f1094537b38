/*
 * Schedules: a weighted graph cut into blocks and dealt to workers, without a
 * word about what its items do.
 *
 * In: an acyclic graph in topological order. Out: for each worker a stream of
 * blocks, executed in order; a block waits until other streams have got so
 * far. Immutable once made.
 */
#ifndef WEIR_PLAN_SCHEDULE_H
#define WEIR_PLAN_SCHEDULE_H

#include <weir/task.h>
#include "base/alloc.h"
#include "topology/distances.h"

enum { WEIR__SCHEDULE_WORKERS_MAX = 1024, WEIR__NO_HOME = 0xffff };

struct weir__dag {		/* borrowed */
	uint32_t n;
	const uint32_t *first_pred;	/* n + 1 */
	const uint32_t *preds;		/* each lower than its item */
	const float *cost;	/* in any unit, > 0; NULL: all alike */
	/* Beside preds, in the unit of cost: what it takes to hand over to
	 * another worker what the item has made; < 0: not told, a hand-over.
	 * NULL: of none told. */
	const float *edge_cost;
	const int *priority;	/* the highest of those ready first; NULL: all
				   alike */
	/* Per item: the worker near whom is what it works on, WEIR__NO_HOME
	 * for none, and what it takes longer if another one does it. NULL:
	 * no item has one. */
	const uint16_t *home;
	const float *away;
	/* Per item, and of it for each pool of the distances: what it takes
	 * longer there, for some of what it works on is in the memory of other
	 * nodes. NULL: as far as is known it is all near. */
	const float *far;
	double hand_over;	/* within a pool, in nanoseconds; 0: not known */
	/* Edges are all that keeps items apart: nothing relies on the order in
	 * which a worker runs them. */
	bool edges_are_all;
	/* By what it costs more between pools. NULL: there is one. */
	const struct weir__distances *distances;
};

struct weir__wait {
	uint32_t worker;
	uint32_t position;	/* that many blocks of its stream are done */
};

struct weir__schedule {
	struct weir__heap *heap;
	unsigned workers;
	uint32_t n_items, n_blocks, n_waits;
	uint32_t *items;	/* stream after stream, block after block */
	uint32_t *first_block;	/* per worker, and one more */
	uint32_t *first_item;	/* per block, and one more */
	uint32_t *first_wait;	/* per block, and one more */
	struct weir__wait *waits;
	/* A byte a block, see weir__ahead() and weir__is_long_block(). NULL:
	 * none may begin before the one before it has ended. */
	uint8_t *ahead;
	double speedup;		/* expected, against one worker */
};

/*
 * Deal the items of a graph to at most `workers` workers.
 *
 * Cost: O(items + edges) for one worker; some times that for more. If edges
 * have costs, see deal_edges.c: O((items + edges) x workers), some times, and
 * for small graphs O(edges x (items + edges)).
 */
weir_status
weir__schedule_new(struct weir__heap *heap, const struct weir__dag *dag,
		   unsigned workers, struct weir__schedule **schedule);

enum { WEIR__AHEAD_MAX = 7, WEIR__LONG_BLOCK = 8 };

/* Before how many of those before it in its stream have ended a block may
 * begin, if what these wait for is there: they are long and make nothing for
 * it. */
static inline unsigned
weir__ahead(const struct weir__schedule *schedule, uint32_t block)
{
	return schedule->ahead ? schedule->ahead[block] & WEIR__AHEAD_MAX : 0;
}

/* Whether a block is one of these; then those behind it may go ahead. */
static inline bool
weir__is_long_block(const struct weir__schedule *schedule, uint32_t block)
{
	return schedule->ahead && schedule->ahead[block] & WEIR__LONG_BLOCK;
}

/* At least so many workers, if there may be: more have streams of nothing. */
weir_status
weir__schedule_widen(struct weir__schedule *schedule, unsigned workers);

void
weir__schedule_free(struct weir__schedule *schedule);

weir_status
weir__schedule_copy(const struct weir__schedule *schedule,
		    struct weir__schedule **copy);

size_t
weir__schedule_bytes(const struct weir__schedule *schedule);

/* Every item once, every stream in order, every dependency waited for. */
weir_status
weir__schedule_check(const struct weir__schedule *schedule,
		     const struct weir__dag *dag);

/* -- clocks.c ------------------------------------------------------------------ */

/*
 * For each block, and of it for each worker, how many blocks of that worker's
 * stream are over for certain when it begins, whoever runs what: those that it
 * waits for, and all that these have waited for. A vector clock a block.
 *
 * @param clocks  n_blocks x workers; weir__free() it
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (blocks wait for each other)
 */
weir_status
weir__schedule_clocks(const struct weir__schedule *schedule,
		      uint32_t **clocks);

/* -- simulate.c ---------------------------------------------------------------- */

/*
 * When all is over that starts at 0, and, where spans is not NULL, which item
 * runs when and where. item_cost, and edge_cost beside the graph's preds, are
 * there instead of the graph's own costs; NULL: those.
 *
 * Cost: O(items + edges) mostly; at worst O(blocks x workers) more.
 */
weir_status
weir__schedule_simulate(const struct weir__schedule *schedule,
			const struct weir__dag *dag, const double *item_cost,
			const double *edge_cost, weir_task_span *spans,
			double *makespan);

/* Whether all is over earlier with the second. */
weir_status
weir__schedule_compare(const struct weir__schedule *first,
		       const struct weir__dag *first_dag,
		       const struct weir__schedule *second,
		       const struct weir__dag *second_dag, bool *is_earlier);

/* -- deal.c ------------------------------------------------------------------- */

/* Until another worker of the pool sees what one has written, about, if that
 * has not been measured. */
#define WEIR__HAND_OVER_NS 400.0
/* Who has nothing to do takes from a stream whose block takes longer. */
#define WEIR__LONG_NS 2000.0
/* For so long others may be kept waiting for what is done, rather than be told
 * of each item. */
#define WEIR__PUBLISH_NS 100.0
/* Bytes a nanosecond from the cache of another worker, or the memory of another
 * node. */
#define WEIR__BYTES_A_NS 10.0

/* What an item takes; those whose cost nobody told are taken as 10 ns. */
static inline double
weir__dag_cost(const struct weir__dag *dag, uint32_t item)
{
	return dag->cost ? (double)dag->cost[item] : 10.0;
}

static inline double
weir__dag_hand_over(const struct weir__dag *dag)
{
	return dag->hand_over > 0 ? dag->hand_over : WEIR__HAND_OVER_NS;
}

/* What it takes to hand over to another worker what goes over an edge. */
static inline double
weir__dag_edge_cost(const struct weir__dag *dag, uint32_t edge)
{
	return dag->edge_cost && dag->edge_cost[edge] >= 0
		? (double)dag->edge_cost[edge] : weir__dag_hand_over(dag);
}

/* What an item takes longer on a worker for being away from home. */
static inline double
weir__away(const uint16_t *home, const float *away,
	   const struct weir__distances *distances, uint32_t item,
	   unsigned worker)
{
	if (!home || home[item] == worker || home[item] == WEIR__NO_HOME)
		return 0;
	return (double)away[item] * weir__distance(distances, home[item],
						    worker);
}

/* The same for what it works on being far: 0 where it is near. */
static inline double
weir__far(const float *far, const struct weir__distances *d, uint32_t item,
	  unsigned worker)
{
	return far ? (double)far[item * d->pools + d->pool[worker]] : 0;
}

struct weir__succs {		/* of each item, by CSR */
	uint32_t *first, *items;
};

/* Who runs what, in an order in which whatever an item needs comes before it:
 * that of a simulation, if nothing else is said. */
struct weir__deal {
	struct weir__heap *heap;
	uint32_t *items;	/* n */
	uint32_t n;
	uint16_t *home;		/* per item: its worker */
	double cost, makespan;	/* of all items; until the last worker ends */
};

/* The arrays are weir__free()d, on failure too. */
weir_status
weir__find_succs(const struct weir__dag *dag, struct weir__heap *heap,
		 struct weir__succs *succs);

/* Fills a deal that is zero but for its heap; weir__deal_free() it. */
weir_status
weir__deal(const struct weir__dag *dag, const struct weir__succs *succs,
	   unsigned workers, struct weir__deal *deal);

void
weir__deal_free(struct weir__deal *deal);

/* -- grow.c ------------------------------------------------------------------- */

/*
 * The same by supersteps, between which all wait for all; the makespan says so.
 * It is given up, with items left out, when that cannot be below limit.
 *
 * Cost: O(items + edges), some times.
 */
weir_status
weir__deal_grow(const struct weir__dag *dag, const struct weir__succs *succs,
		unsigned workers, double limit, struct weir__deal *deal);

/* -- deal_best.c -------------------------------------------------------------- */

/* What all items take together. */
double
weir__dag_work(const struct weir__dag *dag);

/* By what is known of edges: weir__deal() or weir__deal_edges(). */
weir_status
weir__deal_items(const struct weir__dag *dag, const struct weir__succs *succs,
		 unsigned workers, struct weir__deal *deal);

/* That, or supersteps where they promise more. The items do not come in the
 * order of time then. */
weir_status
weir__deal_best(const struct weir__dag *dag, const struct weir__succs *succs,
		unsigned workers, struct weir__deal *deal);

/* -- deal_edges.c ------------------------------------------------------------- */

/* The same for a graph whose edges have costs and for two workers or more. */
weir_status
weir__deal_edges(const struct weir__dag *dag, const struct weir__succs *succs,
		 unsigned workers, struct weir__deal *deal);

#endif
