#include "plan/near.h"

#include <math.h>
#include <string.h>

#include "plan/timetable.h"

uint16_t
weir__near_of_row(const float *row, size_t pools)
{
	size_t least = 0, most = 0, p;

	for (p = 1; p < pools; p++) {
		if (row[p] < row[least])
			least = p;
		if (row[p] > row[most])
			most = p;
	}
	return row[least] < row[most] ? (uint16_t)least : WEIR__NO_POOL;
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
	size_t pools = near->dag->distances->pools, p;
	const float *row = &near->dag->far[item * pools];
	uint16_t least = WEIR__NO_POOL;
	bool differ = false;

	for (p = 0; p < pools; p++) {
		if (near->first[p] == near->first[p + 1])
			continue;	/* has no workers */
		if (least == WEIR__NO_POOL) {
			least = (uint16_t)p;
			continue;
		}
		differ |= row[p] < row[least] || row[p] > row[least];
		if (row[p] < row[least])
			least = (uint16_t)p;
	}
	return differ ? least : WEIR__NO_POOL;
}

/* Shares of pools come one after the other; that of no pool is the last. */
static size_t
share_of(const struct weir__near *near, uint32_t item)
{
	uint16_t pool = weir__near_pool(near, item);

	return pool == WEIR__NO_POOL ? near->dag->distances->pools : pool;
}

weir_status
weir__near_deal(const struct weir__near *near, const uint32_t *missing,
		unsigned workers, uint16_t *home)
{
	size_t pools = near->dag->distances->pools, p;
	uint32_t *items = weir__calloc(near->heap, 2 * (pools + 1),
				       sizeof *items);
	uint32_t *dealt, i;
	uint64_t k, n;

	if (!items)
		return WEIR_ENOMEM;
	dealt = items + pools + 1;
	for (i = 0; i < near->dag->n; i++)
		if (!missing[i])
			items[share_of(near, i)]++;
	for (i = 0; i < near->dag->n; i++) {
		if (missing[i])
			continue;
		p = share_of(near, i);
		k = dealt[p]++;
		n = items[p];
		if (p == pools)
			home[i] = (uint16_t)(k * workers / n);
		else
			home[i] = near->workers[near->first[p] + k *
						(near->first[p + 1] -
						 near->first[p]) / n];
	}
	weir__free(near->heap, items);
	return WEIR_OK;
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
