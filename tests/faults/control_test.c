/*
 * A loop with a branch in it, its gradient, and the gradient of that, in both
 * modes, with every allocation failing in turn: each call says WEIR_ENOMEM or
 * gives the bits that it gives with memory, and nothing is leaked.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"

enum { N = 3 };

static struct fault fault;
static weir_tensor *v;

static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_I64, 0, NULL, 2),
			      in[1]);
	return weir_scope_status(s);
}

static weir_status
then(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_mul(s, weir_tanh(s, in[0]), arg);
	weir_assign(s, v, weir_mul(s, v, out[0]));
	return weir_scope_status(s);
}

static weir_status
otherwise(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_add(s, weir_square(s, in[0]), arg);
	return weir_scope_status(s);
}

static weir_status
turn(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *is_more, *y = NULL;

	is_more = weir_greater(s, weir_sum(s, in[0], 0, NULL, false),
			       weir_constant(s, WEIR_F64, 0, NULL, 0));
	weir_cond(s, is_more, then, otherwise, arg, in, 1, &y, 1);
	out[0] = weir_add(s, y, v);
	out[1] = weir_add(s, in[1], weir_constant(s, WEIR_I64, 0, NULL, 1));
	return weir_scope_status(s);
}

static weir_status
fn(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tape *outer = weir_tape_begin(s), *tape = weir_tape_begin(s);
	weir_tensor *states[2] = { in[0], NULL }, *y[2] = { NULL }, *first[2];
	weir_tensor *with[2] = { in[0], v };

	(void)arg;
	states[1] = weir_constant(s, WEIR_I64, 0, NULL, 0);
	weir_while(s, goes_on, turn, weir_exp(s, in[0]), 3, states, y, 2);
	if (weir_tape_gradients(tape, weir_sum(s, y[0], 0, NULL, false), with,
				2, first))
		return weir_scope_status(s);
	out[0] = weir_sum(s, weir_mul(s, first[0], first[1]), 0, NULL, false);
	weir_tape_gradients(outer, out[0], with, 2, out + 1);
	return weir_scope_status(s);
}

static weir_status
run(weir_runtime *rt, weir_mode mode, weir_tensor **out)
{
	static const double data[N] = { 0.5, -0.25, 0.75 };
	weir_run_options options = { .size = sizeof options, .mode = mode };
	const int64_t shape[1] = { N };
	weir_function *f = NULL;
	weir_tensor *x = NULL, *start = NULL;
	weir_status status;

	status = weir_tensor_copy_of(rt, WEIR_F64, 1, shape, data, &x);
	if (!status)
		status = weir_tensor_copy_of(rt, WEIR_F64, 1, shape, data,
					     &start);
	if (!status)
		status = weir_variable_create(rt, "v", start, &v);
	if (!status)
		status = weir_function_create(rt, "f", fn, NULL, &f);
	if (!status)
		status = weir_function_call(f, &options, &x, 1, out, 3);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_tensor_release(start);
	weir_tensor_release(v);
	v = NULL;
	return status;
}

static void
release(weir_tensor **out)
{
	int i;

	for (i = 0; i < 3; i++)
		weir_tensor_release(out[i]);
}

/* Whether the n-th allocation came, and so failed. */
static bool
attempt(weir_runtime *rt, weir_mode mode, long n, weir_tensor *const *wanted)
{
	weir_tensor *out[3];
	weir_status status;
	bool has_struck;
	int i;

	weir_runtime_trim(rt);
	fault_arm(&fault, n);
	status = run(rt, mode, out);
	has_struck = fault_has_struck(&fault);
	fault_arm(&fault, 0);
	if (status) {
		cr_assert_eq(status, WEIR_ENOMEM, "allocation %ld: %s", n,
			     weir_error_text());
		cr_assert(strstr(weir_error_text(), "no memory"),
			  "allocation %ld: %s", n, weir_error_text());
		return has_struck;
	}
	for (i = 0; i < 3; i++)
		cr_assert(weir_tensor_equal_bits(out[i], wanted[i], NULL),
			  "allocation %ld", n);
	release(out);
	return has_struck;
}

static void
try_mode(weir_runtime *rt, weir_mode mode, weir_tensor *const *wanted)
{
	long n = 1;

	while (attempt(rt, mode, n, wanted))
		n++;
	cr_expect_gt(n, 200, "only %ld allocations", n);
}

Test(control, second_gradients_survive_every_allocation_that_fails,
     .timeout = 300)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .allocator = &allocator };
	weir_tensor *wanted[3];
	weir_runtime *rt;

	cr_assert_eq(weir_runtime_create(&options, &rt), WEIR_OK);
	cr_assert_eq(run(rt, WEIR_MODE_EAGER, wanted), WEIR_OK, "%s",
		     weir_error_text());
	try_mode(rt, WEIR_MODE_EAGER, wanted);
	try_mode(rt, WEIR_MODE_GRAPH, wanted);
	release(wanted);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(atomic_load(&fault.alive), 0);
}
