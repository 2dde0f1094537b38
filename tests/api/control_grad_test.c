/* Gradients of calls, branches and loops: those of the same ops without them,
 * and the same bits in both modes. */
#include <criterion/parameterized.h>

#include "support/weir_test.h"

static int each_thread_count[] = { 1, 2, 4 };

#define FOR_EACH_THREAD_COUNT(suite, test)				\
ParameterizedTestParameters(suite, test)				\
{									\
	return cr_make_param_array(int, each_thread_count, 3);		\
}									\
ParameterizedTest(int *threads, suite, test)

static weir_runtime *rt;
static weir_tensor *v, *w;		/* variables: f32[3] */
static weir_tensor *x;			/* f32[3] */

static void
start(int threads)
{
	static const float data[] = { 0.5f, -0.25f, 0.75f };
	static const float more[] = { 1.5f, 0.3f, -0.7f };
	static const float at[] = { 0.9f, 1.1f, -0.4f };

	rt = must_runtime((unsigned)threads);
	x = must_tensor(rt, WEIR_F32, at, 3);
	v = must_variable(rt, "v", WEIR_F32, data, 3);
	w = must_variable(rt, "w", WEIR_F32, more, 3);
}

static void
stop(void)
{
	weir_tensor_release(x);
	weir_tensor_release(v);
	weir_tensor_release(w);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

static weir_tensor *
total(weir_scope *s, weir_tensor *t)
{
	return weir_sum(s, t, 0, NULL, false);
}

/* A program: its loss, and the same without control flow. */
typedef weir_tensor *loss_fn(weir_scope *s, weir_tensor *x);

enum { GRADIENTS = 3, RESULTS = GRADIENTS + 1 };

/* The loss, and its gradients with respect to x, v and w. */
static weir_status
differentiate(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	loss_fn *loss = *(loss_fn **)arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *with[GRADIENTS] = { in[0], v, w };

	out[0] = loss(s, in[0]);
	weir_tape_gradients(tape, out[0], with, GRADIENTS, out + 1);
	return weir_scope_status(s);
}

static void
expect_close(const weir_tensor *a, const weir_tensor *b, const char *what)
{
	float x1[3], x2[3];
	size_t n = (size_t)weir_tensor_elements(a), i;

	must(weir_tensor_read(a, x1, n * sizeof *x1));
	must(weir_tensor_read(b, x2, n * sizeof *x2));
	for (i = 0; i < n; i++) {
		float size = x2[i] < 0 ? -x2[i] : x2[i];
		float off = x1[i] < x2[i] ? x2[i] - x1[i] : x1[i] - x2[i];

		cr_expect_leq(off, 1e-5f * (1 + size),
			      "%s: element %zu is %g, not %g", what, i,
			      (double)x1[i], (double)x2[i]);
	}
}

static const char *const names[RESULTS] = { "loss", "of x", "of v", "of w" };

/* Gradients are those of `plain`, and the same bits in both modes. */
static void
expect_gradients(loss_fn *loss, loss_fn *plain)
{
	weir_function *f = must_function(rt, "f", differentiate, &loss);
	weir_function *g = must_function(rt, "g", differentiate, &plain);
	weir_tensor *eager[RESULTS], *graph[RESULTS], *wanted[RESULTS];
	int times;
	size_t i;

	must(weir_function_call(f, &in_eager_mode, &x, 1, eager, RESULTS));
	must(weir_function_call(g, &in_eager_mode, &x, 1, wanted, RESULTS));
	for (times = 0; times < 2; times++) {
		must(weir_function_call(f, &in_graph_mode, &x, 1, graph,
					RESULTS));
		for (i = 0; i < RESULTS; i++) {
			expect_same_bits(eager[i], graph[i]);
			weir_tensor_release(graph[i]);
		}
	}
	for (i = 0; i < RESULTS; i++) {
		expect_close(eager[i], wanted[i], names[i]);
		weir_tensor_release(eager[i]);
		weir_tensor_release(wanted[i]);
	}
	must(weir_function_compare(f, &x, 1, RESULTS));
	weir_function_release(f);
	weir_function_release(g);
}

/* -- calls ----------------------------------------------------------------------- */

static weir_status
tanh_of_products(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	weir_tensor *captured = arg;

	out[0] = weir_tanh(s, weir_mul(s, weir_mul(s, in[0], v), captured));
	return weir_scope_status(s);
}

static weir_tensor *
with_a_call(weir_scope *s, weir_tensor *t)
{
	weir_tensor *square = weir_square(s, t), *y;

	weir_call(s, "layer", tanh_of_products, square, &t, 1, &y, 1);
	return total(s, weir_mul(s, y, weir_add(s, square, v)));
}

static weir_tensor *
without_a_call(weir_scope *s, weir_tensor *t)
{
	weir_tensor *square = weir_square(s, t), *y;

	tanh_of_products(s, &t, &y, square);
	return total(s, weir_mul(s, y, weir_add(s, square, v)));
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_call)
{
	start(*threads);
	expect_gradients(with_a_call, without_a_call);
	stop();
}

/* -- branches ----------------------------------------------------------------------- */

static weir_status
assigns(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg;

	weir_assign(s, v, weir_mul(s, weir_exp(s, v), captured));
	out[0] = weir_mul(s, v, in[0]);
	return weir_scope_status(s);
}

static weir_status
does_not(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_mul(s, weir_square(s, w), in[0]);
	return weir_scope_status(s);
}

static weir_tensor *
after_a_branch(weir_scope *s, weir_tensor *t, double than, bool is_plain)
{
	weir_tensor *sum = total(s, t), *captured = weir_square(s, t), *y;
	weir_tensor *is_more = weir_greater(s, sum, number(s, than));

	if (!is_plain)
		weir_cond(s, is_more, assigns, does_not, captured, &t, 1, &y,
			  1);
	else if (than < 0)
		assigns(s, &t, &y, captured);
	else
		does_not(s, &t, &y, captured);
	return total(s, weir_mul(s, y, weir_add(s, v, captured)));
}

static weir_tensor *
first_branch(weir_scope *s, weir_tensor *t)
{
	return after_a_branch(s, t, -100, false);
}

static weir_tensor *
first_branch_alone(weir_scope *s, weir_tensor *t)
{
	return after_a_branch(s, t, -100, true);
}

static weir_tensor *
second_branch(weir_scope *s, weir_tensor *t)
{
	return after_a_branch(s, t, 100, false);
}

static weir_tensor *
second_branch_alone(weir_scope *s, weir_tensor *t)
{
	return after_a_branch(s, t, 100, true);
}

/* An assignment of the eager call is given back: so the two start alike. */
static void
restore(void)
{
	static const float data[] = { 0.5f, -0.25f, 0.75f };

	must(weir_tensor_write(v, data, sizeof data));
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_branch)
{
	start(*threads);
	expect_gradients(second_branch, second_branch_alone);
	stop();
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_branch_that_assigns)
{
	loss_fn *loss[2] = { first_branch, first_branch_alone };
	weir_tensor *out[2][RESULTS];
	weir_function *f;
	size_t i, mode;

	start(*threads);
	f = must_function(rt, "f", differentiate, &loss[0]);
	for (mode = 0; mode < 2; mode++) {
		restore();
		must(weir_function_call(f, both_modes[mode], &x, 1, out[mode],
					RESULTS));
	}
	for (i = 0; i < RESULTS; i++) {
		expect_same_bits(out[0][i], out[1][i]);
		weir_tensor_release(out[1][i]);
	}
	weir_function_release(f);
	f = must_function(rt, "f", differentiate, &loss[1]);
	restore();
	must(weir_function_call(f, &in_eager_mode, &x, 1, out[1], RESULTS));
	for (i = 0; i < RESULTS; i++) {
		expect_close(out[0][i], out[1][i], names[i]);
		weir_tensor_release(out[0][i]);
		weir_tensor_release(out[1][i]);
	}
	weir_function_release(f);
	stop();
}

/* -- loops --------------------------------------------------------------------------- */

enum { TIMES = 5 };

static weir_status
is_before_the_end(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		  void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, number(s, TIMES), in[1]);
	return weir_scope_status(s);
}

static weir_status
iterate(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg;

	out[0] = weir_tanh(s, weir_add(s, weir_mul(s, in[0], w),
				       weir_mul(s, captured, v)));
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_tensor *
after_a_loop(weir_scope *s, weir_tensor *t, bool is_plain)
{
	weir_tensor *captured = weir_square(s, t), *out[2];
	weir_tensor *states[2] = { t, number(s, 0) };
	int i;

	if (!is_plain) {
		weir_while(s, is_before_the_end, iterate, captured, 8, states,
			   out, 2);
	} else {
		for (i = 0; i < TIMES; i++) {
			iterate(s, states, out, captured);
			states[0] = out[0];
			states[1] = out[1];
		}
	}
	return total(s, weir_mul(s, out[0], weir_add(s, captured, w)));
}

static weir_tensor *
with_a_loop(weir_scope *s, weir_tensor *t)
{
	return after_a_loop(s, t, false);
}

static weir_tensor *
without_a_loop(weir_scope *s, weir_tensor *t)
{
	return after_a_loop(s, t, true);
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_loop)
{
	start(*threads);
	expect_gradients(with_a_loop, without_a_loop);
	stop();
}

/* A variable that the loop carries: restored, for the loss assigns it. */
static weir_status
iterate_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_tanh(s, weir_mul(s, v, in[0])));
	out[0] = weir_add(s, in[0], weir_mul(s, v, w));
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_tensor *
carried(weir_scope *s, weir_tensor *t, bool is_plain)
{
	weir_tensor *states[2] = { t, number(s, 0) }, *out[2], *y;
	int i;

	if (!is_plain) {
		weir_while(s, is_before_the_end, iterate_v, NULL, TIMES,
			   states, out, 2);
	} else {
		for (i = 0; i < TIMES; i++) {
			iterate_v(s, states, out, NULL);
			states[0] = out[0];
			states[1] = out[1];
		}
	}
	y = weir_mul(s, out[0], v);
	weir_assign(s, v, weir_mul(s, w, number(s, 0.5)));
	return total(s, y);
}

static weir_tensor *
with_a_variable(weir_scope *s, weir_tensor *t)
{
	return carried(s, t, false);
}

static weir_tensor *
without_a_variable(weir_scope *s, weir_tensor *t)
{
	return carried(s, t, true);
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_loop_that_carries_a_variable)
{
	static const float half[] = { 0.75f, 0.15f, -0.35f };

	start(*threads);
	/* What each run leaves there, so that all begin with it. */
	must(weir_tensor_write(v, half, sizeof half));
	expect_gradients(with_a_variable, without_a_variable);
	stop();
}

/* Nothing is done, so the gradient goes straight on. */
static weir_status
never(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	(void)arg;
	out[0] = weir_constant(s, WEIR_BOOL, 0, NULL, 0);
	return weir_scope_status(s);
}

static weir_tensor *
with_an_empty_loop(weir_scope *s, weir_tensor *t)
{
	weir_tensor *captured = weir_square(s, t), *out[2];
	weir_tensor *states[2] = { t, number(s, 0) };

	weir_while(s, never, iterate, captured, 3, states, out, 2);
	return total(s, weir_mul(s, out[0], captured));
}

static weir_tensor *
without_an_empty_loop(weir_scope *s, weir_tensor *t)
{
	return total(s, weir_mul(s, t, weir_square(s, t)));
}

FOR_EACH_THREAD_COUNT(control_grad, of_a_loop_that_does_nothing)
{
	start(*threads);
	expect_gradients(with_an_empty_loop, without_an_empty_loop);
	stop();
}

/* -- nested ---------------------------------------------------------------------------- */

static weir_status
outer_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *inner[2] = { in[0], number(s, TIMES - 2) }, *got[2], *y;
	weir_tensor *is_odd = weir_greater(s, number(s, 2), in[1]);

	weir_while(s, is_before_the_end, iterate, arg, 4, inner, got, 2);
	weir_cond(s, is_odd, tanh_of_products, does_not, arg, got, 1, &y, 1);
	out[0] = weir_add(s, y, in[0]);
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_status
outer_body_plain(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg, int round)
{
	weir_tensor *states[2] = { in[0], number(s, 0) }, *got[2], *y;
	int i;

	for (i = 0; i < 2; i++) {
		iterate(s, states, got, arg);
		states[0] = got[0];
		states[1] = got[1];
	}
	if (round < 2)
		tanh_of_products(s, got, &y, arg);
	else
		does_not(s, got, &y, arg);
	out[0] = weir_add(s, y, in[0]);
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_tensor *
with_nesting(weir_scope *s, weir_tensor *t)
{
	weir_tensor *captured = weir_square(s, t), *out[2];
	weir_tensor *states[2] = { t, number(s, 0) };

	weir_while(s, is_before_the_end, outer_body, captured, TIMES, states,
		   out, 2);
	return total(s, out[0]);
}

static weir_tensor *
without_nesting(weir_scope *s, weir_tensor *t)
{
	weir_tensor *captured = weir_square(s, t), *out[2];
	weir_tensor *states[2] = { t, number(s, 0) };
	int i;

	for (i = 0; i < TIMES; i++) {
		outer_body_plain(s, states, out, captured, i);
		states[0] = out[0];
		states[1] = out[1];
	}
	return total(s, out[0]);
}

FOR_EACH_THREAD_COUNT(control_grad, of_what_is_nested)
{
	start(*threads);
	expect_gradients(with_nesting, without_nesting);
	stop();
}
