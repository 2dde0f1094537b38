/* Graphs that are saved, and loaded by others. */
#include "api/saved_child.h"

TestSuite(saved, .init = begin, .fini = end);

/* -- the same graph ------------------------------------------------------- */

static void
expect_same_text(const weir_graph *a, const weir_graph *b)
{
	char *x, *y;
	int as_dot;

	for (as_dot = 0; as_dot < 2; as_dot++) {
		must(weir_graph_describe(a, as_dot, &x));
		must(weir_graph_describe(b, as_dot, &y));
		cr_expect_str_eq(x, y);
		weir_text_release(x);
		weir_text_release(y);
	}
}

/* Both run some steps: what they give, and what becomes of variables. */
static void
expect_same_steps(weir_plan *a, weir_plan *b, weir_graph *loaded)
{
	weir_tensor *in[MODEL_IN] = { model.x, model.y };
	weir_tensor *x[MODEL_OUT], *y[MODEL_OUT];
	int i, n;

	for (n = 0; n < 4; n++) {
		must(weir_plan_run(a, in, MODEL_IN, x, MODEL_OUT));
		must(weir_plan_run(b, in, MODEL_IN, y, MODEL_OUT));
		for (i = 0; i < MODEL_OUT; i++)
			expect_same_bits(x[i], y[i]);
		release_all(x, MODEL_OUT);
		release_all(y, MODEL_OUT);
		expect_same_bits(model.w, weir_graph_find_variable(loaded,
								   "w"));
		expect_same_bits(model.dice, weir_graph_find_variable(loaded,
								      "dice"));
	}
}

Test(saved, training_goes_on_with_the_same_bits)
{
	weir_plan *plan = model_plan(&model), *again;
	weir_tensor *in[MODEL_IN] = { model.x, model.y }, *out[MODEL_OUT];
	weir_graph *g;

	must(weir_plan_run(plan, in, MODEL_IN, out, MODEL_OUT));
	release_all(out, MODEL_OUT);
	must(weir_plan_save(plan, file_path));
	g = must_load(rt, &with_ops);
	cr_expect_neq(weir_graph_find_variable(g, "w"), model.w);
	again = must_compile(g);
	expect_same_steps(plan, again, g);
	weir_plan_release(again);
	weir_graph_release(g);
	weir_plan_release(plan);
}

Test(saved, graph_is_described_as_before)
{
	weir_plan *plan = model_plan(&model);
	weir_graph *g, *again;

	must(weir_plan_save(plan, file_path));
	g = must_load(rt, &with_ops);
	again = save_and_load(g, &with_ops);
	expect_same_text(g, again);
	weir_graph_release(again);
	weir_graph_release(g);
	weir_plan_release(plan);
}

/* The file of a loaded graph is that of the graph: nothing is lost. */
Test(saved, graph_saved_again_is_the_same_file)
{
	static char first[1 << 16], second[1 << 16];
	weir_plan *plan = model_plan(&model);
	weir_graph *g;
	size_t n;
	FILE *file;

	must(weir_plan_save(plan, file_path));
	file = fopen(file_path, "rb");
	n = fread(first, 1, sizeof first, file);
	fclose(file);
	cr_assert(n > 1000 && n < sizeof first);
	g = must_load(rt, &with_ops);
	must(weir_graph_save(g, file_path));
	file = fopen(file_path, "rb");
	cr_expect_eq(fread(second, 1, sizeof second, file), n);
	fclose(file);
	cr_expect_eq(memcmp(first, second, n), 0, "%s\n%s", first + 8,
		     second + 8);
	weir_graph_release(g);
	weir_plan_release(plan);
}

Test(saved, graph_recorded_by_hand_is_the_same)
{
	static const float ones[] = { 1, 1, 1 };
	weir_tensor *v = must_variable(rt, "v", WEIR_F32, ones, 3);
	weir_tensor *unnamed = must_variable(rt, "", WEIR_F32, ones, 3);
	weir_graph *g, *again;
	weir_tensor *x, *y;
	weir_scope *s;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	weir_assign(s, unnamed, weir_exp(s, v));
	x = weir_graph_input(g, WEIR_F32, 1, (int64_t[]){ 3 }, "x");
	weir_assign(s, v, x);
	y = weir_add(s, v, unnamed);
	weir_assign(s, v, weir_add(s, v, y));
	must(weir_graph_output(g, v));
	must(weir_graph_output(g, x));
	weir_graph_input(g, WEIR_BOOL, 0, NULL, NULL);
	again = save_and_load(g, NULL);
	expect_same_text(g, again);
	cr_expect_eq(weir_graph_input_count(again), 2);
	cr_expect_eq(weir_graph_output_count(again), 2);
	cr_expect_eq(weir_graph_variable_count(again), 2);
	cr_expect_eq(weir_graph_input_spec(again, 1)->dtype, WEIR_BOOL);
	cr_expect_eq(weir_graph_output_spec(again, 0)->shape[0], 3);
	cr_expect_str_eq(weir_graph_input_name(again, 0), "x");
	cr_expect_str_eq(weir_graph_input_name(again, 1), "");
	cr_expect_str_eq(weir_tensor_name(weir_graph_variable(again, 0)), "v");
	cr_expect_null(weir_graph_input_spec(again, 2));
	cr_expect_null(weir_graph_input_name(again, 2));
	cr_expect_null(weir_graph_output_spec(again, 2));
	cr_expect_null(weir_graph_variable(again, 2));
	cr_expect_null(weir_graph_find_variable(again, "w"));
	cr_expect_null(weir_graph_find_variable(again, NULL));
	weir_graph_release(again);
	weir_graph_release(g);
	weir_tensor_release(v);
	weir_tensor_release(unnamed);
}

/* Sentences about a later mistake name scopes, places and names as before. */
Test(saved, errors_name_what_they_named_before)
{
	weir_graph *g, *again;
	weir_tensor *x, *h;
	weir_scope *s;
	weir_plan *plan = NULL;
	weir_tensor *in[1], *out[1];
	char before[2048];
	int loaded;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	x = weir_graph_input(g, WEIR_I64, 1, (int64_t[]){ 3 }, "x");
	weir_scope_push(s, "part");
	h = weir_sub(s, x, x);
	must(weir_tensor_set_name(h, "nothing"));
	must(weir_graph_output(g, weir_div(s, x, h)));
	again = save_and_load(g, NULL);
	in[0] = must_tensor(rt, WEIR_I64, ((int64_t[]){ 1, 2, 3 }), 3);
	for (loaded = 0; loaded < 2; loaded++) {
		must(weir_graph_compile(loaded ? again : g, &plan));
		cr_expect_neq(weir_plan_run(plan, in, 1, out, 1), WEIR_OK);
		if (loaded)
			cr_expect_str_eq(weir_error_text(), before);
		snprintf(before, sizeof before, "%s", weir_error_text());
		weir_plan_release(plan);
	}
	expect_text(before, "in g/part/div");
	expect_text(before, "saved_test.c:");
	expect_text(before, "named nothing");
	weir_tensor_release(in[0]);
	weir_graph_release(again);
	weir_graph_release(g);
}

/* -- another process ------------------------------------------------------ */

CHILD(save)
{
	struct model m;
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *in[MODEL_IN];
	weir_plan *plan;

	model_create(runtime, &m);
	plan = model_plan(&m);
	in[0] = m.x;
	in[1] = m.y;
	save_with_results(runtime, plan, NULL, in, MODEL_IN, MODEL_OUT);
	weir_plan_release(plan);
	model_release(&m);
	weir_runtime_release(runtime);
	return 0;
}

Test(saved, another_process_gets_the_same_bits)
{
	weir_tensor *in[MODEL_IN] = { model.x, model.y };

	expect_results_of("save", in, MODEL_IN, MODEL_OUT);
}
