/* Variables: snapshots, order, and runs as transactions; in both modes. */
#include <math.h>

#include "support/weir_test.h"

static weir_runtime *rt;
static weir_tensor *v, *ones;

static void
begin(void)
{
	static const float start[] = { 1, 2, 3 }, one[] = { 1, 1, 1 };

	rt = must_runtime(2);
	v = must_variable(rt, "v", WEIR_F32, start, 3);
	ones = must_tensor(rt, WEIR_F32, one, 3);
}

static void
end(void)
{
	weir_tensor_release(ones);
	weir_tensor_release(v);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(variable, .init = begin, .fini = end);

/* Call fn in one mode with one operand, and expect this of it. */
static void
call(weir_function_fn fn, int mode, weir_status expected, size_t n_out,
     weir_tensor **out)
{
	weir_function *f = must_function(rt, "f", fn, NULL);

	cr_expect_eq(weir_function_call(f, both_modes[mode], &ones, 1, out,
					n_out),
		     expected, "%s: %s", mode_names[mode], weir_error_text());
	weir_function_release(f);
}

Test(variable, may_begin_with_a_tensor_of_another_runtime)
{
	static const float start[] = { 4, 5, 6 };
	weir_runtime *other = must_runtime(1);
	weir_tensor *variable = must_variable_of(
		rt, "w", must_tensor(other, WEIR_F32, start, 3));
	weir_scope *s = must_scope(rt, "s");

	weir_runtime_release(other);
	expect_f32s(weir_add(s, variable, ones), 5, 6, 7);
	weir_scope_release(s);
	weir_tensor_release(variable);
}

/* A read, an assignment, and both the old read and a new one. */
static weir_status
read_write_read(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	out[0] = weir_read(s, v);
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[1] = weir_read(s, v);
	weir_assign(s, v, weir_add(s, v, v));
	out[2] = weir_add(s, out[0], v);
	return weir_scope_status(s);
}

Test(variable, a_read_is_a_snapshot_in_both_modes)
{
	static const float start[] = { 1, 2, 3 };
	weir_tensor *out[3];
	int mode, i;

	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(v, start, sizeof start));
		call(read_write_read, mode, WEIR_OK, 3, out);
		expect_f32s(out[0], 1, 2, 3);
		expect_f32s(out[1], 2, 3, 4);
		expect_f32s(out[2], 5, 8, 11);
		expect_f32s(v, 4, 6, 8);
		for (i = 0; i < 3; i++)
			weir_tensor_release(out[i]);
	}
}

Test(variable, a_snapshot_in_a_scope_outlives_later_writes)
{
	weir_scope *s = must_scope(rt, "s");
	static const float other[] = { 9, 9, 9 };
	weir_tensor *old = weir_read(s, v);

	weir_assign(s, v, weir_neg(s, v));
	must(weir_tensor_write(v, other, sizeof other));
	expect_f32s(old, 1, 2, 3);
	expect_f32s(v, 9, 9, 9);
	weir_scope_release(s);
}

static weir_status
assign_then_fail(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = weir_reshape(s, v, 1, (int64_t[]){ 4 });
	return weir_scope_status(s);
}

static weir_status
assign_then_fail_at_run_time(weir_scope *s, weir_tensor *const *in,
			     weir_tensor **out, void *arg)
{
	weir_tensor *zero;

	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	zero = weir_cast(s, weir_sub(s, in[0], in[0]), WEIR_I64);
	out[0] = weir_div(s, zero, zero);
	return weir_scope_status(s);
}

static weir_status
assign_then_refuse(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		   void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = in[0];
	return WEIR_EINVAL;
}

static weir_status
assign_then_forget_the_result(weir_scope *s, weir_tensor *const *in,
			      weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = NULL;
	return WEIR_OK;
}

Test(variable, a_call_that_fails_leaves_variables_as_they_were)
{
	static const struct {
		weir_function_fn fn;
		weir_status status;
	} cases[] = {
		{ assign_then_fail, WEIR_ESHAPE },
		{ assign_then_fail_at_run_time, WEIR_ERANGE },
		{ assign_then_refuse, WEIR_EINVAL },
		{ assign_then_forget_the_result, WEIR_ENULL },
	};
	weir_tensor *out[1] = { ones };
	int mode;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (mode = 0; mode < 2; mode++) {
			call(cases[i].fn, mode, cases[i].status, 1, out);
			expect_f32s(v, 1, 2, 3);
			cr_expect_eq(out[0], ones);
		}
}

static weir_status
assign_operand(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	(void)arg;
	weir_assign(s, v, in[0]);
	out[0] = weir_add(s, v, in[0]);
	return weir_scope_status(s);
}

Test(variable, an_assigned_operand_is_copied_not_shared)
{
	static const float one[] = { 1, 1, 1 }, five[] = { 5, 5, 5 };
	weir_tensor *out[1];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(ones, one, sizeof one));
		call(assign_operand, mode, WEIR_OK, 1, out);
		weir_tensor_release(out[0]);
		must(weir_tensor_write(ones, five, sizeof five));
		expect_f32s(v, 1, 1, 1);
	}
}

static weir_status
never(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	(void)arg;
	out[0] = weir_constant(s, WEIR_BOOL, 0, NULL, 0);
	return weir_scope_status(s);
}

static weir_status
negate(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_neg(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
assign_what_no_loop_made(weir_scope *s, weir_tensor *const *in,
			 weir_tensor **out, void *arg)
{
	(void)arg;
	weir_while(s, never, negate, NULL, 0, in, out, 1);
	weir_assign(s, v, out[0]);
	return weir_scope_status(s);
}

Test(variable, a_state_of_a_loop_that_does_nothing_is_copied_not_shared)
{
	static const float one[] = { 1, 1, 1 }, five[] = { 5, 5, 5 };
	weir_tensor *out[1];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(ones, one, sizeof one));
		call(assign_what_no_loop_made, mode, WEIR_OK, 1, out);
		must(weir_tensor_write(ones, five, sizeof five));
		expect_f32s(v, 1, 1, 1);
		expect_f32s(out[0], 1, 1, 1);
		weir_tensor_release(out[0]);
	}
}

static weir_status
return_the_variable(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		    void *arg)
{
	(void)in;
	(void)arg;
	weir_assign(s, v, weir_neg(s, v));
	out[0] = v;
	return weir_scope_status(s);
}

Test(variable, as_a_result_it_is_its_value_at_the_end_of_the_call)
{
	static const float zero[] = { 0, 0, 0 };
	weir_tensor *out[1];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(v, (float[]){ 1, 2, 3 }, 12));
		call(return_the_variable, mode, WEIR_OK, 1, out);
		cr_expect_not(weir_tensor_is_variable(out[0]));
		must(weir_tensor_write(v, zero, sizeof zero));
		expect_f32s(out[0], -1, -2, -3);
		weir_tensor_release(out[0]);
	}
}

static weir_status
add_first_two(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, v));
	out[0] = weir_add(s, in[0], v);
	return weir_scope_status(s);
}

Test(variable, as_an_operand_of_a_call_it_is_its_value_before_the_call)
{
	weir_function *f = must_function(rt, "f", add_first_two, NULL);
	weir_tensor *out[1];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		must(weir_tensor_write(v, (float[]){ 1, 2, 3 }, 12));
		must(weir_function_call(f, both_modes[mode], &v, 1, out, 1));
		expect_f32s(out[0], 3, 6, 9);
		weir_tensor_release(out[0]);
	}
	weir_function_release(f);
}

/* Two variables that swap their values. */
static weir_tensor *other;

static weir_status
swap(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *old = weir_read(s, v);

	(void)in;
	(void)out;
	(void)arg;
	weir_assign(s, v, other);
	weir_assign(s, other, old);
	return weir_scope_status(s);
}

Test(variable, two_swap_their_values)
{
	int mode;

	other = must_variable(rt, "other", WEIR_F32,
			      ((float[]){ 7, 8, 9 }), 3);
	for (mode = 0; mode < 2; mode++) {
		call(swap, mode, WEIR_OK, 0, NULL);
		call(swap, mode, WEIR_OK, 0, NULL);
		call(swap, mode, WEIR_OK, 0, NULL);
		if (mode == 0) {
			expect_f32s(v, 7, 8, 9);
			expect_f32s(other, 1, 2, 3);
		} else {
			expect_f32s(v, 1, 2, 3);
			expect_f32s(other, 7, 8, 9);
		}
	}
	weir_tensor_release(other);
}

/* -- generators ------------------------------------------------------------------------ */

static weir_tensor *dice;

static weir_status
throw_twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	const int64_t shape[] = { 33 };

	(void)in;
	(void)arg;
	out[0] = weir_uniform(s, dice, WEIR_F32, 1, shape, -1, 1);
	out[1] = weir_uniform(s, dice, WEIR_F64, 1, shape, 0, 10);
	return weir_scope_status(s);
}

static void
throw_dice(int mode, int steps, weir_tensor **all)
{
	weir_function *f = must_function(rt, "throw", throw_twice, NULL);
	int step;

	must(weir_generator_create(rt, "dice", 7, &dice));
	for (step = 0; step < steps; step++)
		must(weir_function_call(f, both_modes[mode], NULL, 0,
					all + 2 * step, 2));
	weir_tensor_release(dice);
	weir_function_release(f);
}

Test(variable, a_generator_gives_the_same_numbers_in_both_modes)
{
	enum { STEPS = 3, N = 2 * STEPS };
	weir_tensor *all[2][N];
	int i, j;

	throw_dice(0, STEPS, all[0]);
	throw_dice(1, STEPS, all[1]);
	for (i = 0; i < N; i++) {
		expect_same_bits(all[0][i], all[1][i]);
		for (j = 0; j < i; j++)
			cr_expect_not(weir_tensor_equal_bits(all[0][i],
							     all[0][j], NULL),
				      "draws %d and %d are the same", i, j);
	}
	for (i = 0; i < N; i++) {
		weir_tensor_release(all[0][i]);
		weir_tensor_release(all[1][i]);
	}
}
