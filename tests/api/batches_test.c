/* Independent calls of one function over the workers. */
#include <stdatomic.h>

#include "support/weir_test.h"

enum { N = 37 };

static weir_runtime *rt;
static weir_tensor *v, *in[N], *out[N];

static void
begin(void)
{
	int i;

	rt = must_runtime(2);
	v = must_variable(rt, "weights", WEIR_F32, ((float[]){ 1, 2, 3 }), 3);
	for (i = 0; i < N; i++) {
		float data[3] = { (float)i, 1, -(float)i };

		in[i] = must_tensor(rt, WEIR_F32, data, 3);
		out[i] = NULL;
	}
}

static void
end(void)
{
	int i;

	for (i = 0; i < N; i++)
		weir_tensor_release(in[i]);
	weir_tensor_release(v);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(batches, .init = begin, .fini = end);

static weir_status
predict(weir_scope *s, weir_tensor *const *operands, weir_tensor **results,
	void *arg)
{
	(void)arg;
	results[0] = weir_mul(s, operands[0], v);
	return weir_scope_status(s);
}

Test(batches, give_each_call_its_own_result_in_both_modes)
{
	weir_function *f = must_function(rt, "predict", predict, NULL);
	int mode, i;

	for (mode = 0; mode < 2; mode++) {
		must(weir_run_batches(f, both_modes[mode], in, 1, out, 1, N));
		for (i = 0; i < N; i++) {
			expect_f32s(out[i], (float)i, 2, -3 * (float)i);
			weir_tensor_release(out[i]);
		}
	}
	weir_function_release(f);
}

Test(batches, of_none_are_fine)
{
	weir_function *f = must_function(rt, "predict", predict, NULL);

	must(weir_run_batches(f, NULL, in, 1, out, 1, 0));
	weir_function_release(f);
}

Test(batches, may_have_different_shapes)
{
	weir_function *f = must_function(rt, "predict", predict, NULL);
	weir_tensor *both[2] = { in[5], must_tensor(rt, WEIR_F32, NULL, 2, 3) };

	must(weir_run_batches(f, NULL, both, 1, out, 1, 2));
	cr_expect_eq(weir_tensor_rank(out[1]), 2);
	cr_expect_eq(weir_function_recordings(f), 2);
	weir_tensor_release(out[0]);
	weir_tensor_release(out[1]);
	weir_tensor_release(both[1]);
	weir_function_release(f);
}

/* -- failures -------------------------------------------------------------------------- */

static int line, outer_line;

static weir_status
train(weir_scope *s, weir_tensor *const *operands, weir_tensor **results,
      void *arg)
{
	(void)arg;
	weir_scope_push(s, "update");
	results[0] = weir_keep(s, weir_add(s, v, operands[0]));
	line = __LINE__ + 1;
	weir_assign(s, v, results[0]);
	weir_scope_pop(s);
	return weir_scope_status(s);
}

/* The same, in the body of a call. */
static weir_status
train_inside(weir_scope *s, weir_tensor *const *operands,
	     weir_tensor **results, void *arg)
{
	weir_status status;

	(void)arg;
	weir_scope_push(s, "outer");
	outer_line = __LINE__ + 1;
	status = weir_call(s, "step", train, NULL, operands, 1, results, 1);
	if (!status)
		results[0] = weir_keep(s, results[0]);
	weir_scope_pop(s);
	return status;
}

static void
expect_writes_refused(weir_function_fn fn, const char *where)
{
	weir_function *f = must_function(rt, "train", fn, NULL);
	char text[2][2048], site[64];
	int mode, i;

	for (mode = 0; mode < 2; mode++) {
		cr_expect_eq(weir_run_batches(f, both_modes[mode], in, 1, out,
					      1, N), WEIR_ESTATE);
		snprintf(text[mode], sizeof text[mode], "%s",
			 weir_error_text());
	}
	cr_expect_str_eq(text[0], text[1]);
	expect_text(text[0], "variable weights");
	expect_text(text[0], where);
	snprintf(site, sizeof site, "batches_test.c:%d",
		 fn == train ? line : outer_line);
	expect_text(text[0], site);
	expect_f32s(v, 1, 2, 3);
	for (i = 0; i < N; i++)
		cr_expect_null(out[i]);
	weir_function_release(f);
}

Test(batches, that_write_a_variable_are_refused_in_the_same_words)
{
	expect_writes_refused(train, "in train/update/assign");
}

Test(batches, that_write_a_variable_in_a_body_are_refused_likewise)
{
	expect_writes_refused(train_inside, "in train/outer/assign");
}

/* 1 / x, and x is 0 in batches 11 and 23. */
static weir_status
invert(weir_scope *s, weir_tensor *const *operands, weir_tensor **results,
       void *arg)
{
	weir_tensor *x = weir_cast(s, operands[0], WEIR_I64);

	(void)arg;
	results[0] = weir_div(s, weir_constant(s, WEIR_I64, 0, NULL, 1), x);
	return weir_scope_status(s);
}

Test(batches, report_the_failure_of_the_lowest_one)
{
	weir_function *f = must_function(rt, "invert", invert, NULL);
	static const float ones[] = { 1, 1, 1 }, zeros[] = { 1, 0, 1 };
	char text[2][2048];
	int mode, i, again;

	for (i = 0; i < N; i++)
		must(weir_tensor_write(in[i], i == 11 || i == 23 ? zeros
								 : ones, 12));
	for (again = 0; again < 20; again++)
		for (mode = 0; mode < 2; mode++) {
			cr_expect_eq(weir_run_batches(f, both_modes[mode], in,
						      1, out, 1, N),
				     WEIR_ERANGE);
			snprintf(text[mode], sizeof text[mode], "%s",
				 weir_error_text());
			cr_expect_str_eq(text[mode], text[0]);
			expect_text(text[mode], "batch 11: div: ");
			for (i = 0; i < N; i++)
				cr_expect_null(out[i]);
		}
	weir_function_release(f);
}

static weir_status
misshape(weir_scope *s, weir_tensor *const *operands, weir_tensor **results,
	 void *arg)
{
	(void)arg;
	results[0] = weir_matmul(s, operands[0], v);
	return weir_scope_status(s);
}

Test(batches, that_cannot_be_recorded_say_so_in_the_same_words)
{
	weir_function *f = must_function(rt, "misshape", misshape, NULL);
	char text[2][2048];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		cr_expect_eq(weir_run_batches(f, both_modes[mode], in, 1, out,
					      1, N), WEIR_ESHAPE);
		snprintf(text[mode], sizeof text[mode], "%s",
			 weir_error_text());
	}
	cr_expect_str_eq(text[0], text[1]);
	expect_text(text[0], "batch 0: matmul: ");
	weir_function_release(f);
}

Test(batches, with_a_null_are_refused_before_anything_runs)
{
	weir_function *f = must_function(rt, "predict", predict, NULL);
	weir_tensor *some[3] = { in[0], NULL, in[1] };

	cr_expect_eq(weir_run_batches(f, NULL, some, 1, out, 1, 3),
		     WEIR_ENULL);
	expect_text(weir_error_text(), "operand 0 of batch 1 is NULL");
	cr_expect_eq(weir_run_batches(NULL, NULL, some, 1, out, 1, 3),
		     WEIR_ENULL);
	cr_expect_eq(weir_run_batches(f, NULL, NULL, 1, out, 1, 3),
		     WEIR_ENULL);
	cr_expect_eq(weir_run_batches(f, NULL, some, 1, NULL, 1, 3),
		     WEIR_ENULL);
	weir_function_release(f);
}
