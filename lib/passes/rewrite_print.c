/* A graph as it is after a pass: as text, a line a call, or what is left of it
 * in DOT; with the bodies of calls as they are after the same pass. */
#include "base/text.h"
#include "graph/graph_dot.h"
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

/* A call's body, kept in step; or NULL. */
static const struct weir__rewrite *
body_of(const struct weir__rewrite *r, uint32_t node, uint32_t body)
{
	return r->bodies ? r->bodies[node * WEIR__BODIES_MAX + body] : NULL;
}

/* feeds: of a body; else NULL. */
static void
print_rewrite(const struct weir__rewrite *r, const struct weir__feed *feeds,
	      struct weir__text *text)
{
	const weir_graph *graph = r->graph;
	size_t left = 0;
	uint32_t i, j;

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
	weir__feeds_text(graph, feeds, text);
	for (i = 0; i < graph->n_nodes; i++)
		for (j = 0; j < WEIR__BODIES_MAX; j++) {
			const struct weir__node *node = graph->nodes[i];

			if (!is_left(r, i) || !body_of(r, i, j))
				continue;
			weir__body_text(node, text);
			print_rewrite(body_of(r, i, j),
				      node->control->feeds[j], text);
		}
}

static void
print_text(const void *arg, struct weir__text *text)
{
	print_rewrite(arg, NULL, text);
}

/* -- DOT --------------------------------------------------------------------- */

/* What no call that is left makes: an input, a variable, a constant. */
static bool
is_source(const struct weir__rewrite *r, uint32_t value)
{
	return r->folded[value] ||
	       r->graph->values[value]->kind != WEIR__GV_RESULT;
}

static const char *
kind_of(const struct weir__rewrite *r, uint32_t value)
{
	return is_source(r, value) ? "v" : "n";
}

static uint32_t
number_of(const struct weir__rewrite *r, uint32_t value)
{
	return is_source(r, value) ? value : r->graph->values[value]->node;
}

/* Whose bodies are drawn. */
struct call {
	const struct weir__rewrite *rewrite;
	uint32_t node;
};

static void draw(const struct weir__drawn *d, const void *arg);

static void
draw_body(const struct weir__drawn *d, const void *arg, uint32_t body)
{
	const struct call *call = arg;

	if (body_of(call->rewrite, call->node, body))
		draw(d, body_of(call->rewrite, call->node, body));
}

static void
draw(const struct weir__drawn *d, const void *arg)
{
	const struct weir__rewrite *r = arg;
	const weir_graph *graph = r->graph;
	uint32_t i, j, value;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];
		const struct call call = { r, i };

		if (!is_left(r, i) && !is_view(r, i))
			continue;
		weir__dot_call(d, node, i, draw_body, &call);
		for (j = 0; j < node->n_in; j++) {
			value = r->same_as[node->in[j]];
			weir__dot_edge(d, kind_of(r, value),
				       number_of(r, value), i,
				       &graph->values[value]->spec);
		}
	}
	/* Those that nobody uses too: that is worth seeing. */
	for (i = 0; i < graph->n_values; i++)
		if (is_source(r, i) && r->same_as[i] == i)
			weir__dot_source(d, graph, i);
	for (i = 0; d->control && i < graph->n_outputs; i++) {
		value = r->same_as[graph->outputs[i]];
		weir__dot_output(d, kind_of(r, value), number_of(r, value), i,
				 &graph->values[value]->spec);
	}
}

static void
print_dot(const void *arg, struct weir__text *text)
{
	const struct weir__rewrite *r = arg;

	weir__dot_draw(r->graph, draw, r, text);
}

weir_status
weir__rewrite_print(const struct weir__rewrite *rewrite, bool as_dot,
		    char **text)
{
	return weir__text_make(rewrite->heap, as_dot ? print_dot : print_text,
			       rewrite, text);
}
