/* What the tests of named dimensions share: a runtime, functions over batches,
 * and calls that have the bits of eager. */
#ifndef API_DIMENSIONS_SUITE_H
#define API_DIMENSIONS_SUITE_H

#include <stdlib.h>

#include "support/fault.h"
#include "support/files.h"
#include "support/weir_test.h"

static struct fault fault;
static weir_runtime *rt;

static inline void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	begin_file();
	rt = must_runtime_on(2, &allocator);
}

static inline void
end(void)
{
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

/* -- functions of batches ------------------------------------------------- */

static const weir_dimension batch[] = {
	{ .name = "batch", .operand = 0, .axis = 0 },
	{ .name = "batch", .operand = 1, .axis = 0 },
};

static inline weir_function *
function_of(weir_function_fn fn, void *arg, size_t n, bool checks)
{
	weir_function_options options = {
		.size = sizeof options, .dimensions = batch,
		.n_dimensions = n, .check_dimensions = checks,
	};
	weir_function *f = NULL;

	must(weir_function_create_with(rt, "f", fn, arg, &options, &f));
	return f;
}

static inline weir_tensor *
counting(int64_t rows, int64_t columns)
{
	weir_tensor *x = must_tensor(rt, WEIR_F32, NULL, rows, columns);
	float *data = weir_tensor_data(x);
	int64_t i;

	for (i = 0; i < rows * columns; i++)
		data[i] = (float)(i * 7 % 23) / 8 - 1;
	return x;
}

/* One result of a call with so many rows has the bits of eager. */
static inline void
expect_eager(weir_function *f, int64_t rows)
{
	weir_tensor *x = counting(rows, 5), *graph = NULL, *eager = NULL;

	must(weir_function_call(f, &in_graph_mode, &x, 1, &graph, 1));
	must(weir_function_call(f, &in_eager_mode, &x, 1, &eager, 1));
	expect_same_bits(graph, eager);
	weir_tensor_release(graph);
	weir_tensor_release(eager);
	weir_tensor_release(x);
}

/* The plan of a call with so many rows, in a file and loaded again, gives the
 * same bits. */
static inline void
expect_saved(weir_function *f, int64_t rows, const weir_load_options *options)
{
	weir_tensor *x = counting(rows, 5), *out = NULL, *again = NULL;
	weir_plan *plan = NULL, *loaded = NULL;
	weir_graph *graph = NULL;

	must(weir_function_plan(f, &x, 1, 1, &plan));
	must(weir_plan_check(plan));
	must(weir_plan_save(plan, file_path));
	must(weir_graph_load(rt, file_path, options, &graph));
	must(weir_graph_compile(graph, &loaded));
	must(weir_plan_run(plan, &x, 1, &out, 1));
	must(weir_plan_run(loaded, &x, 1, &again, 1));
	expect_same_bits(out, again);
	weir_tensor_release(out);
	weir_tensor_release(again);
	weir_tensor_release(x);
	weir_plan_release(loaded);
	weir_plan_release(plan);
	weir_graph_release(graph);
}

/* Centred columns, and the rows but the first beside the rows but the last. */
static inline weir_status
centred(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	int64_t n = weir_tensor_shape(in[0])[0], axis = 0;
	weir_tensor *x = in[0], *mean, *parts[2];

	(void)arg;
	mean = weir_mul(s, weir_sum(s, x, 1, &axis, true),
			weir_constant(s, WEIR_F32, 0, NULL, 1.0 / (double)n));
	x = weir_sub(s, x, mean);
	parts[0] = weir_slice(s, x, 1, (int64_t[]){ 1 }, (int64_t[]){ n },
			      NULL);
	parts[1] = weir_slice(s, x, 1, (int64_t[]){ 0 },
			      (int64_t[]){ n - 1 }, NULL);
	x = weir_concat(s, parts, 2, 1);
	out[0] = weir_reshape(s, x, 1, (int64_t[]){ (n - 1) * 10 });
	return weir_scope_status(s);
}

#endif
