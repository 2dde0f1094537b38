/* The state of a run: made once, used by one run after another. */
#include "exec/run_control.h"
#include "plan/streams.h"

#include <string.h>

void
weir__run_free(struct weir__run *run)
{
	struct weir__heap *heap = run->plan->heap;
	uint32_t i;

	for (i = 0; run->exports && i < run->plan->n_exports; i++)
		weir_tensor_release(run->exports[i]);
	weir__run_free_controls(run);
	weir__storage_release(run->memory);
	weir__free(heap, run->views);
	weir__free(heap, run->kernels);
	weir__free(heap, (void *)run->uses_left);
	weir__free(heap, run->movables);
	weir__free(heap, run->moving);
	weir__free(heap, run->in);
	weir__free(heap, run->access.loans);
	weir__free(heap, run->exports);
	weir__free(heap, run->views_out);
	weir__free(heap, run->written);
	weir__free(heap, run->becoming);
	weir__free(heap, (void *)run->ends);
	weir__stream_loop_free(&run->loop, heap);
	weir__free(heap, run->infos);
	weir__free(heap, run->why);
	pthread_mutex_destroy(&run->failure_lock);
	weir__free(heap, run);
}

static void
free_idle(weir_plan *plan)
{
	struct weir__run *run = atomic_load(&plan->idle_first), *next;

	if (run)
		weir__run_free(run);
	for (run = plan->idle; run; run = next) {
		next = run->next;
		weir__run_free(run);
	}
	plan->idle = NULL;
}

/* -- views -------------------------------------------------------------------- */

/* The tensors that may be others in each run are the run's operands, what
 * variables are, and the exports: numbered in this order. */
static size_t
n_tensors(const weir_plan *plan)
{
	return plan->graph->n_inputs + plan->n_variables + plan->n_exports;
}

/* n_tensors() for what is always the same. */
static size_t
number_of_tensor(const weir_plan *plan, const struct weir__slot *slot)
{
	size_t n = plan->graph->n_inputs;

	switch (slot->where) {
	case WEIR__AT_INPUT:
		return slot->index;
	case WEIR__AT_VARIABLE:
		return n + slot->index;
	case WEIR__AT_EXPORT:
		return n + plan->n_variables + slot->index;
	case WEIR__AT_CONSTANT:
	case WEIR__AT_ARENA:
		break;
	}
	return n_tensors(plan);
}

static weir_tensor **
place_of_tensor(struct weir__run *run, size_t number)
{
	const weir_plan *plan = run->plan;

	if (number < plan->graph->n_inputs)
		return &run->in[number];
	number -= plan->graph->n_inputs;
	if (number < plan->n_variables)
		return &run->access.loans[number].value;
	return &run->exports[number - plan->n_variables];
}

static void
lay_out_view(struct weir__run *run, uint32_t number)
{
	const weir_plan *plan = run->plan;
	const struct weir__slot *slot = &plan->slots[number];
	weir_view *view = &run->views[number];

	view->spec = slot->spec;
	view->strides = slot->strides;
	if (slot->where == WEIR__AT_CONSTANT)
		view->data = (char *)plan->constants[slot->index]->data +
			     slot->offset;
	else if (slot->where == WEIR__AT_ARENA)
		view->data = run->arena + slot->offset;
}

/* Sort the others by tensor: of each `first` is where the next one goes, until
 * all are there. */
static void
sort_moving(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	size_t n = n_tensors(plan), k;
	struct weir__movable *m = run->movables;
	uint32_t i, first = 0, count;

	for (i = 0; i < plan->n_slots; i++) {
		k = number_of_tensor(plan, &plan->slots[i]);
		m[k].first += k < n;
	}
	for (k = 0; k < n; k++) {
		count = m[k].first;
		m[k].first = first;
		first += count;
	}
	for (i = 0; i < plan->n_slots; i++) {
		k = number_of_tensor(plan, &plan->slots[i]);
		if (k < n)
			run->moving[m[k].first++] = (struct weir__moving){
				&run->views[i], plan->slots[i].offset,
			};
	}
}

/* The list of those that have views: each now ends where `first` is. */
static void
list_movables(struct weir__run *run)
{
	size_t n = n_tensors(run->plan), k;
	struct weir__movable *to = run->movables;
	uint32_t begin = 0, end;

	for (k = 0; k < n; k++) {
		end = run->movables[k].first;
		if (end == begin)
			continue;
		*to++ = (struct weir__movable){
			.tensor = place_of_tensor(run, k), .first = begin,
		};
		begin = end;
	}
	*to = (struct weir__movable){ .first = begin };
}

/* Views and kernels point into each other and into the arena, for good. */
static void
lay_out(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_slots; i++)
		lay_out_view(run, i);
	sort_moving(run);
	list_movables(run);
	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		weir_kernel *kernel = &run->kernels[i];

		kernel->call = step->call;
		kernel->in = &run->views[step->first_slot];
		kernel->out = kernel->in + step->call.n_in;
		if (step->scratch < 0)
			continue;
		kernel->scratch = run->arena + step->scratch +
				  step->shared_bytes;
		if (step->shared_bytes)
			kernel->shared = run->arena + step->scratch;
	}
	for (i = 0; i < plan->n_writes; i++)
		run->written[i] = plan->variables[plan->writes[i].variable];
	run->access.written = run->written;
	run->access.n_written = plan->n_writes;
	run->access.variables = plan->variables;
	run->access.n = plan->n_variables;
}

/* -- memory ------------------------------------------------------------------- */

/* Where pages matter it begins with one, and they are where the plan has them
 * if the workers are. */
static weir_status
make_arena(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	size_t huge = weir__topology_huge_page(plan->topology,
					       plan->arena_bytes);
	size_t room = huge ? huge - 1 : plan->node_of_page ? WEIR__PAGE - 1 : 0;

	run->memory = weir__storage_new(plan->heap, plan->arena_bytes + room);
	if (!run->memory)
		return WEIR_ENOMEM;
	run->arena = run->memory->data;
	run->arena += -(uintptr_t)run->arena & room;
	if (huge)
		weir__topology_make_huge(run->arena, plan->arena_bytes);
	if (plan->node_of_page && weir__team_is_placed(plan->team))
		weir__topology_place_memory(plan->topology, run->arena,
					    plan->node_of_page,
					    plan->n_pages);
	return WEIR_OK;
}

/* What each worker reads as it goes, once for all runs, and where it tells how
 * far it is. */
static weir_status
place_streams(struct weir__run *run)
{
	weir_plan *plan = run->plan;

	if (plan->workers < 2 || !weir__team_is_placed(plan->team))
		return WEIR_OK;
	if (!atomic_exchange_explicit(&plan->is_placed, true,
				      memory_order_relaxed))
		weir__streams_place(plan->schedule, plan->topology,
				    plan->work, sizeof *plan->work);
	return weir__stream_loop_spread(&run->loop, plan->heap,
					plan->topology);
}

weir_status
weir__run_new_in(weir_plan *plan, char *arena, struct weir__run **out)
{
	struct weir__heap *heap = plan->heap;
	struct weir__run *run = weir__calloc(heap, 1, sizeof *run);

	if (!run)
		return arena ? WEIR_ENOMEM : weir__run_lacks_room(plan);
	run->plan = plan;
	pthread_mutex_init(&run->failure_lock, NULL);
#define ROOM_FOR(field, n) \
	((field) = weir__calloc(heap, (size_t)(n) + 1, sizeof *(field)))
	if (!ROOM_FOR(run->views, plan->n_slots) ||
	    !ROOM_FOR(run->kernels, plan->n_steps) ||
	    !ROOM_FOR(run->movables, n_tensors(plan)) ||
	    !ROOM_FOR(run->moving, plan->n_slots) ||
	    !ROOM_FOR(run->in, plan->graph->n_inputs) ||
	    !ROOM_FOR(run->access.loans, plan->n_variables) ||
	    !ROOM_FOR(run->exports, plan->n_exports) ||
	    !ROOM_FOR(run->views_out, plan->n_outputs) ||
	    !ROOM_FOR(run->written, plan->n_writes) ||
	    !ROOM_FOR(run->becoming, plan->n_writes) ||
	    !ROOM_FOR(run->ends, plan->dag.n) ||
	    !ROOM_FOR(run->why, WEIR__ERROR_SIZE) ||
	    weir__stream_loop_init(&run->loop, heap, plan->schedule,
				   &run->waiting,
				   weir__topology_distances(plan->topology),
				   weir__team_processors(plan->team),
				   weir__run_block) ||
	    place_streams(run))
		goto no_memory;
#undef ROOM_FOR
	run->arena = arena;
	if (!arena && plan->arena_bytes && make_arena(run)) {
		weir__run_free(run);
		return weir__run_lacks_arena(plan);
	}
	if (weir__run_poison_init(run))
		goto no_memory;
	lay_out(run);
	if (weir__run_make_controls(run))
		goto no_memory;
	*out = run;
	return WEIR_OK;
no_memory:
	weir__run_free(run);
	/* of a body's run, the run around it says where */
	return arena ? WEIR_ENOMEM : weir__run_lacks_room(plan);
}

static struct weir__run *
take_idle(weir_plan *plan)
{
	struct weir__run *run;

	/* acquire: what its last run left behind */
	run = atomic_exchange_explicit(&plan->idle_first, NULL,
				       memory_order_acquire);
	if (run)
		return run;
	pthread_mutex_lock(&plan->idle_lock);
	plan->free_idle = free_idle;
	run = plan->idle;
	if (run)
		plan->idle = run->next;
	pthread_mutex_unlock(&plan->idle_lock);
	return run;
}

void
weir__run_reset(struct weir__run *run)
{
	run->status = WEIR_OK;
	run->is_told = run->is_alone = false;
	run->caller = 0;
	run->has_begun = false;
	run->start = NULL;
	run->deadline = 0;
	run->tracer = NULL;
	weir__run_poison_begin(run);
	run->waiting.around = weir__run_under_way();
	atomic_store_explicit(&run->posted, 0, memory_order_relaxed);
	atomic_store_explicit(&run->failed, UINT64_MAX, memory_order_relaxed);
}

weir_status
weir__run_take(weir_plan *plan, struct weir__run **out)
{
	struct weir__run *run = take_idle(plan);
	weir_status status;

	status = run ? WEIR_OK : weir__run_new_in(plan, NULL, &run);
	if (!status)
		*out = run;
	return status;
}

void
weir__run_give_back(struct weir__run *run)
{
	weir_plan *plan = run->plan;
	void *none = NULL;

	if (atomic_compare_exchange_strong_explicit(&plan->idle_first, &none,
						    run, memory_order_release,
						    memory_order_relaxed))
		return;
	pthread_mutex_lock(&plan->idle_lock);
	run->next = plan->idle;
	plan->idle = run;
	pthread_mutex_unlock(&plan->idle_lock);
}
