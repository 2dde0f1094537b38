/* From a C function to a recording, and from a recording to a plan. */
#include "base/fpenv.h"
#include "base/now.h"
#include "function/dump.h"
#include "function/function.h"

/* -- recording -------------------------------------------------------------------- */

static weir_status
new_recording(weir_function *f, weir_scope **scope)
{
	struct weir__scope_parts parts = {
		.heap = f->parts.heap,
		.paths = f->parts.paths,
		.tracer = f->parts.tracer,
		.runtime = f->parts.runtime,
	};
	const struct weir__path *path;
	weir_status status;

	path = weir__path_intern(f->parts.paths, NULL, f->name);
	if (!path)
		return WEIR_ENOMEM;
	status = weir__graph_new(f->parts.heap, path, &parts.graph);
	if (status)
		return status;
	status = weir__scope_new(&parts, f->name, scope);
	weir__graph_unref(parts.graph);		/* the scope has it */
	return status;
}

static weir_status
add_inputs(weir_scope *scope, const struct weir__signature *s,
	   weir_tensor **symbols)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < s->n_in && !status; i++) {
		status = weir__graph_add_input(scope->graph, &s->specs[i],
					       s->strides[i], s->names[i],
					       &symbols[i]);
		if (!status)
			status = weir__scope_own(scope, symbols[i]);
	}
	return status;
}

static weir_status
add_outputs(weir_scope *scope, weir_tensor **out, size_t n_out)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n_out && !status; i++) {
		weir_tensor *symbol = out[i];

		status = weir__scope_check_result(scope, out[i], i);
		if (!status && symbol->kind == WEIR__VARIABLE)
			status = weir__graph_read(scope->graph, out[i],
						  &symbol);
		if (!status)
			status = weir__graph_add_output(scope->graph, symbol);
	}
	return status;
}

static weir_status
record_into(weir_function *f, weir_scope *scope,
	    const struct weir__signature *s)
{
	weir_tensor **symbols, **out;
	weir_status status;

	symbols = weir__calloc(f->heap, s->n_in + s->n_out + 1,
			       sizeof *symbols);
	if (!symbols)
		return WEIR_ENOMEM;
	out = symbols + s->n_in;
	status = add_inputs(scope, s, symbols);
	if (!status)
		status = weir__scope_enter(scope, f->name, f->fn, f->arg,
					   symbols, out);
	if (!status)
		status = add_outputs(scope, out, s->n_out);
	weir__free(f->heap, symbols);
	return status;
}

weir_status
weir__function_record(weir_function *f, const struct weir__signature *signature,
		      weir_graph **graph)
{
	double start = weir__now_ns();
	weir_scope *scope;
	weir_status status;

	status = new_recording(f, &scope);
	if (status)
		return status;
	status = record_into(f, scope, signature);
	scope->graph->record_ns = weir__now_ns() - start;
	if (!status) {
		weir__scope_close(scope);
		weir__graph_close(scope->graph);
		*graph = weir__graph_retain(scope->graph);
	}
	weir_scope_release(scope);
	return status;
}

weir_status
weir__function_check_repeatable(weir_function *f, const weir_graph *first,
				const struct weir__signature *signature)
{
	weir_graph *again;
	weir_status status;

	status = weir__function_record(f, signature, &again);
	if (status)
		return status;
	status = weir__graph_compare(first, again);
	weir__graph_unref(again);
	return status;
}

/* -- compiling ------------------------------------------------------------------------- */

static weir_status
make_dumped_plan(weir_graph *graph, const struct weir__plan_options *options,
		 struct weir__dump *dump, weir_plan **plan)
{
	struct weir__dumped dumped;
	weir_status status;

	status = weir__dump_begin(dump, graph, &dumped);
	if (!status)
		status = weir__plan_compile(graph, options, weir__dump_pass,
					    &dumped, plan);
	if (!status) {
		status = weir__dump_plan(&dumped, *plan);
		if (status)
			weir_plan_release(*plan);
	}
	weir__dump_end(&dumped);
	return status;
}

weir_status
weir__compile_graph(weir_graph *graph, struct weir__tracer *tracer,
		    struct weir__paths *paths, const struct weir__compiler *c,
		    bool keeps_all, weir_plan **plan)
{
	struct weir__plan_options options = {
		.tracer = tracer,
		.paths = paths,
		.workers = weir__team_size(c->team),
		.team = c->team,
		.topology = weir__team_topology(c->team),
		.keeps_all = keeps_all,
		.max_bytes = c->max_bytes,
		.poisons = c->poisons,
		.recomputes = c->recomputes,
		.skips = c->skips,
		.outside = c->outside,
		.like = c->like,
		.unlike = c->unlike,
	};
	struct weir__fpenv fpenv;
	weir_status status;

	weir__fpenv_enter(&fpenv);	/* costs are floating-point numbers */
	status = c->dump ? make_dumped_plan(graph, &options, c->dump, plan)
			 : weir__plan_compile(graph, &options, NULL, NULL,
					      plan);
	weir__fpenv_leave(&fpenv);
	return status;
}

weir_status
weir__compile(weir_scope *scope, const struct weir__compiler *compiler,
	      weir_plan **plan)
{
	weir__scope_close(scope);
	weir__graph_close(scope->graph);
	return weir__compile_graph(scope->graph, scope->eager.tracer,
				   scope->eager.paths, compiler, false, plan);
}

/* The passes are gone through again: they change nothing from one time to the
 * next, so the steps are the same. */
weir_status
weir__recompile(const weir_plan *plan, const double *node_ns, weir_plan **out)
{
	struct weir__plan_options options = {
		.tracer = plan->tracer,
		.paths = plan->paths,
		.workers = weir__team_size(plan->team),
		.team = plan->team,
		.topology = plan->topology,
		.node_ns = node_ns,
		.max_bytes = plan->max_bytes,
		.poisons = plan->poison != NULL,
		.recomputes = plan->recomputes,
		.skips = plan->skips,
		.outside = plan->outside,
	};
	struct weir__fpenv fpenv;
	weir_status status;

	weir__fpenv_enter(&fpenv);
	status = weir__plan_compile(plan->graph, &options, NULL, NULL, out);
	weir__fpenv_leave(&fpenv);
	return status;
}
