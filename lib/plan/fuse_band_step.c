/*
 * A step that is run band by band in the place of a group: what calls its
 * members are for a band, and where in scratch that is which they alone read.
 */
#include "plan/fuse_band_step.h"

#include <string.h>

#include "ops/invoke.h"

/* -- calls for a band ------------------------------------------------------ */

/* What a spec is where so much of an axis is there; all if that is -1. */
static const weir_spec *
narrowed(struct weir__band_making *m, const weir_spec *spec, int axis,
	 int64_t length)
{
	weir_spec *part;

	if (axis < 0 || spec->shape[axis] == length)
		return spec;
	part = weir__arena_alloc(&m->f->plan->arena, sizeof *part);
	if (part) {
		*part = *spec;
		part->shape[axis] = length;
	}
	return part;
}

static weir_status
add_call(struct weir__band_making *m, uint32_t number, int kind)
{
	const weir_call *whole = &weir__band_making_step(m, number)->call;
	struct weir__banded_member *member = &m->members[number];
	const weir_spec **specs;
	size_t i;

	specs = weir__arena_alloc(&m->f->plan->arena,
				  (whole->n_in + 1) * sizeof *specs);
	if (!specs)
		return WEIR_ENOMEM;
	for (i = 0; i <= whole->n_in; i++) {
		specs[i] = narrowed(m, i < whole->n_in ? whole->in[i]
						       : whole->out[0],
				    i < whole->n_in ? member->in[i].axis
						    : member->axis,
				    m->length[kind]);
		if (!specs[i])
			return WEIR_ENOMEM;
	}
	member->call[kind] = *whole;
	member->call[kind].in = specs;
	member->call[kind].out = &specs[whole->n_in];
	member->tiles[kind] = weir__tiles(&member->call[kind]);
	weir__contiguous_strides(specs[whole->n_in], member->strides[kind]);
	return WEIR_OK;
}

/* -- operands -------------------------------------------------------------- */

/* Bytes of one entry of a member's axis. */
static int64_t
entry_of(const struct weir__band_making *m, uint32_t number)
{
	const weir_spec *spec = weir__band_making_step(m, number)->call.out[0];
	int64_t bytes = (int64_t)weir_dtype_size(spec->dtype);
	int axis;

	for (axis = m->members[number].axis + 1; axis < spec->rank; axis++)
		bytes *= spec->shape[axis];
	return bytes;
}

/*
 * A view of what another member makes: in a band of that, rows of all entries
 * of the axis, as weir__band_axis() knows them, are shorter.
 */
static void
add_made(struct weir__band_making *m, uint32_t number, uint32_t maker,
	 const struct weir__slot *slot, struct weir__banded_operand *in)
{
	const struct weir__slot *made =
		weir__band_making_slots(m, maker) +
		weir__band_making_step(m, maker)->call.n_in;
	int64_t entry = entry_of(m, maker);
	int64_t row = entry * m->banded->extent;
	int kind, axis;

	in->index = maker;
	for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
		int64_t short_row = entry * m->length[kind];

		in->offset[kind] = (slot->offset - made->offset) / row *
				   short_row;
		for (axis = 0; axis < slot->spec->rank; axis++) {
			int64_t stride = slot->strides[axis];

			in->strides[kind][axis] = stride % row == 0
				? stride / row * short_row : stride;
		}
	}
	if (m->last_user[maker] != number)
		m->is_viewed[maker] = false;
	m->last_user[maker] = number;
	m->is_viewed[maker] |= !slot->is_direct;
}

static weir_status
add_operands(struct weir__band_making *m, uint32_t number)
{
	const weir_call *call = &weir__band_making_step(m, number)->call;
	const struct weir__slot *slot = weir__band_making_slots(m, number);
	struct weir__banded_operand *in;
	int axes[WEIR_OPERANDS_MAX];
	uint32_t i, maker;

	in = weir__arena_alloc(&m->f->plan->arena,
			       (call->n_in + 1) * sizeof *in);
	if (!in)
		return WEIR_ENOMEM;
	call->op->band(call, m->members[number].axis, axes);
	for (i = 0; i < call->n_in; i++, slot++) {
		in[i] = (struct weir__banded_operand){ .axis = axes[i] };
		maker = weir__making_maker(&m->all, number, slot);
		in[i].is_made = maker != WEIR__NOWHERE;
		if (in[i].is_made)
			add_made(m, number, maker, slot, &in[i]);
		else
			in[i].index = weir__making_operand(m->f, &m->all,
							   number, i);
	}
	m->members[number].in = in;
	return WEIR_OK;
}

static weir_status
add_member(struct weir__band_making *m, uint32_t number)
{
	struct weir__banded_member *member = &m->members[number];
	weir_status status;
	int kind;

	*member = (struct weir__banded_member){
		.axis = m->f->groups.axes[m->all.step[number]] };
	m->last_user[number] = number;
	status = add_operands(m, number);
	for (kind = 0; kind < WEIR__BAND_KINDS && !status; kind++)
		status = add_call(m, number, kind);
	return status;
}

/* -- results --------------------------------------------------------------- */

static void
add_result(struct weir__band_making *m, uint32_t number)
{
	struct weir__banded_member *member = &m->members[number];
	const weir_spec *spec = weir__band_making_step(m, number)->call.out[0];

	member->is_kept = weir__making_result(m->f, &m->all, number,
					      &member->result);
	member->is_direct = member->is_kept &&
			    entry_of(m, number) * m->banded->extent ==
				    (int64_t)weir__spec_bytes(spec);
}

/* -- putting it together --------------------------------------------------- */

/* What members alone read is made first, what is kept last: nobody waits for
 * that here, and those who follow each other are next to each other. */
static void
sort_members(const struct weir__fuser *f, struct weir__making *m)
{
	uint32_t sorted[WEIR__FUSED_MAX], n = 0, i;
	bool is_kept;

	for (is_kept = false; n < m->n; is_kept = true)
		for (i = 0; i < m->n; i++)
			if (weir__making_is_wanted(f, m, i) == is_kept)
				sorted[n++] = m->step[i];
	memcpy(m->step, sorted, m->n * sizeof *sorted);
}

weir_status
weir__fuse_bands(struct weir__fuser *f, const struct weir__group *group)
{
	struct weir__band_making m = { .f = f };
	int64_t bands = group->units / group->granule;
	uint32_t i;

	weir__making_begin(f, group, &m.all);
	sort_members(f, &m.all);
	weir__order_products(f, &m.all);
	m.banded = weir__arena_alloc(&f->plan->arena, sizeof *m.banded);
	m.members = weir__arena_alloc(&f->plan->arena,
				      group->n * sizeof *m.members);
	if (!m.banded || !m.members)
		return WEIR_ENOMEM;
	*m.banded = (struct weir__banded){ .n_members = group->n,
					   .members = m.members,
					   .extent = group->units,
					   .width = group->granule };
	m.length[0] = group->granule;
	m.length[1] = group->units - (bands - 1) * group->granule;
	for (i = 0; i < group->n; i++)
		if (add_member(&m, i))
			return WEIR_ENOMEM;
	for (i = 0; i < group->n; i++)
		add_result(&m, i);
	weir__band_turns(&m);
	weir__band_finished(&m);
	weir__band_scratch(&m);
	return weir__making_end(f, &m.all, &weir__op_banded, m.banded, 0, 0);
}
