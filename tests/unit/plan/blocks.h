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

/* The item with the first, or the last, work of a task: by its number in the
 * graph of the work. */
static inline uint32_t
item_of(const weir_plan *plan, int64_t id, bool last)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t step = step_of(plan, id), found = NOT_THERE, i;

	for (i = 0; i < s->n_items; i++)
		if (plan->work[i].step == step &&
		    (found == NOT_THERE || (s->items[i] > found) == last))
			found = s->items[i];
	return found;
}

/* Its place among the work. */
static inline uint32_t
entry_of(const weir_plan *plan, uint32_t item)
{
	uint32_t i = 0;

	while (plan->schedule->items[i] != item)
		i++;
	return i;
}

/* The worker at home with an item. */
static inline unsigned
home_of(const weir_plan *plan, uint32_t item)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t entry = entry_of(plan, item);
	unsigned w = 0;

	while (s->first_item[s->first_block[w + 1]] <= entry)
		w++;
	return w;
}

static inline bool
waits_for(const weir_plan *plan, uint32_t item, uint32_t on)
{
	uint32_t q;

	for (q = plan->dag.first_pred[item];
	     q < plan->dag.first_pred[item + 1]; q++)
		if (plan->dag.preds[q] == on)
			return true;
	return false;
}

#endif
