/* A plan in DOT: its steps, and what goes from one to another; with the plans
 * of bodies. */
#include "plan/control_plan.h"

#include "base/text.h"
#include "graph/graph_dot.h"

static const char *
source_name(enum weir__where where)
{
	switch (where) {
	case WEIR__AT_INPUT:
		return "input";
	case WEIR__AT_VARIABLE:
		return "variable";
	default:
		return "constant";
	}
}

/* The ellipse of what no step makes; its kind. */
static const char *
draw_source(const struct weir__drawn *d, const struct weir__slot *slot)
{
	const char *source = source_name(slot->where);

	weir__text_add(d->text, "\t");
	weir__dot_name(d, source, slot->index);
	weir__text_add(d->text, " [shape=ellipse, label=\"%s%u", source,
		       slot->index);
	if (slot->where == WEIR__AT_INPUT)
		weir__dot_fed(d, slot->index);
	weir__text_add(d->text, "\"];\n");
	return source;
}

static void
draw_operand(const struct weir__drawn *d, const struct weir__slot *slot,
	     uint32_t step)
{
	if (slot->maker != WEIR__NOWHERE)
		weir__dot_edge(d, "n", slot->maker, step, slot->spec);
	else
		weir__dot_edge(d, draw_source(d, slot), slot->index, step,
			       slot->spec);
}

/* The last step that writes it. */
static uint32_t
maker_of_export(const weir_plan *plan, uint32_t export)
{
	uint32_t i = plan->n_steps, j;

	while (i-- > 0) {
		const struct weir__step *step = &plan->steps[i];
		const struct weir__slot *out =
			&plan->slots[step->first_slot + step->node->n_in];

		for (j = 0; j < step->node->n_out; j++)
			if (out[j].where == WEIR__AT_EXPORT &&
			    out[j].index == export)
				return i;
	}
	return WEIR__NOWHERE;
}

static void
draw_output(const struct weir__drawn *d, const weir_plan *plan,
	    uint32_t number)
{
	const struct weir__slot *slot = &plan->outputs[number].slot;

	if (slot->where == WEIR__AT_EXPORT)
		weir__dot_output(d, "n", maker_of_export(plan, slot->index),
				 number, slot->spec);
	else
		weir__dot_output(d, draw_source(d, slot), slot->index, number,
				 slot->spec);
}

static void draw(const struct weir__drawn *d, const void *arg);

static void
draw_body(const struct weir__drawn *d, const void *arg, uint32_t body)
{
	const struct weir__step_control *control = arg;

	draw(d, control->bodies[body].plan);
}

static void
draw(const struct weir__drawn *d, const void *arg)
{
	const weir_plan *plan = arg;
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		weir__dot_call(d, step->node, i, draw_body, step->control);
		for (j = 0; j < step->node->n_in; j++)
			draw_operand(d, &plan->slots[step->first_slot + j], i);
	}
	for (i = 0; d->control && i < plan->n_outputs; i++)
		draw_output(d, plan, i);
}

static void
print_plan(const void *arg, struct weir__text *text)
{
	const weir_plan *plan = arg;

	weir__dot_draw(plan->graph, draw, plan, text);
}

weir_status
weir__plan_dot(const weir_plan *plan, char **text)
{
	return weir__text_make(plan->heap, print_plan, plan, text);
}
