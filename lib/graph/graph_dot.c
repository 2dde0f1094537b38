#include "graph/graph_dot.h"

#include "base/text.h"

void
weir__dot_name(const struct weir__drawn *d, const char *kind, uint32_t number)
{
	if (d->number)
		weir__text_add(d->text, "b%u", d->number);
	weir__text_add(d->text, "%s%u", kind, number);
}

void
weir__dot_draw(const weir_graph *graph,
	       void (*draw_all)(const struct weir__drawn *d, const void *arg),
	       const void *arg, struct weir__text *text)
{
	uint32_t graphs = 0;
	const struct weir__drawn d = { .text = text, .graphs = &graphs };

	weir__text_add(text, "digraph \"");
	weir__text_quoted(text, graph->path->text);
	weir__text_add(text, "\" {\n\tnode [shape=box];\n");
	draw_all(&d, arg);
	weir__text_add(text, "}\n");
}

/* -- calls and bodies -------------------------------------------------------- */

static void
draw_box(const struct weir__drawn *d, const struct weir__node *node,
	 uint32_t number)
{
	weir__text_add(d->text, "\t");
	weir__dot_name(d, "n", number);
	weir__text_add(d->text, " [label=\"");
	weir__text_quoted(d->text, node->op->name);
	weir__text_add(d->text, "\\n");
	weir__text_quoted(d->text, node->path->text);
	weir__text_add(d->text, "\"%s];\n",
		       node->is_view ? ", style=dashed" : "");
}

static void
draw_frame(const struct weir__drawn *d, const struct weir__control *control,
	   uint32_t body, weir__draw_body_fn draw, const void *arg)
{
	const struct weir__drawn inner = {
		.text = d->text,
		.graphs = d->graphs,
		.number = ++*d->graphs,
		.control = control,
		.body = body,
	};

	weir__text_add(d->text, "\tsubgraph cluster_b%u {\n\tstyle=solid;\n"
		       "\tlabel=\"", inner.number);
	weir__text_quoted(d->text, control->bodies[body]->path->name);
	weir__text_add(d->text, "\";\n");
	draw(&inner, arg, body);
	weir__text_add(d->text, "\t}\n");
}

/* Edges to the call are not drawn here: what is named in a frame is put
 * there. */
void
weir__dot_call(const struct weir__drawn *d, const struct weir__node *node,
	       uint32_t number, weir__draw_body_fn draw, const void *arg)
{
	const struct weir__control *control = node->control;
	uint32_t i;

	if (!control) {
		draw_box(d, node, number);
		return;
	}
	weir__text_add(d->text, "\tsubgraph cluster_");
	weir__dot_name(d, "n", number);
	weir__text_add(d->text, " {\n\tstyle=dashed;\n\tlabel=\"\";\n");
	draw_box(d, node, number);
	for (i = 0; i < control->n_bodies; i++)
		draw_frame(d, control, i, draw, arg);
	weir__text_add(d->text, "\t}\n");
}

/* -- values ------------------------------------------------------------------ */

void
weir__dot_fed(const struct weir__drawn *d, uint32_t input)
{
	if (!d->control)
		return;
	weir__text_add(d->text, "\\n");
	weir__feed_text(&d->control->feeds[d->body][input], d->text);
}

void
weir__dot_source(const struct weir__drawn *d, const weir_graph *graph,
		 uint32_t value)
{
	const struct weir__gvalue *v = graph->values[value];

	weir__text_add(d->text, "\t");
	weir__dot_name(d, "v", value);
	weir__text_add(d->text, " [shape=ellipse, label=\"");
	weir__text_quoted(d->text, *v->name ? v->name :
			  v->kind == WEIR__GV_INPUT ? "input" : "constant");
	if (v->kind == WEIR__GV_INPUT)
		weir__dot_fed(d, v->index);
	weir__text_add(d->text, "\"];\n");
}

static void
label_edge(const struct weir__drawn *d, const weir_spec *spec)
{
	char shape[128];

	weir__spec_text(spec, shape, sizeof shape);
	weir__text_add(d->text, " [label=\"%s\"];\n", shape);
}

void
weir__dot_edge(const struct weir__drawn *d, const char *kind, uint32_t from,
	       uint32_t to, const weir_spec *spec)
{
	weir__text_add(d->text, "\t");
	weir__dot_name(d, kind, from);
	weir__text_add(d->text, " -> ");
	weir__dot_name(d, "n", to);
	label_edge(d, spec);
}

void
weir__dot_output(const struct weir__drawn *d, const char *kind, uint32_t from,
		 uint32_t output, const weir_spec *spec)
{
	weir__text_add(d->text, "\t");
	weir__dot_name(d, "o", output);
	weir__text_add(d->text, " [shape=ellipse, label=\"");
	if (d->control->kind == WEIR__WHILE && d->body == 0)
		weir__text_add(d->text, "goes on");
	else
		weir__text_add(d->text, d->control->kind >= WEIR__WHILE
			       ? "next state %u" : "result %u", output);
	weir__text_add(d->text, "\"];\n\t");
	weir__dot_name(d, kind, from);
	weir__text_add(d->text, " -> ");
	weir__dot_name(d, "o", output);
	label_edge(d, spec);
}

/* -- a graph as it was recorded ---------------------------------------------- */

static const char *
kind_of(const struct weir__gvalue *v)
{
	return v->kind == WEIR__GV_RESULT ? "n" : "v";
}

static uint32_t
number_of(const weir_graph *graph, uint32_t value)
{
	const struct weir__gvalue *v = graph->values[value];

	return v->kind == WEIR__GV_RESULT ? v->node : value;
}

static void draw_graph(const struct weir__drawn *d, const void *arg);

static void
draw_body(const struct weir__drawn *d, const void *arg, uint32_t body)
{
	const struct weir__control *control = arg;

	draw_graph(d, control->bodies[body]);
}

static void
draw_graph(const struct weir__drawn *d, const void *arg)
{
	const weir_graph *graph = arg;
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		weir__dot_call(d, node, i, draw_body, node->control);
		for (j = 0; j < node->n_in; j++) {
			const struct weir__gvalue *v =
				graph->values[node->in[j]];

			weir__dot_edge(d, kind_of(v),
				       number_of(graph, node->in[j]), i,
				       &v->spec);
		}
	}
	for (i = 0; i < graph->n_values; i++)
		if (graph->values[i]->kind != WEIR__GV_RESULT)
			weir__dot_source(d, graph, i);
	for (i = 0; d->control && i < graph->n_outputs; i++) {
		uint32_t value = graph->outputs[i];

		weir__dot_output(d, kind_of(graph->values[value]),
				 number_of(graph, value), i,
				 &graph->values[value]->spec);
	}
}

void
weir__graph_dot(const weir_graph *graph, struct weir__text *text)
{
	weir__dot_draw(graph, draw_graph, graph, text);
}
