#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/eager.h"
#include "support/tasks.h"

static atomic_int calls;	/* of the C function */

static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	atomic_fetch_add(&calls, 1);
	out[0] = weir_add(s, in[0], in[0]);
	return weir_scope_status(s);
}

static weir_function *
must_function(weir_runtime *runtime, weir_function_fn fn, void *arg,
	      size_t cache)
{
	weir_function_options options = { .size = sizeof options,
					  .cache_limit = cache };
	weir_function *f;

	cr_assert_eq(weir_function_create_with(runtime, "f", fn, arg, &options,
					       &f), WEIR_OK, "%s",
		     weir_error_text());
	return f;
}

static void
call_with(weir_function *f, weir_tensor *x)
{
	weir_tensor *out;

	cr_assert_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_OK,
		     "%s", weir_error_text());
	weir_tensor_release(out);
}

Test(function, records_once_for_one_signature)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_tensor *x = must_number(runtime, 1);
	int i;

	for (i = 0; i < 5; i++)
		call_with(f, x);
	cr_expect_eq(weir_function_recordings(f), 1);
	cr_expect_eq(atomic_load(&calls), 1);
	cr_expect_str_eq(weir_function_record_reason(f), "first call");
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(function, records_again_for_another_shape_and_says_why)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_tensor *a = counting_matrix(runtime, 2, 3, 0);
	weir_tensor *b = counting_matrix(runtime, 4, 3, 0);

	cr_assert_eq(weir_tensor_set_name(b, "batch"), WEIR_OK);
	call_with(f, a);
	call_with(f, b);
	cr_expect_eq(weir_function_recordings(f), 2);
	cr_expect_str_eq(weir_function_record_reason(f),
			 "argument 0 `batch`: f64[2,3] -> f64[4,3]");
	call_with(f, a);
	cr_expect_eq(weir_function_recordings(f), 2);
	weir_tensor_release(a);
	weir_tensor_release(b);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(function, records_again_for_other_strides_and_says_why)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *a = counting_matrix(runtime, 3, 3, 0);

	call_with(f, a);
	call_with(f, weir_transpose(s, a, 0, NULL));
	cr_expect_eq(weir_function_recordings(f), 2);
	cr_expect_str_eq(weir_function_record_reason(f), "argument 0: "
			 "f64[3,3] -> f64[3,3] with other strides");
	weir_tensor_release(a);
	weir_scope_release(s);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(function, forgets_the_plan_that_was_used_least_recently)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 2);
	weir_tensor *x[3];
	int i;

	for (i = 0; i < 3; i++)
		x[i] = counting_matrix(runtime, i + 1, 1, 0);
	call_with(f, x[0]);
	call_with(f, x[1]);
	call_with(f, x[0]);
	call_with(f, x[2]);		/* 1 goes */
	call_with(f, x[0]);
	cr_expect_eq(weir_function_recordings(f), 3);
	call_with(f, x[1]);
	cr_expect_eq(weir_function_recordings(f), 4);
	for (i = 0; i < 3; i++)
		weir_tensor_release(x[i]);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

struct caller {
	weir_function *f;
	weir_tensor *x;
};

static void *
call_often(void *arg)
{
	struct caller *c = arg;
	int i;

	for (i = 0; i < 50; i++)
		call_with(c->f, c->x);
	return NULL;
}

Test(function, records_once_when_eight_threads_come_at_once)
{
	weir_runtime *runtime = must_runtime(2);
	struct caller c = { must_function(runtime, twice, NULL, 0),
			    must_number(runtime, 1) };
	pthread_t threads[8];
	int i;

	for (i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, call_often, &c),
			     0);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(weir_function_recordings(c.f), 1);
	weir_tensor_release(c.x);
	weir_function_release(c.f);
	weir_runtime_release(runtime);
}

Test(function, runs_eagerly_when_asked)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	weir_tensor *x = must_number(runtime, 4), *out;
	int i;

	for (i = 0; i < 3; i++) {
		cr_assert_eq(weir_function_call(f, &how, &x, 1, &out, 1),
			     WEIR_OK);
		cr_expect_eq(weir_item_f64(out), 8);
		weir_tensor_release(out);
	}
	cr_expect_eq(atomic_load(&calls), 3);
	cr_expect_eq(weir_function_recordings(f), 0);
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

CHILD(eager_by_environment)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_tensor *x = must_number(runtime, 4);
	int status;

	call_with(f, x);
	status = weir_function_recordings(f) == 0 ? 0 : 1;
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(runtime);
	return status;
}

Test(function, runs_eagerly_when_the_environment_says_so)
{
	cr_expect_eq(child_run("eager_by_environment", "WEIR_MODE=eager"), 0);
}

Test(function, takes_a_variable_as_its_value_at_the_call)
{
	static const weir_mode modes[] = { WEIR_MODE_EAGER, WEIR_MODE_GRAPH };
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_tensor *v = must_variable(runtime, "v", 4), *out;
	double five = 5;
	int i;

	for (i = 0; i < 4; i++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[i % 2] };

		if (i == 2)
			cr_assert_eq(weir_tensor_write(v, &five, sizeof five),
				     WEIR_OK);
		cr_assert_eq(weir_function_call(f, &how, &v, 1, &out, 1),
			     WEIR_OK);
		cr_expect_eq(weir_item_f64(out), i < 2 ? 8 : 10);
		weir_tensor_release(out);
	}
	weir_tensor_release(v);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(function, refuses_operands_of_another_runtime)
{
	weir_runtime *runtime = must_runtime(1), *other = must_runtime(1);
	weir_function *f = must_function(runtime, twice, NULL, 0);
	weir_tensor *x = must_number(other, 4), *out;

	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1),
		     WEIR_EFOREIGN);
	weir_tensor_release(x);
	x = NULL;
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_ENULL);
	weir_function_release(f);
	weir_runtime_release(runtime);
	weir_runtime_release(other);
}

/* -- recording ------------------------------------------------------------- */

static weir_status
other_each_time(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	out[0] = atomic_fetch_add(&calls, 1) % 2 ? weir_exp(s, in[0])
						 : weir_neg(s, in[0]);
	return weir_scope_status(s);
}

Test(recording, finds_a_function_that_is_not_repeatable)
{
	weir_runtime *runtime = must_runtime(1);
	weir_function_options options = { .size = sizeof options,
					  .check_repeatable = true };
	weir_tensor *x = must_number(runtime, 1), *out = NULL;
	weir_function *f;

	cr_assert_eq(weir_function_create_with(runtime, "f", other_each_time,
					       NULL, &options, &f), WEIR_OK);
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1),
		     WEIR_EUNREPEATABLE);
	cr_expect(strstr(weir_error_text(), "first f/neg"), "%s",
		  weir_error_text());
	cr_expect_null(out);
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

static weir_status
leaves_it_null(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	(void)in, (void)out, (void)arg;
	return weir_scope_status(s);
}

Test(recording, says_the_same_as_eager_of_a_result_left_null)
{
	static const weir_mode modes[] = { WEIR_MODE_EAGER, WEIR_MODE_GRAPH };
	weir_runtime *runtime = must_runtime(1);
	weir_function *f = must_function(runtime, leaves_it_null, NULL, 0);
	char said[2][512];
	int i;

	for (i = 0; i < 2; i++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[i] };
		weir_tensor *out;

		cr_expect_eq(weir_function_call(f, &how, NULL, 0, &out, 1),
			     WEIR_ENULL);
		snprintf(said[i], sizeof said[i], "%s", weir_error_text());
	}
	cr_expect_str_eq(said[0], said[1]);
	cr_expect(strstr(said[0], "left result 0 NULL"), "%s", said[0]);
	weir_function_release(f);
	weir_runtime_release(runtime);
}
