/* Which elements a piece of work touches. */
#include "ops/invoke.h"
#include "plan/plan.h"

void
weir__work_reach(const struct weir__step *step, const struct weir__work *work,
		 uint32_t operand, int64_t *first, int64_t *last)
{
	const weir_spec *spec = operand < step->call.n_in
		? step->call.in[operand]
		: step->call.out[operand - step->call.n_in];

	if (work->begin < work->end) {
		weir__reach(&step->call, operand, work->begin, work->end,
			    first, last);
		return;
	}
	*first = 0;
	*last = work->is_void ? 0 : weir__spec_elements(spec);
}

/*
 * Where elements first..last - 1 of a view are, there is one at least: the
 * lowest and the highest, in bytes from its first element. Along one axis not
 * all entries may be touched, along those before it one, and along those after
 * it all.
 */
static void
find_span(const struct weir__slot *view, int64_t first, int64_t last,
	  int64_t *low, int64_t *high)
{
	const weir_spec *spec = view->spec;
	int64_t inner = weir__spec_elements(spec), from, to;
	bool is_one = true;	/* entry of each axis so far */
	int64_t stride;
	int axis;

	*low = *high = 0;
	for (axis = 0; axis < spec->rank; axis++) {
		inner /= spec->shape[axis];
		from = is_one ? first / inner : 0;
		to = is_one ? (last - 1) / inner : spec->shape[axis] - 1;
		if (is_one) {
			first -= from * inner;
			last -= from * inner;
		}
		is_one = is_one && from == to;
		stride = view->strides[axis];
		*low += (stride < 0 ? to : from) * stride;
		*high += (stride < 0 ? from : to) * stride;
	}
}

bool
weir__work_reach_bytes(const weir_plan *plan, const struct weir__work *work,
		       uint32_t operand, int64_t *begin, int64_t *end)
{
	const struct weir__step *step = &plan->steps[work->step];
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	int64_t first, last;

	weir__work_reach(step, work, operand, &first, &last);
	if (first >= last)
		return false;
	find_span(slot, first, last, begin, end);
	*begin += slot->offset;
	*end += slot->offset + (int64_t)weir_dtype_size(slot->spec->dtype);
	return true;
}

/* From elements first..last - 1 of an operand to those of the value it is in. */
static void
find_in_value(const weir_plan *plan, const struct weir__slot *slot,
	      int64_t *first, int64_t *last)
{
	const struct weir__step *maker;
	const struct weir__slot *made;
	int64_t size = (int64_t)weir_dtype_size(slot->spec->dtype);
	int64_t low, high;

	if (slot->is_direct || *first >= *last)
		return;
	if (slot->maker == WEIR__NOWHERE) {
		*first = 0;
		*last = INT64_MAX;
		return;
	}
	maker = &plan->steps[slot->maker];
	made = &plan->slots[maker->first_slot + maker->node->n_in +
			    slot->result];
	find_span(slot, *first, *last, &low, &high);
	*first = (slot->offset - made->offset + low) / size;
	*last = (slot->offset - made->offset + high) / size + 1;
}

void
weir__work_reach_of_value(const weir_plan *plan, const struct weir__work *work,
			  uint32_t operand, int64_t *first, int64_t *last)
{
	const struct weir__step *step = &plan->steps[work->step];

	weir__work_reach(step, work, operand, first, last);
	if (operand < step->call.n_in)
		find_in_value(plan, &plan->slots[step->first_slot + operand],
			      first, last);
}

void
weir__tiles_reach_of_value(const weir_plan *plan, uint32_t number,
			   uint32_t operand, int64_t begin, int64_t end,
			   int64_t *first, int64_t *last)
{
	const struct weir__step *step = &plan->steps[number];

	weir__reach(&step->call, operand, begin, end, first, last);
	find_in_value(plan, &plan->slots[step->first_slot + operand], first,
		      last);
}
