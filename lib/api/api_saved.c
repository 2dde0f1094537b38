/* Graphs in files: <weir/saved.h>. */
#include <stdio.h>
#include <string.h>

#include "api/runtime.h"
#include "api/saved_graph.h"
#include "api/tensor_argument.h"
#include "ops/schema.h"
#include "plan/plan.h"

/* -- saving --------------------------------------------------------------- */

weir_status
weir_graph_save(const weir_graph *graph, const char *path)
{
	static const char what[] = "weir_graph_save";
	weir_status status;

	if (!graph || !path)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 graph ? "path" : "graph");
	if (graph->scope && graph->scope->status)
		return weir_fail(graph->scope->status, "%s",
				 graph->scope->error);
	status = weir__saved_graph_write(graph, path);
	return status ? weir__explain(what, status) : WEIR_OK;
}

weir_status
weir_plan_save(const weir_plan *plan, const char *path)
{
	static const char what[] = "weir_plan_save";
	weir_status status;

	if (!plan || !path)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 plan ? "path" : "plan");
	status = weir__saved_graph_write(plan->graph, path);
	return status ? weir__explain(what, status) : WEIR_OK;
}

/* -- loading -------------------------------------------------------------- */

static weir_status
check_ops(const char *what, const weir_load_options *options)
{
	size_t i;

	if (options->n_ops && !options->ops)
		return weir_fail(WEIR_ENULL, "%s: the list of ops is NULL",
				 what);
	for (i = 0; i < options->n_ops; i++) {
		weir_status status = weir__op_check(options->ops[i]);

		if (status)
			return weir__explain(what, status);
	}
	return WEIR_OK;
}

static weir_status
check_variables(const char *what, const weir_load_options *options,
		const struct weir__heap *heap)
{
	size_t i;

	if (options->n_variables && !options->variables)
		return weir_fail(WEIR_ENULL, "%s: the list of variables is "
				 "NULL", what);
	for (i = 0; i < options->n_variables; i++) {
		const weir_tensor *variable = options->variables[i];

		if (!variable)
			return weir_fail(WEIR_ENULL, "%s: variable %zu is "
					 "NULL", what, i);
		if (variable->kind != WEIR__VARIABLE)
			return weir_fail(WEIR_EINVAL, "%s: variable %zu is no "
					 "variable", what, i);
		if (variable->heap != heap)
			return weir_fail(WEIR_EFOREIGN, "%s: variable %zu "
					 "belongs to another runtime", what,
					 i);
	}
	return WEIR_OK;
}

weir_status
weir_graph_load(weir_runtime *runtime, const char *path,
		const weir_load_options *given, weir_graph **graph)
{
	static const char what[] = "weir_graph_load";
	weir_load_options options;
	weir_status status;

	if (!runtime || !path || !graph)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !runtime ? "runtime" : path ? "result"
							     : "path");
	status = weir__take_options(&options, sizeof options, given, what,
				    "weir_load_options");
	if (!status)
		status = check_ops(what, &options);
	if (!status)
		status = check_variables(what, &options,
					 weir__runtime_heap(runtime));
	if (status)
		return status;
	status = weir__saved_graph_read(
		&(struct weir__saved_parts){
			.runtime = runtime,
			.ops = options.ops,
			.n_ops = options.n_ops,
			.variables = options.variables,
			.n_variables = options.n_variables,
		}, path, graph);
	return status ? weir__explain(what, status) : WEIR_OK;
}

/* -- what a graph has ----------------------------------------------------- */

size_t
weir_graph_input_count(const weir_graph *graph)
{
	return graph ? graph->n_inputs : 0;
}

size_t
weir_graph_output_count(const weir_graph *graph)
{
	return graph ? graph->n_outputs : 0;
}

size_t
weir_graph_variable_count(const weir_graph *graph)
{
	return graph ? graph->n_variables : 0;
}

const weir_spec *
weir_graph_input_spec(const weir_graph *graph, size_t i)
{
	return i < weir_graph_input_count(graph)
		? &graph->values[graph->inputs[i]]->spec : NULL;
}

const weir_spec *
weir_graph_output_spec(const weir_graph *graph, size_t i)
{
	return i < weir_graph_output_count(graph)
		? &graph->values[graph->outputs[i]]->spec : NULL;
}

const char *
weir_graph_input_name(const weir_graph *graph, size_t i)
{
	return i < weir_graph_input_count(graph)
		? graph->values[graph->inputs[i]]->name : NULL;
}

weir_tensor *
weir_graph_variable(const weir_graph *graph, size_t i)
{
	return i < weir_graph_variable_count(graph)
		? graph->variables[i].variable : NULL;
}

weir_tensor *
weir_graph_find_variable(const weir_graph *graph, const char *name)
{
	size_t i;

	for (i = 0; name && i < weir_graph_variable_count(graph); i++)
		if (!strcmp(weir_tensor_name(graph->variables[i].variable),
			    name))
			return graph->variables[i].variable;
	return NULL;
}
