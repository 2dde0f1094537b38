/* Calls, branches and loops, and their gradients, at extents that vary. */
#include <weir/control.h>

#include "api/dimensions_suite.h"

TestSuite(dimensions_control, .init = begin, .fini = end);

/* -- a loop ---------------------------------------------------------------- */

/* What bodies know. */
struct model {
	weir_tensor *weight;		/* f32[5] */
	int64_t odd;			/* rows at which it does otherwise */
};

static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_I64, 0, NULL, 3),
			      in[1]);
	return weir_scope_status(s);
}

static weir_status
warm(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct model *m = arg;

	out[0] = weir_tanh(s, weir_mul(s, in[0], m->weight));
	if (weir_tensor_shape(in[0])[0] == m->odd)
		out[0] = weir_neg(s, out[0]);
	return weir_scope_status(s);
}

static weir_status
cold(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct model *m = arg;

	out[0] = weir_sub(s, weir_sigmoid(s, in[0]), m->weight);
	return weir_scope_status(s);
}

/* A row more or less than the mean, by a branch. */
static weir_status
round_of(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	double n = (double)weir_tensor_shape(in[0])[0];
	int64_t axis = 0;
	weir_tensor *x = in[0], *mean, *is_warm;

	mean = weir_mul(s, weir_sum(s, x, 1, &axis, true),
			weir_constant(s, WEIR_F32, 0, NULL, 1 / n));
	x = weir_sub(s, x, mean);
	is_warm = weir_greater(s, weir_max(s, x, 0, NULL, false),
			       weir_constant(s, WEIR_F32, 0, NULL, 0.5));
	weir_cond(s, is_warm, warm, cold, arg, &x, 1, &out[0], 1);
	out[1] = weir_add(s, in[1], weir_constant(s, WEIR_I64, 0, NULL, 1));
	return weir_scope_status(s);
}

/* The gradient of a loss with respect to the weight; the loop may go round as
 * often as there are rows. */
static weir_status
slope(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct model *m = arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *states[2] = { in[0], weir_constant(s, WEIR_I64, 0, NULL,
							0) };
	weir_tensor *last[2] = { NULL };

	weir_while(s, goes_on, round_of, arg, weir_tensor_shape(in[0])[0],
		   states, last, 2);
	weir_tape_gradients(tape, weir_mean(s, last[0], 0, NULL, false),
			    &m->weight, 1, out);
	return weir_scope_status(s);
}

static struct model
must_model(int64_t odd)
{
	weir_tensor *weight = counting(1, 5);
	struct model m = { .odd = odd };

	must(weir_variable_create(rt, "weight", weight, &m.weight));
	weir_tensor_release(weight);
	return m;
}

Test(dimensions_control, loops_branches_and_gradients_are_derived)
{
	struct model m = must_model(0);
	weir_function *f = function_of(slope, &m, 1, true);

	expect_eager(f, 8);
	expect_eager(f, 32);
	expect_eager(f, 20);
	expect_text(weir_function_plan_reason(f), "; derived from `batch` = "
		    "32; laid out as for `batch` = 32");
	expect_eager(f, 31);
	expect_eager(f, 9);
	cr_expect_eq(weir_function_get_info(f).derived, 3);
	cr_expect_eq(weir_function_get_info(f).compiled, 2);
	cr_expect_eq(weir_function_get_info(f).resized, 3);
	weir_function_release(f);
	weir_tensor_release(m.weight);
}

Test(dimensions_control, of_derived_bodies_can_be_saved)
{
	struct model m = must_model(0);
	weir_function *f = function_of(slope, &m, 1, false);
	weir_load_options options = { .size = sizeof options,
				      .variables = &m.weight,
				      .n_variables = 1 };

	expect_eager(f, 32);
	expect_eager(f, 8);
	expect_saved(f, 20, &options);
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	weir_function_release(f);
	weir_tensor_release(m.weight);
}

Test(dimensions_control, bodies_that_decide_by_extents_are_found_out)
{
	struct model m = must_model(21);
	weir_function *f = function_of(slope, &m, 1, true);
	weir_tensor *x = counting(21, 5), *out = NULL;

	expect_eager(f, 8);
	expect_eager(f, 32);
	expect_eager(f, 20);
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1),
		     WEIR_EUNREPEATABLE);
	cr_expect_null(out);
	expect_text(weir_error_text(), "at `batch` = 21 another graph is "
		    "recorded than was derived");
	expect_text(weir_error_text(), "f/while/body/cond/then makes 3 calls");
	weir_tensor_release(x);
	weir_function_release(f);
	weir_tensor_release(m.weight);
}

/* -- layouts --------------------------------------------------------------- */

/* Rows whose length varies: two workers would not meet where they did. */
static weir_status
wide_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *many;

	(void)arg;
	many = weir_constant(s, WEIR_F32, 2, (int64_t[]){ 3000, 5 }, 0.5);
	out[0] = weir_tanh(s, weir_matmul(s, many, in[0]));
	return weir_scope_status(s);
}

static weir_status
wide(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *x = weir_transpose(s, in[0], 0, NULL);

	return weir_call(s, "wide", wide_body, arg, &x, 1, out, 1);
}

Test(dimensions_control, a_body_that_wants_other_tiles_says_so)
{
	weir_function *f = function_of(wide, NULL, 1, false);

	expect_eager(f, 200);
	expect_eager(f, 300);
	expect_eager(f, 290);
	expect_text(weir_function_plan_reason(f), "; derived from `batch` = "
		    "300; not laid out as for `batch` = 300: op ");
	expect_text(weir_function_plan_reason(f), "has other tiles");
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	cr_expect_eq(weir_function_get_info(f).compiled, 3);
	weir_function_release(f);
}
