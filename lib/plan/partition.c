/*
 * Steps to blocks to workers.
 *
 * The steps are put into a depth-first topological order, so that a chain is
 * contiguous; blocks are intervals of that order, hence acyclic whatever is
 * merged. A step that is worth it is cut into blocks of its tiles. Homes come
 * from list scheduling (Graham 1969) with the expected costs; if that does
 * not promise enough, the plan is for the caller alone.
 *
 * None of this changes a bit of any result: only who computes it, and when.
 */
#include <string.h>

#include "plan/plan.h"

static const double BLOCK_NS = 5000;	/* smaller blocks are merged */
static const double CUT_NS = 20000;	/* larger steps are cut, into about */
static const double HANDOVER_NS = 300;	/* block to block, other worker */
static const double REGION_NS = 20000;	/* a parallel region must save this */
enum { BLOCKS_A_WORKER = 4 };		/* of a step that is cut */

enum { NONE = 0xffffffffu };

struct partition {
	weir_plan *plan;
	struct weir__heap *heap;
	unsigned workers;
	uint32_t *order;	/* steps */
	uint32_t *last_block;	/* per step: once it is done, the step is */
	uint32_t *n_succs;	/* per step */
	uint32_t *waited_by;	/* per block: last one to wait for it, plus 1 */
	size_t work_room, blocks_room, waits_room;
};

/* -- depth-first topological order ------------------------------------------- */

struct succs {			/* successors of all steps, by CSR */
	uint32_t *first, *steps;
};

static weir_status
find_succs(struct partition *p, struct succs *s)
{
	const weir_plan *plan = p->plan;
	uint32_t i, j, sum = 0;

	s->first = weir__calloc(p->heap, plan->n_steps + 2, sizeof *s->first);
	s->steps = weir__calloc(p->heap, plan->n_preds + 1, sizeof *s->steps);
	if (!s->first || !s->steps)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_preds; i++)
		p->n_succs[plan->preds[i]]++;
	for (i = 0; i < plan->n_steps; i++) {
		s->first[i] = sum;
		sum += p->n_succs[i];
	}
	s->first[i] = sum;
	/* Filled from the back, so each list ends up ascending. */
	for (i = plan->n_steps; i-- > 0;) {
		const struct weir__step *step = &plan->steps[i];

		for (j = 0; j < step->n_preds; j++) {
			uint32_t pred = plan->preds[step->first_pred + j];

			s->steps[s->first[pred] + --p->n_succs[pred]] = i;
		}
	}
	for (i = 0; i < plan->n_steps; i++)
		p->n_succs[i] = s->first[i + 1] - s->first[i];
	return WEIR_OK;
}

static weir_status
depth_first_order(struct partition *p)
{
	const weir_plan *plan = p->plan;
	struct succs s = { NULL, NULL };
	uint32_t *missing, *stack, n = 0, top = 0, i;
	weir_status status;

	missing = weir__calloc(p->heap, plan->n_steps + 1, sizeof *missing);
	stack = weir__calloc(p->heap, plan->n_steps + 1, sizeof *stack);
	status = missing && stack ? find_succs(p, &s) : WEIR_ENOMEM;
	if (status)
		goto done;
	for (i = plan->n_steps; i-- > 0;) {
		missing[i] = plan->steps[i].n_preds;
		if (!missing[i])
			stack[top++] = i;
	}
	while (top > 0) {
		uint32_t step = stack[--top];

		p->order[n++] = step;
		for (i = s.first[step + 1]; i-- > s.first[step];)
			if (--missing[s.steps[i]] == 0)
				stack[top++] = s.steps[i];
	}
done:
	weir__free(p->heap, missing);
	weir__free(p->heap, stack);
	weir__free(p->heap, s.first);
	weir__free(p->heap, s.steps);
	return status;
}

/* -- blocks --------------------------------------------------------------------- */

static weir_status
open_block(struct partition *p)
{
	weir_plan *plan = p->plan;
	struct weir__block *block;

	if (weir__grow(p->heap, &plan->blocks, &p->blocks_room,
		       plan->n_blocks, sizeof *plan->blocks))
		return WEIR_ENOMEM;
	block = &plan->blocks[plan->n_blocks++];
	memset(block, 0, sizeof *block);
	block->first_work = plan->n_work;
	block->first_wait = plan->n_waits;
	return WEIR_OK;
}

static weir_status
add_wait(struct partition *p, uint32_t on)
{
	weir_plan *plan = p->plan;
	struct weir__block *block = &plan->blocks[plan->n_blocks - 1];

	if (on == plan->n_blocks - 1 || p->waited_by[on] == plan->n_blocks)
		return WEIR_OK;
	p->waited_by[on] = plan->n_blocks;
	if (weir__grow(p->heap, &plan->waits, &p->waits_room, plan->n_waits,
		       sizeof *plan->waits))
		return WEIR_ENOMEM;
	plan->waits[plan->n_waits++] = on;
	block->n_waits++;
	return WEIR_OK;
}

/* Some tiles of a step into the open block, with the waits they need. */
static weir_status
add_work(struct partition *p, uint32_t number, int64_t begin, int64_t end,
	 bool has_finish)
{
	weir_plan *plan = p->plan;
	const struct weir__step *step = &plan->steps[number];
	struct weir__block *block = &plan->blocks[plan->n_blocks - 1];
	uint32_t i;

	if (weir__grow(p->heap, &plan->work, &p->work_room, plan->n_work,
		       sizeof *plan->work))
		return WEIR_ENOMEM;
	plan->work[plan->n_work++] = (struct weir__work){
		.step = number, .has_finish = has_finish,
		.begin = begin, .end = end,
	};
	block->n_work++;
	if (step->tiles > 0)
		block->nanoseconds += step->cost.nanoseconds *
				      (double)(end - begin) /
				      (double)step->tiles;
	for (i = 0; i < step->n_preds; i++) {
		uint32_t pred = plan->preds[step->first_pred + i];

		if (add_wait(p, p->last_block[pred]))
			return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

static int64_t
pieces_of(const struct partition *p, const struct weir__step *step)
{
	double worth = step->cost.nanoseconds / CUT_NS;
	int64_t pieces = (int64_t)p->workers * BLOCKS_A_WORKER;

	if (p->workers < 2 || step->tiles < 2 || worth < 2)
		return 1;
	if (worth < (double)pieces)
		pieces = (int64_t)worth;
	return step->tiles < pieces ? step->tiles : pieces;
}

/* A block for each piece, then one that finishes: who waits for the step
 * waits for that one alone. */
static weir_status
cut_step(struct partition *p, uint32_t number, int64_t pieces)
{
	weir_plan *plan = p->plan;
	int64_t tiles = plan->steps[number].tiles, i;
	uint32_t first = plan->n_blocks;

	for (i = 0; i < pieces; i++)
		if (open_block(p) ||
		    add_work(p, number, tiles * i / pieces,
			     tiles * (i + 1) / pieces, false))
			return WEIR_ENOMEM;
	if (open_block(p) || add_work(p, number, tiles, tiles, true))
		return WEIR_ENOMEM;
	for (i = 0; i < pieces; i++)
		if (add_wait(p, first + (uint32_t)i))
			return WEIR_ENOMEM;
	p->last_block[number] = plan->n_blocks - 1;
	return WEIR_OK;
}

/* Whether the step only goes on what the one before it in the block did. */
static bool
continues_chain(const struct partition *p, uint32_t before, uint32_t step)
{
	const weir_plan *plan = p->plan;

	return plan->steps[step].n_preds == 1 && p->n_succs[before] == 1 &&
	       plan->preds[plan->steps[step].first_pred] == before;
}

static weir_status
make_blocks(struct partition *p)
{
	weir_plan *plan = p->plan;
	uint32_t i, before = NONE;	/* last step of the open block */

	for (i = 0; i < plan->n_steps; i++) {
		uint32_t number = p->order[i];
		const struct weir__step *step = &plan->steps[number];
		int64_t pieces = pieces_of(p, step);

		if (pieces > 1) {
			if (cut_step(p, number, pieces))
				return WEIR_ENOMEM;
			before = NONE;
			continue;
		}
		if (before == NONE ||
		    (!continues_chain(p, before, number) &&
		     plan->blocks[plan->n_blocks - 1].nanoseconds +
		     step->cost.nanoseconds > BLOCK_NS))
			if (open_block(p))
				return WEIR_ENOMEM;
		if (add_work(p, number, 0, step->tiles, true))
			return WEIR_ENOMEM;
		p->last_block[number] = plan->n_blocks - 1;
		before = number;
	}
	return WEIR_OK;
}

/* -- homes ------------------------------------------------------------------------ */

/* Deal the blocks to workers; returns when the last one would end. */
static weir_status
deal(struct partition *p, uint32_t *home, double *makespan)
{
	const weir_plan *plan = p->plan;
	double *free_at = weir__calloc(p->heap, p->workers, sizeof *free_at);
	double *end = weir__calloc(p->heap, plan->n_blocks + 1, sizeof *end);
	uint32_t i, j;
	unsigned w;

	*makespan = 0;
	for (i = 0; free_at && end && i < plan->n_blocks; i++) {
		const struct weir__block *b = &plan->blocks[i];
		double best = 0;

		for (w = 0; w < p->workers; w++) {
			double start = free_at[w];

			for (j = 0; j < b->n_waits; j++) {
				uint32_t on = plan->waits[b->first_wait + j];
				double ready = end[on] +
					(home[on] == w ? 0 : HANDOVER_NS);

				if (start < ready)
					start = ready;
			}
			if (w > 0 && start + b->nanoseconds >= best)
				continue;
			best = start + b->nanoseconds;
			home[i] = w;
		}
		end[i] = free_at[home[i]] = best;
		if (*makespan < best)
			*makespan = best;
	}
	weir__free(p->heap, free_at);
	weir__free(p->heap, end);
	return free_at && end ? WEIR_OK : WEIR_ENOMEM;
}

static weir_status
make_streams(struct partition *p, const uint32_t *home)
{
	weir_plan *plan = p->plan;
	uint32_t i;
	unsigned w;

	plan->streams = weir__calloc(p->heap, p->workers,
				     sizeof *plan->streams);
	if (!plan->streams)
		return WEIR_ENOMEM;
	plan->workers = p->workers;
	for (i = 0; i < plan->n_blocks; i++)
		plan->streams[home[i]].n++;
	for (w = 0; w < p->workers; w++) {
		struct weir__stream *s = &plan->streams[w];

		s->blocks = weir__calloc(p->heap, s->n + 1,
					 sizeof *s->blocks);
		if (!s->blocks)
			return WEIR_ENOMEM;
		s->n = 0;
	}
	for (i = 0; i < plan->n_blocks; i++) {
		struct weir__stream *s = &plan->streams[home[i]];

		s->blocks[s->n++] = i;
	}
	return WEIR_OK;
}

/* All steps in one block, in the order of the calls: the caller's. */
static weir_status
make_one_block(struct partition *p)
{
	weir_plan *plan = p->plan;
	uint32_t i, *home;
	weir_status status;

	plan->n_blocks = plan->n_work = plan->n_waits = 0;
	p->workers = 1;
	if (plan->n_steps && open_block(p))
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++)
		p->last_block[i] = 0;
	for (i = 0; i < plan->n_steps; i++)
		if (add_work(p, i, 0, plan->steps[i].tiles, true))
			return WEIR_ENOMEM;
	home = weir__calloc(p->heap, 1, sizeof *home);
	status = home ? make_streams(p, home) : WEIR_ENOMEM;
	weir__free(p->heap, home);
	return status;
}

/* The most blocks that make_blocks() can make. */
static size_t
blocks_at_most(const struct partition *p)
{
	size_t sum = 1;
	uint32_t i;

	for (i = 0; i < p->plan->n_steps; i++)
		sum += (size_t)pieces_of(p, &p->plan->steps[i]) + 1;
	return sum;
}

static weir_status
partition(struct partition *p)
{
	weir_plan *plan = p->plan;
	double makespan;
	uint32_t *home;
	weir_status status;

	p->waited_by = weir__calloc(p->heap, blocks_at_most(p),
				    sizeof *p->waited_by);
	if (!p->waited_by)
		return WEIR_ENOMEM;

	if (p->workers < 2 || plan->info.estimate_ns < 2 * REGION_NS)
		return make_one_block(p);
	if (depth_first_order(p) || make_blocks(p))
		return WEIR_ENOMEM;
	home = weir__calloc(p->heap, plan->n_blocks + 1, sizeof *home);
	if (!home)
		return WEIR_ENOMEM;
	status = deal(p, home, &makespan);
	if (!status && plan->info.estimate_ns - makespan < REGION_NS)
		status = make_one_block(p);
	else if (!status)
		status = make_streams(p, home);
	weir__free(p->heap, home);
	return status;
}

weir_status
weir__partition(weir_plan *plan, unsigned workers)
{
	struct partition p = {
		.plan = plan,
		.heap = plan->heap,
		.workers = workers ? workers : 1,
	};
	weir_status status = WEIR_ENOMEM;
	size_t n = plan->n_steps + 1;

	p.order = weir__calloc(p.heap, n, sizeof *p.order);
	p.last_block = weir__calloc(p.heap, n, sizeof *p.last_block);
	p.n_succs = weir__calloc(p.heap, n, sizeof *p.n_succs);
	if (p.order && p.last_block && p.n_succs)
		status = partition(&p);
	weir__free(p.heap, p.order);
	weir__free(p.heap, p.last_block);
	weir__free(p.heap, p.n_succs);
	weir__free(p.heap, p.waited_by);
	return status;
}
