/* A variable that another one, or a result, becomes: its gradient, and what the
 * two modes make of it. */
#include "support/weir_test.h"

static weir_runtime *rt;
static weir_tensor *v, *w, *x;

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };

	rt = must_runtime(2);
	x = must_tensor(rt, WEIR_F32, data, 3);
	v = must_variable(rt, "v", WEIR_F32, data, 3);
	w = must_variable(rt, "w", WEIR_F32, data, 3);
}

static void
end(void)
{
	weir_tensor_release(x);
	weir_tensor_release(v);
	weir_tensor_release(w);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(copied_variable, .init = begin, .fini = end);

/* Gradients of the sum with respect to the operand and v. */
static weir_status
give_gradients(weir_scope *s, weir_tape *tape, weir_tensor *sum_of,
	       weir_tensor *operand, weir_tensor **out)
{
	weir_tensor *with[] = { operand, v };

	return weir_tape_gradients(tape, weir_sum(s, sum_of, 0, NULL, false),
				   with, 2, out);
}

/* Expect gradients of ones or zeros in both modes, and that these are alike. */
static void
expect_gradients(weir_function_fn fn, float of_operand, float of_v)
{
	static const float data[] = { 1, 2, 3 };
	weir_function *f = must_function(rt, "f", fn, NULL);
	weir_tensor *out[2];
	int mode;

	must(weir_function_compare(f, &x, 1, 2));
	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(v, data, sizeof data));
		must(weir_tensor_write(w, data, sizeof data));
		must(weir_function_call(f, both_modes[mode], &x, 1, out, 2));
		expect_f32s(out[0], of_operand, of_operand, of_operand);
		expect_f32s(out[1], of_v, of_v, of_v);
		weir_tensor_release(out[0]);
		weir_tensor_release(out[1]);
	}
	weir_function_release(f);
}

static weir_status
w_becomes_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tape *tape = weir_tape_begin(s);

	(void)arg;
	weir_assign(s, w, v);
	return give_gradients(s, tape, weir_mul(s, w, in[0]), in[0], out);
}

Test(copied_variable, passes_its_gradient_on)
{
	weir_function *f = must_function(rt, "f", w_becomes_v, NULL);
	weir_tensor *out[2];
	int mode;

	must(weir_function_compare(f, &x, 1, 2));
	for (mode = 0; mode < 2; mode++) {
		must(weir_function_call(f, both_modes[mode], &x, 1, out, 2));
		expect_f32s(out[1], 1, 2, 3);
		weir_tensor_release(out[0]);
		weir_tensor_release(out[1]);
	}
	weir_function_release(f);
}

static weir_status
assign_w(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, w, v);
	out[0] = in[0];
	return weir_scope_status(s);
}

static weir_status
w_becomes_v_in_a_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		      void *arg)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *same;

	(void)arg;
	weir_assign(s, v, in[0]);
	weir_call(s, "body", assign_w, NULL, in, 1, &same, 1);
	return give_gradients(s, tape, weir_read(s, w), in[0], out);
}

Test(copied_variable, passes_its_gradient_on_out_of_a_body)
{
	expect_gradients(w_becomes_v_in_a_body, 1, 0);
}

static weir_status
assign_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, in[0]);
	out[0] = weir_neg(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
give_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)s;
	(void)in;
	(void)arg;
	out[0] = v;
	return WEIR_OK;
}

static weir_status
v_is_a_result(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *result;

	(void)arg;
	weir_call(s, "first", assign_v, NULL, in, 1, &result, 1);
	weir_call(s, "second", give_v, NULL, in, 1, &result, 1);
	return give_gradients(s, tape, result, in[0], out);
}

Test(copied_variable, passes_on_the_gradient_of_a_body_s_result)
{
	expect_gradients(v_is_a_result, 1, 0);
}

/* -- the second of two branches ----------------------------------------------------------- */

/* v := v * x, of which a gradient needs the v that was there. */
static weir_status
scale_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_mul(s, v, in[0]));
	out[0] = weir_neg(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
scale_v_in_a_branch(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		    void *arg)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *is_so = weir_constant(s, WEIR_BOOL, 0, NULL,
					   *(const bool *)arg);
	weir_tensor *result;

	weir_cond(s, is_so, scale_v, scale_v, NULL, in, 1, &result, 1);
	return give_gradients(s, tape, weir_read(s, v), in[0], out);
}

/* d sum(v x) / dx = v, / dv = x. */
Test(copied_variable, has_been_what_it_was_before_either_branch)
{
	static const float data[] = { 4, 5, 6 };
	weir_tensor *out[2];
	int mode, is_so;

	for (is_so = 0; is_so < 2; is_so++) {
		bool predicate = is_so;
		weir_function *f = must_function(rt, "f", scale_v_in_a_branch,
						 &predicate);

		for (mode = 0; mode < 2; mode++) {
			must(weir_tensor_write(v, data, sizeof data));
			must(weir_function_call(f, both_modes[mode], &x, 1,
						out, 2));
			expect_f32s(out[0], 4, 5, 6);
			expect_f32s(out[1], 1, 2, 3);
			weir_tensor_release(out[0]);
			weir_tensor_release(out[1]);
		}
		must(weir_function_compare(f, &x, 1, 2));
		weir_function_release(f);
	}
}

/* -- branches that touch variables in another order --------------------------------------- */

static weir_status
first_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)out;
	(void)arg;
	weir_assign(s, v, weir_neg(s, in[0]));
	weir_assign(s, w, weir_square(s, in[0]));
	return weir_scope_status(s);
}

static weir_status
first_w(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)out;
	(void)arg;
	weir_assign(s, w, weir_square(s, in[0]));
	weir_assign(s, v, weir_neg(s, in[0]));
	return weir_scope_status(s);
}

static weir_status
choose(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *is_so = weir_constant(s, WEIR_BOOL, 0, NULL, 0);

	(void)arg;
	out[0] = weir_neg(s, in[0]);
	weir_cond(s, is_so, first_v, first_w, NULL, in, 1, NULL, 0);
	return weir_scope_status(s);
}

static weir_status
choose_in_a_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	(void)arg;
	return weir_call(s, "body", choose, NULL, in, 1, out, 1);
}

Test(copied_variable, is_the_same_in_both_modes_whatever_the_order_of_branches)
{
	weir_function *f = must_function(rt, "f", choose_in_a_body, NULL);

	must(weir_function_compare(f, &x, 1, 1));
	weir_function_release(f);
}
