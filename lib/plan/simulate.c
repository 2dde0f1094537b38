/*
 * When the blocks of a schedule would run, if everything took what it is said
 * to take.
 *
 * As the strict loop does it: a worker runs its blocks in order, each when
 * what it waits for is done. What an item takes from another worker is there
 * when the block that made it is over, and the edge's cost later. Nothing else
 * costs anything. Blocks come in the same order each time, so the same
 * figures come out.
 */
#include <string.h>

#include "base/error.h"
#include "plan/schedule.h"

struct simulation {
	const struct weir__schedule *s;
	const struct weir__dag *dag;
	const double *item_cost, *edge_cost;	/* NULL: the graph's */
	weir_task_span *spans;	/* or NULL */
	uint32_t *block_of;	/* per item */
	double *done;		/* per block: when it was */
	double *time;		/* per worker: when it can go on */
	uint32_t *position;	/* per worker: its blocks simulated */
	uint32_t *worker_of;	/* per block */
};

static double
cost_of_item(const struct simulation *m, uint32_t item, unsigned w)
{
	double cost = m->item_cost ? m->item_cost[item]
				   : weir__dag_cost(m->dag, item);

	return cost +
	       weir__away(m->dag->home, m->dag->away, m->dag->distances, item,
			  w) +
	       weir__far(m->dag->far, m->dag->distances, item, w);
}

static double
cost_of_edge(const struct simulation *m, uint32_t edge)
{
	return m->edge_cost ? m->edge_cost[edge]
			    : weir__dag_edge_cost(m->dag, edge);
}

/* When the next block of a worker can start; whether that is known. */
static bool
find_start(const struct simulation *m, unsigned w, uint32_t block,
	   double *start)
{
	const struct weir__schedule *s = m->s;
	uint32_t q;

	*start = m->time[w];
	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++) {
		const struct weir__wait *wait = &s->waits[q];
		double done;

		if (m->position[wait->worker] < wait->position)
			return false;
		done = m->done[s->first_block[wait->worker] +
			       wait->position - 1];
		if (*start < done)
			*start = done;
	}
	return true;
}

/* When what an item takes from other workers is there. */
static double
arrival(const struct simulation *m, uint32_t item, unsigned w)
{
	const struct weir__dag *dag = m->dag;
	double last = 0;
	uint32_t q;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t block = m->block_of[dag->preds[q]];
		double there;

		if (m->worker_of[block] == w)
			continue;
		there = m->done[block] +
			cost_of_edge(m, q) *
				weir__distance(dag->distances,
					       m->worker_of[block], w);
		if (last < there)
			last = there;
	}
	return last;
}

static void
simulate_block(struct simulation *m, unsigned w, uint32_t block, double start)
{
	const struct weir__schedule *s = m->s;
	double time = start;
	uint32_t i;

	m->worker_of[block] = w;
	for (i = s->first_item[block]; i < s->first_item[block + 1]; i++) {
		uint32_t item = s->items[i];
		double there = arrival(m, item, w);

		if (time < there)
			time = there;
		if (m->spans)
			m->spans[item] = (weir_task_span){
				.worker = w, .start = time,
				.end = time + cost_of_item(m, item, w) };
		time += cost_of_item(m, item, w);
		m->block_of[item] = block;
	}
	m->done[block] = m->time[w] = time;
}

/* Each worker as far as it gets, in turn, until all are through. */
static void
simulate_all(struct simulation *m)
{
	const struct weir__schedule *s = m->s;
	uint32_t left = s->n_blocks, block;
	double start;
	unsigned w;

	while (left > 0)
		for (w = 0; w < s->workers; w++)
			for (block = s->first_block[w] + m->position[w];
			     block < s->first_block[w + 1] &&
			     find_start(m, w, block, &start); block++) {
				simulate_block(m, w, block, start);
				m->position[w]++;
				left--;
			}
}

weir_status
weir__schedule_simulate(const struct weir__schedule *s,
			const struct weir__dag *dag, const double *item_cost,
			const double *edge_cost, weir_task_span *spans,
			double *makespan)
{
	struct simulation m = { .s = s, .dag = dag, .item_cost = item_cost,
				.edge_cost = edge_cost, .spans = spans };
	size_t items = (size_t)s->n_items + 1;
	size_t blocks = (size_t)s->n_blocks + 1;
	weir_status status = WEIR_ENOMEM;
	double last = 0;
	unsigned w;

	m.block_of = weir__alloc(s->heap, items * sizeof *m.block_of);
	m.done = weir__calloc(s->heap, blocks, sizeof *m.done);
	m.worker_of = weir__calloc(s->heap, blocks, sizeof *m.worker_of);
	m.time = weir__calloc(s->heap, s->workers, sizeof *m.time);
	m.position = weir__calloc(s->heap, s->workers, sizeof *m.position);
	if (m.block_of && m.done && m.worker_of && m.time && m.position) {
		simulate_all(&m);
		for (w = 0; w < s->workers; w++)
			if (last < m.time[w])
				last = m.time[w];
		*makespan = last;
		status = WEIR_OK;
	}
	weir__free(s->heap, m.block_of);
	weir__free(s->heap, m.done);
	weir__free(s->heap, m.worker_of);
	weir__free(s->heap, m.time);
	weir__free(s->heap, m.position);
	return status;
}

weir_status
weir__schedule_compare(const struct weir__schedule *first,
		       const struct weir__dag *first_dag,
		       const struct weir__schedule *second,
		       const struct weir__dag *second_dag, bool *is_earlier)
{
	double a = 0, b = 0;
	weir_status status = weir__schedule_simulate(first, first_dag, NULL,
						     NULL, NULL, &a);

	if (!status)
		status = weir__schedule_simulate(second, second_dag, NULL,
						 NULL, NULL, &b);
	*is_earlier = b < a;
	return status;
}
