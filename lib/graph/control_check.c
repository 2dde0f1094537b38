/*
 * What always holds of a node that holds sub-graphs: who runs it relies on
 * that, and a file from which it was loaded need not have kept to it. The
 * reasons alone.
 */
#include "graph/control_node.h"

#include <string.h>

#define BROKEN(...) weir_fail(WEIR_EINVAL, __VA_ARGS__)

/* "f32[3]" */
struct spec_text {
	char text[128];
};

static const char *
text_of(const weir_spec *spec, struct spec_text *to)
{
	weir__spec_text(spec, to->text, sizeof to->text);
	return to->text;
}

static const struct weir__gvalue *
operand(const weir_graph *graph, const struct weir__node *node, uint32_t i)
{
	return graph->values[node->in[i]];
}

static const struct weir__gvalue *
output(const weir_graph *body, uint32_t i)
{
	return body->values[body->outputs[i]];
}

/* -- the node ------------------------------------------------------------ */

static weir_status
check_form(const struct weir__node *node)
{
	const struct weir__control *c = node->control;

	if (c->n_bodies != weir__control_bodies(c->kind))
		return BROKEN("a %s has %u bodies", node->op->name,
			      c->n_bodies);
	if (c->n_given > node->n_in)
		return BROKEN("of %u operands %u were given", node->n_in,
			      c->n_given);
	if (c->kind < WEIR__WHILE && c->n_states)
		return BROKEN("a %s has states", node->op->name);
	if (c->max_iterations < 0 ||
	    (c->max_iterations && c->kind != WEIR__WHILE &&
	     c->kind != WEIR__REPEAT))
		return BROKEN("a %s has at most %lld iterations",
			      node->op->name, (long long)c->max_iterations);
	if ((c->keeps_rows || c->n_yields) &&
	    (c->kind < WEIR__WHILE || !c->max_iterations))
		return BROKEN("a %s keeps states of any number of iterations",
			      node->op->name);
	if (c->kind != WEIR__REPEAT && (c->is_forward || c->n_yields))
		return BROKEN("a %s goes through no rows", node->op->name);
	if (c->n_yields > c->bodies[c->n_bodies - 1]->n_outputs)
		return BROKEN("%u results of a body are rows, and it gives "
			      "%zu", c->n_yields,
			      c->bodies[c->n_bodies - 1]->n_outputs);
	return WEIR_OK;
}

/* As what its bodies give says. */
static weir_status
check_results(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__control *c = node->control;
	uint32_t gives = weir__control_gives(c), i;
	struct spec_text is, should;
	weir_status status;
	weir_spec spec;

	if (c->kind >= WEIR__WHILE && gives != c->n_states)
		return BROKEN("there are %u states, and the body gives %u",
			      c->n_states, gives);
	if (node->n_out != weir__control_results(c))
		return BROKEN("it has %u results, and its bodies say %u",
			      node->n_out, weir__control_results(c));
	for (i = 0; i < node->n_out; i++) {
		const weir_spec *out = &graph->values[node->out[i]]->spec;

		status = weir__control_result_spec(c, i, &spec);
		if (status)
			return status;
		if (!weir__spec_equal(out, &spec))
			return BROKEN("result %u is %s, and its bodies say %s",
				      i, text_of(out, &is),
				      text_of(&spec, &should));
	}
	return WEIR_OK;
}

static weir_status
check_states(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__control *c = node->control;
	struct spec_text was, is;
	uint32_t i;

	for (i = 0; i < c->n_states; i++) {
		const weir_spec *state = &graph->values[node->out[i]]->spec;
		const struct weir__gvalue *v;

		if (c->initial[i] >= node->n_in)
			return BROKEN("state %u begins as no operand", i);
		v = operand(graph, node, c->initial[i]);
		if (!weir__spec_equal(&v->spec, state))
			return BROKEN("state %u is %s, and the body makes %s "
				      "of it", i, text_of(&v->spec, &was),
				      text_of(state, &is));
		if (!weir__is_contiguous(&v->spec, v->strides))
			return BROKEN("state %u begins with gaps", i);
	}
	return WEIR_OK;
}

static weir_status
check_assigned(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__control *c = node->control;
	uint32_t gives = weir__control_gives(c), i;

	if (c->n_assigned > gives)
		return BROKEN("%u variables become %u results", c->n_assigned,
			      gives);
	for (i = 0; i < c->n_assigned; i++) {
		uint32_t result = gives - c->n_assigned + i;
		const weir_spec *is = &graph->values[node->out[result]]->spec;

		if (c->assigned[i] >= graph->n_variables ||
		    !weir__spec_equal(is, &graph->values[graph->variables[
					      c->assigned[i]].start]->spec))
			return BROKEN("result %u is none that its variable "
				      "can become", result);
	}
	return WEIR_OK;
}

/* -- what a repeat goes through ------------------------------------------ */

/* Which result of which node an operand is; NULL where it is none. */
static const struct weir__node *
maker_of(const weir_graph *graph, const struct weir__node *node, uint32_t i,
	 uint32_t *result)
{
	const struct weir__gvalue *v;

	if (i >= node->n_in)
		return NULL;
	v = operand(graph, node, i);
	if (v->kind != WEIR__GV_RESULT)
		return NULL;
	*result = v->index;
	return graph->nodes[v->node];
}

/* The while that `count` is of; or NULL. */
static const struct weir__node *
counted_by(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__node *maker;
	uint32_t result;

	maker = maker_of(graph, node, node->control->count, &result);
	if (!maker || !maker->control || !maker->control->keeps_rows ||
	    result != 2 * maker->control->n_states)
		return NULL;
	return maker;
}

/* Whether an operand is rows of the while that `count` is of: what that has
 * kept, or a repeat through them has. */
static bool
is_row_of(const weir_graph *graph, const struct weir__node *node,
	  const struct weir__node *keeper, uint32_t i, const weir_spec *takes)
{
	const struct weir__node *maker;
	const weir_spec *rows;
	uint32_t result;

	maker = keeper ? maker_of(graph, node, i, &result) : NULL;
	if (!maker || !maker->control || maker->control->kind < WEIR__WHILE ||
	    result < maker->control->n_states)
		return false;
	if (maker == keeper ? result == maker->n_out - 1
			    : maker->control->kind != WEIR__REPEAT ||
			      counted_by(graph, maker) != keeper)
		return false;
	rows = &operand(graph, node, i)->spec;
	return rows->dtype == takes->dtype &&
	       rows->shape[1] == weir__spec_elements(takes);
}

/* -- bodies -------------------------------------------------------------- */

/* What an input is fed lies as it takes it. */
static weir_status
check_feed(const weir_graph *graph, const struct weir__node *node,
	   const struct weir__node *keeper, uint32_t body, uint32_t input)
{
	const struct weir__control *c = node->control;
	const weir_graph *of = c->bodies[body];
	const struct weir__gvalue *takes = of->values[of->inputs[input]], *fed;
	const struct weir__feed *feed = &c->feeds[body][input];
	uint32_t i = weir__feed_operand(c, feed);
	struct spec_text is, wanted;

	if (i >= node->n_in)
		return BROKEN("input %u of body %u is fed what is not there",
			      input, body);
	fed = operand(graph, node, i);
	if (feed->from == WEIR__FROM_ROW) {
		if (!is_row_of(graph, node, keeper, i, &takes->spec))
			return BROKEN("input %u of body %u, %s, is fed what "
				      "is no row of a loop", input, body,
				      text_of(&takes->spec, &wanted));
	} else if (!weir__spec_equal(&fed->spec, &takes->spec)) {
		return BROKEN("input %u of body %u is %s, and is fed %s",
			      input, body, text_of(&takes->spec, &wanted),
			      text_of(&fed->spec, &is));
	}
	if (feed->from == WEIR__FROM_OPERAND
	    ? memcmp(fed->strides, takes->strides,
		     (size_t)takes->spec.rank * sizeof *takes->strides)
	    : !weir__is_contiguous(&takes->spec, takes->strides))
		return BROKEN("input %u of body %u lies otherwise than what "
			      "it is fed", input, body);
	return WEIR_OK;
}

static weir_status
check_outputs(const struct weir__node *node, uint32_t number)
{
	const struct weir__control *c = node->control;
	const weir_graph *body = c->bodies[number];
	const weir_graph *last = c->bodies[c->n_bodies - 1];
	struct spec_text one, other;
	uint32_t i;

	if (c->kind == WEIR__WHILE && number == 0)
		return body->n_outputs == 1 &&
		       weir__spec_is_predicate(&output(body, 0)->spec)
			? WEIR_OK
			: BROKEN("the condition gives no bool with one "
				 "element");
	if (body->n_outputs != last->n_outputs)
		return BROKEN("body %u gives %zu results, and the other %zu",
			      number, body->n_outputs, last->n_outputs);
	for (i = 0; i < body->n_outputs; i++)
		if (!weir__spec_equal(&output(body, i)->spec,
				      &output(last, i)->spec))
			return BROKEN("result %u is %s of one branch and %s "
				      "of the other", i,
				      text_of(&output(body, i)->spec, &one),
				      text_of(&output(last, i)->spec, &other));
	return WEIR_OK;
}

static weir_status
check_body(const weir_graph *graph, const struct weir__node *node,
	   const struct weir__node *keeper, uint32_t number)
{
	const weir_graph *body = node->control->bodies[number];
	weir_status status;
	uint32_t i;

	if (body->n_variables)
		return BROKEN("body %u has variables", number);
	status = check_outputs(node, number);
	for (i = 0; i < body->n_inputs && !status; i++)
		status = check_feed(graph, node, keeper, number, i);
	return status;
}

weir_status
weir__control_check(const weir_graph *graph, const struct weir__node *node)
{
	const struct weir__control *c = node->control;
	const struct weir__node *keeper = NULL;
	weir_status status;
	uint32_t i;

	status = check_form(node);
	if (!status)
		status = check_results(graph, node);
	if (!status)
		status = check_states(graph, node);
	if (!status)
		status = check_assigned(graph, node);
	if (status)
		return status;
	if (c->kind == WEIR__COND &&
	    (!node->n_in ||
	     !weir__spec_is_predicate(&operand(graph, node, 0)->spec)))
		return BROKEN("operand a is no bool with one element");
	if (c->kind == WEIR__REPEAT) {
		keeper = counted_by(graph, node);
		if (!keeper)
			return BROKEN("operand %u is not how often a loop has "
				      "gone round", c->count);
		if (c->max_iterations &&
		    c->max_iterations != keeper->control->max_iterations)
			return BROKEN("it has rows for %lld iterations, and "
				      "the loop for %lld",
				      (long long)c->max_iterations,
				      (long long)keeper->control
						      ->max_iterations);
	}
	for (i = 0; i < c->n_bodies && !status; i++)
		status = check_body(graph, node, keeper, i);
	return status;
}
