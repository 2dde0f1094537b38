/*
 * One step in the place of several, whatever way it does them: its operands and
 * results, and a node and an op of its own.
 */
#include <string.h>

#include "plan/fuse.h"

#include "ops/invoke.h"
#include "ops/op_cost.h"

enum { NAME_SIZE = 160 };

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

void
weir__fuser_count(struct weir__fuser *f, uint32_t n_steps)
{
	const struct weir__slot *slot;
	uint32_t i, j;

	for (i = 0; i < n_steps; i++)
		for (j = 0; j < f->old[i].call.n_in; j++) {
			slot = &weir__fuser_slots(f, i)[j];
			if (slot->where == WEIR__AT_ARENA)
				f->uses[slot->index]++;
		}
}

void
weir__making_begin(const struct weir__fuser *f, const struct weir__group *group,
		   struct weir__making *m)
{
	uint32_t step;

	*m = (struct weir__making){ .first_slot = f->n_slots };
	for (step = group->first; step != WEIR__NOWHERE;
	     step = f->groups.next[step])
		m->step[m->n++] = step;
	m->first = m->step[0];
	m->last = m->step[m->n - 1];
}

/* -- operands -------------------------------------------------------------- */

static bool
is_same_place(const struct weir__slot *a, const struct weir__slot *b)
{
	return a->where == b->where && a->index == b->index &&
	       a->offset == b->offset && weir__spec_equal(a->spec, b->spec) &&
	       !memcmp(a->strides, b->strides,
		       (size_t)a->spec->rank * sizeof *a->strides);
}

uint32_t
weir__making_operand(struct weir__fuser *f, struct weir__making *m,
		     uint32_t number, uint32_t operand)
{
	const struct weir__step *step = &f->old[m->step[number]];
	const struct weir__slot *old = operand +
		weir__fuser_slots(f, m->step[number]);
	uint32_t i;

	for (i = 0; i < m->n_in; i++)
		if (is_same_place(&f->slots[m->first_slot + i], old))
			return i;
	f->slots[m->first_slot + i] = weir__fuser_moved(f, old);
	m->in[i] = old->spec;
	m->in_values[i] = step->node->in[operand];
	m->n_in++;
	return i;
}

uint32_t
weir__making_maker(const struct weir__making *m, uint32_t number,
		   const struct weir__slot *slot)
{
	uint32_t i;

	if (slot->maker == WEIR__NOWHERE)
		return WEIR__NOWHERE;
	for (i = 0; i < number; i++)
		if (m->step[i] == slot->maker)
			return i;
	return WEIR__NOWHERE;
}

/* -- results --------------------------------------------------------------- */

bool
weir__making_is_wanted(const struct weir__fuser *f,
		       const struct weir__making *m, uint32_t number)
{
	const struct weir__step *step = &f->old[m->step[number]];
	const struct weir__slot *result = step->call.n_in +
		weir__fuser_slots(f, m->step[number]);
	uint32_t i, j, inside = 0;

	if (result->where != WEIR__AT_ARENA)
		return true;
	for (i = 0; i < m->n; i++)
		for (j = 0; j < f->old[m->step[i]].call.n_in; j++)
			inside += weir__fuser_slots(f, m->step[i])[j].maker ==
				  m->step[number];
	return f->uses[result->index] > inside;
}

bool
weir__making_result(struct weir__fuser *f, struct weir__making *m,
		    uint32_t number, uint32_t *result)
{
	uint32_t old = m->step[number];
	const struct weir__slot *slot = f->old[old].call.n_in +
					weir__fuser_slots(f, old);

	f->place[old] = f->n_steps;
	if (!weir__making_is_wanted(f, m, number))
		return false;
	*result = m->n_out;
	f->result[old] = (uint8_t)m->n_out;
	f->slots[m->first_slot + m->n_in + m->n_out] = *slot;
	m->out[m->n_out] = slot->spec;
	m->out_values[m->n_out++] = f->old[old].node->out[0];
	return true;
}

/* -- scratch --------------------------------------------------------------- */

size_t
weir__making_scratch(uint32_t n, const size_t *bytes,
		     weir__may_take_fn may_take, const void *making,
		     int64_t *offsets)
{
	bool is_taken[WEIR__FUSED_MAX] = { false };
	size_t all = 0;
	uint32_t i, from;

	for (i = 0; i < n; i++) {
		if (!bytes[i])
			continue;
		for (from = 0; from < i; from++)
			if (!is_taken[from] && bytes[from] == bytes[i] &&
			    may_take(making, i, from))
				break;
		if (from < i) {
			is_taken[from] = true;
			offsets[i] = offsets[from];
			continue;
		}
		offsets[i] = (int64_t)all;
		all += weir__scratch_aligned(bytes[i]);
	}
	return all;
}

/* -- putting it together --------------------------------------------------- */

/* "matmul+add+relu" */
static char *
name_of(const struct weir__fuser *f, const struct weir__making *m)
{
	char name[NAME_SIZE] = "";
	struct weir__text text;
	uint32_t i;

	weir__text_init(&text, name, sizeof name);
	for (i = 0; i < m->n; i++)
		weir__text_add(&text, "%s%s", i ? "+" : "",
			       f->old[m->step[i]].call.op->name);
	return weir__arena_strdup(&f->plan->arena, name);
}

static void *
copy_of(struct weir__fuser *f, const void *from, size_t bytes)
{
	void *to = weir__arena_alloc(&f->plan->arena, bytes + 1);

	return to ? memcpy(to, from, bytes) : NULL;
}

/* The node takes its place in the program from the last member. */
static weir_status
make_node(struct weir__fuser *f, const struct weir__making *m,
	  const weir_op *like, const void *attrs, unsigned flags,
	  struct weir__node **out)
{
	const struct weir__node *last = f->old[m->last].node;
	struct weir__node *node = copy_of(f, last, sizeof *node);
	weir_op *op = copy_of(f, like, sizeof *op);

	if (!node || !op)
		return WEIR_ENOMEM;
	op->name = name_of(f, m);
	op->flags |= flags;
	node->op = op;
	node->attrs = attrs;
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
cost_of(const struct weir__fuser *f, const struct weir__making *m,
	const weir_call *call)
{
	weir_cost cost = { .bytes = weir__call_bytes(call),
			   .nanoseconds = -m->saved };
	uint32_t i;

	for (i = 0; i < m->n; i++) {
		cost.flops += f->old[m->step[i]].cost.flops;
		cost.nanoseconds += f->old[m->step[i]].cost.nanoseconds;
	}
	return cost;
}

weir_status
weir__making_end(struct weir__fuser *f, struct weir__making *m,
		 const weir_op *like, const void *attrs, unsigned flags,
		 size_t shared_bytes)
{
	struct weir__step *step = &f->steps[f->n_steps];
	struct weir__node *node;

	if (make_node(f, m, like, attrs, flags, &node))
		return WEIR_ENOMEM;
	*step = (struct weir__step){ .node = node, .first_slot = m->first_slot,
				     .scratch = -1, .is_apart = true };
	step->call = (weir_call){
		.op = node->op, .attrs = node->attrs,
		.n_in = m->n_in, .n_out = m->n_out,
		.in = copy_of(f, m->in, m->n_in * sizeof *m->in),
		.out = copy_of(f, m->out, m->n_out * sizeof *m->out),
	};
	if (!step->call.in || !step->call.out)
		return WEIR_ENOMEM;
	step->first_ordinal = f->old[m->first].first_ordinal;
	step->tiles = weir__tiles(&step->call);
	step->cost = cost_of(f, m, &step->call);
	step->scratch_bytes = weir__scratch_bytes(&step->call);
	step->shared_bytes = shared_bytes;
	f->n_slots += m->n_in + m->n_out;
	f->n_steps++;
	return WEIR_OK;
}
