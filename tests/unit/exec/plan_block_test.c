/* Any team completes any plan; failures are eager's. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support/child.h"
#include "support/seeds.h"
#include "support/tasks.h"
#include "support/team.h"

enum { TASKS = 60, RUNS = 1000, CALLERS = 8 };

static atomic_int done[TASKS];

static weir_status
count(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		atomic_fetch_add(&done[id], 1);
	return WEIR_OK;
}

/* Tasks after earlier ones, all over; every tenth is cut into tiles. */
static weir_plan *
wide_plan(struct made *m, unsigned workers)
{
	weir_tensor *task[TASKS];
	weir_plan *plan;
	int64_t i;

	for (i = 0; i < TASKS; i++) {
		struct task_attrs attrs = { .ns = 1e5, .id = i,
					    .tiles = i % 10 ? 1 : 16 };
		weir_tensor *after[2];

		if (i >= 4) {
			after[0] = task[i - 1 - i % 4];
			after[1] = task[i / 2];
		}
		task[i] = add_task(m, &attrs, after, i < 4 ? 0 : 2);
	}
	cr_assert_eq(weir_graph_output(m->graph, task[TASKS - 1]), WEIR_OK);
	plan = must_compile(m);
	cr_assert_eq(weir_plan_get_info(plan).workers, workers);
	return plan;
}

static void
run_once(struct made *m, weir_plan *plan)
{
	weir_tensor *out = NULL;

	cr_assert_eq(weir_plan_run(plan, &m->zero, 1, &out, 1), WEIR_OK, "%s",
		     weir_error_text());
	cr_assert_eq(weir_item_f64(out), TASKS - 1);
	weir_tensor_release(out);
}

static bool
each_ran(int times)
{
	int i;

	for (i = 0; i < TASKS; i++)
		if (atomic_load(&done[i]) != times)
			return false;
	return true;
}

Test(plan_block, runs_every_task_once)
{
	struct made m = must_make(2);
	weir_plan *plan = wide_plan(&m, 2);
	int i;

	task_work = count;
	for (i = 1; i <= RUNS; i++) {
		run_once(&m, plan);
		cr_assert(each_ran(i), "run %d", i);
	}
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_block, runs_with_more_workers_than_processors)
{
	struct made m = must_make(8);
	weir_plan *plan = wide_plan(&m, 8);
	int i;

	task_work = count;
	for (i = 0; i < 50; i++)
		run_once(&m, plan);
	cr_expect(each_ran(50));
	weir_plan_release(plan);
	made_free(&m);
}

CHILD(starved)
{
	struct made m = must_make(4);
	weir_plan *plan = wide_plan(&m, 4);
	int i;

	task_work = count;
	for (i = 0; i < 20; i++)
		run_once(&m, plan);
	i = each_ran(20);
	weir_plan_release(plan);
	made_free(&m);
	return i ? 0 : 1;
}

Test(plan_block, completes_with_the_only_thread_that_the_limit_allows)
{
	cr_expect_eq(child_run("starved", "OMP_THREAD_LIMIT=1"), 0);
}

Test(plan_block, completes_with_fewer_threads_than_planned)
{
	cr_expect_eq(child_run("starved", "OMP_THREAD_LIMIT=2"), 0);
}

Test(plan_block, completes_where_openmp_may_give_fewer_threads)
{
	cr_expect_eq(child_run("starved", "OMP_DYNAMIC=true"), 0);
}

Test(plan_block, completes_inside_a_parallel_region)
{
	struct made m = must_make(2);
	weir_plan *plan = wide_plan(&m, 2);

	task_work = count;
#pragma omp parallel num_threads(3)
	run_once(&m, plan);
#pragma omp parallel num_threads(1)
	run_once(&m, plan);
	cr_expect(atomic_load(&done[0]) >= 2);
	weir_plan_release(plan);
	made_free(&m);
}

static void *
caller(void *arg)
{
	struct { struct made *m; weir_plan *plan; } *both = arg;
	int i;

	for (i = 0; i < 40; i++)
		run_once(both->m, both->plan);
	return NULL;
}

Test(plan_block, lets_eight_threads_run_one_plan_at_once)
{
	struct made m = must_make(2);
	struct { struct made *m; weir_plan *plan; } both = { &m, NULL };
	pthread_t threads[CALLERS];
	int i;

	both.plan = wide_plan(&m, 2);
	task_work = count;
	for (i = 0; i < CALLERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, caller, &both),
			     0);
	for (i = 0; i < CALLERS; i++)
		pthread_join(threads[i], NULL);
	cr_expect(each_ran(CALLERS * 40));
	weir_plan_release(both.plan);
	made_free(&m);
}

/* -- failures -------------------------------------------------------------- */

static weir_status
fail_odd(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		atomic_fetch_add(&done[id], 1);
	if (begin >= 0 && id % 2)
		return weir_fail(WEIR_ERANGE, "task %d fails", (int)id);
	return WEIR_OK;
}

static void
expect_failure(struct made *m, weir_plan *plan, const char *what)
{
	weir_tensor *out = NULL;

	cr_assert_eq(weir_plan_run(plan, &m->zero, 1, &out, 1), WEIR_ERANGE);
	cr_assert_null(out);
	cr_assert(strstr(weir_error_text(), what), "%s", weir_error_text());
}

FOR_BOTH_TEAMS(plan_block,
	       reports_the_failure_of_the_lowest_ordinal_whoever_is_first);

ParameterizedTest(int *team, plan_block,
		  reports_the_failure_of_the_lowest_ordinal_whoever_is_first)
{
	struct made m = must_make_on(must_team(2, teams[*team]));
	struct task_attrs join = { .ns = 10, .id = 50 };
	weir_tensor *both[8];
	weir_plan *plan;
	int i;

	for (i = 0; i < 8; i++)		/* 3, 5, 7 and 9 fail */
		both[i] = task_after(&m, i + 2, 1e5, NULL);
	cr_assert_eq(weir_graph_output(m.graph, add_task(&m, &join, both, 8)),
		     WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_get_info(plan).workers, 2);
	task_work = fail_odd;
	for (i = 0; i < RUNS; i++)
		expect_failure(&m, plan, "task 3 fails");
	cr_expect_eq(atomic_load(&done[2]), RUNS);
	cr_expect_eq(atomic_load(&done[50]), 0);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_block, runs_nothing_that_comes_after_a_failure_in_a_plan_for_one)
{
	struct made m = must_make(1);
	weir_tensor *last = NULL;
	weir_plan *plan;
	int i;

	for (i = 0; i < 10; i++)
		last = task_after(&m, i == 4 ? 5 : 2 * i, 10,
				  i % 3 ? last : NULL);
	cr_assert_eq(weir_graph_output(m.graph, last), WEIR_OK);
	plan = must_compile(&m);
	task_work = fail_odd;
	expect_failure(&m, plan, "task 5 fails");
	for (i = 0; i < 10; i++)
		cr_expect_eq(atomic_load(&done[2 * i]), i < 4, "task %d", i);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_block, runs_nothing_that_depends_on_a_failure)
{
	struct made m = must_make(2);
	weir_tensor *ends[2];
	struct task_attrs join = { .ns = 10, .id = 30 };
	weir_plan *plan;
	int i;

	ends[0] = task_after(&m, 20, 1e5, task_after(&m, 1, 1e5, NULL));
	ends[1] = task_after(&m, 22, 1e5, task_after(&m, 2, 1e5, NULL));
	cr_assert_eq(weir_graph_output(m.graph, add_task(&m, &join, ends, 2)),
		     WEIR_OK);
	plan = must_compile(&m);
	task_work = fail_odd;
	for (i = 0; i < 200; i++)
		expect_failure(&m, plan, "task 1 fails");
	cr_expect_eq(atomic_load(&done[20]), 0);
	cr_expect_eq(atomic_load(&done[30]), 0);
	weir_plan_release(plan);
	made_free(&m);
}

static atomic_int finishes;

/* Tiles 5 and later fail, each range saying where it was. */
static weir_status
fail_late_tiles(int64_t id, int64_t begin, int64_t end)
{
	(void)id;
	if (begin < 0)
		atomic_fetch_add(&finishes, 1);
	else if (end > 5)
		return weir_fail(WEIR_ERANGE, "tile %d fails",
				 begin > 5 ? (int)begin : 5);
	return WEIR_OK;
}

Test(plan_block, reports_the_lowest_tile_that_fails_and_finishes_nothing)
{
	struct made m = must_make(2);
	struct task_attrs attrs = { .ns = 1e6, .id = 1, .tiles = 64 };
	weir_plan *plan;
	int i;

	cr_assert_eq(weir_graph_output(m.graph, add_task(&m, &attrs, NULL, 0)),
		     WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_get_info(plan).workers, 2);
	task_work = fail_late_tiles;
	for (i = 0; i < RUNS; i++)
		expect_failure(&m, plan, "tile 5 fails");
	cr_expect_eq(atomic_load(&finishes), 0);
	weir_plan_release(plan);
	made_free(&m);
}

/* Task 1 fails a little later each time; of task 2 all tiles fail. */
static int delay;

static weir_status
fail_both(int64_t id, int64_t begin, int64_t end)
{
	volatile int i;

	(void)end;
	if (begin < 0)
		atomic_fetch_add(&finishes, 1);
	for (i = 0; id == 1 && i < delay; i++)
		;
	return weir_fail(WEIR_ERANGE, "task %d fails", (int)id);
}

Test(plan_block, finishes_nothing_that_failed_while_something_else_fails)
{
	struct made m = must_make(2);
	struct task_attrs attrs[] = { { .ns = 1e6, .id = 1 },
				      { .ns = 1e6, .id = 2, .tiles = 4 } };
	int runs = (is_long() ? 100 : 10) * RUNS, i;
	weir_plan *plan;

	for (i = 0; i < 2; i++)
		cr_assert_eq(weir_graph_output(m.graph, add_task(
			&m, &attrs[i], NULL, 0)), WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_get_info(plan).workers, 2);
	task_work = fail_both;
	for (i = 0; i < runs; i++) {
		weir_tensor *out[2] = { NULL };

		delay = i % 3000;
		cr_assert_eq(weir_plan_run(plan, &m.zero, 1, out, 2),
			     WEIR_ERANGE);
		cr_assert(strstr(weir_error_text(), "task 1 fails"), "%s",
			  weir_error_text());
	}
	cr_expect_eq(atomic_load(&finishes), 0);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_block, can_run_a_plan_again_after_a_failure)
{
	struct made m = must_make(2);
	weir_plan *plan = wide_plan(&m, 2);
	int i;

	for (i = 0; i < 20; i++) {
		task_work = fail_odd;
		expect_failure(&m, plan, "task 1 fails");
		task_work = NULL;
		run_once(&m, plan);
	}
	weir_plan_release(plan);
	made_free(&m);
}
