/* A plan in DOT: its steps, and what goes from one to another. */
#include "plan/plan.h"

#include "base/text.h"

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

static void
print_operand(const struct weir__slot *slot, uint32_t to,
	      struct weir__text *text)
{
	const char *source = source_name(slot->where);
	char spec[128];

	weir__spec_text(slot->spec, spec, sizeof spec);
	if (slot->maker != WEIR__NOWHERE)
		weir__text_add(text, "\tn%u -> n%u [label=\"%s\"];\n",
			       slot->maker, to, spec);
	else
		weir__text_add(text, "\t%s%u [shape=ellipse];\n"
			       "\t%s%u -> n%u [label=\"%s\"];\n", source,
			       slot->index, source, slot->index, to, spec);
}

static void
print_plan(const void *arg, struct weir__text *text)
{
	const weir_plan *plan = arg;
	uint32_t i, j;

	weir__text_add(text, "digraph \"");
	weir__text_quoted(text, plan->graph->path->text);
	weir__text_add(text, "\" {\n\tnode [shape=box];\n");
	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		weir__graph_node_dot(step->node, i, text);
		for (j = 0; j < step->node->n_in; j++)
			print_operand(&plan->slots[step->first_slot + j], i,
				      text);
	}
	weir__text_add(text, "}\n");
}

weir_status
weir__plan_dot(const weir_plan *plan, char **text)
{
	return weir__text_make(plan->heap, print_plan, plan, text);
}
