/* Who ran what, and when that could be, as a trace says it. */
#include <criterion/criterion.h>
#include <weir.h>

#include "support/sleeper.h"
#include "support/traced.h"

TestSuite(trace_worker, .init = begin_traced, .fini = end_traced);

static weir_status
one_sleeper(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	return weir_apply(s, &sleep_op, NULL, in, 1, out, 1);
}

/* In two calls that do not wait for each other. */
static weir_status
two_calls(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *both[2] = { NULL, NULL };

	weir_call(s, "left", one_sleeper, arg, in, 1, &both[0], 1);
	weir_call(s, "right", one_sleeper, arg, in, 1, &both[1], 1);
	out[0] = weir_add(s, both[0], both[1]);
	return weir_scope_status(s);
}

/* What was traced was run by so many workers, each of one thread. */
static void
expect_workers(int64_t workers)
{
	struct spans spans;
	int64_t most = -1;
	size_t i, j;

	stop_and_read(&spans);
	for (i = 0; i < spans.n; i++) {
		const struct span *a = &spans.all[i];

		if (strcmp(a->name, "sleep") != 0)
			continue;
		most = a->worker > most ? a->worker : most;
		for (j = 0; j < i; j++) {
			const struct span *b = &spans.all[j];

			if (strcmp(b->name, "sleep") == 0)
				cr_expect_eq(a->worker == b->worker,
					     a->thread == b->thread);
		}
	}
	cr_expect_eq(most + 1, workers);
	spans_free(&spans);
}

Test(trace_worker, of_batches_is_who_ran_them)
{
	enum { BATCHES = 8 };
	weir_tensor *x, *in[BATCHES], *out[BATCHES];
	weir_function *f;
	int i;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 0, NULL, &x),
		     WEIR_OK);
	for (i = 0; i < BATCHES; i++)
		in[i] = x;
	cr_assert_eq(weir_function_create(runtime, "f", one_sleeper, NULL, &f),
		     WEIR_OK);
	cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
	cr_assert_eq(weir_run_batches(f, NULL, in, 1, out, 1, BATCHES),
		     WEIR_OK);
	expect_workers(2);
	for (i = 0; i < BATCHES; i++)
		weir_tensor_release(out[i]);
	weir_function_release(f);
	weir_tensor_release(x);
}

Test(trace_worker, of_bodies_is_who_ran_them)
{
	weir_tensor *x, *out;
	weir_function *f;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 0, NULL, &x),
		     WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, "f", two_calls, NULL, &f),
		     WEIR_OK);
	cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
	cr_assert_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_OK);
	expect_workers(2);
	weir_tensor_release(out);
	weir_function_release(f);
	weir_tensor_release(x);
}

static weir_status
chain(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *x = in[0];
	int i;

	(void)arg;
	for (i = 0; i < 3; i++)
		weir_apply(s, &sleep_op, NULL, &x, 1, &x, 1);
	out[0] = x;
	return weir_scope_status(s);
}

/* Each is ready when the one before has ended, and begins soon. */
Test(trace_worker, has_nothing_to_do_before_operands_are_there)
{
	static const weir_mode modes[] = { WEIR_MODE_GRAPH, WEIR_MODE_EAGER };
	weir_run_options how = { .size = sizeof how };
	weir_tensor *x, *out;
	weir_function *f;
	size_t m, i;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 0, NULL, &x),
		     WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, "f", chain, NULL, &f),
		     WEIR_OK);
	for (m = 0; m < 2; m++) {
		struct spans spans;
		double before = 0;
		int n = 0;

		how.mode = modes[m];
		cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
		cr_assert_eq(weir_function_call(f, &how, &x, 1, &out, 1),
			     WEIR_OK);
		weir_tensor_release(out);
		stop_and_read(&spans);
		for (i = 0; i < spans.n; i++) {
			const struct span *a = &spans.all[i];

			if (strcmp(a->name, "sleep") != 0)
				continue;
			cr_expect_geq(a->ready, before - 1e-3);
			cr_expect_leq(a->ready, a->start + 1e-3);
			cr_expect_geq(a->ready, 0);
			before = a->end;
			n++;
		}
		cr_expect_eq(n, 3);
		spans_free(&spans);
	}
	weir_function_release(f);
	weir_tensor_release(x);
}
