/*
 * What always holds of a plan: every tile of every step is done once; work
 * comes after what makes the elements that it reads, and the end of a step
 * after all of it; and values share bytes only where one is over before the
 * other begins, as a whole or, in place, element by element; and the values of
 * a NUMA node's workers are there.
 */
#include "base/error.h"
#include "plan/placement.h"

#define BROKEN(...) weir_fail(WEIR_EINVAL, "plan check: " __VA_ARGS__)

struct bytes {			/* of the arena: a value's, or scratch */
	int64_t begin, end;
	uint32_t step, value;	/* who makes it; WEIR__NOWHERE: scratch */
};

struct checker {
	const weir_plan *plan;
	struct weir__order order;
	uint32_t *entry_of;	/* per item */
	uint32_t *first_item;	/* per step, and one more */
	uint32_t *pred_of;	/* per item: the last one that it is a pred
				   of, plus 1 */
	struct bytes *live;	/* whose bytes nobody else has all of */
	size_t n_live, room;
};

static const struct weir__work *
work_of(const struct checker *c, uint32_t item)
{
	return &c->plan->work[c->entry_of[item]];
}

/* -- tiles --------------------------------------------------------------------- */

/* The items of a step follow each other, and end with its finish. */
static weir_status
check_tiles(struct checker *c)
{
	const weir_plan *plan = c->plan;
	uint32_t i, item = 0, n = plan->schedule->n_items;

	for (i = 0; i < n; i++)
		c->entry_of[plan->schedule->items[i]] = i;
	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		bool is_finished = false;
		int64_t done = 0;

		c->first_item[i] = item;
		for (; item < n && work_of(c, item)->step == i; item++) {
			const struct weir__work *work = work_of(c, item);

			if (is_finished || work->begin != done ||
			    work->end < done || work->end > step->tiles)
				return BROKEN("tiles of step %u are missing "
					      "or done twice", i);
			done = work->end;
			is_finished = work->has_finish;
		}
		if (done != step->tiles || item == c->first_item[i] ||
		    (weir__step_finishes(step) && !is_finished))
			return BROKEN("step %u is not complete", i);
	}
	c->first_item[i] = item;
	return item == n ? WEIR_OK : BROKEN("there is work of no step");
}

/* -- what work waits for -------------------------------------------------------------- */

static bool
is_pred(const struct checker *c, uint32_t item, uint32_t pred)
{
	return c->pred_of[pred] == item + 1;
}

/* Whether an item comes after all others of its step. */
static bool
is_end(const struct checker *c, uint32_t item)
{
	const struct weir__work *work = work_of(c, item);

	return work->begin == work->end && !work->is_void &&
	       item > c->first_item[work->step];
}

/* Whether an item comes after another one of step `maker`, or after its end,
 * which does. One worker does one after the other, whatever waits for what. */
static bool
comes_after(const struct checker *c, uint32_t item, uint32_t pred,
	    uint32_t maker)
{
	uint32_t last = c->first_item[maker + 1] - 1;

	return (c->plan->workers == 1 &&
		work_of(c, pred) < work_of(c, item)) ||
	       is_pred(c, item, pred) ||
	       (is_end(c, last) && is_pred(c, item, last));
}

static weir_status
check_operand(const struct checker *c, uint32_t item, uint32_t operand)
{
	const weir_plan *plan = c->plan;
	const struct weir__work *work = work_of(c, item);
	const struct weir__slot *slot =
		&plan->slots[plan->steps[work->step].first_slot + operand];
	const struct weir__step *maker;
	int64_t first, last, from, to;
	uint32_t i;

	if (slot->maker == WEIR__NOWHERE)
		return WEIR_OK;
	maker = &plan->steps[slot->maker];
	weir__work_reach_of_value(plan, work, operand, &first, &last);
	for (i = c->first_item[slot->maker];
	     i < c->first_item[slot->maker + 1]; i++) {
		weir__work_reach(maker, work_of(c, i),
				 maker->call.n_in + slot->result, &from, &to);
		if (is_end(c, i) &&
		    !weir__step_finishes_result(maker, slot->result))
			continue;	/* it makes nothing */
		if (from < last && first < to &&
		    !comes_after(c, item, i, slot->maker))
			return BROKEN("work %u uses step %u without waiting "
				      "for work %u", item, slot->maker, i);
	}
	return WEIR_OK;
}

/* The end of a step comes after all of it. */
static weir_status
check_end(const struct checker *c, uint32_t item)
{
	uint32_t i = c->first_item[work_of(c, item)->step];

	for (; i < item; i++)
		if (!is_pred(c, item, i))
			return BROKEN("work %u ends a step without waiting "
				      "for work %u", item, i);
	return WEIR_OK;
}

static weir_status
check_waits(struct checker *c)
{
	const weir_plan *plan = c->plan;
	weir_status status = WEIR_OK;
	uint32_t item, q, i;

	for (item = 0; item < plan->dag.n && !status; item++) {
		const struct weir__work *work = work_of(c, item);
		const struct weir__step *step = &plan->steps[work->step];

		for (q = plan->dag.first_pred[item];
		     q < plan->dag.first_pred[item + 1]; q++)
			c->pred_of[plan->dag.preds[q]] = item + 1;
		if (is_end(c, item)) {
			status = check_end(c, item);
			continue;
		}
		for (i = 0; i < step->call.n_in && !status; i++)
			status = check_operand(c, item, i);
	}
	return status ? status : weir__schedule_check(plan->schedule,
						      &plan->dag);
}

/* -- bytes ------------------------------------------------------------------------- */

static bool
is_step_before(const struct checker *c, uint32_t earlier, uint32_t later)
{
	const struct weir__order *o = &c->order;
	uint32_t i, j;

	for (i = o->first_entry[earlier]; i < o->first_entry[earlier + 1]; i++)
		for (j = o->first_entry[later]; j < o->first_entry[later + 1];
		     j++)
			if (!weir__order_is_before(o, o->entries[i],
						   o->entries[j]))
				return false;
	return true;
}

/* Whether result 0 of a step may be just over a value, for all that the step
 * `user` does with that. */
static bool
is_in_place(const struct checker *c, const struct bytes *old,
	    const struct bytes *new, uint32_t user)
{
	const struct weir__step *step = &c->plan->steps[new->step];
	const struct weir__slot *slots = &c->plan->slots[step->first_slot];
	uint32_t i;

	if (old->value == WEIR__NOWHERE || new->value == WEIR__NOWHERE ||
	    old->begin != new->begin || old->end != new->end ||
	    !(step->node->op->flags & WEIR_OP_IN_PLACE) ||
	    slots[step->call.n_in].index != new->value)
		return false;
	for (i = 0; i < step->call.n_in; i++)
		if (slots[i].where == WEIR__AT_ARENA &&
		    slots[i].index == old->value && !slots[i].is_direct)
			return false;
	return weir__order_is_done_with(&c->order, user, old->value,
					new->step);
}

static weir_status
check_pair(const struct checker *c, const struct bytes *old,
	   const struct bytes *new)
{
	const struct weir__order *o = &c->order;
	uint32_t i = 0, end = 1, user = old->step;

	if (old->value != WEIR__NOWHERE) {
		i = o->first_use[old->value];
		end = o->first_use[old->value + 1];
	}
	for (; i < end; i++) {
		if (old->value != WEIR__NOWHERE)
			user = o->uses[i];
		if (!is_step_before(c, user, new->step) &&
		    !is_in_place(c, old, new, user))
			return BROKEN("step %u writes over what step %u has "
				      "made and step %u may still use",
				      new->step, old->step, user);
	}
	return WEIR_OK;
}

/* Against the bytes of all before it; those that it covers are forgotten, for
 * whoever comes after it comes after them, too. */
static weir_status
add_bytes(struct checker *c, struct bytes new)
{
	size_t i, kept = 0;
	weir_status status;

	if (new.begin == new.end)
		return WEIR_OK;		/* wherever that is */
	for (i = 0; i < c->n_live; i++) {
		struct bytes old = c->live[i];

		if (old.begin < new.end && new.begin < old.end) {
			status = check_pair(c, &old, &new);
			if (status)
				return status;
			if (new.begin <= old.begin && old.end <= new.end)
				continue;
		}
		c->live[kept++] = old;
	}
	c->n_live = kept;
	if (weir__grow(c->plan->heap, &c->live, &c->room, c->n_live,
		       sizeof *c->live))
		return WEIR_ENOMEM;
	c->live[c->n_live++] = new;
	return WEIR_OK;
}

static weir_status
check_step_bytes(struct checker *c, uint32_t number)
{
	const weir_plan *plan = c->plan;
	const struct weir__step *step = &plan->steps[number];
	const struct weir__slot *out = &plan->slots[step->first_slot +
						    step->call.n_in];
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < step->call.n_out && !status; i++)
		if (out[i].where == WEIR__AT_ARENA)
			status = add_bytes(c, (struct bytes){
				out[i].offset, out[i].offset +
				weir__spec_bytes(out[i].spec), number,
				out[i].index });
	if (!status && step->scratch_bytes)
		status = add_bytes(c, (struct bytes){
			step->scratch, step->scratch +
			(int64_t)weir__step_scratch(plan, step), number,
			WEIR__NOWHERE });
	return status;
}

/* -- all of it --------------------------------------------------------------------- */

static weir_status
check(struct checker *c)
{
	weir_status status = check_tiles(c);
	uint32_t i;

	if (!status)
		status = check_waits(c);
	if (!status)
		status = weir__order_init(&c->order, c->plan);
	for (i = 0; i < c->plan->n_steps && !status; i++)
		status = check_step_bytes(c, i);
	return status ? status : weir__placement_check(c->plan, &c->order);
}

weir_status
weir__plan_check(const weir_plan *plan)
{
	struct checker c = { .plan = plan, .order = { .plan = plan } };
	struct weir__heap *heap = plan->heap;
	size_t items = (size_t)plan->schedule->n_items + 1;
	weir_status status = WEIR_ENOMEM;

	if (plan->schedule->n_items != plan->dag.n)
		return BROKEN("%u pieces of work, %u in the schedule",
			      plan->dag.n, plan->schedule->n_items);
	c.entry_of = weir__calloc(heap, items, sizeof *c.entry_of);
	c.pred_of = weir__calloc(heap, items, sizeof *c.pred_of);
	c.first_item = weir__calloc(heap, (size_t)plan->n_steps + 1,
				    sizeof *c.first_item);
	if (c.entry_of && c.pred_of && c.first_item)
		status = check(&c);
	weir__order_free(&c.order);
	weir__free(heap, c.entry_of);
	weir__free(heap, c.pred_of);
	weir__free(heap, c.first_item);
	weir__free(heap, c.live);
	return status;
}
