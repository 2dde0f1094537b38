/*
 * Which way of dealing is taken.
 *
 * List scheduling hands over item by item as early as it can, which is best
 * where an item takes about as long as a hand-over, or more. Where items take
 * less, workers had better not wait for each other so often: supersteps
 * (grow.c), by the time that they promise, which includes a wait of all for all
 * after each.
 */
#include "plan/schedule.h"

/* Of what so many workers could do at best: nothing else is tried then. */
static const double GOOD = 0.97;
/* So few are seldom kept from that by waiting for each other: supersteps, which
 * are dealt faster, are tried first. */
enum { FEW = 4 };

weir_status
weir__deal_items(const struct weir__dag *dag, const struct weir__succs *succs,
		 unsigned workers, struct weir__deal *deal)
{
	return dag->edge_cost ? weir__deal_edges(dag, succs, workers, deal)
			      : weir__deal(dag, succs, workers, deal);
}

double
weir__dag_work(const struct weir__dag *dag)
{
	double work = 0;
	uint32_t i;

	for (i = 0; i < dag->n; i++)
		work += weir__dag_cost(dag, i);
	return work;
}

static bool
may_grow(const struct weir__dag *dag, unsigned workers, double work)
{
	/* Who grows supersteps does not look where memory is. */
	return workers > 1 && !dag->edge_cost && !dag->priority && !dag->far &&
	       work < weir__dag_hand_over(dag) * dag->n;
}

/* Supersteps in place of a deal, or of none, if they are over before limit. */
static weir_status
try_to_grow(const struct weir__dag *dag, const struct weir__succs *succs,
	    unsigned workers, double limit, struct weir__deal *deal)
{
	struct weir__deal grown = { .heap = deal->heap };
	weir_status status = weir__deal_grow(dag, succs, workers, limit,
					     &grown);
	struct weir__deal *worse = &grown;
	struct weir__deal was = *deal;

	if (!status && grown.n == dag->n && grown.makespan < limit) {
		*deal = grown;
		worse = &was;
	}
	weir__deal_free(worse);
	return status;
}

weir_status
weir__deal_best(const struct weir__dag *dag, const struct weir__succs *succs,
		unsigned workers, struct weir__deal *deal)
{
	double work = weir__dag_work(dag), good = work / workers / GOOD;
	weir_status status = WEIR_OK;

	if (!may_grow(dag, workers, work))
		return weir__deal_items(dag, succs, workers, deal);
	if (workers <= FEW)
		status = try_to_grow(dag, succs, workers, good, deal);
	if (status || deal->n)
		return status;
	status = weir__deal(dag, succs, workers, deal);
	if (status || deal->makespan <= good)
		return status;
	return try_to_grow(dag, succs, workers, deal->makespan, deal);
}
