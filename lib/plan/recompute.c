#include "plan/recompute.h"

#include <string.h>

#include "ops/banded.h"

/* What is so much smaller than what is made of it is kept for that. */
enum { SMALL = 16 };

static const struct weir__slot *
slots_of(const struct weir__recompute *r, uint32_t step)
{
	return &r->old_slots[r->old[step].first_slot];
}

/* The step that makes an operand, if that is in the arena. */
static uint32_t
maker_of(const struct weir__slot *operand)
{
	return operand->where == WEIR__AT_ARENA ? operand->maker
						: WEIR__NOWHERE;
}

static bool
is_small(const struct weir__recompute *r, uint32_t step, uint32_t reader)
{
	return r->late[step].bytes <= r->late[reader].bytes / SMALL;
}

/* -- gaps ----------------------------------------------------------------- */

static size_t
bytes_of(const struct weir__recompute *r, uint32_t number)
{
	const struct weir__step *step = &r->old[number];
	const struct weir__slot *out = slots_of(r, number) + step->call.n_in;
	size_t bytes = 0, i;

	for (i = 0; i < step->call.n_out; i++)
		if (out[i].where == WEIR__AT_ARENA)
			bytes += (size_t)weir__spec_bytes(out[i].spec);
	return bytes;
}

static bool
may_be_done_again(const struct weir__recompute *r, uint32_t number)
{
	const struct weir__step *step = &r->old[number];

	return step->call.op->flags & WEIR_OP_PURE && step->call.n_out &&
	       !weir__node_is_fallible(r->plan->graph, step->node);
}

/* The longest time for which nobody reads what a step has made; last: per
 * step, who has read it so far. */
static void
find_gaps(struct weir__recompute *r, uint32_t *last)
{
	uint32_t i, j, maker;

	for (i = 0; i < r->n_old; i++) {
		const struct weir__slot *in = slots_of(r, i);

		last[i] = i;
		r->late[i] = (struct weir__late){
			.may = may_be_done_again(r, i), .before = i,
			.after = i, .bytes = bytes_of(r, i),
		};
		for (j = 0; j < r->old[i].call.n_in; j++) {
			struct weir__late *late;

			maker = maker_of(&in[j]);
			if (maker == WEIR__NOWHERE)
				continue;
			late = &r->late[maker];
			if (i - last[maker] > late->after - late->before) {
				late->before = last[maker];
				late->after = i;
			}
			last[maker] = i;
		}
	}
	for (i = 0; i < r->n_old; i++) {
		r->late[i].has_gap = r->late[i].after - r->late[i].before > 1;
		if (!r->late[i].has_gap)
			r->late[i].before = last[i];
	}
}

/* With operands that are gone when it is done again, whatever is evicted. */
static void
find_times(struct weir__recompute *r)
{
	uint32_t i, j, k, maker;

	for (i = 0; i < r->n_old; i++) {
		const struct weir__slot *in = slots_of(r, i);

		r->late[i].ns = r->old[i].cost.nanoseconds;
		for (j = 0; j < r->old[i].call.n_in; j++) {
			maker = maker_of(&in[j]);
			for (k = 0; k < j && maker_of(&in[k]) != maker; k++)
				;
			if (maker == WEIR__NOWHERE || k < j ||
			    !r->late[maker].may || r->late[maker].has_gap ||
			    is_small(r, maker, i))
				continue;
			r->late[i].ns += r->late[maker].ns;
		}
	}
}

/* -- the plan with them --------------------------------------------------- */

/* Whether a step, done at the place of old step `at`, or instead of it, reads
 * what `maker` makes the second time. */
static bool
reads_again(const struct weir__recompute *r, uint32_t reader, uint32_t at,
	    const struct weir__slot *operand)
{
	uint32_t maker = maker_of(operand);
	const struct weir__late *late;

	if (maker == WEIR__NOWHERE)
		return false;
	late = &r->late[maker];
	if (!late->may || at <= late->before)
		return false;
	if (r->again[maker] != WEIR__NOWHERE)
		return true;
	return late->has_gap ? late->is_evicted
			     : !is_small(r, maker, reader);
}

static void
add(struct weir__recompute *r, uint32_t number, uint32_t at)
{
	weir_plan *plan = r->plan;
	struct weir__step *step = &plan->steps[plan->n_steps];
	const struct weir__slot *old = slots_of(r, number);
	struct weir__slot *slot = &plan->slots[plan->n_slots];
	bool is_again = number != at;
	size_t i;

	*step = r->old[number];
	step->first_slot = plan->n_slots;
	for (i = 0; i < step->call.n_in; i++, slot++, old++) {
		*slot = *old;
		if (reads_again(r, number, at, old)) {
			slot->maker = r->again[old->maker];
			slot->index = r->first_value[old->maker] + old->result;
		} else if (old->maker != WEIR__NOWHERE) {
			slot->maker = r->place[old->maker];
		}
	}
	if (is_again) {
		r->again[number] = plan->n_steps;
		r->first_value[number] = (uint32_t)plan->n_values;
		r->ns += step->cost.nanoseconds;
		r->flops += step->cost.flops;
		step->again = plan->graph->ordinals + ++r->n_again;
	} else {
		r->place[number] = plan->n_steps;
	}
	for (i = 0; i < step->call.n_out; i++, slot++, old++) {
		*slot = *old;
		if (!is_again)
			continue;
		slot->where = WEIR__AT_ARENA;
		slot->index = (uint32_t)plan->n_values++;
	}
	plan->n_slots += (uint32_t)(step->call.n_in + step->call.n_out);
	plan->n_steps++;
}

/* Push what a step is to read again and is not there; false: all is. */
static bool
push_needed(struct weir__recompute *r, uint32_t step, uint32_t at,
	    uint32_t *depth)
{
	const struct weir__slot *in = slots_of(r, step);
	size_t i;

	for (i = 0; i < r->old[step].call.n_in; i++)
		if (reads_again(r, step, at, &in[i]) &&
		    r->again[in[i].maker] == WEIR__NOWHERE) {
			r->pending[(*depth)++] = in[i].maker;
			return true;
		}
	return false;
}

static void
add_all(struct weir__recompute *r)
{
	uint32_t at, step, depth;

	for (at = 0; at < r->n_old; at++) {
		depth = 0;
		r->pending[depth++] = at;
		while (depth) {
			step = r->pending[depth - 1];
			if (push_needed(r, step, at, &depth))
				continue;
			depth--;
			add(r, step, at);
		}
	}
}

weir_status
weir__recompute_apply(struct weir__recompute *r)
{
	weir_plan *plan = r->plan;
	size_t steps = 2 * (size_t)r->n_old + 1;
	size_t slots = 2 * (size_t)r->n_old_slots + 1;
	uint32_t i;

	if (steps > UINT32_MAX || slots > UINT32_MAX ||
	    plan->graph->n_values + r->n_old_slots > UINT32_MAX)
		return WEIR_ENOMEM;
	weir__free(r->heap, plan->steps);
	weir__free(r->heap, plan->slots);
	plan->steps = weir__calloc(r->heap, steps, sizeof *plan->steps);
	plan->slots = weir__calloc(r->heap, slots, sizeof *plan->slots);
	plan->n_steps = plan->n_slots = 0;
	if (!plan->steps || !plan->slots)
		return WEIR_ENOMEM;
	plan->n_values = plan->graph->n_values;
	r->ns = r->flops = 0;
	r->n_again = 0;
	memset(r->again, 0xff, r->n_old * sizeof *r->again);
	add_all(r);
	for (i = 0; i < plan->info.nodes; i++)
		plan->parts[i].step = r->place[r->old_parts[i].step];
	return WEIR_OK;
}

void
weir__recompute_tell(const struct weir__recompute *r)
{
	weir_plan *plan = r->plan;
	uint32_t i;

	plan->info.recompute_ns = r->ns;
	plan->info.recompute_flops = r->flops;
	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].again)
			plan->info.recomputed += weir__calls_within(
				&plan->steps[i].call);
}

/* -- all of it ------------------------------------------------------------ */

void *
weir__copy_of(struct weir__heap *heap, const void *from, size_t bytes)
{
	void *to = weir__alloc(heap, bytes + 1);

	return to ? memcpy(to, from, bytes) : NULL;
}

weir_status
weir__recompute_init(struct weir__recompute *r)
{
	const weir_plan *plan = r->plan;
	size_t n = (size_t)plan->n_steps + 1;
	uint32_t *last;

	r->n_old = plan->n_steps;
	r->n_old_slots = plan->n_slots;
	r->old = weir__copy_of(r->heap, plan->steps,
			 plan->n_steps * sizeof *plan->steps);
	r->old_slots = weir__copy_of(r->heap, plan->slots,
			       plan->n_slots * sizeof *plan->slots);
	r->old_parts = weir__copy_of(r->heap, plan->parts,
			       plan->info.nodes * sizeof *plan->parts);
	r->late = weir__calloc(r->heap, n, sizeof *r->late);
	r->place = weir__calloc(r->heap, n, sizeof *r->place);
	r->again = weir__calloc(r->heap, n, sizeof *r->again);
	r->first_value = weir__calloc(r->heap, n, sizeof *r->first_value);
	r->pending = weir__calloc(r->heap, n, sizeof *r->pending);
	last = weir__calloc(r->heap, n, sizeof *last);
	if (r->old && r->old_slots && r->old_parts && r->late && r->place &&
	    r->again && r->first_value && r->pending && last) {
		find_gaps(r, last);
		find_times(r);
		weir__free(r->heap, last);
		return WEIR_OK;
	}
	weir__free(r->heap, last);
	return WEIR_ENOMEM;
}

void
weir__recompute_free(struct weir__recompute *r)
{
	weir__free(r->heap, r->old);
	weir__free(r->heap, r->old_slots);
	weir__free(r->heap, r->old_parts);
	weir__free(r->heap, r->late);
	weir__free(r->heap, r->place);
	weir__free(r->heap, r->again);
	weir__free(r->heap, r->first_value);
	weir__free(r->heap, r->pending);
}
