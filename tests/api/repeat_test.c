/* Calls that an eager scope has seen before: as good as the first time. */
#include <stdio.h>

#include "support/weir_test.h"

enum { TIMES = 5 };

static weir_runtime *rt, *other;
static weir_tensor *x, *foreign, *variable;

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };

	rt = must_runtime(1);
	other = must_runtime(1);
	x = must_tensor(rt, WEIR_F32, data, 3);
	foreign = must_tensor(other, WEIR_F32, data, 3);
	must(weir_variable_create(rt, "v", x, &variable));
}

static void
end(void)
{
	weir_tensor_release(variable);
	weir_tensor_release(foreign);
	weir_tensor_release(x);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(other);
	weir_runtime_release(rt);
}

TestSuite(repeat, .init = begin, .fini = end);

/* One place in the program, for all. */
static weir_tensor *
add(weir_scope *s, weir_tensor *a, weir_tensor *b)
{
	return weir_add(s, a, b);
}

static void
warm(weir_scope *s)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		weir_scope_push(s, "warm");
		expect_f32s(add(s, x, x), 2, 4, 6);
		expect_f32s(add(s, variable, x), 2, 4, 6);
		weir_scope_pop(s);
	}
}

static void
expect_same_sentence(weir_tensor *a, weir_tensor *b)
{
	weir_scope *fresh = must_scope(rt, "test"), *s = must_scope(rt, "test");
	char text[1024];

	cr_expect_null(add(fresh, a, b));
	snprintf(text, sizeof text, "%s", weir_scope_error(fresh));
	warm(s);
	cr_expect_null(add(s, a, b));
	cr_expect_str_eq(weir_scope_error(s), text);
	cr_expect_eq(weir_scope_status(s), weir_scope_status(fresh));
	cr_expect_null(add(s, x, x), "it has failed");
	weir_scope_clear(s);
	warm(s);
	weir_scope_release(s);
	weir_scope_release(fresh);
}

Test(repeat, mistakes_are_told_in_the_same_words)
{
	static const float pair[] = { 1, 2 };
	weir_tensor *shorter = must_tensor(rt, WEIR_F32, pair, 2);

	expect_same_sentence(x, NULL);
	expect_same_sentence(NULL, x);
	expect_same_sentence(x, foreign);
	expect_same_sentence(variable, foreign);
	expect_same_sentence(x, shorter);
	expect_same_sentence(variable, shorter);
	weir_tensor_release(shorter);
}

Test(repeat, what_has_gone_with_its_frame_is_refused)
{
	weir_scope *s = must_scope(rt, "test");
	weir_tensor *gone;

	warm(s);
	weir_scope_push(s, "step");
	gone = add(s, x, x);
	weir_scope_pop(s);
	cr_expect_null(add(s, gone, x));
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	weir_scope_release(s);
}

Test(repeat, variables_are_what_they_are_by_then)
{
	weir_scope *s = must_scope(rt, "test");
	int i;

	for (i = 0; i < TIMES; i++) {
		float data[3] = { (float)i, 0, 0 };

		must(weir_tensor_write(variable, data, sizeof data));
		weir_scope_push(s, "step");
		expect_f32s(add(s, variable, variable), 2 * (float)i, 0, 0);
		weir_assign(s, variable, add(s, variable, x));
		expect_f32s(add(s, variable, variable), 2 * (float)i + 2, 4,
			    6);
		weir_scope_pop(s);
	}
	weir_scope_release(s);
}

/* -- ops whose kernels do what they should not -------------------------------- */

static int calls;

static weir_status
same(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

/* Fails the fourth time. */
static weir_status
fails(const weir_kernel *k, int64_t first, int64_t last)
{
	(void)k;
	(void)first;
	(void)last;
	return ++calls == 4 ? weir_fail(WEIR_ERANGE, "four is too many")
			    : WEIR_OK;
}

/* Writes the variable that it reads. */
static weir_status
writes(const weir_kernel *k, int64_t first, int64_t last)
{
	static const float data[] = { 7, 7, 7 };
	const float *in = k->in[0].data;
	float *out = k->out[0].data, before = in[0];

	(void)first;
	(void)last;
	must(weir_tensor_write(variable, data, sizeof data));
	cr_expect_eq(in[0], before);
	out[0] = in[0];
	out[1] = in[1];
	out[2] = in[2];
	return WEIR_OK;
}

static weir_op
op_of(const char *name, weir_status (*kernel)(const weir_kernel *, int64_t,
					      int64_t))
{
	return (weir_op){ .size = sizeof(weir_op), .name = name,
			  .doc = "A test.", .n_in = 1, .n_out = 1,
			  .infer = same, .kernel = kernel };
}

Test(repeat, a_kernel_may_fail_later)
{
	const weir_op op = op_of("fails", fails);
	weir_scope *s = must_scope(rt, "test");
	weir_tensor *out = NULL;
	int i;

	for (i = 1; i < 4; i++)
		must(weir_apply(s, &op, NULL, &x, 1, &out, 1));
	out = NULL;
	cr_expect_eq(weir_apply(s, &op, NULL, &x, 1, &out, 1), WEIR_ERANGE);
	cr_expect_null(out);
	expect_text(weir_scope_error(s), "four is too many");
	weir_scope_clear(s);
	must(weir_apply(s, &op, NULL, &x, 1, &out, 1));
	weir_scope_release(s);
}

Test(repeat, a_variable_that_is_read_may_be_written_meanwhile)
{
	const weir_op op = op_of("writes", writes);
	weir_scope *s = must_scope(rt, "test");
	weir_tensor *out;
	int i;

	for (i = 0; i < TIMES; i++) {
		static const float data[] = { 1, 2, 3 };

		must(weir_tensor_write(variable, data, sizeof data));
		weir_scope_push(s, "step");
		must(weir_apply(s, &op, NULL, &variable, 1, &out, 1));
		expect_f32s(out, 1, 2, 3);
		expect_f32s(weir_read(s, variable), 7, 7, 7);
		weir_scope_pop(s);
	}
	weir_scope_release(s);
}
