/* A graph as it is after a pass: as text, a line a call, or what is left of it
 * in DOT. */
#include "base/text.h"
#include "passes/pass.h"

static bool
is_left(const struct weir__rewrite *r, uint32_t node)
{
	return r->fate[node] == WEIR__LIVE;
}

static void
print_fate(const struct weir__rewrite *r, uint32_t number,
	   struct weir__text *text)
{
	const struct weir__node *node = r->graph->nodes[number];

	weir__text_add(text, "%5llu  %s/%s: ",
		       (unsigned long long)node->ordinal, node->path->text,
		       node->op->name);
	switch ((enum weir__trace_fate)r->fate[number]) {
	case WEIR__FATE_MERGED:
		weir__text_add(text, "merged into %llu",
			       (unsigned long long)r->graph->nodes[
				       r->into[number]]->ordinal);
		break;
	case WEIR__FATE_FOLDED:
		weir__graph_value_text(r->graph, node->out[0], text);
		weir__text_add(text, " is a constant");
		break;
	case WEIR__FATE_VIEW:
		weir__text_add(text, "the same as ");
		weir__graph_value_text(r->graph, r->same_as[node->out[0]],
				       text);
		break;
	default:
		weir__text_add(text, "dropped");
		break;
	}
	weir__text_add(text, "\n");
}

/* Whether it is there to be looked through: a view, and no other stands for
 * it. */
static bool
is_view(const struct weir__rewrite *r, uint32_t number)
{
	uint32_t out = r->graph->nodes[number]->out[0];

	return r->fate[number] == WEIR__FATE_VIEW && r->same_as[out] == out;
}

static void
print_text(const void *arg, struct weir__text *text)
{
	const struct weir__rewrite *r = arg;
	const weir_graph *graph = r->graph;
	size_t left = 0;
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		left += is_left(r, i);
	weir__text_add(text, "graph %s: %zu of %zu calls are left\n",
		       graph->path->text, left, graph->n_nodes);
	for (i = 0; i < graph->n_nodes; i++)
		if (is_left(r, i) || is_view(r, i))
			weir__graph_node_text(graph, graph->nodes[i],
					      r->same_as, text);
		else
			print_fate(r, i, text);
}

/* -- DOT --------------------------------------------------------------------- */

/* What no call that is left makes: an input, a variable, a constant. */
static bool
is_source(const struct weir__rewrite *r, uint32_t value)
{
	return r->folded[value] ||
	       r->graph->values[value]->kind != WEIR__GV_RESULT;
}

static void
print_edge(const struct weir__rewrite *r, uint32_t value, uint32_t to,
	   struct weir__text *text)
{
	const struct weir__gvalue *v = r->graph->values[value];
	char spec[128];

	weir__spec_text(&v->spec, spec, sizeof spec);
	weir__text_add(text, "\t%c%u -> n%u [label=\"%s\"];\n",
		       is_source(r, value) ? 'v' : 'n',
		       is_source(r, value) ? value : v->node, to, spec);
}

static void
print_dot(const void *arg, struct weir__text *text)
{
	const struct weir__rewrite *r = arg;
	const weir_graph *graph = r->graph;
	uint32_t i, j;

	weir__text_add(text, "digraph \"");
	weir__text_quoted(text, graph->path->text);
	weir__text_add(text, "\" {\n\tnode [shape=box];\n");
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (!is_left(r, i) && !is_view(r, i))
			continue;
		weir__graph_node_dot(node, i, text);
		for (j = 0; j < node->n_in; j++)
			print_edge(r, r->same_as[node->in[j]], i, text);
	}
	/* Those that nobody uses too: that is worth seeing. */
	for (i = 0; i < graph->n_values; i++)
		if (is_source(r, i) && r->same_as[i] == i)
			weir__graph_source_dot(graph, i, text);
	weir__text_add(text, "}\n");
}

weir_status
weir__rewrite_print(const struct weir__rewrite *rewrite, bool as_dot,
		    char **text)
{
	return weir__text_make(rewrite->heap, as_dot ? print_dot : print_text,
			       rewrite, text);
}
