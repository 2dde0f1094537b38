/* The memory of plans for one worker, by the graphs of bench/memory. */
#include "graphs.h"
#include "support/weir_test.h"

static weir_plan_info
info_of(const struct bench_graph *what, unsigned workers)
{
	weir_runtime *runtime = must_runtime(workers);
	struct bench_call call;
	weir_plan_info info;
	weir_plan *plan;

	must(bench_call_create(what, runtime, &call));
	must(bench_call_plan(&call, &plan));
	must(weir_plan_check(plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	bench_call_free(&call);
	weir_runtime_release(runtime);
	return info;
}

Test(memory, of_one_worker_is_hardly_more_than_must_be)
{
	size_t i, n = 0;

	for (i = 0; i < n_bench_graphs; i++) {
		const struct bench_graph *what = &bench_graphs[i];
		weir_plan_info info;

		if (!what->is_small)
			continue;
		info = info_of(what, 1);
		n++;
		cr_expect_gt(info.live_bytes, 0, "%s %s", what->name,
			     what->size_text);
		cr_expect_geq(info.buffer_bytes, info.live_bytes);
		cr_expect_leq((double)info.buffer_bytes,
			      1.05 * (double)info.live_bytes,
			      "%s %s: %zu bytes, at least %zu", what->name,
			      what->size_text, info.buffer_bytes,
			      info.live_bytes);
		cr_expect_leq(info.buffer_bytes + info.result_bytes,
			      info.eager_bytes, "%s %s", what->name,
			      what->size_text);
	}
	cr_expect_geq(n, 10);
}

/* Thousands of values live at once, more than are looked at for each. */
Test(memory, of_two_workers_is_used_again_where_there_is_much_of_it)
{
	struct bench_graph deep = bench_deep_graph;
	weir_plan_info info;

	deep.size[0] = 3000;
	deep.n_out = 3000;
	info = info_of(&deep, 2);
	cr_expect_eq(info.workers, 2);
	cr_expect_lt(info.buffer_bytes, 2 * info.live_bytes);
}

/* -- with ops done twice ---------------------------------------------------- */

static const struct bench_graph *
network(void)
{
	size_t i = 0;

	while (strcmp(bench_graphs[i].name, "mlp") != 0)
		i++;
	return &bench_graphs[i];
}

static void
call_within(struct bench_call *call, weir_runtime *runtime, size_t max_bytes)
{
	weir_function_options options = { .size = sizeof options,
					  .max_bytes = max_bytes,
					  .recompute = true, .poison = true };

	must(bench_call_create_with(network(), runtime, &options, call));
}

static void
expect_to_fit(weir_runtime *runtime, size_t max_bytes,
	      weir_tensor *const *expected)
{
	struct bench_call call;
	weir_plan *plan;
	size_t i;

	call_within(&call, runtime, max_bytes);
	must(bench_call_plan(&call, &plan));
	must(weir_plan_check(plan));
	cr_expect_leq(weir_plan_get_info(plan).buffer_bytes, max_bytes);
	weir_plan_release(plan);
	must(weir_function_call(call.function, NULL, call.in, call.n_in,
				call.out, call.n_out));
	for (i = 0; i < call.n_out; i++) {
		expect_same_bits(call.out[i], expected[i]);
		weir_tensor_release(call.out[i]);
	}
	bench_call_free(&call);
}

/* Most of that without anything done twice. */
Test(memory, of_a_network_is_had_for_much_less)
{
	unsigned workers;
	size_t bytes, i;

	for (workers = 1; workers <= 4; workers *= 2) {
		weir_runtime *runtime = must_runtime(workers);
		struct bench_call call;

		bytes = info_of(network(), workers).live_bytes;
		call_within(&call, runtime, 0);
		must(weir_function_call(call.function, &in_eager_mode, call.in,
					call.n_in, call.out, call.n_out));
		expect_to_fit(runtime, bytes * 3 / 4, call.out);
		expect_to_fit(runtime, bytes / 2, call.out);
		expect_to_fit(runtime, bytes * 2 / 5, call.out);
		for (i = 0; i < call.n_out; i++)
			weir_tensor_release(call.out[i]);
		bench_call_free(&call);
		weir_runtime_release(runtime);
	}
}
