/* Nodes that hold sub-graphs: their ops, and what follows from bodies. */
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

/* -- results ------------------------------------------------------------- */

uint32_t
weir__control_gives(const struct weir__control *control)
{
	const weir_graph *last = control->bodies[control->n_bodies - 1];

	return (uint32_t)last->n_outputs - control->n_yields;
}

uint32_t
weir__control_results(const struct weir__control *control)
{
	uint32_t n = weir__control_gives(control);

	if (control->keeps_rows)
		n += n + (control->kind == WEIR__WHILE);
	return n + control->n_yields;
}

const weir_spec *
weir__control_row_spec(const struct weir__control *control, uint32_t result)
{
	const weir_graph *last = control->bodies[control->n_bodies - 1];
	uint32_t n = weir__control_gives(control);
	uint32_t output = control->keeps_rows && result >= n ? result - n
							     : result;

	return output < last->n_outputs
		? &last->values[last->outputs[output]]->spec : NULL;
}

/* What the last body gives; the rows of each; those of what it gives beside;
 * and how many these are. */
weir_status
weir__control_result_spec(const struct weir__control *control, uint32_t result,
			  weir_spec *spec)
{
	const weir_spec *row = weir__control_row_spec(control, result);

	if (!row)
		return weir__spec_init(spec, WEIR_I64, 0, NULL);
	*spec = *row;
	return result < weir__control_gives(control)
		? WEIR_OK
		: weir__spec_init(spec, spec->dtype, 2, (int64_t[]){
				  control->max_iterations,
				  weir__spec_elements(spec) });
}

bool
weir__control_is_fed_alike(const struct weir__control *a,
			   const struct weir__control *b, uint32_t body)
{
	size_t n = a->bodies[body]->n_inputs, i;

	if (b->bodies[body]->n_inputs != n)
		return false;
	for (i = 0; i < n; i++)
		if (a->feeds[body][i].from != b->feeds[body][i].from ||
		    a->feeds[body][i].index != b->feeds[body][i].index)
			return false;
	return true;
}

weir_status
weir__control_compare(const struct weir__control *a,
		      const struct weir__control *b)
{
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; i < a->n_bodies && !status; i++) {
		status = weir__graph_compare(a->bodies[i], b->bodies[i]);
		if (!status && !weir__control_is_fed_alike(a, b, i))
			status = weir_fail(WEIR_EUNREPEATABLE,
					   "recorded twice, a body of the "
					   "function uses other tensors: %s",
					   a->bodies[i]->path->text);
	}
	if (!status && (a->max_iterations != b->max_iterations ||
			a->n_states != b->n_states ||
			a->n_assigned != b->n_assigned))
		status = weir_fail(WEIR_EUNREPEATABLE,
				   "recorded twice, a call of the function "
				   "has other limits or writes other "
				   "variables: %s",
				   a->bodies[0]->path->text);
	return status;
}
