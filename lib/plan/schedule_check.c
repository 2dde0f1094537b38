/*
 * What always holds of a schedule: every item is in one block, in the order
 * of its dependencies; and whatever a block's items need of other streams is
 * waited for, by it or by an earlier block of its stream, directly or by what
 * was waited for having waited.
 */
#include "plan/schedule.h"

#include <string.h>

#include "base/error.h"

#define BROKEN(...) weir_fail(WEIR_EINVAL, "schedule check: " __VA_ARGS__)

enum { NOWHERE = 0xffffffffu };

struct checker {
	const struct weir__schedule *s;
	const struct weir__dag *dag;
	uint32_t *place;	/* per item: in s->items */
	uint32_t *block_of;	/* per item */
	uint32_t *worker_of;	/* per block */
	uint32_t *done;		/* per worker: blocks executed so far */
	uint32_t *clock;	/* blocks x workers: sure to be done before */
};

static weir_status
find_places(struct checker *c)
{
	const struct weir__schedule *s = c->s;
	uint32_t i, block;
	unsigned w;

	memset(c->place, 0xff, s->n_items * sizeof *c->place);
	for (block = 0; block < s->n_blocks; block++)
		for (i = s->first_item[block]; i < s->first_item[block + 1];
		     i++) {
			if (i >= s->n_items || s->items[i] >= s->n_items ||
			    c->place[s->items[i]] != NOWHERE)
				return BROKEN("item %u of block %u is there "
					      "twice or none", i, block);
			c->place[s->items[i]] = i;
			c->block_of[s->items[i]] = block;
		}
	for (i = 0; i < s->n_items; i++)
		if (c->place[i] == NOWHERE)
			return BROKEN("item %u is in no block", i);
	for (w = 0; w < s->workers; w++)
		for (block = s->first_block[w]; block < s->first_block[w + 1];
		     block++)
			c->worker_of[block] = w;
	return WEIR_OK;
}

/* Whether all waits of the next block of a stream are met by now. */
static bool
can_go_on(const struct checker *c, uint32_t block)
{
	const struct weir__schedule *s = c->s;
	uint32_t q;

	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++)
		if (c->done[s->waits[q].worker] < s->waits[q].position)
			return false;
	return true;
}

static void
join_clocks(struct checker *c, uint32_t *clock, uint32_t block)
{
	const uint32_t *other = c->clock + (size_t)block * c->s->workers;
	unsigned u;

	for (u = 0; u < c->s->workers; u++)
		if (clock[u] < other[u])
			clock[u] = other[u];
}

static weir_status
check_waits(const struct weir__schedule *s)
{
	uint32_t q;

	for (q = 0; q < s->n_waits; q++) {
		const struct weir__wait *wait = &s->waits[q];

		if (wait->worker >= s->workers || !wait->position ||
		    wait->position > s->first_block[wait->worker + 1] -
				     s->first_block[wait->worker])
			return BROKEN("wait %u is for a block that is not "
				      "there", q);
	}
	return WEIR_OK;
}

static weir_status
check_block(struct checker *c, uint32_t block, unsigned w)
{
	const struct weir__schedule *s = c->s;
	uint32_t *clock = c->clock + (size_t)block * s->workers;
	uint32_t i, q;

	if (block > s->first_block[w])
		join_clocks(c, clock, block - 1);
	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++)
		join_clocks(c, clock, s->first_block[s->waits[q].worker] +
				      s->waits[q].position - 1);
	for (i = s->first_item[block]; i < s->first_item[block + 1]; i++) {
		uint32_t item = s->items[i];

		for (q = c->dag->first_pred[item];
		     q < c->dag->first_pred[item + 1]; q++) {
			uint32_t pred = c->dag->preds[q];
			uint32_t other = c->block_of[pred];
			uint32_t v = c->worker_of[other];

			if (v == w ? c->place[pred] >= i
				   : clock[v] < other - s->first_block[v] + 1)
				return BROKEN("item %u does not wait for %u",
					      item, pred);
		}
	}
	clock[w] = block - s->first_block[w] + 1;
	return WEIR_OK;
}

/* Execute the streams as far as they go, until all have ended. */
static weir_status
walk(struct checker *c)
{
	const struct weir__schedule *s = c->s;
	uint32_t left = s->n_blocks, before;
	weir_status status;
	unsigned w;

	while (left > 0) {
		before = left;
		for (w = 0; w < s->workers; w++) {
			uint32_t block = s->first_block[w] + c->done[w];

			for (; block < s->first_block[w + 1] &&
			       can_go_on(c, block); block++) {
				status = check_block(c, block, w);
				if (status)
					return status;
				c->done[w]++;
				left--;
			}
		}
		if (left == before)
			return BROKEN("%u blocks wait for each other", left);
	}
	return WEIR_OK;
}

weir_status
weir__schedule_check(const struct weir__schedule *s,
		     const struct weir__dag *dag)
{
	struct checker c = { .s = s, .dag = dag };
	size_t items = (size_t)s->n_items + 1, blocks = (size_t)s->n_blocks + 1;
	weir_status status = WEIR_ENOMEM;

	if (s->n_items != dag->n)
		return BROKEN("%u items, the graph has %u", s->n_items,
			      dag->n);
	c.place = weir__calloc(s->heap, items, sizeof *c.place);
	c.block_of = weir__calloc(s->heap, items, sizeof *c.block_of);
	c.worker_of = weir__calloc(s->heap, blocks, sizeof *c.worker_of);
	c.done = weir__calloc(s->heap, s->workers, sizeof *c.done);
	c.clock = weir__calloc(s->heap, blocks, s->workers * sizeof *c.clock);
	if (c.place && c.block_of && c.worker_of && c.done && c.clock)
		status = find_places(&c);
	if (!status)
		status = check_waits(s);
	if (!status)
		status = walk(&c);
	weir__free(s->heap, c.place);
	weir__free(s->heap, c.block_of);
	weir__free(s->heap, c.worker_of);
	weir__free(s->heap, c.done);
	weir__free(s->heap, c.clock);
	return status;
}
