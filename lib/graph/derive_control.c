/*
 * Calls, branches and loops at other extents: their bodies are derived as
 * graphs are, with what they are fed there.
 */
#include <string.h>

#include "graph/derive.h"

#define UNLIKE(...) weir_fail(WEIR_EUNREPEATABLE, __VA_ARGS__)

/* What an input of a body is fed; NULL: what is not there. */
static const weir_spec *
spec_of_feed(const struct weir__deriving *d, const struct weir__node *node,
	     const struct weir__control *control,
	     const struct weir__feed *feed)
{
	uint32_t operand = weir__feed_operand(control, feed);
	const struct weir__gvalue *fed;
	const struct weir__node *maker;

	if (operand >= node->n_in)
		return NULL;
	fed = d->graph->values[node->in[operand]];
	if (feed->from != WEIR__FROM_ROW)
		return &fed->spec;
	maker = fed->kind == WEIR__GV_RESULT ? d->graph->nodes[fed->node]
					     : NULL;
	return maker && maker->control
		? weir__control_row_spec(maker->control, fed->index) : NULL;
}

/* What body `number` of a control, which is the other graph's, is fed here. */
static weir_status
feed_body(struct weir__deriving *d, const struct weir__node *node,
	  const struct weir__control *control, uint32_t number,
	  struct weir__graph_inputs *inputs)
{
	const weir_graph *body = control->bodies[number];
	const struct weir__feed *feed = control->feeds[number];
	struct weir__arena *arena = &d->graph->arena;
	weir_spec *specs;
	size_t i;

	specs = weir__arena_alloc(arena, (body->n_inputs + 1) * sizeof *specs);
	inputs->strides = weir__arena_alloc(
		arena, (body->n_inputs + 1) * sizeof *inputs->strides);
	if (!specs || !inputs->strides)
		return WEIR_ENOMEM;
	inputs->specs = specs;
	inputs->names = NULL;
	for (i = 0; i < body->n_inputs; i++, feed++) {
		const weir_spec *spec = spec_of_feed(d, node, control, feed);

		if (!spec)
			return UNLIKE("a body is fed what is not there");
		specs[i] = *spec;
		weir__contiguous_strides(spec, inputs->strides[i]);
		if (feed->from == WEIR__FROM_OPERAND)
			memcpy(inputs->strides[i],
			       d->graph->values[node->in[feed->index]]->strides,
			       sizeof *inputs->strides);
	}
	return WEIR_OK;
}

/* One by one: those that it had are the other graph's. */
static weir_status
derive_bodies(struct weir__deriving *d, const struct weir__node *node,
	      const struct weir__control *from, struct weir__control *control)
{
	struct weir__graph_inputs inputs;
	weir_status status = WEIR_OK;
	uint32_t i;

	control->n_bodies = 0;
	for (i = 0; i < from->n_bodies && !status; i++) {
		status = feed_body(d, node, from, i, &inputs);
		if (!status)
			status = weir__derive_graph(
				d->pattern->bodies[d->next_body++], d->point,
				&inputs, &control->bodies[i]);
		if (!status)
			control->n_bodies++;
	}
	return status;
}

weir_status
weir__derive_control(struct weir__deriving *d, uint32_t number,
		     struct weir__node *node,
		     const struct weir__control *from)
{
	struct weir__control *control;
	struct weir__gvalue *v;
	weir_status status;
	weir_spec spec;
	uint32_t i;

	control = weir__arena_copy(&d->graph->arena, from, sizeof *from);
	if (!control)
		return WEIR_ENOMEM;
	status = derive_bodies(d, node, from, control);
	node->control = control;
	if (!status)
		status = weir__derive_attrs(d, number, control);
	for (i = 0; i < node->n_out && !status; i++) {
		status = weir__control_result_spec(control, i, &spec);
		if (!status)
			status = weir__derive_value(d, node->out[i], &spec, &v);
	}
	return status ? status : weir__control_check(d->graph, node);
}
