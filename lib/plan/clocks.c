/* What is over for certain when a block begins: vector clocks. */
#include "plan/schedule.h"

#include <string.h>

#include "base/error.h"

struct walk {
	const struct weir__schedule *s;
	uint32_t *clocks;	/* blocks x workers */
	uint32_t *done;		/* per worker: blocks of its stream */
};

static bool
are_met(const struct walk *walk, uint32_t block)
{
	const struct weir__schedule *s = walk->s;
	uint32_t q;

	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++)
		if (walk->done[s->waits[q].worker] < s->waits[q].position)
			return false;
	return true;
}

/* So many blocks of a stream are over, and with the last one all that it has
 * waited for. */
static void
know(const struct walk *walk, uint32_t *clock, unsigned worker,
     uint32_t position)
{
	const struct weir__schedule *s = walk->s;
	const uint32_t *other;
	unsigned w;

	if (!position)
		return;
	other = walk->clocks + (size_t)(s->first_block[worker] + position -
					1) * s->workers;
	for (w = 0; w < s->workers; w++)
		if (clock[w] < other[w])
			clock[w] = other[w];
	if (clock[worker] < position)
		clock[worker] = position;
}

static void
set_clock(struct walk *walk, uint32_t block, unsigned worker)
{
	const struct weir__schedule *s = walk->s;
	uint32_t *clock = walk->clocks + (size_t)block * s->workers;
	uint32_t q;

	know(walk, clock, worker, block - s->first_block[worker]);
	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++)
		know(walk, clock, s->waits[q].worker, s->waits[q].position);
}

/* Execute the streams as far as they go, until all have ended. */
static weir_status
walk_all(struct walk *walk)
{
	const struct weir__schedule *s = walk->s;
	uint32_t left = s->n_blocks, before, block;
	unsigned w;

	while (left > 0) {
		before = left;
		for (w = 0; w < s->workers; w++) {
			block = s->first_block[w] + walk->done[w];
			for (; block < s->first_block[w + 1] &&
			       are_met(walk, block); block++) {
				set_clock(walk, block, w);
				walk->done[w]++;
				left--;
			}
		}
		if (left == before)
			return weir_fail(WEIR_EINVAL, "schedule check: %u "
					 "blocks wait for each other", left);
	}
	return WEIR_OK;
}

weir_status
weir__schedule_clocks(const struct weir__schedule *s, uint32_t **clocks)
{
	struct walk walk = { .s = s };
	weir_status status = WEIR_ENOMEM;

	walk.clocks = weir__calloc(s->heap, (size_t)s->n_blocks + 1,
				   s->workers * sizeof *walk.clocks);
	walk.done = weir__calloc(s->heap, s->workers, sizeof *walk.done);
	if (walk.clocks && walk.done)
		status = walk_all(&walk);
	weir__free(s->heap, walk.done);
	if (status)
		weir__free(s->heap, walk.clocks);
	else
		*clocks = walk.clocks;
	return status;
}
