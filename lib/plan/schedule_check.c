/*
 * What always holds of a schedule: every item is in one block, in the order
 * of its dependencies; and whatever a block's items need of other streams is
 * waited for, by it or by an earlier block of its stream, directly or by what
 * was waited for having waited. A block needs nothing of those that it may be
 * ahead of, which are long and of its stream.
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
	uint32_t *clocks;	/* blocks x workers */
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
check_block(const struct checker *c, uint32_t block)
{
	const struct weir__schedule *s = c->s;
	const uint32_t *clock = c->clocks + (size_t)block * s->workers;
	unsigned w = c->worker_of[block];
	uint32_t i, q;

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
			if (v == w && other < block &&
			    block - other <= weir__ahead(s, block))
				return BROKEN("item %u may begin before %u "
					      "has ended", item, pred);
		}
	}
	for (i = 1; i <= weir__ahead(s, block); i++)
		if (block - s->first_block[w] < i ||
		    !weir__is_long_block(s, block - i))
			return BROKEN("block %u may be ahead of what is short "
				      "or not there", block);
	return WEIR_OK;
}

weir_status
weir__schedule_check(const struct weir__schedule *s,
		     const struct weir__dag *dag)
{
	struct checker c = { .s = s, .dag = dag };
	size_t items = (size_t)s->n_items + 1, blocks = (size_t)s->n_blocks + 1;
	weir_status status = WEIR_ENOMEM;
	uint32_t block;

	if (s->n_items != dag->n)
		return BROKEN("%u items, the graph has %u", s->n_items,
			      dag->n);
	c.place = weir__calloc(s->heap, items, sizeof *c.place);
	c.block_of = weir__calloc(s->heap, items, sizeof *c.block_of);
	c.worker_of = weir__calloc(s->heap, blocks, sizeof *c.worker_of);
	if (c.place && c.block_of && c.worker_of)
		status = find_places(&c);
	if (!status)
		status = check_waits(s);
	if (!status)
		status = weir__schedule_clocks(s, &c.clocks);
	for (block = 0; block < s->n_blocks && !status; block++)
		status = check_block(&c, block);
	weir__free(s->heap, c.place);
	weir__free(s->heap, c.block_of);
	weir__free(s->heap, c.worker_of);
	weir__free(s->heap, c.clocks);
	return status;
}
