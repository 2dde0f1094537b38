/* What goes together in a group that is run by bands. */
#include "plan/fuse_trial.h"

static const double MOST_BYTES = 1 << 20;	/* that a band touches */

bool
weir__can_be_banded(const weir_plan *plan, const struct weir__step *step)
{
	const weir_op *op = step->call.op;

	return op->band && op->flags & WEIR_OP_PURE && !step->is_invariant &&
	       !step->control && step->call.n_out == 1 &&
	       !weir__node_is_fallible(plan->graph, step->node);
}

/* -- what bands are of ---------------------------------------------------- */

int
weir__band_axis(const weir_spec *value, int axis, const struct weir__slot *slot,
		int64_t offset)
{
	int64_t entry = (int64_t)weir_dtype_size(value->dtype), inner = 0;
	int64_t row;		/* bytes, as are those of an entry */
	int i, found = -1;

	for (i = axis + 1; i < value->rank; i++)
		entry *= value->shape[i];
	row = value->shape[axis] * entry;
	for (i = 0; i < slot->spec->rank; i++) {
		int64_t length = slot->spec->shape[i];
		int64_t stride = slot->strides[i];

		if (length == 1 || (stride >= 0 && stride % row == 0))
			continue;
		if (stride == entry && length == value->shape[axis] &&
		    found < 0)
			found = i;
		else if (stride > 0 && stride < entry)
			inner += (length - 1) * stride;
		else
			return -1;
	}
	return offset >= 0 && offset % row == 0 && inner < entry ? found : -1;
}

int
weir__trial_axis(const struct weir__banding *s, const struct weir__slot *slot,
		 int axis)
{
	const struct weir__step *maker = weir__band_step(s, slot->maker);
	const struct weir__slot *made = &s->plan->slots[
		maker->first_slot + maker->call.n_in + slot->result];

	return weir__band_axis(made->spec, axis, slot,
			       slot->offset - made->offset);
}

const struct weir__band_member *
weir__trial_find(const struct weir__trial *t, uint32_t step)
{
	uint32_t i;

	for (i = 0; i < t->n; i++)
		if (t->members[i].step == step)
			return &t->members[i];
	return NULL;
}

/* -- what goes together ---------------------------------------------------- */

/* Whether another operand before this one has its value. */
static bool
is_counted(const struct weir__banding *s, const struct weir__trial *t,
	   uint32_t member, const struct weir__slot *slot)
{
	uint32_t i, j;

	for (i = 0; i <= member; i++) {
		const struct weir__step *step =
			weir__band_step(s, t->members[i].step);
		const struct weir__slot *x = &s->plan->slots[step->first_slot];

		for (j = 0; j < step->call.n_in; j++, x++)
			if (x == slot)
				return false;
			else if (x->where == slot->where &&
				 x->index == slot->index)
				return true;
	}
	return false;
}

static bool
add_operands(const struct weir__banding *s, const struct weir__trial *t,
	     uint32_t number, struct weir__sums *sums)
{
	const struct weir__band_member *member = &t->members[number], *maker;
	const struct weir__step *step = weir__band_step(s, member->step);
	const struct weir__slot *slot = &s->plan->slots[step->first_slot];
	int axes[WEIR_OPERANDS_MAX];
	uint32_t i;

	if (!step->call.op->band(&step->call, member->axis, axes))
		return false;
	for (i = 0; i < step->call.n_in; i++, slot++) {
		maker = slot->maker == WEIR__NOWHERE
			? NULL : weir__trial_find(t, slot->maker);
		if (maker) {
			if (maker->is_kept || axes[i] < 0 ||
			    weir__trial_axis(s, slot, maker->axis) != axes[i])
				return false;
			continue;
		}
		if (slot->maker != WEIR__NOWHERE &&
		    sums->last_maker < slot->maker + 1)
			sums->last_maker = slot->maker + 1;
		if (axes[i] >= 0 && !is_counted(s, t, number, slot))
			sums->read += (double)weir__spec_bytes(slot->spec);
	}
	sums->operands += (uint32_t)step->call.n_in;
	return true;
}

bool
weir__trial_sum_up(const struct weir__banding *s, const struct weir__trial *t,
		   struct weir__sums *sums)
{
	uint32_t i;

	*sums = (struct weir__sums){ .first_kept = WEIR__NOWHERE };
	for (i = t->n; i > 0; i--)
		if (t->members[i - 1].is_kept)
			sums->first_kept = t->members[i - 1].step;
	for (i = 0; i < t->n; i++) {
		sums->made += (double)weir__spec_bytes(
			weir__band_result(s, t->members[i].step));
		if (!add_operands(s, t, i, sums))
			return false;
	}
	return true;
}

double
weir__trial_least_band(const struct weir__trial *t,
		       const struct weir__sums *sums)
{
	return (sums->made + sums->read) / (double)t->extent * WEIR_BAND;
}

static bool
fits(const struct weir__banding *s, const struct weir__trial *t)
{
	uint32_t span = t->members[t->n - 1].step - t->members[0].step;
	struct weir__sums sums;

	return (!s->plan->fuses_within || span <= s->plan->fuses_within) &&
	       weir__trial_sum_up(s, t, &sums) &&
	       sums.operands <= WEIR_OPERANDS_MAX &&
	       sums.last_maker <= sums.first_kept &&
	       weir__trial_least_band(t, &sums) <= MOST_BYTES;
}

bool
weir__trial_add(const struct weir__banding *s, struct weir__trial *t,
		struct weir__band_member member)
{
	struct weir__trial with = *t;
	uint32_t i = t->n;

	if (t->n == WEIR__FUSED_MAX ||
	    weir__band_result(s, member.step)->shape[member.axis] != t->extent)
		return false;
	for (; i > 0 && with.members[i - 1].step > member.step; i--)
		with.members[i] = with.members[i - 1];
	with.members[i] = member;
	with.n++;
	if (!fits(s, &with))
		return false;
	*t = with;
	return true;
}
