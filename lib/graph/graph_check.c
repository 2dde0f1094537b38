/* What always holds of a graph, and whether two recordings are the same. */
#include "graph/control_node.h"

#include <string.h>

#include "ops/schema.h"

#define BROKEN(...) weir_fail(WEIR_EINVAL, "graph check: " __VA_ARGS__)

static weir_status
check_value(const weir_graph *graph, uint32_t number)
{
	const struct weir__gvalue *v = graph->values[number];

	if (v->base > number)
		return BROKEN("value %u is a view of the later value %u",
			      number, v->base);
	if (graph->values[v->base]->base != v->base)
		return BROKEN("the base of value %u is itself a view", number);
	if (v->kind == WEIR__GV_RESULT &&
	    (v->node >= graph->n_nodes ||
	     v->index >= graph->nodes[v->node]->n_out ||
	     graph->nodes[v->node]->out[v->index] != number))
		return BROKEN("value %u names a result that is not there",
			      number);
	return WEIR_OK;
}

/* A node that holds sub-graphs, and these. */
static weir_status
check_control(const weir_graph *graph, uint32_t number)
{
	const struct weir__node *node = graph->nodes[number];
	weir_status status = weir__control_check(graph, node);
	uint32_t i;

	if (status)
		return BROKEN("node %u: %s", number, weir_error_text());
	for (i = 0; i < node->control->n_bodies && !status; i++)
		status = weir__graph_check(node->control->bodies[i]);
	return status;
}

static weir_status
check_node(const weir_graph *graph, uint32_t number)
{
	const struct weir__node *node = graph->nodes[number];
	uint32_t i, j;

	if (number && node->ordinal <= graph->nodes[number - 1]->ordinal)
		return BROKEN("node %u is out of order", number);
	for (i = 0; i < node->n_in; i++)
		for (j = 0; j < node->n_out; j++)
			if (node->in[i] >= node->out[j])
				return BROKEN("node %u uses value %u before "
					      "it is made", number,
					      node->in[i]);
	return node->control ? check_control(graph, number) : WEIR_OK;
}

weir_status
weir__graph_check(const weir_graph *graph)
{
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; !status && i < graph->n_values; i++)
		status = check_value(graph, i);
	for (i = 0; !status && i < graph->n_nodes; i++)
		status = check_node(graph, i);
	for (i = 0; !status && i < graph->n_outputs; i++)
		if (graph->outputs[i] >= graph->n_values)
			status = BROKEN("output %u is not there", i);
	for (i = 0; !status && i < graph->n_variables; i++)
		if (graph->variables[i].start >= graph->n_values ||
		    graph->variables[i].current >= graph->n_values)
			status = BROKEN("the value of variable %u is not "
					"there", i);
	for (i = 0; !status && i < graph->n_assigns; i++)
		if (graph->assigns[i].variable >= graph->n_variables ||
		    graph->assigns[i].value >= graph->n_values)
			status = BROKEN("assignment %u names what is not "
					"there", i);
	return status;
}

static bool
nodes_equal(const struct weir__node *a, const struct weir__node *b)
{
	return a->op == b->op && a->n_in == b->n_in && a->n_out == b->n_out &&
	       a->path == b->path && a->ordinal == b->ordinal &&
	       memcmp(a->in, b->in, a->n_in * sizeof *a->in) == 0 &&
	       weir__attrs_equal(a->op, a->attrs, b->attrs);
}

static weir_status
report(const struct weir__node *a, const struct weir__node *b)
{
	char first[256], second[256];

	return weir_fail(WEIR_EUNREPEATABLE,
			 "recorded twice, the function differs at op %llu: "
			 "first %s, called at %s, then %s, called at %s",
			 (unsigned long long)(a ? a->ordinal : b->ordinal),
			 a ? weir__node_text(a, first, sizeof first)
			   : "nothing more",
			 a ? a->site : "no place",
			 b ? weir__node_text(b, second, sizeof second)
			   : "nothing more",
			 b ? b->site : "no place");
}

/* The same variables, each read and written as the other. */
static bool
variables_equal(const weir_graph *a, const weir_graph *b)
{
	size_t i;

	if (a->n_variables != b->n_variables || a->n_assigns != b->n_assigns)
		return false;
	for (i = 0; i < a->n_variables; i++) {
		const struct weir__gvariable *x = &a->variables[i];
		const struct weir__gvariable *y = &b->variables[i];

		if (x->variable != y->variable || x->start != y->start ||
		    x->current != y->current ||
		    x->written_by != y->written_by)
			return false;
	}
	return true;
}

weir_status
weir__graph_compare(const weir_graph *a, const weir_graph *b)
{
	size_t n = a->n_nodes > b->n_nodes ? a->n_nodes : b->n_nodes, i;

	for (i = 0; i < n; i++) {
		const struct weir__node *x, *y;

		x = i < a->n_nodes ? a->nodes[i] : NULL;
		y = i < b->n_nodes ? b->nodes[i] : NULL;
		if (!x || !y || !nodes_equal(x, y))
			return report(x, y);
		if (x->control) {
			weir_status status = weir__control_compare(x->control,
								   y->control);

			if (status)
				return status;
		}
	}
	if (a->n_outputs != b->n_outputs ||
	    (a->n_outputs && memcmp(a->outputs, b->outputs,
				    a->n_outputs * sizeof *a->outputs)) ||
	    !variables_equal(a, b))
		return weir_fail(WEIR_EUNREPEATABLE,
				 "recorded twice, the function gives other "
				 "outputs, or reads or writes other "
				 "variables");
	return WEIR_OK;
}
