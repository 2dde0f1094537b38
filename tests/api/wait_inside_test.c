/* Tasks that wait for other runs: they help, and no run waits for itself. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/seeds.h"
#include "support/team.h"
#include "support/weir_test.h"

enum { CHAINS = 4, LENGTH = 10, RUNS = 5, THREADS_MAX = 3 };

/* -- schedules ------------------------------------------------------------- */

static weir_status
count(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	return WEIR_OK;
}

/* Chains of tasks that are worth a thread each: a run adds CHAINS * LENGTH. */
static weir_schedule *
must_chains(weir_runtime *runtime, atomic_int *counter)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	uint32_t i;

	must(weir_tasks_create(runtime, "chains", &tasks));
	for (i = 0; i < CHAINS * LENGTH; i++) {
		uint32_t after = i - CHAINS;

		must(weir_tasks_add_after(tasks, count, counter, &after,
					  i >= CHAINS, &heavy, NULL));
	}
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
	return schedule;
}

/* Independent tasks, each with its own argument. */
static weir_schedule *
must_tasks(weir_runtime *runtime, weir_task_fn fn, void *args, size_t size,
	   unsigned n)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	unsigned i;

	must(weir_tasks_create(runtime, "waiting", &tasks));
	for (i = 0; i < n; i++)
		must(weir_tasks_add_after(tasks, fn, (char *)args + i * size,
					  NULL, 0, &heavy, NULL));
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
	return schedule;
}

/* -- waiting ------------------------------------------------------------------- */

/* All tasks, and what they wait for, are there before the first of them waits:
 * how many are not. */
static atomic_int coming;

struct wait_for {
	weir_run *run;
	weir_schedule *runs;		/* instead, if it is not NULL */
};

static weir_status
wait_together(void *arg)
{
	const struct wait_for *w = arg;

	atomic_fetch_sub(&coming, 1);
	while (atomic_load(&coming) > 0)
		usleep(100);
	return w->runs ? weir_schedule_run(w->runs, 1) : weir_run_wait(w->run);
}

ParameterizedTestParameters(wait_inside, all_threads_may_wait)
{
	static const int rows[] = { 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 3);
}

/* Each thread of the team is in a task that waits for runs which nobody else
 * could do: one, after two others of its schedule, that was started, or one of
 * its own. */
ParameterizedTest(int *threads, wait_inside, all_threads_may_wait,
		  .timeout = 120)
{
	weir_runtime *runtime = must_team((unsigned)*threads,
					  WEIR_TEAM_RESIDENT);
	struct wait_for waits[THREADS_MAX] = { { .run = NULL } };
	atomic_int counts[2] = { 0 };
	weir_schedule *inner[2], *outer;
	weir_run *run, *runs[RUNS];
	int i, round;

	inner[0] = must_chains(runtime, &counts[0]);
	inner[1] = must_chains(runtime, &counts[1]);
	outer = must_tasks(runtime, wait_together, waits, sizeof *waits,
			   (unsigned)*threads);
	for (round = 0; round < 20; round++) {
		atomic_store(&coming, *threads + 1);
		must(weir_schedule_start(outer, 1, NULL, &run));
		for (i = 0; i < RUNS; i++)
			must(weir_schedule_start(inner[0], 1, NULL, &runs[i]));
		for (i = 0; i < *threads; i++)
			waits[i] = (struct wait_for){
				runs[2], (round + i) % 3 ? NULL : inner[1] };
		atomic_fetch_sub(&coming, 1);
		must(weir_run_wait(run));
		for (i = 0; i < RUNS; i++) {
			must(weir_run_wait(runs[i]));
			weir_run_release(runs[i]);
		}
		weir_run_release(run);
		cr_assert_eq(atomic_load(&counts[0]),
			     (round + 1) * RUNS * CHAINS * LENGTH);
	}
	weir_schedule_release(outer);
	weir_schedule_release(inner[0]);
	weir_schedule_release(inner[1]);
	weir_runtime_release(runtime);
}

enum { MANY = 20000 };

/* However many are before it. */
Test(wait_inside, for_the_last_of_very_many_runs, .timeout = 120)
{
	weir_runtime *runtime = must_team(1, WEIR_TEAM_RESIDENT);
	struct wait_for waits[2] = { { .run = NULL } };
	weir_run *outer, *last = NULL;
	weir_schedule *counting, *waiting;
	atomic_int counter = 0;
	int i;

	counting = must_tasks(runtime, count, &counter, 0, 1);
	waiting = must_tasks(runtime, wait_together, waits, sizeof *waits, 2);
	atomic_store(&coming, 2);	/* one thread: one task, then the other */
	must(weir_schedule_start(waiting, 1, NULL, &outer));
	for (i = 0; i < MANY; i++) {
		weir_run_release(last);
		must(weir_schedule_start(counting, 1, NULL, &last));
	}
	waits[0].run = last;
	waits[1].runs = counting;
	atomic_fetch_sub(&coming, 1);
	must(weir_run_wait(outer));
	must(weir_run_wait(last));
	cr_expect_eq(atomic_load(&counter), MANY + 1);
	weir_run_release(outer);
	weir_run_release(last);
	weir_schedule_release(waiting);
	weir_schedule_release(counting);
	weir_runtime_release(runtime);
}

/* -- circles ------------------------------------------------------------------- */

struct circle {
	weir_run *other;
	atomic_int is_set;
	weir_status status;
	char why[200];
};

static weir_status
wait_for_other(void *arg)
{
	struct circle *c = arg;

	while (!atomic_load(&c->is_set))
		usleep(100);
	c->status = weir_run_wait(c->other);
	strncpy(c->why, weir_error_text(), sizeof c->why - 1);
	return WEIR_OK;
}

/* Two runs whose tasks wait for each other, or one whose task waits for it. */
static void
try_circle(weir_runtime *runtime, int n)
{
	struct circle circles[2] = { { .other = NULL } };
	weir_schedule *schedules[2];
	weir_run *runs[2];
	int i, refused = 0;

	for (i = 0; i < n; i++) {
		schedules[i] = must_tasks(runtime, wait_for_other, &circles[i],
					  sizeof *circles, 1);
		must(weir_schedule_start(schedules[i], 1, NULL, &runs[i]));
	}
	for (i = 0; i < n; i++) {
		circles[i].other = runs[(i + 1) % n];
		atomic_store(&circles[i].is_set, 1);
	}
	for (i = 0; i < n; i++)
		cr_expect_eq(weir_run_wait(runs[i]), WEIR_OK);
	for (i = 0; i < n; i++) {
		refused += circles[i].status == WEIR_ESTATE;
		if (circles[i].status)
			cr_expect_str_eq(circles[i].why, "weir_run_wait: the "
					 "run waits for the task that is to "
					 "wait for it");
		weir_run_release(runs[i]);
		weir_schedule_release(schedules[i]);
	}
	cr_expect_eq(refused, 1);
}

ParameterizedTestParameters(wait_inside, is_refused_where_it_would_never_end)
{
	static const int rows[] = { 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 3);
}

ParameterizedTest(int *threads, wait_inside,
		  is_refused_where_it_would_never_end, .timeout = 120)
{
	weir_runtime *runtime = must_team((unsigned)*threads,
					  WEIR_TEAM_RESIDENT);
	int i;

	for (i = 0; i < 20; i++)
		try_circle(runtime, 1 + i % 2);
	weir_runtime_release(runtime);
}

/* The end of a run is a part of it: the next of its schedule comes later. */
static void
wait_at_end(weir_run *run, void *arg)
{
	(void)run;
	wait_for_other(arg);
}

Test(wait_inside, is_refused_when_a_run_is_over_for_the_next_of_its_schedule)
{
	weir_runtime *runtime = must_team(2, WEIR_TEAM_RESIDENT);
	atomic_int counter = 0;
	weir_schedule *chains = must_chains(runtime, &counter);
	struct circle circle = { .other = NULL };
	weir_start_options options = { .size = sizeof options,
				       .done = wait_at_end,
				       .done_arg = &circle };
	weir_run *run;

	must(weir_schedule_start(chains, 1, &options, &run));
	must(weir_schedule_start(chains, 1, NULL, &circle.other));
	atomic_store(&circle.is_set, 1);
	must(weir_run_wait(circle.other));
	cr_expect_eq(circle.status, WEIR_ESTATE);
	weir_run_release(run);
	weir_run_release(circle.other);
	weir_schedule_release(chains);
	weir_runtime_release(runtime);
}

/* -- many ---------------------------------------------------------------------------- */

enum { LEVELS = 5, TASKS = 6, GRAPHS = 60, GRAPHS_LONG = 3000 };

/* Tasks of a level run schedules of those below, start runs of them, and wait
 * for these or for others' of the same. */
struct level {
	weir_schedule *schedule, *below;
	atomic_int *ran;		/* tasks, of all levels */
	uint64_t seed;
	pthread_mutex_t lock;
	weir_run *shared;		/* of `below`; a reference */
};

static weir_run *
share_run(struct level *level)
{
	weir_run *run = NULL, *old;

	if (weir_schedule_start(level->below, 1, NULL, &run))
		return NULL;
	pthread_mutex_lock(&level->lock);
	old = level->shared;
	level->shared = run;
	pthread_mutex_unlock(&level->lock);
	return old;
}

static weir_status
wait_somehow(void *arg)
{
	struct level *level = arg;
	uint64_t number = (uint64_t)atomic_fetch_add(level->ran, 1);
	weir_status status = WEIR_OK;
	weir_run *run;

	if (!level->below)
		return WEIR_OK;
	/* A multiplicative hash: two in five. */
	if ((level->seed * 1000 + number) * 2654435761u % 5 < 2)
		return weir_schedule_run(level->below, 1);
	run = share_run(level);
	if (run)
		status = weir_run_wait(run);
	weir_run_release(run);
	return status;
}

static void
try_levels(uint64_t seed, unsigned threads, int team)
{
	weir_runtime *runtime = must_team(threads, teams[team]);
	struct level levels[LEVELS] = { { .schedule = NULL } };
	atomic_int ran = 0;
	weir_run *runs[RUNS];
	int i;

	for (i = 0; i < LEVELS; i++) {
		levels[i] = (struct level){
			.below = i ? levels[i - 1].schedule : NULL,
			.ran = &ran, .seed = seed };
		pthread_mutex_init(&levels[i].lock, NULL);
		levels[i].schedule = must_tasks(runtime, wait_somehow,
						&levels[i], 0,
						i < 2 ? TASKS : 2);
	}
	for (i = 0; i < RUNS; i++)
		must(weir_schedule_start(levels[LEVELS - 1].schedule, 1, NULL,
					 &runs[i]));
	must(weir_schedule_run(levels[LEVELS - 2].schedule, 1));
	for (i = 0; i < RUNS; i++) {
		cr_expect_eq(weir_run_wait(runs[i]), WEIR_OK,
			     "WEIR_TEST_SEED=%d: %s", (int)seed,
			     weir_error_text());
		weir_run_release(runs[i]);
	}
	for (i = LEVELS - 1; i >= 0; i--) {
		if (levels[i].shared)
			must(weir_run_wait(levels[i].shared));
		weir_run_release(levels[i].shared);
		weir_schedule_release(levels[i].schedule);
		pthread_mutex_destroy(&levels[i].lock);
	}
	cr_expect_gt(atomic_load(&ran), 2 * RUNS);
	weir_runtime_release(runtime);
}

FOR_BOTH_TEAMS(wait_inside, ends_whoever_waits_for_whom);

ParameterizedTest(int *team, wait_inside, ends_whoever_waits_for_whom,
		  .timeout = 600)
{
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed;

	for (seed = seeds.first; seed <= seeds.last; seed++)
		try_levels(seed, 1 + (unsigned)seed % 4, *team);
}
