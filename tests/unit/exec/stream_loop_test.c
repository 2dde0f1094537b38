/* The strict loop where a thread of the team has no processor. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/fence.h"
#include "exec/stream.h"
#include "support/weir_test.h"

enum { CHAINS = 2, LENGTH = 12 };

struct link {
	int *chain, number, times;
};

static weir_status
step(void *arg)
{
	struct link *link = arg;

	if (*link->chain != link->number)
		return WEIR_EINVAL;	/* out of order */
	++*link->chain;
	link->times++;
	return WEIR_OK;
}

static weir_schedule *
must_make_chains(weir_runtime *runtime, int *chains,
		 struct link links[CHAINS][LENGTH])
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1e5 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	int i, k;

	cr_assert_eq(weir_tasks_create(runtime, "chains", &tasks), WEIR_OK);
	for (i = 0; i < LENGTH; i++)
		for (k = 0; k < CHAINS; k++) {
			weir_access access = { &chains[k], WEIR_READ_WRITE };

			links[k][i] = (struct link){ &chains[k], i, 0 };
			cr_assert_eq(weir_tasks_add(tasks, step, &links[k][i],
						    &access, 1, &options,
						    NULL), WEIR_OK);
		}
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	return schedule;
}

/* Who came does the work of who did not, and that one, late, does nothing. */
Test(stream_loop, goes_on_without_a_thread_that_does_not_come)
{
	struct weir__progress progress[CHAINS];
	struct weir__stream_run run = {
		.loop = { .progress = progress,
			  .run_block = weir__stream_run_block },
	};
	weir_runtime *runtime = must_runtime(CHAINS);
	struct link links[CHAINS][LENGTH];
	int chains[CHAINS] = { 0 }, i, k;
	char why[WEIR__ERROR_SIZE];

	if (!weir__fence_is_there())
		cr_skip_test("no membarrier(2): waits are strict");
	run.schedule = must_make_chains(runtime, chains, links);
	cr_assert_eq(run.schedule->info.workers, CHAINS);
	run.loop.streams = run.schedule->streams;
	memset(progress, 0, sizeof progress);
	pthread_mutex_init(&run.failure_lock, NULL);
	atomic_init(&run.failed, UINT64_MAX);
	run.why = why;
	weir__stream_work(&run.loop, 1, CHAINS, 0, 1);
	for (k = 0; k < CHAINS; k++)
		cr_expect_eq(chains[k], LENGTH);
	weir__stream_work(&run.loop, 0, CHAINS, 0, 1);
	for (k = 0; k < CHAINS; k++)
		for (i = 0; i < LENGTH; i++)
			cr_expect_eq(links[k][i].times, 1);
	cr_expect_eq(run.status, WEIR_OK);
	cr_expect_eq(atomic_load(&run.loop.opened), 1);
	pthread_mutex_destroy(&run.failure_lock);
	weir_schedule_release(run.schedule);
	weir_runtime_release(runtime);
}
