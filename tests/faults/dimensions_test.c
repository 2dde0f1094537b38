/*
 * Recording, learning, deriving and laying out, with every allocation failing
 * in turn: each call says WEIR_ENOMEM or gives eager's bits, and the same call
 * succeeds once there is memory again.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"

enum { COLUMNS = 3, CALLS = 5 };

static const int64_t rows[CALLS] = { 12, 8, 10, 30, 9 };

static struct fault fault;

static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F32, 0, NULL, 0.5),
			      weir_max(s, in[0], 0, NULL, false));
	return weir_scope_status(s);
}

static weir_status
larger(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, in[0], weir_constant(s, WEIR_F32, 0, NULL, 0.25));
	return weir_scope_status(s);
}

static weir_status
fn(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	double n = (double)weir_tensor_shape(in[0])[0];
	int64_t axis = 0;
	weir_tensor *x = weir_tanh(s, in[0]), *sum;

	(void)arg;
	sum = weir_sum(s, x, 1, &axis, true);
	sum = weir_mul(s, sum, weir_constant(s, WEIR_F32, 0, NULL, 1 / n));
	weir_while(s, goes_on, larger, NULL, weir_tensor_shape(in[0])[0], &x,
		   &x, 1);
	out[0] = weir_matmul(s, weir_sub(s, x, sum),
			     weir_transpose(s, x, 0, NULL));
	return weir_scope_status(s);
}

static weir_status
run(weir_function *f, weir_runtime *rt, weir_mode mode, int64_t n,
    weir_tensor **out)
{
	weir_run_options options = { .size = sizeof options, .mode = mode };
	float data[40 * COLUMNS];
	weir_tensor *in;
	weir_status status;
	int64_t i;

	for (i = 0; i < n * COLUMNS; i++)
		data[i] = (float)(i * 5 % 11) / 4 - 1;
	status = weir_tensor_copy_of(rt, WEIR_F32, 2,
				     ((int64_t[]){ n, COLUMNS }), data, &in);
	if (status)
		return status;
	status = weir_function_call(f, &options, &in, 1, out, 1);
	weir_tensor_release(in);
	return status;
}

/* The same call until it succeeds: at the second time at the latest. */
static void
must_run(weir_function *f, weir_runtime *rt, int64_t n, long number)
{
	weir_tensor *graph = NULL, *eager = NULL;
	weir_status status = run(f, rt, WEIR_MODE_GRAPH, n, &graph);

	if (status) {
		cr_expect_eq(status, WEIR_ENOMEM, "allocation %ld: %s", number,
			     weir_error_text());
		cr_expect(fault_has_struck(&fault));
		status = run(f, rt, WEIR_MODE_GRAPH, n, &graph);
	}
	cr_assert_eq(status, WEIR_OK, "allocation %ld: %s", number,
		     weir_error_text());
	if (fault_has_struck(&fault)) {
		cr_assert_eq(run(f, rt, WEIR_MODE_EAGER, n, &eager), WEIR_OK);
		cr_expect(weir_tensor_equal_bits(graph, eager, NULL),
			  "allocation %ld", number);
	}
	weir_tensor_release(graph);
	weir_tensor_release(eager);
}

/* Whether the n-th allocation came, and so failed. */
static bool
attempt(weir_runtime *rt, long n)
{
	const weir_dimension batch = { .name = "batch" };
	weir_function_options options = { .size = sizeof options,
					  .dimensions = &batch,
					  .n_dimensions = 1 };
	weir_function *f = NULL;
	bool has_struck;
	int i;

	fault_arm(&fault, n);
	if (weir_function_create_with(rt, "f", fn, NULL, &options, &f))
		cr_assert_eq(weir_function_create_with(rt, "f", fn, NULL,
						       &options, &f), WEIR_OK);
	for (i = 0; i < CALLS; i++)
		must_run(f, rt, rows[i], n);
	has_struck = fault_has_struck(&fault);
	fault_arm(&fault, 0);
	if (!has_struck)
		cr_expect_eq(weir_function_get_info(f).derived, 2);
	weir_function_release(f);
	return has_struck;
}

Test(dimensions, survive_every_allocation_that_fails)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .allocator = &allocator };
	weir_runtime *rt;
	long n = 1;

	cr_assert_eq(weir_runtime_create(&options, &rt), WEIR_OK);
	while (attempt(rt, n))
		n++;
	cr_expect(n > 100);
	weir_runtime_release(rt);
	cr_expect_eq(atomic_load(&fault.alive), 0);
}
