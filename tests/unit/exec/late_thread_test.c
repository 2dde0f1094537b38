/* A run on a resident team one of whose threads does not come. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/fence.h"
#include "support/team.h"

enum { CHAINS = 2, LENGTH = 20 };

static atomic_int gate;			/* 1: somebody waits; 2: open */

static weir_status
hold(void *arg)
{
	(void)arg;
	atomic_store(&gate, 1);
	while (atomic_load(&gate) != 2)
		usleep(100);
	return WEIR_OK;
}

static weir_status
count(void *arg)
{
	++*(int *)arg;
	return WEIR_OK;
}

/* So many chains of tasks that are worth a thread each. */
static weir_schedule *
must_compile(weir_runtime *runtime, weir_task_fn fn, int *counts,
	     unsigned chains, unsigned length)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	unsigned i, k;

	cr_assert_eq(weir_tasks_create(runtime, "chains", &tasks), WEIR_OK);
	for (i = 0; i < length; i++)
		for (k = 0; k < chains; k++) {
			weir_access a = { &counts[k], WEIR_READ_WRITE };

			cr_assert_eq(weir_tasks_add(tasks, fn, &counts[k], &a,
						    1, &heavy, NULL),
				     WEIR_OK);
		}
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	return schedule;
}

Test(late_thread, ends_a_run_without_a_thread_that_is_kept_by_another,
     .timeout = 120)
{
	weir_runtime *rt = must_team(CHAINS, WEIR_TEAM_RESIDENT);
	int counts[CHAINS] = { 0 }, none = 0, k;
	weir_schedule *held, *chains;
	bool is_over = false;
	weir_run *holding, *run;

	if (!weir__fence_is_there())
		cr_skip_test("no membarrier(2): the thread is waited for");
	held = must_compile(rt, hold, &none, 1, 1);
	chains = must_compile(rt, count, counts, CHAINS, LENGTH);
	cr_assert_eq(weir_schedule_get_info(chains).workers, CHAINS);
	cr_assert_eq(weir_schedule_start(held, 1, NULL, &holding), WEIR_OK);
	while (atomic_load(&gate) != 1)
		usleep(100);
	cr_assert_eq(weir_schedule_start(chains, 3, NULL, &run), WEIR_OK);
	cr_assert_eq(weir_run_wait_for(run, 60, &is_over), WEIR_OK);
	cr_expect(is_over);
	for (k = 0; is_over && k < CHAINS; k++)
		cr_expect_eq(counts[k], 3 * LENGTH);
	cr_expect_not(weir_run_is_over(holding));
	atomic_store(&gate, 2);
	cr_expect_eq(weir_run_wait(holding), WEIR_OK);
	cr_expect_eq(weir_run_wait(run), WEIR_OK);
	weir_run_release(run);
	weir_run_release(holding);
	/* and the thread that came late is there again */
	cr_expect_eq(weir_schedule_run(chains, 1), WEIR_OK);
	weir_schedule_release(chains);
	weir_schedule_release(held);
	weir_runtime_release(rt);
}
