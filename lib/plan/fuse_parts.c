/*
 * Steps that sum up over rows which others make, part by part: members of those
 * others' group, whose units these rows are.
 */
#include "plan/fuse.h"

static const double LARGE_BYTES = 128 << 10;	/* what is in the cache anyway is
						   smaller */

static int64_t
rows_of_result(const struct weir__step *step)
{
	const weir_spec *spec = step->call.out[0];

	return spec->rank ? spec->shape[0] : 1;
}

int64_t
weir__rows_of(const struct weir__step *step, const struct weir__grain *grain)
{
	const weir_call *call = &step->call;
	int axes[WEIR_OPERANDS_MAX];
	int64_t length;
	size_t bytes;

	if (!grain->part || !call->op->parts(call, axes, &length, &bytes))
		return rows_of_result(step);
	return call->in[grain->through]->shape[axes[grain->through]];
}

bool
weir__goes_through_rows(const weir_plan *plan, uint32_t number,
			uint32_t operand, int64_t width)
{
	const struct weir__step *step = &plan->steps[number], *maker;
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	const struct weir__slot *made;
	int64_t row = width * (int64_t)weir_dtype_size(slot->spec->dtype);
	int64_t inner = 0, length;
	int axes[WEIR_OPERANDS_MAX], i;
	size_t bytes;

	if (slot->maker == WEIR__NOWHERE || !width ||
	    !step->call.op->parts(&step->call, axes, &length, &bytes) ||
	    axes[operand] < 0)
		return false;
	maker = &plan->steps[slot->maker];
	made = &plan->slots[maker->first_slot + maker->call.n_in +
			    slot->result];
	for (i = 0; i < slot->spec->rank; i++) {
		if (slot->strides[i] < 0)
			return false;
		if (i != axes[operand])
			inner += (slot->spec->shape[i] - 1) * slot->strides[i];
	}
	return slot->strides[axes[operand]] == row && inner < row &&
	       slot->offset - made->offset + inner < row &&
	       slot->offset >= made->offset &&
	       slot->spec->shape[axes[operand]] * row ==
		       weir__spec_bytes(made->spec);
}

void
weir__part_find(const weir_plan *plan, uint32_t number, struct weir__grain *grain)
{
	const struct weir__step *step = &plan->steps[number];
	const weir_call *call = &step->call;
	int axes[WEIR_OPERANDS_MAX];
	int64_t length;
	size_t bytes;
	uint32_t i;

	if (!call->op->parts || !call->op->parts(call, axes, &length, &bytes))
		return;
	for (i = 0; i < call->n_in; i++) {
		const struct weir__slot *slot =
			&plan->slots[step->first_slot + i];
		int64_t n = weir__spec_elements(slot->spec);

		if (slot->maker == WEIR__NOWHERE || axes[i] < 0 ||
		    (double)weir__spec_bytes(slot->spec) < LARGE_BYTES ||
		    !weir__goes_through_rows(plan, number, i,
					     n / slot->spec->shape[axes[i]]))
			continue;
		*grain = (struct weir__grain){
			.elements = weir__spec_elements(call->out[0]),
			.tiles = 1, .part = length, .through = i,
		};
		return;
	}
}
