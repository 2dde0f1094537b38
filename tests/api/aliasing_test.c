/* What two names for one thing must not do: change, outlive or lock it. */
#include <math.h>

#include <criterion/criterion.h>

#include "support/weir_test.h"

static weir_runtime *rt;

static void
begin(void)
{
	rt = must_runtime(2);
}

static void
end(void)
{
	weir_runtime_release(rt);
}

TestSuite(aliasing, .init = begin, .fini = end);

static weir_tensor *
pair(double a, double b)
{
	const double data[2] = { a, b };
	const int64_t shape[1] = { 2 };
	weir_tensor *t = NULL;

	must(weir_tensor_copy_of(rt, WEIR_F64, 1, shape, data, &t));
	return t;
}

static void
expect_pair(weir_tensor *t, double a, double b)
{
	double is[2] = { 0, 0 };

	must(weir_tensor_read(t, is, sizeof is));
	cr_expect_eq(is[0], a, "%g is not %g", is[0], a);
	cr_expect_eq(is[1], b, "%g is not %g", is[1], b);
}

static weir_status
negated(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	out[0] = weir_neg(s, arg);
	return weir_scope_status(s);
}

Test(aliasing, a_captured_view_shows_what_the_application_writes)
{
	double memory[3] = { 1, 2, 3 };
	const int64_t shape[1] = { 3 }, start[1] = { 0 }, stop[1] = { 2 };
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *wrapped = NULL, *out[1] = { NULL };
	weir_function *f = NULL;

	must(weir_tensor_wrap(rt, WEIR_F64, 1, shape, NULL, memory, NULL,
			      NULL, &wrapped));
	must(weir_function_create(rt, "f", negated,
				  weir_slice(s, wrapped, 1, start, stop, NULL),
				  &f));
	must(weir_function_call(f, NULL, NULL, 0, out, 1));
	expect_pair(out[0], -1, -2);
	weir_tensor_release(out[0]);
	memory[0] = 100;
	must(weir_function_call(f, NULL, NULL, 0, out, 1));
	expect_pair(out[0], -100, -2);
	weir_tensor_release(out[0]);
	weir_function_release(f);
	weir_tensor_release(wrapped);
	weir_scope_release(s);
}

static weir_status
itself(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	out[0] = arg;
	return weir_scope_status(s);
}

Test(aliasing, an_output_that_is_a_variable_s_value_cannot_be_written)
{
	static const weir_mode modes[2] = { WEIR_MODE_GRAPH, WEIR_MODE_EAGER };
	weir_tensor *start = pair(1, 3), *v = NULL;
	const double other[2] = { 7, 7 };
	weir_function *f = NULL;
	int i;

	must(weir_variable_create(rt, "v", start, &v));
	must(weir_function_create(rt, "f", itself, v, &f));
	for (i = 0; i < 2; i++) {
		weir_run_options how = { sizeof how, modes[i] };
		weir_tensor *out[1] = { NULL };

		must(weir_function_call(f, &how, NULL, 0, out, 1));
		cr_expect_eq(weir_tensor_write(out[0], other, sizeof other),
			     WEIR_ESTATE);
		expect_pair(v, 1, 3);
		weir_tensor_release(out[0]);
	}
	weir_function_release(f);
	weir_tensor_release(v);
	weir_tensor_release(start);
}

static weir_status
reset(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t shape[1] = { 2 };

	(void)in;
	(void)out;
	weir_assign(s, arg, weir_constant(s, WEIR_F64, 1, shape, 0));
	return weir_scope_status(s);
}

Test(aliasing, a_variable_that_became_a_constant_does_not_hold_the_plan_s)
{
	weir_tensor *start = pair(1, 3), *v = NULL;
	weir_function *f = NULL;

	must(weir_variable_create(rt, "v", start, &v));
	must(weir_function_create(rt, "reset", reset, v, &f));
	must(weir_function_call(f, NULL, NULL, 0, NULL, 0));
	((double *)weir_tensor_data(v))[0] = 5;
	must(weir_function_call(f, NULL, NULL, 0, NULL, 0));
	expect_pair(v, 0, 0);
	weir_function_release(f);
	weir_tensor_release(v);
	weir_tensor_release(start);
}

static weir_status
keeps_symbol(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	weir_tensor **kept = arg;

	out[0] = weir_neg(s, in[0]);
	if (weir_scope_is_recording(s) && !*kept)
		*kept = weir_tensor_retain(out[0]);
	return weir_scope_status(s);
}

Test(aliasing, a_symbol_may_outlive_its_graph)
{
	weir_tensor *x = pair(1, 2), *kept = NULL, *out[1] = { NULL };
	weir_function *f = NULL;
	weir_graph *graph = NULL;

	must(weir_function_create(rt, "f", keeps_symbol, &kept, &f));
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	weir_tensor_release(out[0]);
	weir_function_release(f);
	cr_expect(isnan(weir_item_f64(kept)));
	must(weir_graph_create(rt, "g", &graph));
	cr_expect_null(weir_neg(weir_graph_scope(graph), kept));
	cr_expect_eq(weir_scope_status(weir_graph_scope(graph)),
		     WEIR_EFOREIGN);
	weir_graph_release(graph);
	weir_tensor_release(kept);
	weir_tensor_release(x);
}

/* -- functions within functions ---------------------------------------------- */

static weir_status
calls_itself(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	weir_function **self = arg;
	weir_tensor *x = pair(1, 2), *unused = NULL;

	cr_expect_eq(weir_function_recordings(*self), 0);
	cr_expect_eq(weir_function_call(*self, NULL, &x, 1, &unused, 1),
		     WEIR_ESTATE);
	weir_tensor_release(x);
	out[0] = weir_neg(s, in[0]);
	return weir_scope_status(s);
}

Test(aliasing, a_function_that_calls_itself_while_recorded_is_told_so)
{
	weir_tensor *x = pair(1, 2), *out[1] = { NULL };
	weir_function *f = NULL;

	must(weir_function_create(rt, "f", calls_itself, &f, &f));
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	expect_pair(out[0], -1, -2);
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_function_release(f);
}

struct nested {
	weir_tensor *variable;
	weir_function *inner;
};

static weir_status
outer(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct nested *n = arg;

	(void)in;
	out[0] = weir_neg(s, n->variable);
	cr_expect_eq(weir_function_call(n->inner, NULL, NULL, 0, NULL, 0),
		     WEIR_ESTATE);
	return weir_scope_status(s);
}

Test(aliasing, a_plan_that_writes_what_an_eager_call_around_it_has_read_is_told)
{
	weir_run_options eager = { sizeof eager, WEIR_MODE_EAGER };
	weir_tensor *start = pair(1, 3), *out[1] = { NULL };
	struct nested n = { NULL, NULL };
	weir_function *f = NULL;

	must(weir_variable_create(rt, "v", start, &n.variable));
	must(weir_function_create(rt, "inner", reset, n.variable, &n.inner));
	must(weir_function_create(rt, "outer", outer, &n, &f));
	must(weir_function_call(f, &eager, NULL, 0, out, 1));
	expect_pair(out[0], -1, -3);
	must(weir_function_call(n.inner, NULL, NULL, 0, NULL, 0));
	expect_pair(n.variable, 0, 0);
	weir_tensor_release(out[0]);
	weir_function_release(f);
	weir_function_release(n.inner);
	weir_tensor_release(n.variable);
	weir_tensor_release(start);
}

/* -- gradients through variables ----------------------------------------------- */

Test(aliasing, a_value_assigned_again_gets_its_gradient_once)
{
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *x = pair(1, 3), *v = NULL, *r, *g, *loss;
	weir_tape *tape;

	must(weir_variable_create(rt, "v", x, &v));
	tape = weir_tape_begin(s);
	r = weir_square(s, x);
	weir_assign(s, v, r);
	weir_assign(s, v, r);
	loss = weir_sum(s, v, 0, NULL, false);
	must(weir_tape_gradients(tape, loss, &x, 1, &g));
	expect_pair(g, 2, 6);
	weir_scope_release(s);
	weir_tensor_release(v);
	weir_tensor_release(x);
}

Test(aliasing, the_gradient_of_a_variable_is_that_of_its_value_at_the_beginning)
{
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *x = pair(1, 3), *v = NULL, *g, *loss;
	weir_tape *tape;

	must(weir_variable_create(rt, "v", x, &v));
	tape = weir_tape_begin(s);
	weir_assign(s, v, weir_add(s, v, v));
	loss = weir_sum(s, weir_square(s, v), 0, NULL, false);
	must(weir_tape_gradients(tape, loss, &v, 1, &g));
	expect_pair(g, 8, 24);
	weir_scope_release(s);
	weir_tensor_release(v);
	weir_tensor_release(x);
}

Test(aliasing, a_loss_from_elsewhere_is_refused)
{
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *x = pair(1, 3), *g, *loss;
	weir_tape *tape;

	loss = weir_sum(s, x, 0, NULL, false);
	tape = weir_tape_begin(s);
	cr_expect_eq(weir_tape_gradients(tape, loss, &x, 1, &g),
		     WEIR_EFOREIGN);
	weir_scope_release(s);
	weir_tensor_release(x);
}

Test(aliasing, a_result_that_went_with_its_frame_is_noticed)
{
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *x = pair(1, 3), *gone;

	weir_scope_push(s, "frame");
	gone = weir_neg(s, x);
	weir_scope_pop(s);
	cr_expect_null(weir_neg(s, gone));
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	weir_scope_release(s);
	weir_tensor_release(x);
}
