/* Tapes: what they watch, what a gradient is of, and the optimizer. */
#include "support/weir_test.h"

static weir_runtime *rt;
static weir_scope *s;
static weir_tensor *x, *v;

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };

	rt = must_runtime(2);
	s = must_scope(rt, "tape");
	x = must_tensor(rt, WEIR_F32, data, 3);
	v = must_variable(rt, "v", WEIR_F32, data, 3);
}

static void
end(void)
{
	weir_tensor_release(v);
	weir_tensor_release(x);
	weir_scope_release(s);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(tape, .init = begin, .fini = end);

static weir_tensor *
total(weir_scope *scope, weir_tensor *t)
{
	return weir_sum(scope, t, 0, NULL, false);
}

Test(tape, the_gradient_of_a_sum_of_squares)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = total(s, weir_square(s, x)), *g[1];

	must(weir_tape_gradients(tape, loss, &x, 1, g));
	expect_f32s(g[0], 2, 4, 6);
}

Test(tape, what_the_loss_does_not_depend_on_gets_zeros)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *other = weir_neg(s, x);
	weir_tensor *loss = total(s, weir_square(s, x));
	weir_tensor *with[2] = { other, v }, *g[2];

	must(weir_tape_gradients(tape, loss, with, 2, g));
	expect_f32s(g[0], 0, 0, 0);
	expect_f32s(g[1], 0, 0, 0);
}

Test(tape, contributions_of_several_uses_are_added)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *a = weir_mul(s, x, x), *b = weir_add(s, a, x);
	weir_tensor *loss = total(s, weir_mul(s, b, x)), *g[1];

	must(weir_tape_gradients(tape, loss, &x, 1, g)); /* 3x^2 + 2x */
	expect_f32s(g[0], 5, 16, 33);
}

Test(tape, only_ops_since_its_beginning_count)
{
	weir_tensor *before = weir_square(s, x);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = total(s, weir_mul(s, before, x));
	weir_tensor *with[2] = { x, before }, *g[2];

	must(weir_tape_gradients(tape, loss, with, 2, g));
	expect_f32s(g[0], 1, 4, 9);
	expect_f32s(g[1], 1, 2, 3);
}

Test(tape, the_loss_itself_has_gradient_one)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = total(s, x), *g[1];

	must(weir_tape_gradients(tape, loss, &loss, 1, g));
	expect_f32s(g[0], 1);
}

Test(tape, all_reads_of_a_variable_before_it_is_written_count_together)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = total(s, weir_mul(s, v, v)), *g[1];

	weir_assign(s, v, weir_neg(s, v));
	must(weir_tape_gradients(tape, loss, &v, 1, g));
	expect_f32s(g[0], 2, 4, 6);
}

Test(tape, an_inner_tape_does_not_disturb_the_outer_one)
{
	weir_tape *outer = weir_tape_begin(s), *inner = weir_tape_begin(s);
	weir_tensor *y = total(s, weir_mul(s, weir_square(s, x), x));
	weir_tensor *first[1], *second[1];

	must(weir_tape_gradients(inner, y, &x, 1, first));	/* 3x^2 */
	must(weir_tape_gradients(outer, total(s, first[0]), &x, 1, second));
	expect_f32s(first[0], 3, 12, 27);
	expect_f32s(second[0], 6, 12, 18);
}

Test(tape, one_left_open_ends_with_its_frame)
{
	size_t before = weir_runtime_memory(rt).in_use;
	int i;

	for (i = 0; i < 10; i++) {
		weir_scope_push(s, "step");
		weir_tape_begin(s);
		weir_square(s, x);
		weir_scope_pop(s);
		cr_expect_eq(weir_runtime_memory(rt).in_use, before);
	}
	cr_expect(weir_square(s, x));
}

Test(tape, gradients_of_nothing_are_fine)
{
	weir_tape *tape = weir_tape_begin(s);

	must(weir_tape_gradients(tape, total(s, x), NULL, 0, NULL));
}

/* -- the same in a function, in both modes ------------------------------------------------ */

static weir_sgd *sgd;

static weir_status
train(weir_scope *scope, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tape *tape = weir_tape_begin(scope);
	weir_tensor *error = weir_sub(scope, weir_mul(scope, v, v), in[0]);
	weir_tensor *g[1];

	(void)arg;
	out[0] = total(scope, weir_square(scope, error));
	weir_tape_gradients(tape, out[0], &v, 1, g);
	weir_sgd_step(scope, sgd, &v, g, 1);
	return weir_scope_status(scope);
}

/* The variable and the loss after some steps; rate[i] of step i. */
static weir_tensor *
train_some(int mode, double momentum, const double *rates, int n, double *loss)
{
	static const float start[] = { 1, 2, 3 };
	weir_function *f = must_function(rt, "train", train, NULL);
	weir_tensor *out[1];
	int i;

	must(weir_tensor_write(v, start, sizeof start));
	must(weir_sgd_create(rt, &v, 1, rates[0], momentum, &sgd));
	for (i = 0; i < n; i++) {
		must(weir_sgd_set_rate(sgd, rates[i]));
		must(weir_function_call(f, both_modes[mode], &x, 1, out, 1));
		*loss = weir_item_f64(out[0]);
		weir_tensor_release(out[0]);
	}
	weir_sgd_release(sgd);
	weir_function_release(f);
	return weir_read(s, v);
}

Test(tape, training_has_the_same_bits_in_both_modes_and_learns)
{
	static const double rates[] = { 0.02, 0.02, 0.01, 0.01, 0.005, 0.003 };
	weir_tensor *last[2];
	double loss[2], first;
	int momentum;

	for (momentum = 0; momentum < 2; momentum++) {
		train_some(0, momentum * 0.9, rates, 1, &first);
		last[0] = train_some(0, momentum * 0.9, rates, 6, &loss[0]);
		last[1] = train_some(1, momentum * 0.9, rates, 6, &loss[1]);
		expect_same_bits(last[0], last[1]);
		cr_expect_eq(loss[0], loss[1]);
		cr_expect_lt(loss[0], first);
	}
}

Test(tape, the_rate_can_change_without_a_new_recording)
{
	static const double rates[] = { 0, 0.5 };
	weir_tensor *all_zero, *half;
	double loss;

	all_zero = train_some(1, 0, rates, 1, &loss);
	expect_f32s(all_zero, 1, 2, 3);
	half = train_some(1, 0, rates, 2, &loss);
	/* v - 0.5 * 4 v (v^2 - x) */
	expect_f32s(half, 1, -6, -33);
}

Test(tape, a_step_follows_the_formula_with_momentum)
{
	weir_tensor *g[1] = { x };

	must(weir_sgd_create(rt, &v, 1, 0.5, 0.5, &sgd));
	must(weir_sgd_step(s, sgd, &v, g, 1));		/* velocity x */
	expect_f32s(v, 0.5f, 1, 1.5f);
	must(weir_sgd_step(s, sgd, &v, g, 1));		/* velocity 1.5 x */
	expect_f32s(v, -0.25f, -0.5f, -0.75f);
	weir_sgd_release(sgd);
}

Test(tape, an_optimizer_of_what_cannot_be_trained_is_refused)
{
	weir_tensor *ints = must_variable(rt, "n", WEIR_I64, NULL, 3);
	weir_tensor *none = NULL;

	cr_expect_eq(weir_sgd_create(rt, &ints, 1, 0.1, 0, &sgd), WEIR_EDTYPE);
	cr_expect_eq(weir_sgd_create(rt, &x, 1, 0.1, 0, &sgd), WEIR_EINVAL);
	cr_expect_eq(weir_sgd_create(rt, &none, 1, 0.1, 0, &sgd), WEIR_ENULL);
	cr_expect_eq(weir_sgd_create(rt, NULL, 1, 0.1, 0, &sgd), WEIR_ENULL);
	cr_expect_eq(weir_sgd_create(rt, &v, 1, 0.1, 0, NULL), WEIR_ENULL);
	cr_expect_neq(weir_sgd_set_rate(NULL, 1), WEIR_OK);
	weir_sgd_release(NULL);
	weir_tensor_release(ints);
}
