#include <criterion/criterion.h>
#include <string.h>

#include "unit/plan/blocks.h"

Test(plan, counts_what_became_of_each_call)
{
	struct made m = must_make(1);
	weir_tensor *a, *b, *c, *d;
	weir_plan_info info;
	weir_plan *plan;

	a = weir_exp(m.scope, m.x);			/* runs */
	b = weir_exp(m.scope, m.x);			/* merged */
	weir_neg(m.scope, m.x);				/* dropped */
	c = weir_constant(m.scope, WEIR_F64, 0, NULL, 2); /* folded */
	d = weir_add(m.scope, weir_mul(m.scope, a, b), c); /* run */
	d = weir_reshape(m.scope, d, 1, (int64_t[]){ 1 }); /* view */
	cr_assert_eq(weir_graph_output(m.graph, d), WEIR_OK);
	plan = must_compile(&m);
	info = weir_plan_get_info(plan);
	cr_expect_eq(info.recorded, 7);
	cr_expect_eq(info.nodes, 3);
	cr_expect_eq(info.merged, 1);
	cr_expect_eq(info.dropped, 1);
	cr_expect_eq(info.folded, 1);
	cr_expect_eq(info.views, 1);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan, lists_each_producer_once)
{
	struct made m = must_make(1);
	weir_tensor *a = task_after(&m, 1, 10, NULL), *both[2] = { a, a };
	struct task_attrs attrs = { .ns = 10, .id = 2 };
	weir_plan *plan;

	add_task(&m, &attrs, both, 2);
	plan = must_compile(&m);
	cr_assert_eq(plan->n_steps, 2);
	cr_expect_eq(plan->steps[1].n_deps, 1);
	cr_expect_eq(plan->slots[plan->steps[1].first_slot].maker, 0);
	cr_expect(plan->slots[plan->steps[1].first_slot].is_direct);
	cr_expect_eq(plan->deps[plan->steps[1].first_dep], 1);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan, finds_the_producer_behind_views_and_merged_calls)
{
	struct made m = must_make(1);
	int64_t length = 6;
	weir_tensor *x, *a, *b;
	weir_plan *plan;

	x = weir_graph_input(m.graph, WEIR_F64, 1, &length, NULL);
	weir_exp(m.scope, x);
	a = weir_exp(m.scope, x);		/* merged into the first */
	b = weir_reshape(m.scope, a, 2, (int64_t[]){ 2, 3 });
	b = weir_transpose(m.scope, b, 0, NULL);
	cr_assert_eq(weir_graph_output(m.graph, weir_neg(m.scope, b)),
		     WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(plan->n_steps, 2);
	cr_expect_eq(plan->slots[plan->steps[1].first_slot].maker, 0);
	cr_expect_not(plan->slots[plan->steps[1].first_slot].is_direct);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan, commits_nothing_for_a_variable_that_gets_its_own_value)
{
	struct made m = must_make(1);
	weir_tensor *v, *y;
	weir_plan *plan;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	y = weir_neg(m.scope, v);
	weir_assign(m.scope, v, y);
	plan = must_compile(&m);
	cr_expect_eq(plan->n_writes, 1);
	cr_expect_eq(plan->n_exports, 1);
	weir_plan_release(plan);
	weir_tensor_release(v);
	made_free(&m);
}

Test(plan, puts_outputs_and_their_views_into_one_export)
{
	struct made m = must_make(1);
	int64_t length = 6;
	weir_tensor *x, *a;
	weir_plan *plan;

	x = weir_graph_input(m.graph, WEIR_F64, 1, &length, NULL);
	a = weir_exp(m.scope, x);
	cr_assert_eq(weir_graph_output(m.graph, a), WEIR_OK);
	cr_assert_eq(weir_graph_output(m.graph, weir_reshape(
		m.scope, a, 2, (int64_t[]){ 2, 3 })), WEIR_OK);
	plan = must_compile(&m);
	cr_expect_eq(plan->n_exports, 1);
	cr_assert_eq(plan->n_outputs, 2);
	cr_expect(plan->outputs[0].is_whole);
	cr_expect_not(plan->outputs[1].is_whole);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan, says_what_runs_where)
{
	struct made m = must_make(2);
	struct task_attrs cut = { .ns = 1e6, .id = 1, .tiles = 32 };
	char *text;
	weir_plan *plan;

	add_task(&m, &cut, NULL, 0);
	task_after(&m, 2, 1e6, weir_exp(m.scope, m.x));
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_describe(plan, &text), WEIR_OK);
	cr_expect(strstr(text, "plan g: 3 ops recorded, 3 run"), "%s", text);
	cr_expect(strstr(text, "for 2 workers"), "%s", text);
	cr_expect(strstr(text, "\nworker 1: "), "%s", text);
	cr_expect(strstr(text, "g/task  tiles 0.."), "%s", text);
	cr_expect(strstr(text, "g/task  (finish)"), "%s", text);
	cr_expect(strstr(text, "f64[]@input0"), "%s", text);
	weir_text_release(text);
	weir_plan_release(plan);
	made_free(&m);
}
