/*
 * Runs that are stopped at a random point: by a task of theirs, by somebody
 * outside, by a deadline. What has been run till then was run in order, each
 * task as often as the others or once more, and the next run is whole.
 *
 * WEIR_TEST_SEED=n stops that one run.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <sched.h>
#include <time.h>

#include "stress/ordered.h"
#include "stress/random_program.h"
#include "support/seeds.h"
#include "support/team.h"

enum { QUICK = 150 / ORDERED_SHARE, LONG = 5000 };
enum { TIMES_MAX = 5 };

static const unsigned threads[] = { 1, 2, 4, 8 };

enum { SIZES = sizeof threads / sizeof *threads };

/* Of the run under way. */
static atomic_int tasks_left;		/* until it is to be stopped */
static _Atomic(weir_run *) to_stop;	/* or NULL: not by a task */
static atomic_bool is_cancelled;	/* by who is outside */

static weir_status
count_down(struct ordered_task *task)
{
	weir_run *run;

	(void)task;
	if (atomic_fetch_sub_explicit(&tasks_left, 1, memory_order_relaxed) !=
	    1)
		return WEIR_OK;
	/* It may be faster than who has started the run. */
	while (!(run = atomic_load(&to_stop)))
		sched_yield();
	weir_run_cancel(run);
	return WEIR_OK;
}

static weir_status
count_down_only(struct ordered_task *task)
{
	(void)task;
	atomic_fetch_sub_explicit(&tasks_left, 1, memory_order_relaxed);
	return WEIR_OK;
}

/* The last counted one does not end before its run has been cancelled. */
static weir_status
count_down_and_stay(struct ordered_task *task)
{
	(void)task;
	if (atomic_fetch_sub_explicit(&tasks_left, 1, memory_order_relaxed) ==
	    1)
		while (!atomic_load(&is_cancelled))
			sched_yield();
	return WEIR_OK;
}

/* The last counted one takes longer than any deadline here. */
static weir_status
count_down_and_sleep(struct ordered_task *task)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	(void)task;
	if (atomic_fetch_sub_explicit(&tasks_left, 1, memory_order_relaxed) ==
	    1)
		nanosleep(&pause, NULL);
	return WEIR_OK;
}

/* Each of its tasks ran so many times, or once more, and in order. */
static void
expect_stopped_in_order(const struct ordered *g)
{
	unsigned least = -1u, most = 0;
	uint32_t i;

	for (i = 0; i < g->n; i++) {
		unsigned begun = atomic_load(&g->tasks[i].begun);

		cr_assert_eq(begun, atomic_load(&g->tasks[i].ended),
			     "WEIR_TEST_SEED=%d, task %u", (int)g->seed, i);
		least = begun < least ? begun : least;
		most = begun > most ? begun : most;
	}
	cr_expect_leq(most, least + 1, "WEIR_TEST_SEED=%d: tasks ran %u to %u "
		      "times", (int)g->seed, least, most);
	cr_expect_eq(atomic_load(&g->too_early), 0, "WEIR_TEST_SEED=%d",
		     (int)g->seed);
}

static void
expect_whole(struct ordered *g, weir_schedule *schedule)
{
	const char *fault;

	ordered_reset(g);
	g->also = NULL;
	cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_OK);
	fault = ordered_fault(g, 1);
	cr_expect_null(fault, "after a stopped run: %s", fault);
}

/* What is stopped, and how; fails the test unless it ends as it should.
 * Whether it was stopped. */
typedef bool stop_fn(struct ordered *g, weir_schedule *schedule,
		     unsigned times, struct random *random);

static void
try_all(weir_team team, stop_fn *stop, unsigned *stopped)
{
	struct seeds seeds = seeds_to_try(QUICK, LONG);
	uint64_t seed;
	size_t i;

	*stopped = 0;
	for (i = 0; i < SIZES; i++) {
		weir_runtime *runtime = must_team(threads[i], team);

		for (seed = seeds.first; seed <= seeds.last; seed++) {
			struct random random = { seed };
			unsigned times = 1 + (unsigned)random_below(&random,
								    TIMES_MAX);
			struct ordered *g;
			weir_schedule *schedule;

			if (seed % SIZES != i)
				continue;
			g = ordered_new(seed);
			schedule = ordered_compile(g, runtime);
			*stopped += stop(g, schedule, times, &random);
			expect_whole(g, schedule);
			weir_schedule_release(schedule);
			ordered_free(g);
		}
		weir_runtime_release(runtime);
	}
}

/* -- by a task ------------------------------------------------------------- */

static bool
cancel_inside(struct ordered *g, weir_schedule *schedule, unsigned times,
	      struct random *random)
{
	weir_run *run;

	g->also = count_down;
	atomic_store(&to_stop, NULL);
	atomic_store(&tasks_left, 1 + (int)random_below(random, g->n * times));
	cr_assert_eq(weir_schedule_start(schedule, times, NULL, &run),
		     WEIR_OK);
	atomic_store(&to_stop, run);
	/* It was not over, for the task was under way. */
	cr_expect_eq(weir_run_wait(run), WEIR_ECANCELED, "WEIR_TEST_SEED=%d",
		     (int)g->seed);
	cr_expect_str_eq(weir_error_text(), "t: cancelled");
	weir_run_release(run);
	expect_stopped_in_order(g);
	return true;
}

FOR_BOTH_TEAMS(cancel, by_a_task_at_a_random_point_leaves_all_in_order);

ParameterizedTest(int *team, cancel,
		  by_a_task_at_a_random_point_leaves_all_in_order,
		  .timeout = 600)
{
	unsigned stopped;

	try_all(teams[*team], cancel_inside, &stopped);
}

/* -- from outside ---------------------------------------------------------- */

static bool
ended_well(struct ordered *g, unsigned times, weir_status status,
	   weir_status stopped)
{
	const char *fault;

	if (status) {
		cr_expect_eq(status, stopped, "WEIR_TEST_SEED=%d: %s",
			     (int)g->seed, weir_error_text());
		expect_stopped_in_order(g);
		return true;
	}
	fault = ordered_fault(g, times);
	cr_expect_null(fault, "not stopped: %s", fault);
	return false;
}

static bool
cancel_outside(struct ordered *g, weir_schedule *schedule, unsigned times,
	       struct random *random)
{
	/* Every other run is there still when it is cancelled; the others
	 * may be at their ends. */
	bool stays = g->seed / SIZES % 2;
	weir_run *run;
	weir_status status;

	g->also = stays ? count_down_and_stay : count_down_only;
	atomic_store(&is_cancelled, false);
	atomic_store(&tasks_left, stays + (int)random_below(random,
							    g->n * times));
	cr_assert_eq(weir_schedule_start(schedule, times, NULL, &run),
		     WEIR_OK);
	while (atomic_load(&tasks_left) > 0)
		sched_yield();
	weir_run_cancel(run);
	atomic_store(&is_cancelled, true);
	status = weir_run_wait(run);
	if (stays)
		cr_expect_eq(status, WEIR_ECANCELED, "WEIR_TEST_SEED=%d",
			     (int)g->seed);
	weir_run_cancel(run);			/* does nothing any more */
	cr_expect_eq(weir_run_wait(run), status);
	weir_run_release(run);
	return ended_well(g, times, status, WEIR_ECANCELED);
}

FOR_BOTH_TEAMS(cancel, from_outside_at_a_random_point_leaves_all_in_order);

ParameterizedTest(int *team, cancel,
		  from_outside_at_a_random_point_leaves_all_in_order,
		  .timeout = 600)
{
	unsigned stopped;

	try_all(teams[*team], cancel_outside, &stopped);
	if (!is_one_seed())
		cr_expect_gt(stopped, 0);
}

/* -- by the clock ---------------------------------------------------------- */

static bool
let_time_pass(struct ordered *g, weir_schedule *schedule, unsigned times,
	      struct random *random)
{
	weir_start_options options = { .size = sizeof options };
	weir_run *run;
	weir_status status;

	/* Some are too slow; of the others nobody knows. */
	g->also = g->seed / SIZES % 8 ? NULL : count_down_and_sleep;
	options.deadline = 1e-6 * (double)(1 + random_below(random, 300));
	atomic_store(&tasks_left, 1 + (int)random_below(random, g->n * times));
	cr_assert_eq(weir_schedule_start(schedule, times, &options, &run),
		     WEIR_OK);
	status = weir_run_wait(run);
	weir_run_release(run);
	return ended_well(g, times, status, WEIR_ETIMEDOUT);
}

FOR_BOTH_TEAMS(cancel, by_a_deadline_leaves_all_in_order);

ParameterizedTest(int *team, cancel, by_a_deadline_leaves_all_in_order,
		  .timeout = 600)
{
	unsigned stopped;

	try_all(teams[*team], let_time_pass, &stopped);
	if (!is_one_seed())
		cr_expect_gt(stopped, 0);
}
