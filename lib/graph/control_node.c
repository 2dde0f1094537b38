/* Nodes that hold sub-graphs: their ops, and what always holds of them. */
#include "graph/control_node.h"

#include <stdio.h>

#define CONTROL_OP(variable, called, says)				\
const weir_op variable = {						\
	.size = sizeof(weir_op), .name = called, .doc = says,		\
	.n_in = WEIR_VARIADIC, .n_out = 0, .fallible = WEIR_ANY_DTYPE,	\
}

CONTROL_OP(weir__op_call, "call", "Call a function.");
CONTROL_OP(weir__op_cond, "cond", "Call one of two functions.");
CONTROL_OP(weir__op_while, "while", "Call a function while another says so.");
CONTROL_OP(weir__op_repeat, "while_grad", "The gradient of while.");

const weir_op *
weir__control_op(enum weir__control_kind kind)
{
	static const weir_op *const ops[] = {
		[WEIR__CALL] = &weir__op_call,
		[WEIR__COND] = &weir__op_cond,
		[WEIR__WHILE] = &weir__op_while,
		[WEIR__REPEAT] = &weir__op_repeat,
	};

	return ops[kind];
}

void
weir__loop_too_long_text(int64_t max_iterations, char *text, size_t size)
{
	snprintf(text, size, "the condition still holds after %lld iterations",
		 (long long)max_iterations);
}

void
weir__control_end(const struct weir__control *control)
{
	uint32_t i;

	for (i = 0; i < control->n_bodies; i++)
		weir__graph_unref(control->bodies[i]);
}

bool
weir__control_has_effects(const struct weir__control *control)
{
	uint32_t i, j;

	for (i = 0; i < control->n_bodies; i++)
		for (j = 0; j < control->bodies[i]->n_nodes; j++)
			if (weir__node_has_effects(control->bodies[i],
						   control->bodies[i]
							   ->nodes[j]))
				return true;
	/* It may never end, or end with a failure. */
	return control->kind == WEIR__WHILE;
}

/* -- checks ------------------------------------------------------------------ */

#define BROKEN(...) weir_fail(WEIR_EINVAL, "graph check: " __VA_ARGS__)

static const weir_spec *
spec_of(const weir_graph *graph, uint32_t value)
{
	return &graph->values[value]->spec;
}

static weir_status
check_feed(const weir_graph *graph, const struct weir__node *node,
	   uint32_t body, uint32_t input)
{
	const struct weir__control *c = node->control;
	const struct weir__feed *feed = &c->feeds[body][input];
	const weir_spec *takes = spec_of(c->bodies[body],
					 c->bodies[body]->inputs[input]);
	uint32_t operand = feed->index;
	const weir_spec *spec;

	if (feed->from == WEIR__FROM_STATE && feed->index >= c->n_states)
		return BROKEN("input %u of body %u is no state", input, body);
	if (feed->from == WEIR__FROM_STATE)
		operand = c->initial[feed->index];
	if (operand >= node->n_in)
		return BROKEN("input %u of body %u is no operand", input, body);
	spec = spec_of(graph, node->in[operand]);
	if (feed->from == WEIR__FROM_ROW
	    ? spec->rank == 2 && spec->dtype == takes->dtype &&
	      spec->shape[1] == weir__spec_elements(takes)
	    : weir__spec_equal(spec, takes))
		return WEIR_OK;
	return BROKEN("input %u of body %u is of another spec than what it is "
		      "fed", input, body);
}

static weir_status
check_body(const weir_graph *graph, const struct weir__node *node,
	   uint32_t number)
{
	const struct weir__control *c = node->control;
	const weir_graph *body = c->bodies[number];
	bool is_condition = c->kind == WEIR__WHILE && number == 0;
	uint32_t n_out = c->n_states ? c->n_states : node->n_out, i;
	weir_status status = weir__graph_check(body);

	if (body->n_variables)
		return BROKEN("a body has variables");
	if (body->n_outputs != (is_condition ? 1 : n_out))
		return BROKEN("body %u has %zu outputs", number,
			      body->n_outputs);
	for (i = 0; i < body->n_inputs && !status; i++)
		status = check_feed(graph, node, number, i);
	for (i = 0; i < n_out && !is_condition && !status; i++)
		if (!weir__spec_equal(spec_of(body, body->outputs[i]),
				      spec_of(graph, node->out[i])))
			status = BROKEN("output %u of body %u is of another "
					"spec than the result", i, number);
	return status;
}

weir_status
weir__control_check(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__control *c = node->control;
	weir_status status = WEIR_OK;
	uint32_t i;

	if (c->n_bodies != (c->kind == WEIR__COND || c->kind == WEIR__WHILE
			    ? 2 : 1))
		return BROKEN("a %s has %u bodies", node->op->name,
			      c->n_bodies);
	for (i = 0; i < c->n_bodies && !status; i++)
		status = check_body(graph, node, i);
	return status;
}

weir_status
weir__control_compare(const struct weir__control *a,
		      const struct weir__control *b)
{
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; i < a->n_bodies && !status; i++)
		status = weir__graph_compare(a->bodies[i], b->bodies[i]);
	return status;
}
