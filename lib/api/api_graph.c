#include "api/runtime.h"
#include "plan/outside.h"
#include "tensor/operands.h"
#include "base/fpenv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- graphs --------------------------------------------------------------------- */

weir_status
weir_graph_create(weir_runtime *runtime, const char *name, weir_graph **graph)
{
	struct weir__scope_parts parts;
	const struct weir__path *path;
	weir_scope *scope;
	weir_status status;

	if (!runtime || !graph)
		return weir_fail(WEIR_ENULL, "weir_graph_create: the %s is "
				 "NULL", runtime ? "result" : "runtime");
	if (!name || !*name)
		return weir_fail(WEIR_EINVAL, "weir_graph_create: a graph "
				 "needs a name");
	parts = weir__runtime_scope_parts(runtime);
	path = weir__path_intern(parts.paths, NULL, name);
	if (!path)
		return WEIR_ENOMEM;
	status = weir__graph_new(parts.heap, path, &parts.graph);
	if (status)
		return status;
	status = weir__scope_new(&parts, name, &scope);
	if (status) {
		weir__graph_unref(parts.graph);
		return status;
	}
	parts.graph->scope = scope;
	*graph = parts.graph;
	return WEIR_OK;
}

void
weir_graph_release(weir_graph *graph)
{
	if (!graph)
		return;
	weir_scope_release(graph->scope);
	graph->scope = NULL;
	weir__graph_unref(graph);
}

weir_scope *
weir_graph_scope(weir_graph *graph)
{
	return graph ? graph->scope : NULL;
}

weir_tensor *
weir_graph_input(weir_graph *graph, weir_dtype dtype, size_t rank,
		 const int64_t *shape, const char *name)
{
	weir_scope *scope = weir_graph_scope(graph);
	weir_tensor *symbol;
	weir_status status;
	weir_spec spec;

	if (!scope) {
		weir_fail(WEIR_ENULL, "weir_graph_input: the graph is NULL");
		return NULL;
	}
	if (scope->status)
		return NULL;
	if (scope->is_closed) {
		weir__scope_fail(scope, WEIR_ESTATE, NULL, "weir_graph_input: "
				 "the recording is over");
		return NULL;
	}
	status = weir__spec_init(&spec, dtype, rank, shape);
	if (!status)
		status = weir__graph_add_input(graph, &spec, NULL, name,
					       &symbol);
	if (status) {
		weir__scope_fail(scope, status, NULL, "weir_graph_input: %s",
				 weir_error_text());
		return NULL;
	}
	return weir__scope_own(scope, symbol) ? NULL : symbol;
}

weir_status
weir_graph_output(weir_graph *graph, weir_tensor *tensor)
{
	weir_scope *scope = weir_graph_scope(graph);
	weir_status status = WEIR_OK;

	if (!scope)
		return weir_fail(WEIR_ENULL, "weir_graph_output: the graph is "
				 "NULL");
	if (scope->status)
		return scope->status;
	if (scope->is_closed)
		return weir__scope_fail(scope, WEIR_ESTATE, NULL,
					"weir_graph_output: the recording is "
					"over");
	if (!tensor)
		return weir__scope_fail(scope, WEIR_ENULL, NULL,
					"weir_graph_output: the tensor is "
					"NULL");
	if (tensor->heap != scope->eager.heap ||
	    (tensor->kind == WEIR__SYMBOL && !weir__symbol_is_of(tensor, graph)))
		return weir__scope_fail(scope, WEIR_EFOREIGN, NULL,
					"weir_graph_output: the tensor "
					"belongs to another runtime or "
					"recording");
	if (tensor->kind == WEIR__VARIABLE)
		status = weir__graph_read(graph, tensor, &tensor);
	if (!status)
		status = weir__graph_add_output(graph, tensor);
	if (status)
		return weir__scope_fail(scope, status, NULL, "%s",
					weir_error_text());
	return WEIR_OK;
}

weir_status
weir_graph_describe(const weir_graph *graph, bool as_dot, char **text)
{
	if (!graph || !text)
		return weir_fail(WEIR_ENULL, "weir_graph_describe: the %s is "
				 "NULL", graph ? "result" : "graph");
	return weir__graph_print(graph, as_dot, text);
}

weir_status
weir_graph_compile(weir_graph *graph, weir_plan **plan)
{
	return weir_graph_compile_with(graph, NULL, plan);
}

/* Values that could be the graph's operands. */
static weir_status
check_values(const weir_graph *graph, weir_tensor *const *operands)
{
	static const char what[] = "weir_graph_compile_with";
	size_t i;

	for (i = 0; i < graph->n_inputs; i++) {
		if (!operands[i])
			return weir_fail(WEIR_ENULL, "%s: operand %zu is NULL",
					 what, i);
		if (operands[i]->heap != graph->heap ||
		    operands[i]->kind == WEIR__SYMBOL)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu %s",
					 what, i,
					 operands[i]->kind == WEIR__SYMBOL
					 ? "has no value"
					 : "belongs to another runtime");
	}
	return WEIR_OK;
}

/* Where that is which runs read from outside: as told, or now. */
static weir_status
find_outside(const weir_graph *graph, const weir_compile_options *options,
	     struct weir__outside **outside)
{
	size_t n = options->operands ? graph->n_inputs : 0;
	struct weir__operands values;
	weir_status status = WEIR_OK;

	if (!options->operands && !options->places)
		return WEIR_OK;
	if (options->operands)
		status = check_values(graph, options->operands);
	if (!status)
		status = weir__operands_take(&values, graph->heap,
					     options->operands, n);
	if (status)
		return status;
	status = weir__outside_new(graph, values.values, n, options->places,
				   options->n_places, outside);
	weir__operands_release(&values);
	return status;
}

weir_status
weir_graph_compile_with(weir_graph *graph, const weir_compile_options *given,
			weir_plan **plan)
{
	weir_scope *scope = weir_graph_scope(graph);
	weir_compile_options options;
	struct weir__function_parts parts;
	weir_status status;

	if (!scope || !plan)
		return weir_fail(WEIR_ENULL, "weir_graph_compile: the %s is "
				 "NULL", scope ? "result" : "graph");
	if (scope->status)
		return weir_fail(scope->status, "%s", scope->error);
	status = weir__take_options(&options, sizeof options, given,
				    "weir_graph_compile_with",
				    "weir_compile_options");
	if (status)
		return status;
	parts = weir__runtime_function_parts(scope->runtime);
	parts.compiler.max_bytes = options.max_bytes;
	parts.compiler.recomputes = options.recompute;
	parts.compiler.poisons |= options.poison;
	status = find_outside(graph, &options, &parts.compiler.outside);
	if (!status)
		status = weir__compile(scope, &parts.compiler, plan);
	weir__outside_release(parts.compiler.outside);
	return status;
}

/* -- plans ------------------------------------------------------------------------ */

weir_plan_info
weir_plan_get_info(const weir_plan *plan)
{
	return plan ? plan->info : (weir_plan_info){ 0 };
}

weir_status
weir_plan_describe(const weir_plan *plan, char **text)
{
	struct weir__fpenv fpenv;
	weir_status status;

	if (!plan || !text)
		return weir_fail(WEIR_ENULL, "weir_plan_describe: the %s is "
				 "NULL", plan ? "result" : "plan");
	weir__fpenv_enter(&fpenv);
	status = weir__plan_print(plan, text);
	weir__fpenv_leave(&fpenv);
	return status;
}

weir_status
weir_plan_check(const weir_plan *plan)
{
	if (!plan)
		return weir_fail(WEIR_ENULL, "weir_plan_check: the plan is "
				 "NULL");
	return weir__plan_check(plan);
}

static weir_status
check_lists(const char *what, const weir_plan *plan, weir_tensor *const *in,
	    size_t n_in, weir_tensor **out, size_t n_out)
{
	if (!plan || (n_in && !in) || (n_out && !out))
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !plan ? "plan" : n_in && !in
				 ? "list of operands" : "list of results");
	return weir__plan_check_inputs(plan, in, n_in, n_out);
}

weir_status
weir_plan_run(weir_plan *plan, weir_tensor *const *in, size_t n_in,
	      weir_tensor **out, size_t n_out)
{
	struct weir__run_how how = { .alone = false };
	struct weir__operands operands;
	weir_status status = check_lists("weir_plan_run", plan, in, n_in, out,
					 n_out);

	if (status)
		return status;
	status = weir__operands_take(&operands, plan->heap, in, n_in);
	if (!status)
		status = weir__plan_run(plan, &how, operands.values, out);
	weir__operands_release(&operands);
	return status;
}

weir_status
weir_plan_measure(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		  size_t times, double *node_ns)
{
	static const char what[] = "weir_plan_measure";
	struct weir__operands operands;
	weir_status status;

	if (!plan || (n_in && !in) || !node_ns)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !plan ? "plan" : n_in && !in
				 ? "list of operands" : "list of times");
	if (!times)
		return weir_fail(WEIR_EINVAL, "%s: no runs are asked for",
				 what);
	status = weir__plan_check_inputs(plan, in, n_in, plan->n_outputs);
	if (status)
		return status;
	status = weir__operands_take(&operands, plan->heap, in, n_in);
	if (!status)
		status = weir__plan_measure(plan, operands.values, times,
					    node_ns);
	weir__operands_release(&operands);
	return status;
}

weir_status
weir_plan_recompile(const weir_plan *plan, const double *node_ns, size_t n,
		    weir_plan **recompiled)
{
	static const char what[] = "weir_plan_recompile";
	size_t i;

	if (!plan || (n && !node_ns) || !recompiled)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !plan ? "plan" : !recompiled ? "result"
				 : "list of times");
	if (n != plan->info.nodes)
		return weir_fail(WEIR_ERANGE, "%s: %zu costs of %zu nodes",
				 what, n, plan->info.nodes);
	for (i = 0; i < n; i++)
		if (!(node_ns[i] >= 0) || isinf(node_ns[i]))
			return weir_fail(WEIR_EINVAL, "%s: node %zu takes %g "
					 "ns", what, i, node_ns[i]);
	return weir__recompile(plan, node_ns, recompiled);
}

weir_status
weir_plan_start(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		weir_tensor **out, size_t n_out,
		const weir_start_options *given, weir_run **run)
{
	struct weir__operands operands;
	weir_start_options options;
	weir_status status = check_lists("weir_plan_start", plan, in, n_in,
					 out, n_out);

	if (status)
		return status;
	if (!run)
		return weir_fail(WEIR_ENULL, "weir_plan_start: the result is "
				 "NULL");
	status = weir__start_options_take("weir_plan_start", given, &options);
	if (status)
		return status;
	status = weir__operands_take(&operands, plan->heap, in, n_in);
	if (!status)
		status = weir__plan_start(plan, operands.values, n_in, out,
					  &options, run);
	weir__operands_release(&operands);
	return status;
}
