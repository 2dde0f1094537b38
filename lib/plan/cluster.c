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
#include <math.h>
#include <string.h>

#include "plan/timetable.h"

enum { PASSES_MAX = 4 };

/* Items and edges looked at in a pass: about 10 ms. */
static const uint64_t VISITS_MAX = 1 << 22;

/*
 * All by place, the item's number in the order. A cluster is called by one of
 * its items.
 */
struct clusters {
	const struct weir__flow *flow;
	const uint32_t *order;
	uint32_t *place;		/* per item */
	uint32_t *of, *was;		/* per place: its cluster; before a
					   try */
	uint32_t *first;		/* per cluster: its first place */
	uint32_t *first_pred, *preds;	/* places before others */
	double *cost, *pred_cost;
	uint32_t *source, *sink;	/* per edge of the flow: places */
	double *end, *tried;		/* per place; in a try */
	double *free_at;		/* per cluster */
	struct weir__key *keys;		/* per edge, or per cluster */
	double *load;			/* per worker */
	double *far;			/* per cluster, and of it for each
					   pool: as in struct weir__dag; or
					   NULL */
};

/*
 * When all is over if each cluster has a worker that takes its items in order,
 * or HUGE_VAL if that is after `limit`. Up to `from` nothing has changed.
 */
static double
makespan(const struct clusters *c, uint32_t from, double limit)
{
	double last = 0;
	uint32_t k, q;

	memset(c->free_at, 0, c->flow->n * sizeof *c->free_at);
	memcpy(c->tried, c->end, from * sizeof *c->tried);
	for (k = 0; k < from; k++) {
		c->free_at[c->of[k]] = c->end[k];
		if (last < c->end[k])
			last = c->end[k];
	}
	for (; k < c->flow->n; k++) {
		uint32_t mine = c->of[k];
		double end = c->free_at[mine];

		for (q = c->first_pred[k]; q < c->first_pred[k + 1]; q++) {
			uint32_t pred = c->preds[q];
			double there = c->tried[pred];

			if (c->of[pred] != mine)
				there += c->pred_cost[q];
			if (end < there)
				end = there;
		}
		end += c->cost[k];
		c->tried[k] = c->free_at[mine] = end;
		if (last < end)
			last = end;
		if (end > limit)
			return HUGE_VAL;
	}
	return last;
}

/* What was tried is so. */
static void
keep(struct clusters *c)
{
	double *end = c->end;

	c->end = c->tried;
	c->tried = end;
}

static void
join(struct clusters *c, uint32_t from, uint32_t to)
{
	uint32_t k;

	for (k = c->first[from]; k < c->flow->n; k++)
		if (c->of[k] == from)
			c->of[k] = to;
}

static void
begin_alone(struct clusters *c)
{
	const struct weir__flow *flow = c->flow;
	uint32_t edges = flow->first_pred[flow->n], k, q, n = 0;

	for (k = 0; k < flow->n; k++)
		c->place[c->order[k]] = k;
	for (k = 0; k < flow->n; k++) {
		uint32_t item = c->order[k];

		c->of[k] = item;
		c->first[item] = k;
		c->cost[k] = flow->cost[item];
		c->first_pred[k] = n;
		for (q = flow->first_pred[item];
		     q < flow->first_pred[item + 1]; q++, n++) {
			c->sink[q] = k;
			c->source[q] = c->place[flow->preds[q]];
			c->preds[n] = c->source[q];
			c->pred_cost[n] = flow->pred_cost[q];
		}
	}
	c->first_pred[k] = n;
	for (q = 0; q < edges; q++)
		c->keys[q] = (struct weir__key){ -flow->pred_cost[q], q };
	weir__keys_sort(c->keys, edges);
}

/* One cluster in the place of two, if all is over no later. Before both have
 * begun that changes nothing. */
static bool
try_to_join(struct clusters *c, uint32_t from, uint32_t to, double *now)
{
	uint32_t n = c->flow->n, low = c->first[to], high = c->first[from];
	double then;

	if (low > high) {
		low = high;
		high = c->first[to];
	}
	memcpy(c->was, c->of, n * sizeof *c->was);
	join(c, from, to);
	then = makespan(c, high, *now);
	if (!(then <= *now)) {
		memcpy(c->of, c->was, n * sizeof *c->was);
		return false;
	}
	c->first[to] = low;
	*now = then;
	keep(c);
	return true;
}

/* One pass over the edges; whether clusters were joined. */
static bool
zero_edges(struct clusters *c, double *now)
{
	uint32_t edges = c->flow->first_pred[c->flow->n], k;
	bool has_joined = false;

	for (k = 0; k < edges; k++) {
		uint32_t edge = c->keys[k].item;
		uint32_t to = c->of[c->source[edge]];
		uint32_t from = c->of[c->sink[edge]];

		if (from != to)
			has_joined |= try_to_join(c, from, to, now);
	}
	return has_joined;
}

/* What memory that is far adds to the items of each cluster. */
static weir_status
add_far(struct clusters *c, struct weir__heap *heap)
{
	const struct weir__flow *flow = c->flow;
	size_t pools, p;
	uint32_t i;

	if (!flow->far)
		return WEIR_OK;
	pools = flow->distances->pools;
	c->far = weir__calloc(heap, (size_t)flow->n * pools + 1,
			      sizeof *c->far);
	if (!c->far)
		return WEIR_ENOMEM;
	for (i = 0; i < flow->n; i++)
		for (p = 0; p < pools; p++)
			c->far[c->of[c->place[i]] * pools + p] +=
				(double)flow->far[i * pools + p];
	return WEIR_OK;
}

/* What a cluster takes longer with a worker. */
static double
far_of(const struct clusters *c, uint32_t cluster, unsigned worker)
{
	const struct weir__distances *d = c->flow->distances;

	return c->far ? c->far[cluster * d->pools + d->pool[worker]] : 0;
}

static void
share_out(struct clusters *c, unsigned workers, uint16_t *home)
{
	const struct weir__flow *flow = c->flow;
	uint32_t *worker_of = c->sink;	/* is not needed any more */
	uint32_t i, cluster;
	unsigned w;

	for (i = 0; i < flow->n; i++)
		c->keys[i] = (struct weir__key){ 0, i };
	for (i = 0; i < flow->n; i++)
		c->keys[c->of[c->place[i]]].value -= flow->cost[i];
	weir__keys_sort(c->keys, flow->n);
	for (i = 0; i < flow->n; i++) {
		unsigned least = 0;

		cluster = c->keys[i].item;
		for (w = 1; w < workers; w++)
			if (c->load[w] + far_of(c, cluster, w) <
			    c->load[least] + far_of(c, cluster, least))
				least = w;
		c->load[least] += far_of(c, cluster, least) -
				  c->keys[i].value;
		worker_of[cluster] = least;
	}
	for (i = 0; i < flow->n; i++)
		home[i] = (uint16_t)worker_of[c->of[c->place[i]]];
}

weir_status
weir__cluster(struct weir__heap *heap, const struct weir__flow *flow,
	      unsigned workers, const uint32_t *order, uint16_t *home,
	      bool *is_done)
{
	struct clusters c = { .flow = flow, .order = order };
	uint64_t edges = flow->first_pred[flow->n];
	size_t room = (size_t)flow->n + edges + 1;
	uint32_t *numbers;
	double *times;
	double now;
	int pass;

	*is_done = false;
	if (edges * (flow->n + edges) > VISITS_MAX)
		return WEIR_OK;
	numbers = weir__alloc(heap, 8 * room * sizeof *numbers);
	times = weir__alloc(heap, 5 * room * sizeof *times);
	c.keys = weir__alloc(heap, room * sizeof *c.keys);
	c.load = weir__calloc(heap, workers, sizeof *c.load);
	if (numbers && times && c.keys && c.load) {
		c.place = numbers;
		c.of = c.place + room;
		c.was = c.of + room;
		c.first = c.was + room;
		c.first_pred = c.first + room;
		c.preds = c.first_pred + room;
		c.source = c.preds + room;
		c.sink = c.source + room;
		c.cost = times;
		c.pred_cost = c.cost + room;
		c.end = c.pred_cost + room;
		c.tried = c.end + room;
		c.free_at = c.tried + room;
		begin_alone(&c);
		now = makespan(&c, 0, HUGE_VAL);
		keep(&c);
		for (pass = 0; pass < PASSES_MAX; pass++)
			if (!zero_edges(&c, &now))
				break;
		*is_done = !add_far(&c, heap);
	}
	if (*is_done)
		share_out(&c, workers, home);
	weir__free(heap, numbers);
	weir__free(heap, times);
	weir__free(heap, c.keys);
	weir__free(heap, c.load);
	weir__free(heap, c.far);
	return *is_done ? WEIR_OK : WEIR_ENOMEM;
}
