/* A graph as text, a line a node, or in DOT. */
#include "graph/control_node.h"

#include "base/text.h"
#include "ops/schema.h"

void
weir__graph_value_text(const weir_graph *graph, uint32_t number,
		       struct weir__text *text)
{
	const struct weir__gvalue *v = graph->values[number];
	char spec[128];

	weir__spec_text(&v->spec, spec, sizeof spec);
	switch (v->kind) {
	case WEIR__GV_INPUT:
		weir__text_add(text, "input%u%s%s:%s", v->index,
			       *v->name ? "=" : "", v->name, spec);
		break;
	case WEIR__GV_CAPTURE:
		weir__text_add(text, "constant%s%s:%s", *v->name ? "=" : "",
			       v->name, spec);
		break;
	case WEIR__GV_VARIABLE:
		weir__text_add(text, "variable %s:%s", v->name, spec);
		break;
	case WEIR__GV_RESULT:
		weir__text_add(text, "%%%u:%s", number, spec);
		break;
	}
}

void
weir__graph_node_text(const weir_graph *graph, const struct weir__node *node,
		      const uint32_t *same_as, struct weir__text *text)
{
	uint32_t i;

	weir__text_add(text, "%5llu  %s/%s", (unsigned long long)node->ordinal,
		       node->path->text, node->op->name);
	for (i = 0; i < node->n_in; i++) {
		weir__text_add(text, "%s", i ? ", " : "(");
		weir__graph_value_text(graph, same_as ? same_as[node->in[i]]
						      : node->in[i], text);
	}
	weir__text_add(text, node->n_in ? ")" : "()");
	if (node->attrs) {
		weir__text_add(text, " {");
		weir__attrs_text(node->op, node->attrs, text);
		weir__text_add(text, "}");
	}
	for (i = 0; i < node->n_out; i++) {
		weir__text_add(text, "%s", i ? ", " : " -> ");
		weir__graph_value_text(graph, node->out[i], text);
	}
	weir__text_add(text, "%s  %s\n", node->is_view ? "  (view)" : "",
		       node->site);
}

static void print_text(const void *arg, struct weir__text *text);

/* A body, and what each of its inputs is when it is run. */
static void
print_body(const struct weir__node *node, uint32_t number,
	   struct weir__text *text)
{
	static const char *const from[] = {
		[WEIR__FROM_OPERAND] = "operand",
		[WEIR__FROM_STATE] = "state",
		[WEIR__FROM_ROW] = "this iteration's row of operand",
	};
	const struct weir__control *c = node->control;
	const weir_graph *body = c->bodies[number];
	size_t i;

	weir__text_add(text, "of call %llu: ",
		       (unsigned long long)node->ordinal);
	print_text(body, text);
	for (i = 0; i < body->n_inputs; i++)
		weir__text_add(text, "input%zu is %s %u\n", i,
			       from[c->feeds[number][i].from],
			       c->feeds[number][i].index);
}

void
weir__graph_bodies_text(const weir_graph *graph, struct weir__text *text)
{
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		for (j = 0; node->control && j < node->control->n_bodies; j++)
			print_body(node, j, text);
	}
}

static void
print_text(const void *arg, struct weir__text *text)
{
	const weir_graph *graph = arg;
	uint32_t i;

	weir__text_add(text, "graph %s: %zu nodes, %zu values\n",
		       graph->path->text, graph->n_nodes, graph->n_values);
	for (i = 0; i < graph->n_nodes; i++)
		weir__graph_node_text(graph, graph->nodes[i], NULL, text);
	for (i = 0; i < graph->n_outputs; i++) {
		weir__text_add(text, "output %u: ", i);
		weir__graph_value_text(graph, graph->outputs[i], text);
		weir__text_add(text, "\n");
	}
	for (i = 0; i < graph->n_variables; i++) {
		if (!graph->variables[i].written_by)
			continue;
		weir__text_add(text, "variable %s becomes ",
			       weir_tensor_name(graph->variables[i].variable));
		weir__graph_value_text(graph, graph->variables[i].current, text);
		weir__text_add(text, "\n");
	}
	weir__graph_bodies_text(graph, text);
}

void
weir__graph_node_dot(const struct weir__node *node, uint32_t number,
		     struct weir__text *text)
{
	weir__text_add(text, "\tn%u [label=\"", number);
	weir__text_quoted(text, node->op->name);
	weir__text_add(text, "\\n");
	weir__text_quoted(text, node->path->text);
	weir__text_add(text, "\"%s];\n",
		       node->is_view ? ", style=dashed" : "");
}

void
weir__graph_source_dot(const weir_graph *graph, uint32_t value,
		       struct weir__text *text)
{
	const struct weir__gvalue *v = graph->values[value];

	weir__text_add(text, "\tv%u [shape=ellipse, label=\"", value);
	weir__text_quoted(text, *v->name ? v->name :
			  v->kind == WEIR__GV_INPUT ? "input" : "constant");
	weir__text_add(text, "\"];\n");
}

static void
print_dot(const void *arg, struct weir__text *text)
{
	const weir_graph *graph = arg;
	uint32_t i, j;

	weir__text_add(text, "digraph \"");
	weir__text_quoted(text, graph->path->text);
	weir__text_add(text, "\" {\n\tnode [shape=box];\n");
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		weir__graph_node_dot(node, i, text);
		for (j = 0; j < node->n_in; j++) {
			const struct weir__gvalue *v =
				graph->values[node->in[j]];
			char spec[128];

			weir__spec_text(&v->spec, spec, sizeof spec);
			if (v->kind == WEIR__GV_RESULT)
				weir__text_add(text, "\tn%u -> n%u "
					       "[label=\"%s\"];\n", v->node, i,
					       spec);
			else
				weir__text_add(text, "\tv%u -> n%u "
					       "[label=\"%s\"];\n",
					       node->in[j], i, spec);
		}
	}
	for (i = 0; i < graph->n_values; i++) {
		if (graph->values[i]->kind != WEIR__GV_RESULT)
			weir__graph_source_dot(graph, i, text);
	}
	weir__text_add(text, "}\n");
}

weir_status
weir__graph_print(const weir_graph *graph, bool as_dot, char **text)
{
	return weir__text_make(graph->heap, as_dot ? print_dot : print_text,
			       graph, text);
}
