/*
 * From a deal to streams of blocks, and how far others must be before each.
 *
 * The items are taken in the order of the deal. One that must wait begins a
 * block; so does one that would keep others waiting too long for what has been
 * done before it. A dependency on another worker's block is a wait on its
 * stream's position. It is dropped where it is implied: by an earlier wait of
 * the same stream, or by another wait of the same block, whose block had waited
 * itself (vector clocks, as in Park et al., ISC 2014).
 */
#include "plan/streams.h"

#include <string.h>

enum { NONE = 0xffffffffu };

/* A block while the streams are being built. */
struct block {
	uint32_t worker;
	uint32_t items;			/* so far */
	uint32_t first_wait, n_waits;	/* into the schedule's waits */
	uint32_t clock;			/* into the clocks, while it has one */
	uint32_t awaited;	/* edges to other workers' items not dealt with
				   yet; 1 more while it is its worker's last */
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
	/* x workers: positions known done, of blocks that are awaited. Others'
	 * are taken again, by a list through their first words. */
	uint32_t *clocks, n_clocks, free_clock;
	uint32_t n_blocks;
	size_t blocks_room, clocks_room, waits_room;
	uint32_t *block_of;	/* per item */
	uint32_t *position;	/* per block: in its stream, from 1 */
	size_t position_room;
	uint32_t *open;		/* per worker: its last block, or NONE */
	uint32_t *length;	/* per worker: blocks of its stream */
	bool *is_closed;	/* per worker: its last block is */
	/* Of the item at hand: what it needs of each worker, a block plus 1, or
	 * 0; and the workers of whom that is more than 0, in their order. */
	uint32_t *need;
	uint16_t *needed;
	unsigned n_needed;
};

weir_status
weir__schedule_arrays(struct weir__schedule *s, uint32_t blocks)
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

/* -- blocks ------------------------------------------------------------------------ */

static uint32_t *
clock_at(const struct streams *st, uint32_t clock)
{
	return st->clocks + (size_t)clock * st->schedule->workers;
}

static uint32_t *
clock_of(const struct streams *st, uint32_t block)
{
	return clock_at(st, st->blocks[block].clock);
}

static weir_status
take_clock(struct streams *st, uint32_t *clock)
{
	*clock = st->free_clock;
	if (*clock != NONE) {
		st->free_clock = *clock_at(st, *clock);
		return WEIR_OK;
	}
	*clock = st->n_clocks;
	if (weir__grow(st->heap, &st->clocks, &st->clocks_room, st->n_clocks,
		       st->schedule->workers * sizeof *st->clocks))
		return WEIR_ENOMEM;
	st->n_clocks++;
	return WEIR_OK;
}

/* One reason less to keep what a block knows. */
static void
forget(struct streams *st, uint32_t block)
{
	struct block *b = &st->blocks[block];

	if (--b->awaited > 0)
		return;
	*clock_at(st, b->clock) = st->free_clock;
	st->free_clock = b->clock;
}

static weir_status
open_block(struct streams *st, unsigned w)
{
	struct weir__schedule *s = st->schedule;
	size_t words = s->workers * sizeof *st->clocks;
	uint32_t number = st->n_blocks, clock;

	if (weir__grow(st->heap, &st->blocks, &st->blocks_room, number,
		       sizeof *st->blocks) ||
	    weir__grow(st->heap, &st->position, &st->position_room, number,
		       sizeof *st->position) ||
	    take_clock(st, &clock))
		return WEIR_ENOMEM;
	st->blocks[number] = (struct block){
		.worker = w, .first_wait = s->n_waits, .clock = clock,
		.awaited = 1,
	};
	if (st->open[w] == NONE) {
		memset(clock_at(st, clock), 0, words);
	} else {
		memcpy(clock_at(st, clock), clock_of(st, st->open[w]), words);
		forget(st, st->open[w]);
	}
	st->position[number] = ++st->length[w];
	clock_at(st, clock)[w] = st->length[w];
	st->open[w] = number;
	st->is_closed[w] = false;
	st->n_blocks++;
	return WEIR_OK;
}

static void
add_need(struct streams *st, uint32_t block)
{
	unsigned v = st->blocks[block].worker, i;

	if (st->need[v] == 0) {
		for (i = st->n_needed++; i > 0 && st->needed[i - 1] > v; i--)
			st->needed[i] = st->needed[i - 1];
		st->needed[i] = (uint16_t)v;
	}
	if (st->need[v] < block + 1)
		st->need[v] = block + 1;
}

/* The blocks of other workers that the item needs and nobody has waited for. */
static void
find_needs(struct streams *st, uint32_t item, unsigned w)
{
	const struct weir__dag *dag = st->dag;
	const uint32_t *clock = st->open[w] == NONE
		? NULL : clock_of(st, st->open[w]);
	uint32_t q;

	while (st->n_needed > 0)
		st->need[st->needed[--st->n_needed]] = 0;
	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t block = st->block_of[dag->preds[q]];
		uint32_t v = st->blocks[block].worker;

		if (v != w && !(clock && st->position[block] <= clock[v]))
			add_need(st, block);
	}
}

static bool
is_implied_by_others(const struct streams *st, unsigned v)
{
	uint32_t position = st->position[st->need[v] - 1];
	unsigned i;

	for (i = 0; i < st->n_needed; i++) {
		unsigned u = st->needed[i];

		if (u != v && clock_of(st, st->need[u] - 1)[v] >= position)
			return true;
	}
	return false;
}

static weir_status
add_wait(struct streams *st, struct block *block, unsigned v)
{
	struct weir__schedule *s = st->schedule;

	if (weir__grow(st->heap, &s->waits, &st->waits_room, s->n_waits,
		       sizeof *s->waits))
		return WEIR_ENOMEM;
	s->waits[s->n_waits++] = (struct weir__wait){
		v, st->position[st->need[v] - 1],
	};
	block->n_waits++;
	/* It grows no more, or the wait would be for more. */
	if (st->open[v] == st->need[v] - 1)
		st->is_closed[v] = true;
	return WEIR_OK;
}

/* The open block of a worker waits for what is needed. */
static weir_status
add_waits(struct streams *st, unsigned w)
{
	const unsigned workers = st->schedule->workers;
	uint32_t *clock = clock_of(st, st->open[w]);
	unsigned i, u;

	for (i = 0; i < st->n_needed; i++) {
		unsigned v = st->needed[i];

		if (!is_implied_by_others(st, v) &&
		    add_wait(st, &st->blocks[st->open[w]], v))
			return WEIR_ENOMEM;
	}
	for (i = 0; i < st->n_needed; i++) {
		const uint32_t *other;

		/* Nobody has waited for the open block, so its own entry is
		 * more than any other's of it. */
		other = clock_of(st, st->need[st->needed[i]] - 1);
		for (u = 0; u < workers; u++)
			clock[u] = clock[u] < other[u] ? other[u] : clock[u];
	}
	return WEIR_OK;
}

/* To how many items of other workers. */
static uint32_t
count_others(const struct streams *st, uint32_t item, unsigned w)
{
	uint32_t q, n = 0;

	for (q = st->succs->first[item]; q < st->succs->first[item + 1]; q++)
		n += st->deal->home[st->succs->items[q]] != w;
	return n;
}

/* What the item needed to know it knows. */
static void
forget_needs(struct streams *st, uint32_t item, unsigned w)
{
	const struct weir__dag *dag = st->dag;
	uint32_t q;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++)
		if (st->deal->home[dag->preds[q]] != w)
			forget(st, st->block_of[dag->preds[q]]);
}

static weir_status
add_item(struct streams *st, uint32_t item)
{
	const double cost = weir__dag_cost(st->dag, item);
	/* Who knows what edges cost has dealt by it, to the item. */
	const double publish = st->dag->edge_cost ? 0 : WEIR__PUBLISH_NS;
	unsigned w = st->deal->home[item];
	struct block *block;
	uint32_t others;
	bool must_wait;

	find_needs(st, item, w);
	must_wait = st->n_needed > 0;
	block = st->open[w] == NONE ? NULL : &st->blocks[st->open[w]];
	if (block && block->has_news && block->since + cost > publish)
		st->is_closed[w] = true;
	if ((must_wait || st->open[w] == NONE || st->is_closed[w]) &&
	    open_block(st, w))
		return WEIR_ENOMEM;
	if (must_wait && add_waits(st, w))
		return WEIR_ENOMEM;
	forget_needs(st, item, w);
	others = count_others(st, item, w);
	block = &st->blocks[st->open[w]];
	block->items++;
	block->awaited += others;
	st->block_of[item] = st->open[w];
	if (block->has_news)
		block->since += cost;
	else
		block->has_news = others > 0;
	if (block->items >= WEIR__ITEMS_A_BLOCK)
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

	if (weir__schedule_arrays(s, st->n_blocks))
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

weir_status
weir__make_streams(struct weir__schedule *s, const struct weir__dag *dag,
		   const struct weir__succs *succs,
		   const struct weir__deal *deal)
{
	struct streams st = { .dag = dag, .succs = succs, .deal = deal,
			      .schedule = s, .heap = s->heap,
			      .free_clock = NONE };
	weir_status status = WEIR_ENOMEM;
	uint32_t i;

	st.block_of = weir__alloc(s->heap, ((size_t)dag->n + 1) *
				  sizeof *st.block_of);
	st.open = weir__calloc(s->heap, s->workers, sizeof *st.open);
	st.length = weir__calloc(s->heap, s->workers, sizeof *st.length);
	st.is_closed = weir__calloc(s->heap, s->workers, sizeof *st.is_closed);
	st.need = weir__calloc(s->heap, s->workers, sizeof *st.need);
	st.needed = weir__alloc(s->heap, s->workers * sizeof *st.needed);
	if (st.block_of && st.open && st.length && st.is_closed && st.need &&
	    st.needed) {
		memset(st.open, 0xff, s->workers * sizeof *st.open);
		status = WEIR_OK;
	}
	for (i = 0; i < deal->n && !status; i++)
		status = add_item(&st, deal->items[i]);
	if (!status)
		status = lay_out(&st);
	weir__free(s->heap, st.blocks);
	weir__free(s->heap, st.clocks);
	weir__free(s->heap, st.block_of);
	weir__free(s->heap, st.position);
	weir__free(s->heap, st.open);
	weir__free(s->heap, st.length);
	weir__free(s->heap, st.is_closed);
	weir__free(s->heap, st.need);
	weir__free(s->heap, st.needed);
	return status;
}
