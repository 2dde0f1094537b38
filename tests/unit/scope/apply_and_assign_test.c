/* A call whose results are assigned is those calls one by one, whether it has
 * been made before or not. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/table.h"
#include "scope/scope.h"
#include "support/scope.h"

enum { TIMES = 6 };		/* the first ones are not remembered */

static weir_tensor *v, *w, *rate;

static void
begin(void)
{
	begin_scope();
	v = must_variable(runtime, "v", 8);
	w = must_variable(runtime, "w", 8);
	rate = must_number(runtime, 0.5);
}

static void
end(void)
{
	weir_tensor_release(v);
	weir_tensor_release(w);
	weir_tensor_release(rate);
	end_scope();
}

TestSuite(apply_and_assign, .init = begin, .fini = end);

/* v *= rate */
static weir_status
shrink(weir_tensor *variable)
{
	weir_tensor *in[2] = { variable, rate };

	return weir__scope_apply_and_assign(s, &weir__op_mul, NULL, in, 2,
					    &variable, 1, "here");
}

static void
shrink_a_few_times(void)
{
	int i;

	for (i = 0; i < TIMES; i++)
		cr_assert_eq(shrink(v), WEIR_OK, "%s", weir_scope_error(s));
}

Test(apply_and_assign, has_the_values_and_ordinals_of_single_calls)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		uint64_t before = s->ordinal, calls;

		weir_scope_push(s, "step");
		weir_assign(s, w, weir_mul(s, w, rate));
		calls = s->ordinal - before;
		before = s->ordinal;
		cr_assert_eq(shrink(v), WEIR_OK);
		cr_expect_eq(s->ordinal - before, calls);
		cr_expect_eq(weir_item_f64(v), weir_item_f64(w));
		weir_scope_pop(s);
		cr_expect_eq(weir_item_f64(v), 8.0 / (2 << i));
	}
}

Test(apply_and_assign, gives_each_variable_its_result)
{
	const weir_sgd_attrs attrs = { .momentum = 0.5 };
	weir_tensor *in[4] = { v, rate, w, rate }, *both[2] = { v, w };
	double param = 8, velocity = 8;
	int i;

	for (i = 0; i < TIMES; i++) {
		cr_assert_eq(weir__scope_apply_and_assign(
			s, &weir__op_sgd_momentum, &attrs, in, 4, both, 2,
			"here"), WEIR_OK);
		velocity = 0.5 * velocity + 0.5;
		param -= 0.5 * velocity;
		cr_expect_eq(weir_item_f64(v), param);
		cr_expect_eq(weir_item_f64(w), velocity);
	}
}

Test(apply_and_assign, keeps_no_old_value_beyond_its_frame)
{
	size_t after_one = 0, in_use;
	int i;

	for (i = 0; i < TIMES; i++) {
		weir_scope_push(s, "step");
		shrink_a_few_times();
		weir_scope_pop(s);
		in_use = weir_runtime_memory(runtime).in_use;
		after_one = i ? after_one : in_use;
		cr_expect_eq(in_use, after_one);
	}
}

Test(apply_and_assign, leaves_what_was_read_as_it_was)
{
	weir_tensor *before;

	shrink_a_few_times();
	weir_scope_push(s, "step");
	before = weir_read(s, v);
	cr_assert_eq(shrink(v), WEIR_OK);
	cr_expect_eq(weir_item_f64(before), 8.0 / (1 << TIMES));
	cr_expect_eq(weir_item_f64(v), 8.0 / (2 << TIMES));
	weir_scope_pop(s);
}

/* A copy would be a call more. */
Test(apply_and_assign, makes_values_that_another_variable_may_share)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		uint64_t before = s->ordinal;

		weir_scope_push(s, "step");
		cr_assert_eq(shrink(v), WEIR_OK);
		weir_assign(s, w, v);
		cr_expect_eq(s->ordinal - before, 3);
		cr_expect_eq(w->current, v->current);
		weir_scope_pop(s);
	}
}

Test(apply_and_assign, makes_values_that_may_be_read_in_another_frame)
{
	weir_tensor *read;

	shrink_a_few_times();
	weir_scope_push(s, "inner");
	cr_assert_eq(shrink(v), WEIR_OK);
	weir_scope_pop(s);
	read = weir_read(s, v);
	cr_assert_eq(shrink(v), WEIR_OK);
	cr_expect_eq(weir_item_f64(read), 8.0 / (2 << TIMES));
}

Test(apply_and_assign, makes_values_that_a_tape_may_need)
{
	weir_tensor *y, *gradient, *x;
	weir_tape *tape;
	int i;

	shrink_a_few_times();
	weir_scope_push(s, "step");
	cr_assert_eq(shrink(v), WEIR_OK);
	tape = weir_tape_begin(s);
	x = weir_read(s, w);
	y = weir_mul(s, v, x);
	cr_assert_eq(shrink(v), WEIR_OK);
	for (i = 0; i < 8; i++)		/* over what has been freed */
		weir_constant(s, WEIR_F64, 0, NULL, 77);
	cr_assert_eq(weir_tape_gradients(tape, y, &x, 1, &gradient), WEIR_OK,
		     "%s", weir_scope_error(s));
	cr_expect_eq(weir_item_f64(gradient), 8.0 / (2 << TIMES));
	weir_scope_pop(s);
}

struct counter {
	struct weir__watcher watcher;
	uint64_t last;
	int n;
};

static weir_status
count(struct weir__watcher *watcher, const struct weir__applied *call)
{
	struct counter *counter = (struct counter *)watcher;

	counter->n++;
	counter->last = call->ordinal;
	return WEIR_OK;
}

Test(apply_and_assign, is_told_to_watchers_call_by_call)
{
	struct counter counter = { .watcher = { .see = count } };

	shrink_a_few_times();
	weir__scope_watch(s, &counter.watcher);
	cr_assert_eq(shrink(v), WEIR_OK);
	weir__scope_unwatch(s, &counter.watcher);
	cr_expect_eq(counter.n, 2);
	cr_expect_eq(counter.last, s->ordinal);
}

Test(apply_and_assign, copies_what_is_a_view)
{
	static const weir_shape_attrs attrs = { { 0 } };
	weir_tensor *in[1] = { v };
	int i;

	for (i = 0; i < TIMES; i++)
		cr_assert_eq(weir__scope_apply_and_assign(
			s, &weir__op_reshape, &attrs, in, 1, &w, 1, "here"),
			WEIR_OK, "%s", weir_scope_error(s));
	cr_expect_eq(weir_item_f64(w), 8);
	cr_expect_neq(w->current->storage, v->current->storage);
}

/* -- what goes wrong ------------------------------------------------------- */

static weir_status
fail(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const double *x = kernel->in[0].data;
	double *y = kernel->out[0].data;

	(void)begin, (void)end;
	if (*x < 0)
		return weir_fail(WEIR_ERANGE, "a negative number");
	*y = *x - 3;
	return WEIR_OK;
}

static weir_status
same(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static const weir_op fails_op = {
	.size = sizeof(weir_op), .name = "fails", .doc = "a - 3, if a >= 0.",
	.n_in = 1, .n_out = 1, .infer = same, .kernel = fail,
};

Test(apply_and_assign, leaves_a_variable_where_the_call_fails)
{
	size_t before = weir_runtime_memory(runtime).in_use;
	weir_status status = WEIR_OK;
	int i;

	/* 8, 5, 2, -1 */
	for (i = 0; i < TIMES && !status; i++) {
		weir_scope_push(s, "step");
		status = weir__scope_apply_and_assign(s, &fails_op, NULL, &v, 1,
						      &v, 1, "here");
		weir_scope_pop(s);
	}
	cr_expect_eq(i, 4);
	cr_expect_eq(status, WEIR_ERANGE);
	cr_expect(strstr(weir_scope_error(s), "a negative number"));
	cr_expect(strstr(weir_scope_error(s), "here"));
	cr_expect_eq(weir_item_f64(v), -1);
	cr_expect_eq(weir_runtime_memory(runtime).in_use, before);
	weir_scope_clear(s);
	cr_expect_eq(shrink(v), WEIR_OK);
	cr_expect_eq(weir_item_f64(v), -0.5);
}

Test(apply_and_assign, refuses_what_is_no_variable_of_that_layout)
{
	int64_t two = 2;
	weir_tensor *value, *in[2] = { v, rate }, *other;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 1, &two, &value),
		     WEIR_OK);
	cr_assert_eq(weir_variable_create(runtime, "pair", value, &other),
		     WEIR_OK);
	shrink_a_few_times();
	cr_expect_eq(weir__scope_apply_and_assign(s, &weir__op_mul, NULL, in, 2,
						  &other, 1, "here"),
		     WEIR_ESHAPE);
	weir_scope_clear(s);
	cr_expect_eq(weir__scope_apply_and_assign(s, &weir__op_mul, NULL, in, 2,
						  &rate, 1, "here"),
		     WEIR_EINVAL);
	weir_scope_clear(s);
	weir_tensor_release(other);
	weir_tensor_release(value);
}

static weir_status
shrink_then_fail(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	weir_tensor *operands[2] = { v, in[0] };
	int i;

	(void)arg;
	for (i = 0; i < TIMES; i++)
		if (weir__scope_apply_and_assign(scope, &weir__op_mul, NULL,
						 operands, 2, &v, 1, "here"))
			break;
	out[0] = weir_matmul(scope, in[0], in[0]);
	return weir_scope_status(scope);
}

Test(apply_and_assign, is_taken_back_with_the_call_that_it_is_part_of)
{
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	weir_tensor *out = NULL;
	weir_function *f;

	cr_assert_eq(weir_function_create(runtime, "f", shrink_then_fail, NULL,
					  &f), WEIR_OK);
	cr_expect_eq(weir_function_call(f, &how, &rate, 1, &out, 1),
		     WEIR_ESHAPE);
	cr_expect_eq(weir_item_f64(v), 8);
	weir_function_release(f);
}
