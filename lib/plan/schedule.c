/*
 * From a deal to streams of blocks, and how far others must be before each.
 *
 * The items are taken in the order of the deal. One that must wait begins a
 * block; so does one that would keep others waiting too long for what has been
 * done before it. A dependency on another worker's block is a wait on its
 * stream's position. It is dropped where it is implied: by an earlier wait of the same stream,
 * or by another wait of the same block, whose block had waited itself (vector
 * clocks, as in Park et al., ISC 2014).
 */
#include "plan/schedule.h"

#include <string.h>

#include "base/error.h"

/* One worker is enough unless more promise this. */
static const double WORTHWHILE_SPEEDUP = 1.3;
/* A lone worker's items are cut into blocks too, so that runs can be stopped
 * and failures seen between them. */
enum { NONE = 0xffffffffu };

enum { ITEMS_A_BLOCK = 1024 };

/* A block while the streams are being built. */
struct block {
	uint32_t worker;
	uint32_t items;			/* so far */
	uint32_t first_wait, n_waits;	/* into the schedule's waits */
	bool has_news;			/* an item that others wait for, */
	double since;			/* and what has been added since */
};

struct streams {
	const struct weir__dag *dag;
	const struct weir__succs *succs;
	const struct weir__deal *deal;
	struct weir__schedule *schedule;
	struct weir__heap *heap;
	struct block *blocks;	/* in the order of the deal */
	uint32_t *clock;	/* blocks x workers: positions known done */
	uint32_t n_blocks;
	size_t blocks_room, clock_room, waits_room;
	uint32_t *block_of;	/* per item */
	uint32_t *position;	/* per block: in its stream, from 1 */
	size_t position_room;
	uint32_t *open;		/* per worker: its last block, or NONE */
	uint32_t *length;	/* per worker: blocks of its stream */
	bool *is_closed;	/* per worker: its last block is */
	uint32_t *need;		/* per worker, of the item at hand: a block
				   plus 1, or 0 */
};

static weir_status
make_arrays(struct weir__schedule *s, uint32_t blocks)
{
	s->items = weir__alloc(s->heap, ((size_t)s->n_items + 1) *
			       sizeof *s->items);
	s->first_block = weir__calloc(s->heap, (size_t)s->workers + 1,
				      sizeof *s->first_block);
	s->first_item = weir__calloc(s->heap, (size_t)blocks + 1,
				     sizeof *s->first_item);
	s->first_wait = weir__calloc(s->heap, (size_t)blocks + 1,
				     sizeof *s->first_wait);
	s->n_blocks = blocks;
	return s->items && s->first_block && s->first_item && s->first_wait
		? WEIR_OK : WEIR_ENOMEM;
}

/* All items in their own order: the caller's. */
static weir_status
for_one_worker(struct weir__schedule *s)
{
	uint32_t blocks = (s->n_items + ITEMS_A_BLOCK - 1) / ITEMS_A_BLOCK;
	uint32_t i;

	s->workers = 1;
	s->speedup = 1;
	if (make_arrays(s, blocks))
		return WEIR_ENOMEM;
	for (i = 0; i < s->n_items; i++)
		s->items[i] = i;
	for (i = 0; i < blocks; i++)
		s->first_item[i] = i * ITEMS_A_BLOCK;
	s->first_item[blocks] = s->n_items;
	s->first_block[1] = blocks;
	return WEIR_OK;
}

/* -- blocks ------------------------------------------------------------------------ */

static uint32_t *
clock_of(const struct streams *st, uint32_t block)
{
	return st->clock + (size_t)block * st->schedule->workers;
}

static weir_status
open_block(struct streams *st, unsigned w)
{
	struct weir__schedule *s = st->schedule;
	size_t words = s->workers * sizeof *st->clock;
	uint32_t number = st->n_blocks;

	if (weir__grow(st->heap, &st->blocks, &st->blocks_room, number,
		       sizeof *st->blocks) ||
	    weir__grow(st->heap, &st->position, &st->position_room, number,
		       sizeof *st->position) ||
	    weir__grow(st->heap, &st->clock, &st->clock_room, number, words))
		return WEIR_ENOMEM;
	if (st->open[w] == NONE)
		memset(clock_of(st, number), 0, words);
	else
		memcpy(clock_of(st, number), clock_of(st, st->open[w]), words);
	st->blocks[number] = (struct block){
		.worker = w, .first_wait = s->n_waits,
	};
	st->position[number] = ++st->length[w];
	clock_of(st, number)[w] = st->length[w];
	st->open[w] = number;
	st->is_closed[w] = false;
	st->n_blocks++;
	return WEIR_OK;
}

/* The blocks of other workers that the item needs and nobody has waited for;
 * whether there are any. */
static bool
find_needs(struct streams *st, uint32_t item, unsigned w)
{
	const struct weir__dag *dag = st->dag;
	const uint32_t *clock = st->open[w] == NONE
		? NULL : clock_of(st, st->open[w]);
	bool is_any = false;
	uint32_t q;

	memset(st->need, 0, st->schedule->workers * sizeof *st->need);
	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t block = st->block_of[dag->preds[q]];
		uint32_t v = st->blocks[block].worker;

		if (v == w || (clock && st->position[block] <= clock[v]))
			continue;
		if (st->need[v] < block + 1)
			st->need[v] = block + 1;
		is_any = true;
	}
	return is_any;
}

static bool
is_implied_by_others(const struct streams *st, unsigned v)
{
	uint32_t position = st->position[st->need[v] - 1];
	unsigned u;

	for (u = 0; u < st->schedule->workers; u++)
		if (u != v && st->need[u] &&
		    clock_of(st, st->need[u] - 1)[v] >= position)
			return true;
	return false;
}

/* The open block of a worker waits for what is needed. */
static weir_status
add_waits(struct streams *st, unsigned w)
{
	struct weir__schedule *s = st->schedule;
	struct block *block = &st->blocks[st->open[w]];
	uint32_t *clock = clock_of(st, st->open[w]);
	unsigned v, u;

	for (v = 0; v < s->workers; v++) {
		if (!st->need[v] || is_implied_by_others(st, v))
			continue;
		if (weir__grow(st->heap, &s->waits, &st->waits_room,
			       s->n_waits, sizeof *s->waits))
			return WEIR_ENOMEM;
		s->waits[s->n_waits++] = (struct weir__wait){
			v, st->position[st->need[v] - 1],
		};
		block->n_waits++;
		/* It grows no more, or the wait would be for more. */
		if (st->open[v] == st->need[v] - 1)
			st->is_closed[v] = true;
	}
	for (v = 0; v < s->workers; v++) {
		const uint32_t *other;

		if (!st->need[v])
			continue;
		other = clock_of(st, st->need[v] - 1);
		for (u = 0; u < s->workers; u++)
			if (u != w && clock[u] < other[u])
				clock[u] = other[u];
	}
	return WEIR_OK;
}

static bool
is_for_others(const struct streams *st, uint32_t item, unsigned w)
{
	uint32_t q;

	for (q = st->succs->first[item]; q < st->succs->first[item + 1]; q++)
		if (st->deal->home[st->succs->items[q]] != w)
			return true;
	return false;
}

static weir_status
add_item(struct streams *st, uint32_t item)
{
	const double cost = weir__dag_cost(st->dag, item);
	/* Who knows what edges cost has dealt by it, to the item. */
	const double publish = st->dag->edge_cost ? 0 : WEIR__PUBLISH_NS;
	unsigned w = st->deal->home[item];
	bool must_wait = find_needs(st, item, w);
	struct block *block;

	block = st->open[w] == NONE ? NULL : &st->blocks[st->open[w]];
	if (block && block->has_news && block->since + cost > publish)
		st->is_closed[w] = true;
	if ((must_wait || st->open[w] == NONE || st->is_closed[w]) &&
	    open_block(st, w))
		return WEIR_ENOMEM;
	if (must_wait && add_waits(st, w))
		return WEIR_ENOMEM;
	block = &st->blocks[st->open[w]];
	block->items++;
	st->block_of[item] = st->open[w];
	if (block->has_news)
		block->since += cost;
	else
		block->has_news = is_for_others(st, item, w);
	if (block->items >= ITEMS_A_BLOCK)
		st->is_closed[w] = true;
	return WEIR_OK;
}

/* -- streams: the blocks of each worker together ------------------------------------ */

static weir_status
lay_out(struct streams *st)
{
	struct weir__schedule *s = st->schedule;
	struct weir__wait *waits;
	uint32_t *place, i, w, sum = 0, items = 0, n_waits = 0;

	if (make_arrays(s, st->n_blocks))
		return WEIR_ENOMEM;
	place = weir__alloc(s->heap, ((size_t)st->n_blocks + 1) *
			    sizeof *place);
	waits = weir__alloc(s->heap, ((size_t)s->n_waits + 1) *
			    sizeof *waits);
	if (!place || !waits) {
		weir__free(s->heap, place);
		weir__free(s->heap, waits);
		return WEIR_ENOMEM;
	}
	for (w = 0; w < s->workers; w++) {
		s->first_block[w] = sum;
		sum += st->length[w];
	}
	s->first_block[w] = sum;
	for (i = 0; i < st->n_blocks; i++)
		place[s->first_block[st->blocks[i].worker] +
		      st->position[i] - 1] = i;
	for (i = 0; i < st->n_blocks; i++) {
		const struct block *b = &st->blocks[place[i]];

		s->first_item[i] = items;
		s->first_wait[i] = n_waits;
		if (b->n_waits)
			memcpy(waits + n_waits, s->waits + b->first_wait,
			       b->n_waits * sizeof *waits);
		items += b->items;
		n_waits += b->n_waits;
		/* from now on: where the next item of the block goes */
		st->position[place[i]] = s->first_item[i];
	}
	s->first_item[i] = items;
	s->first_wait[i] = n_waits;
	for (i = 0; i < s->n_items; i++) {
		uint32_t item = st->deal->items[i];

		s->items[st->position[st->block_of[item]]++] = item;
	}
	weir__free(s->heap, s->waits);
	s->waits = waits;
	weir__free(s->heap, place);
	return WEIR_OK;
}

static weir_status
make_streams(struct weir__schedule *s, const struct weir__dag *dag,
	     const struct weir__succs *succs, const struct weir__deal *deal)
{
	struct streams st = { .dag = dag, .succs = succs, .deal = deal,
			      .schedule = s, .heap = s->heap };
	weir_status status = WEIR_ENOMEM;
	uint32_t i;

	st.block_of = weir__alloc(s->heap, ((size_t)dag->n + 1) *
				  sizeof *st.block_of);
	st.open = weir__calloc(s->heap, s->workers, sizeof *st.open);
	st.length = weir__calloc(s->heap, s->workers, sizeof *st.length);
	st.is_closed = weir__calloc(s->heap, s->workers, sizeof *st.is_closed);
	st.need = weir__calloc(s->heap, s->workers, sizeof *st.need);
	if (st.block_of && st.open && st.length && st.is_closed && st.need) {
		memset(st.open, 0xff, s->workers * sizeof *st.open);
		status = WEIR_OK;
	}
	for (i = 0; i < deal->n && !status; i++)
		status = add_item(&st, deal->items[i]);
	if (!status)
		status = lay_out(&st);
	weir__free(s->heap, st.blocks);
	weir__free(s->heap, st.clock);
	weir__free(s->heap, st.block_of);
	weir__free(s->heap, st.position);
	weir__free(s->heap, st.open);
	weir__free(s->heap, st.length);
	weir__free(s->heap, st.is_closed);
	weir__free(s->heap, st.need);
	return status;
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
	       const uint16_t *pool)
{
	uint16_t number[WEIR__SCHEDULE_WORKERS_MAX] = { 0 };
	unsigned w, used = 0;
	uint32_t i;

	for (i = 0; pool && i < deal->n; i++)
		if (used <= deal->home[i])
			used = deal->home[i] + 1u;
	if (pool)
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
		status = make_streams(s, dag, succs, &deal);
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
		s->workers = leave_out_idle(&deal, workers, dag->pool);
		status = make_streams(s, dag, &succs, &deal);
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
	weir__free(heap, s);
	weir__heap_release(heap);
}

size_t
weir__schedule_bytes(const struct weir__schedule *s)
{
	return sizeof *s + s->n_items * sizeof *s->items +
	       s->n_blocks * (sizeof *s->first_item + sizeof *s->first_wait) +
	       s->n_waits * sizeof *s->waits;
}
