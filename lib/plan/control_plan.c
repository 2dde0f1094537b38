/* Plans of the bodies of control steps, and where what they work on is. */
#include "plan/control_plan.h"

#include <string.h>

/* Calls are in the same order there, so who looks for all of them in turn goes
 * through it once. */
static void
find_like(const weir_plan *other, const struct weir__node *node,
	  struct weir__step_control *c)
{
	uint32_t i = c->next && c->next->like != WEIR__NOWHERE
		? c->next->like + 1 : 0;

	c->like = WEIR__NOWHERE;
	for (; other && i < other->n_steps && c->like == WEIR__NOWHERE; i++)
		if (other->steps[i].control &&
		    other->steps[i].node->ordinal == node->ordinal)
			c->like = i;
}

/* Body `number` is compiled as a graph is; what it takes from the budget is
 * part of the scratch of the step around it. */
static weir_status
compile_body(const struct weir__step_control *c, uint32_t number,
	     const struct weir__plan_options *options, weir_plan **plan)
{
	const struct weir__control *control = c->control;
	struct weir__plan_options own = *options;

	own.node_ns = NULL;
	own.outside = NULL;	/* its inputs are in the runs around it */
	own.max_bytes = 0;
	own.feeds = control->n_states ? control->feeds[number] : NULL;
	own.like = c->like == WEIR__NOWHERE ? NULL
		 : options->like->steps[c->like].control->bodies[number].plan;
	return weir__plan_compile(control->bodies[number], &own, NULL, NULL,
				  plan);
}

/* Which export is which output; and room for those that are none as they are:
 * one is a part of them, or they stay. */
static weir_status
place_outputs(weir_plan *around, struct weir__body_plan *body)
{
	const weir_plan *plan = body->plan;
	uint32_t i, *output_of;
	size_t *offset;

	output_of = weir__arena_alloc(&around->arena, (plan->n_exports + 1) *
						      sizeof *output_of);
	offset = weir__arena_alloc(&around->arena, (plan->n_exports + 1) *
						   sizeof *offset);
	if (!output_of || !offset)
		return WEIR_ENOMEM;
	memset(output_of, 0xff, plan->n_exports * sizeof *output_of);
	for (i = 0; i < plan->n_outputs; i++) {
		const struct weir__output *output = &plan->outputs[i];

		if (output->is_whole &&
		    output->slot.where == WEIR__AT_EXPORT &&
		    !plan->exports[output->slot.index].stays &&
		    output_of[output->slot.index] == WEIR__NOWHERE)
			output_of[output->slot.index] = i;
	}
	for (i = 0; i < plan->n_exports; i++) {
		if (output_of[i] != WEIR__NOWHERE)
			continue;
		offset[i] = body->loose_bytes;
		body->loose_bytes += weir__aligned(
			plan->exports[i].layout->bytes);
	}
	body->output_of = output_of;
	body->loose = offset;
	return WEIR_OK;
}

/* The scratch of the step: a second buffer for each state; the answer of a
 * condition; an arena of which each body has all when it is run; and what is to
 * stay from one run of a body to the next. */
static weir_status
lay_out(weir_plan *around, const struct weir__step *step,
	struct weir__step_control *c, size_t *bytes)
{
	size_t at = 0, most = 0;
	uint32_t i;

	c->spare = weir__arena_alloc(&around->arena,
				     (c->control->n_states + 1) *
				     sizeof *c->spare);
	if (!c->spare)
		return WEIR_ENOMEM;
	for (i = 0; i < c->control->n_states; i++) {
		c->spare[i] = at;
		at += weir__aligned((size_t)weir__spec_bytes(
			step->call.out[i]));
	}
	c->answer = at;
	at += weir__aligned(1);
	c->arena = at;
	for (i = 0; i < c->control->n_bodies; i++) {
		size_t needs = weir__aligned(c->bodies[i].plan->arena_bytes);

		most = most > needs ? most : needs;
	}
	at += most;
	for (i = 0; i < c->control->n_bodies; i++) {
		c->bodies[i].loose_at = at;
		at += c->bodies[i].loose_bytes;
	}
	*bytes = at;
	return WEIR_OK;
}

/* Loops in loops may be guessed to take for ever: sums of costs are to be
 * finite. */
static const double MOST_NS = 1e15;

static void
estimate(const struct weir__step_control *c, weir_cost *cost)
{
	double times = c->control->n_states ? WEIR__ITERATIONS_GUESSED : 1;
	uint32_t i;

	if (c->control->kind == WEIR__COND)
		times = 0.5;
	*cost = (weir_cost){ .nanoseconds = 100 };
	for (i = 0; i < c->control->n_bodies; i++)
		cost->nanoseconds += times *
				     c->bodies[i].plan->info.estimate_ns;
	if (cost->nanoseconds > MOST_NS)
		cost->nanoseconds = MOST_NS;
}

weir_status
weir__plan_control(weir_plan *plan, struct weir__step *step,
		   const struct weir__plan_options *options)
{
	const struct weir__control *control = step->node->control;
	struct weir__step_control *c;
	weir_status status = WEIR_OK;
	uint32_t i;

	c = weir__arena_alloc(&plan->arena, sizeof *c);
	if (!c)
		return WEIR_ENOMEM;
	c->control = control;
	c->next = plan->controls;
	plan->controls = c;
	step->control = c;
	find_like(options->like, step->node, c);
	for (i = 0; i < control->n_bodies && !status; i++) {
		status = compile_body(c, i, options, &c->bodies[i].plan);
		if (status)
			break;
		plan->has_user_ops |= c->bodies[i].plan->has_user_ops;
		status = place_outputs(plan, &c->bodies[i]);
	}
	if (!status)
		status = lay_out(plan, step, c, &step->scratch_bytes);
	if (status)
		return status;
	step->tiles = 1;
	estimate(c, &step->cost);
	return WEIR_OK;
}

void
weir__plan_controls_release(weir_plan *plan)
{
	struct weir__step_control *c;
	uint32_t i;

	for (c = plan->controls; c; c = c->next)
		for (i = 0; i < WEIR__BODIES_MAX; i++)
			weir_plan_release(c->bodies[i].plan);
}
