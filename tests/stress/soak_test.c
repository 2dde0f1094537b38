/*
 * A long time of everything at once, lap after lap: at the end of the last
 * there are as many threads, but for a few, open files, blocks and bytes as
 * after the first.
 *
 * One and a half seconds in make check, a minute in make check-long.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#include "stress/ordered.h"
#include "stress/random_program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/sanitizer.h"
#include "support/seeds.h"
#include "support/team.h"

enum { SEEDS = 8, THREADS = 4, CALLERS = 3, WARM_LAPS = 2 };

static const double QUICK_SECONDS = 1.5, LONG_SECONDS = 60;

static struct fault fault;		/* both runtimes' allocator */
static weir_runtime *runtimes[TEAMS];

/* -- what is done ---------------------------------------------------------- */

static weir_status
fail_in_the_middle(struct ordered_task *task)
{
	return task->number == task->graph->n / 2
		? weir_fail(WEIR_EOP, "as told") : WEIR_OK;
}

static void
start_and_cancel(weir_schedule *schedule)
{
	weir_status status;
	weir_run *run;

	cr_assert_eq(weir_schedule_start(schedule, 3, NULL, &run), WEIR_OK);
	sched_yield();
	weir_run_cancel(run);
	status = weir_run_wait(run);
	cr_assert(status == WEIR_OK || status == WEIR_ECANCELED, "%s",
		  weir_error_text());
	weir_run_release(run);
}

static void
run_tasks(weir_runtime *runtime, uint64_t seed)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule = ordered_compile(graph, runtime);
	const char *why;

	start_and_cancel(schedule);
	graph->also = fail_in_the_middle;
	cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_EOP);
	graph->also = NULL;
	ordered_reset(graph);
	cr_assert_eq(weir_schedule_run(schedule, 4), WEIR_OK);
	why = ordered_fault(graph, 4);
	cr_assert_null(why, "%s", why);
	weir_schedule_release(schedule);
	ordered_free(graph);
}

static void *
run_once(void *schedule)
{
	return weir_schedule_run(schedule, 1) ? schedule : NULL;
}

/* From threads that come and go. */
static void
run_from_threads(weir_runtime *runtime, uint64_t seed)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule;
	pthread_t callers[CALLERS];
	const char *why;
	void *failed;
	int i;

	graph->may_overlap = true;
	schedule = ordered_compile(graph, runtime);
	for (i = 0; i < CALLERS; i++)
		cr_assert_eq(pthread_create(&callers[i], NULL, run_once,
					    schedule), 0);
	for (i = 0; i < CALLERS; i++) {
		pthread_join(callers[i], &failed);
		cr_assert_null(failed);
	}
	why = ordered_fault(graph, CALLERS);
	cr_assert_null(why, "%s", why);
	weir_schedule_release(schedule);
	ordered_free(graph);
}

/* Recorded, run, trained, in both modes. Some programs fail. */
static void
call_functions(weir_runtime *runtime, uint64_t seed)
{
	struct instance instance;
	struct program program;
	weir_tensor *out[PROGRAM_OUTPUTS];
	int call;
	size_t i;

	program_init(&program, seed);
	instance_init(&instance, &program, runtime);
	for (call = 0; call < 3; call++) {
		weir_run_options options = {
			.size = sizeof options,
			.mode = call ? WEIR_MODE_GRAPH : WEIR_MODE_EAGER,
		};

		if (weir_function_call(instance.function, &options,
				       instance.in, program.n_in, out,
				       program.n_out)) {
			cr_assert(program.may_fail, "%s", weir_error_text());
			continue;
		}
		for (i = 0; i < program.n_out; i++)
			weir_tensor_release(out[i]);
	}
	instance_free(&instance);
}

static void
come_and_go(void)
{
	weir_runtime *runtime = must_team(2, WEIR_TEAM_RESIDENT);

	run_tasks(runtime, 1);
	weir_runtime_release(runtime);
}

static void
trace_some(weir_runtime *runtime)
{
	cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
	run_tasks(runtime, 2);
	weir_trace_stop(runtime);
	cr_assert_eq(weir_trace_write(runtime, file_path), WEIR_OK, "%s",
		     weir_error_text());
}

static void
do_a_lap(void)
{
	uint64_t seed;
	int team;

	for (team = 0; team < TEAMS; team++) {
		for (seed = 1; seed <= SEEDS; seed++) {
			run_tasks(runtimes[team], seed);
			run_from_threads(runtimes[team], seed);
			call_functions(runtimes[team], seed);
		}
		trace_some(runtimes[team]);
	}
	come_and_go();
}

/* -- what is left ---------------------------------------------------------- */

struct left {
	unsigned threads, files;
	long blocks;
	size_t in_use, resident;
};

/* With at most so many threads, if they can be waited for. */
static struct left
left_now(unsigned threads)
{
	struct left left = { 0 };
	int team;

	for (team = 0; team < TEAMS; team++) {
		weir_runtime_trim(runtimes[team]);
		left.in_use += weir_runtime_memory(runtimes[team]).in_use;
	}
	left.threads = threads_settled(threads);
	left.files = files_now();
	left.blocks = atomic_load(&fault.alive);
	left.resident = resident_bytes();
	return left;
}

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	int team;

	begin_file();
	for (team = 0; team < TEAMS; team++) {
		weir_runtime_options options = { .size = sizeof options,
						 .threads = THREADS,
						 .team = teams[team],
						 .allocator = &allocator };

		cr_assert_eq(weir_runtime_create(&options, &runtimes[team]),
			     WEIR_OK);
	}
}

static void
end(void)
{
	int team;

	for (team = 0; team < TEAMS; team++)
		weir_runtime_release(runtimes[team]);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

TestSuite(soak, .init = begin, .fini = end);

Test(soak, leaves_threads_files_and_memory_as_after_the_first_laps,
     .timeout = 1200)
{
	double seconds = is_long() ? LONG_SECONDS : QUICK_SECONDS;
	double until = seconds_now() + seconds;
	struct left first, last;
	unsigned laps;

	for (laps = 0; laps < WARM_LAPS; laps++)
		do_a_lap();
	usleep(100000);		/* for threads that are about to end */
	first = left_now(threads_now());
	do {
		do_a_lap();
		laps++;
	} while (seconds_now() < until);
	last = left_now(first.threads);
	fprintf(stderr, "# %u laps: %u threads, %u files, %ld blocks, %zu "
		"bytes in use, %.1f MB resident (%.1f MB after %d laps)\n", laps,
		last.threads, last.files, last.blocks, last.in_use,
		1e-6 * (double)last.resident, 1e-6 * (double)first.resident,
		WARM_LAPS);
	/* LLVM's OpenMP keeps threads for whoever comes next, and has made as
	 * many as callers have happened to have at one time by then. */
	cr_expect_leq(last.threads, first.threads + CALLERS * (THREADS - 1));
	cr_expect_eq(last.files, first.files);
	cr_expect_eq(last.in_use, first.in_use);
	cr_expect_leq(last.blocks, first.blocks);
	/* Sanitizers keep what is released, to see who uses it then. */
	if (!IS_UNDER_ASAN && !IS_UNDER_TSAN)
		cr_expect_leq(last.resident,
			      first.resident + first.resident / 50 + (2 << 20));
}
