/*
 * Groups of tasks of which only so many run at once.
 *
 * A group has at most as many slots as that; a task comes after the last one
 * in its slot. So no run counts anything, and the order is the same in each.
 */
#ifndef WEIR_GRAPH_TASK_GROUPS_H
#define WEIR_GRAPH_TASK_GROUPS_H

#include "graph/tasks.h"

struct weir__slot_of_group {
	double busy;		/* what its tasks are expected to take */
	uint32_t last;		/* task, or WEIR__NO_TASK */
};

struct weir__task_group {
	const void *name;
	uint32_t at_most;
	struct weir__slot_of_group *slots;	/* made when they are needed */
	size_t n_slots, room;
};

struct weir__group_use {
	uint32_t task, group;
};

/* The slot that the last task is to have: an empty one, or the one that is
 * free first, as far as costs tell. The task comes after what is in it. The
 * slot is good until the next call. Cost: O(at_most). */
weir_status
weir__tasks_find_slot(weir_tasks *tasks, const void *group, uint32_t at_most,
		      struct weir__slot_of_group **slot);

/* The last task has it, with all its dependencies. */
void
weir__tasks_take_slot(weir_tasks *tasks, const void *group,
		      struct weir__slot_of_group *slot);

/* All slots as they are, to be had back where a later one of several tasks
 * cannot be recorded. */
struct weir__kept_slots {
	size_t n_groups;
	size_t *n_slots;	/* per group */
	struct weir__slot_of_group *slots;
};

/* weir__tasks_free_slots() them in any case. */
weir_status
weir__tasks_keep_slots(const weir_tasks *tasks, struct weir__kept_slots *kept);

void
weir__tasks_restore_slots(weir_tasks *tasks,
			  const struct weir__kept_slots *kept);

void
weir__tasks_free_slots(weir_tasks *tasks, struct weir__kept_slots *kept);

void
weir__task_groups_free(weir_tasks *tasks);

#endif
