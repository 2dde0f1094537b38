#include "plan/buffers.h"

#include <string.h>

struct finder {
	struct weir__buffers *b;
	const weir_plan *plan;
	uint32_t *last_use;	/* per value: the step */
};

/* -- writing over an operand ---------------------------------------------- */

/* Whether a step is the last to read a value, and reads it as it was made, so
 * that it can write its result 0 over it. */
static bool
is_spent(const struct finder *f, uint32_t number, uint32_t value)
{
	const struct weir__step *step = &f->plan->steps[number];
	const struct weir__slot *slots = &f->plan->slots[step->first_slot];
	uint32_t i;

	if (f->last_use[value] != number)
		return false;
	for (i = 0; i < step->node->n_in; i++)
		if (slots[i].where == WEIR__AT_ARENA &&
		    slots[i].index == value && !slots[i].is_direct)
			return false;
	return true;
}

/* The first such operand's buffer, or WEIR__NOWHERE. */
static uint32_t
to_overwrite(const struct finder *f, uint32_t number)
{
	const struct weir__step *step = &f->plan->steps[number];
	const struct weir__slot *slots = &f->plan->slots[step->first_slot];
	uint32_t i;

	if (!(step->node->op->flags & WEIR_OP_IN_PLACE))
		return WEIR__NOWHERE;
	for (i = 0; i < step->node->n_in; i++)
		if (slots[i].where == WEIR__AT_ARENA &&
		    weir__spec_equal(slots[i].spec, step->call.out[0]) &&
		    is_spent(f, number, slots[i].index))
			return f->b->of_value[slots[i].index];
	return WEIR__NOWHERE;
}

/* -- all of them ---------------------------------------------------------- */

static void
find_last_uses(struct finder *f)
{
	const weir_plan *plan = f->plan;
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		const struct weir__slot *slot = &plan->slots[step->first_slot];

		for (j = step->node->n_in + step->node->n_out; j > 0;
		     j--, slot++)
			if (slot->where == WEIR__AT_ARENA)
				f->last_use[slot->index] = i;
	}
}

static uint32_t
add(struct weir__buffers *b, size_t bytes, uint32_t first, uint32_t last)
{
	b->list[b->n] = (struct weir__buffer){ weir__aligned(bytes), first,
					       last };
	return b->n++;
}

static void
add_step(struct finder *f, uint32_t number)
{
	const struct weir__step *step = &f->plan->steps[number];
	const struct weir__slot *out = &f->plan->slots[step->first_slot +
						       step->node->n_in];
	struct weir__buffers *b = f->b;
	uint32_t i, k;

	for (i = 0; i < step->node->n_out; i++) {
		if (out[i].where != WEIR__AT_ARENA)
			continue;
		k = i == 0 ? to_overwrite(f, number) : WEIR__NOWHERE;
		if (k != WEIR__NOWHERE)
			b->list[k].last = f->last_use[out[i].index];
		else
			k = add(b, (size_t)weir__spec_bytes(out[i].spec),
				number, f->last_use[out[i].index]);
		b->of_value[out[i].index] = k;
	}
	if (step->scratch_bytes)
		b->of_scratch[number] = add(b, weir__step_scratch(f->plan,
								  step),
					    number, number);
}

/* The sum at each step of what is needed there. */
weir_status
weir__buffers_find_live(struct weir__buffers *b, uint32_t steps)
{
	size_t *gone = weir__calloc(b->heap, (size_t)steps + 1, sizeof *gone);
	size_t live = 0;
	uint32_t i, step = 0;

	if (!gone)
		return WEIR_ENOMEM;
	b->live = 0;
	for (i = 0; i < b->n; i++) {
		for (; step < b->list[i].first; step++)
			live -= gone[step];
		live += b->list[i].bytes;
		gone[b->list[i].last] += b->list[i].bytes;
		if (b->live < live)
			b->live = live;
	}
	weir__free(b->heap, gone);
	return WEIR_OK;
}

weir_status
weir__buffers_init(struct weir__buffers *b, const weir_plan *plan)
{
	size_t values = plan->n_values + 1;
	size_t steps = (size_t)plan->n_steps + 1, i;
	struct finder f = { .b = b, .plan = plan };
	struct weir__heap *heap = plan->heap;
	weir_status status = WEIR_ENOMEM;

	b->heap = heap;
	b->list = weir__alloc(heap, (plan->n_slots + steps) * sizeof *b->list);
	b->of_value = weir__alloc(heap, values * sizeof *b->of_value);
	b->of_scratch = weir__alloc(heap, steps * sizeof *b->of_scratch);
	f.last_use = weir__calloc(heap, values, sizeof *f.last_use);
	if (b->list && b->of_value && b->of_scratch && f.last_use) {
		memset(b->of_value, 0xff, values * sizeof *b->of_value);
		memset(b->of_scratch, 0xff, steps * sizeof *b->of_scratch);
		find_last_uses(&f);
		for (i = 0; i < plan->n_steps; i++)
			add_step(&f, (uint32_t)i);
		status = weir__buffers_find_live(b, plan->n_steps);
	}
	weir__free(heap, f.last_use);
	return status;
}

void
weir__buffers_free(struct weir__buffers *b)
{
	weir__free(b->heap, b->list);
	weir__free(b->heap, b->of_value);
	weir__free(b->heap, b->of_scratch);
}
