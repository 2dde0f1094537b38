/*
 * A plan whose steps are those of another one with smaller shapes is laid out
 * as that one is: who does which tiles, what is waited for, and where values
 * are, is taken over. Tiles that there are not any more are not done.
 *
 * That is safe if each piece of work touches no elements, of any value, but
 * those of the same numbers that it touched in the other plan. Then whatever
 * meets here has met there: what is waited for is enough, and so are the bytes
 * of each value, which are fewer. Where it is not so, as where an op cuts its
 * tiles otherwise for the smaller shape, the plan has to be laid out for
 * itself.
 *
 * Cost: O(slots + work x operands).
 */
#include <string.h>

#include "plan/control_plan.h"

#define OTHER(...) weir_fail(WEIR_ESTATE, __VA_ARGS__)

struct taking {
	weir_plan *plan;
	const weir_plan *from;
	int64_t *base;			/* per value: its offset there */
};

static weir_status
other_step(const weir_plan *plan, uint32_t step, const char *what)
{
	const struct weir__node *node = plan->steps[step].node;

	return OTHER("op %llu `%s` %s", (unsigned long long)node->ordinal,
		     node->op->name, what);
}

/* -- the same steps ------------------------------------------------------- */

static const struct weir__slot *
slots_of(const weir_plan *plan, uint32_t step)
{
	return &plan->slots[plan->steps[step].first_slot];
}

static bool
same_slot(const struct weir__slot *a, const struct weir__slot *b)
{
	return a->where == b->where && a->index == b->index &&
	       a->maker == b->maker && a->result == b->result &&
	       a->is_direct == b->is_direct &&
	       a->spec->dtype == b->spec->dtype &&
	       a->spec->rank == b->spec->rank;
}

/* What they run in place of a kernel: the same, laid out alike. */
static weir_status
compare_controls(const weir_plan *plan, const weir_plan *from, uint32_t number)
{
	const struct weir__step_control *a = plan->steps[number].control;
	const struct weir__step_control *b = from->steps[number].control;
	uint32_t i;

	if (!a && !b)
		return WEIR_OK;
	if (!a || !b || a->control->kind != b->control->kind)
		return other_step(plan, number, "has other bodies");
	for (i = 0; i < a->control->n_bodies; i++)
		if (!a->bodies[i].plan->is_laid_out_as_other)
			return other_step(plan, number, "has a body that is "
					  "laid out otherwise");
	return WEIR_OK;
}

static weir_status
compare_steps(const weir_plan *plan, const weir_plan *from, uint32_t number)
{
	const struct weir__step *a = &plan->steps[number];
	const struct weir__step *b = &from->steps[number];
	const struct weir__slot *x = slots_of(plan, number);
	const struct weir__slot *y = slots_of(from, number);
	uint32_t i;

	if (a->node->ordinal != b->node->ordinal ||
	    strcmp(a->node->op->name, b->node->op->name) ||
	    a->node->n_in != b->node->n_in ||
	    a->node->n_out != b->node->n_out ||
	    a->first_slot != b->first_slot ||
	    a->is_apart != b->is_apart || a->is_invariant != b->is_invariant)
		return other_step(plan, number, "is fused, or others before it "
				  "are, otherwise");
	if (a->again || b->again)
		return other_step(plan, number, "is done a second time");
	for (i = 0; i < a->node->n_in + a->node->n_out; i++)
		if (!same_slot(&x[i], &y[i]))
			return other_step(plan, number,
					  "has its operands elsewhere");
	if (a->tiles > b->tiles)
		return other_step(plan, number, "has more tiles");
	if (a->scratch_bytes > b->scratch_bytes ||
	    a->shared_bytes > b->shared_bytes)
		return other_step(plan, number, "needs more scratch");
	return compare_controls(plan, from, number);
}

static bool
same_where(const struct weir__slot *a, const struct weir__slot *b)
{
	return a->where == b->where && a->index == b->index;
}

static weir_status
compare_plans(const weir_plan *plan, const weir_plan *from)
{
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; i < plan->n_steps && i < from->n_steps && !status; i++)
		status = compare_steps(plan, from, i);
	if (!status && (plan->n_steps != from->n_steps ||
			plan->n_slots != from->n_slots ||
			plan->n_values != from->n_values ||
			plan->n_exports != from->n_exports ||
			plan->n_outputs != from->n_outputs ||
			plan->n_constants != from->n_constants ||
			plan->n_writes != from->n_writes))
		status = OTHER("other ops are fused, folded or left out");
	for (i = 0; i < plan->n_outputs && !status; i++)
		if (!same_where(&plan->outputs[i].slot, &from->outputs[i].slot))
			status = OTHER("results are kept elsewhere");
	return status;
}

/* -- the same elements ---------------------------------------------------- */

static struct weir__work
clipped(const struct weir__work *work, int64_t tiles)
{
	struct weir__work w = *work;

	w.begin = w.begin < tiles ? w.begin : tiles;
	w.end = w.end < tiles ? w.end : tiles;
	w.is_void = work->begin < work->end && w.begin == w.end;
	return w;
}

static weir_status
check_operand(const struct taking *t, const struct weir__work *work,
	      const struct weir__work *was, uint32_t operand)
{
	int64_t first, last, from, to;

	weir__work_reach_of_value(t->plan, work, operand, &first, &last);
	weir__work_reach_of_value(t->from, was, operand, &from, &to);
	return first >= last || (from <= first && last <= to)
		? WEIR_OK
		: other_step(t->plan, work->step, "has other tiles");
}

static weir_status
take_work(struct taking *t)
{
	weir_plan *plan = t->plan;
	uint32_t n = t->from->schedule->n_items, i, j;
	weir_status status = WEIR_OK;
	bool *is_finished;

	plan->work = weir__calloc(plan->heap, (size_t)n + 1,
				  sizeof *plan->work);
	is_finished = weir__calloc(plan->heap, (size_t)plan->n_steps + 1,
				   sizeof *is_finished);
	if (!plan->work || !is_finished)
		status = WEIR_ENOMEM;
	for (i = 0; i < n && !status; i++) {
		const struct weir__work *was = &t->from->work[i];
		const struct weir__step *step = &plan->steps[was->step];

		plan->work[i] = clipped(was, step->tiles);
		is_finished[was->step] |= was->has_finish;
		/* One worker does step after step, whatever they touch. */
		if (t->from->workers == 1)
			continue;
		for (j = 0; j < step->call.n_in + step->call.n_out && !status;
		     j++)
			status = check_operand(t, &plan->work[i], was, j);
	}
	for (i = 0; i < plan->n_steps && !status; i++)
		if (weir__step_finishes(&plan->steps[i]) && !is_finished[i])
			status = other_step(plan, i, "has an end, and had "
					    "none");
	weir__free(plan->heap, is_finished);
	return status;
}

/* -- the same bytes ------------------------------------------------------- */

static void
find_bases(struct taking *t)
{
	uint32_t i, j;

	for (i = 0; i < t->from->n_steps; i++) {
		const struct weir__step *step = &t->from->steps[i];
		const struct weir__slot *out = slots_of(t->from, i) +
					       step->node->n_in;

		for (j = 0; j < step->node->n_out; j++)
			if (out[j].where == WEIR__AT_ARENA)
				t->base[out[j].index] = out[j].offset;
	}
}

/* An operand that result 0 is written over there may be here, too. */
static weir_status
check_in_place(const struct taking *t, uint32_t number)
{
	const struct weir__step *step = &t->plan->steps[number];
	const struct weir__slot *in = slots_of(t->plan, number);
	const struct weir__slot *out = in + step->node->n_in;
	uint32_t i;

	if (!step->node->n_out || out->where != WEIR__AT_ARENA)
		return WEIR_OK;
	for (i = 0; i < step->node->n_in; i++)
		if (in[i].where == WEIR__AT_ARENA &&
		    t->base[in[i].index] == t->base[out->index] &&
		    (!(step->node->op->flags & WEIR_OP_IN_PLACE) ||
		     !weir__spec_equal(in[i].spec, out->spec)))
			return other_step(t->plan, number,
					  "cannot be done in place");
	return WEIR_OK;
}

static weir_status
take_bytes(struct taking *t)
{
	weir_plan *plan = t->plan;
	weir_status status = WEIR_OK;
	uint32_t i;

	find_bases(t);
	for (i = 0; i < plan->n_steps && !status; i++)
		status = check_in_place(t, i);
	for (i = 0; i < plan->n_slots && !status; i++) {
		struct weir__slot *slot = &plan->slots[i];

		if (slot->where == WEIR__AT_ARENA &&
		    weir__spec_bytes(slot->spec) >
			    weir__spec_bytes(t->from->slots[i].spec))
			status = OTHER("a value is larger than it was");
	}
	if (status)
		return status;
	for (i = 0; i < plan->n_slots; i++)
		if (plan->slots[i].where == WEIR__AT_ARENA)
			plan->slots[i].offset += t->base[plan->slots[i].index];
	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].scratch_bytes)
			plan->steps[i].scratch = t->from->steps[i].scratch;
	plan->arena_bytes = t->from->arena_bytes;
	plan->is_tight = t->from->is_tight;
	return WEIR_OK;
}

/* -- copies --------------------------------------------------------------- */

static void *
copy_of(struct weir__heap *heap, const void *from, size_t n, size_t size)
{
	void *copy = weir__calloc(heap, n + 1, size);

	if (copy && n)
		memcpy(copy, from, n * size);
	return copy;
}

static weir_status
take_dag(weir_plan *plan, const weir_plan *from)
{
	const struct weir__dag *dag = &from->dag;
	uint32_t n_preds = dag->first_pred[dag->n];

	plan->dag = *dag;
	plan->dag.first_pred = copy_of(plan->heap, dag->first_pred,
				       (size_t)dag->n + 1,
				       sizeof *dag->first_pred);
	plan->dag.preds = copy_of(plan->heap, dag->preds, n_preds,
				  sizeof *dag->preds);
	plan->dag.cost = copy_of(plan->heap, dag->cost, dag->n,
				 sizeof *dag->cost);
	plan->dag.edge_cost = copy_of(plan->heap, dag->edge_cost, n_preds,
				      sizeof *dag->edge_cost);
	return plan->dag.first_pred && plan->dag.preds && plan->dag.cost &&
	       plan->dag.edge_cost ? WEIR_OK : WEIR_ENOMEM;
}

static weir_status
take_schedule(struct taking *t)
{
	weir_plan *plan = t->plan;
	const weir_plan *from = t->from;
	weir_status status;

	status = weir__schedule_copy(from->schedule, &plan->schedule);
	if (!status)
		status = take_dag(plan, from);
	if (!status && from->node_of_page) {
		plan->node_of_page = copy_of(plan->heap, from->node_of_page,
					     from->n_pages,
					     sizeof *from->node_of_page);
		plan->n_pages = from->n_pages;
		status = plan->node_of_page ? WEIR_OK : WEIR_ENOMEM;
	}
	plan->workers = from->workers;
	return status;
}

weir_status
weir__plan_lay_out_as(weir_plan *plan, const weir_plan *from)
{
	struct taking t = { .plan = plan, .from = from };
	weir_status status = compare_plans(plan, from);

	if (status)
		return status;
	t.base = weir__calloc(plan->heap, plan->n_values + 1, sizeof *t.base);
	status = t.base ? take_work(&t) : WEIR_ENOMEM;
	if (!status)
		status = take_schedule(&t);
	if (!status)
		status = take_bytes(&t);	/* last: it is not undone */
	weir__free(plan->heap, t.base);
	return status;
}
