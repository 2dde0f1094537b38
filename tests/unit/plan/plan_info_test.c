/* What plans tell of memory, against what is allocated. */
#include "plan/plan.h"
#include "stress/random_program.h"
#include "support/weir_test.h"

enum { PROGRAMS = 150 };

/* What the runtime's buffers in use come to at most in an eager call. */
static size_t
eager_peak(weir_runtime *runtime, weir_function *f, weir_tensor *const *in,
	   size_t n_in, size_t n_out)
{
	weir_run_options options = { .size = sizeof options,
				     .mode = WEIR_MODE_EAGER };
	weir_tensor *out[PROGRAM_OUTPUTS];
	size_t before;

	weir_runtime_reset_peak(runtime);
	before = weir_runtime_memory(runtime).in_use;
	must(weir_function_call(f, &options, in, n_in, out, n_out));
	while (n_out > 0)
		weir_tensor_release(out[--n_out]);
	return weir_runtime_memory(runtime).peak - before;
}

static weir_plan_info
info_of(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out)
{
	weir_plan_info info;
	weir_plan *plan;

	must(weir_function_plan(f, in, n_in, n_out, &plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	return info;
}

Test(plan_info, knows_what_eager_would_hold_of_random_programs)
{
	weir_runtime *runtime = must_runtime(1);
	size_t i;

	for (i = 0; i < PROGRAMS; i++) {
		struct instance instance;
		struct program p;

		program_init(&p, 7000 + i);
		p.may_fail = false;
		instance_init(&instance, &p, runtime);
		cr_expect_eq(info_of(instance.function, instance.in, p.n_in,
				     p.n_out).eager_bytes,
			     eager_peak(runtime, instance.function,
					instance.in, p.n_in, p.n_out),
			     "seed %llu", (unsigned long long)p.seed);
		instance_free(&instance);
	}
	weir_runtime_release(runtime);
}

enum { LENGTH = 1000, BYTES = 4 * LENGTH, ROUND = 4032 };

/* Three results of BYTES, of which one is carried out of the scope. */
static weir_tensor *
layer(weir_scope *s, weir_tensor *x)
{
	weir_scope_push(s, "layer");
	x = weir_keep(s, weir_exp(s, weir_tanh(s, weir_neg(s, x))));
	weir_scope_pop(s);
	return x;
}

static weir_status
layers(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *x = in[0];
	int i, n = *(int *)arg;

	for (i = 0; i < n; i++)
		x = layer(s, x);
	out[0] = x;
	return weir_scope_status(s);
}

Test(plan_info, lets_go_of_what_a_scope_had_when_it_is_popped)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *x = must_tensor(runtime, WEIR_F32, NULL, LENGTH);
	int n = 5;
	weir_function *f = must_function(runtime, "f", layers, &n);

	/* what four layers have given, and all of the fifth */
	cr_expect_eq(info_of(f, &x, 1, 1).eager_bytes, 7 * BYTES);
	cr_expect_eq(eager_peak(runtime, f, &x, 1, 1), 7 * BYTES);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
}

/* The tape of a step keeps what its layers have let go. */
static weir_status
taped_steps(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	weir_tensor *x = in[0], *gradient;
	weir_tape *tape;
	int i, n = *(int *)arg;

	for (i = 0; i < n; i++) {
		weir_scope_push(s, "step");
		tape = weir_tape_begin(s);
		weir_tape_gradients(tape, weir_sum(s, layer(s, layer(s, x)), 0,
						   NULL, false),
				    &x, 1, &gradient);
		x = weir_keep(s, weir_sub(s, x, gradient));
		weir_scope_pop(s);
	}
	out[0] = x;
	return weir_scope_status(s);
}

Test(plan_info, counts_what_a_tape_keeps)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *x = must_tensor(runtime, WEIR_F32, NULL, LENGTH);
	size_t eager[2];
	int n;

	for (n = 1; n <= 2; n++) {
		weir_function *f = must_function(runtime, "f", taped_steps,
						 &n);

		eager[n - 1] = info_of(f, &x, 1, 1).eager_bytes;
		cr_expect_eq(eager[n - 1], eager_peak(runtime, f, &x, 1, 1));
		cr_expect_geq(eager[n - 1], 6 * BYTES);
		weir_function_release(f);
	}
	/* a second step needs but the result of the first one */
	cr_expect_eq(eager[1], eager[0] + BYTES);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
}

/* A chain in place is one buffer, its result apart. */
Test(plan_info, counts_values_in_one_place_once)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *x = must_tensor(runtime, WEIR_F32, NULL, LENGTH);
	int n = 5;
	weir_function *f = must_function(runtime, "f", layers, &n);
	weir_plan_info info;
	weir_plan *plan;
	char *text;

	must(weir_function_plan(f, &x, 1, 1, &plan));
	info = weir_plan_get_info(plan);
	cr_expect_eq(info.result_bytes, BYTES);
	cr_expect_leq(info.live_bytes, ROUND);
	cr_expect_leq(info.buffers, 1);
	cr_expect_eq(info.buffer_bytes, info.live_bytes);
	must(weir_plan_describe(plan, &text));
	cr_expect(strstr(text, "eager would hold 28000"), "%s", text);
	weir_text_release(text);
	weir_plan_release(plan);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
}

/* Each op is a step of its own, whatever it does. */
static weir_runtime *
must_runtime_unfused(void)
{
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .skip_passes = "algebra,fuse" };
	weir_runtime *runtime = NULL;

	must(weir_runtime_create(&options, &runtime));
	return runtime;
}

static weir_status
transposed(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *x = in[0], *y = weir_exp(s, in[0]);
	int i, n = *(int *)arg;

	x = weir_neg(s, weir_transpose(s, x, 0, NULL));
	for (i = 0; i < n; i++)
		x = weir_neg(s, weir_transpose(s, x, 0, NULL));
	out[0] = weir_matmul(s, x, y);
	return weir_scope_status(s);
}

/* y, and of the others two at a time, since none is in place. */
Test(plan_info, finds_the_largest_set_of_values_that_live_at_once)
{
	weir_runtime *runtime = must_runtime_unfused();
	weir_tensor *x = must_tensor(runtime, WEIR_F32, NULL, 20, 20);
	int n = 9;
	weir_function *f = must_function(runtime, "f", transposed, &n);
	weir_plan_info info = info_of(f, &x, 1, 1);

	cr_expect_eq(info.buffers, 11);
	cr_expect_eq(info.live_bytes, 3 * 1600);
	cr_expect_eq(info.buffer_bytes, 3 * 1600);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
}
