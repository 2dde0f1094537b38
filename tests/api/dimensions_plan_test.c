/* Plans for other extents: laid out as for larger ones, saved, made by several
 * threads. */
#include <pthread.h>

#include "api/dimensions_suite.h"

TestSuite(dimensions_plan, .init = begin, .fini = end);

/* -- plans ----------------------------------------------------------------- */

/* The plan of a call with so many rows: a reference. */
static weir_plan *
plan_of(weir_function *f, int64_t rows)
{
	weir_tensor *x = counting(rows, 5);
	weir_plan *plan = NULL;

	must(weir_function_plan(f, &x, 1, 1, &plan));
	must(weir_plan_check(plan));
	weir_tensor_release(x);
	return plan;
}

Test(dimensions_plan, smaller_ones_are_laid_out_as_larger_ones)
{
	weir_function *f = function_of(centred, NULL, 1, false);
	weir_plan *large, *small;

	expect_eager(f, 8);
	expect_eager(f, 32);
	expect_eager(f, 20);
	expect_text(weir_function_plan_reason(f), "; derived from `batch` = "
		    "32; laid out as for `batch` = 32");
	cr_expect_eq(weir_function_get_info(f).compiled, 2);
	cr_expect_eq(weir_function_get_info(f).resized, 1);
	large = plan_of(f, 32);
	small = plan_of(f, 20);
	cr_expect_eq(weir_plan_get_info(small).buffer_bytes,
		     weir_plan_get_info(large).buffer_bytes);
	cr_expect_lt(weir_plan_get_info(small).moved_bytes,
		     weir_plan_get_info(large).moved_bytes);
	weir_plan_release(large);
	weir_plan_release(small);
	expect_eager(f, 50);		/* there is none that is larger */
	expect_text(weir_function_plan_reason(f), "derived from `batch` = 32; "
		    "compiled");
	weir_function_release(f);
}

/* Rows whose length varies: two workers would not meet where they did. */
static weir_status
wide(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *many, *x = weir_transpose(s, in[0], 0, NULL);

	(void)arg;
	many = weir_constant(s, WEIR_F32, 2, (int64_t[]){ 3000, 5 }, 0.5);
	out[0] = weir_tanh(s, weir_matmul(s, many, x));
	return weir_scope_status(s);
}

Test(dimensions_plan, are_laid_out_anew_where_an_op_wants_other_tiles)
{
	weir_function *f = function_of(wide, NULL, 1, false);
	weir_plan *plan;

	expect_eager(f, 200);
	expect_eager(f, 300);
	expect_eager(f, 290);
	expect_text(weir_function_plan_reason(f), "; derived from `batch` = "
		    "300; not laid out as for `batch` = 300: op 4 `");
	expect_text(weir_function_plan_reason(f), "has other tiles");
	plan = plan_of(f, 290);
	cr_expect_eq(weir_plan_get_info(plan).workers, 2);
	weir_plan_release(plan);
	cr_expect_eq(weir_function_recordings(f), 2);
	cr_expect_eq(weir_function_get_info(f).compiled, 3);
	weir_function_release(f);
}

Test(dimensions_plan, of_a_derived_plan_can_be_saved)
{
	weir_function *f = function_of(centred, NULL, 1, false);

	expect_eager(f, 32);
	expect_eager(f, 8);
	expect_saved(f, 20, NULL);
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	weir_function_release(f);
}

/* -- a user's op ----------------------------------------------------------- */

enum { ROWS_A_TILE = 4 };

static _Atomic int n_empty;		/* ranges that a kernel was given */

static weir_status
same_as_operand(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static int64_t
tiles_of_rows(const weir_call *call)
{
	return (call->out[0]->shape[0] + ROWS_A_TILE - 1) / ROWS_A_TILE;
}

static weir_cost
much_a_tile(const weir_call *call)
{
	return (weir_cost){ .nanoseconds = 1e6 * (double)tiles_of_rows(call) };
}

static void
rows_of_tiles(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	      int64_t *first, int64_t *last)
{
	int64_t rows = call->out[0]->shape[0], width = call->out[0]->shape[1];

	(void)operand;
	*first = begin * ROWS_A_TILE * width;
	*last = (end * ROWS_A_TILE < rows ? end * ROWS_A_TILE : rows) * width;
}

static weir_status
twice_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const float *x = kernel->in[0].data;
	float *y = kernel->out[0].data;
	int64_t first, last;

	n_empty += begin >= end;
	rows_of_tiles(&kernel->call, 0, begin, end, &first, &last);
	for (; first < last; first++)
		y[first] = 2 * x[first];
	return WEIR_OK;
}

static const weir_op twice_op = {
	.size = sizeof(weir_op), .name = "twice", .doc = "2 x.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE, .dtypes = WEIR_FLOATS,
	.infer = same_as_operand, .tiles = tiles_of_rows,
	.kernel = twice_kernel, .cost = much_a_tile, .reach = rows_of_tiles,
};

static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	return weir_apply(s, &twice_op, NULL, in, 1, out, 1);
}

/* Pieces of work that a smaller plan has nothing to do for. */
Test(dimensions_plan, kernels_are_not_called_for_nothing)
{
	static const int64_t rows[] = { 48, 62, 50, 46, 38, 37, 34 };
	weir_function *f = function_of(twice, NULL, 1, false);
	int laid_out = 0;
	size_t i;

	expect_eager(f, 64);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		expect_eager(f, rows[i]);
		laid_out += strstr(weir_function_plan_reason(f),
				   "laid out as for") != NULL;
	}
	cr_expect_gt(laid_out, 2);
	cr_expect_eq(n_empty, 0);
	weir_function_release(f);
}

/* -- threads -------------------------------------------------------------- */

enum { CALLERS = 4, CALLS = 14 };

struct caller {
	weir_function *f;
	int number;
	int failed, unlike;
};

static void *
call_often(void *arg)
{
	struct caller *c = arg;
	int i;

	for (i = 0; i < CALLS; i++) {
		int64_t n = 3 + (c->number * 11 + i * 7) % 40;
		weir_tensor *x = counting(n, 5), *y = NULL, *z = NULL;

		if (weir_function_call(c->f, &in_graph_mode, &x, 1, &y, 1) ||
		    weir_function_call(c->f, &in_eager_mode, &x, 1, &z, 1))
			c->failed++;
		else
			c->unlike += !weir_tensor_equal_bits(y, z, NULL);
		weir_tensor_release(x);
		weir_tensor_release(y);
		weir_tensor_release(z);
	}
	return NULL;
}

Test(dimensions_plan, may_vary_from_thread_to_thread)
{
	weir_function *f = function_of(centred, NULL, 1, false);
	struct caller callers[CALLERS] = { { .f = f } };
	pthread_t threads[CALLERS];
	weir_function_info info;
	int i;

	for (i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .f = f, .number = i };
		cr_assert_eq(pthread_create(&threads[i], NULL, call_often,
					    &callers[i]), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		cr_expect_eq(callers[i].failed, 0);
		cr_expect_eq(callers[i].unlike, 0);
	}
	info = weir_function_get_info(f);
	cr_expect(info.derived > 0);
	cr_expect_eq(info.derived + info.recordings,
		     info.compiled + info.resized);
	weir_function_release(f);
}
