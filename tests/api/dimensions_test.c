/* Named dimensions: what is derived, what is recorded, and what is said. */
#include "api/dimensions_suite.h"

TestSuite(dimensions, .init = begin, .fini = end);

Test(dimensions, are_recorded_twice_and_derived_from_then_on)
{
	static const int64_t rows[] = { 20, 31, 9, 15, 64, 4 };
	weir_function *f = function_of(centred, NULL, 1, false);
	weir_function_info info;
	uint64_t trials;
	size_t i;

	expect_eager(f, 32);
	cr_expect_eq(weir_function_get_info(f).trials, 0);
	expect_eager(f, 8);
	info = weir_function_get_info(f);
	cr_expect_eq(info.recordings, 2);
	cr_expect_eq(info.derived, 0);
	trials = info.trials;
	cr_expect(trials > 0);
	for (i = 0; i < 6; i++)
		expect_eager(f, rows[i]);
	info = weir_function_get_info(f);
	cr_expect_eq(info.recordings, 2);
	cr_expect_eq(info.derived, 6);
	cr_expect_eq(info.trials, trials);
	cr_expect_eq(weir_function_recordings(f), 2);
	expect_eager(f, 20);
	cr_expect_eq(weir_function_get_info(f).derived, 6);
	weir_function_release(f);
}

Test(dimensions, tell_what_was_derived_from_what)
{
	weir_function *f = function_of(centred, NULL, 1, false);

	expect_eager(f, 32);
	cr_expect_str_eq(weir_function_plan_reason(f), "first call");
	expect_eager(f, 8);
	cr_expect_str_eq(weir_function_record_reason(f), "argument 0: "
			 "f32[32,5] -> f32[8,5]; not derived: `batch` = 32 was "
			 "all that was known");
	expect_eager(f, 20);
	expect_text(weir_function_plan_reason(f), "argument 0: f32[8,5] -> "
		    "f32[20,5]; derived from `batch` = 8");
	expect_text(weir_function_record_reason(f), "f32[32,5] -> f32[8,5]");
	weir_function_release(f);
}

Test(dimensions, of_0_and_1_are_recorded)
{
	weir_function *f = function_of(centred, NULL, 1, false);

	expect_eager(f, 32);
	expect_eager(f, 8);
	expect_eager(f, 1);
	cr_expect_eq(weir_function_recordings(f), 3);
	expect_text(weir_function_record_reason(f), "not derived: an extent "
		    "of 1");
	/* where n - 1 is 1, which was not */
	expect_eager(f, 2);
	cr_expect_eq(weir_function_recordings(f), 4);
	expect_eager(f, 3);
	weir_function_release(f);
}

Test(dimensions, beyond_what_is_known_are_recorded_and_known_then)
{
	weir_function *f = function_of(centred, NULL, 1, false);

	expect_eager(f, 8);
	expect_eager(f, 16);
	expect_eager(f, 50);
	cr_expect_eq(weir_function_recordings(f), 3);
	expect_text(weir_function_record_reason(f), "not derived: `batch` = 50 "
		    "is not within 4..36");
	expect_eager(f, 90);
	cr_expect_eq(weir_function_recordings(f), 3);
	weir_function_release(f);
}

Test(dimensions, are_known_up_to_what_is_declared_and_never_tried_beyond)
{
	weir_dimension most = { .name = "n", .axis = 0, .most = 40 };
	weir_function_options options = { .size = sizeof options,
					  .dimensions = &most,
					  .n_dimensions = 1 };
	weir_function *f = NULL;

	must(weir_function_create_with(rt, "f", centred, NULL, &options, &f));
	expect_eager(f, 12);
	expect_eager(f, 40);
	expect_eager(f, 39);
	expect_eager(f, 30);
	cr_expect_eq(weir_function_recordings(f), 2);
	expect_eager(f, 41);
	cr_expect_eq(weir_function_recordings(f), 3);
	weir_function_release(f);
}

/* -- what does not follow from extents ------------------------------------ */

static weir_status
halved(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	int64_t n = weir_tensor_shape(in[0])[0];

	(void)arg;
	out[0] = weir_slice(s, in[0], 1, (int64_t[]){ 0 },
			    (int64_t[]){ n / 2 }, NULL);
	out[0] = weir_neg(s, out[0]);
	return weir_scope_status(s);
}

static weir_status
rooted(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	double n = (double)weir_tensor_shape(in[0])[0];

	(void)arg;
	out[0] = weir_mul(s, in[0], weir_constant(s, WEIR_F32, 0, NULL,
						  1 / (n * n * n + 0.5)));
	return weir_scope_status(s);
}

static weir_status
odd_or_even(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	(void)arg;
	out[0] = weir_tensor_shape(in[0])[0] % 2 ? weir_neg(s, in[0])
						 : weir_tanh(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
anew(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	float n = (float)weir_tensor_shape(in[0])[0];
	weir_tensor *x = must_tensor(rt, WEIR_F32, &n, 1);

	(void)arg;
	out[0] = weir_mul(s, in[0], x);
	weir_tensor_release(x);
	return weir_scope_status(s);
}

static weir_status
even_only(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	if (weir_tensor_shape(in[0])[0] % 2)
		return WEIR_ERANGE;
	out[0] = weir_neg(s, in[0]);
	return weir_scope_status(s);
}

Test(dimensions, that_decide_otherwise_are_recorded_with_the_reason)
{
	static const struct {
		weir_function_fn fn;
		const char *why;
	} cases[] = {
		{ halved, "`slice', called at" },
		{ rooted, "has a `value' that does not follow" },
		{ odd_or_even, "is op 1 `tanh', called at" },
		{ anew, "with other elements" },
		{ even_only, "at `batch` = 9, which was tried, it fails: " },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		weir_function *f = function_of(cases[i].fn, NULL, 1, false);

		expect_eager(f, 32);
		expect_eager(f, 8);
		expect_text(weir_function_record_reason(f), "not derived: at ");
		expect_eager(f, 20);
		expect_text(weir_function_record_reason(f), "not derived: at ");
		cr_expect_eq(weir_function_recordings(f), 3, "%zu", i);
		cr_expect_eq(weir_function_get_info(f).derived, 0);
		weir_function_release(f);
	}
}

static weir_status
sum_of_two(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, in[0], in[1]);
	return weir_scope_status(s);
}

/* Half of the columns, rounded: of products of two extents that is none. */
static weir_status
scaled_by_half(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	const int64_t *shape = weir_tensor_shape(in[0]);
	double scale = (double)(shape[0] * ((shape[1] + 1) / 2));

	(void)arg;
	out[0] = weir_mul(s, in[0],
			  weir_constant(s, WEIR_F32, 0, NULL, scale));
	return weir_scope_status(s);
}

Test(dimensions, two_of_which_fit_where_one_varies_only_are_found_out)
{
	static const weir_dimension both[] = {
		{ .name = "rows", .operand = 0, .axis = 0 },
		{ .name = "columns", .operand = 0, .axis = 1 },
	};
	static const int64_t shapes[][2] = { { 8, 8 }, { 16, 8 }, { 12, 10 },
					     { 9, 9 } };
	weir_function_options options = { .size = sizeof options,
					  .dimensions = both,
					  .n_dimensions = 2 };
	weir_function *f = NULL;
	size_t i;

	must(weir_function_create_with(rt, "f", scaled_by_half, NULL, &options,
				       &f));
	for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		weir_tensor *x = counting(shapes[i][0], shapes[i][1]);
		weir_tensor *graph = NULL, *eager = NULL;

		must(weir_function_call(f, &in_graph_mode, &x, 1, &graph, 1));
		must(weir_function_call(f, &in_eager_mode, &x, 1, &eager, 1));
		expect_same_bits(graph, eager);
		weir_tensor_release(graph);
		weir_tensor_release(eager);
		weir_tensor_release(x);
	}
	cr_expect_eq(weir_function_get_info(f).derived, 0);
	weir_function_release(f);
}

Test(dimensions, that_differ_within_a_call_fail_as_eager_does)
{
	weir_function *f = function_of(sum_of_two, NULL, 2, false);
	weir_tensor *in[2] = { counting(32, 5), counting(8, 5) }, *out = NULL;
	char eager[2048];

	cr_assert_eq(weir_function_call(f, &in_eager_mode, in, 2, &out, 1),
		     WEIR_ESHAPE);
	snprintf(eager, sizeof eager, "%s", weir_error_text());
	cr_assert_eq(weir_function_call(f, NULL, in, 2, &out, 1), WEIR_ESHAPE);
	cr_expect_str_eq(weir_error_text(), eager);
	expect_text(weir_function_record_reason(f), "not derived: `batch` is "
		    "both 32 and 8");
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	weir_function_release(f);
}

/* Fails where there are more rows than that. */
static weir_status
ten_rows(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *x;

	(void)arg;
	x = weir_slice(s, in[0], 1, (int64_t[]){ 10 }, (int64_t[]){ 15 },
		       NULL);
	out[0] = weir_tanh(s, x);
	return weir_scope_status(s);
}

Test(dimensions, that_no_call_can_have_fail_as_eager_does)
{
	weir_function *f = function_of(ten_rows, NULL, 1, false);
	weir_tensor *x = counting(12, 5), *out = NULL;
	char eager[2048];

	expect_eager(f, 40);
	expect_eager(f, 20);
	expect_eager(f, 30);
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	cr_assert_eq(weir_function_call(f, &in_eager_mode, &x, 1, &out, 1),
		     WEIR_ERANGE);
	snprintf(eager, sizeof eager, "%s", weir_error_text());
	cr_assert_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), eager);
	weir_tensor_release(x);
	weir_function_release(f);
}

static weir_status
quotient(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_div(s, weir_neg(s, in[0]), in[0]);
	return weir_scope_status(s);
}

/* Row 5 is 0 if it is to fail. */
static weir_status
divide(weir_function *f, const weir_run_options *mode, int64_t rows,
       bool fails)
{
	weir_tensor *x = must_tensor(rt, WEIR_I64, NULL, rows, 2), *out = NULL;
	int64_t *data = weir_tensor_data(x), i;
	weir_status status;

	for (i = 0; i < rows * 2; i++)
		data[i] = i + 1;
	data[10] = !fails;
	must(weir_tensor_set_name(x, "x"));
	status = weir_function_call(f, mode, &x, 1, &out, 1);
	weir_tensor_release(out);
	weir_tensor_release(x);
	return status;
}

Test(dimensions, of_a_run_that_fails_are_told_as_eager_tells_them)
{
	weir_function *f = function_of(quotient, NULL, 1, false);
	char eager[2048];

	must(divide(f, NULL, 32, false));
	must(divide(f, NULL, 8, false));
	must(divide(f, NULL, 20, false));
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	cr_assert_eq(divide(f, &in_eager_mode, 20, true), WEIR_ERANGE);
	snprintf(eager, sizeof eager, "%s", weir_error_text());
	expect_text(eager, "i64[20,2]");
	cr_assert_eq(divide(f, NULL, 20, true), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), eager);
	weir_function_release(f);
}

/* -- the promise ---------------------------------------------------------- */

static weir_status
unlike_at_17(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	(void)arg;
	out[0] = weir_tensor_shape(in[0])[0] == 17 ? weir_neg(s, in[0])
						   : weir_tanh(s, in[0]);
	return weir_scope_status(s);
}

Test(dimensions, are_held_against_recordings_if_that_is_asked_for)
{
	weir_function *f = function_of(unlike_at_17, NULL, 1, true);
	weir_tensor *x = counting(17, 5), *out = NULL;

	expect_eager(f, 32);
	expect_eager(f, 8);
	expect_eager(f, 18);
	cr_expect_eq(weir_function_get_info(f).derived, 1);
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1),
		     WEIR_EUNREPEATABLE);
	expect_text(weir_error_text(), "f: at `batch` = 17 another graph is "
		    "recorded than was derived: op 1 `tanh`, called at ");
	weir_tensor_release(x);
	weir_function_release(f);
}

/* -- declarations --------------------------------------------------------- */

Test(dimensions, must_be_declared_well)
{
	static const weir_dimension wrong[][2] = {
		{ { .name = NULL } },
		{ { .name = "" } },
		{ { .name = "n", .axis = WEIR_RANK_MAX } },
		{ { .name = "n", .most = -1 } },
		{ { .name = "n" }, { .name = "m" } },
	};
	static const weir_dimension many[] = {
		{ .name = "a", .axis = 0 }, { .name = "b", .axis = 1 },
		{ .name = "c", .axis = 2 }, { .name = "d", .axis = 3 },
	};
	static const weir_status statuses[] = { WEIR_ENULL, WEIR_EINVAL,
						WEIR_ERANGE, WEIR_ERANGE,
						WEIR_EINVAL };
	weir_function_options o = { .size = sizeof o };
	weir_function *f = NULL;
	size_t i;

	for (i = 0; i < 5; i++) {
		o.dimensions = wrong[i];
		o.n_dimensions = i == 4 ? 2 : 1;
		cr_expect_eq(weir_function_create_with(rt, "f", centred, NULL,
						       &o, &f), statuses[i]);
	}
	expect_text(weir_error_text(), "axis 0 of operand 0 is both `n` and "
		    "`m`");
	o.dimensions = many;
	o.n_dimensions = 4;
	cr_expect_eq(weir_function_create_with(rt, "f", centred, NULL, &o, &f),
		     WEIR_ERANGE);
	o.dimensions = NULL;
	cr_expect_eq(weir_function_create_with(rt, "f", centred, NULL, &o, &f),
		     WEIR_ENULL);
	cr_expect_null(f);
}

Test(dimensions, that_are_no_axes_of_the_operands_are_recorded)
{
	weir_dimension far = { .name = "n", .operand = 3 };
	weir_function_options o = { .size = sizeof o, .dimensions = &far,
				    .n_dimensions = 1 };
	weir_function *f = NULL;

	must(weir_function_create_with(rt, "f", centred, NULL, &o, &f));
	expect_eager(f, 8);
	expect_text(weir_function_record_reason(f), "not derived: there is no "
		    "axis 0 of operand 3 to be `n`");
	weir_function_release(f);
}
