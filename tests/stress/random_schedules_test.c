/*
 * Random schedules: each task exactly once a run, in order, with the bits of
 * the serial program, on 1, 2, 4 and 8 threads of either team, on fewer than
 * planned, and where eight threads run one of them.
 *
 * WEIR_TEST_SEED=n runs that one graph.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdio.h>

#include "stress/ordered.h"
#include "support/child.h"
#include "support/seeds.h"
#include "support/team.h"

enum { GRAPHS = 100 / ORDERED_SHARE, GRAPHS_LONG = 10000 };

static const unsigned threads[] = { 1, 2, 4, 8 };

enum { SIZES = sizeof threads / sizeof *threads };

struct tally {
	unsigned parallel, by_memory, waits;
};

/* A run, some in one go, and some that nobody waits for. */
static unsigned
run_some(weir_schedule *schedule)
{
	weir_run *run;

	cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_OK);
	cr_assert_eq(weir_schedule_run(schedule, 3), WEIR_OK);
	cr_assert_eq(weir_schedule_start(schedule, 2, NULL, &run), WEIR_OK,
		     "%s", weir_error_text());
	cr_assert_eq(weir_run_wait(run), WEIR_OK);
	weir_run_release(run);
	return 6;
}

static void
try_graph(uint64_t seed, weir_runtime *runtime, int team, struct tally *tally)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule = ordered_compile(graph, runtime);
	weir_schedule_info info = weir_schedule_get_info(schedule);
	unsigned runs = run_some(schedule);
	const char *fault = ordered_fault(graph, runs);

	cr_expect_null(fault, "%s; %u threads, %s team", fault,
		       weir_runtime_threads(runtime), team_names[team]);
	tally->parallel += info.workers > 1;
	tally->by_memory += graph->by_memory;
	tally->waits += info.waits > 0;
	weir_schedule_release(schedule);
	ordered_free(graph);
}

FOR_BOTH_TEAMS(random_schedules, do_each_task_once_in_order_with_equal_bits);

ParameterizedTest(int *team, random_schedules,
		  do_each_task_once_in_order_with_equal_bits, .timeout = 3600)
{
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed, n = seeds.last - seeds.first + 1;
	struct tally tally = { 0 };
	size_t i;

	for (i = 0; i < SIZES; i++) {
		weir_runtime *runtime = must_team(threads[i], teams[*team]);

		for (seed = seeds.first; seed <= seeds.last; seed++)
			try_graph(seed, runtime, *team, &tally);
		weir_runtime_release(runtime);
	}
	if (is_one_seed())
		return;
	/* of 4 n, or it would be no trial of what it is for */
	cr_expect_gt(tally.parallel, n);
	cr_expect_gt(tally.waits, n);
	cr_expect_gt(tally.by_memory, n);
}

/* -- fewer threads than planned -------------------------------------------- */

enum { STARVED = 60 / ORDERED_SHARE, STARVED_LONG = 2000 };

/* Whoever there is takes the next block of any stream: another loop. */
CHILD(with_few_threads)
{
	struct seeds seeds = seeds_to_try(STARVED, STARVED_LONG);
	uint64_t seed;
	int team;

	for (team = 0; team < TEAMS; team++) {
		weir_runtime *runtime = must_team(8, teams[team]);

		for (seed = seeds.first; seed <= seeds.last; seed++) {
			struct ordered *graph = ordered_new(seed);
			weir_schedule *schedule = ordered_compile(graph,
								  runtime);
			const char *fault;

			if (weir_schedule_run(schedule, 1) ||
			    weir_schedule_run(schedule, 3))
				return 1;
			fault = ordered_fault(graph, 4);
			if (fault) {
				fprintf(stderr, "# %s, %s team\n", fault,
					team_names[team]);
				return 2;
			}
			weir_schedule_release(schedule);
			ordered_free(graph);
		}
		weir_runtime_release(runtime);
	}
	return 0;
}

Test(random_schedules, are_right_with_fewer_threads_than_planned,
     .timeout = 1200)
{
	cr_expect_eq(child_run("with_few_threads", "OMP_THREAD_LIMIT=2"), 0);
	cr_expect_eq(child_run("with_few_threads", "OMP_THREAD_LIMIT=3"), 0);
}

/* -- many callers ---------------------------------------------------------- */

enum { CALLERS = 8, CALLS = 10 };
enum { SHARED = 24 / ORDERED_SHARE, SHARED_LONG = 400 };

/* Some wait, some start and wait then. */
static void *
call_often(void *schedule)
{
	weir_run *run;
	int i;

	for (i = 0; i < CALLS; i++) {
		if (i % 3) {
			if (weir_schedule_run(schedule, 1))
				return schedule;
			continue;
		}
		if (weir_schedule_start(schedule, 1, NULL, &run) ||
		    weir_run_wait(run))
			return schedule;
		weir_run_release(run);
	}
	return NULL;
}

static void
share(struct ordered *graph, weir_runtime *runtime)
{
	weir_schedule *schedule = ordered_compile(graph, runtime);
	pthread_t callers[CALLERS];
	const char *fault;
	void *failed;
	int i;

	for (i = 0; i < CALLERS; i++)
		cr_assert_eq(pthread_create(&callers[i], NULL, call_often,
					    schedule), 0);
	for (i = 0; i < CALLERS; i++) {
		pthread_join(callers[i], &failed);
		cr_expect_null(failed);
	}
	fault = ordered_fault(graph, CALLERS * CALLS);
	cr_expect_null(fault, "%s; %u threads", fault,
		       weir_runtime_threads(runtime));
	weir_schedule_release(schedule);
}

ParameterizedTestParameters(random_schedules, are_run_by_eight_threads_at_once)
{
	static const int rows[] = { 0, 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 4);
}

/* In turns or together, on either team. */
ParameterizedTest(int *row, random_schedules, are_run_by_eight_threads_at_once,
		  .timeout = 1200)
{
	struct seeds seeds = seeds_to_try(SHARED, SHARED_LONG);
	uint64_t seed;
	size_t i;

	for (i = 0; i < SIZES; i++) {
		weir_runtime *runtime = must_team(threads[i],
						  teams[*row % TEAMS]);

		for (seed = seeds.first; seed <= seeds.last; seed++) {
			struct ordered *graph;

			if (seed % SIZES != i)
				continue;
			graph = ordered_new(seed);
			graph->may_overlap = *row >= TEAMS;
			share(graph, runtime);
			ordered_free(graph);
		}
		weir_runtime_release(runtime);
	}
}
