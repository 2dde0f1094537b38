/* A process that saves a graph, and what its own steps give, for another one
 * to load and run it. */
#ifndef API_SAVED_CHILD_H
#define API_SAVED_CHILD_H

#include "api/saved_suite.h"
#include "support/child.h"

enum { SAVED_OUT_MAX = 8 };

static const char *const saved_names[SAVED_OUT_MAX] = {
	"0", "1", "2", "3", "4", "5", "6", "7"
};

static inline void
release_all(weir_tensor **tensors, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		weir_tensor_release(tensors[i]);
}

/* The process: of a plan, whose graph has not been run. */
static inline void
save_with_results(weir_runtime *runtime, weir_plan *plan,
		  weir_function *eager, weir_tensor *const *in, size_t n_in,
		  size_t n_out)
{
	weir_tensor *out[SAVED_OUT_MAX];

	must(weir_plan_save(plan, getenv("SAVED_GRAPH")));
	if (eager)
		must(weir_function_call(eager, &in_eager_mode, in, n_in, out,
					n_out));
	else
		must(weir_plan_run(plan, in, n_in, out, n_out));
	must(weir_safetensors_write(runtime, getenv("SAVED_RESULTS"),
				    saved_names, out, n_out));
	release_all(out, n_out);
}

/* What it has saved gives the same bits here. */
static inline void
expect_results_of(const char *child, weir_tensor *const *in, size_t n_in,
		  size_t n_out)
{
	weir_tensor *out[SAVED_OUT_MAX];
	char results[TEMPORARY + 16];
	weir_archive *wanted;
	weir_plan *plan;
	weir_graph *g;
	size_t i;

	snprintf(results, sizeof results, "%s.results", file_path);
	setenv("SAVED_GRAPH", file_path, 1);
	setenv("SAVED_RESULTS", results, 1);
	cr_assert_eq(child_run(child, NULL), 0);
	must(weir_safetensors_read(rt, results, &wanted));
	unlink(results);
	g = must_load(rt, &with_ops);
	plan = must_compile(g);
	must(weir_plan_run(plan, in, n_in, out, n_out));
	for (i = 0; i < n_out; i++)
		expect_same_bits(out[i], weir_archive_find(wanted,
							   saved_names[i]));
	release_all(out, n_out);
	weir_archive_release(wanted);
	weir_plan_release(plan);
	weir_graph_release(g);
}

#endif
