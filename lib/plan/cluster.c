/*
 * Which items stay together: clusters by edge zeroing.
 *
 * At first each item has a worker of its own. Edge by edge, the dearest first,
 * the clusters at its two ends are made one if then all is over no later; and
 * once more, as long as that changes anything, for what is of no use early may
 * be of use when others are together. What is left is given to the workers
 * there are: the cluster with most work first, to whoever has least.
 *
 * After Sarkar (Partitioning and Scheduling Parallel Programs for Execution on
 * Multiprocessors, 1989); the second step is LPT (Graham 1969).
 */
#include <string.h>

#include "plan/timetable.h"

enum { PASSES_MAX = 4 };

/* Items and edges looked at in a pass: about 10 ms. */
static const uint64_t VISITS_MAX = 1 << 22;

struct clusters {
	const struct weir__flow *flow;
	const uint32_t *order;
	uint32_t *of, *was;	/* per item: its cluster; before a try */
	uint32_t *sink;		/* per edge: where it leads */
	double *end;		/* per item */
	double *free_at;	/* per cluster */
	struct weir__key *keys;	/* per edge, or per cluster */
	double *load;		/* per worker */
};

/* When all is over if each cluster has a worker that takes its items in
 * order. */
static double
makespan(const struct clusters *c)
{
	const struct weir__flow *flow = c->flow;
	double last = 0;
	uint32_t k, q;

	memset(c->free_at, 0, flow->n * sizeof *c->free_at);
	for (k = 0; k < flow->n; k++) {
		uint32_t item = c->order[k], mine = c->of[item];
		double start = c->free_at[mine];

		for (q = flow->first_pred[item];
		     q < flow->first_pred[item + 1]; q++) {
			uint32_t pred = flow->preds[q];
			double there = c->end[pred];

			if (c->of[pred] != mine)
				there += flow->pred_cost[q];
			if (start < there)
				start = there;
		}
		c->end[item] = start + flow->cost[item];
		c->free_at[mine] = c->end[item];
		if (last < c->end[item])
			last = c->end[item];
	}
	return last;
}

static void
join(struct clusters *c, uint32_t from, uint32_t to)
{
	uint32_t i;

	for (i = 0; i < c->flow->n; i++)
		if (c->of[i] == from)
			c->of[i] = to;
}

static void
begin_alone(struct clusters *c)
{
	const struct weir__flow *flow = c->flow;
	uint32_t edges = flow->first_pred[flow->n], i, q;

	for (i = 0; i < flow->n; i++) {
		c->of[i] = i;
		for (q = flow->first_pred[i]; q < flow->first_pred[i + 1]; q++)
			c->sink[q] = i;
	}
	for (q = 0; q < edges; q++)
		c->keys[q] = (struct weir__key){ -flow->pred_cost[q], q };
	weir__keys_sort(c->keys, edges);
}

/* One pass over the edges; whether clusters were joined. */
static bool
zero_edges(struct clusters *c, double *now)
{
	const struct weir__flow *flow = c->flow;
	uint32_t edges = flow->first_pred[flow->n], k;
	size_t size = flow->n * sizeof *c->was;
	bool has_joined = false;
	double then;

	for (k = 0; k < edges; k++) {
		uint32_t to = c->of[flow->preds[c->keys[k].item]];
		uint32_t from = c->of[c->sink[c->keys[k].item]];

		if (from == to)
			continue;
		memcpy(c->was, c->of, size);
		join(c, from, to);
		then = makespan(c);
		if (then <= *now) {
			*now = then;
			has_joined = true;
		} else {
			memcpy(c->of, c->was, size);
		}
	}
	return has_joined;
}

static void
share_out(struct clusters *c, unsigned workers, uint16_t *home)
{
	const struct weir__flow *flow = c->flow;
	uint32_t *worker_of = c->sink;	/* is not needed any more */
	uint32_t i;
	unsigned w;

	for (i = 0; i < flow->n; i++)
		c->keys[i] = (struct weir__key){ 0, i };
	for (i = 0; i < flow->n; i++)
		c->keys[c->of[i]].value -= flow->cost[i];
	weir__keys_sort(c->keys, flow->n);
	for (i = 0; i < flow->n; i++) {
		unsigned least = 0;

		for (w = 1; w < workers; w++)
			if (c->load[w] < c->load[least])
				least = w;
		c->load[least] -= c->keys[i].value;
		worker_of[c->keys[i].item] = least;
	}
	for (i = 0; i < flow->n; i++)
		home[i] = (uint16_t)worker_of[c->of[i]];
}

weir_status
weir__cluster(struct weir__heap *heap, const struct weir__flow *flow,
	      unsigned workers, const uint32_t *order, uint16_t *home,
	      bool *is_done)
{
	struct clusters c = { .flow = flow, .order = order };
	uint64_t edges = flow->first_pred[flow->n];
	size_t room = (size_t)flow->n + edges + 1;
	weir_status status = WEIR_ENOMEM;
	double now;
	int pass;

	*is_done = false;
	if (edges * (flow->n + edges) > VISITS_MAX)
		return WEIR_OK;
	c.was = weir__alloc(heap, room * sizeof *c.was);
	c.of = weir__alloc(heap, room * sizeof *c.of);
	c.sink = weir__alloc(heap, room * sizeof *c.sink);
	c.end = weir__alloc(heap, room * sizeof *c.end);
	c.free_at = weir__alloc(heap, room * sizeof *c.free_at);
	c.keys = weir__alloc(heap, room * sizeof *c.keys);
	c.load = weir__calloc(heap, workers, sizeof *c.load);
	if (c.was && c.of && c.sink && c.end && c.free_at && c.keys &&
	    c.load) {
		begin_alone(&c);
		now = makespan(&c);
		for (pass = 0; pass < PASSES_MAX; pass++)
			if (!zero_edges(&c, &now))
				break;
		share_out(&c, workers, home);
		*is_done = true;
		status = WEIR_OK;
	}
	weir__free(heap, c.was);
	weir__free(heap, c.of);
	weir__free(heap, c.sink);
	weir__free(heap, c.end);
	weir__free(heap, c.free_at);
	weir__free(heap, c.keys);
	weir__free(heap, c.load);
	return status;
}
