/*
 * What always holds of a plan: every tile of every step is in exactly one
 * block, waits go to lower blocks and cover every dependency, streams hold
 * every block once.
 */
#include "plan/plan.h"

#define BROKEN(...) weir_fail(WEIR_EINVAL, "plan check: " __VA_ARGS__)

struct checker {
	const weir_plan *plan;
	int64_t *done;		/* per step: tiles seen so far */
	uint32_t *finished_in;	/* per step: its last block, plus 1 */
	unsigned char *before;	/* blocks x blocks: waits, transitively */
};

static weir_status
check_streams(const weir_plan *plan)
{
	uint32_t i, sum = 0;
	unsigned w;

	for (w = 0; w < plan->workers; w++) {
		const struct weir__stream *s = &plan->streams[w];

		for (i = 0; i < s->n; i++)
			if (s->blocks[i] >= plan->n_blocks ||
			    (i && s->blocks[i] <= s->blocks[i - 1]))
				return BROKEN("stream %u is not ascending", w);
		sum += s->n;
	}
	return sum == plan->n_blocks ? WEIR_OK :
	       BROKEN("%u blocks in streams, %u in the plan", sum,
		      plan->n_blocks);
}

static void
close_over_waits(struct checker *c, uint32_t block)
{
	const weir_plan *plan = c->plan;
	const struct weir__block *b = &plan->blocks[block];
	unsigned char *row = c->before + (size_t)block * plan->n_blocks;
	uint32_t i, j;

	for (i = 0; i < b->n_waits; i++) {
		uint32_t on = plan->waits[b->first_wait + i];
		const unsigned char *other = c->before +
					     (size_t)on * plan->n_blocks;

		row[on] = 1;
		for (j = 0; j < on; j++)
			row[j] |= other[j];
	}
}

/* The finish of a step comes after all of its tiles. */
static weir_status
check_finish(const struct checker *c, uint32_t block, uint32_t step)
{
	const weir_plan *plan = c->plan;
	uint32_t i, j;

	for (i = 0; i < block; i++)
		for (j = 0; j < plan->blocks[i].n_work; j++)
			if (plan->work[plan->blocks[i].first_work + j].step ==
				    step &&
			    !c->before[(size_t)block * plan->n_blocks + i])
				return BROKEN("block %u finishes step %u "
					      "without waiting for block %u",
					      block, step, i);
	return WEIR_OK;
}

static weir_status
check_work(struct checker *c, uint32_t block, const struct weir__work *work)
{
	const weir_plan *plan = c->plan;
	const struct weir__step *step = &plan->steps[work->step];
	uint32_t i;

	if (work->begin != c->done[work->step] || work->end > step->tiles)
		return BROKEN("tiles of step %u are missing or done twice",
			      work->step);
	c->done[work->step] = work->end;
	for (i = 0; i < step->n_preds; i++) {
		uint32_t pred = plan->preds[step->first_pred + i];
		uint32_t in = c->finished_in[pred];

		if (!in || (in - 1 != block &&
			    !c->before[(size_t)block * plan->n_blocks + in -
				       1]))
			return BROKEN("block %u uses step %u without waiting "
				      "for it", block, pred);
	}
	if (!work->has_finish)
		return WEIR_OK;
	c->finished_in[work->step] = block + 1;
	return work->begin ? check_finish(c, block, work->step) : WEIR_OK;
}

static weir_status
check_blocks(struct checker *c)
{
	const weir_plan *plan = c->plan;
	uint32_t i, j;
	weir_status status;

	for (i = 0; i < plan->n_blocks; i++) {
		const struct weir__block *b = &plan->blocks[i];

		for (j = 0; j < b->n_waits; j++)
			if (plan->waits[b->first_wait + j] >= i)
				return BROKEN("block %u waits for a later one",
					      i);
		close_over_waits(c, i);
		for (j = 0; j < b->n_work; j++) {
			status = check_work(c, i,
					    &plan->work[b->first_work + j]);
			if (status)
				return status;
		}
	}
	for (i = 0; i < plan->n_steps; i++)
		if (!c->finished_in[i] || c->done[i] != plan->steps[i].tiles)
			return BROKEN("step %u is not complete", i);
	return WEIR_OK;
}

weir_status
weir__plan_check(const weir_plan *plan)
{
	struct checker c = { .plan = plan };
	struct weir__heap *heap = plan->heap;
	weir_status status = check_streams(plan);

	if (status)
		return status;
	c.done = weir__calloc(heap, plan->n_steps + 1, sizeof *c.done);
	c.finished_in = weir__calloc(heap, plan->n_steps + 1,
				     sizeof *c.finished_in);
	c.before = weir__calloc(heap, (size_t)plan->n_blocks + 1,
				(size_t)plan->n_blocks + 1);
	status = WEIR_ENOMEM;
	if (c.done && c.finished_in && c.before)
		status = check_blocks(&c);
	weir__free(heap, c.done);
	weir__free(heap, c.finished_in);
	weir__free(heap, c.before);
	return status;
}
