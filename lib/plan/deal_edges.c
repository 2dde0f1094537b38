/*
 * Which worker runs an item, and in which order, where it is known what each
 * edge costs: some timetables are made, and the best is dealt.
 *
 * - HEFT: by upward rank, the longest way to the end with all that handing
 *   over costs; see insert.c. It sees only one item at a time, and so may
 *   share out what had better stayed together:
 * - clusters, see cluster.c, with the upward rank for the order.
 * - Each of the two, improved forwards and backwards (Li and Willis, Eur. J.
 *   Oper. Res. 56, 1992; Tormos and Lova, Ann. Oper. Res. 102, 2001): the
 *   graph is read backwards, what ended last comes first, and then forwards
 *   again in the order that results, for as long as that helps.
 *
 * Where some of what items work on is known to be in the memory of other nodes,
 * that is part of what they take, and two more are made: all items that are
 * near a pool stay there; and all stay at home.
 *
 * Where items have priorities they are placed by those and by rank only among
 * equals, each when all it needs has been placed; nothing is improved then,
 * for that would be by time alone.
 *
 * That one worker takes all is left to who asks: if this deal takes longer.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/item_queue.h"
#include "plan/timetable.h"

enum { ROUNDS_MAX = 8 };	/* of improvement; few need three */

/* Where memory is known so much counts, beside when all is over, what workers
 * take in the mean: who is not the last to end need not fetch from afar. */
static const double SPENT = 0.01;

struct attempts {
	struct weir__heap *heap;
	struct weir__flow flow, back;
	unsigned workers;
	struct weir__key *keys;
	uint32_t *rank_order, *order;	/* all items */
	const int *priority;		/* per item, or NULL */
	uint16_t *fixed;		/* per item: a worker, or a pool */
	struct weir__timetable best, now, mirror;
	double score;			/* of the best */
	/* What flow consists of and nobody else has. */
	double *cost, *pred_cost, *succ_cost;
};

/* -- what it costs -------------------------------------------------------- */

/* Sums of costs are to be finite, or their differences would be nothing. */
static double
bounded(double cost)
{
	return fmin(cost, FLT_MAX);
}

static void
fill_flow(struct attempts *a, const struct weir__dag *dag,
	  const struct weir__succs *succs)
{
	uint32_t *place = a->order;	/* of the next edge to a successor */
	uint32_t i, q;

	memcpy(place, succs->first, dag->n * sizeof *place);
	for (i = 0; i < dag->n; i++) {
		a->cost[i] = bounded(weir__dag_cost(dag, i));
		for (q = dag->first_pred[i]; q < dag->first_pred[i + 1]; q++) {
			a->pred_cost[q] = bounded(weir__dag_edge_cost(dag, q));
			a->succ_cost[place[dag->preds[q]]++] = a->pred_cost[q];
		}
	}
	a->flow = (struct weir__flow){
		.n = dag->n, .cost = a->cost,
		.first_pred = dag->first_pred, .preds = dag->preds,
		.pred_cost = a->pred_cost,
		.first_succ = succs->first, .succs = succs->items,
		.succ_cost = a->succ_cost, .distances = dag->distances,
		.home = dag->home, .away = dag->away, .far = dag->far,
	};
	a->back = weir__flow_backwards(&a->flow);
}

/* -- orders --------------------------------------------------------------- */

static void
sort_keys_into(struct attempts *a, uint32_t *order)
{
	uint32_t i;

	weir__keys_sort(a->keys, a->flow.n);
	for (i = 0; i < a->flow.n; i++)
		order[i] = a->keys[i].item;
}

static void
order_by_rank(struct attempts *a)
{
	const struct weir__flow *flow = &a->flow;
	uint32_t i, q;

	for (i = flow->n; i-- > 0;) {
		double rest = 0;

		for (q = flow->first_succ[i]; q < flow->first_succ[i + 1];
		     q++) {
			double way = flow->succ_cost[q] -
				     a->keys[flow->succs[q]].value;

			if (rest < way)
				rest = way;
		}
		a->keys[i] = (struct weir__key){ -(flow->cost[i] + rest), i };
	}
	sort_keys_into(a, a->rank_order);
}

/* Of those whose predecessors have come the one with the highest priority, of
 * equals the first of rank_order; that becomes the order. */
static weir_status
order_by_priority(struct attempts *a)
{
	const struct weir__flow *flow = &a->flow;
	size_t room = (size_t)flow->n + 1;
	struct weir__queued *nodes = weir__alloc(a->heap,
						 room * sizeof *nodes);
	uint32_t *turn = weir__alloc(a->heap, room * sizeof *turn);
	uint32_t *missing = weir__alloc(a->heap, room * sizeof *missing);
	uint32_t first = WEIR__NO_ITEM, i, q;
	weir_status status = WEIR_ENOMEM;

	if (nodes && turn && missing) {
		for (i = 0; i < flow->n; i++)
			turn[a->rank_order[i]] = i;
		for (i = 0; i < flow->n; i++) {
			missing[i] = flow->first_pred[i + 1] -
				     flow->first_pred[i];
			if (!missing[i])
				weir__item_queue_add(nodes, &first, i,
						     -(double)a->priority[i],
						     turn[i]);
		}
		for (i = 0; i < flow->n; i++) {
			uint32_t item = weir__item_queue_take(nodes, &first);

			a->rank_order[i] = item;
			for (q = flow->first_succ[item];
			     q < flow->first_succ[item + 1]; q++) {
				uint32_t succ = flow->succs[q];

				if (!--missing[succ])
					weir__item_queue_add(
						nodes, &first, succ,
						-(double)a->priority[succ],
						turn[succ]);
			}
		}
		status = WEIR_OK;
	}
	weir__free(a->heap, nodes);
	weir__free(a->heap, turn);
	weir__free(a->heap, missing);
	return status;
}

/* For the other direction: what ends last comes first. Of equals that one
 * which nothing else of them comes before there: forwards the lower item,
 * backwards the higher. */
static void
order_by_end(struct attempts *a, const struct weir__timetable *table,
	     bool is_backwards)
{
	uint32_t n = a->flow.n, i;

	for (i = 0; i < n; i++)
		a->keys[i] = (struct weir__key){
			-table->end[i], is_backwards ? n - 1 - i : i };
	sort_keys_into(a, a->order);
	for (i = 0; i < n && is_backwards; i++)
		a->order[i] = n - 1 - a->order[i];
}

/* -- attempts ------------------------------------------------------------- */

/* The less the better. */
static double
score_of(const struct attempts *a, const struct weir__timetable *table)
{
	double spent = 0;
	uint32_t i;

	for (i = 0; i < a->flow.n && a->flow.far; i++)
		spent += table->end[i] - table->start[i];
	return table->makespan + SPENT * spent / a->workers;
}

static void
keep_if_better(struct attempts *a, const struct weir__timetable *table)
{
	double score = score_of(a, table);
	uint32_t n = a->flow.n;

	if (!(score < a->score))
		return;
	a->score = score;
	a->best.makespan = table->makespan;
	memcpy(a->best.home, table->home, n * sizeof *table->home);
	memcpy(a->best.start, table->start, n * sizeof *table->start);
	memcpy(a->best.end, table->end, n * sizeof *table->end);
}

/* A timetable of the graph read backwards, read forwards. */
static void
mirror(struct weir__timetable *table, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		double start = table->makespan - table->end[i];

		table->end[i] = table->makespan - table->start[i];
		table->start[i] = start;
	}
}

/* Improve a->now for as long as that helps. */
static weir_status
go_back_and_forth(struct attempts *a)
{
	double before;
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		before = a->now.makespan;
		order_by_end(a, &a->now, true);
		if (weir__insert(a->heap, &a->back, a->workers, a->order, NULL,
				 &a->mirror))
			return WEIR_ENOMEM;
		order_by_end(a, &a->mirror, false);
		mirror(&a->mirror, a->flow.n);
		keep_if_better(a, &a->mirror);
		if (weir__insert(a->heap, &a->flow, a->workers, a->order, NULL,
				 &a->now))
			return WEIR_ENOMEM;
		keep_if_better(a, &a->now);
		if (!(a->now.makespan < before))
			break;
	}
	return WEIR_OK;
}

/* By upward rank, and improved. */
static weir_status
attempt(struct attempts *a, const uint16_t *fixed)
{
	if (weir__insert(a->heap, &a->flow, a->workers, a->rank_order, fixed,
			 &a->now))
		return WEIR_ENOMEM;
	keep_if_better(a, &a->now);
	return a->priority ? WEIR_OK : go_back_and_forth(a);
}

/* Each where its memory is, as far as that is known. */
static weir_status
attempt_nearby(struct attempts *a, const struct weir__dag *dag)
{
	struct weir__near near = { .heap = NULL };
	weir_status status = weir__near_init(&near, a->heap, dag, a->workers);
	uint32_t i;

	for (i = 0; i < dag->n && !status; i++)
		a->fixed[i] = weir__near_pool(&near, i);
	weir__near_free(&near);
	a->flow.only = a->back.only = a->fixed;
	if (!status)
		status = attempt(a, NULL);
	a->flow.only = a->back.only = NULL;
	if (status || !dag->home)
		return status;
	/* Of few items there are fewer workers. */
	for (i = 0; i < dag->n; i++)
		a->fixed[i] = dag->home[i] < a->workers ? dag->home[i]
							: WEIR__NO_HOME;
	return attempt(a, a->fixed);
}

static weir_status
attempt_all(struct attempts *a, const struct weir__dag *dag)
{
	bool is_clustered;

	order_by_rank(a);
	if (a->priority && order_by_priority(a))
		return WEIR_ENOMEM;
	if (attempt(a, NULL) ||
	    weir__cluster(a->heap, &a->flow, a->workers, a->rank_order,
			  a->fixed, &is_clustered))
		return WEIR_ENOMEM;
	if (is_clustered && attempt(a, a->fixed))
		return WEIR_ENOMEM;
	return dag->far ? attempt_nearby(a, dag) : WEIR_OK;
}

/* -- the deal ------------------------------------------------------------- */

static weir_status
hand_out(struct attempts *a, struct weir__deal *deal)
{
	uint32_t n = a->flow.n, i;

	deal->items = weir__alloc(a->heap, ((size_t)n + 1) *
				  sizeof *deal->items);
	if (!deal->items)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++) {
		a->keys[i] = (struct weir__key){ a->best.start[i], i };
		deal->cost += a->flow.cost[i];
	}
	sort_keys_into(a, deal->items);
	deal->n = n;
	deal->makespan = a->best.makespan;
	deal->home = a->best.home;	/* the deal has it now */
	a->best.home = NULL;
	return WEIR_OK;
}

static bool
make_table(struct attempts *a, size_t n, struct weir__timetable *table)
{
	table->home = weir__calloc(a->heap, n, sizeof *table->home);
	table->start = weir__calloc(a->heap, n, sizeof *table->start);
	table->end = weir__calloc(a->heap, n, sizeof *table->end);
	return table->home && table->start && table->end;
}

static void
free_table(struct attempts *a, struct weir__timetable *table)
{
	weir__free(a->heap, table->home);
	weir__free(a->heap, table->start);
	weir__free(a->heap, table->end);
}

static weir_status
prepare(struct attempts *a, size_t n, size_t edges)
{
	a->keys = weir__alloc(a->heap, n * sizeof *a->keys);
	a->rank_order = weir__alloc(a->heap, n * sizeof *a->rank_order);
	a->order = weir__alloc(a->heap, n * sizeof *a->order);
	a->fixed = weir__alloc(a->heap, n * sizeof *a->fixed);
	a->cost = weir__alloc(a->heap, n * sizeof *a->cost);
	a->pred_cost = weir__alloc(a->heap, edges * sizeof *a->pred_cost);
	a->succ_cost = weir__alloc(a->heap, edges * sizeof *a->succ_cost);
	return a->keys && a->rank_order && a->order && a->fixed && a->cost &&
	       a->pred_cost && a->succ_cost &&
	       make_table(a, n, &a->best) && make_table(a, n, &a->now) &&
	       make_table(a, n, &a->mirror) ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__deal_edges(const struct weir__dag *dag, const struct weir__succs *succs,
		 unsigned workers, struct weir__deal *deal)
{
	struct attempts a = { .heap = deal->heap, .priority = dag->priority };
	weir_status status;

	if (workers > dag->n)
		workers = dag->n;	/* no more can help */
	a.workers = workers;
	a.score = HUGE_VAL;
	status = prepare(&a, (size_t)dag->n + 1,
			 (size_t)dag->first_pred[dag->n] + 1);
	if (!status && dag->n) {
		fill_flow(&a, dag, succs);
		status = attempt_all(&a, dag);
		if (!status)
			status = hand_out(&a, deal);
	}
	weir__free(a.heap, a.keys);
	weir__free(a.heap, a.rank_order);
	weir__free(a.heap, a.order);
	weir__free(a.heap, a.fixed);
	weir__free(a.heap, a.cost);
	weir__free(a.heap, a.pred_cost);
	weir__free(a.heap, a.succ_cost);
	free_table(&a, &a.best);
	free_table(&a, &a.now);
	free_table(&a, &a.mirror);
	return status;
}
