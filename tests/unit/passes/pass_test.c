#include <criterion/criterion.h>
#include <string.h>

#include "unit/passes/rewrite.h"

static void
expect_broken(const struct weir__rewrite *r, const char *what)
{
	cr_expect_eq(weir__rewrite_check(r), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), what), "%s", weir_error_text());
}

Test(pass, starts_with_nothing_rewritten_and_views_marked)
{
	struct made m = must_make(1);
	weir_tensor *a, *b;
	struct weir__rewrite *r;
	uint32_t i;

	a = weir_exp(m.scope, m.x);
	b = weir_reshape(m.scope, a, 1, (int64_t[]){ 1 });
	r = must_rewrite(&m);
	for (i = 0; i < m.graph->n_values; i++)
		cr_expect(r->same_as[i] == i && !r->folded[i]);
	cr_expect_eq(fate_of(&m, r, a), WEIR__LIVE);
	cr_expect_eq(fate_of(&m, r, b), WEIR__FATE_VIEW);
	cr_expect_eq(weir__rewrite_check(r), WEIR_OK);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(pass, finds_a_value_that_stands_for_an_earlier_one)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x), *b = weir_exp(m.scope, m.x);
	struct weir__rewrite *r = must_rewrite(&m);

	r->same_as[a->value] = b->value;
	expect_broken(r, "is later or replaced itself");
	weir__rewrite_free(r);
	made_free(&m);
}

Test(pass, finds_a_value_of_another_spec_in_one_s_place)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x);
	weir_tensor *b = weir_cast(m.scope, a, WEIR_F32);
	struct weir__rewrite *r = must_rewrite(&m);

	r->same_as[b->value] = a->value;
	expect_broken(r, "of another spec");
	weir__rewrite_free(r);
	made_free(&m);
}

Test(pass, finds_a_dropped_node_that_may_fail)
{
	struct made m = must_make(1);
	weir_tensor *task = task_after(&m, 1, 10, NULL);
	struct weir__rewrite *r = must_rewrite(&m);

	r->fate[node_of(&m, task)] = WEIR__FATE_DROPPED;
	expect_broken(r, "may fail but was dropped");
	weir__rewrite_free(r);
	made_free(&m);
}

Test(pass, finds_a_use_of_what_nobody_makes)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x);
	struct weir__rewrite *r;

	weir_neg(m.scope, a);
	r = must_rewrite(&m);
	r->fate[node_of(&m, a)] = WEIR__FATE_DROPPED;
	expect_broken(r, "which nobody makes");
	weir__rewrite_free(r);
	made_free(&m);
}

Test(pass, knows_which_nodes_may_fail_by_dtype)
{
	struct made m = must_make(1);
	weir_tensor *n, *a, *b;

	n = weir_graph_input(m.graph, WEIR_I64, 0, NULL, "n");
	a = weir_div(m.scope, m.x, m.x);
	b = weir_div(m.scope, n, n);
	cr_expect_not(weir__node_is_fallible(m.graph,
					     m.graph->nodes[node_of(&m, a)]));
	cr_expect(weir__node_is_fallible(m.graph,
					 m.graph->nodes[node_of(&m, b)]));
	made_free(&m);
}
