/* Where the tasks of a graph ended up in its plan. */
#ifndef UNIT_PLAN_BLOCKS_H
#define UNIT_PLAN_BLOCKS_H

#include "plan/plan.h"
#include "support/tasks.h"

enum { NOT_THERE = 0xffffffffu };

/* The step of the task with this id. */
static inline uint32_t
step_of(const weir_plan *plan, int64_t id)
{
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__node *node = plan->steps[i].node;

		if (node->op == &task_op &&
		    ((const struct task_attrs *)node->attrs)->id == id)
			return i;
	}
	return NOT_THERE;
}

/* The block with the first (or the last) work of a task. */
static inline uint32_t
block_of(const weir_plan *plan, int64_t id, bool last)
{
	uint32_t step = step_of(plan, id), found = NOT_THERE, i, j;

	for (i = 0; i < plan->n_blocks; i++)
		for (j = 0; j < plan->blocks[i].n_work; j++) {
			uint32_t at = plan->blocks[i].first_work + j;

			if (plan->work[at].step == step &&
			    (last || found == NOT_THERE))
				found = i;
		}
	return found;
}

/* The worker at home with a block. */
static inline unsigned
home_of(const weir_plan *plan, uint32_t block)
{
	unsigned w;
	uint32_t i;

	for (w = 0; w < plan->workers; w++)
		for (i = 0; i < plan->streams[w].n; i++)
			if (plan->streams[w].blocks[i] == block)
				return w;
	return NOT_THERE;
}

static inline bool
waits_for(const weir_plan *plan, uint32_t block, uint32_t on)
{
	const struct weir__block *b = &plan->blocks[block];
	uint32_t i;

	for (i = 0; i < b->n_waits; i++)
		if (plan->waits[b->first_wait + i] == on)
			return true;
	return false;
}

#endif
