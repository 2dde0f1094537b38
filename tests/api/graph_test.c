/* Graphs recorded by hand, and their plans. */
#include "support/weir_test.h"

static weir_runtime *rt;
static weir_graph *g;
static weir_scope *s;

static const int64_t three[] = { 3 };

static void
begin(void)
{
	rt = must_runtime(2);
	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
}

static void
end(void)
{
	weir_graph_release(g);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(graph, .init = begin, .fini = end);

static weir_plan *
must_compile(void)
{
	weir_plan *plan = NULL;

	cr_assert_eq(weir_graph_compile(g, &plan), WEIR_OK, "%s",
		     weir_error_text());
	must(weir_plan_check(plan));
	return plan;
}

/* y = -(x + x), with one op that nobody needs. */
static weir_plan *
small_plan(void)
{
	weir_tensor *x = weir_graph_input(g, WEIR_F32, 1, three, "x");

	weir_exp(s, x);
	must(weir_graph_output(g, weir_neg(s, weir_add(s, x, x))));
	return must_compile();
}

static weir_tensor *
row(void)
{
	static const float data[] = { 1, 2, 3 };

	return must_tensor(rt, WEIR_F32, data, 3);
}

Test(graph, is_recorded_compiled_and_run)
{
	weir_plan *plan = small_plan();
	weir_tensor *x = row(), *out[1];

	must(weir_plan_run(plan, &x, 1, out, 1));
	expect_f32s(out[0], -2, -4, -6);
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_plan_release(plan);
}

Test(graph, ops_are_checked_as_they_are_recorded)
{
	weir_tensor *x = weir_graph_input(g, WEIR_F32, 1, three, "x");
	weir_plan *plan = NULL;

	cr_expect_null(weir_matmul(s, x, x));
	cr_expect_eq(weir_scope_status(s), WEIR_ESHAPE);
	expect_text(weir_scope_error(s), "a = f32[3], named x");
	cr_expect_eq(weir_graph_compile(g, &plan), WEIR_ESHAPE);
	expect_text(weir_error_text(), "matmul: ");
	cr_expect_null(plan);
}

Test(graph, a_symbol_has_no_value_and_asking_fails_the_recording)
{
	weir_tensor *x = weir_graph_input(g, WEIR_F32, 1, three, "x");
	weir_tensor *one = weir_sum(s, x, 0, NULL, false);
	double item = weir_item_f64(one);

	cr_expect(item != item);
	cr_expect_eq(weir_scope_status(s), WEIR_ESYMBOLIC);
	expect_text(weir_scope_error(s), "weir_where()");
	weir_scope_clear(s);
	cr_expect_null(weir_tensor_data(one));
	cr_expect_eq(weir_scope_status(s), WEIR_ESYMBOLIC);
}

Test(graph, its_scope_is_closed_by_compiling)
{
	weir_plan *plan = small_plan();
	weir_tensor *x = row();

	cr_expect_null(weir_neg(s, x));
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	cr_expect_null(weir_graph_input(g, WEIR_F32, 1, three, "y"));
	cr_expect_neq(weir_graph_output(g, x), WEIR_OK);
	weir_tensor_release(x);
	weir_plan_release(plan);
}

Test(graph, a_plan_lives_on_when_its_graph_is_gone)
{
	weir_plan *plan = weir_plan_retain(small_plan());
	weir_tensor *x = row(), *out[1];

	weir_graph_release(g);
	g = NULL;
	weir_plan_release(plan);
	must(weir_plan_run(plan, &x, 1, out, 1));
	expect_f32s(out[0], -2, -4, -6);
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_plan_release(plan);
}

Test(graph, a_plan_says_what_became_of_the_recorded_ops)
{
	weir_tensor *x = weir_graph_input(g, WEIR_F32, 1, three, "x");
	weir_tensor *a, *b, *two, *view;
	weir_plan_info info;
	weir_plan *plan;

	a = weir_add(s, x, x);
	b = weir_add(s, x, x);				/* merged */
	weir_exp(s, x);					/* dropped */
	two = weir_neg(s, weir_constant(s, WEIR_F32, 1, three, -2));
	view = weir_reshape(s, weir_mul(s, a, two), 2, (int64_t[]){ 3, 1 });
	must(weir_graph_output(g, view));
	must(weir_graph_output(g, b));
	plan = must_compile();
	info = weir_plan_get_info(plan);
	cr_expect_eq(info.recorded, 7);
	cr_expect_eq(info.merged, 1);
	cr_expect_geq(info.dropped, 1);
	cr_expect_geq(info.folded, 1);
	cr_expect_eq(info.views, 1);
	cr_expect_eq(info.nodes, 2);
	cr_expect_eq(info.nodes + info.merged + info.dropped + info.folded +
		     info.views, info.recorded);
	cr_expect_eq(info.workers, 1, "it is too small for two");
	weir_plan_release(plan);
}

Test(graph, describes_itself_and_its_plan)
{
	weir_plan *plan = small_plan();
	char *text = NULL;

	must(weir_graph_describe(g, false, &text));
	expect_text(text, "neg");
	expect_text(text, "f32[3]");
	weir_text_release(text);
	must(weir_graph_describe(g, true, &text));
	expect_text(text, "digraph");
	weir_text_release(text);
	must(weir_plan_describe(plan, &text));
	expect_text(text, "neg");
	weir_text_release(text);
	weir_plan_release(plan);
}

Test(graph, operands_that_the_plan_was_not_made_for_are_refused)
{
	static float column[] = { 1, 0, 2, 0, 3, 0 };
	const int64_t strides[] = { 8 };
	weir_plan *plan = small_plan();
	weir_runtime *other = must_runtime(1);
	weir_tensor *x = row(), *longer = must_tensor(rt, WEIR_F32, NULL, 4);
	weir_tensor *wide = must_tensor(rt, WEIR_F64, NULL, 3), *spaced = NULL;
	weir_tensor *foreign = must_tensor(other, WEIR_F32, NULL, 3);
	weir_tensor *none = NULL, *out[1] = { x };

	must(weir_tensor_wrap(rt, WEIR_F32, 1, three, strides, column, NULL,
			      NULL, &spaced));
	cr_expect_eq(weir_plan_run(plan, &longer, 1, out, 1), WEIR_ESHAPE);
	expect_text(weir_error_text(), "operand 0 is f32[4], the plan was "
		    "made for f32[3]");
	cr_expect_eq(weir_plan_run(plan, &wide, 1, out, 1), WEIR_ESHAPE);
	cr_expect_eq(weir_plan_run(plan, &spaced, 1, out, 1), WEIR_EINVAL);
	expect_text(weir_error_text(), "with other strides");
	cr_expect_eq(weir_plan_run(plan, &foreign, 1, out, 1), WEIR_EFOREIGN);
	cr_expect_eq(weir_plan_run(plan, &none, 1, out, 1), WEIR_ENULL);
	cr_expect_eq(weir_plan_run(plan, &x, 0, out, 1), WEIR_EINVAL);
	cr_expect_eq(weir_plan_run(plan, &x, 1, out, 0), WEIR_EINVAL);
	cr_expect_eq(weir_plan_run(NULL, &x, 1, out, 1), WEIR_ENULL);
	cr_expect_eq(out[0], x);
	weir_tensor_release(foreign);
	weir_tensor_release(spaced);
	weir_tensor_release(wide);
	weir_tensor_release(longer);
	weir_tensor_release(x);
	weir_runtime_release(other);
	weir_plan_release(plan);
}

Test(graph, a_variable_can_be_an_operand_of_a_plan)
{
	weir_plan *plan = small_plan();
	weir_tensor *v = must_variable_of(rt, "v", row()), *out[1];

	must(weir_plan_run(plan, &v, 1, out, 1));
	expect_f32s(out[0], -2, -4, -6);
	weir_tensor_release(out[0]);
	weir_tensor_release(v);
	weir_plan_release(plan);
}

Test(graph, wrapped_memory_is_read_where_it_is)
{
	weir_plan *plan = small_plan();
	float data[] = { 1, 2, 3 };
	weir_tensor *x = NULL, *out[1];

	must(weir_tensor_wrap(rt, WEIR_F32, 1, three, NULL, data, NULL, NULL,
			      &x));
	must(weir_plan_run(plan, &x, 1, out, 1));
	weir_tensor_release(out[0]);
	data[1] = 50;
	must(weir_plan_run(plan, &x, 1, out, 1));
	expect_f32s(out[0], -2, -100, -6);
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_plan_release(plan);
}

Test(graph, one_without_outputs_runs_for_its_variables)
{
	weir_tensor *v = must_variable_of(rt, "v", row());
	weir_plan *plan;

	weir_assign(s, v, weir_add(s, v, v));
	plan = must_compile();
	must(weir_plan_run(plan, NULL, 0, NULL, 0));
	must(weir_plan_run(plan, NULL, 0, NULL, 0));
	expect_f32s(v, 4, 8, 12);
	weir_plan_release(plan);
	weir_tensor_release(v);
}

Test(graph, an_output_that_cannot_be_is_refused)
{
	weir_graph *other = NULL;
	weir_tensor *symbol;

	must(weir_graph_create(rt, "other", &other));
	symbol = weir_graph_input(other, WEIR_F32, 1, three, NULL);
	cr_expect_eq(weir_graph_output(g, symbol), WEIR_EFOREIGN);
	weir_scope_clear(s);
	cr_expect_eq(weir_graph_output(g, NULL), WEIR_ENULL);
	weir_scope_clear(s);
	cr_expect_null(weir_graph_input(g, WEIR_F32, 9, three, NULL));
	weir_scope_clear(s);
	cr_expect_null(weir_graph_input(g, (weir_dtype)77, 1, three, NULL));
	weir_graph_release(other);
	cr_expect_eq(weir_graph_output(NULL, NULL), WEIR_ENULL);
	cr_expect_null(weir_graph_input(NULL, WEIR_F32, 1, three, NULL));
}
