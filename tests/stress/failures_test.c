/*
 * Tasks that fail at random places: the one recorded first is the one that is
 * told, whatever the schedule; all recorded before it have run, nothing that
 * comes after one that has failed has, and the next run is whole.
 *
 * WEIR_TEST_SEED=n tries that one graph.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stress/ordered.h"
#include "stress/random_program.h"
#include "support/seeds.h"
#include "support/team.h"

enum { QUICK = 200 / ORDERED_SHARE, LONG = 10000 };
enum { FAILING_MAX = 4, RUNS = 3 };

static const unsigned threads[] = { 1, 2, 4, 8 };

enum { SIZES = sizeof threads / sizeof *threads };

/* Of the graph at hand. */
static uint32_t failing[FAILING_MAX], n_failing;

static weir_status
fail_where_told(struct ordered_task *task)
{
	uint32_t i;

	for (i = 0; i < n_failing; i++)
		if (failing[i] == task->number)
			return weir_fail(WEIR_ERANGE, "no luck with %u",
					 task->number);
	return WEIR_OK;
}

static uint32_t
first_of_failing(void)
{
	uint32_t first = failing[0], i;

	for (i = 1; i < n_failing; i++)
		if (failing[i] < first)
			first = failing[i];
	return first;
}

static bool
comes_after_a_failure(const struct ordered *g, uint32_t task)
{
	uint32_t i;

	for (i = 0; i < n_failing; i++)
		if (ordered_depends(g, task, failing[i]))
			return true;
	return false;
}

/* After one run, which has failed. */
static void
expect_failed_in_order(const struct ordered *g, const char *said)
{
	uint32_t first = first_of_failing(), i;
	char wanted[80];

	snprintf(wanted, sizeof wanted, "t: task %u failed: no luck with %u",
		 first, first);
	cr_expect_str_eq(said, wanted, "WEIR_TEST_SEED=%d: %s, not %s",
			 (int)g->seed, said, wanted);
	for (i = 0; i < g->n; i++) {
		unsigned begun = atomic_load(&g->tasks[i].begun);

		cr_assert_leq(begun, 1, "WEIR_TEST_SEED=%d, task %u",
			      (int)g->seed, i);
		if (i <= first)
			cr_assert_eq(begun, 1, "WEIR_TEST_SEED=%d, task %u "
				     "was not run", (int)g->seed, i);
		else if (begun && comes_after_a_failure(g, i))
			cr_assert_fail("WEIR_TEST_SEED=%d, task %u was run "
				       "after a failure", (int)g->seed, i);
	}
	cr_expect_eq(atomic_load(&g->too_early), 0, "WEIR_TEST_SEED=%d",
		     (int)g->seed);
}

static weir_status
start_and_wait(weir_schedule *schedule)
{
	weir_status status;
	weir_run *run;

	cr_assert_eq(weir_schedule_start(schedule, 1, NULL, &run), WEIR_OK);
	status = weir_run_wait(run);
	weir_run_release(run);
	return status;
}

static void
try_graph(uint64_t seed, weir_runtime *runtime)
{
	struct random random = { seed };
	struct ordered *g = ordered_new(seed);
	weir_schedule *schedule = ordered_compile(g, runtime);
	const char *fault;
	uint32_t i;

	n_failing = 1 + (uint32_t)random_below(&random, FAILING_MAX);
	for (i = 0; i < n_failing; i++)
		failing[i] = (uint32_t)random_below(&random, g->n);
	g->also = fail_where_told;
	for (i = 0; i < RUNS; i++) {
		ordered_reset(g);
		cr_assert_eq(i % 2 ? start_and_wait(schedule)
			     : weir_schedule_run(schedule, 1), WEIR_ERANGE,
			     "WEIR_TEST_SEED=%d", (int)seed);
		expect_failed_in_order(g, weir_error_text());
	}
	g->also = NULL;
	ordered_reset(g);
	cr_assert_eq(weir_schedule_run(schedule, 2), WEIR_OK);
	fault = ordered_fault(g, 2);
	cr_expect_null(fault, "after failures: %s", fault);
	weir_schedule_release(schedule);
	ordered_free(g);
}

FOR_BOTH_TEAMS(failures, at_random_tasks_are_told_in_program_order);

ParameterizedTest(int *team, failures,
		  at_random_tasks_are_told_in_program_order, .timeout = 600)
{
	struct seeds seeds = seeds_to_try(QUICK, LONG);
	uint64_t seed;
	size_t i;

	for (i = 0; i < SIZES; i++) {
		weir_runtime *runtime = must_team(threads[i], teams[*team]);

		for (seed = seeds.first; seed <= seeds.last; seed++)
			if (seed % SIZES == i)
				try_graph(seed, runtime);
		weir_runtime_release(runtime);
	}
}

/* -- two that fail, a thousand times --------------------------------------- */

enum { TWICE = 1000 };

static bool is_patient;
static unsigned later_first;	/* runs in which it had begun before */

/* In every second run the sooner one gives the later one a millisecond. */
static weir_status
fail_after_the_later(struct ordered_task *task)
{
	const struct ordered_task *later = &task->graph->tasks[failing[0]];
	unsigned i;

	if (task->number != failing[1])
		return fail_where_told(task);
	for (i = 0; is_patient && i < 20 && !atomic_load(&later->begun); i++)
		usleep(50);
	later_first += atomic_load(&later->begun) > 0;
	return fail_where_told(task);
}

/* Two that do not depend on each other. */
static void
choose_two(const struct ordered *g)
{
	uint32_t later, sooner;

	n_failing = 2;
	for (sooner = g->n / 2; sooner < g->n; sooner++)
		for (later = g->n - 1; later > sooner; later--) {
			if (ordered_depends(g, later, sooner) ||
			    g->tasks[later].n_after > 1)
				continue;
			failing[0] = later;
			failing[1] = sooner;
			return;
		}
	cr_assert_fail("WEIR_TEST_SEED=%d has no two", (int)g->seed);
}

FOR_BOTH_TEAMS(failures, of_two_tasks_have_one_answer_in_a_thousand_runs);

ParameterizedTest(int *team, failures,
		  of_two_tasks_have_one_answer_in_a_thousand_runs,
		  .timeout = 600)
{
	weir_runtime *runtime = must_team(4, teams[*team]);
	struct ordered *g;
	weir_schedule *schedule;
	uint64_t seed = 0;
	int i;

	/* The first that is wide. */
	for (;;) {
		g = ordered_new(++seed);
		schedule = ordered_compile(g, runtime);
		if (g->n > 40 && !g->by_memory &&
		    weir_schedule_get_info(schedule).workers == 4)
			break;
		weir_schedule_release(schedule);
		ordered_free(g);
	}
	choose_two(g);
	g->also = fail_after_the_later;
	for (i = 0; i < TWICE; i++) {
		ordered_reset(g);
		is_patient = i % 2;
		cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_ERANGE);
		expect_failed_in_order(g, weir_error_text());
	}
	cr_expect_gt(later_first, 0);
	weir_schedule_release(schedule);
	ordered_free(g);
	weir_runtime_release(runtime);
}
