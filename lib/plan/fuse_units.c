/*
 * In what portions steps make their results, and what they need for that of
 * what others have made: tiles, whole grains of them, and units of a group.
 */
#include "plan/fuse.h"

#include <string.h>

#include "ops/invoke.h"
#include "ops/loop.h"

static const double FITS_BYTES = 512 << 10;	/* in the cache of one core */

static int64_t
elements_of(const struct weir__step *step)
{
	return weir__spec_elements(step->call.out[0]);
}

/* -- grains ---------------------------------------------------------------- */

static void
reach_of_result(const struct weir__step *step, int64_t begin, int64_t end,
		int64_t *first, int64_t *last)
{
	if (end > step->tiles)
		end = step->tiles;
	weir__reach(&step->call, step->call.n_in, begin, end, first, last);
}

bool
weir__can_be_fused(const weir_plan *plan, const struct weir__step *step)
{
	const weir_op *op = step->call.op;

	return op->flags & WEIR_OP_PURE && op->reach && !step->is_invariant &&
	       !weir__step_finishes(step) && step->call.n_out == 1 &&
	       !step->scratch_bytes &&
	       !weir__node_is_fallible(plan->graph, step->node);
}

void
weir__grain_find(const weir_plan *plan, uint32_t number,
		 struct weir__grain *grain)
{
	const struct weir__step *step = &plan->steps[number];
	int64_t first, last, from, to, tiles = 1, i, n;

	if (!weir__can_be_fused(plan, step))
		return;
	weir__part_find(plan, number, grain);
	if (grain->part || step->tiles < 2)
		return;
	n = elements_of(step);
	/* What is cut by the loop is cut as it says. */
	if (step->call.op->reach == weir__loop_reach) {
		last = weir__loop_tile(step->call.out[0]);
		if (weir__ceil_div(n, last) == step->tiles)
			*grain = (struct weir__grain){ .elements = last,
						       .tiles = 1 };
		return;
	}
	reach_of_result(step, 0, 1, &first, &last);
	if (first != 0 || last < 1 || last >= n)
		return;
	for (; tiles < step->tiles; tiles++) {
		reach_of_result(step, tiles, tiles + 1, &from, &to);
		if (from != first)
			break;
	}
	for (i = 0; i * tiles < step->tiles; i++) {
		reach_of_result(step, i * tiles, (i + 1) * tiles, &from, &to);
		if (from != i * last ||
		    to != ((i + 1) * last < n ? (i + 1) * last : n))
			return;
	}
	if (i * last < n)
		return;
	*grain = (struct weir__grain){ .elements = last, .tiles = tiles };
}

/* -- units ----------------------------------------------------------------- */

int64_t
weir__least_common_multiple(int64_t a, int64_t b)
{
	int64_t x = a, y = b, rest;

	while (y) {
		rest = x % y;
		x = y;
		y = rest;
	}
	return a / x * b;
}

int64_t
weir__member_width(const struct weir__groups *groups,
		   const struct weir__group *group,
		   const struct weir__step *step, uint32_t number)
{
	if (groups->margins[number].width)
		return groups->margins[number].width;
	return group->by_rows ? elements_of(step) / group->units : 1;
}

int64_t
weir__grain_units(const struct weir__grain *grain, int64_t width)
{
	if (grain->part)
		return grain->part;
	return weir__least_common_multiple(grain->elements, width) / width;
}

/* Whether it may make its result over what it reads, as the last to do so. */
static bool
is_in_place(const weir_plan *plan, const struct weir__groups *groups,
	    const struct weir__step *step)
{
	const struct weir__uses *uses = &groups->uses;
	uint32_t i, slot = step->first_slot;

	if (!(step->call.op->flags & WEIR_OP_IN_PLACE))
		return false;
	for (i = 0; i < step->call.n_in; i++, slot++)
		if (plan->slots[slot].maker != WEIR__NOWHERE &&
		    plan->slots[slot].where == WEIR__AT_ARENA &&
		    plan->slots[slot].is_direct &&
		    uses->first[plan->slots[slot].maker] == slot &&
		    weir__spec_equal(plan->slots[slot].spec,
				     step->call.out[0]))
			return true;
	return false;
}

bool
weir__group_add(const weir_plan *plan, const struct weir__groups *groups,
		struct weir__group *both, const struct weir__group *members)
{
	uint32_t number;

	for (number = members->first; number != WEIR__NOWHERE;
	     number = groups->next[number]) {
		const struct weir__step *step = &plan->steps[number];
		const struct weir__grain *grain = &groups->grains[number];
		int64_t width;

		if (!grain->part && !groups->margins[number].width &&
		    both->by_rows && elements_of(step) % both->units)
			return false;
		width = weir__member_width(groups, both, step, number);
		both->is_wide |= !grain->part && width > 1;
		both->granule = weir__least_common_multiple(
			both->granule,
			weir__grain_units(grain, width));
		if (both->granule > both->units / 2)
			return false;
		if (!is_in_place(plan, groups, step))
			both->bytes += (double)(
				width * (int64_t)weir_dtype_size(
						 step->call.out[0]->dtype));
	}
	return true;
}

bool
weir__group_fits(struct weir__groups *groups, const struct weir__group *group,
		 unsigned workers)
{
	if (group->bytes * (double)group->granule > FITS_BYTES ||
	    group->granule * 2 > group->units)
		return false;
	if (group->granule * 2 * workers <= group->units)
		return true;
	groups->is_for_many = true;
	return false;
}

/* -- what is needed -------------------------------------------------------- */

bool
weir__is_loop(const struct weir__step *step)
{
	return step->call.op->flags & WEIR_OP_ELEMENTWISE &&
	       step->call.op->reach == weir__loop_reach;
}

/* Whether an element needs that of the operand at its place, and no other. */
static bool
is_same_element(const struct weir__step *step, const weir_spec *operand)
{
	return weir__is_loop(step) &&
	       weir__spec_same_shape(operand, step->call.out[0]);
}

/*
 * Whether a step goes through an operand entry by entry of the first axis, and
 * these are units of both: then the units that it needs are as far from its own
 * everywhere as they are from the first.
 */
static bool
is_even(const struct weir__step *step, const struct weir__slot *slot,
	int64_t own_width, int64_t width)
{
	const weir_spec *out = step->call.out[0], *in = slot->spec;

	return weir__is_loop(step) && in->rank && in->rank == out->rank &&
	       in->shape[0] == out->shape[0] &&
	       own_width * out->shape[0] == elements_of(step) &&
	       slot->strides[0] == width * (int64_t)weir_dtype_size(in->dtype);
}

/* The bytes, from the first of the value, that the first entry is in. */
static struct weir__margin
needs_of_first(const struct weir__slot *slot, int64_t offset, int64_t width)
{
	int64_t size = (int64_t)weir_dtype_size(slot->spec->dtype);
	int64_t high = offset, row = width * size, unit, last;
	int axis;

	for (axis = 1; axis < slot->spec->rank; axis++)
		high += (slot->spec->shape[axis] - 1) * slot->strides[axis];
	unit = offset / row;
	last = high / row;
	return (struct weir__margin){ .before = -unit, .after = last };
}

bool
weir__keeps_pace(const struct weir__step *step, const struct weir__grain *grain,
		 uint32_t operand, int64_t own_width, int64_t width)
{
	int64_t units = grain->elements / own_width, first, last, i;

	if (grain->part)
		return false;
	if (is_same_element(step, step->call.in[operand]) && own_width == width)
		return true;
	if (grain->elements % own_width)
		return false;
	for (i = 0; i * grain->tiles < step->tiles; i++) {
		weir__reach(&step->call, operand, i * grain->tiles,
			    weir__least((i + 1) * grain->tiles, step->tiles),
			    &first, &last);
		if (first < i * units * width || last > (i + 1) * units * width)
			return false;
	}
	return true;
}

bool
weir__needs_of(const weir_plan *plan, uint32_t number,
	       const struct weir__grain *grain, uint32_t operand,
	       int64_t own_width, int64_t width, int64_t most,
	       struct weir__margin *needs)
{
	const struct weir__step *step = &plan->steps[number];
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	int64_t n = elements_of(step), first, last, i, from, to, end;
	bool is_any = false;

	*needs = (struct weir__margin){ 0 };
	if (grain->part)
		return weir__goes_through_rows(plan, number, operand, width);
	if (slot->is_direct && own_width == width &&
	    is_same_element(step, slot->spec))
		return true;
	if (is_even(step, slot, own_width, width)) {
		const struct weir__step *maker = &plan->steps[slot->maker];

		*needs = needs_of_first(slot, slot->offset - plan->slots[
			maker->first_slot + maker->call.n_in +
			slot->result].offset, width);
		return needs->before + needs->after <= most;
	}
	for (i = 0; i * grain->tiles < step->tiles; i++) {
		end = weir__least((i + 1) * grain->tiles, step->tiles);
		weir__tiles_reach_of_value(plan, number, operand,
					   i * grain->tiles, end, &first,
					   &last);
		if (first >= last)
			continue;
		from = i * grain->elements / own_width - first / width;
		to = weir__ceil_div(last, width) - weir__ceil_div(
			weir__least((i + 1) * grain->elements, n), own_width);
		if (!is_any || needs->before < from)
			needs->before = from;
		if (!is_any || needs->after < to)
			needs->after = to;
		is_any = true;
		if (needs->before + needs->after > most)
			return false;
	}
	return true;
}
