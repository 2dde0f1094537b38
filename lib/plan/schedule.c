/* Schedules: made by dealing items to workers and cutting streams into blocks,
 * and released. */
#include "plan/schedule.h"

#include <string.h>

#include "base/error.h"
#include "plan/streams.h"

/* One worker is enough unless more promise this. */
static const double WORTHWHILE_SPEEDUP = 1.3;

/* All items in their own order: the caller's. */
static weir_status
for_one_worker(struct weir__schedule *s)
{
	uint32_t blocks = (s->n_items + WEIR__ITEMS_A_BLOCK - 1) /
			  WEIR__ITEMS_A_BLOCK;
	uint32_t i;

	s->workers = 1;
	s->speedup = 1;
	if (weir__schedule_arrays(s, blocks))
		return WEIR_ENOMEM;
	for (i = 0; i < s->n_items; i++)
		s->items[i] = i;
	for (i = 0; i < blocks; i++)
		s->first_item[i] = i * WEIR__ITEMS_A_BLOCK;
	s->first_item[blocks] = s->n_items;
	s->first_block[1] = blocks;
	return WEIR_OK;
}

/* Successors by CSR, from the predecessors. */
weir_status
weir__find_succs(const struct weir__dag *dag, struct weir__heap *heap,
		 struct weir__succs *succs)
{
	uint32_t i, q, edges = dag->first_pred[dag->n];

	succs->first = weir__calloc(heap, (size_t)dag->n + 2,
				    sizeof *succs->first);
	succs->items = weir__alloc(heap, ((size_t)edges + 1) *
				   sizeof *succs->items);
	if (!succs->first || !succs->items)
		return WEIR_ENOMEM;
	/* Counted two places on, summed, then filled one place on: what is
	 * left is where each list begins. */
	for (q = 0; q < edges; q++)
		succs->first[dag->preds[q] + 2]++;
	for (i = 2; i <= dag->n + 1; i++)
		succs->first[i] += succs->first[i - 1];
	for (i = 0; i < dag->n; i++)
		for (q = dag->first_pred[i]; q < dag->first_pred[i + 1]; q++)
			succs->items[succs->first[dag->preds[q] + 1]++] = i;
	return WEIR_OK;
}

/* -- making and releasing ------------------------------------------------------------------- */

/* Workers that got nothing to do are left out; the others keep their order, or,
 * where it matters in which pool they are, their numbers. How many are left. */
static unsigned
leave_out_idle(struct weir__deal *deal, unsigned workers,
	       const struct weir__distances *distances)
{
	uint16_t number[WEIR__SCHEDULE_WORKERS_MAX] = { 0 };
	unsigned w, used = 0;
	uint32_t i;

	for (i = 0; distances && i < deal->n; i++)
		if (used <= deal->home[i])
			used = deal->home[i] + 1u;
	if (distances)
		return used;

	for (i = 0; i < deal->n; i++)
		number[deal->home[i]] = 1;
	for (w = 0; w < workers; w++)
		if (number[w])
			number[w] = (uint16_t)used++;
	for (i = 0; i < deal->n; i++)
		deal->home[i] = number[deal->home[i]];
	return used;
}

/* What edges are said to cost is believed: it holds all that more workers
 * cost. */
static bool
is_for_one(const struct weir__schedule *s, const struct weir__dag *dag)
{
	return dag->edge_cost ? s->speedup <= 1
			      : s->speedup < WORTHWHILE_SPEEDUP;
}

/* All items in the order of their priorities, as far as their dependencies
 * allow. */
static weir_status
for_one_by_priority(struct weir__schedule *s, const struct weir__dag *dag,
		    const struct weir__succs *succs)
{
	struct weir__deal deal = { .heap = s->heap };
	weir_status status = weir__deal(dag, succs, 1, &deal);

	s->workers = 1;
	s->speedup = 1;
	if (!status)
		status = weir__make_streams(s, dag, succs, &deal);
	weir__deal_free(&deal);
	return status;
}

weir_status
weir__schedule_new(struct weir__heap *heap, const struct weir__dag *dag,
		   unsigned workers, struct weir__schedule **schedule)
{
	struct weir__schedule *s = weir__calloc(heap, 1, sizeof *s);
	struct weir__deal deal = { .heap = heap };
	struct weir__succs succs = { NULL, NULL };
	weir_status status = WEIR_OK;

	if (!s)
		return WEIR_ENOMEM;
	s->heap = weir__heap_retain(heap);
	s->n_items = dag->n;
	if (workers > WEIR__SCHEDULE_WORKERS_MAX)
		workers = WEIR__SCHEDULE_WORKERS_MAX;
	if (workers > 1 || dag->priority)
		status = weir__find_succs(dag, heap, &succs);
	if (!status && workers > 1)
		status = weir__deal_best(dag, &succs, workers, &deal);
	if (!status && workers > 1 && deal.makespan > 0)
		s->speedup = deal.cost / deal.makespan;
	if (!status && is_for_one(s, dag)) {
		status = dag->priority ? for_one_by_priority(s, dag, &succs)
				       : for_one_worker(s);
	} else if (!status) {
		s->workers = leave_out_idle(&deal, workers, dag->distances);
		status = weir__make_streams(s, dag, &succs, &deal);
	}
	weir__deal_free(&deal);
	weir__free(heap, succs.first);
	weir__free(heap, succs.items);
	if (status) {
		weir__schedule_free(s);
		return status;
	}
	*schedule = s;
	return WEIR_OK;
}

weir_status
weir__schedule_widen(struct weir__schedule *s, unsigned workers)
{
	uint32_t *first;
	unsigned w;

	if (workers > WEIR__SCHEDULE_WORKERS_MAX)
		workers = WEIR__SCHEDULE_WORKERS_MAX;
	if (workers <= s->workers)
		return WEIR_OK;
	first = weir__alloc(s->heap, ((size_t)workers + 1) * sizeof *first);
	if (!first)
		return WEIR_ENOMEM;
	for (w = 0; w <= workers; w++)
		first[w] = w < s->workers ? s->first_block[w] : s->n_blocks;
	weir__free(s->heap, s->first_block);
	s->first_block = first;
	s->workers = workers;
	return WEIR_OK;
}

void
weir__schedule_free(struct weir__schedule *s)
{
	struct weir__heap *heap;

	if (!s)
		return;
	heap = s->heap;
	weir__free(heap, s->items);
	weir__free(heap, s->first_block);
	weir__free(heap, s->first_item);
	weir__free(heap, s->first_wait);
	weir__free(heap, s->waits);
	weir__free(heap, s->ahead);
	weir__free(heap, s);
	weir__heap_release(heap);
}

weir_status
weir__schedule_copy(const struct weir__schedule *s, struct weir__schedule **out)
{
	struct weir__schedule *copy = weir__calloc(s->heap, 1, sizeof *copy);
	weir_status status;

	if (!copy)
		return WEIR_ENOMEM;
	copy->heap = weir__heap_retain(s->heap);
	copy->workers = s->workers;
	copy->n_items = s->n_items;
	copy->n_waits = s->n_waits;
	copy->speedup = s->speedup;
	status = weir__schedule_arrays(copy, s->n_blocks);
	copy->waits = weir__alloc(s->heap, ((size_t)s->n_waits + 1) *
				  sizeof *copy->waits);
	if (s->ahead)
		copy->ahead = weir__alloc(s->heap, (size_t)s->n_blocks + 1);
	if (status || !copy->waits || (s->ahead && !copy->ahead)) {
		weir__schedule_free(copy);
		return WEIR_ENOMEM;
	}
	memcpy(copy->items, s->items, s->n_items * sizeof *s->items);
	memcpy(copy->first_block, s->first_block,
	       ((size_t)s->workers + 1) * sizeof *s->first_block);
	memcpy(copy->first_item, s->first_item,
	       ((size_t)s->n_blocks + 1) * sizeof *s->first_item);
	memcpy(copy->first_wait, s->first_wait,
	       ((size_t)s->n_blocks + 1) * sizeof *s->first_wait);
	if (s->n_waits)
		memcpy(copy->waits, s->waits, s->n_waits * sizeof *s->waits);
	if (s->ahead)
		memcpy(copy->ahead, s->ahead, s->n_blocks);
	*out = copy;
	return WEIR_OK;
}

size_t
weir__schedule_bytes(const struct weir__schedule *s)
{
	return sizeof *s + s->n_items * sizeof *s->items +
	       s->n_blocks * (sizeof *s->first_item + sizeof *s->first_wait) +
	       s->n_waits * sizeof *s->waits +
	       (s->ahead ? s->n_blocks : 0);
}
