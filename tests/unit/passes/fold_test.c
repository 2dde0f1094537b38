#include <criterion/criterion.h>

#include "unit/passes/rewrite.h"

static struct weir__rewrite *
after_fold(const struct made *m)
{
	struct weir__rewrite *r = must_rewrite(m);

	cr_assert_eq(weir__pass_fold(r), WEIR_OK, "%s", weir_error_text());
	return r;
}

/* f64[50] of an eager op, and f64[50] of the application. */
static weir_tensor *
fifty(struct made *m, bool is_result)
{
	double data[50];
	weir_tensor *t, *copy;
	weir_scope *scope;
	int64_t n = 50, i;

	for (i = 0; i < n; i++)
		data[i] = 0.1 * (double)i + 0.01;
	cr_assert_eq(weir_tensor_copy_of(m->runtime, WEIR_F64, 1, &n, data,
					 &t), WEIR_OK);
	if (!is_result)
		return t;
	cr_assert_eq(weir_scope_create(m->runtime, "e", &scope), WEIR_OK);
	copy = weir_tensor_retain(weir_copy(scope, t));
	weir_tensor_release(t);
	weir_scope_release(scope);
	return copy;
}

Test(fold, computes_the_bits_that_eager_computes)
{
	struct made m = must_make(1);
	weir_tensor *c = fifty(&m, true), *y, *same;
	struct weir__rewrite *r;
	weir_scope *eager;

	y = weir_sum(m.scope, weir_exp(m.scope, weir_tanh(m.scope, c)), 0,
		     NULL, false);
	r = after_fold(&m);
	cr_assert_eq(fate_of(&m, r, y), WEIR__FATE_FOLDED);
	cr_assert_eq(weir_scope_create(m.runtime, "e", &eager), WEIR_OK);
	same = weir_sum(eager, weir_exp(eager, weir_tanh(eager, c)), 0, NULL,
			false);
	cr_expect(weir_tensor_equal_bits(r->folded[y->value], same, NULL));
	weir_scope_release(eager);
	weir__rewrite_free(r);
	weir_tensor_release(c);
	made_free(&m);
}

Test(fold, looks_through_views)
{
	struct made m = must_make(1);
	weir_tensor *c = fifty(&m, true), *v, *y, *same;
	struct weir__rewrite *r;
	weir_scope *eager;
	int64_t start = 3, stop = 40, step = 4;

	v = weir_slice(m.scope, weir_neg(m.scope, c), 1, &start, &stop, &step);
	y = weir_exp(m.scope, v);
	r = after_fold(&m);
	cr_expect_eq(fate_of(&m, r, v), WEIR__FATE_VIEW);
	cr_assert_eq(fate_of(&m, r, y), WEIR__FATE_FOLDED);
	cr_assert_eq(weir_scope_create(m.runtime, "e", &eager), WEIR_OK);
	same = weir_exp(eager, weir_slice(eager, weir_neg(eager, c), 1, &start,
					  &stop, &step));
	cr_expect(weir_tensor_equal_bits(r->folded[y->value], same, NULL));
	weir_scope_release(eager);
	weir__rewrite_free(r);
	weir_tensor_release(c);
	made_free(&m);
}

Test(fold, leaves_what_depends_on_inputs_or_variables)
{
	struct made m = must_make(1);
	weir_tensor *v, *a, *b;
	struct weir__rewrite *r;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	a = weir_exp(m.scope, m.x);
	b = weir_exp(m.scope, v);
	r = after_fold(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	weir_tensor_release(v);
	made_free(&m);
}

Test(fold, leaves_a_captured_tensor_that_can_be_written_to)
{
	struct made m = must_make(1);
	weir_tensor *c = fifty(&m, false), *y = weir_exp(m.scope, c);
	struct weir__rewrite *r = after_fold(&m);

	cr_expect_eq(fate_of(&m, r, y), WEIR__LIVE);
	cr_expect_null(r->folded[y->value]);
	weir__rewrite_free(r);
	weir_tensor_release(c);
	made_free(&m);
}

Test(fold, lets_a_run_see_a_later_write_to_a_captured_tensor)
{
	struct made m = must_make(1);
	weir_tensor *y, *out;
	weir_plan *plan;
	double one = 1;

	y = weir_neg(m.scope, weir_neg(m.scope, m.zero));
	cr_assert_eq(weir_graph_output(m.graph, y), WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(weir_tensor_write(m.zero, &one, sizeof one), WEIR_OK);
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_OK);
	cr_expect_eq(weir_item_f64(out), 1);
	weir_tensor_release(out);
	weir_plan_release(plan);
	made_free(&m);
}

Test(fold, leaves_calls_that_are_not_pure_and_those_that_may_fail)
{
	struct made m = must_make(1);
	weir_tensor *n = weir_constant(m.scope, WEIR_I64, 0, NULL, 6);
	weir_tensor *quotient = weir_div(m.scope, n, n), *task = NULL;
	struct task_attrs attrs = { .ns = 1 };
	struct weir__rewrite *r;

	cr_assert_eq(weir_apply(m.scope, &task_op, &attrs, &n, 1, &task, 1),
		     WEIR_OK);
	r = after_fold(&m);
	cr_expect_eq(fate_of(&m, r, n), WEIR__FATE_FOLDED);
	cr_expect_eq(fate_of(&m, r, quotient), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, task), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(fold, leaves_what_is_larger_than_a_megabyte)
{
	struct made m = must_make(1);
	int64_t fits = 1 << 17, exceeds = (1 << 17) + 1;
	weir_tensor *a, *b;
	struct weir__rewrite *r;

	a = weir_constant(m.scope, WEIR_F64, 1, &fits, 1);
	b = weir_constant(m.scope, WEIR_F64, 1, &exceeds, 1);
	r = after_fold(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__FATE_FOLDED);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}
