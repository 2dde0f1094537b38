/* What the files of tests of graphs in files begin with: a runtime, the model
 * in it, and saving and loading that must work. */
#ifndef API_SAVED_SUITE_H
#define API_SAVED_SUITE_H

#include "api/saved_model.h"
#include "support/files.h"
#include "support/weir_test.h"

static weir_runtime *rt;
static struct model model;
static const weir_op *const ops[] = { &model_op };
static const weir_load_options with_ops = {
	.size = sizeof with_ops, .ops = ops, .n_ops = 1,
};

static void
begin(void)
{
	begin_file();
	rt = must_runtime(2);
	model_create(rt, &model);
}

static void
end(void)
{
	model_release(&model);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	end_file();
}

static weir_graph *
must_load(weir_runtime *runtime, const weir_load_options *options)
{
	weir_graph *g = NULL;

	must(weir_graph_load(runtime, file_path, options, &g));
	return g;
}

static weir_graph *
save_and_load(const weir_graph *graph, const weir_load_options *options)
{
	must(weir_graph_save(graph, file_path));
	return must_load(rt, options);
}

static weir_plan *
must_compile(weir_graph *g)
{
	weir_plan *plan = NULL;

	must(weir_graph_compile(g, &plan));
	must(weir_plan_check(plan));
	return plan;
}

#endif
