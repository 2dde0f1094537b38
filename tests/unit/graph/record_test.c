#include <criterion/criterion.h>

#include "graph/graph.h"
#include "support/tasks.h"

Test(record, gives_each_call_its_ordinal_from_1)
{
	struct made m = must_make(1);

	weir_neg(m.scope, m.x);
	weir_exp(m.scope, m.x);
	cr_assert_eq(m.graph->n_nodes, 2);
	cr_expect_eq(m.graph->nodes[0]->ordinal, 1);
	cr_expect_eq(m.graph->nodes[1]->ordinal, 2);
	made_free(&m);
}

Test(record, captures_a_value_once)
{
	struct made m = must_make(1);
	weir_tensor *y;

	y = weir_add(m.scope, m.x, m.zero);
	weir_add(m.scope, y, m.zero);
	cr_expect_eq(m.graph->n_values, 4);	/* x, zero, two sums */
	cr_expect_eq(m.graph->nodes[0]->in[1], m.graph->nodes[1]->in[1]);
	made_free(&m);
}

Test(record, keeps_a_captured_value_alive)
{
	struct made m = must_make(1);
	weir_tensor *value, *out, *y;
	weir_plan *plan;
	double seven = 7;

	cr_assert_eq(weir_tensor_copy_of(m.runtime, WEIR_F64, 0, NULL, &seven,
					 &value), WEIR_OK);
	y = weir_add(m.scope, m.x, value);
	weir_tensor_release(value);
	cr_assert_eq(weir_graph_output(m.graph, y), WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_OK);
	cr_expect_eq(weir_item_f64(out), 7);
	weir_tensor_release(out);
	weir_plan_release(plan);
	made_free(&m);
}

Test(record, notes_after_which_call_a_value_was_released)
{
	struct made m = must_make(1);
	weir_tensor *x = m.x, *kept;
	uint32_t gone, stays;

	weir_scope_push(m.scope, "inner");
	kept = weir_neg(m.scope, x);
	stays = kept->value;
	gone = weir_exp(m.scope, kept)->value;
	weir_keep(m.scope, kept);
	weir_exp(m.scope, kept);
	weir_scope_pop(m.scope);
	weir_exp(m.scope, kept);
	cr_expect_eq(m.graph->values[gone]->gone_after, 3);
	cr_expect_eq(m.graph->values[stays]->gone_after, 0);
	made_free(&m);
}

Test(record, makes_a_view_share_its_operand_s_base)
{
	struct made m = must_make(1);
	const struct weir__gvalue *v;
	weir_tensor *x, *y;

	x = weir_graph_input(m.graph, WEIR_F32, 2, (int64_t[]){ 4, 6 }, NULL);
	y = weir_transpose(m.scope, x, 0, NULL);
	y = weir_slice(m.scope, y, 1, (int64_t[]){ 2 }, (int64_t[]){ 5 }, NULL);
	v = m.graph->values[y->value];
	cr_expect(m.graph->nodes[1]->is_view);
	cr_expect_eq(v->base, x->value);
	cr_expect_eq(v->offset, 8);
	cr_expect_eq(v->strides[0], 4);
	cr_expect_eq(v->strides[1], 24);
	made_free(&m);
}

Test(record, lets_a_read_see_the_write_before_it)
{
	struct made m = must_make(1);
	weir_tensor *v, *before, *after, *y;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	before = weir_read(m.scope, v);
	y = weir_exp(m.scope, m.x);
	weir_assign(m.scope, v, y);
	after = weir_read(m.scope, v);
	cr_assert(before && after, "%s", weir_scope_error(m.scope));
	cr_assert_eq(m.graph->n_variables, 1);
	cr_expect_neq(before->value, after->value);
	cr_expect_eq(m.graph->variables[0].current, y->value);
	cr_expect_eq(m.graph->n_assigns, 1);
	weir_tensor_release(v);
	made_free(&m);
}

Test(record, adds_nothing_for_a_call_that_is_refused)
{
	struct made m = must_make(1);
	weir_tensor *x;

	x = weir_graph_input(m.graph, WEIR_F32, 2, (int64_t[]){ 4, 6 }, NULL);
	cr_expect_null(weir_matmul(m.scope, x, x));
	cr_expect_eq(m.graph->n_nodes, 0);
	cr_expect_eq(m.graph->n_values, 2);
	cr_expect_eq(weir_scope_status(m.scope), WEIR_ESHAPE);
	made_free(&m);
}

Test(record, survives_the_graph_in_a_plan)
{
	struct made m = must_make(1);
	weir_tensor *out = NULL;
	weir_plan *plan;

	cr_assert_eq(weir_graph_output(m.graph, weir_exp(m.scope, m.x)),
		     WEIR_OK);
	plan = must_compile(&m);
	weir_graph_release(m.graph);
	m.graph = NULL;
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_OK);
	cr_expect_eq(weir_item_f64(out), 1);
	weir_tensor_release(out);
	weir_plan_release(plan);
	made_free(&m);
}
