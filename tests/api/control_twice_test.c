/* Gradients of gradients of calls and branches, against differences of the
 * first ones in f64, and to the bit in both modes. A loop's gradient has
 * none. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "support/weir_test.h"

static int each_thread_count[] = { 1, 2, 4 };

enum { N = 3 };

static weir_runtime *rt;
static weir_tensor *v;			/* a variable: f64[3] */
static const double at[N] = { 0.9, 1.1, -0.4 };

static void
start(int threads)
{
	static const double data[N] = { 0.5, -0.25, 0.75 };

	rt = must_runtime((unsigned)threads);
	v = must_variable(rt, "v", WEIR_F64, data, N);
}

static void
stop(void)
{
	weir_tensor_release(v);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

static weir_tensor *
total(weir_scope *s, weir_tensor *t)
{
	return weir_sum(s, t, 0, NULL, false);
}

/* -- what is differentiated ----------------------------------------------- */

static weir_status
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg;

	out[0] = weir_tanh(s, weir_mul(s, weir_mul(s, in[0], v), captured));
	return weir_scope_status(s);
}

static weir_status
power(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg, *y;

	weir_call(s, "inner", layer, captured, in, 1, &y, 1);
	out[0] = weir_mul(s, weir_exp(s, y), in[0]);
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_call(weir_scope *s, weir_tensor *x)
{
	weir_tensor *captured = weir_square(s, x), *y;

	weir_call(s, "layer", layer, captured, &x, 1, &y, 1);
	return total(s, weir_mul(s, y, weir_add(s, captured, v)));
}

static weir_tensor *
loss_of_branches(weir_scope *s, weir_tensor *x)
{
	weir_tensor *captured = weir_square(s, x), *is_more, *y, *z;
	weir_tensor *least = weir_constant(s, WEIR_F64, 0, NULL, -100);

	is_more = weir_greater(s, total(s, x), least);
	weir_cond(s, is_more, power, layer, captured, &x, 1, &y, 1);
	is_more = weir_greater(s, least, total(s, x));
	weir_cond(s, is_more, power, layer, captured, &y, 1, &z, 1);
	return total(s, weir_mul(s, y, z));
}

typedef weir_tensor *loss_fn(weir_scope *s, weir_tensor *x);

/* A number that depends on the first gradient, and its gradient. */
static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	loss_fn *loss = *(loss_fn **)arg;
	weir_tape *outer = weir_tape_begin(s), *tape = weir_tape_begin(s);
	weir_tensor *first, *x = in[0];

	weir_tape_gradients(tape, loss(s, x), &x, 1, &first);
	out[0] = total(s, weir_mul(s, first, weir_exp(s, first)));
	weir_tape_gradients(outer, out[0], &x, 1, &out[1]);
	return weir_scope_status(s);
}

/* -- how it is known ------------------------------------------------------ */

static double
value_at(weir_function *f, size_t i, double off)
{
	double data[N], value;
	weir_tensor *x, *out[2];

	memcpy(data, at, sizeof data);
	data[i] += off;
	x = must_tensor(rt, WEIR_F64, data, N);
	must(weir_function_call(f, &in_graph_mode, &x, 1, out, 2));
	value = weir_item_f64(out[0]);
	weir_tensor_release(out[0]);
	weir_tensor_release(out[1]);
	weir_tensor_release(x);
	return value;
}

static void
expect_second_gradient(loss_fn *loss)
{
	const double step = 1e-5;
	weir_function *f = must_function(rt, "f", twice, &loss);
	weir_tensor *x = must_tensor(rt, WEIR_F64, at, N), *out[2][2];
	double got[N];
	size_t i, mode;

	for (mode = 0; mode < 2; mode++)
		must(weir_function_call(f, both_modes[mode], &x, 1, out[mode],
					2));
	must(weir_tensor_read(out[0][1], got, sizeof got));
	for (i = 0; i < N; i++) {
		double wanted = (value_at(f, i, step) -
				 value_at(f, i, -step)) / (2 * step);
		double off = got[i] < wanted ? wanted - got[i]
					     : got[i] - wanted;

		cr_expect_lt(off, 1e-6 * (1 + (wanted < 0 ? -wanted : wanted)),
			     "element %zu is %g, not %g", i, got[i], wanted);
	}
	for (i = 0; i < 2; i++) {
		expect_same_bits(out[0][i], out[1][i]);
		weir_tensor_release(out[0][i]);
		weir_tensor_release(out[1][i]);
	}
	weir_tensor_release(x);
	weir_function_release(f);
}

ParameterizedTestParameters(control_twice, calls_have_second_gradients)
{
	return cr_make_param_array(int, each_thread_count, 3);
}

ParameterizedTest(int *threads, control_twice, calls_have_second_gradients)
{
	start(*threads);
	expect_second_gradient(loss_of_call);
	stop();
}

ParameterizedTestParameters(control_twice, branches_have_second_gradients)
{
	return cr_make_param_array(int, each_thread_count, 3);
}

ParameterizedTest(int *threads, control_twice, branches_have_second_gradients)
{
	start(*threads);
	expect_second_gradient(loss_of_branches);
	stop();
}

/* -- what has none -------------------------------------------------------- */

static weir_status
is_less(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F64, 0, NULL, 9),
			      total(s, in[0]));
	return weir_scope_status(s);
}

static weir_status
doubled(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, in[0], weir_square(s, in[0]));
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_loop(weir_scope *s, weir_tensor *x)
{
	weir_tensor *y;

	weir_while(s, is_less, doubled, NULL, 9, &x, &y, 1);
	return total(s, y);
}

Test(control_twice, the_gradient_of_a_loop_has_none)
{
	loss_fn *loss = loss_of_loop;
	weir_tensor *x, *out[2];
	weir_function *f;
	int mode;

	start(1);
	f = must_function(rt, "f", twice, &loss);
	x = must_tensor(rt, WEIR_F64, at, N);
	for (mode = 0; mode < 2; mode++) {
		cr_expect_eq(weir_function_call(f, both_modes[mode], &x, 1,
						out, 2), WEIR_ENOGRAD);
		expect_text(weir_error_text(), "the gradient of a loop has "
			    "none itself");
		expect_text(weir_error_text(), "control_twice_test.c:");
	}
	weir_tensor_release(x);
	weir_function_release(f);
	stop();
}
