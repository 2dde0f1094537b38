/*
 * The steps of a plan, with one in the place of each group.
 *
 * A fused step stands where the last of its members stood, unless others have
 * to come later for its sake.
 */
#include <string.h>

#include "plan/fuse.h"

static void
copy_step(struct weir__fuser *f, uint32_t number)
{
	struct weir__step *step = &f->steps[f->n_steps];
	uint32_t i;

	*step = f->old[number];
	step->first_slot = f->n_slots;
	for (i = 0; i < step->call.n_in + step->call.n_out; i++)
		f->slots[f->n_slots++] = weir__fuser_moved(
			f, &weir__fuser_slots(f, number)[i]);
	f->place[number] = f->n_steps++;
}

/* -- in which order -------------------------------------------------------- */

/* Push a step that a step, or its group, waits for and that is not there yet;
 * false if there is none. */
static bool
push_needed(struct weir__fuser *f, uint32_t step, size_t *depth)
{
	const struct weir__group *group = weir__fuser_group(f, step);
	uint32_t member, i;

	for (member = group->first; member != WEIR__NOWHERE;
	     member = f->groups.next[member])
		for (i = 0; i < f->old[member].call.n_in; i++) {
			uint32_t maker = weir__fuser_slots(f, member)[i].maker;

			if (maker == WEIR__NOWHERE ||
			    f->place[maker] != WEIR__NOWHERE ||
			    f->groups.leader[maker] == f->groups.leader[step])
				continue;
			f->pending[(*depth)++] = maker;
			return true;
		}
	return false;
}

/* A step, or its group, after all that it waits for. */
static weir_status
add_step(struct weir__fuser *f, uint32_t step)
{
	size_t depth = 0;
	weir_status status = WEIR_OK;

	f->pending[depth++] = step;
	while (depth && !status) {
		step = f->pending[depth - 1];
		if (f->place[step] != WEIR__NOWHERE) {
			depth--;
		} else if (!push_needed(f, step, &depth)) {
			depth--;
			if (weir__fuser_joins(f, step))
				status = (f->groups.axes ? weir__fuse_bands
							 : weir__fuse_group)(
					f, weir__fuser_group(f, step));
			else
				copy_step(f, step);
		}
	}
	return status;
}

static bool
is_last_of_group(const struct weir__fuser *f, uint32_t step)
{
	return f->groups.next[step] == WEIR__NOWHERE;
}

static weir_status
add_all(struct weir__fuser *f)
{
	const weir_plan *plan = f->plan;
	weir_status status = WEIR_OK;
	uint32_t i;

	memset(f->place, 0xff, plan->n_steps * sizeof *f->place);
	weir__fuser_count(f, plan->n_steps);
	for (i = 0; i < plan->n_steps && !status; i++)
		if (is_last_of_group(f, i))
			status = add_step(f, i);
	return status;
}

/* -- all of it ------------------------------------------------------------- */

/* What the members of a step's group take, one by one. */
static double
taken_by_members(const struct weir__fuser *f, uint32_t step)
{
	uint32_t member = weir__fuser_group(f, step)->first;
	double sum = 0;

	for (; member != WEIR__NOWHERE; member = f->groups.next[member])
		sum += f->old[member].cost.nanoseconds;
	return sum;
}

static void
swap_in(struct weir__fuser *f)
{
	weir_plan *plan = f->plan;
	uint32_t i, old;
	double sum;

	for (i = 0; i < plan->info.nodes; i++) {
		struct weir__node_part *part = &plan->parts[i];

		old = part->step;
		part->step = f->place[old];
		if (!weir__fuser_joins(f, old))
			continue;
		sum = taken_by_members(f, old);
		part->share *= sum > 0
			? (float)(f->old[old].cost.nanoseconds / sum)
			: 1.0f / (float)weir__fuser_group(f, old)->n;
	}
	weir__free(plan->heap, plan->steps);
	weir__free(plan->heap, plan->slots);
	plan->steps = f->steps;
	plan->slots = f->slots;
	plan->n_steps = f->n_steps;
	plan->n_slots = f->n_slots;
	f->steps = NULL;
	f->slots = NULL;
}

/* What became of the members. */
static void
note_fates(const struct weir__fuser *f)
{
	const weir_graph *graph = f->plan->graph;
	struct weir__rewrite *r = f->plan->rewrite;
	uint32_t i, last;

	for (i = 0; i < f->plan->n_steps; i++) {
		uint32_t node;

		if (!weir__fuser_joins(f, i) || is_last_of_group(f, i))
			continue;
		for (last = i; !is_last_of_group(f, last);
		     last = f->groups.next[last])
			;
		node = graph->values[f->old[i].node->out[0]]->node;
		r->fate[node] = WEIR__FATE_FUSED;
		r->into[node] = graph->values[f->old[last].node->out[0]]->node;
	}
}

static weir_status
fuse(struct weir__fuser *f)
{
	weir_plan *plan = f->plan;
	struct weir__heap *heap = plan->heap;
	size_t n = (size_t)plan->n_steps + 1;
	weir_status status;

	f->steps = weir__calloc(heap, n, sizeof *f->steps);
	f->slots = weir__calloc(heap, (size_t)plan->n_slots + 1,
				sizeof *f->slots);
	f->place = weir__calloc(heap, n, sizeof *f->place);
	f->result = weir__calloc(heap, n, sizeof *f->result);
	f->uses = weir__calloc(heap, plan->n_values + 1,
			       sizeof *f->uses);
	f->pending = weir__calloc(heap, n, sizeof *f->pending);
	if (!f->steps || !f->slots || !f->place || !f->result || !f->uses ||
	    !f->pending)
		return WEIR_ENOMEM;
	status = add_all(f);
	if (!status) {
		note_fates(f);
		swap_in(f);
	}
	return status;
}

typedef weir_status
(*find_fn)(const weir_plan *plan, unsigned workers,
	   struct weir__groups *groups);

static weir_status
fuse_found(weir_plan *plan, unsigned workers, find_fn find)
{
	struct weir__fuser f = { .plan = plan, .old = plan->steps,
			   .old_slots = plan->slots };
	struct weir__heap *heap = plan->heap;
	weir_status status;
	bool is_any = false;
	uint32_t i;

	status = find(plan, workers, &f.groups);
	plan->is_fused_for_many |= f.groups.is_for_many;
	for (i = 0; f.groups.leader && i < plan->n_steps && !status && !is_any;
	     i++)
		is_any = weir__fuser_joins(&f, i);
	if (is_any)
		status = fuse(&f);
	weir__groups_free(&f.groups);
	weir__free(heap, f.steps);
	weir__free(heap, f.slots);
	weir__free(heap, f.place);
	weir__free(heap, f.result);
	weir__free(heap, f.uses);
	weir__free(heap, f.pending);
	return status;
}

weir_status
weir__plan_fuse(weir_plan *plan, unsigned workers)
{
	weir_status status;

	plan->fused_for = workers;
	plan->is_fused_for_many = false;
	status = fuse_found(plan, workers, weir__bands_find);
	if (!status)
		status = fuse_found(plan, workers, weir__whole_products_find);
	if (!status)
		status = fuse_found(plan, workers, weir__groups_find);
	if (!status)
		status = fuse_found(plan, workers, weir__products_find);
	return status;
}
