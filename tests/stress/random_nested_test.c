/*
 * Random schedules whose tasks run others, and those again: each task exactly
 * once a run, in order, with the bits of the serial program, whoever helps.
 *
 * WEIR_TEST_SEED=n runs that one graph.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "stress/ordered.h"
#include "support/seeds.h"
#include "support/team.h"

enum { LEVELS = 3, RUNS = 2 };
enum { GRAPHS = 40 / ORDERED_SHARE, GRAPHS_LONG = 2000 };

/* The outermost first. */
static struct level {
	struct ordered *graph;
	weir_schedule *schedule;
	atomic_uint runs;
} levels[LEVELS];

/* Some four tasks of each graph run the one below; its runs take turns, so
 * they wait for each other, too. */
static weir_status
run_below(struct ordered_task *task)
{
	uint32_t every = task->graph->n / 4 + 1;
	struct level *below = levels + 1;

	while (below < levels + LEVELS && below[-1].graph != task->graph)
		below++;
	if (below == levels + LEVELS ||
	    (task->number + task->graph->seed) % every)
		return WEIR_OK;
	atomic_fetch_add(&below->runs, 1);
	return weir_schedule_run(below->schedule, 1);
}

static void
run_top(void)
{
	weir_run *run;
	int i;

	for (i = 0; i < RUNS; i++) {
		atomic_fetch_add(&levels[0].runs, 2);
		cr_assert_eq(weir_schedule_run(levels[0].schedule, 1),
			     WEIR_OK, "%s", weir_error_text());
		cr_assert_eq(weir_schedule_start(levels[0].schedule, 1, NULL,
						 &run), WEIR_OK);
		cr_assert_eq(weir_run_wait(run), WEIR_OK, "%s",
			     weir_error_text());
		weir_run_release(run);
	}
}

static void
try_graphs(uint64_t seed, unsigned threads, int team)
{
	weir_runtime *runtime = must_team(threads, teams[team]);
	const char *fault;
	int i;

	for (i = 0; i < LEVELS; i++) {
		levels[i].graph = ordered_new(LEVELS * seed + (uint64_t)i);
		levels[i].graph->also = run_below;
		levels[i].schedule = ordered_compile(levels[i].graph, runtime);
		atomic_store(&levels[i].runs, 0);
	}
	run_top();
	for (i = 0; i < LEVELS; i++) {
		fault = ordered_fault(levels[i].graph,
				      atomic_load(&levels[i].runs));
		cr_expect_null(fault, "%s; WEIR_TEST_SEED=%d, level %d, %u "
			       "threads, %s team", fault, (int)seed, i,
			       threads, team_names[team]);
	}
	cr_expect_gt(atomic_load(&levels[LEVELS - 1].runs), 2 * RUNS);
	for (i = 0; i < LEVELS; i++) {
		weir_schedule_release(levels[i].schedule);
		ordered_free(levels[i].graph);
	}
	weir_runtime_release(runtime);
}

FOR_BOTH_TEAMS(random_nested, do_each_task_once_in_order_with_equal_bits);

ParameterizedTest(int *team, random_nested,
		  do_each_task_once_in_order_with_equal_bits, .timeout = 3600)
{
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed;

	for (seed = seeds.first; seed <= seeds.last; seed++)
		try_graphs(seed, 1 + (unsigned)seed % 4, *team);
}
