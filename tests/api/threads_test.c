/* Calls from many threads at once, and from inside the caller's regions. */
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support/weir_test.h"

enum { THREADS = 8, CALLS = 50, ROWS = 96 };

static weir_runtime *rt;
static weir_tensor *counter, *twin, *x;
static weir_function *f;
static const weir_run_options *how;

static void
begin(void)
{
	static float data[ROWS * ROWS];
	int i;

	rt = must_runtime(2);
	for (i = 0; i < ROWS * ROWS; i++)
		data[i] = (float)(i % 17 - 8) / 4;
	x = must_tensor(rt, WEIR_F32, data, ROWS, ROWS);
	counter = must_variable(rt, "counter", WEIR_I64, NULL, 1);
	twin = must_variable(rt, "twin", WEIR_I64, NULL, 1);
}

static void
end(void)
{
	weir_tensor_release(x);
	weir_tensor_release(counter);
	weir_tensor_release(twin);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(threads, .init = begin, .fini = end, .timeout = 60);

static void
in_threads(void *(*body)(void *))
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, body,
					    (void *)(intptr_t)i), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* -- calls that only read ------------------------------------------------------------- */

static weir_status
network(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *h = weir_tanh(s, weir_matmul(s, in[0], in[0]));
	weir_tensor *g = weir_sigmoid(s, weir_matmul(s, in[0], h));

	(void)arg;
	out[0] = weir_sum(s, weir_mul(s, g, h), 1, ((int64_t[]){ 1 }), false);
	return weir_scope_status(s);
}

static weir_tensor *expected;
static atomic_int wrong;

static void *
compute(void *arg)
{
	weir_tensor *out[1];
	int i;

	(void)arg;
	for (i = 0; i < CALLS; i++) {
		if (weir_function_call(f, how, &x, 1, out, 1)) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		if (!weir_tensor_equal_bits(out[0], expected, NULL))
			atomic_fetch_add(&wrong, 1);
		weir_tensor_release(out[0]);
	}
	return NULL;
}

Test(threads, many_may_call_one_function_at_once)
{
	weir_tensor *out[1];
	int mode;

	f = must_function(rt, "network", network, NULL);
	must(weir_function_call(f, &in_eager_mode, &x, 1, out, 1));
	expected = out[0];
	for (mode = 0; mode < 2; mode++) {
		how = both_modes[mode];
		in_threads(compute);
		cr_expect_eq(wrong, 0, "%s", mode_names[mode]);
	}
	cr_expect_eq(weir_function_recordings(f), 1);
	weir_tensor_release(expected);
	weir_function_release(f);
}

/* -- calls that write ------------------------------------------------------------------- */

static weir_status
count_up(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *one = weir_constant(s, WEIR_I64, 1, ((int64_t[]){ 1 }), 1);

	(void)in;
	(void)arg;
	out[0] = weir_add(s, counter, one);
	weir_assign(s, counter, out[0]);
	weir_assign(s, twin, weir_add(s, twin, one));
	return weir_scope_status(s);
}

static int64_t seen[THREADS][CALLS];

static void *
count_many(void *arg)
{
	intptr_t me = (intptr_t)arg;
	weir_tensor *out[1];
	int i;

	for (i = 0; i < CALLS; i++) {
		if (weir_function_call(f, how, NULL, 0, out, 1)) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		seen[me][i] = (int64_t)weir_item_f64(out[0]);
		weir_tensor_release(out[0]);
	}
	return NULL;
}

static void
expect_each_number_once(void)
{
	static int times[THREADS * CALLS + 1];
	int i, j;

	memset(times, 0, sizeof times);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < CALLS; j++) {
			cr_assert(seen[i][j] >= 1 &&
				  seen[i][j] <= THREADS * CALLS);
			times[seen[i][j]]++;
			cr_expect(!j || seen[i][j] > seen[i][j - 1]);
		}
	for (i = 1; i <= THREADS * CALLS; i++)
		cr_expect_eq(times[i], 1, "%d was seen %d times", i, times[i]);
}

Test(threads, writers_of_one_variable_wait_for_each_other)
{
	f = must_function(rt, "count", count_up, NULL);
	how = &in_graph_mode;
	in_threads(count_many);
	cr_expect_eq(wrong, 0);
	expect_each_number_once();
	cr_expect_eq(weir_item_f64(counter), THREADS * CALLS);
	cr_expect_eq(weir_item_f64(twin), THREADS * CALLS);
	weir_function_release(f);
}

/* Not so yet: eager calls take no turns, and lose updates now and then. */
Test(threads, eager_writers_of_one_variable_wait_for_each_other)
{
	f = must_function(rt, "count", count_up, NULL);
	how = &in_eager_mode;
	in_threads(count_many);
	cr_expect_eq(wrong, 0);
	cr_expect_eq(weir_item_f64(counter), THREADS * CALLS);
	cr_expect_eq(weir_item_f64(twin), THREADS * CALLS);
	weir_function_release(f);
}

/* A run commits all its variables at one moment. */
static weir_status
look(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	(void)arg;
	out[0] = weir_sub(s, counter, twin);
	return weir_scope_status(s);
}

static weir_function *looking;

static void *
count_or_look(void *arg)
{
	weir_tensor *out[1];
	int i;

	for (i = 0; i < CALLS; i++) {
		weir_function *which = (intptr_t)arg % 2 ? looking : f;

		if (weir_function_call(which, NULL, NULL, 0, out, 1)) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		if (which == looking && weir_item_f64(out[0]) != 0)
			atomic_fetch_add(&wrong, 1);
		weir_tensor_release(out[0]);
	}
	return NULL;
}

Test(threads, a_reader_sees_all_writes_of_a_run_or_none)
{
	f = must_function(rt, "count", count_up, NULL);
	looking = must_function(rt, "look", look, NULL);
	in_threads(count_or_look);
	cr_expect_eq(wrong, 0);
	weir_function_release(looking);
	weir_function_release(f);
}

/* -- scopes, runtimes, regions -------------------------------------------------------------- */

static void *
run_alone(void *arg)
{
	weir_runtime *mine;
	weir_runtime_options options = { .size = sizeof options,
					 .threads = 1 + (intptr_t)arg % 3 };
	weir_function *own;
	weir_tensor *mine_x, *out[1];
	float bits[ROWS * ROWS];
	int i;

	if (weir_tensor_read(x, bits, sizeof bits) ||
	    weir_runtime_create(&options, &mine)) {
		atomic_fetch_add(&wrong, 1);
		return NULL;
	}
	if (weir_tensor_copy_of(mine, WEIR_F32, 2, weir_tensor_shape(x), bits,
				&mine_x) ||
	    weir_function_create(mine, "network", network, NULL, &own)) {
		atomic_fetch_add(&wrong, 1);
		return NULL;
	}
	for (i = 0; i < 10; i++) {
		if (weir_function_call(own, both_modes[i % 2], &mine_x, 1, out,
				       1) ||
		    !weir_tensor_equal_bits(out[0], expected, NULL))
			atomic_fetch_add(&wrong, 1);
		weir_tensor_release(out[0]);
	}
	weir_function_release(own);
	weir_tensor_release(mine_x);
	weir_runtime_release(mine);
	return NULL;
}

Test(threads, several_runtimes_coexist)
{
	weir_tensor *out[1];

	f = must_function(rt, "network", network, NULL);
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	expected = out[0];
	in_threads(run_alone);
	cr_expect_eq(wrong, 0);
	weir_tensor_release(expected);
	weir_function_release(f);
}

static void *
use_a_scope(void *arg)
{
	weir_scope *s;
	weir_tensor *out[1];
	int i;

	(void)arg;
	if (weir_scope_create(rt, "mine", &s)) {
		atomic_fetch_add(&wrong, 1);
		return NULL;
	}
	for (i = 0; i < 10; i++) {
		weir_scope_push(s, "step");
		if (network(s, &x, out, NULL) ||
		    !weir_tensor_equal_bits(out[0], expected, NULL))
			atomic_fetch_add(&wrong, 1);
		weir_scope_pop(s);
	}
	weir_scope_release(s);
	return NULL;
}

Test(threads, each_may_have_a_scope_of_its_own)
{
	weir_tensor *out[1];

	f = must_function(rt, "network", network, NULL);
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	expected = out[0];
	in_threads(use_a_scope);
	cr_expect_eq(wrong, 0);
	weir_tensor_release(expected);
	weir_function_release(f);
}

Test(threads, functions_can_be_called_inside_a_parallel_region)
{
	weir_tensor *out[1], *in[4] = { x, x, x, x };

	f = must_function(rt, "network", network, NULL);
	must(weir_function_call(f, NULL, &x, 1, out, 1));
	expected = out[0];
#pragma omp parallel num_threads(4)
	{
		weir_tensor *many[4];
		int i;

		compute(NULL);
		if (weir_run_batches(f, NULL, in, 1, many, 1, 4))
			atomic_fetch_add(&wrong, 1);
		else
			for (i = 0; i < 4; i++) {
				if (!weir_tensor_equal_bits(many[i], expected,
							    NULL))
					atomic_fetch_add(&wrong, 1);
				weir_tensor_release(many[i]);
			}
	}
	cr_expect_eq(wrong, 0);
	weir_tensor_release(expected);
	weir_function_release(f);
}

Test(threads, a_team_smaller_than_planned_completes_a_run)
{
	weir_tensor *out[1];

	f = must_function(rt, "network", network, NULL);
	must(weir_function_call(f, &in_eager_mode, &x, 1, out, 1));
	expected = out[0];
	omp_set_dynamic(1);		/* OpenMP may give fewer than asked for */
	omp_set_num_threads(1);
	compute(NULL);
	omp_set_max_active_levels(0);	/* one thread only */
	compute(NULL);
	cr_expect_eq(wrong, 0);
	weir_tensor_release(expected);
	weir_function_release(f);
}
