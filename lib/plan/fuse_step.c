/*
 * One step in the place of a group: its operands and results, its chunks, what
 * of it is in scratch, and a node and an op of its own.
 */
#include <string.h>

#include "plan/fuse.h"

#include "ops/invoke.h"
#include "ops/op_cost.h"

static const double CHUNK_BYTES = 256 << 10;	/* what a chunk touches */
enum { ALIGNMENT = 64, NAME_SIZE = 160 };

struct weir__slot
weir__fuser_moved(const struct weir__fuser *f, const struct weir__slot *old)
{
	struct weir__slot slot = *old;

	if (old->maker == WEIR__NOWHERE)
		return slot;
	slot.maker = f->place[old->maker];
	if (weir__fuser_joins(f, old->maker))
		slot.result = f->result[old->maker];
	return slot;
}

/* One being made, and what it is made of. */
struct making {
	struct weir__fused *fused;
	struct weir__fused_member *members;
	uint32_t step[WEIR__FUSED_MAX];		/* of each member */
	uint32_t last_user[WEIR__FUSED_MAX];	/* the last member to read it,
						   or itself */
	bool is_viewed[WEIR__FUSED_MAX];	/* that one reads a view of it */
	const weir_spec *in[WEIR_OPERANDS_MAX], *out[WEIR__FUSED_MAX];
	uint32_t in_values[WEIR_OPERANDS_MAX], out_values[WEIR__FUSED_MAX];
	uint32_t n_in, n_out;
};

static bool
is_same_place(const struct weir__slot *a, const struct weir__slot *b)
{
	return a->where == b->where && a->index == b->index &&
	       a->offset == b->offset && weir__spec_equal(a->spec, b->spec) &&
	       !memcmp(a->strides, b->strides,
		       (size_t)a->spec->rank * sizeof *a->strides);
}

/* The number of an operand that comes from outside. */
static uint32_t
add_operand(struct weir__fuser *f, struct making *m, uint32_t first_slot,
	    const struct weir__slot *old, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < m->n_in; i++)
		if (is_same_place(&f->slots[first_slot + i], old))
			return i;
	f->slots[first_slot + i] = weir__fuser_moved(f, old);
	m->in[i] = old->spec;
	m->in_values[i] = value;
	m->n_in++;
	return i;
}

/* The member that makes what a slot reads, or WEIR__NOWHERE. */
static uint32_t
maker_among(const struct making *m, uint32_t member, uint32_t maker)
{
	uint32_t i;

	for (i = 0; i < member; i++)
		if (m->step[i] == maker)
			return i;
	return WEIR__NOWHERE;
}

/* An operand that is what another member makes, or a view of that. */
static void
add_made(const struct weir__fuser *f, struct making *m, uint32_t number,
	 uint32_t maker, const struct weir__slot *slot,
	 struct weir__fused_operand *in)
{
	const struct weir__slot *made = m->members[maker].call.n_in +
		weir__fuser_slots(f, m->step[maker]);

	in->index = maker;
	in->offset = slot->offset - made->offset;
	in->strides = slot->strides;
	if (m->last_user[maker] != number)
		m->is_viewed[maker] = false;
	m->last_user[maker] = number;
	m->is_viewed[maker] |= !slot->is_direct;
}

static weir_status
add_operands(struct weir__fuser *f, struct making *m, uint32_t number,
	     uint32_t first_slot)
{
	struct weir__fused_member *member = &m->members[number];
	const struct weir__slot *slot = weir__fuser_slots(f, m->step[number]);
	struct weir__fused_operand *in;
	uint32_t i, maker;

	in = weir__arena_alloc(&f->plan->arena,
			       (member->call.n_in + 1) * sizeof *in);
	if (!in)
		return WEIR_ENOMEM;
	for (i = 0; i < member->call.n_in; i++, slot++) {
		maker = slot->maker == WEIR__NOWHERE
			? WEIR__NOWHERE : maker_among(m, number, slot->maker);
		in[i].is_made = maker != WEIR__NOWHERE;
		if (in[i].is_made) {
			add_made(f, m, number, maker, slot, &in[i]);
			continue;
		}
		in[i].index = add_operand(
			f, m, first_slot, slot,
			f->old[m->step[number]].node->in[i]);
	}
	member->in = in;
	return WEIR_OK;
}

/* Whether anything but members reads a member's result. */
static bool
is_wanted(const struct weir__fuser *f, const struct making *m, uint32_t number)
{
	const struct weir__step *step = &f->old[m->step[number]];
	const struct weir__slot *result = step->call.n_in +
		weir__fuser_slots(f, m->step[number]);
	uint32_t i, j, inside = 0;

	if (result->where != WEIR__AT_ARENA)
		return true;
	for (i = number + 1; i < m->fused->n_members; i++)
		for (j = 0; j < m->members[i].call.n_in; j++)
			inside += m->members[i].in[j].is_made &&
				  m->members[i].in[j].index == number;
	return f->uses[result->index] > inside;
}

static void
add_member(const struct weir__fuser *f, struct making *m, uint32_t number,
	   const struct weir__group *group)
{
	const struct weir__step *step = &f->old[m->step[number]];
	const struct weir__grain *grain = &f->groups.grains[m->step[number]];
	const struct weir__margin *margin =
		&f->groups.margins[m->step[number]];
	struct weir__fused_member *member = &m->members[number];
	int64_t stride = (int64_t)weir_dtype_size(step->call.out[0]->dtype);
	int axis;

	member->call = step->call;
	member->width = weir__member_width(&f->groups, group, step,
					   m->step[number]);
	member->before = margin->before;
	member->after = margin->after;
	member->tiles = step->tiles;
	member->grain_units = weir__grain_units(grain, member->width);
	member->grain_tiles = grain->tiles * member->grain_units *
			      member->width / grain->elements;
	for (axis = step->call.out[0]->rank - 1; axis >= 0; axis--) {
		member->strides[axis] = stride;
		stride *= step->call.out[0]->shape[axis];
	}
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

	for (i = 0; i < m->n_in; i++)
		bytes += bytes_a_unit(fused, m->in[i]);
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
	size_t bytes = (size_t)(units * member->width) *
		       weir_dtype_size(member->call.out[0]->dtype);

	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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

/* A member whose scratch another one may take: it has been read for the last
 * time, or it is by the other one itself, in place. */
static uint32_t
find_free(const struct making *m, uint32_t number, const bool *is_taken)
{
	size_t bytes = scratch_of(m->fused, &m->members[number]);
	uint32_t i;

	for (i = 0; i < number; i++)
		if (!m->members[i].is_kept && !is_taken[i] &&
		    scratch_of(m->fused, &m->members[i]) == bytes &&
		    (m->last_user[i] < number ||
		     (m->last_user[i] == number && may_be_over(m, number, i))))
			return i;
	return WEIR__NOWHERE;
}

static void
place_scratch(struct making *m)
{
	struct weir__fused *fused = m->fused;
	bool is_taken[WEIR__FUSED_MAX] = { false };
	uint32_t i, from;

	for (i = 0; i < fused->n_members; i++) {
		struct weir__fused_member *member = &m->members[i];

		if (member->is_kept)
			continue;
		from = find_free(m, i, is_taken);
		if (from != WEIR__NOWHERE) {
			is_taken[from] = true;
			member->offset = m->members[from].offset;
			continue;
		}
		member->offset = (int64_t)fused->scratch_bytes;
		fused->scratch_bytes += scratch_of(fused, member);
	}
}

/* -- putting it together --------------------------------------------------- */

/* "matmul+add+relu" */
static char *
name_of(const struct weir__fuser *f, const struct making *m)
{
	char name[NAME_SIZE] = "";
	struct weir__text text;
	uint32_t i;

	weir__text_init(&text, name, sizeof name);
	for (i = 0; i < m->fused->n_members; i++)
		weir__text_add(&text, "%s%s", i ? "+" : "",
			       m->members[i].call.op->name);
	return weir__arena_strdup(&f->plan->arena, name);
}

static void *
copy_of(struct weir__fuser *f, const void *from, size_t bytes)
{
	void *to = weir__arena_alloc(&f->plan->arena, bytes + 1);

	return to ? memcpy(to, from, bytes) : NULL;
}

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
			    (i == maker && !(member->call.op->flags &
					     WEIR_OP_IN_PLACE)) ||
			    !weir__keeps_pace(
				    &f->old[m->step[i]],
				    &f->groups.grains[m->step[i]], j,
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

	while (!m->members[maker].is_kept)
		maker++;
	for (i = 0; i < m->n_in; i++)
		if (weir__spec_equal(m->in[i], m->out[0]) &&
		    !can_be_overwritten(f, m, maker, i))
			return false;
	return true;
}

/* The node takes its place in the program from the last member. */
static weir_status
make_node(struct weir__fuser *f, struct making *m, bool in_place,
	  struct weir__node **out)
{
	const struct weir__node *last =
		f->old[m->step[m->fused->n_members - 1]].node;
	struct weir__node *node = copy_of(f, last, sizeof *node);
	weir_op *op = copy_of(f, &weir__op_fused, sizeof *op);

	if (!node || !op)
		return WEIR_ENOMEM;
	op->name = name_of(f, m);
	if (in_place)
		op->flags |= WEIR_OP_IN_PLACE;
	node->op = op;
	node->attrs = m->fused;
	node->n_in = m->n_in;
	node->n_out = m->n_out;
	node->in = copy_of(f, m->in_values, m->n_in * sizeof *node->in);
	node->out = copy_of(f, m->out_values, m->n_out * sizeof *node->out);
	node->names = NULL;
	*out = node;
	return op->name && node->in && node->out ? WEIR_OK : WEIR_ENOMEM;
}

/* What its members are said to take; but only what comes from outside or goes
 * there goes through memory. */
static weir_cost
cost_of(const struct weir__fuser *f, const struct making *m,
	const weir_call *call)
{
	weir_cost cost = { .bytes = weir__call_bytes(call) };
	uint32_t i;

	for (i = 0; i < m->fused->n_members; i++) {
		cost.flops += f->old[m->step[i]].cost.flops;
		cost.nanoseconds += f->old[m->step[i]].cost.nanoseconds;
	}
	return cost;
}

static weir_status
make_step(struct weir__fuser *f, struct making *m, uint32_t first_slot)
{
	struct weir__step *step = &f->steps[f->n_steps];
	struct weir__node *node;

	if (make_node(f, m, is_in_place(f, m), &node))
		return WEIR_ENOMEM;
	*step = (struct weir__step){ .node = node, .first_slot = first_slot,
				     .scratch = -1, .is_apart = true };
	step->call = (weir_call){
		.op = node->op, .attrs = node->attrs,
		.n_in = m->n_in, .n_out = m->n_out,
		.in = copy_of(f, m->in, m->n_in * sizeof *m->in),
		.out = copy_of(f, m->out, m->n_out * sizeof *m->out),
	};
	if (!step->call.in || !step->call.out)
		return WEIR_ENOMEM;
	step->first_ordinal = f->old[m->step[0]].first_ordinal;
	step->tiles = weir__tiles(&step->call);
	step->cost = cost_of(f, m, &step->call);
	step->scratch_bytes = weir__scratch_bytes(&step->call);
	f->n_steps++;
	return WEIR_OK;
}

static void
keep_results(struct weir__fuser *f, struct making *m, uint32_t first_slot)
{
	uint32_t i;

	for (i = 0; i < m->fused->n_members; i++) {
		struct weir__fused_member *member = &m->members[i];
		const struct weir__slot *result = member->call.n_in +
			weir__fuser_slots(f, m->step[i]);

		f->place[m->step[i]] = f->n_steps;
		member->is_kept = is_wanted(f, m, i);
		if (!member->is_kept)
			continue;
		member->result = m->n_out;
		f->result[m->step[i]] = (uint8_t)m->n_out;
		f->slots[first_slot + m->n_in + m->n_out] = *result;
		m->out[m->n_out] = member->call.out[0];
		m->out_values[m->n_out++] = f->old[m->step[i]].node->out[0];
	}
}

weir_status
weir__fuse_group(struct weir__fuser *f, const struct weir__group *group)
{
	struct making m = { .n_in = 0 };
	uint32_t step, i = 0, first_slot = f->n_slots;

	m.fused = weir__arena_alloc(&f->plan->arena, sizeof *m.fused);
	m.members = weir__arena_alloc(&f->plan->arena,
				      group->n * sizeof *m.members);
	if (!m.fused || !m.members)
		return WEIR_ENOMEM;
	*m.fused = (struct weir__fused){ .n_members = group->n,
					 .members = m.members,
					 .units = group->units };
	for (step = group->first; step != WEIR__NOWHERE;
	     step = f->groups.next[step], i++) {
		m.step[i] = step;
		add_member(f, &m, i, group);
		if (add_operands(f, &m, i, first_slot))
			return WEIR_ENOMEM;
	}
	keep_results(f, &m, first_slot);
	m.fused->chunk = chunk_of(&m, group->granule);
	place_scratch(&m);
	f->n_slots += m.n_in + m.n_out;
	return make_step(f, &m, first_slot);
}
