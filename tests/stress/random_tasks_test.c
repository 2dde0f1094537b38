/*
 * Random graphs of ops: each is done exactly once a run, after all that it
 * comes after, by teams of all sizes and both kinds and by several callers at
 * once; of those that fail, the first in program order is told.
 *
 * WEIR_TEST_SEED=n runs that one graph.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/random_program.h"
#include "support/seeds.h"
#include "support/tasks.h"
#include "support/team.h"

enum { TASKS_MAX = 400, AFTER_MAX = 6, GRAPHS = 120, RUNS = 5 };
enum { GRAPHS_LONG = 10000 };

/* One run at a time looks at these, except in the last test. */
static struct {
	int n_after;
	int after[AFTER_MAX];
	int64_t tiles;
	atomic_long tiles_done, finishes;
} tasks[TASKS_MAX];
static atomic_long run_number, out_of_order;

static weir_status
look(int64_t id, int64_t begin, int64_t end)
{
	long run = atomic_load(&run_number);
	int i;

	if (begin < 0) {
		if (atomic_load(&tasks[id].tiles_done) != run * tasks[id].tiles)
			atomic_fetch_add(&out_of_order, 1);
		atomic_fetch_add(&tasks[id].finishes, 1);
		return WEIR_OK;
	}
	for (i = 0; i < tasks[id].n_after; i++)
		if (atomic_load(&tasks[tasks[id].after[i]].finishes) != run)
			atomic_fetch_add(&out_of_order, 1);
	atomic_fetch_add(&tasks[id].tiles_done, end - begin);
	return WEIR_OK;
}

static int
draw_graph(struct made *m, struct random *random)
{
	int n = 2 + (int)random_below(random, random_chance(random, 30)
					      ? TASKS_MAX - 2 : 40);
	int reach = 1 + (int)random_below(random, 60), i, j;
	weir_tensor *made[TASKS_MAX], *after[AFTER_MAX];

	for (i = 0; i < n; i++) {
		struct task_attrs attrs = { .id = i };

		attrs.ns = 1000 * (double)(1 + random_below(random, 90));
		tasks[i].tiles = random_chance(random, 15)
			? 1 + random_below(random, 40) : 1;
		attrs.tiles = tasks[i].tiles;
		atomic_store(&tasks[i].tiles_done, 0);
		atomic_store(&tasks[i].finishes, 0);
		tasks[i].n_after = i ? (int)random_below(random,
							 AFTER_MAX + 1) : 0;
		for (j = 0; j < tasks[i].n_after; j++) {
			int back = 1 + (int)random_below(random, reach);

			tasks[i].after[j] = back > i ? 0 : i - back;
			after[j] = made[tasks[i].after[j]];
		}
		made[i] = add_task(m, &attrs, after,
				   (size_t)tasks[i].n_after);
	}
	return n;
}

static bool
try_graph(uint64_t seed, unsigned threads, int team)
{
	struct random random = { seed };
	struct made m = must_make_on(must_team(threads, teams[team]));
	int n = draw_graph(&m, &random), i, run;
	weir_plan *plan = must_compile(&m);
	bool is_parallel = weir_plan_get_info(plan).workers > 1;

	cr_expect_eq(weir_plan_check(plan), WEIR_OK, "%s", weir_error_text());
	for (run = 1; run <= RUNS; run++) {
		atomic_store(&run_number, run);
		cr_assert_eq(weir_plan_run(plan, &m.zero, 1, NULL, 0), WEIR_OK);
		for (i = 0; i < n; i++)
			cr_assert_eq(atomic_load(&tasks[i].finishes), run,
				     "WEIR_TEST_SEED=%d, %u threads, %s team, "
				     "task %d", (int)seed, threads,
				     team_names[team], i);
	}
	cr_expect_eq(atomic_load(&out_of_order), 0, "WEIR_TEST_SEED=%d, %u "
		     "threads, %s team", (int)seed, threads,
		     team_names[team]);
	weir_plan_release(plan);
	made_free(&m);
	return is_parallel;
}

Test(random_tasks, are_done_once_and_in_order_by_teams_of_all_sizes,
     .timeout = 600)
{
	static const unsigned sizes[] = { 1, 2, 3, 4, 8 };
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed, parallel = 0;

	task_work = look;
	for (seed = seeds.first; seed <= seeds.last; seed++)
		parallel += try_graph(seed, sizes[seed % 5],
				      seed / 5 % TEAMS);
	if (!seeds_are_few(seeds, GRAPHS))
		cr_expect_gt(parallel, seeds.last / 3);
}

/* -- failures -------------------------------------------------------------- */

enum { FAILING_MAX = 4 };

static int failing[FAILING_MAX], n_failing;

static weir_status
look_and_fail(int64_t id, int64_t begin, int64_t end)
{
	int i;

	for (i = 0; begin >= 0 && i < n_failing; i++)
		if (failing[i] == id)
			return weir_fail(WEIR_ERANGE, "no luck with %d;",
					 (int)id);
	return look(id, begin, end);
}

/* One run: all before the first that fails are done, and none that uses it. */
static void
fail_once(struct made *m, weir_plan *plan, int n, int seed)
{
	int first = failing[0], i, k;
	char wanted[40];

	for (i = 1; i < n_failing; i++)
		first = failing[i] < first ? failing[i] : first;
	for (i = 0; i < n; i++) {
		atomic_store(&tasks[i].tiles_done, 0);
		atomic_store(&tasks[i].finishes, 0);
	}
	atomic_store(&run_number, 1);
	cr_assert_eq(weir_plan_run(plan, &m->zero, 1, NULL, 0), WEIR_ERANGE);
	snprintf(wanted, sizeof wanted, "task: no luck with %d;", first);
	cr_expect(strstr(weir_error_text(), wanted), "WEIR_TEST_SEED=%d: %s, "
		  "not %s", seed, weir_error_text(), wanted);
	for (i = 0; i < n; i++) {
		long finishes = atomic_load(&tasks[i].finishes);

		cr_expect(i < first ? finishes == 1 : finishes <= 1,
			  "WEIR_TEST_SEED=%d: task %d, %ld times", seed, i,
			  finishes);
		for (k = 0; k < n_failing; k++)
			cr_expect(i != failing[k] || !finishes,
				  "WEIR_TEST_SEED=%d: task %d", seed, i);
	}
	cr_expect_eq(atomic_load(&out_of_order), 0, "WEIR_TEST_SEED=%d", seed);
}

FOR_BOTH_TEAMS(random_tasks, that_fail_are_told_in_program_order);

ParameterizedTest(int *team, random_tasks, that_fail_are_told_in_program_order,
		  .timeout = 1200)
{
	static const unsigned sizes[] = { 1, 2, 4, 8 };
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed;
	int i;

	for (seed = seeds.first; seed <= seeds.last; seed++) {
		struct random random = { seed };
		struct made m = must_make_on(must_team(sizes[seed % 4],
						       teams[*team]));
		int n = draw_graph(&m, &random);
		weir_plan *plan = must_compile(&m);

		n_failing = 1 + (int)random_below(&random, FAILING_MAX);
		for (i = 0; i < n_failing; i++)
			failing[i] = (int)random_below(&random, n);
		task_work = look_and_fail;
		for (i = 0; i < RUNS; i++)
			fail_once(&m, plan, n, (int)seed);
		weir_plan_release(plan);
		made_free(&m);
	}
}

/* -- many callers ---------------------------------------------------------- */

static weir_status
count(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		atomic_fetch_add(&tasks[id].finishes, 1);
	return WEIR_OK;
}

enum { CALLERS = 8, CALLS = 25 };

struct caller {
	struct made *m;
	weir_plan *plan;
};

static void *
call_often(void *arg)
{
	struct caller *c = arg;
	int i;

	for (i = 0; i < CALLS; i++)
		cr_assert_eq(weir_plan_run(c->plan, &c->m->zero, 1, NULL, 0),
			     WEIR_OK);
	return NULL;
}

FOR_BOTH_TEAMS(random_tasks,
	       are_done_once_a_run_where_eight_threads_run_the_plan);

ParameterizedTest(int *team, random_tasks,
		  are_done_once_a_run_where_eight_threads_run_the_plan,
		  .timeout = 600)
{
	struct seeds seeds = seeds_to_try(6, 200);
	uint64_t seed;

	task_work = count;
	for (seed = seeds.first; seed <= seeds.last; seed++) {
		struct random random = { seed };
		struct made m = must_make_on(must_team(2, teams[*team]));
		int n = draw_graph(&m, &random), i;
		struct caller c = { &m, must_compile(&m) };
		pthread_t threads[CALLERS];

		for (i = 0; i < CALLERS; i++)
			cr_assert_eq(pthread_create(&threads[i], NULL,
						    call_often, &c), 0);
		for (i = 0; i < CALLERS; i++)
			pthread_join(threads[i], NULL);
		for (i = 0; i < n; i++)
			cr_expect_eq(atomic_load(&tasks[i].finishes),
				     CALLERS * CALLS, "WEIR_TEST_SEED=%d",
				     (int)seed);
		weir_plan_release(c.plan);
		made_free(&m);
	}
}
