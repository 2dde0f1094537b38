/*
 * Which members of a step are done together with the product before them, see
 * ops/finished.h: in this order a bias for each row, a choice between its
 * elements and one other, relu; and what is greater than one element then.
 */
#include "plan/fuse.h"

#include <string.h>

#include "ops/table.h"

static const double SAVED = 0.6;	/* of what members take by themselves,
					   measured */

/* What is known while members are looked at, in their order. */
struct finding {
	const struct weir__fuser *f;
	const struct weir__making *m;
	const uint32_t *last_user;
	uint32_t product;
};

static const weir_call *
call_of(const struct finding *s, uint32_t number)
{
	return &s->f->old[s->m->step[number]].call;
}

static const struct weir__slot *
slot_of(const struct finding *s, uint32_t number, size_t operand)
{
	return weir__fuser_slots(s->f, s->m->step[number]) + operand;
}

/* Whether an operand is there before the product is made. */
static bool
is_there(const struct finding *s, uint32_t number, size_t operand)
{
	uint32_t maker = weir__making_maker(s->m, number,
					    slot_of(s, number, operand));

	return maker == WEIR__NOWHERE || maker < s->product;
}

static bool
is_one(const struct finding *s, uint32_t number, size_t operand)
{
	return is_there(s, number, operand) &&
	       weir__spec_elements(slot_of(s, number, operand)->spec) == 1;
}

/* Elements of a row next to each other. */
static bool
is_packed(const struct weir__slot *slot, int64_t n)
{
	int last = slot->spec->rank - 1;

	return last >= 0 && slot->spec->shape[last] == n &&
	       slot->strides[last] ==
		       (int64_t)weir_dtype_size(slot->spec->dtype);
}

/* One row, for all rows of the result. */
static bool
is_row(const struct finding *s, uint32_t number, size_t operand)
{
	const struct weir__slot *slot = slot_of(s, number, operand);
	int64_t n = call_of(s, number)->out[0]->shape[1];

	return is_there(s, number, operand) &&
	       weir__spec_elements(slot->spec) == n && is_packed(slot, n);
}

/* As many rows as the result has. */
static bool
is_matrix(const struct finding *s, uint32_t number, size_t operand)
{
	const struct weir__slot *slot = slot_of(s, number, operand);
	const weir_spec *out = call_of(s, number)->out[0];

	return is_there(s, number, operand) &&
	       weir__spec_same_shape(slot->spec, out) &&
	       is_packed(slot, out->shape[1]);
}

/* The one operand by which a member reads all of what another one makes; n_in:
 * there is none. */
static size_t
reads(const struct finding *s, uint32_t number, uint32_t other)
{
	size_t n = call_of(s, number)->n_in, found = n, i;

	for (i = 0; i < n; i++) {
		if (weir__making_maker(s->m, number, slot_of(s, number, i)) !=
		    other)
			continue;
		if (found < n || !slot_of(s, number, i)->is_direct)
			return n;
		found = i;
	}
	return found;
}

/* Take in the member after the last one. */
static bool
add_next(const struct finding *s, struct weir__finished *found)
{
	uint32_t last = s->product + found->n - 1, next = last + 1;
	const weir_call *call;
	size_t through;

	if (next == s->m->n || s->last_user[last] != next ||
	    weir__making_is_wanted(s->f, s->m, last))
		return false;
	call = call_of(s, next);
	through = reads(s, next, last);
	if (through == call->n_in || found->relu ||
	    !weir__spec_equal(call->out[0], call_of(s, last)->out[0]))
		return false;
	if (call->op == &weir__op_relu) {
		found->relu = found->n;
	} else if (call->op == &weir__op_add && found->n == 1 &&
		   is_row(s, next, 1 - through)) {
		found->add = found->n;
		found->row = (uint8_t)(1 - through);
	} else if (call->op == &weir__op_where && !found->choose &&
		   is_matrix(s, next, 0) && is_one(s, next, 2)) {
		found->choose = found->n;
	} else {
		return false;
	}
	found->n++;
	return true;
}

/* Its result has a place of its own, which is written before its turn. */
static void
add_comparison(const struct finding *s, struct weir__finished *found)
{
	uint32_t last = s->product + found->n - 1, i;

	for (i = last + 1; i < s->m->n && !found->greater; i++)
		if (call_of(s, i)->op == &weir__op_greater &&
		    reads(s, i, last) == 0 && is_one(s, i, 1) &&
		    weir__spec_same_shape(call_of(s, i)->out[0],
					  call_of(s, last)->out[0]) &&
		    weir__making_is_wanted(s->f, s->m, i))
			found->greater = (uint8_t)(i - s->product);
}

void
weir__find_finished(const struct weir__fuser *f, const struct weir__making *m,
		    const uint32_t *last_user, uint32_t product,
		    struct weir__finished *found)
{
	struct finding s = { f, m, last_user, product };

	*found = (struct weir__finished){ .n = 1 };
	if (weir__may_be_finished(call_of(&s, product)))
		while (add_next(&s, found))
			;
	if (found->n > 1)
		add_comparison(&s, found);
	else
		found->n = 0;
}

/* Whether a call may be one that a product is finished with. */
static bool
may_follow(const weir_call *call)
{
	return call->op == &weir__op_add || call->op == &weir__op_where ||
	       call->op == &weir__op_relu;
}

/* The one member that reads what a member makes, or n. */
static uint32_t
only_reader(const struct weir__fuser *f, const struct weir__making *m,
	    uint32_t number)
{
	uint32_t found = m->n, i, j;

	if (weir__making_is_wanted(f, m, number))
		return m->n;
	for (i = number + 1; i < m->n; i++)
		for (j = 0; j < f->old[m->step[i]].call.n_in; j++) {
			if (weir__fuser_slots(f, m->step[i])[j].maker !=
			    m->step[number])
				continue;
			if (found < m->n)
				return m->n;
			found = i;
		}
	return found;
}

void
weir__order_products(const struct weir__fuser *f, struct weir__making *m)
{
	uint32_t i, reader, step;

	for (i = m->n; i-- > 0;) {
		step = m->step[i];
		if (!weir__may_be_finished(&f->old[step].call))
			continue;
		reader = only_reader(f, m, i);
		if (reader == m->n ||
		    !may_follow(&f->old[m->step[reader]].call))
			continue;
		memmove(&m->step[i], &m->step[i + 1],
			(reader - 1 - i) * sizeof *m->step);
		m->step[reader - 1] = step;
	}
}

void
weir__count_finished(const struct weir__fuser *f, struct weir__making *m,
		     uint32_t product, const struct weir__finished *found)
{
	const struct weir__step *steps = f->old;
	uint32_t i;

	if (f->plan->is_measured)
		return;
	for (i = 1; i < found->n; i++)
		m->saved += SAVED * steps[m->step[product + i]].cost.nanoseconds;
	if (found->greater)
		m->saved += SAVED * steps[m->step[product + found->greater]]
					  .cost.nanoseconds;
}

bool
weir__finished_may_take(const struct weir__finished *found, uint32_t product,
			uint32_t number, uint32_t other, uint32_t last_user)
{
	return !found->n || number != product + found->n - 1 ||
	       other >= product || last_user < product;
}
