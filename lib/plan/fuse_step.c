/*
 * A step that is run chunk by chunk in the place of a group: its operands and
 * results, its chunks, and what of it is in scratch.
 */
#include "plan/fuse.h"

static const double CHUNK_BYTES = 64 << 10;	/* what a chunk touches */

/* One being made: what its members are, beside that. */
struct making {
	struct weir__making all;
	struct weir__fused *fused;
	struct weir__fused_member *members;
	uint32_t last_user[WEIR__FUSED_MAX];	/* the last member to read it,
						   or itself */
	bool is_viewed[WEIR__FUSED_MAX];	/* that one reads a view of it */
};

/* An operand that is what another member makes, or a view of that. */
static void
add_made(const struct weir__fuser *f, struct making *m, uint32_t number,
	 uint32_t maker, const struct weir__slot *slot,
	 struct weir__fused_operand *in)
{
	const struct weir__slot *made = m->members[maker].call.n_in +
		weir__fuser_slots(f, m->all.step[maker]);

	in->index = maker;
	in->offset = slot->offset - made->offset;
	in->strides = slot->strides;
	if (m->last_user[maker] != number)
		m->is_viewed[maker] = false;
	m->last_user[maker] = number;
	m->is_viewed[maker] |= !slot->is_direct;
}

static weir_status
add_operands(struct weir__fuser *f, struct making *m, uint32_t number)
{
	struct weir__fused_member *member = &m->members[number];
	const struct weir__slot *slot = weir__fuser_slots(f,
							  m->all.step[number]);
	struct weir__fused_operand *in;
	uint32_t i, maker;

	in = weir__arena_alloc(&f->plan->arena,
			       (member->call.n_in + 1) * sizeof *in);
	if (!in)
		return WEIR_ENOMEM;
	for (i = 0; i < member->call.n_in; i++, slot++) {
		maker = weir__making_maker(&m->all, number, slot);
		in[i].is_made = maker != WEIR__NOWHERE;
		if (in[i].is_made)
			add_made(f, m, number, maker, slot, &in[i]);
		else
			in[i].index = weir__making_operand(f, &m->all, number,
							   i);
	}
	member->in = in;
	return WEIR_OK;
}

static void
add_member(const struct weir__fuser *f, struct making *m, uint32_t number,
	   const struct weir__group *group)
{
	uint32_t old = m->all.step[number];
	const struct weir__step *step = &f->old[old];
	const struct weir__grain *grain = &f->groups.grains[old];
	const struct weir__margin *margin = &f->groups.margins[old];
	struct weir__fused_member *member = &m->members[number];

	member->call = step->call;
	member->width = grain->part ? 1 : weir__member_width(&f->groups, group,
							     step, old);
	member->before = margin->before;
	member->after = margin->after;
	member->tiles = step->tiles;
	member->chain = 0;
	member->has_row = member->is_by_rows = false;
	member->is_past = false;
	member->finished = (struct weir__finished){ .n = 0 };
	member->grain_units = weir__grain_units(grain, member->width);
	member->grain_tiles = grain->tiles * member->grain_units *
			      member->width / grain->elements;
	member->is_in_parts = grain->part > 0;
	if (member->is_in_parts) {
		member->grain_tiles = 1;
		member->tiles = weir__rows_of(step, grain) / grain->part +
				(weir__rows_of(step, grain) % grain->part > 0);
	}
	weir__contiguous_strides(step->call.out[0], member->strides);
	m->last_user[number] = number;
}

/* -- chunks and scratch ---------------------------------------------------- */

static double
bytes_a_unit(const struct weir__fused *fused, const weir_spec *spec)
{
	return (double)weir__spec_bytes(spec) / (double)fused->units;
}

/* As many units as keep what they touch in the cache. */
static int64_t
chunk_of(const struct making *m, int64_t granule)
{
	const struct weir__fused *fused = m->fused;
	double bytes = 0, grains;
	uint32_t i;

	for (i = 0; i < m->all.n_in; i++)
		bytes += bytes_a_unit(fused, m->all.in[i]);
	for (i = 0; i < fused->n_members; i++)
		bytes += bytes_a_unit(fused, m->members[i].call.out[0]);
	grains = CHUNK_BYTES / (bytes * (double)granule);
	return granule * (grains > 1 ? (int64_t)grains : 1);
}

static size_t
scratch_of(const struct weir__fused *fused,
	   const struct weir__fused_member *member)
{
	int64_t units = fused->chunk + member->before + member->after;

	return (size_t)(units * member->width) *
	       weir_dtype_size(member->call.out[0]->dtype);
}

/* Whether a member may make its result over what it reads of another one. */
static bool
may_be_over(const struct making *m, uint32_t number, uint32_t other)
{
	const struct weir__fused_member *a = &m->members[number];
	const struct weir__fused_member *b = &m->members[other];

	return a->call.op->flags & WEIR_OP_IN_PLACE && !m->is_viewed[other] &&
	       a->width == b->width && a->before == b->before &&
	       a->after == b->after &&
	       weir__spec_equal(a->call.out[0], b->call.out[0]);
}

/* The first member of the chain that ends with one, or itself. */
static uint32_t
chain_before(const struct making *m, uint32_t last)
{
	uint32_t first;

	for (first = 0; first < last; first++)
		if (first + m->members[first].chain == last + 1)
			break;
	return first;
}

/* Whether rows of two members are at the same places in scratch of a chunk: where
 * they take turns, each has those of some units only then. */
static bool
are_alike(const struct weir__fused_member *a,
	  const struct weir__fused_member *b)
{
	size_t of_a = weir_dtype_size(a->call.out[0]->dtype);
	size_t of_b = weir_dtype_size(b->call.out[0]->dtype);

	return a->before == b->before && a->after == b->after &&
	       (size_t)a->width * of_a == (size_t)b->width * of_b;
}

/*
 * It has been read for the last time, or it is by the member itself, in place.
 * What a chain makes is over nothing that it reads: its members may have to read
 * that again. So with what is made with a product (in memory see
 * can_be_overwritten()).
 */
static bool
may_take(const void *making, uint32_t number, uint32_t other)
{
	const struct making *m = making;
	uint32_t first = chain_before(m, number), i;

	if (!are_alike(&m->members[number], &m->members[other]))
		return false;
	for (i = 0; i < number; i++)
		if (!weir__finished_may_take(&m->members[i].finished, i, number,
					     other, m->last_user[other]))
			return false;
	if (first < number)
		return m->last_user[other] < first;
	return m->last_user[other] < number ||
	       (m->last_user[other] == number &&
		may_be_over(m, number, other));
}

/* The most that a chain makes which is kept, in a chunk. */
static size_t
chain_bytes(const struct making *m)
{
	size_t most = 0, bytes;
	uint32_t i;

	for (i = 0; i < m->fused->n_members; i++)
		if (m->members[i].is_kept && chain_before(m, i) < i) {
			bytes = scratch_of(m->fused, &m->members[i]);
			most = bytes > most ? bytes : most;
		}
	return most;
}

/* Where the parts of a call's sums are. */
static int64_t
share(struct weir__fused *fused, const weir_call *call)
{
	int64_t offset = (int64_t)fused->shared_bytes, length;
	int axes[WEIR_OPERANDS_MAX];
	size_t bytes;

	call->op->parts(call, axes, &length, &bytes);
	fused->shared_bytes += weir__scratch_aligned(bytes);
	return offset;
}

static void
place_scratch(struct making *m)
{
	struct weir__fused *fused = m->fused;
	size_t bytes[WEIR__FUSED_MAX];
	int64_t offsets[WEIR__FUSED_MAX] = { 0 };
	uint32_t i;

	for (i = 0; i < fused->n_members; i++)
		bytes[i] = m->members[i].is_kept || m->members[i].is_in_parts
			? 0 : scratch_of(fused, &m->members[i]);
	fused->scratch_bytes = weir__making_scratch(fused->n_members, bytes,
						    may_take, m, offsets);
	for (i = 0; i < fused->n_members; i++)
		m->members[i].offset = m->members[i].is_in_parts
			? share(fused, &m->members[i].call) : offsets[i];
	fused->chain_offset = (int64_t)fused->scratch_bytes;
	fused->scratch_bytes += weir__scratch_aligned(chain_bytes(m));
	if (fused->shared_bytes && !fused->scratch_bytes)
		fused->scratch_bytes = weir__scratch_aligned(1);
}

/* -- products that are finished -------------------------------------------- */

/* Whether two members do the same rows in each chunk. */
static bool
keep_together(const struct weir__fused_member *a,
	      const struct weir__fused_member *b)
{
	return a->width == b->width && a->before == b->before &&
	       a->after == b->after;
}

/* What is stored past the caches is left to its chain. */
static void
find_finished(const struct weir__fuser *f, struct making *m)
{
	uint32_t i, j;

	for (i = 0; i < m->fused->n_members; i++) {
		struct weir__fused_member *member = &m->members[i];
		struct weir__finished found;

		weir__find_finished(f, &m->all, m->last_user, i, &found);
		if (found.greater &&
		    !keep_together(member, &member[found.greater]))
			found.greater = 0;
		for (j = 1; j < found.n && found.n; j++)
			if (!keep_together(member, &member[j]) ||
			    member[j].is_past)
				found = (struct weir__finished){ .n = 0 };
		member->finished = found;
		weir__count_finished(f, &m->all, i, &found);
	}
}

/* -- putting it together --------------------------------------------------- */

/* Whether what a member reads of operand `in` may be written over by the one
 * that makes result 0. */
static bool
can_be_overwritten(const struct weir__fuser *f, const struct making *m,
		   uint32_t maker, uint32_t in)
{
	int64_t width = m->members[maker].width;
	uint32_t i, j;

	for (i = 0; i < m->fused->n_members; i++) {
		const struct weir__fused_member *member = &m->members[i];

		for (j = 0; j < member->call.n_in; j++) {
			if (member->in[j].is_made || member->in[j].index != in)
				continue;
			if (i > maker || member->before || member->after ||
			    i + member->finished.n > maker ||
			    (i == maker && !(member->call.op->flags &
					     WEIR_OP_IN_PLACE)) ||
			    !weir__keeps_pace(
				    &f->old[m->all.step[i]],
				    &f->groups.grains[m->all.step[i]], j,
				    member->width, width))
				return false;
		}
	}
	return true;
}

/* Whether result 0 may be put over any operand of its dtype and shape. */
static bool
is_in_place(const struct weir__fuser *f, const struct making *m)
{
	uint32_t maker = 0, i;

	if (!m->all.n_out)
		return false;	/* nobody wants any, and nothing was dropped */
	while (!m->members[maker].is_kept)
		maker++;
	for (i = 0; i < maker; i++)
		if (m->members[i].finished.n &&
		    i + m->members[i].finished.greater == maker)
			return false;	/* it is made before its turn */
	for (i = 0; i < m->all.n_in; i++)
		if (weir__spec_equal(m->all.in[i], m->all.out[0]) &&
		    !can_be_overwritten(f, m, maker, i))
			return false;
	return true;
}

weir_status
weir__fuse_group(struct weir__fuser *f, const struct weir__group *group)
{
	struct making m = { .fused = NULL };
	uint32_t i;

	weir__making_begin(f, group, &m.all);
	weir__order_products(f, &m.all);
	m.fused = weir__arena_alloc(&f->plan->arena, sizeof *m.fused);
	m.members = weir__arena_alloc(&f->plan->arena,
				      group->n * sizeof *m.members);
	if (!m.fused || !m.members)
		return WEIR_ENOMEM;
	*m.fused = (struct weir__fused){ .n_members = group->n,
					 .members = m.members,
					 .units = group->units };
	for (i = 0; i < group->n; i++) {
		add_member(f, &m, i, group);
		if (add_operands(f, &m, i))
			return WEIR_ENOMEM;
	}
	for (i = 0; i < group->n; i++)
		m.members[i].is_kept = weir__making_result(
			f, &m.all, i, &m.members[i].result);
	m.fused->chunk = chunk_of(&m, group->granule);
	weir__fuse_chains(&f->slots[m.all.first_slot], m.last_user, m.fused,
			  m.members);
	find_finished(f, &m);
	place_scratch(&m);
	weir__fuse_turns(m.fused, m.members);
	return weir__making_end(f, &m.all, m.fused->shared_bytes
				? &weir__op_fused_in_parts : &weir__op_fused,
				m.fused, is_in_place(f, &m) ? WEIR_OP_IN_PLACE
							    : 0,
				m.fused->shared_bytes);
}
