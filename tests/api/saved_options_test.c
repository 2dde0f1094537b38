/* Loading graphs with what the caller brings, and refusing them. */
#include "api/saved_suite.h"

TestSuite(saved_options, .init = begin, .fini = end);

static void
expect_not_loaded(const weir_load_options *options, weir_status status,
		  const char *says)
{
	weir_graph *g = NULL;

	cr_expect_eq(weir_graph_load(rt, file_path, options, &g), status,
		     "%s: %s", says, weir_error_text());
	expect_text(weir_error_text(), says);
	expect_text(weir_error_text(), "weir_graph_load: ");
	cr_expect_null(g);
}

static void
release_all(weir_tensor **tensors, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		weir_tensor_release(tensors[i]);
}

/* -- variables ------------------------------------------------------------ */

Test(saved_options, variables_can_be_read_by_others_by_their_names)
{
	weir_plan *plan = model_plan(&model);
	weir_archive *a;

	must(weir_plan_save(plan, file_path));
	must(weir_safetensors_read(rt, file_path, &a));
	expect_same_bits(weir_archive_find(a, "w"), model.w);
	expect_same_bits(weir_archive_find(a, "dice"), model.dice);
	cr_expect_not_null(weir_archive_find(a, "sgd/velocity/w"));
	weir_archive_release(a);
	weir_plan_release(plan);
}

Test(saved_options, variables_of_the_caller_take_their_places)
{
	weir_tensor *given[2] = { model.b, model.w };
	weir_load_options options = with_ops;
	weir_plan *plan = model_plan(&model), *again;
	weir_tensor *in[MODEL_IN] = { model.x, model.y }, *out[MODEL_OUT];
	float before, after;
	weir_graph *g;

	must(weir_plan_save(plan, file_path));
	options.variables = given;
	options.n_variables = 2;
	g = must_load(rt, &options);
	cr_expect_eq(weir_graph_find_variable(g, "w"), model.w);
	cr_expect_eq(weir_graph_find_variable(g, "b"), model.b);
	cr_expect_neq(weir_graph_find_variable(g, "dice"), model.dice);
	again = must_compile(g);
	before = (float)weir_item_f64(model.b);
	must(weir_plan_run(again, in, MODEL_IN, out, MODEL_OUT));
	after = (float)weir_item_f64(model.b);
	cr_expect_neq(before, after);
	release_all(out, MODEL_OUT);
	weir_plan_release(again);
	weir_graph_release(g);
	weir_plan_release(plan);
}

Test(saved_options, variables_of_one_name_are_told_apart)
{
	static const float one = 1, two = 2;
	weir_tensor *v[2] = { must_variable_of(rt, "v", must_tensor_of(
					rt, WEIR_F32, 0, NULL, &one)),
			      must_variable_of(rt, "v", must_tensor_of(
					rt, WEIR_F32, 0, NULL, &two)) };
	weir_load_options options = { .size = sizeof options, .variables = v,
				      .n_variables = 2 };
	weir_graph *g, *again;
	weir_scope *s;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	must(weir_graph_output(g, weir_sub(s, v[1], v[0])));
	again = save_and_load(g, NULL);
	cr_expect_eq(weir_item_f64(weir_graph_variable(again, 0)), 2);
	cr_expect_eq(weir_item_f64(weir_graph_variable(again, 1)), 1);
	cr_expect_str_eq(weir_tensor_name(weir_graph_variable(again, 1)), "v");
	weir_graph_release(again);
	again = must_load(rt, &options);
	cr_expect_eq(weir_graph_variable(again, 0), v[0], "the first given");
	cr_expect_eq(weir_graph_variable(again, 1), v[1]);
	weir_graph_release(again);
	weir_graph_release(g);
	release_all(v, 2);
}

Test(saved_options, variables_that_do_not_fit_are_refused)
{
	weir_runtime *other = must_runtime(1);
	weir_tensor *given[1];
	weir_load_options options = { .size = sizeof options, .ops = ops,
				      .n_ops = 1, .variables = given,
				      .n_variables = 1 };
	weir_plan *plan = model_plan(&model);

	must(weir_plan_save(plan, file_path));
	given[0] = NULL;
	expect_not_loaded(&options, WEIR_ENULL, "variable 0 is NULL");
	given[0] = model.x;
	expect_not_loaded(&options, WEIR_EINVAL, "variable 0 is no variable");
	given[0] = must_variable(other, "w", WEIR_F64, NULL, MODEL_COLUMNS, 1);
	expect_not_loaded(&options, WEIR_EFOREIGN, "another runtime");
	weir_tensor_release(given[0]);
	given[0] = must_variable(rt, "w", WEIR_F32, NULL, MODEL_COLUMNS, 1);
	expect_not_loaded(&options, WEIR_EINVAL, "the variable `w' that was "
			  "given is f32[6,1], and the graph's is f64[6,1]");
	weir_tensor_release(given[0]);
	given[0] = must_variable(rt, "dice", WEIR_I64, NULL, 2);
	expect_not_loaded(&options, WEIR_EINVAL, "is no generator");
	weir_tensor_release(given[0]);
	given[0] = must_variable(rt, "unknown", WEIR_I64, NULL, 2);
	weir_graph_release(must_load(rt, &options));
	weir_tensor_release(given[0]);
	weir_plan_release(plan);
	weir_runtime_release(other);
}

/* -- the user's ops ------------------------------------------------------- */

static weir_status
infer_other(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	out->dtype = WEIR_F32;
	return WEIR_OK;
}

Test(saved_options, ops_that_are_not_as_they_were_are_refused)
{
	weir_plan *plan = model_plan(&model);
	weir_op other = model_op;
	weir_attr attrs[6];
	const weir_op *list[1] = { &other };
	weir_load_options options = { .size = sizeof options, .ops = list,
				      .n_ops = 1 };

	must(weir_plan_save(plan, file_path));
	expect_not_loaded(NULL, WEIR_EFORMAT, "it calls the op `model/affine' "
			  "of its user, which is not among the 0 ops given");
	expect_text(weir_error_text(), file_path);
	other.infer = infer_other;
	expect_not_loaded(&options, WEIR_EFORMAT, "its result 0 is f32[] now, "
			  "and was f64[] when the file was written");
	other.infer = model_op.infer;
	memcpy(attrs, model_op.attrs, sizeof attrs);
	other.attrs = attrs;
	attrs[0].name = "factor";
	expect_not_loaded(&options, WEIR_EFORMAT, "op model/affine had the "
			  "attribute `scale' of type f64 when the file was "
			  "written, and has factor of type f64 now");
	attrs[0] = model_op.attrs[0];
	attrs[4].name = NULL;
	expect_not_loaded(&options, WEIR_EFORMAT, "and has none in its place");
	other.n_out = 2;
	expect_not_loaded(&options, WEIR_EFORMAT, "none in its place");
	attrs[4] = model_op.attrs[4];
	expect_not_loaded(&options, WEIR_EFORMAT, "it is malformed");
	other.size = 3;
	expect_not_loaded(&options, WEIR_EINVAL, "size of the op");
	list[0] = NULL;
	expect_not_loaded(&options, WEIR_ENULL, "the op is NULL");
	options.ops = NULL;
	expect_not_loaded(&options, WEIR_ENULL, "list of ops is NULL");
	options.size = 0;
	expect_not_loaded(&options, WEIR_EINVAL, "options->size is 0");
	weir_plan_release(plan);
}

struct hidden {
	double told;
	void *pointer;
};

static weir_status
infer_same(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static weir_status
nothing(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	(void)kernel;
	(void)begin;
	(void)end;
	return WEIR_OK;
}

Test(saved_options, what_a_file_cannot_have_is_refused)
{
	static const weir_attr attrs[] = {
		{ "told", WEIR_ATTR_F64, offsetof(struct hidden, told), NULL },
		{ NULL, 0, 0, NULL },
	};
	const weir_op hides = {
		.size = sizeof hides, .name = "hides", .doc = "", .n_in = 1,
		.n_out = 1, .attrs = attrs, .attrs_size = sizeof(struct hidden),
		.infer = infer_same, .kernel = nothing,
	};
	weir_op twice[2] = { hides, hides };
	struct hidden hidden = { 1, NULL };
	weir_tensor *x, *y;
	weir_graph *g;
	weir_scope *s;
	int round;

	twice[0].attrs = twice[1].attrs = NULL;
	twice[0].attrs_size = twice[1].attrs_size = 0;
	for (round = 0; round < 3; round++) {
		must(weir_graph_create(rt, "g", &g));
		s = weir_graph_scope(g);
		x = weir_graph_input(g, WEIR_F32, 0, NULL, "x");
		if (round == 0)
			must(weir_apply(s, &hides, &hidden, &x, 1, &y, 1));
		if (round == 1)
			must(weir_apply(s, &twice[0], NULL, &x, 1, &y, 1));
		if (round == 1)
			must(weir_apply(s, &twice[1], NULL, &x, 1, &y, 1));
		if (round == 2)
			weir_add(s, x, NULL);
		cr_expect_eq(weir_graph_save(g, file_path),
			     round == 2 ? WEIR_ENULL : WEIR_EINVAL);
		expect_text(weir_error_text(), round == 0
			    ? "weir_graph_save: op hides has something at "
			      "byte 8 of its attributes"
			    : round == 1 ? "two ops are called hides"
			    : "operand b is NULL");
		weir_graph_release(g);
	}
}

/* -- files that are none -------------------------------------------------- */

Test(saved_options, weights_alone_are_refused)
{
	must(weir_safetensors_write(rt, file_path, NULL, &model.w, 1));
	expect_not_loaded(NULL, WEIR_EFORMAT, "it has tensors and no graph");
}

Test(saved_options, arguments_are_checked)
{
	weir_plan *plan = model_plan(&model);
	weir_graph *g = NULL;

	cr_expect_eq(weir_plan_save(NULL, file_path), WEIR_ENULL);
	cr_expect_eq(weir_plan_save(plan, NULL), WEIR_ENULL);
	cr_expect_eq(weir_graph_save(NULL, file_path), WEIR_ENULL);
	cr_expect_eq(weir_plan_save(plan, "/no/such/x"), WEIR_EIO);
	expect_text(weir_error_text(), "/no/such/x");
	cr_expect_eq(weir_graph_load(NULL, file_path, NULL, &g), WEIR_ENULL);
	cr_expect_eq(weir_graph_load(rt, NULL, NULL, &g), WEIR_ENULL);
	cr_expect_eq(weir_graph_load(rt, file_path, NULL, NULL), WEIR_ENULL);
	cr_expect_eq(weir_graph_load(rt, "/no/such", NULL, &g), WEIR_EIO);
	cr_expect_null(g);
	cr_expect_eq(weir_graph_input_count(NULL), 0);
	cr_expect_eq(weir_graph_output_count(NULL), 0);
	cr_expect_eq(weir_graph_variable_count(NULL), 0);
	weir_plan_release(plan);
}
