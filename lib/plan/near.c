#include "plan/near.h"

#include <math.h>
#include <string.h>

#include "plan/timetable.h"

/* The pool with the least of a row, of those with workers: all if first is
 * NULL. WEIR__NO_POOL: they are all one. */
static uint16_t
nearest(const float *row, size_t pools, const uint16_t *first)
{
	uint16_t least = WEIR__NO_POOL, p;
	bool differ = false;

	for (p = 0; p < pools; p++) {
		if (first && first[p] == first[p + 1])
			continue;
		if (least == WEIR__NO_POOL) {
			least = p;
			continue;
		}
		differ |= row[p] < row[least] || row[p] > row[least];
		if (row[p] < row[least])
			least = p;
	}
	return differ ? least : WEIR__NO_POOL;
}

uint16_t
weir__near_of_row(const float *row, size_t pools)
{
	return nearest(row, pools, NULL);
}

weir_status
weir__near_init(struct weir__near *near, struct weir__heap *heap,
		const struct weir__dag *dag, unsigned workers)
{
	const struct weir__distances *d = dag->distances;
	unsigned w, n = 0;
	size_t p;

	near->heap = heap;
	near->dag = dag;
	near->first = weir__calloc(heap, d->pools + 1, sizeof *near->first);
	near->workers = weir__calloc(heap, workers, sizeof *near->workers);
	if (!near->first || !near->workers)
		return WEIR_ENOMEM;
	for (p = 0; p < d->pools; p++) {
		for (w = 0; w < workers; w++)
			if (d->pool[w] == p)
				near->workers[n++] = (uint16_t)w;
		near->first[p + 1] = (uint16_t)n;
	}
	return WEIR_OK;
}

void
weir__near_free(struct weir__near *near)
{
	if (!near->heap)
		return;
	weir__free(near->heap, near->first);
	weir__free(near->heap, near->workers);
}

uint16_t
weir__near_pool(const struct weir__near *near, uint32_t item)
{
	size_t pools = near->dag->distances->pools;

	return nearest(&near->dag->far[item * pools], pools, near->first);
}

/* Where the next of those that are near no pool goes: on, until a worker has its
 * part of all that there is to be done. */
static unsigned
fill_up(const struct weir__dag *dag, unsigned w, unsigned workers,
	uint32_t item, double part, double *load)
{
	double half = weir__dag_cost(dag, item) / 2;

	while (w + 1 < workers && load[w] + half > part)
		w++;
	load[w] += 2 * half;
	return w;
}

struct roots {			/* items that miss nothing */
	uint32_t *near;		/* per pool: how many are near it */
	uint32_t *dealt;	/* of these */
	uint32_t n;		/* in all */
	double *load;		/* per worker: of those near a pool */
	double work;		/* of all */
};

/* Those that are near a pool: to its workers. The others are left. */
static void
deal_near(const struct weir__near *near, const uint32_t *missing,
	  struct roots *roots, uint16_t *home)
{
	const struct weir__dag *dag = near->dag;
	const uint16_t *first;
	uint16_t pool;
	uint32_t i;

	for (i = 0; i < dag->n; i++) {
		pool = missing[i] ? WEIR__NO_POOL : weir__near_pool(near, i);
		if (pool != WEIR__NO_POOL)
			roots->near[pool]++;
		roots->n += !missing[i];
		roots->work += missing[i] ? 0 : weir__dag_cost(dag, i);
	}
	for (i = 0; i < dag->n; i++) {
		pool = missing[i] ? WEIR__NO_POOL : weir__near_pool(near, i);
		if (pool == WEIR__NO_POOL)
			continue;
		first = &near->first[pool];
		home[i] = near->workers[first[0] +
					(uint64_t)roots->dealt[pool]++ *
					(uint64_t)(first[1] - first[0]) /
					roots->near[pool]];
		roots->load[home[i]] += weir__dag_cost(dag, i);
	}
}

weir_status
weir__near_deal(const struct weir__near *near, const uint32_t *missing,
		unsigned workers, uint16_t *home)
{
	size_t pools = near->dag->distances->pools, p;
	struct roots roots = {
		.near = weir__calloc(near->heap, 2 * pools,
				     sizeof *roots.near),
		.load = weir__calloc(near->heap, workers,
				     sizeof *roots.load),
	};
	bool is_any_near = false;
	unsigned w = 0;
	uint32_t i, k = 0;

	if (roots.near && roots.load) {
		roots.dealt = roots.near + pools;
		deal_near(near, missing, &roots, home);
		for (p = 0; p < pools; p++)
			is_any_near |= roots.near[p] > 0;
		for (i = 0; i < near->dag->n; i++) {
			if (missing[i] ||
			    weir__near_pool(near, i) != WEIR__NO_POOL)
				continue;
			w = is_any_near
				? fill_up(near->dag, w, workers, i,
					  roots.work / workers, roots.load)
				: (unsigned)((uint64_t)k++ * workers /
					     roots.n);
			home[i] = (uint16_t)w;
		}
	}
	weir__free(near->heap, roots.near);
	weir__free(near->heap, roots.load);
	return roots.dealt ? WEIR_OK : WEIR_ENOMEM;
}

/* Of the pools with a worker left that with least, the own one of equals. */
static uint16_t
best_left(const struct weir__near *near, const double *row, uint16_t own,
	  const uint16_t *left)
{
	uint16_t best = WEIR__NO_POOL, p;

	for (p = 0; p < near->dag->distances->pools; p++)
		if (left[p] && (best == WEIR__NO_POOL || row[p] < row[best] ||
				(p == own && !(row[p] > row[best]))))
			best = p;
	return best;
}

/* By what is at stake: what the worst pool takes more than the best. */
static void
sort_shares(const double *far, size_t pools, unsigned workers,
	    struct weir__key *keys)
{
	double least, most;
	unsigned w;
	size_t p;

	for (w = 0; w < workers; w++) {
		least = most = far[w * pools];
		for (p = 1; p < pools; p++) {
			least = fmin(least, far[w * pools + p]);
			most = fmax(most, far[w * pools + p]);
		}
		keys[w] = (struct weir__key){ least - most, w };
	}
	weir__keys_sort(keys, workers);
}

/* Once it is known in which pool each share is: its own worker's, or whoever
 * of it is left over. */
static void
hand_out(const struct weir__near *near, unsigned workers, uint16_t *next,
	 uint16_t *worker_of)
{
	const uint16_t *pool = near->dag->distances->pool;
	unsigned w, v;

	for (w = 0; w < workers; w++)
		next[w] = worker_of[w] == pool[w];	/* is taken */
	for (w = 0; w < workers; w++) {
		if (worker_of[w] == pool[w]) {
			worker_of[w] = (uint16_t)w;
			continue;
		}
		for (v = 0; next[v] || pool[v] != worker_of[w]; v++)
			;
		next[v] = true;
		worker_of[w] = (uint16_t)v;
	}
}

weir_status
weir__near_match(const struct weir__near *near, const double *far,
		 unsigned workers, uint16_t *worker_of)
{
	const struct weir__distances *d = near->dag->distances;
	struct weir__key *keys = weir__calloc(near->heap, workers,
					      sizeof *keys);
	uint16_t *left = weir__calloc(near->heap, d->pools + workers,
				      sizeof *left);
	weir_status status = keys && left ? WEIR_OK : WEIR_ENOMEM;
	unsigned w, k;
	size_t p;

	if (!status) {
		for (p = 0; p < d->pools; p++)
			left[p] = (uint16_t)(near->first[p + 1] -
					     near->first[p]);
		sort_shares(far, d->pools, workers, keys);
		for (k = 0; k < workers; k++) {
			w = keys[k].item;
			worker_of[w] = best_left(near, &far[w * d->pools],
						 d->pool[w], left);
			left[worker_of[w]]--;	/* a pool, so far */
		}
		hand_out(near, workers, left + d->pools, worker_of);
	}
	weir__free(near->heap, keys);
	weir__free(near->heap, left);
	return status;
}

weir_status
weir__far_by(struct weir__heap *heap, const struct weir__dag *of,
	     const uint32_t *items, struct weir__dag *dag, float **rows)
{
	size_t pools;
	uint32_t i;

	if (!of->far)
		return WEIR_OK;
	pools = of->distances->pools;
	*rows = weir__calloc(heap, (size_t)dag->n + 1, pools * sizeof **rows);
	if (!*rows)
		return WEIR_ENOMEM;
	for (i = 0; i < dag->n; i++)
		if (items[i] < of->n)
			memcpy(&(*rows)[i * pools], &of->far[items[i] * pools],
			       pools * sizeof **rows);
	dag->far = *rows;
	return WEIR_OK;
}
