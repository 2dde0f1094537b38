/*
 * Teams that start, work and stop, four times as many threads as processors:
 * no run hangs, no thread and no memory stays.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>

#include "stress/ordered.h"
#include "support/fault.h"
#include "support/process.h"
#include "support/seeds.h"
#include "support/team.h"

enum { QUICK = 40, LONG = 1000, WARM = 3, OVERSUBSCRIBED = 4 };

static unsigned
threads_to_ask_for(void)
{
	weir_runtime *runtime = must_team(0, WEIR_TEAM_DEFAULT);
	unsigned n = OVERSUBSCRIBED * weir_runtime_threads(runtime);

	weir_runtime_release(runtime);
	return n < 1024 ? n : 1024;
}

struct cycle {
	unsigned threads;
	int team;
	uint64_t seed;
	struct fault fault;
};

static weir_status
two_steps(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_matmul(s, weir_tanh(s, in[0]), weir_exp(s, in[0]));
	return weir_scope_status(s);
}

/* A plan for several workers. */
static void
call_a_function(weir_runtime *runtime)
{
	const int64_t shape[] = { 160, 160 };
	weir_tensor *x, *out[1];
	weir_function *f;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 2, shape, &x),
		     WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, "f", two_steps, NULL, &f),
		     WEIR_OK);
	cr_assert_eq(weir_function_call(f, NULL, &x, 1, out, 1), WEIR_OK, "%s",
		     weir_error_text());
	weir_tensor_release(out[0]);
	weir_tensor_release(x);
	weir_function_release(f);
}

static void
run_tasks(weir_runtime *runtime, uint64_t seed)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule = ordered_compile(graph, runtime);
	unsigned runs = 1;
	const char *fault;
	weir_run *run;

	cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_OK);
	if (seed % 2) {
		cr_assert_eq(weir_schedule_start(schedule, 1, NULL, &run),
			     WEIR_OK);
		cr_assert_eq(weir_run_wait(run), WEIR_OK);
		weir_run_release(run);
		runs++;
	}
	fault = ordered_fault(graph, runs);
	cr_expect_null(fault, "%s", fault);
	weir_schedule_release(schedule);
	ordered_free(graph);
}

/* On a thread of its own, so that a borrowed team ends too. */
static void *
start_and_stop(void *arg)
{
	struct cycle *cycle = arg;
	weir_allocator allocator = fault_allocator(&cycle->fault);
	weir_runtime_options options = { .size = sizeof options,
					 .threads = cycle->threads,
					 .team = teams[cycle->team],
					 .allocator = &allocator };
	weir_runtime *runtime;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK, "%s",
		     weir_error_text());
	if (cycle->seed % 3)
		run_tasks(runtime, cycle->seed);
	if (cycle->seed % 3 != 1)
		call_a_function(runtime);
	weir_runtime_release(runtime);
	return NULL;
}

FOR_BOTH_TEAMS(cycles, of_starting_and_stopping_leave_nothing_behind);

ParameterizedTest(int *team, cycles,
		  of_starting_and_stopping_leave_nothing_behind,
		  .timeout = 1200)
{
	struct cycle cycle = { .team = *team };
	struct seeds seeds = seeds_to_try(QUICK, LONG);
	unsigned threads = 0, files = 0;
	uint64_t n = 0;
	pthread_t thread;

	cycle.threads = threads_to_ask_for();
	for (cycle.seed = seeds.first; cycle.seed <= seeds.last;
	     cycle.seed++) {
		cr_assert_eq(pthread_create(&thread, NULL, start_and_stop,
					    &cycle), 0);
		pthread_join(thread, NULL);
		cr_assert_eq(cycle.fault.alive, 0, "WEIR_TEST_SEED=%d",
			     (int)cycle.seed);
		if (++n > WARM)
			continue;
		/* Some OpenMP keeps the threads that it has made for whoever
		 * comes next. */
		usleep(50000);
		threads = threads_now();
		files = files_now();
	}
	if (n <= WARM)
		return;
	n = threads_settled(threads);
	cr_expect_leq(n, threads, "%d threads, there were %u", (int)n,
		      threads);
	cr_expect_eq(files_now(), files);
}
