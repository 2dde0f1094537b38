#include "graph/tasks.h"

#include "base/error.h"
#include "graph/task_groups.h"

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
	weir__free(heap, tasks);
	weir__heap_release(heap);
}

/* Costs are kept from the first one told on; before that all were alike. */
static weir_status
set_cost(weir_tasks *t, double nanoseconds)
{
	static const float unknown = 10;
	size_t i;

	if (!t->costs && !(nanoseconds > 0))
		return WEIR_OK;
	if (!t->costs) {
		t->costs_room = t->tasks_room;
		t->costs = weir__alloc(t->heap, t->costs_room *
				       sizeof *t->costs);
		if (!t->costs)
			return WEIR_ENOMEM;
		for (i = 0; i < t->n; i++)
			t->costs[i] = unknown;
	}
	if (weir__grow(t->heap, &t->costs, &t->costs_room, t->n,
		       sizeof *t->costs))
		return WEIR_ENOMEM;
	t->costs[t->n] = nanoseconds > 0 ? (float)nanoseconds : unknown;
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

weir_status
weir__tasks_after(weir_tasks *t, uint32_t earlier)
{
	if (t->seen[earlier] == t->n)
		return WEIR_OK;
	if (t->n_preds >= WEIR__NO_TASK - 1)
		return weir_fail(WEIR_ERANGE, "%s: a task graph holds at most "
				 "2^32 - 2 dependencies", t->name);
	if (weir__grow(t->heap, &t->preds, &t->preds_room, t->n_preds,
		       sizeof *t->preds))
		return WEIR_ENOMEM;
	if (t->edge_costs) {
		if (weir__grow(t->heap, &t->edge_costs, &t->edge_costs_room,
			       t->n_preds, sizeof *t->edge_costs))
			return WEIR_ENOMEM;
		t->edge_costs[t->n_preds] = t->edge_cost;
	}
	t->seen[earlier] = (uint32_t)t->n;
	t->preds[t->n_preds++] = earlier;
	t->first_pred[t->n] = (uint32_t)t->n_preds;
	return WEIR_OK;
}

void
weir__tasks_add_edge_cost(weir_tasks *t, uint32_t earlier, double nanoseconds)
{
	size_t q = t->n_preds;

	/* Mostly the last one. */
	while (t->preds[--q] != earlier)
		;
	t->edge_costs[q] += (float)nanoseconds;
}

/* -- accesses to dependencies ------------------------------------------------------ */

static weir_status
find_state(weir_tasks *t, const void *memory, struct weir__place_state **state)
{
	uint32_t known = weir__pointer_map_get(&t->places, memory);

	if (known == WEIR__NOT_MAPPED) {
		if (weir__grow(t->heap, &t->states, &t->states_room,
			       t->n_states, sizeof *t->states) ||
		    weir__pointer_map_put(&t->places, memory,
					  (uint32_t)t->n_states))
			return WEIR_ENOMEM;
		known = (uint32_t)t->n_states++;
		t->states[known].writer = WEIR__NO_TASK;
		t->states[known].first_reader = WEIR__NO_TASK;
	}
	*state = &t->states[known];
	return WEIR_OK;
}

static weir_status
come_after(weir_tasks *t, const struct weir__place_state *state, bool writes)
{
	uint32_t r = writes ? state->first_reader : WEIR__NO_TASK;

	if (state->writer != WEIR__NO_TASK &&
	    weir__tasks_after(t, state->writer))
		return WEIR_ENOMEM;
	for (; r != WEIR__NO_TASK; r = t->readers[r].next)
		if (weir__tasks_after(t, t->readers[r].task))
			return WEIR_ENOMEM;
	return WEIR_OK;
}

static void
note_access(weir_tasks *t, const weir_access *access, uint32_t task)
{
	uint32_t number = weir__pointer_map_get(&t->places, access->memory);
	struct weir__place_state *state = &t->states[number];

	if (access->mode != WEIR_READ) {
		state->writer = task;
		state->first_reader = WEIR__NO_TASK;
		return;
	}
	/* Who wrote it just now reads its own. */
	if (state->writer == task)
		return;
	t->readers[t->n_readers] = (struct weir__reader){
		task, state->first_reader };
	state->first_reader = (uint32_t)t->n_readers++;
}

weir_status
weir__tasks_access(weir_tasks *t, const weir_access *accesses, size_t n,
		   const double *edge_nanoseconds)
{
	uint32_t task = (uint32_t)(t->n - 1);
	struct weir__place_state *state;
	size_t i;

	/* All that can fail, before anything is noted. */
	if (n && weir__grow(t->heap, &t->readers, &t->readers_room,
			    t->n_readers + n - 1, sizeof *t->readers))
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++) {
		if (find_state(t, accesses[i].memory, &state) ||
		    come_after(t, state, accesses[i].mode != WEIR_READ))
			return WEIR_ENOMEM;
		/* Who only keeps an order hands nothing over. */
		if (edge_nanoseconds && accesses[i].mode != WEIR_WRITE &&
		    state->writer != WEIR__NO_TASK)
			weir__tasks_add_edge_cost(t, state->writer,
						  edge_nanoseconds[i]);
	}
	for (i = 0; i < n; i++)
		note_access(t, &accesses[i], task);
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
}
