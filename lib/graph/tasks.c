#include "graph/tasks.h"

#include <math.h>

#include "base/error.h"
#include "graph/task_args.h"
#include "graph/task_groups.h"
#include "graph/task_reductions.h"
#include "graph/task_regions.h"

weir_status
weir__tasks_new(struct weir__heap *heap, weir_runtime *runtime,
		const char *name, weir_tasks **tasks)
{
	weir_tasks *t = weir__calloc(heap, 1, sizeof *t);

	if (!t)
		return WEIR_ENOMEM;
	t->heap = weir__heap_retain(heap);
	t->runtime = runtime;
	weir__pointer_map_init(&t->places, heap);
	weir__pointer_map_init(&t->group_of, heap);
	weir__pointer_map_init(&t->reduction_of, heap);
	weir__pointer_map_init(&t->part_of, heap);
	t->name = weir__strdup(heap, name);
	if (!t->name ||
	    weir__grow(heap, &t->first_pred, &t->first_pred_room, 0,
		       sizeof *t->first_pred)) {
		weir_tasks_release(t);
		return WEIR_ENOMEM;
	}
	t->first_pred[0] = 0;
	*tasks = t;
	return WEIR_OK;
}

void
weir_tasks_release(weir_tasks *tasks)
{
	struct weir__heap *heap;

	if (!tasks)
		return;
	heap = tasks->heap;
	weir__pointer_map_free(&tasks->places);
	weir__task_groups_free(tasks);
	weir__task_reductions_free(tasks);
	weir__task_regions_free(tasks);
	weir__task_args_release(tasks->args);
	weir__free(heap, tasks->own_args);
	weir__free(heap, tasks->paths);
	weir__free(heap, tasks->name);
	weir__free(heap, tasks->tasks);
	weir__free(heap, tasks->first_pred);
	weir__free(heap, tasks->preds);
	weir__free(heap, tasks->costs);
	weir__free(heap, tasks->edge_costs);
	weir__free(heap, tasks->names);
	weir__free(heap, tasks->priorities);
	weir__free(heap, tasks->seen);
	weir__free(heap, tasks->states);
	weir__free(heap, tasks->readers);
	weir__free(heap, tasks->is_turn);
	weir__free(heap, tasks->sets);
	weir__free(heap, tasks->set_uses);
	weir__free(heap, tasks);
	weir__heap_release(heap);
}

static const float UNKNOWN_COST = 10;

/* Costs are kept from the first one told on; before that all were alike. */
static weir_status
begin_costs(weir_tasks *t)
{
	size_t i;

	if (t->costs)
		return WEIR_OK;
	t->costs_room = t->tasks_room + 1;
	t->costs = weir__alloc(t->heap, t->costs_room * sizeof *t->costs);
	if (!t->costs)
		return WEIR_ENOMEM;
	for (i = 0; i < t->n; i++)
		t->costs[i] = UNKNOWN_COST;
	return WEIR_OK;
}

weir_status
weir__tasks_set_costs(weir_tasks *t, const double *nanoseconds, size_t n)
{
	size_t i;

	if (begin_costs(t))
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++)
		t->costs[i] = (float)fmax(nanoseconds[i], 1);
	return WEIR_OK;
}

static weir_status
set_cost(weir_tasks *t, double nanoseconds)
{
	if (!t->costs && !(nanoseconds > 0))
		return WEIR_OK;
	if (begin_costs(t))
		return WEIR_ENOMEM;
	if (weir__grow(t->heap, &t->costs, &t->costs_room, t->n,
		       sizeof *t->costs))
		return WEIR_ENOMEM;
	t->costs[t->n] = nanoseconds > 0 ? (float)nanoseconds : UNKNOWN_COST;
	return WEIR_OK;
}

/* Likewise those of edges. A task that tells them has none but those it tells;
 * of others they are not told. */
static weir_status
begin_edges(weir_tasks *t, bool are_told)
{
	static const float not_told = -1;
	size_t q;

	t->edge_cost = are_told ? 0 : not_told;
	if (t->edge_costs || !are_told)
		return WEIR_OK;
	t->edge_costs_room = t->n_preds + 8;
	t->edge_costs = weir__alloc(t->heap, t->edge_costs_room *
				    sizeof *t->edge_costs);
	if (!t->edge_costs)
		return WEIR_ENOMEM;
	for (q = 0; q < t->n_preds; q++)
		t->edge_costs[q] = not_told;
	return WEIR_OK;
}

static weir_status
set_name(weir_tasks *t, const char *name)
{
	if (!name && !t->names)
		return WEIR_OK;
	if (!t->names) {
		t->names_room = t->n + 8;
		t->names = weir__calloc(t->heap, t->names_room,
					sizeof *t->names);
		if (!t->names)
			return WEIR_ENOMEM;
	}
	if (weir__grow(t->heap, &t->names, &t->names_room, t->n,
		       sizeof *t->names))
		return WEIR_ENOMEM;
	t->names[t->n] = name;
	return WEIR_OK;
}

static weir_status
set_priority(weir_tasks *t, int priority)
{
	if (!priority && !t->priorities)
		return WEIR_OK;
	if (!t->priorities) {
		t->priorities_room = t->n + 8;
		t->priorities = weir__calloc(t->heap, t->priorities_room,
					     sizeof *t->priorities);
		if (!t->priorities)
			return WEIR_ENOMEM;
	}
	if (weir__grow(t->heap, &t->priorities, &t->priorities_room, t->n,
		       sizeof *t->priorities))
		return WEIR_ENOMEM;
	t->priorities[t->n] = priority;
	return WEIR_OK;
}

weir_status
weir__tasks_append(weir_tasks *t, weir_task_fn fn, void *arg,
		   const weir_task_options *options)
{
	if (t->n >= WEIR__NO_TASK - 1)
		return weir_fail(WEIR_ERANGE, "%s: a task graph holds at most "
				 "2^32 - 2 tasks", t->name);
	if (weir__grow(t->heap, &t->tasks, &t->tasks_room, t->n,
		       sizeof *t->tasks) ||
	    weir__grow(t->heap, &t->first_pred, &t->first_pred_room, t->n + 1,
		       sizeof *t->first_pred) ||
	    weir__grow(t->heap, &t->seen, &t->seen_room, t->n,
		       sizeof *t->seen) ||
	    set_cost(t, options->nanoseconds) ||
	    begin_edges(t, options->edge_nanoseconds) ||
	    set_name(t, options->name) ||
	    set_priority(t, options->priority))
		return WEIR_ENOMEM;
	t->tasks[t->n] = (struct weir__task){ fn, arg };
	t->seen[t->n] = 0;
	t->first_pred[++t->n] = (uint32_t)t->n_preds;
	return WEIR_OK;
}

void
weir__tasks_forget_last(weir_tasks *t)
{
	size_t q;

	t->n--;
	for (q = t->first_pred[t->n]; q < t->n_preds; q++)
		t->seen[t->preds[q]] = 0;
	t->n_preds = t->first_pred[t->n];
	while (t->n_set_uses && t->set_uses[t->n_set_uses - 1].task == t->n)
		t->n_set_uses--;
	if (t->n_group_uses && t->group_uses[t->n_group_uses - 1].task == t->n)
		t->n_group_uses--;
	if (t->n_own_args && t->own_args[t->n_own_args - 1].task == t->n)
		t->n_own_args--;
	while (t->n_regions && t->regions[t->n_regions - 1].task == t->n)
		t->n_regions--;
}

/* -- whole tasks ------------------------------------------------------------------ */

/* *slot stays NULL for a task that is in no group. */
static weir_status
find_slot(weir_tasks *t, const weir_task_options *options,
	  struct weir__slot_of_group **slot)
{
	return options->group
		? weir__tasks_find_slot(t, options->group, options->at_most,
					slot)
		: WEIR_OK;
}

/* The last task is there to stay, or, after a failure, not. */
static weir_status
end_task(weir_tasks *t, weir_status status, const void *group,
	 struct weir__slot_of_group *slot)
{
	if (status)
		weir__tasks_forget_last(t);
	else if (slot)
		weir__tasks_take_slot(t, group, slot);
	return status;
}

weir_status
weir__tasks_append_own(weir_tasks *t, weir_task_fn fn, const void *arg,
		       size_t size, const weir_task_options *options)
{
	void *own = weir__task_args_copy(&t->args, t->heap, arg, size);
	weir_status status;

	if (!own || weir__grow(t->heap, &t->own_args, &t->own_args_room,
			       t->n_own_args, sizeof *t->own_args))
		return WEIR_ENOMEM;
	status = weir__tasks_append(t, fn, own, options);
	if (!status)
		t->own_args[t->n_own_args++] = (struct weir__own_arg){
			(uint32_t)(t->n - 1), (uint32_t)size };
	return status;
}

weir_status
weir__tasks_enter_group(weir_tasks *t, const weir_task_options *options)
{
	struct weir__slot_of_group *slot = NULL;
	weir_status status = find_slot(t, options, &slot);

	if (!status && slot)
		weir__tasks_take_slot(t, options->group, slot);
	return status;
}

/* With its accesses. */
static weir_status
complete(weir_tasks *t, const weir_access *accesses, size_t n,
	 const weir_task_options *options)
{
	struct weir__slot_of_group *slot = NULL;
	weir_status status = find_slot(t, options, &slot);

	if (!status)
		status = weir__tasks_add_regions(t, accesses, n,
						 options->bytes);
	if (!status)
		status = weir__tasks_access(t, accesses, n,
					    options->edge_nanoseconds);
	return end_task(t, status, options->group, slot);
}

weir_status
weir__tasks_record(weir_tasks *t, weir_task_fn fn, void *arg,
		   const weir_access *accesses, size_t n,
		   const weir_task_options *options)
{
	weir_status status = weir__tasks_append(t, fn, arg, options);

	return status ? status : complete(t, accesses, n, options);
}

weir_status
weir__tasks_record_own(weir_tasks *t, weir_task_fn fn, const void *arg,
		       size_t size, const weir_access *accesses, size_t n,
		       const weir_task_options *options)
{
	weir_status status = weir__tasks_append_own(t, fn, arg, size, options);

	return status ? status : complete(t, accesses, n, options);
}

weir_status
weir__tasks_record_after(weir_tasks *t, weir_task_fn fn, void *arg,
			 const uint32_t *after, size_t n,
			 const weir_task_options *options)
{
	weir_status status = weir__tasks_append(t, fn, arg, options);
	struct weir__slot_of_group *slot = NULL;
	size_t i;

	if (status)
		return status;
	for (i = 0; i < n && !status; i++) {
		status = weir__tasks_after(t, after[i]);
		if (!status && options->edge_nanoseconds)
			weir__tasks_add_edge_cost(
				t, after[i], options->edge_nanoseconds[i]);
	}
	if (!status)
		status = find_slot(t, options, &slot);
	return end_task(t, status, options->group, slot);
}
