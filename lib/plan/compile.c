/* From a closed graph to a plan: of a function, or of a body in it. */
#include "base/now.h"
#include "plan/plan.h"

weir_status
weir__plan_compile(weir_graph *graph, const struct weir__plan_options *options,
		   weir__passed_fn passed, void *arg, weir_plan **plan)
{
	struct weir__rewrite *rewrite;
	double start = weir__now_ns();
	weir_status status;

#ifdef WEIR_DEBUG
	status = weir__graph_check(graph);
	if (status)
		return status;
#endif
	status = weir__rewrite_create(graph, &rewrite);
	if (status)
		return status;
	status = weir__passes_run(rewrite, options->skips, passed, arg);
	if (status) {
		weir__rewrite_free(rewrite);
		return status;
	}
	status = weir__plan_new(graph, rewrite, options, plan);
	if (!status)
		(*plan)->info.compile_ns = weir__now_ns() - start;
	return status;
}
