#include "graph/task_groups.h"

#include <string.h>

#include "base/error.h"

void
weir__task_groups_free(weir_tasks *t)
{
	size_t i;

	for (i = 0; i < t->n_groups; i++)
		weir__free(t->heap, t->groups[i].slots);
	weir__free(t->heap, t->groups);
	weir__free(t->heap, t->group_uses);
	weir__pointer_map_free(&t->group_of);
}

static weir_status
find_group(weir_tasks *t, const void *name, uint32_t at_most,
	   struct weir__task_group **group)
{
	uint32_t number = weir__pointer_map_get(&t->group_of, name);

	if (number == WEIR__NOT_MAPPED) {
		number = (uint32_t)t->n_groups;
		if (weir__grow(t->heap, &t->groups, &t->groups_room,
			       t->n_groups, sizeof *t->groups) ||
		    weir__pointer_map_put(&t->group_of, name, number))
			return WEIR_ENOMEM;
		t->groups[t->n_groups++] = (struct weir__task_group){
			.name = name, .at_most = at_most,
		};
	}
	*group = &t->groups[number];
	if ((*group)->at_most == at_most)
		return WEIR_OK;
	return weir_fail(WEIR_EINVAL, "%s: task %zu: at most %u of its group "
			 "at once, but %u by an earlier task of the group",
			 t->name, t->n - 1, (unsigned)at_most,
			 (unsigned)(*group)->at_most);
}

/* One more that is empty, where the group may have it. */
static weir_status
add_slot(weir_tasks *t, struct weir__task_group *group)
{
	if (group->n_slots == group->at_most ||
	    (group->n_slots &&
	     group->slots[group->n_slots - 1].last == WEIR__NO_TASK))
		return WEIR_OK;
	if (weir__grow(t->heap, &group->slots, &group->room, group->n_slots,
		       sizeof *group->slots))
		return WEIR_ENOMEM;
	group->slots[group->n_slots++] = (struct weir__slot_of_group){
		.last = WEIR__NO_TASK,
	};
	return WEIR_OK;
}

weir_status
weir__tasks_find_slot(weir_tasks *t, const void *name, uint32_t at_most,
		      struct weir__slot_of_group **slot)
{
	struct weir__task_group *group;
	weir_status status = find_group(t, name, at_most, &group);
	size_t i;

	if (!status)
		status = add_slot(t, group);
	if (!status)
		status = weir__grow(t->heap, &t->group_uses,
				    &t->group_uses_room, t->n_group_uses,
				    sizeof *t->group_uses);
	if (status)
		return status;
	*slot = &group->slots[0];
	for (i = 1; i < group->n_slots; i++)
		if (group->slots[i].busy < (*slot)->busy)
			*slot = &group->slots[i];
	return (*slot)->last == WEIR__NO_TASK
		? WEIR_OK : weir__tasks_after(t, (*slot)->last);
}

void
weir__tasks_take_slot(weir_tasks *t, const void *name,
		      struct weir__slot_of_group *slot)
{
	uint32_t task = (uint32_t)(t->n - 1);

	t->group_uses[t->n_group_uses++] = (struct weir__group_use){
		task, weir__pointer_map_get(&t->group_of, name) };
	slot->last = task;
	slot->busy += t->costs ? (double)t->costs[task] : 1;
}

/* -- several tasks or none ----------------------------------------------------- */

weir_status
weir__tasks_keep_slots(const weir_tasks *t, struct weir__kept_slots *kept)
{
	size_t i, n = 0;

	*kept = (struct weir__kept_slots){ .n_groups = t->n_groups };
	for (i = 0; i < t->n_groups; i++)
		n += t->groups[i].n_slots;
	kept->n_slots = weir__alloc(t->heap, (t->n_groups + 1) *
				    sizeof *kept->n_slots);
	kept->slots = weir__alloc(t->heap, (n + 1) * sizeof *kept->slots);
	if (!kept->n_slots || !kept->slots)
		return WEIR_ENOMEM;
	for (i = n = 0; i < t->n_groups; i++) {
		kept->n_slots[i] = t->groups[i].n_slots;
		if (kept->n_slots[i])
			memcpy(kept->slots + n, t->groups[i].slots,
			       kept->n_slots[i] * sizeof *kept->slots);
		n += kept->n_slots[i];
	}
	return WEIR_OK;
}

void
weir__tasks_restore_slots(weir_tasks *t, const struct weir__kept_slots *kept)
{
	size_t i, n = 0;

	for (i = 0; i < t->n_groups; i++) {
		struct weir__task_group *group = &t->groups[i];

		group->n_slots = i < kept->n_groups ? kept->n_slots[i] : 0;
		if (group->n_slots)
			memcpy(group->slots, kept->slots + n,
			       group->n_slots * sizeof *kept->slots);
		n += group->n_slots;
	}
}

void
weir__tasks_free_slots(weir_tasks *t, struct weir__kept_slots *kept)
{
	weir__free(t->heap, kept->n_slots);
	weir__free(t->heap, kept->slots);
}
