#include <criterion/criterion.h>

#include "unit/passes/rewrite.h"

static struct weir__rewrite *
after_cse(const struct made *m)
{
	struct weir__rewrite *r = must_rewrite(m);

	cr_assert_eq(weir__pass_cse(r), WEIR_OK);
	cr_expect_eq(weir__rewrite_check(r), WEIR_OK, "%s", weir_error_text());
	return r;
}

Test(cse, merges_equal_calls_into_the_first)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x), *b = weir_exp(m.scope, m.x);
	struct weir__rewrite *r = after_cse(&m);

	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__FATE_MERGED);
	cr_expect_eq(r->into[node_of(&m, b)], node_of(&m, a));
	cr_expect_eq(r->same_as[b->value], a->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, merges_what_becomes_equal_by_merging)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x), *b = weir_exp(m.scope, m.x);
	weir_tensor *c = weir_neg(m.scope, a), *d = weir_neg(m.scope, b);
	struct weir__rewrite *r = after_cse(&m);

	cr_expect_eq(fate_of(&m, r, d), WEIR__FATE_MERGED);
	cr_expect_eq(r->same_as[d->value], c->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, keeps_calls_with_other_attributes_apart)
{
	struct made m = must_make(1);
	weir_tensor *x, *a, *b;
	struct weir__rewrite *r;

	x = weir_graph_input(m.graph, WEIR_F64, 2, (int64_t[]){ 2, 2 }, NULL);
	a = weir_sum(m.scope, x, 1, (int64_t[]){ 0 }, false);
	b = weir_sum(m.scope, x, 1, (int64_t[]){ 1 }, false);
	r = after_cse(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, keeps_operands_in_another_order_apart)
{
	struct made m = must_make(1);
	weir_tensor *y = weir_exp(m.scope, m.x);
	weir_tensor *a = weir_sub(m.scope, m.x, y);
	weir_tensor *b = weir_sub(m.scope, y, m.x);
	struct weir__rewrite *r = after_cse(&m);

	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, keeps_calls_that_are_not_pure_apart)
{
	struct made m = must_make(1);
	weir_tensor *a = task_after(&m, 1, 10, NULL);
	weir_tensor *b = task_after(&m, 1, 10, NULL);
	struct weir__rewrite *r = after_cse(&m);

	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, merges_equal_views)
{
	struct made m = must_make(1);
	weir_tensor *x, *a, *b;
	struct weir__rewrite *r;

	x = weir_graph_input(m.graph, WEIR_F64, 2, (int64_t[]){ 2, 3 }, NULL);
	a = weir_transpose(m.scope, x, 0, NULL);
	b = weir_transpose(m.scope, x, 0, NULL);
	r = after_cse(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__FATE_VIEW);
	cr_expect_eq(fate_of(&m, r, b), WEIR__FATE_MERGED);
	cr_expect_eq(r->same_as[b->value], a->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(cse, keeps_reads_before_and_after_a_write_apart)
{
	struct made m = must_make(1);
	weir_tensor *v, *a, *b;
	struct weir__rewrite *r;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	a = weir_exp(m.scope, v);
	weir_assign(m.scope, v, weir_neg(m.scope, m.x));
	b = weir_exp(m.scope, v);
	r = after_cse(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	weir_tensor_release(v);
	made_free(&m);
}

Test(cse, merges_draws_only_where_the_generator_is_the_same_state)
{
	struct made m = must_make(1);
	weir_tensor *dice, *a, *b;
	struct weir__rewrite *r;

	cr_assert_eq(weir_generator_create(m.runtime, "dice", 1, &dice),
		     WEIR_OK);
	a = weir_uniform(m.scope, dice, WEIR_F64, 0, NULL, 0, 1);
	b = weir_uniform(m.scope, dice, WEIR_F64, 0, NULL, 0, 1);
	r = after_cse(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__LIVE);
	weir__rewrite_free(r);
	weir_tensor_release(dice);
	made_free(&m);
}

Test(cse, copes_with_ten_thousand_equal_calls)
{
	struct made m = must_make(1);
	struct weir__rewrite *r;
	size_t i, merged = 0;

	for (i = 0; i < 10000; i++)
		weir_exp(m.scope, i % 2 ? m.x : m.zero);
	r = after_cse(&m);
	for (i = 0; i < m.graph->n_nodes; i++)
		merged += r->fate[i] == WEIR__FATE_MERGED;
	cr_expect_eq(merged, 9998);
	weir__rewrite_free(r);
	made_free(&m);
}
