/*
 * HEFT as it was published, for processors that are all alike: tasks by upward
 * rank, each on the processor where it ends first, in a gap if it fits into
 * one (Topcuoglu, Hariri, Wu, IEEE Trans. Parallel Distrib. Syst. 13, 2002).
 * Of equal ranks the task recorded first, of equal ends the first processor.
 */
#include <stdlib.h>
#include <string.h>

#include "makespan.h"

struct slot {
	double start, end;
};

struct heft {
	const struct dag *dag;
	double *rank, *end;
	uint32_t *order;
	unsigned *home;
	struct slot *slots;	/* processors x n: taken, in order */
	uint32_t *n_slots;	/* per processor */
};

static const double *sorted_by;

static int
by_rank(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (sorted_by[x] != sorted_by[y])
		return sorted_by[x] > sorted_by[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The longest way to the end, handing over included. */
static void
rank_tasks(struct heft *h)
{
	const struct dag *d = h->dag;
	uint32_t i, e;

	for (i = 0; i < d->n; i++) {
		h->rank[i] = 0;
		h->order[i] = i;
	}
	for (i = d->n; i-- > 0;) {
		h->rank[i] += d->cost[i];
		for (e = d->first[i]; e < d->first[i + 1]; e++) {
			double way = d->weight[e] + h->rank[i];

			if (h->rank[d->from[e]] < way)
				h->rank[d->from[e]] = way;
		}
	}
	sorted_by = h->rank;
	qsort(h->order, d->n, sizeof *h->order, by_rank);
}

/* When a task can start on a processor; *at is where among its slots. */
static double
earliest_start(const struct heft *h, uint32_t task, unsigned p, uint32_t *at)
{
	const struct dag *d = h->dag;
	const struct slot *slots = h->slots + (size_t)p * d->n;
	double start = 0;
	uint32_t e;

	for (e = d->first[task]; e < d->first[task + 1]; e++) {
		double there = h->end[d->from[e]];

		if (h->home[d->from[e]] != p)
			there += d->weight[e];
		if (start < there)
			start = there;
	}
	for (*at = 0; *at < h->n_slots[p]; ++*at) {
		if (start + d->cost[task] <= slots[*at].start)
			break;
		if (start < slots[*at].end)
			start = slots[*at].end;
	}
	return start;
}

static void
place(struct heft *h, uint32_t task, unsigned processors)
{
	const struct dag *d = h->dag;
	uint32_t best_at = 0, at;
	struct slot *slots;
	double best = 0, start;
	unsigned best_p = 0, p;

	for (p = 0; p < processors; p++) {
		start = earliest_start(h, task, p, &at);
		if (p == 0 || start < best) {
			best = start;
			best_p = p;
			best_at = at;
		}
	}
	slots = h->slots + (size_t)best_p * d->n;
	memmove(slots + best_at + 1, slots + best_at,
		(h->n_slots[best_p]++ - best_at) * sizeof *slots);
	h->end[task] = best + d->cost[task];
	h->home[task] = best_p;
	slots[best_at] = (struct slot){ best, h->end[task] };
}

double
heft_makespan(const struct dag *d, unsigned processors)
{
	size_t n = (size_t)d->n + 1;
	struct heft h = {
		.dag = d,
		.rank = calloc(n, sizeof *h.rank),
		.end = calloc(n, sizeof *h.end),
		.order = calloc(n, sizeof *h.order),
		.home = calloc(n, sizeof *h.home),
		.slots = calloc(n * processors, sizeof *h.slots),
		.n_slots = calloc(processors, sizeof *h.n_slots),
	};
	double makespan = -1;
	uint32_t i;

	if (h.rank && h.end && h.order && h.home && h.slots && h.n_slots) {
		rank_tasks(&h);
		makespan = 0;
		for (i = 0; i < d->n; i++)
			place(&h, h.order[i], processors);
		for (i = 0; i < d->n; i++)
			if (makespan < h.end[i])
				makespan = h.end[i];
	}
	free(h.rank);
	free(h.end);
	free(h.order);
	free(h.home);
	free(h.slots);
	free(h.n_slots);
	return makespan;
}
