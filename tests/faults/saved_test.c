/* Saving and loading a graph, every allocation failing in turn: WEIR_ENOMEM or
 * success, what was there stays, and nothing is leaked. */
#include "api/saved_loops.h"
#include "api/saved_model.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/weir_test.h"

static struct fault fault;
static weir_runtime *rt;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	begin_file();
	rt = must_runtime_on(1, &allocator);
}

static void
end(void)
{
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

TestSuite(saved_faults, .init = begin, .fini = end);

static void
save(const weir_plan *plan)
{
	weir_status status;
	long n, before;

	for (n = 1, status = WEIR_ENOMEM; status; n++) {
		weir_runtime_trim(rt);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_plan_save(plan, file_path);
		fault_arm(&fault, 0);
		weir_runtime_trim(rt);
		cr_assert(!status || status == WEIR_ENOMEM, "%s",
			  weir_error_text());
		cr_assert_eq(fault.alive, before, "allocation %ld", n);
	}
	cr_expect_gt(n, 20);
}

/* Paths of scopes are kept by the runtime, so what is alive is counted in the
 * end. */
static void
load(void)
{
	static const weir_op *const ops[] = { &model_op };
	const weir_load_options options = { .size = sizeof options, .ops = ops,
					    .n_ops = 1 };
	weir_graph *g = NULL;
	weir_status status;
	long n;

	for (n = 1, status = WEIR_ENOMEM; status; n++) {
		weir_runtime_trim(rt);
		fault_arm(&fault, n);
		status = weir_graph_load(rt, file_path, &options, &g);
		fault_arm(&fault, 0);
		cr_assert(!status || status == WEIR_ENOMEM, "%s: %s",
			  weir_status_name(status), weir_error_text());
		cr_assert_eq(!status, g != NULL);
		if (status)
			cr_assert_eq(weir_runtime_memory(rt).in_use, 0);
	}
	cr_expect_gt(n, 50);
	weir_graph_release(g);
}

Test(saved_faults, graph_is_saved_and_loaded_or_there_is_no_memory)
{
	struct model model;
	weir_plan *plan;

	model_create(rt, &model);
	plan = model_plan(&model);
	save(plan);
	weir_plan_release(plan);
	model_release(&model);
	load();
}

Test(saved_faults, bodies_are_saved_and_loaded_or_there_is_no_memory)
{
	struct loops loops;
	weir_plan *plan;

	loops_create(rt, &loops);
	plan = loops_plan(&loops);
	save(plan);
	weir_plan_release(plan);
	loops_release(&loops);
	load();
}
