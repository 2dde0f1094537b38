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

#include "ops/loop.h"

enum { NONE = 0xffffffffu };

/* A block while the streams are being built. Only the last one gets waits, so
 * they end where those of the next begin. */
struct block {
	uint32_t first_wait;	/* into `awaited` */
	uint32_t position;	/* in its stream, from 1 */
	uint32_t clock;		/* into the clocks, while it has one */
	uint32_t reasons;	/* to keep it: edges to other workers' items
				   not dealt with yet; 1 more while it is its
				   worker's last */
	uint16_t worker;
	uint16_t items : 11;	/* so far */
	uint16_t ahead : 3;	/* blocks before it that it needs nothing of,
				   as far as they count */
	uint16_t is_long : 1;
};

/* A worker's stream while it is being built. */
struct tail {
	uint32_t length, items, waits;	/* blocks, and what they have */
	uint32_t block;		/* the last one, or NONE */
	uint32_t n_long;	/* of those laid out last, one after another */
	bool is_closed;		/* the last one is */
	bool has_news;		/* it has an item that others wait for, */
	double since;		/* and what has been added since */
	double cost;		/* of the last one */
};

struct streams {
	const struct weir__dag *dag;
	const struct weir__succs *succs;
	const struct weir__deal *deal;
	struct weir__schedule *schedule;
	struct weir__heap *heap;
	struct block *blocks;	/* in the order of the deal */
	uint32_t *awaited;	/* blocks, one after the other */
	/* x workers: positions known done, of blocks that are awaited. Others'
	 * are taken again, by a list through their first words. */
	uint32_t *clocks, n_clocks, free_clock;
	uint32_t n_blocks;
	bool has_long;		/* any of them is */
	size_t blocks_room, clocks_room, awaited_room;
	uint32_t *block_of;	/* per item */
	struct tail *tails;	/* per worker */
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

	if (--b->reasons > 0)
		return;
	*clock_at(st, b->clock) = st->free_clock;
	st->free_clock = b->clock;
}

static weir_status
open_block(struct streams *st, unsigned w)
{
	struct weir__schedule *s = st->schedule;
	size_t words = s->workers * sizeof *st->clocks;
	struct tail *tail = &st->tails[w];
	uint32_t number = st->n_blocks, clock;

	if (weir__grow(st->heap, &st->blocks, &st->blocks_room, number,
		       sizeof *st->blocks) ||
	    take_clock(st, &clock))
		return WEIR_ENOMEM;
	st->blocks[number] = (struct block){
		.first_wait = s->n_waits, .position = ++tail->length,
		.clock = clock, .reasons = 1, .worker = (uint16_t)w,
		.ahead = WEIR__AHEAD_MAX,
	};
	if (tail->block == NONE) {
		memset(clock_at(st, clock), 0, words);
	} else {
		memcpy(clock_at(st, clock), clock_of(st, tail->block), words);
		forget(st, tail->block);
	}
	clock_at(st, clock)[w] = tail->length;
	tail->block = number;
	tail->is_closed = tail->has_news = false;
	tail->since = tail->cost = 0;
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
	const uint32_t *clock = st->tails[w].block == NONE
		? NULL : clock_of(st, st->tails[w].block);
	uint32_t q;

	while (st->n_needed > 0)
		st->need[st->needed[--st->n_needed]] = 0;
	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t block = st->block_of[dag->preds[q]];
		const struct block *b = &st->blocks[block];

		if (b->worker != w &&
		    !(clock && b->position <= clock[b->worker]))
			add_need(st, block);
	}
}

static bool
is_implied_by_others(const struct streams *st, unsigned v)
{
	uint32_t position = st->blocks[st->need[v] - 1].position;
	unsigned i;

	for (i = 0; i < st->n_needed; i++) {
		unsigned u = st->needed[i];

		if (u != v && clock_of(st, st->need[u] - 1)[v] >= position)
			return true;
	}
	return false;
}

/* The last block waits for another one. */
static weir_status
add_wait(struct streams *st, uint32_t block)
{
	struct weir__schedule *s = st->schedule;
	struct tail *tail = &st->tails[st->blocks[block].worker];

	if (weir__grow(st->heap, &st->awaited, &st->awaited_room, s->n_waits,
		       sizeof *st->awaited))
		return WEIR_ENOMEM;
	st->awaited[s->n_waits++] = block;
	/* It grows no more, or the wait would be for more. */
	if (tail->block == block)
		tail->is_closed = true;
	return WEIR_OK;
}

/* What one knows the other one knows. */
WEIR__WIDE static void
learn(uint32_t *clock, const uint32_t *other, unsigned workers)
{
	unsigned u;

	for (u = 0; u < workers; u++)
		clock[u] = clock[u] < other[u] ? other[u] : clock[u];
}

/* The open block of a worker, the last one, waits for what is needed. */
static weir_status
add_waits(struct streams *st, unsigned w)
{
	uint32_t *clock = clock_of(st, st->tails[w].block);
	unsigned i;

	for (i = 0; i < st->n_needed; i++) {
		unsigned v = st->needed[i];

		if (is_implied_by_others(st, v))
			continue;
		if (add_wait(st, st->need[v] - 1))
			return WEIR_ENOMEM;
		st->tails[w].waits++;
	}
	/* Nobody has waited for an open block, so its own entry is more than
	 * any other's of it. */
	for (i = 0; i < st->n_needed; i++)
		learn(clock, clock_of(st, st->need[st->needed[i]] - 1),
		      st->schedule->workers);
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
	struct block *last = &st->blocks[st->tails[w].block];
	uint32_t q, distance;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t block = st->block_of[dag->preds[q]];

		if (st->blocks[block].worker != w) {
			forget(st, block);
			continue;
		}
		distance = last->position - st->blocks[block].position;
		if (distance && distance <= last->ahead)
			last->ahead = (distance - 1) & WEIR__AHEAD_MAX;
	}
}

static weir_status
add_item(struct streams *st, uint32_t item)
{
	const double cost = weir__dag_cost(st->dag, item);
	/* Who knows what edges cost has dealt by it, to the item. */
	const double publish = st->dag->edge_cost ? 0 : WEIR__PUBLISH_NS;
	unsigned w = st->deal->home[item];
	struct tail *tail = &st->tails[w];
	struct block *block;
	uint32_t others;
	bool must_wait;

	find_needs(st, item, w);
	must_wait = st->n_needed > 0;
	if (tail->has_news && tail->since + cost > publish)
		tail->is_closed = true;
	if ((must_wait || tail->block == NONE || tail->is_closed) &&
	    open_block(st, w))
		return WEIR_ENOMEM;
	if (must_wait && add_waits(st, w))
		return WEIR_ENOMEM;
	forget_needs(st, item, w);
	others = count_others(st, item, w);
	block = &st->blocks[tail->block];
	block->items++;
	tail->items++;
	tail->cost += cost;
	block->is_long = tail->cost > WEIR__LONG_NS;
	st->has_long |= block->is_long;
	block->reasons += others;
	st->block_of[item] = tail->block;
	if (tail->has_news)
		tail->since += cost;
	else
		tail->has_news = others > 0;
	if (block->items >= WEIR__ITEMS_A_BLOCK)
		tail->is_closed = true;
	return WEIR_OK;
}

/* -- streams: the blocks of each worker together ------------------------------------ */

/* From here on those of a tail are where the next block, item and wait go. */
static void
find_places(struct streams *st)
{
	struct weir__schedule *s = st->schedule;
	struct tail sum = { 0 }, was;
	unsigned w;

	for (w = 0; w < s->workers; w++) {
		was = st->tails[w];
		st->tails[w] = sum;
		s->first_block[w] = sum.length;
		sum.length += was.length;
		sum.items += was.items;
		sum.waits += was.waits;
	}
	s->first_block[w] = sum.length;
	s->first_item[s->n_blocks] = sum.items;
	s->first_wait[s->n_blocks] = sum.waits;
}

/* What is said of a block, the next of its tail, for those that go ahead. */
static uint8_t
find_ahead(const struct block *b, struct tail *tail)
{
	uint32_t ahead = b->ahead < tail->n_long ? b->ahead : tail->n_long;

	tail->n_long = b->is_long ? tail->n_long + 1 : 0;
	return (uint8_t)(ahead | (b->is_long ? WEIR__LONG_BLOCK : 0));
}

/* A worker's blocks, and its items, come in their order. */
static weir_status
lay_out(struct streams *st)
{
	struct weir__schedule *s = st->schedule;
	const struct block *b = st->blocks;
	uint32_t q = 0, end, place, i, w;
	struct tail *tail;

	s->waits = weir__alloc(s->heap, ((size_t)s->n_waits + 1) *
			       sizeof *s->waits);
	if (!s->waits || weir__schedule_arrays(s, st->n_blocks))
		return WEIR_ENOMEM;
	if (s->workers > 1 && st->dag->edges_are_all && st->has_long) {
		s->ahead = weir__alloc(s->heap, (size_t)st->n_blocks + 1);
		if (!s->ahead)
			return WEIR_ENOMEM;
	}
	find_places(st);
	for (i = 0; i < st->n_blocks; i++, b++) {
		tail = &st->tails[b->worker];
		place = tail->length++;
		s->first_item[place] = tail->items;
		s->first_wait[place] = tail->waits;
		tail->items += b->items;
		if (s->ahead)
			s->ahead[place] = find_ahead(b, tail);
		end = i + 1 < st->n_blocks ? b[1].first_wait : s->n_waits;
		for (; q < end; q++) {
			const struct block *a = &st->blocks[st->awaited[q]];

			s->waits[tail->waits++] = (struct weir__wait){
				a->worker, a->position,
			};
		}
	}
	for (w = 0; w < s->workers; w++)
		st->tails[w].items = s->first_item[s->first_block[w]];
	for (i = 0; i < s->n_items; i++) {
		uint32_t item = st->deal->items[i];

		s->items[st->tails[st->deal->home[item]].items++] = item;
	}
	return WEIR_OK;
}

static weir_status
prepare(struct streams *st)
{
	const unsigned workers = st->schedule->workers;
	unsigned w;

	st->block_of = weir__alloc(st->heap, ((size_t)st->dag->n + 1) *
				   sizeof *st->block_of);
	st->tails = weir__calloc(st->heap, workers, sizeof *st->tails);
	st->need = weir__calloc(st->heap, workers, sizeof *st->need);
	st->needed = weir__alloc(st->heap, workers * sizeof *st->needed);
	if (!st->block_of || !st->tails || !st->need || !st->needed)
		return WEIR_ENOMEM;
	for (w = 0; w < workers; w++)
		st->tails[w].block = NONE;
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
	weir_status status = prepare(&st);
	uint32_t i;

	for (i = 0; i < deal->n && !status; i++)
		status = add_item(&st, deal->items[i]);
	if (!status)
		status = lay_out(&st);
	weir__free(s->heap, st.blocks);
	weir__free(s->heap, st.awaited);
	weir__free(s->heap, st.clocks);
	weir__free(s->heap, st.block_of);
	weir__free(s->heap, st.tails);
	weir__free(s->heap, st.need);
	weir__free(s->heap, st.needed);
	return status;
}
