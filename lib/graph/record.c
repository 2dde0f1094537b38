/*
 * A call becomes a node. In: operands and result specs that scope/ has
 * checked. Always: on failure the graph is as it was, but for memory in its
 * arena.
 */
#include <string.h>

#include "graph/graph.h"

static weir_status
add_value(weir_graph *graph, enum weir__gvalue_kind kind,
	  const weir_spec *spec, const int64_t *strides, const char *name,
	  struct weir__gvalue **value)
{
	struct weir__gvalue *v;

	if (graph->n_values >= UINT32_MAX - 1)
		return weir_fail(WEIR_ERANGE, "a graph holds at most 2^32 "
				 "values");
	if (weir__grow(graph->heap, &graph->values, &graph->values_room,
		       graph->n_values, sizeof *graph->values))
		return WEIR_ENOMEM;
	v = weir__arena_alloc(&graph->arena, sizeof *v);
	if (!v)
		return WEIR_ENOMEM;
	v->kind = kind;
	v->base = (uint32_t)graph->n_values;
	v->spec = *spec;
	if (strides)
		memcpy(v->strides, strides, sizeof v->strides);
	else
		weir__contiguous_strides(spec, v->strides);
	v->name = "";
	if (name && *name) {
		v->name = weir__arena_strdup(&graph->arena, name);
		if (!v->name)
			return WEIR_ENOMEM;
	}
	graph->values[graph->n_values++] = v;
	*value = v;
	return WEIR_OK;
}

static uint32_t
number_of_last(const weir_graph *graph)
{
	return (uint32_t)(graph->n_values - 1);
}

weir_status
weir__graph_add_input(weir_graph *graph, const weir_spec *spec,
		      const int64_t *strides, const char *name,
		      weir_tensor **symbol)
{
	struct weir__gvalue *value = NULL;
	weir_tensor *s;

	if (weir__grow(graph->heap, &graph->inputs, &graph->inputs_room,
		       graph->n_inputs, sizeof *graph->inputs) ||
	    add_value(graph, WEIR__GV_INPUT, spec, strides, name, &value))
		return WEIR_ENOMEM;
	value->index = (uint32_t)graph->n_inputs;
	if (weir__symbol_new(graph->heap, spec, value->strides,
			     graph->recording, number_of_last(graph), &s))
		goto forget;
	if (name && *name && weir_tensor_set_name(s, name)) {
		weir_tensor_release(s);
		goto forget;
	}
	graph->inputs[graph->n_inputs++] = number_of_last(graph);
	*symbol = s;
	return WEIR_OK;
forget:
	graph->n_values--;
	return WEIR_ENOMEM;
}

weir_status
weir__graph_operand(weir_graph *graph, weir_tensor *operand, uint32_t *value)
{
	struct weir__gvalue *v;
	uint32_t known;

	if (operand->kind == WEIR__SYMBOL) {
		*value = operand->value;
		return WEIR_OK;
	}
	known = weir__pointer_map_get(&graph->captured, operand);
	if (known != WEIR__NOT_MAPPED) {
		*value = known;
		return WEIR_OK;
	}
	if (add_value(graph, WEIR__GV_CAPTURE, &operand->layout->spec,
		      operand->layout->strides, operand->name, &v))
		return WEIR_ENOMEM;
	if (weir__pointer_map_put(&graph->captured, operand,
				  number_of_last(graph))) {
		graph->n_values--;
		return WEIR_ENOMEM;
	}
	v->tensor = weir_tensor_retain(operand);
	*value = number_of_last(graph);
	return WEIR_OK;
}

/* The graph's entry for a variable, made at its first use. */
static weir_status
variable_entry(weir_graph *graph, weir_tensor *variable,
	       struct weir__gvariable **entry)
{
	struct weir__gvariable *e;
	struct weir__gvalue *value = NULL;
	uint32_t known = weir__pointer_map_get(&graph->variable_of, variable);

	if (known != WEIR__NOT_MAPPED) {
		*entry = &graph->variables[known];
		return WEIR_OK;
	}
	if (weir__grow(graph->heap, &graph->variables, &graph->variables_room,
		       graph->n_variables, sizeof *graph->variables) ||
	    add_value(graph, WEIR__GV_VARIABLE, &variable->layout->spec, NULL,
		      variable->name, &value))
		return WEIR_ENOMEM;
	e = &graph->variables[graph->n_variables];
	memset(e, 0, sizeof *e);
	e->start = e->current = number_of_last(graph);
	if (weir__symbol_new(graph->heap, &variable->layout->spec,
			     value->strides, graph->recording, e->start,
			     &e->symbol))
		goto forget;
	if (weir__pointer_map_put(&graph->variable_of, variable,
				  (uint32_t)graph->n_variables)) {
		weir_tensor_release(e->symbol);
		goto forget;
	}
	value->index = (uint32_t)graph->n_variables++;
	value->tensor = weir_tensor_retain(variable);
	e->variable = weir_tensor_retain(variable);
	*entry = e;
	return WEIR_OK;
forget:
	graph->n_values--;
	return WEIR_ENOMEM;
}

weir_status
weir__graph_read(weir_graph *graph, weir_tensor *variable,
		 weir_tensor **symbol)
{
	struct weir__gvariable *entry;

	if (variable_entry(graph, variable, &entry))
		return WEIR_ENOMEM;
	*symbol = entry->symbol;
	return WEIR_OK;
}

weir_status
weir__graph_write(weir_graph *graph, weir_tensor *variable,
		  weir_tensor *symbol, const struct weir__gassign *call)
{
	struct weir__gvariable *entry;
	struct weir__gassign *assign;

	if (weir__grow(graph->heap, &graph->assigns, &graph->assigns_room,
		       graph->n_assigns, sizeof *graph->assigns) ||
	    variable_entry(graph, variable, &entry))
		return WEIR_ENOMEM;
	weir_tensor_release(entry->symbol);
	entry->symbol = weir_tensor_retain(symbol);
	entry->current = symbol->value;
	if (!call) {
		entry->written_by = graph->ordinals;
		return WEIR_OK;
	}
	entry->written_by = call->ordinal;
	assign = &graph->assigns[graph->n_assigns++];
	*assign = *call;
	assign->value = symbol->value;
	assign->variable = graph->values[entry->start]->index;
	graph->ordinals = call->ordinal;
	return WEIR_OK;
}

static weir_status
add_results(weir_graph *graph, struct weir__node *node,
	    const weir_spec *specs, const int64_t *view_strides,
	    int64_t view_offset, weir_tensor **out)
{
	uint32_t *numbers = (uint32_t *)node->out;
	size_t i, before = graph->n_values;

	for (i = 0; i < node->n_out; i++) {
		bool is_view = node->is_view && i == 0;
		struct weir__gvalue *v;

		if (add_value(graph, WEIR__GV_RESULT, &specs[i],
			      is_view ? view_strides : NULL, NULL, &v))
			goto forget;
		numbers[i] = number_of_last(graph);
		v->node = (uint32_t)graph->n_nodes;
		v->index = (uint32_t)i;
		if (is_view) {
			const struct weir__gvalue *from =
				graph->values[node->in[0]];

			v->base = from->base;
			v->offset = from->offset + view_offset;
		}
		if (weir__symbol_new(graph->heap, &specs[i], v->strides,
				     graph->recording, numbers[i], &out[i]))
			goto forget;
	}
	return WEIR_OK;
forget:
	while (i-- > 0) {
		weir_tensor_release(out[i]);
		out[i] = NULL;
	}
	graph->n_values = before;
	return WEIR_ENOMEM;
}

weir_status
weir__graph_name_operands(weir_graph *graph, weir_tensor *const *given,
			  size_t n, const struct weir__operand_name **names)
{
	struct weir__operand_name *list;
	size_t i;

	*names = NULL;
	for (i = 0; i < n; i++)
		if (given[i]->name || given[i]->kind == WEIR__VARIABLE)
			break;
	if (i == n)
		return WEIR_OK;
	list = weir__arena_alloc(&graph->arena, n * sizeof *list);
	for (i = 0; list && i < n; i++) {
		const char *name = given[i]->name;

		list[i].is_variable = given[i]->kind == WEIR__VARIABLE;
		list[i].name = name ? weir__arena_strdup(&graph->arena, name)
				    : "";
		if (!list[i].name)
			return WEIR_ENOMEM;
	}
	*names = list;
	return list ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__graph_add_node(weir_graph *graph, const struct weir__node *call,
		     weir_tensor *const *in, const weir_spec *out_specs,
		     const int64_t *view_strides, int64_t view_offset,
		     weir_tensor **out)
{
	struct weir__node *node;
	uint32_t *operands;
	size_t i;

	if (weir__grow(graph->heap, &graph->nodes, &graph->nodes_room,
		       graph->n_nodes, sizeof *graph->nodes))
		return WEIR_ENOMEM;
	node = weir__arena_copy(&graph->arena, call, sizeof *call);
	operands = weir__arena_alloc(&graph->arena,
				     (call->n_in + call->n_out + 1) *
				     sizeof *operands);
	if (!node || !operands)
		return WEIR_ENOMEM;
	if (call->attrs) {
		node->attrs = weir__arena_copy(&graph->arena, call->attrs,
					       call->op->attrs_size);
		if (!node->attrs)
			return WEIR_ENOMEM;
	}
	for (i = 0; i < call->n_in; i++)
		if (weir__graph_operand(graph, in[i], &operands[i]))
			return WEIR_ENOMEM;
	node->in = operands;
	node->out = operands + call->n_in;
	node->is_view = view_strides != NULL;
	if (add_results(graph, node, out_specs, view_strides, view_offset,
			out))
		return WEIR_ENOMEM;
	graph->nodes[graph->n_nodes++] = node;
	graph->ordinals = call->ordinal;
	return WEIR_OK;
}

weir_status
weir__graph_set_origin(weir_graph *graph, const weir_tensor *input,
		       const struct weir__origin *origin)
{
	struct weir__gvalue *v = graph->values[input->value];

	v->origin = weir__arena_copy(&graph->arena, origin, sizeof *origin);
	return v->origin ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__graph_add_output(weir_graph *graph, weir_tensor *symbol)
{
	uint32_t value;

	if (weir__grow(graph->heap, &graph->outputs, &graph->outputs_room,
		       graph->n_outputs, sizeof *graph->outputs) ||
	    weir__graph_operand(graph, symbol, &value))
		return WEIR_ENOMEM;
	graph->outputs[graph->n_outputs++] = value;
	return WEIR_OK;
}
