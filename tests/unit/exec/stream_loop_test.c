/* The strict loop where a thread of the team has no processor. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

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

/* -- going ahead ----------------------------------------------------------- */

enum { LOOSE = 24, JOINS = 2, HELD = WEIR__AHEAD_MAX + 1 };

static struct weir__progress shared[CHAINS];
static bool ends_later;			/* who holds the first block is told */
static atomic_bool may_end;

struct loose {
	int times;
	bool is_of_first;	/* stream, and no join */
	int *first_done;	/* of these, how many */
};

/* The last that can go ahead of the first block: that one has ended now. */
static weir_status
run_loose(void *arg)
{
	struct loose *task = arg;

	task->times++;
	if (!task->is_of_first || ++*task->first_done != WEIR__AHEAD_MAX)
		return WEIR_OK;
	if (ends_later)
		atomic_store(&may_end, true);
	else
		atomic_store_explicit(&shared[0].done, 1,
				      memory_order_release);
	return WEIR_OK;
}

/* Some time after the others: who has run these has looked for the last time
 * whether they are done with it. Whoever sleeps is told. */
static void *
end_later(void *arg)
{
	struct weir__stream_loop *loop = arg;
	const struct timespec some_time = { .tv_nsec = 5000000 };

	while (!atomic_load(&may_end))
		sched_yield();
	nanosleep(&some_time, NULL);
	atomic_store_explicit(&shared[0].done, 1, memory_order_release);
	weir__fence_light();
	if (weir__idle_is_anyone(&loop->idle))
		weir__idle_wake(&loop->idle, UINT32_MAX);
	return NULL;
}

/* Long tasks, and two that come after all of them: so each is a block. */
static weir_schedule *
must_make_loose(weir_runtime *runtime, struct loose *loose)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1e5 };
	uint32_t all[LOOSE], i;
	weir_schedule *schedule;
	weir_tasks *tasks;

	cr_assert_eq(weir_tasks_create(runtime, "loose", &tasks), WEIR_OK);
	for (i = 0; i < LOOSE + JOINS; i++) {
		cr_assert_eq(weir_tasks_add_after(tasks, run_loose, &loose[i],
						  all, i < LOOSE ? 0 : LOOSE,
						  &options, NULL), WEIR_OK);
		if (i < LOOSE)
			all[i] = i;
	}
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	return schedule;
}

/* The first block of the first stream has been taken by a thread that lost its
 * processor, and got it back only when nothing more could be done. */
static void
run_beside_one_that_is_held(void)
{
	struct weir__stream_run run = {
		.loop = { .progress = shared,
			  .run_block = weir__stream_run_block },
	};
	weir_runtime *runtime = must_runtime(CHAINS);
	struct loose loose[LOOSE + JOINS] = { { 0 } };
	const struct weir__schedule *s;
	char why[WEIR__ERROR_SIZE];
	int first_done = 0;
	uint32_t i, held;
	pthread_t holder;

	if (!weir__fence_is_there())
		cr_skip_test("no membarrier(2): waits are strict");
	run.schedule = must_make_loose(runtime, loose);
	run.loop.streams = s = run.schedule->streams;
	cr_assert_eq(s->workers, CHAINS);
	cr_assert_eq(s->n_blocks, LOOSE + JOINS);
	cr_assert_gt(s->first_block[1], HELD);
	held = s->items[0];
	for (i = 1; i < s->first_block[1]; i++)
		loose[s->items[i]].is_of_first = s->items[i] < LOOSE;
	for (i = 0; i < LOOSE + JOINS; i++)
		loose[i].first_done = &first_done;
	atomic_init(&shared[0].taken, 1);
	pthread_mutex_init(&run.failure_lock, NULL);
	atomic_init(&run.failed, UINT64_MAX);
	run.why = why;
	if (ends_later)
		cr_assert_eq(pthread_create(&holder, NULL, end_later,
					    &run.loop), 0);
	weir__stream_work(&run.loop, 1, CHAINS, 0, 1);
	if (ends_later)
		pthread_join(holder, NULL);
	for (i = 0; i < LOOSE + JOINS; i++)
		cr_expect_eq(loose[i].times, i != held);
	cr_expect_eq(run.status, WEIR_OK);
	pthread_mutex_destroy(&run.failure_lock);
	weir_schedule_release(run.schedule);
	weir_runtime_release(runtime);
}

Test(stream_loop, goes_ahead_of_a_block_that_does_not_end, .timeout = 60)
{
	run_beside_one_that_is_held();
}

/* Then nobody who ends a block can tell of those that have ended by then. */
Test(stream_loop, tells_of_blocks_that_ended_before_the_first, .timeout = 60)
{
	ends_later = true;
	run_beside_one_that_is_held();
}
