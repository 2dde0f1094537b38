/* A graph as text, a line a node. */
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

void
weir__feed_text(const struct weir__feed *feed, struct weir__text *text)
{
	static const char *const from[] = {
		[WEIR__FROM_OPERAND] = "operand",
		[WEIR__FROM_STATE] = "state",
		[WEIR__FROM_ROW] = "this iteration's row of operand",
	};

	weir__text_add(text, "%s %u", from[feed->from], feed->index);
}

void
weir__body_text(const struct weir__node *node, struct weir__text *text)
{
	weir__text_add(text, "of call %llu: ",
		       (unsigned long long)node->ordinal);
}

void
weir__feeds_text(const weir_graph *body, const struct weir__feed *feeds,
		 struct weir__text *text)
{
	size_t i;

	for (i = 0; feeds && i < body->n_inputs; i++) {
		weir__text_add(text, "input%zu is ", i);
		weir__feed_text(&feeds[i], text);
		weir__text_add(text, "\n");
	}
}

/* feeds: of a body; else NULL. */
static void
print_graph(const weir_graph *graph, const struct weir__feed *feeds,
	    struct weir__text *text)
{
	uint32_t i, j;

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
	weir__feeds_text(graph, feeds, text);
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__control *c = graph->nodes[i]->control;

		for (j = 0; c && j < c->n_bodies; j++) {
			weir__body_text(graph->nodes[i], text);
			print_graph(c->bodies[j], c->feeds[j], text);
		}
	}
}

static void
print_text(const void *arg, struct weir__text *text)
{
	print_graph(arg, NULL, text);
}

static void
print_dot(const void *arg, struct weir__text *text)
{
	weir__graph_dot(arg, text);
}

weir_status
weir__graph_print(const weir_graph *graph, bool as_dot, char **text)
{
	return weir__text_make(graph->heap, as_dot ? print_dot : print_text,
			       graph, text);
}
