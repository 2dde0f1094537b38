/*
 * A step that is run band by band in the place of a group: what calls its
 * members are for a band, and where in scratch that is which they alone read.
 */
#include <string.h>

#include "plan/fuse.h"

#include "ops/invoke.h"

/* One being made: what its members are, beside that. */
struct making {
	struct weir__making all;
	struct weir__fuser *f;
	struct weir__banded *banded;
	struct weir__banded_member *members;
	int64_t length[WEIR__BAND_KINDS];	/* of a band */
	uint32_t last_user[WEIR__FUSED_MAX];	/* the last member to read it,
						   or itself */
	bool is_viewed[WEIR__FUSED_MAX];	/* that one reads a view of it */
	uint32_t first[WEIR__FUSED_MAX];	/* of those that take turns with
						   it, or itself */
};

static const struct weir__step *
step_of(const struct making *m, uint32_t number)
{
	return &m->f->old[m->all.step[number]];
}

static const struct weir__slot *
slots_of(const struct making *m, uint32_t number)
{
	return weir__fuser_slots(m->f, m->all.step[number]);
}

/* -- calls for a band ------------------------------------------------------ */

/* What a spec is where so much of an axis is there; all if that is -1. */
static const weir_spec *
narrowed(struct making *m, const weir_spec *spec, int axis, int64_t length)
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
add_call(struct making *m, uint32_t number, int kind)
{
	const weir_call *whole = &step_of(m, number)->call;
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
entry_of(const struct making *m, uint32_t number)
{
	const weir_spec *spec = step_of(m, number)->call.out[0];
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
add_made(struct making *m, uint32_t number, uint32_t maker,
	 const struct weir__slot *slot, struct weir__banded_operand *in)
{
	const struct weir__slot *made = step_of(m, maker)->call.n_in +
					slots_of(m, maker);
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
add_operands(struct making *m, uint32_t number)
{
	const weir_call *call = &step_of(m, number)->call;
	const struct weir__slot *slot = slots_of(m, number);
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
add_member(struct making *m, uint32_t number)
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
add_result(struct making *m, uint32_t number)
{
	struct weir__banded_member *member = &m->members[number];
	const weir_spec *spec = step_of(m, number)->call.out[0];

	member->is_kept = weir__making_result(m->f, &m->all, number,
					      &member->result);
	member->is_direct = member->is_kept &&
			    entry_of(m, number) * m->banded->extent ==
				    (int64_t)weir__spec_bytes(spec);
}

/* -- turns ----------------------------------------------------------------- */

/* Whether what its tiles make is not there before all of them have been done:
 * that is in scratch, which members have one after the other, or the end makes
 * it. */
static bool
is_made_at_the_end(const weir_call *call)
{
	return weir__scratch_bytes(call) ||
	       (call->op->finish &&
		!(call->op->flags & WEIR_OP_FINISHES_SCRATCH));
}

/*
 * So many rows of the first axis, all that belongs to them, are what each tile
 * of a member makes for a band, but for the last one; 0: it is otherwise.
 */
static int64_t
rows_of_tile(const struct weir__banded_member *member, int kind)
{
	const weir_call *call = &member->call[kind];
	const weir_spec *out = call->out[0];
	int64_t n = weir__spec_elements(out), tiles = member->tiles[kind];
	int64_t row, first, last, tile, size;

	if (tiles < 1 || member->axis == 0 || !call->op->reach ||
	    is_made_at_the_end(call))
		return 0;
	row = n / out->shape[0];
	weir__reach(call, call->n_in, 0, 1, &first, &size);
	for (tile = 0; tile < tiles; tile++) {
		weir__reach(call, call->n_in, tile, tile + 1, &first, &last);
		if (first != tile * size ||
		    last != (tile + 1 < tiles ? first + size : n))
			return 0;
	}
	return tiles > 1 && size % row == 0 ? size / row : 0;
}

/* Whether a member needs no more rows of another one than those that it makes
 * itself. */
static bool
follows(const struct making *m, uint32_t number, uint32_t other)
{
	const struct weir__banded_member *member = &m->members[number];
	const struct weir__slot *slot = slots_of(m, number);
	uint32_t i;

	for (i = 0; i < member->call[0].n_in; i++)
		if (member->in[i].is_made && member->in[i].index == other &&
		    !(slot[i].is_direct && weir__is_loop(step_of(m, number)) &&
		      weir__spec_same_shape(slot[i].spec,
					    step_of(m, number)->call.out[0])))
			return false;
	return true;
}

/* The rows of a turn if a member takes turns with those from `first` on, who
 * have turns of so many rows; 0: it does not. */
static int64_t
turn_with(const struct making *m, uint32_t first, uint32_t number, int kind,
	  int64_t turn)
{
	const struct weir__banded_member *a = &m->members[first];
	const struct weir__banded_member *b = &m->members[number];
	int64_t rows = rows_of_tile(b, kind);
	uint32_t i;

	if (!turn || !rows || b->is_kept ||
	    a->call[0].out[0]->shape[0] != b->call[0].out[0]->shape[0])
		return 0;
	for (i = first; i < number; i++)
		if (!follows(m, number, i))
			return 0;
	return weir__least_common_multiple(turn, rows);
}

/* Who takes turns with whom; those whose results are kept do not. */
static void
find_turns(struct making *m)
{
	int64_t turn[WEIR__BAND_KINDS], longer[WEIR__BAND_KINDS];
	uint32_t first, end, i;
	bool is_turn;
	int kind;

	for (first = 0; first < m->all.n; first = end) {
		for (kind = 0; kind < WEIR__BAND_KINDS; kind++)
			turn[kind] = turn_with(m, first, first, kind, 1);
		for (end = first + 1, is_turn = true; end < m->all.n; end++) {
			for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
				longer[kind] = turn_with(m, first, end, kind,
							 turn[kind]);
				is_turn &= longer[kind] > 0;
			}
			if (!is_turn)
				break;
			memcpy(turn, longer, sizeof turn);
		}
		m->members[first].together = end - first;
		for (i = first; i < end; i++) {
			m->first[i] = first;
			for (kind = 0; kind < WEIR__BAND_KINDS; kind++)
				m->members[i].chunk[kind] = end - first > 1
					? turn[kind] /
					  rows_of_tile(&m->members[i], kind)
					: m->members[i].tiles[kind];
		}
	}
}

/* -- scratch --------------------------------------------------------------- */

/* The last band is the longest. */
static const weir_call *
longest(const struct weir__banded_member *member)
{
	return &member->call[WEIR__BAND_KINDS - 1];
}

/* Whether a member may make its result over what it reads of another one. */
static bool
may_be_over(const struct making *m, uint32_t number, uint32_t other)
{
	const weir_call *a = longest(&m->members[number]);
	const weir_call *b = longest(&m->members[other]);

	return a->op->flags & WEIR_OP_IN_PLACE && !m->is_viewed[other] &&
	       weir__spec_equal(a->out[0], b->out[0]);
}

/*
 * Whether a member may take another one's scratch: that has been read for the
 * last time, or it is by the member itself, in place. Those that take turns have
 * read some rows of it by then; unless it is one of them, nobody knows which.
 */
static bool
may_take(const void *making, uint32_t number, uint32_t other)
{
	const struct making *m = making;
	uint32_t last = m->last_user[other], first = m->first[number];

	if (m->members[first].together > 1 && other < first && last >= first)
		return false;
	return last < number || (last == number && may_be_over(m, number,
							       other));
}

static void
place_scratch(struct making *m)
{
	struct weir__banded *banded = m->banded;
	size_t bytes[WEIR__FUSED_MAX], own = 0, most;
	int64_t offsets[WEIR__FUSED_MAX] = { 0 };
	uint32_t i;
	int kind;

	for (i = 0; i < m->all.n; i++) {
		const struct weir__banded_member *member = &m->members[i];

		bytes[i] = member->is_direct
			? 0 : (size_t)weir__spec_bytes(longest(member)->out[0]);
		for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
			most = weir__scratch_bytes(&member->call[kind]);
			own = own < most ? most : own;
		}
	}
	banded->scratch_bytes = weir__making_scratch(m->all.n, bytes, may_take,
						     m, offsets);
	for (i = 0; i < m->all.n; i++)
		m->members[i].offset = offsets[i];
	banded->own_scratch = (int64_t)banded->scratch_bytes;
	banded->scratch_bytes += weir__scratch_aligned(own);
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
	struct making m = { .f = f };
	int64_t bands = group->units / group->granule;
	uint32_t i;

	weir__making_begin(f, group, &m.all);
	sort_members(f, &m.all);
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
	find_turns(&m);
	place_scratch(&m);
	return weir__making_end(f, &m.all, &weir__op_banded, m.banded, 0);
}
