/* Functions: results, signatures, the cache, and the reasons it gives. */
#include <stdlib.h>

#include "support/fault.h"
#include "support/weir_test.h"

static struct fault fault;
static weir_runtime *rt;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	rt = must_runtime_on(2, &allocator);
}

static void
end(void)
{
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(function, .init = begin, .fini = end);

static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, in[0], in[0]);
	return weir_scope_status(s);
}

static weir_tensor *
row(int64_t n, float first)
{
	float data[512];
	int64_t i;

	for (i = 0; i < n; i++)
		data[i] = first + (float)i;
	return must_tensor(rt, WEIR_F32, data, n);
}

/* Call f with a row of n. */
static void
call_with(weir_function *f, int64_t n)
{
	weir_tensor *x = row(n, 1), *out[1];

	must(weir_function_call(f, NULL, &x, 1, out, 1));
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
}

/* -- results ----------------------------------------------------------------------- */

static weir_status
same_things(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	weir_tensor *captured = arg;

	out[0] = in[0];				/* an operand */
	out[1] = captured;			/* a value from outside */
	out[2] = weir_neg(s, in[0]);
	out[3] = out[2];			/* the same one again */
	out[4] = weir_reshape(s, in[0], 2, (int64_t[]){ 1, 3 });
	return weir_scope_status(s);
}

Test(function, results_are_new_references_in_both_modes)
{
	weir_tensor *x = row(3, 1), *y = row(2, 7), *out[5];
	weir_function *f = must_function(rt, "f", same_things, y);
	int mode, i;

	for (mode = 0; mode < 2; mode++) {
		must(weir_function_call(f, both_modes[mode], &x, 1, out, 5));
		for (i = 0; i < 5; i++)
			cr_expect_not(weir_tensor_is_symbolic(out[i]));
		expect_f32s(out[0], 1, 2, 3);
		expect_f32s(out[1], 7, 8);
		expect_f32s(out[2], -1, -2, -3);
		expect_f32s(out[3], -1, -2, -3);
		expect_f32s(out[4], 1, 2, 3);
		for (i = 0; i < 5; i++)
			weir_tensor_release(out[i]);
		expect_f32s(x, 1, 2, 3);
		expect_f32s(y, 7, 8);
	}
	weir_function_release(f);
	weir_tensor_release(x);
	weir_tensor_release(y);
}

Test(function, results_live_on_when_the_function_is_gone_and_called_again)
{
	weir_tensor *x = row(3, 1), *first[1], *second[1];
	weir_function *f = must_function(rt, "f", twice, NULL);

	must(weir_function_call(f, NULL, &x, 1, first, 1));
	must(weir_tensor_write(x, (float[]){ 5, 5, 5 }, 12));
	must(weir_function_call(f, NULL, &x, 1, second, 1));
	weir_function_release(f);
	expect_f32s(first[0], 2, 4, 6);
	expect_f32s(second[0], 10, 10, 10);
	weir_tensor_release(first[0]);
	weir_tensor_release(second[0]);
	weir_tensor_release(x);
}

static weir_status
needs_nothing(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	(void)s;
	(void)in;
	(void)out;
	++*(int *)arg;
	return WEIR_OK;
}

Test(function, may_have_no_operands_and_no_results)
{
	int calls = 0, mode;
	weir_function *f = must_function(rt, "f", needs_nothing, &calls);

	for (mode = 0; mode < 2; mode++)
		must(weir_function_call(f, both_modes[mode], NULL, 0, NULL,
					0));
	cr_expect_eq(calls, 2);
	weir_function_release(f);
}

/* -- signatures and the cache ------------------------------------------------------------ */

Test(function, is_recorded_once_for_a_signature)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	int i;

	for (i = 0; i < 5; i++)
		call_with(f, 3);
	cr_expect_eq(weir_function_recordings(f), 1);
	call_with(f, 4);
	cr_expect_eq(weir_function_recordings(f), 2);
	call_with(f, 3);
	cr_expect_eq(weir_function_recordings(f), 2);
	weir_function_release(f);
}

Test(function, keeps_the_plans_used_last)
{
	weir_function_options options = { .size = sizeof options,
					  .cache_limit = 2 };
	weir_function *f = NULL;

	must(weir_function_create_with(rt, "f", twice, NULL, &options, &f));
	call_with(f, 1);
	call_with(f, 2);
	call_with(f, 1);			/* 2 is the older one now */
	call_with(f, 3);			/* so 2 goes */
	cr_expect_eq(weir_function_recordings(f), 3);
	call_with(f, 1);
	call_with(f, 3);
	cr_expect_eq(weir_function_recordings(f), 3);
	call_with(f, 2);
	cr_expect_eq(weir_function_recordings(f), 4);
	expect_text(weir_function_record_reason(f), "f32[3] -> f32[2]");
	weir_function_release(f);
}

Test(function, says_of_a_plan_that_has_gone_that_it_was_there)
{
	weir_function_options options = { .size = sizeof options,
					  .cache_limit = 2 };
	weir_function *f = NULL;
	int64_t i;

	must(weir_function_create_with(rt, "f", twice, NULL, &options, &f));
	call_with(f, 4);
	call_with(f, 8);
	call_with(f, 6);			/* 4 goes */
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[8] -> f32[6]");
	call_with(f, 4);			/* 8 goes */
	cr_expect_str_eq(weir_function_record_reason(f),
			 "planned before, but no longer among the 2 that are "
			 "kept; argument 0: f32[6] -> f32[4]");
	call_with(f, 7);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[4] -> f32[7]");
	call_with(f, 8);
	expect_text(weir_function_record_reason(f), "planned before");
	/* what went long ago is new again */
	for (i = 100; i < 300; i++)
		call_with(f, i);
	call_with(f, 8);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[299] -> f32[8]");
	call_with(f, 250);
	expect_text(weir_function_record_reason(f), "planned before");
	weir_function_release(f);
}

Test(function, tells_other_strides_from_those_that_have_gone)
{
	static float data[] = { 1, 9, 2, 9, 3, 9 };
	const int64_t shape[] = { 3 }, strides[] = { 8 };
	weir_function_options options = { .size = sizeof options,
					  .cache_limit = 1 };
	weir_function *f = NULL;
	weir_tensor *x = NULL, *out[1];

	must(weir_tensor_wrap(rt, WEIR_F32, 1, shape, strides, data, NULL,
			      NULL, &x));
	must(weir_function_create_with(rt, "f", twice, NULL, &options, &f));
	call_with(f, 3);
	call_with(f, 4);			/* 3 goes */
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[4] -> f32[3]");
	call_with(f, 3);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "planned before, but no longer the one that is kept; "
			 "argument 0: f32[3] -> f32[3] with other strides");
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_function_release(f);
}

Test(function, calls_again_at_once_count_as_uses_of_a_plan)
{
	weir_function_options options = { .size = sizeof options,
					  .cache_limit = 2 };
	weir_function *f = NULL;
	weir_tensor *two = row(2, 1);
	weir_plan *plan;

	must(weir_function_create_with(rt, "f", twice, NULL, &options, &f));
	call_with(f, 1);
	call_with(f, 1);
	must(weir_function_plan(f, &two, 1, 1, &plan));
	weir_plan_release(plan);
	call_with(f, 1);
	call_with(f, 1);
	call_with(f, 3);			/* so 2 goes */
	cr_expect_eq(weir_function_recordings(f), 3);
	call_with(f, 1);
	cr_expect_eq(weir_function_recordings(f), 3);
	call_with(f, 2);
	cr_expect_eq(weir_function_recordings(f), 4);
	weir_tensor_release(two);
	weir_function_release(f);
}

Test(function, a_hundred_signatures_do_not_fill_the_memory)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	long after_some;
	int64_t i;

	for (i = 1; i <= 20; i++)
		call_with(f, i);
	weir_runtime_trim(rt);
	after_some = fault.alive;
	for (i = 0; i < 100; i++)
		call_with(f, 1 + i % 20);
	weir_runtime_trim(rt);
	cr_expect_leq(fault.alive, after_some + 8);
	cr_expect_eq(weir_function_recordings(f), 120);
	weir_function_release(f);
}

Test(function, gives_the_reason_of_each_recording_in_words)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	weir_tensor *x = row(3, 1), *out[1];

	cr_expect_str_eq(weir_function_record_reason(f), "");
	must(weir_tensor_set_name(x, "rows"));
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	weir_tensor_release(out[0]);
	cr_expect_str_eq(weir_function_record_reason(f), "first call");
	call_with(f, 5);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[3] -> f32[5]");
	weir_tensor_release(x);
	x = must_tensor(rt, WEIR_I64, NULL, 5);
	must(weir_tensor_set_name(x, "rows"));
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	weir_tensor_release(out[0]);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0 `rows`: f32[5] -> i64[5]");
	weir_tensor_release(x);
	weir_function_release(f);
}

Test(function, strided_operands_are_a_signature_of_their_own)
{
	static float data[] = { 1, 9, 2, 9, 3, 9 };
	const int64_t shape[] = { 3 }, strides[] = { 8 };
	weir_function *f = must_function(rt, "f", twice, NULL);
	weir_tensor *x = NULL, *out[1];

	must(weir_tensor_wrap(rt, WEIR_F32, 1, shape, strides, data, NULL,
			      NULL, &x));
	call_with(f, 3);
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	expect_f32s(out[0], 2, 4, 6);
	cr_expect_eq(weir_function_recordings(f), 2);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0: f32[3] -> f32[3] with other strides");
	call_with(f, 3);
	cr_expect_eq(weir_function_recordings(f), 2);
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_function_release(f);
}

Test(function, a_failed_recording_is_not_kept)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	weir_tensor *flags = must_tensor(rt, WEIR_BOOL, NULL, 3), *out[1];
	int i;

	for (i = 0; i < 3; i++)
		cr_expect_eq(weir_function_call(f, NULL, &flags, 1, out, 1),
			     WEIR_EDTYPE);
	call_with(f, 3);
	weir_tensor_release(flags);
	weir_function_release(f);
}

/* -- repeatable or not ------------------------------------------------------------------ */

static weir_status
changes_its_mind(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	int *calls = arg;
	weir_tensor *h;

	weir_scope_push(s, "body");
	h = weir_neg(s, in[0]);
	h = (*calls)++ % 2 ? weir_square(s, h) : weir_relu(s, h);
	out[0] = weir_keep(s, h);
	weir_scope_pop(s);
	return weir_scope_status(s);
}

Test(function, one_that_is_not_repeatable_is_found_out)
{
	weir_function_options options = { .size = sizeof options,
					  .check_repeatable = true };
	weir_tensor *x = row(3, 1), *out[1] = { x };
	weir_function *f = NULL;
	int calls = 0;

	must(weir_function_create_with(rt, "f", changes_its_mind, &calls,
				       &options, &f));
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, out, 1),
		     WEIR_EUNREPEATABLE);
	expect_text(weir_error_text(), "f/body/relu");
	expect_text(weir_error_text(), "f/body/square");
	expect_text(weir_error_text(), "function_test.c:");
	cr_expect_eq(out[0], x);
	weir_function_release(f);
	weir_tensor_release(x);
}

Test(function, one_that_is_repeatable_passes_that_check)
{
	weir_function_options options = { .size = sizeof options,
					  .check_repeatable = true };
	weir_function *f = NULL;

	must(weir_function_create_with(rt, "f", twice, NULL, &options, &f));
	call_with(f, 3);
	weir_function_release(f);
}

/* -- modes ------------------------------------------------------------------------------- */

Test(function, weir_mode_turns_a_whole_program_eager)
{
	weir_function *f;

	weir_runtime_release(rt);
	setenv("WEIR_MODE", "eager", 1);
	rt = must_runtime(2);	/* which takes note of it */
	unsetenv("WEIR_MODE");
	f = must_function(rt, "f", twice, NULL);
	call_with(f, 3);
	call_with(f, 3);
	cr_expect_eq(weir_function_recordings(f), 0);
	weir_function_release(f);
}

Test(function, a_steady_run_allocates_nothing)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	weir_tensor *x = row(64, 1), *out[1];
	long before = 0;
	int i;

	for (i = 0; i < 100; i++) {
		if (i == 5)
			before = fault.calls;
		must(weir_function_call(f, NULL, &x, 1, out, 1));
		weir_tensor_release(out[0]);
	}
	cr_expect_eq(fault.calls, before, "%ld allocations in 95 runs",
		     (long)fault.calls - before);
	weir_tensor_release(x);
	weir_function_release(f);
}

/* -- arguments ------------------------------------------------------------------------------ */

Test(function, operands_that_cannot_be_are_refused)
{
	weir_function *f = must_function(rt, "f", twice, NULL), *none = NULL;
	weir_runtime *other = must_runtime(1);
	weir_tensor *foreign = must_tensor(other, WEIR_F32, NULL, 3);
	weir_tensor *nothing = NULL, *out[1] = { foreign };
	weir_run_options options = { .size = sizeof options };
	int mode;

	for (mode = 0; mode < 2; mode++) {
		options.mode = mode;
		cr_expect_eq(weir_function_call(f, &options, &nothing, 1, out,
						1), WEIR_ENULL);
		expect_text(weir_error_text(), "f: operand 0 is NULL");
		cr_expect_eq(weir_function_call(f, &options, &foreign, 1, out,
						1), WEIR_EFOREIGN);
		cr_expect_eq(weir_function_call(f, &options, NULL, 1, out, 1),
			     WEIR_ENULL);
		cr_expect_eq(weir_function_call(f, &options, &foreign, 1,
						NULL, 1), WEIR_ENULL);
	}
	cr_expect_eq(weir_function_call(NULL, NULL, NULL, 0, NULL, 0),
		     WEIR_ENULL);
	cr_expect_eq(weir_function_create(rt, "f", NULL, NULL, &none),
		     WEIR_ENULL);
	cr_expect_eq(weir_function_create(rt, NULL, twice, NULL, &none),
		     WEIR_EINVAL);
	cr_expect_eq(out[0], foreign);
	weir_tensor_release(foreign);
	weir_runtime_release(other);
	weir_function_release(f);
}
