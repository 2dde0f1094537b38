/* Both modes side by side: equal bits, or the first op that has others. */
#include <stdatomic.h>

#include "support/weir_test.h"

static weir_runtime *rt;
static weir_tensor *x, *v;

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };

	rt = must_runtime(2);
	x = must_tensor(rt, WEIR_F32, data, 3);
	v = must_variable(rt, "v", WEIR_F32, data, 3);
}

static void
end(void)
{
	weir_tensor_release(x);
	weir_tensor_release(v);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(compare, .init = begin, .fini = end);

/* -- an op whose result depends on how often it was called -------------------------------- */

static atomic_int calls;

static weir_status
infer_same(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static weir_status
count(const weir_kernel *k, int64_t begin_tile, int64_t end_tile)
{
	(void)begin_tile;
	(void)end_tile;
	memcpy(k->out[0].data, k->in[0].data, 3 * sizeof(float));
	((float *)k->out[0].data)[1] = (float)atomic_fetch_add(&calls, 1);
	return WEIR_OK;
}

static const weir_op impure = {
	.size = sizeof impure, .name = "impure", .doc = "Counts its calls.",
	.n_in = 1, .n_out = 1, .infer = infer_same, .kernel = count,
};

static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const weir_op *op = arg;
	weir_tensor *h = weir_square(s, weir_add(s, in[0], v));

	weir_scope_push(s, "middle");
	if (op)
		weir_apply(s, op, NULL, &h, 1, &h, 1);
	h = weir_keep(s, h);
	weir_scope_pop(s);
	weir_assign(s, v, weir_neg(s, h));
	out[0] = weir_sum(s, weir_mul(s, h, v), 0, NULL, false);
	return weir_scope_status(s);
}

Test(compare, a_good_function_is_equal_and_variables_stay)
{
	weir_function *f = must_function(rt, "f", step, NULL);

	must(weir_function_compare(f, &x, 1, 1));
	expect_f32s(v, 1, 2, 3);
	weir_function_release(f);
}

Test(compare, an_impure_op_is_named)
{
	weir_function *f = must_function(rt, "f", step, (void *)&impure);
	char line[64];

	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_EBITS);
	expect_text(weir_error_text(), "f/middle/impure");
	snprintf(line, sizeof line, "compare_test.c:%d", __LINE__ - 24);
	expect_text(weir_error_text(), line);
	expect_text(weir_error_text(), "element 1 of result 0");
	expect_f32s(v, 1, 2, 3);
	weir_function_release(f);
}

static weir_status
assign_operand(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	(void)arg;
	weir_assign(s, v, in[0]);
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = weir_neg(s, v);
	return weir_scope_status(s);
}

Test(compare, an_operand_that_an_op_has_made_can_be_assigned)
{
	weir_function *f = must_function(rt, "f", assign_operand, NULL);
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *made = weir_neg(s, x);

	must(weir_function_compare(f, &made, 1, 1));
	must(weir_function_compare(f, &x, 1, 1));
	weir_scope_release(s);
	weir_function_release(f);
}

static weir_status
assign_captured(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)in;
	weir_assign(s, v, arg);
	out[0] = weir_neg(s, v);
	return weir_scope_status(s);
}

Test(compare, a_captured_result_can_be_assigned)
{
	weir_scope *s = must_scope(rt, "s");
	weir_function *f = must_function(rt, "f", assign_captured,
					 weir_neg(s, x));

	must(weir_function_compare(f, &x, 1, 1));
	weir_scope_release(s);
	weir_function_release(f);
}

/* -- values that only a variable has: both modes know who made them ----------------------- */

static void
add_in_a_frame(weir_scope *s, weir_tensor *value)
{
	weir_scope_push(s, "inner");
	weir_assign(s, v, weir_add(s, v, value));
	weir_scope_pop(s);
}

static weir_status
assign_after_the_frame(weir_scope *s, weir_tensor *const *in,
		       weir_tensor **out, void *arg)
{
	add_in_a_frame(s, in[0]);
	weir_assign(s, arg, v);
	out[0] = weir_neg(s, arg);
	return weir_scope_status(s);
}

static weir_status
is_short(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F32, 0, NULL, 3),
			      in[0]);
	return weir_scope_status(s);
}

/* What is assigned first was made an iteration ago, or before the loop. */
static weir_status
assign_before_and_after(weir_scope *s, weir_tensor *const *in,
			weir_tensor **out, void *arg)
{
	weir_assign(s, arg, v);
	add_in_a_frame(s, arg);
	weir_assign(s, arg, v);
	out[0] = weir_add(s, in[0], weir_constant(s, WEIR_F32, 0, NULL, 1));
	out[1] = weir_mul(s, weir_read(s, v), in[1]);
	return weir_scope_status(s);
}

static weir_status
assign_in_a_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	weir_tensor *states[2], *with[] = { v, in[0] }, *loss;
	weir_tape *tape = weir_tape_begin(s);

	states[0] = weir_constant(s, WEIR_F32, 0, NULL, 0);
	states[1] = in[0];
	weir_while(s, is_short, assign_before_and_after, arg, 4, states,
		   states, 2);
	loss = weir_sum(s, states[1], 0, NULL, false);
	weir_tape_gradients(tape, loss, with, 2, out);
	return weir_scope_status(s);
}

Test(compare, what_a_closed_frame_has_made_is_assigned_alike)
{
	static const struct {
		weir_function_fn fn;
		size_t n_out;
	} cases[] = {
		{ assign_after_the_frame, 1 }, { assign_in_a_loop, 2 },
	};
	static const float data[] = { 4, 5, 6 };
	weir_tensor *w = must_variable(rt, "w", WEIR_F32, data, 3);
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		weir_function *f = must_function(rt, "f", cases[i].fn, w);

		must(weir_function_compare(f, &x, 1, cases[i].n_out));
		weir_function_release(f);
	}
	weir_tensor_release(w);
}

static weir_status
fails(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, in[0]);
	out[0] = weir_matmul(s, in[0], in[0]);
	return weir_scope_status(s);
}

Test(compare, a_function_that_fails_says_so)
{
	weir_function *f = must_function(rt, "f", fails, NULL);
	weir_tensor *nothing = NULL;

	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_ESHAPE);
	expect_text(weir_error_text(), "matmul");
	cr_expect_eq(weir_function_compare(f, &nothing, 1, 1), WEIR_ENULL);
	cr_expect_eq(weir_function_compare(f, NULL, 1, 1), WEIR_ENULL);
	cr_expect_eq(weir_function_compare(NULL, &x, 1, 1), WEIR_ENULL);
	expect_f32s(v, 1, 2, 3);
	weir_function_release(f);
}

static weir_status
differs(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_scope_is_recording(s) ? weir_square(s, in[0])
					    : weir_neg(s, in[0]);
	return weir_scope_status(s);
}

Test(compare, a_function_that_does_other_things_in_each_mode_differs)
{
	weir_function *f = must_function(rt, "f", differs, NULL);

	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_EBITS);
	expect_text(weir_error_text(), "f/square");
	weir_function_release(f);
}
