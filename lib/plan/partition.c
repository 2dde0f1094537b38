/*
 * Steps to work, work to workers.
 *
 * A step that is worth it is cut into pieces of its tiles. What a piece waits
 * for follows from the elements it touches: pieces of element-wise ops that
 * follow each other wait for each other one by one, and since it costs to get
 * elements from the cache of another worker, one range of elements mostly stays
 * with one. The pieces are dealt to workers as tasks are (schedule.h); if that
 * does not promise enough, the plan is for the caller alone.
 *
 * Where it is known where that is which comes from outside, its bytes count
 * too, for whoever is of another node.
 *
 * None of this changes a bit of any result: only who computes it, and when.
 */
#include "plan/control_plan.h"
#include "plan/dag_builder.h"
#include "plan/near.h"
#include "plan/outside.h"

static const double CUT_NS = 16000;	/* larger steps are cut, into about */
static const double REGION_NS = 12000;	/* a parallel region must save this */
static const double FINISH_NS = 20;	/* without tiles */
enum { PIECES_A_WORKER = 4 };		/* of a step that is cut */
enum { JOIN_FROM = 16 };		/* more pieces are waited for as one */

static const float no_edge;		/* what those cost that are not there */

struct partition {
	weir_plan *plan;
	struct weir__heap *heap;
	unsigned workers;
	struct weir__work *work;	/* the items, step after step */
	uint32_t *first_item;		/* per step, and one more */
	struct weir__dag_builder items;
	uint16_t *home;		/* per item: see struct weir__dag */
	float *away;
	float *far;		/* NULL: nothing is known of outside */
	size_t pools;
	struct weir__dag dag;	/* of the items */
};

/* -- pieces ---------------------------------------------------------------------- */

/* As many as are worth it: four for each worker, two or one, so that shares are
 * those of other steps; or fewer than there are workers. */
static uint32_t
pieces_of(const struct partition *p, const struct weir__step *step)
{
	double worth = step->cost.nanoseconds / CUT_NS;
	int64_t pieces = (int64_t)p->workers * PIECES_A_WORKER;

	if (p->workers < 2 || step->tiles < 2 || worth < 2)
		return 1;
	while (worth < (double)pieces && pieces > (int64_t)p->workers)
		pieces /= 2;
	if (worth < (double)pieces)
		pieces = (int64_t)worth;
	return (uint32_t)(step->tiles < pieces ? step->tiles : pieces);
}

/* Whether there is one more item, which comes after all pieces: who needs the
 * step as a whole waits for that one alone. */
static bool
is_joined(const struct weir__step *step, uint32_t pieces)
{
	return pieces > 1 && (weir__step_finishes(step) || pieces > JOIN_FROM);
}

static uint32_t
items_of(const struct partition *p, const struct weir__step *step)
{
	uint32_t pieces = pieces_of(p, step);

	return pieces + is_joined(step, pieces);
}

/* How much of its step a piece is: of the elements that it makes, since tiles
 * at an edge may be small. */
static double
weight_of(const struct weir__step *step, const struct weir__work *work)
{
	int64_t first, last;

	if (!step->node->n_out)
		return (double)(work->end - work->begin);
	weir__work_reach(step, work, step->node->n_in, &first, &last);
	return (double)(last - first);
}

/*
 * What each piece takes, and who is at home with it: the worker who has the
 * same share of all other steps. There are the elements, in this run and from
 * the last one; who does a piece away from home has to fetch what it writes
 * over.
 */
static void
spread(struct partition *p, const struct weir__step *step, uint32_t first,
       uint32_t pieces)
{
	double all = 0, before = 0, bytes = 0, weight, share, home;
	uint32_t i;

	for (i = 0; i < step->node->n_out; i++)
		bytes += (double)weir__spec_bytes(step->call.out[i]);
	for (i = first; i < first + pieces; i++)
		all += weight_of(step, &p->work[i]);
	for (i = first; i < first + pieces; i++) {
		weight = weight_of(step, &p->work[i]);
		share = all > 0 ? weight / all : 1.0 / pieces;
		p->items.cost[i] = (float)(step->cost.nanoseconds * share +
					   FINISH_NS);
		if (pieces == 1 || !(all > 0))
			continue;
		home = (before + weight / 2) / all * p->workers;
		p->home[i] = (uint16_t)(home < p->workers ? home
							  : p->workers - 1);
		p->away[i] = (float)(bytes * weight / all /
				     WEIR__BYTES_A_NS);
		before += weight;
	}
}

/* -- what a piece waits for ------------------------------------------------------- */

/* The item at hand comes after an earlier one, of which it reads so many
 * bytes. */
static weir_status
add_pred(struct partition *p, uint32_t pred, double bytes)
{
	return weir__dag_add_pred(&p->items, pred,
				  (float)(bytes / WEIR__BYTES_A_NS));
}

/* Whether elements first..last - 1 are all, or nearly, of what a slot is of. */
static bool
is_all(const struct weir__step *maker, const struct weir__slot *slot,
       int64_t first, int64_t last)
{
	int64_t n = weir__spec_elements(maker->call.out[slot->result]);

	return last - first > n - n / 8;
}

/* After those items of an earlier step that make what the piece reads. */
static weir_status
add_operand(struct partition *p, const struct weir__step *step,
	    const struct weir__work *work, uint32_t operand)
{
	const weir_plan *plan = p->plan;
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	const struct weir__step *maker;
	int64_t first, last, from, to;
	uint32_t i, end, pieces;
	double size;
	bool is_join;

	if (slot->maker == WEIR__NOWHERE)
		return WEIR_OK;
	maker = &plan->steps[slot->maker];
	pieces = pieces_of(p, maker);
	is_join = is_joined(maker, pieces);
	i = p->first_item[slot->maker];
	end = p->first_item[slot->maker + 1] - is_join;	/* of the pieces */
	weir__work_reach_of_value(plan, work, operand, &first, &last);
	size = (double)weir_dtype_size(slot->spec->dtype);
	if (is_join && (weir__step_finishes_result(maker, slot->result) ||
			(pieces > JOIN_FROM &&
			 is_all(maker, slot, first, last))))
		return add_pred(p, end, size * (double)(last - first));
	for (; i < end; i++) {
		weir__work_reach(maker, &p->work[i],
				 maker->node->n_in + slot->result, &from, &to);
		from = from > first ? from : first;
		to = to < last ? to : last;
		if (from < to && add_pred(p, i, size * (double)(to - from)))
			return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

/* After those steps, as a whole, whose values it writes over. */
static weir_status
add_after(struct partition *p, uint32_t step)
{
	const weir_plan *plan = p->plan;
	uint32_t q, i, end;

	for (q = plan->first_after[step]; q < plan->first_after[step + 1];
	     q++) {
		const struct weir__step *before =
			&plan->steps[plan->after[q]];

		i = p->first_item[plan->after[q]];
		end = p->first_item[plan->after[q] + 1];
		if (is_joined(before, pieces_of(p, before)))
			i = end - 1;
		for (; i < end; i++)
			if (add_pred(p, i, 0))
				return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

/* -- items ------------------------------------------------------------------------ */

static weir_status
add_item(struct partition *p, struct weir__work work, uint32_t first_of_step)
{
	const struct weir__step *step = &p->plan->steps[work.step];
	uint32_t item = (uint32_t)p->items.n, j;
	bool is_join = work.begin == work.end && item > first_of_step;
	weir_status status = WEIR_OK;

	p->work[item] = work;
	p->home[item] = WEIR__NO_HOME;
	if (p->far && !is_join)
		weir__outside_add_far(p->plan, &work, 1 / WEIR__BYTES_A_NS,
				      &p->far[item * p->pools]);
	weir__dag_add_item(&p->items, (float)FINISH_NS, 0);
	for (j = first_of_step; is_join && j < item && !status; j++)
		status = add_pred(p, j, 0);
	for (j = 0; j < step->node->n_in && !is_join && !status; j++)
		status = add_operand(p, step, &work, j);
	if (!status && !is_join && p->plan->first_after)
		status = add_after(p, work.step);
	return status;
}

static weir_status
add_step(struct partition *p, uint32_t number)
{
	const struct weir__step *step = &p->plan->steps[number];
	uint32_t pieces = pieces_of(p, step), i;
	uint32_t first = (uint32_t)p->items.n;
	bool joins = is_joined(step, pieces);
	int64_t tiles = step->tiles;

	for (i = 0; i < pieces; i++)
		if (add_item(p, (struct weir__work){
				.step = number,
				.begin = tiles * i / pieces,
				.end = tiles * (i + 1) / pieces,
				.has_finish = pieces == 1 }, first))
			return WEIR_ENOMEM;
	spread(p, step, first, pieces);
	if (joins && add_item(p, (struct weir__work){
				.step = number, .begin = tiles, .end = tiles,
				.has_finish = true }, first))
		return WEIR_ENOMEM;
	return WEIR_OK;
}

/* Which worker has which share: near what all steps read from outside. */
static weir_status
match_shares(struct partition *p)
{
	struct weir__near near = { .heap = NULL };
	double *far = weir__calloc(p->heap, p->workers * p->pools,
				   sizeof *far);
	uint16_t *worker_of = weir__calloc(p->heap, p->workers,
					   sizeof *worker_of);
	weir_status status = WEIR_ENOMEM;
	size_t i, q;

	if (far && worker_of)
		status = weir__near_init(&near, p->heap, &p->dag, p->workers);
	for (i = 0; i < p->items.n && !status; i++)
		for (q = 0; p->home[i] != WEIR__NO_HOME && q < p->pools; q++)
			far[p->home[i] * p->pools + q] +=
				(double)p->far[i * p->pools + q];
	if (!status)
		status = weir__near_match(&near, far, p->workers, worker_of);
	for (i = 0; i < p->items.n && !status; i++)
		if (p->home[i] != WEIR__NO_HOME)
			p->home[i] = worker_of[p->home[i]];
	weir__near_free(&near);
	weir__free(p->heap, far);
	weir__free(p->heap, worker_of);
	return status;
}

static weir_status
make_items(struct partition *p)
{
	const weir_plan *plan = p->plan;
	uint32_t i;
	size_t q;

	for (i = 0; i < plan->n_steps; i++)
		p->first_item[i + 1] = p->first_item[i] +
				       items_of(p, &plan->steps[i]);
	p->work = weir__calloc(p->heap, p->first_item[i] + 1, sizeof *p->work);
	p->home = weir__calloc(p->heap, p->first_item[i] + 1, sizeof *p->home);
	p->away = weir__calloc(p->heap, p->first_item[i] + 1, sizeof *p->away);
	if (plan->outside && p->workers > 1 && p->dag.distances) {
		p->pools = p->dag.distances->pools;
		p->far = weir__calloc(p->heap, p->first_item[i] + 1,
				      p->pools * sizeof *p->far);
		if (!p->far)
			return WEIR_ENOMEM;
	}
	if (!p->work || !p->home || !p->away ||
	    weir__dag_builder_init(&p->items, p->heap, p->first_item[i]))
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++)
		if (add_step(p, i))
			return WEIR_ENOMEM;
	for (q = 0; q < p->items.n_preds; q++)
		p->items.edge_cost[q] += (float)weir__dag_hand_over(&p->dag);
	return p->far ? match_shares(p) : WEIR_OK;
}

/* -- all of it --------------------------------------------------------------------- */

/* Whether the schedule saves enough for its workers to be called. */
static bool
is_worthwhile(const weir_plan *plan)
{
	double estimate = plan->info.estimate_ns;

	return plan->schedule->workers == 1 ||
	       estimate - estimate / plan->schedule->speedup >= REGION_NS;
}

/* The node of the pool that is nearest to what an item reads from outside. */
static uint16_t
near_of(const struct partition *p, uint32_t item)
{
	uint16_t pool = p->far ? weir__near_of_row(&p->far[item * p->pools],
						   p->pools) : WEIR__NO_POOL;

	return pool == WEIR__NO_POOL
		? WEIR__NO_NODE
		: (uint16_t)weir__topology_pool(p->plan->topology, pool)
			  .numa_node;
}

/* The plan gets the graph, and the work in the order of the streams. */
static weir_status
hand_over(struct partition *p)
{
	const struct weir__dag *dag = &p->dag;
	weir_plan *plan = p->plan;
	uint32_t i, item;

	plan->work = weir__calloc(p->heap, dag->n + 1, sizeof *plan->work);
	if (!plan->work)
		return WEIR_ENOMEM;
	for (i = 0; i < dag->n; i++) {
		item = plan->schedule->items[i];
		plan->work[i] = p->work[item];
		plan->work[i].near = near_of(p, item);
	}
	plan->workers = plan->schedule->workers;
	plan->dag = *dag;
	plan->dag.home = NULL;	/* has been looked at */
	plan->dag.away = plan->dag.far = NULL;
	if (plan->dag.edge_cost == &no_edge)
		plan->dag.edge_cost = NULL;
	p->items.first_pred = p->items.preds = NULL;
	p->items.cost = p->items.edge_cost = NULL;
	return WEIR_OK;
}

/* Leaves plan->work NULL if so many workers are not worth it. */
static weir_status
partition(weir_plan *plan, unsigned workers)
{
	struct partition p = { .plan = plan, .heap = plan->heap,
			       .workers = workers };
	weir_status status = WEIR_ENOMEM;

	p.dag.distances = weir__topology_distances(plan->topology);
	p.dag.hand_over = weir__topology_hand_over(plan->topology);
	p.first_item = weir__calloc(p.heap, plan->n_steps + 2,
				    sizeof *p.first_item);
	if (p.first_item)
		status = make_items(&p);
	if (!status) {
		p.dag.n = (uint32_t)p.items.n;
		p.dag.first_pred = p.items.first_pred;
		p.dag.preds = p.items.preds;
		p.dag.cost = p.items.cost;
		p.dag.edge_cost = p.items.edge_cost;
		p.dag.home = p.home;
		p.dag.away = p.away;
		p.dag.far = p.far;
		/* All are told, also where there are none: who does not know
		 * that looks at no homes. */
		if (p.far && !p.dag.edge_cost)
			p.dag.edge_cost = &no_edge;
		status = weir__schedule_new(p.heap, &p.dag, workers,
					    &plan->schedule);
	}
	if (!status && is_worthwhile(plan))
		status = hand_over(&p);
	weir__free(p.heap, p.work);
	weir__free(p.heap, p.first_item);
	weir__free(p.heap, p.home);
	weir__free(p.heap, p.away);
	weir__free(p.heap, p.far);
	weir__dag_builder_free(&p.items);
	return status;
}

/*
 * Workers of a body's plan are those of the plan around it that have nothing
 * to do there: so there must be as many, if only to wait for that. A loop does
 * not call them anew for each iteration then (exec/nested.h).
 */
static weir_status
widen_for_bodies(weir_plan *plan)
{
	const struct weir__step_control *c;
	unsigned workers = 1, i;
	weir_status status;

	for (c = plan->controls; c; c = c->next)
		for (i = 0; i < c->control->n_bodies; i++)
			if (workers < c->bodies[i].plan->workers)
				workers = c->bodies[i].plan->workers;
	status = weir__schedule_widen(plan->schedule, workers);
	plan->workers = plan->schedule->workers;
	return status;
}

bool
weir__is_for_one(double estimate)
{
	return estimate < 2 * REGION_NS;
}

weir_status
weir__partition(weir_plan *plan, unsigned workers)
{
	bool is_for_one = workers < 2;
	weir_status status;

	if (weir__is_for_one(plan->info.estimate_ns) || !workers)
		workers = 1;
	status = partition(plan, workers);
	if (!status && !plan->work) {
		weir__schedule_free(plan->schedule);
		plan->schedule = NULL;
		status = partition(plan, 1);
	}
	return status || is_for_one ? status : widen_for_bodies(plan);
}

void
weir__partition_undo(weir_plan *plan)
{
	weir__schedule_free(plan->schedule);
	weir__free(plan->heap, plan->work);
	weir__free(plan->heap, (void *)plan->dag.first_pred);
	weir__free(plan->heap, (void *)plan->dag.preds);
	weir__free(plan->heap, (void *)plan->dag.cost);
	weir__free(plan->heap, (void *)plan->dag.edge_cost);
	plan->schedule = NULL;
	plan->work = NULL;
	plan->dag = (struct weir__dag){ .n = 0 };
}

weir_status
weir__partition_again(weir_plan *plan, unsigned workers)
{
	weir__partition_undo(plan);
	return weir__partition(plan, workers);
}
