/* Runs that nobody waits for, several at once, on both kinds of team. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/sanitizer.h"
#include "support/team.h"
#include "support/weir_test.h"

enum { WIDTH = 6, DEPTH = 50, TASKS = WIDTH * DEPTH };
enum { NO_TASK = TASKS, ALL_TASKS };

/* A grid of tasks, each after three of the row before: every run adds one to
 * each, with nothing atomic about it unless runs may overlap. */
struct grid {
	unsigned counts[TASKS];
	weir_runtime *runtime;
	weir_schedule *schedule;
};

static weir_status
count(void *arg)
{
	++*(unsigned *)arg;
	return WEIR_OK;
}

static weir_status
count_together(void *arg)
{
	__atomic_fetch_add((unsigned *)arg, 1, __ATOMIC_RELAXED);
	return WEIR_OK;
}

/* The task with this number does fn(arg) instead; ALL_TASKS: each does fn with
 * its counter, and runs may overlap. */
static struct grid *
must_grid(weir_runtime *runtime, uint32_t odd, weir_task_fn fn, void *arg)
{
	weir_task_fn usual = odd == ALL_TASKS ? fn : count;
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 20000 };
	struct grid *g = calloc(1, sizeof *g);
	weir_tasks *tasks;
	uint32_t i;

	cr_assert_not_null(g);
	g->runtime = runtime;
	must(weir_tasks_create(runtime, "grid", &tasks));
	for (i = 0; i < TASKS; i++) {
		uint32_t after[3], n = 0, column = i % WIDTH;

		if (i >= WIDTH) {
			after[n++] = i - WIDTH;
			if (column > 0)
				after[n++] = i - WIDTH - 1;
			if (column + 1 < WIDTH)
				after[n++] = i - WIDTH + 1;
		}
		must(weir_tasks_add_after(tasks, i == odd ? fn : usual,
					  i == odd ? arg : &g->counts[i],
					  after, n, &heavy, NULL));
	}
	if (odd == ALL_TASKS)
		weir_tasks_allow_overlap(tasks);
	must(weir_tasks_compile(tasks, &g->schedule));
	weir_tasks_release(tasks);
	return g;
}

static void
free_grid(struct grid *g)
{
	weir_schedule_release(g->schedule);
	weir_runtime_release(g->runtime);
	free(g);
}

static bool
each_counted(const struct grid *g, unsigned times)
{
	int i;

	for (i = 0; i < TASKS; i++)
		if (g->counts[i] != times)
			return false;
	return true;
}

/* -- runs that are waited for ------------------------------------------------------ */

static void *
run_ten_times(void *schedule)
{
	int i;

	for (i = 0; i < 10; i++)
		if (weir_schedule_run(schedule, 1))
			return schedule;
	return NULL;
}

ParameterizedTestParameters(start, runs_of_one_schedule_take_turns_or_overlap)
{
	static const int rows[] = { 0, 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 4);
}

ParameterizedTest(int *row, start, runs_of_one_schedule_take_turns_or_overlap)
{
	struct grid *g = must_grid(must_team(3, teams[*row % 2]),
				   *row < 2 ? NO_TASK : ALL_TASKS,
				   count_together, NULL);
	pthread_t threads[8];
	void *failed;
	int i;

	for (i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, run_ten_times,
					    g->schedule), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &failed);
		cr_expect_null(failed);
	}
	cr_expect(each_counted(g, 80));
	free_grid(g);
}

Test(start, a_resident_team_runs_plans_and_batches_too)
{
	weir_runtime *rt = must_team(2, WEIR_TEAM_RESIDENT);
	struct grid *g = must_grid(rt, NO_TASK, NULL, NULL);
	int i;

	for (i = 0; i < 50; i++)
		must(weir_schedule_run(g->schedule, 3));
	cr_expect(each_counted(g, 150));
	free_grid(g);
}

/* -- handles ------------------------------------------------------------------------- */

static void
note_done(weir_run *run, void *arg)
{
	cr_expect(weir_run_is_over(run));
	atomic_fetch_add((atomic_int *)arg, 1);
}

ParameterizedTestParameters(start, many_runs_under_way_all_end)
{
	static const int rows[] = { 0, 1 };

	return cr_make_param_array(int, (void *)rows, 2);
}

/* Some are waited for in between, so that both kinds take turns. */
ParameterizedTest(int *row, start, many_runs_under_way_all_end)
{
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT),
				   *row ? ALL_TASKS : NO_TASK, count_together,
				   NULL);
	atomic_int done = 0;
	weir_start_options options = { .size = sizeof options,
				       .done = note_done, .done_arg = &done };
	weir_run *runs[200];
	int i;

	for (i = 0; i < 200; i++) {
		must(weir_schedule_start(g->schedule, 1, &options, &runs[i]));
		if (i % 20 == 0)
			must(weir_schedule_run(g->schedule, 1));
	}
	for (i = 0; i < 200; i++) {
		cr_expect_eq(weir_run_wait(runs[i]), WEIR_OK);
		cr_expect_eq(weir_run_wait(runs[i]), WEIR_OK);
		weir_run_release(runs[i]);
	}
	cr_expect(each_counted(g, 210));
	free_grid(g);		/* joins the team: callbacks are over */
	cr_expect_eq(done, 200);
}

/* Holds the run up until it is let go, the first time. */
static weir_status
hold(void *arg)
{
	atomic_int *gate = arg;
	int closed = 0;

	atomic_compare_exchange_strong(gate, &closed, 1);
	while (atomic_load(gate) != 2)
		usleep(100);
	return WEIR_OK;
}

static void
wait_until_held(atomic_int *gate)
{
	while (atomic_load(gate) != 1)
		usleep(100);
}

Test(start, can_be_polled_and_waited_for_with_a_limit)
{
	atomic_int gate = 0;
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), 0, hold,
				   &gate);
	bool is_over = true;
	weir_run *run;

	must(weir_schedule_start(g->schedule, 1, NULL, &run));
	wait_until_held(&gate);
	cr_expect_not(weir_run_is_over(run));
	must(weir_run_wait_for(run, 0, &is_over));
	cr_expect_not(is_over);
	must(weir_run_wait_for(run, 0.01, &is_over));
	cr_expect_not(is_over);
	atomic_store(&gate, 2);
	must(weir_run_wait_for(run, 60, &is_over));
	cr_expect(is_over);
	cr_expect(weir_run_is_over(run));
	weir_run_release(run);
	free_grid(g);
}

Test(start, a_cancelled_run_begins_no_more_and_says_so)
{
	atomic_int gate = 0;
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), 0, hold,
				   &gate);
	weir_run *run;

	must(weir_schedule_start(g->schedule, 5, NULL, &run));
	wait_until_held(&gate);
	weir_run_cancel(run);
	atomic_store(&gate, 2);
	cr_expect_eq(weir_run_wait(run), WEIR_ECANCELED);
	cr_expect_str_eq(weir_error_text(), "grid: cancelled");
	cr_expect_eq(g->counts[TASKS - 1], 0);
	weir_run_cancel(run);
	weir_run_release(run);

	/* and the next run of the same schedule is whole */
	must(weir_schedule_run(g->schedule, 1));
	cr_expect_eq(g->counts[TASKS - 1], 1);
	free_grid(g);
}

Test(start, a_deadline_ends_a_run)
{
	atomic_int gate = 0;
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), 0, hold,
				   &gate);
	weir_start_options options = { .size = sizeof options,
				       .deadline = 0.005 };
	weir_run *run;

	must(weir_schedule_start(g->schedule, 1, &options, &run));
	/* Where threads are late, nothing of it is begun. */
	while (atomic_load(&gate) != 1 && !weir_run_is_over(run))
		usleep(100);
	usleep(10000);
	atomic_store(&gate, 2);
	cr_expect_eq(weir_run_wait(run), WEIR_ETIMEDOUT);
	cr_expect_str_eq(weir_error_text(), "grid: the deadline is over");
	cr_expect_eq(g->counts[TASKS - 1], 0);
	weir_run_release(run);
	free_grid(g);
}

static weir_status
fail(void *arg)
{
	return weir_fail(WEIR_ERANGE, "%s", (const char *)arg);
}

Test(start, a_failure_comes_with_its_sentence)
{
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), 7, fail,
				   "no luck");
	weir_run *run;

	must(weir_schedule_start(g->schedule, 1, NULL, &run));
	cr_expect_eq(weir_run_wait(run), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "grid: task 7 failed: no luck");
	weir_run_release(run);
	free_grid(g);
}

Test(start, a_handle_may_be_let_go_at_once)
{
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), NO_TASK,
				   NULL, NULL);
	weir_run *run;
	int i;

	for (i = 0; i < 20; i++) {
		must(weir_schedule_start(g->schedule, 1, NULL, &run));
		weir_run_release(run);
	}
	must(weir_schedule_start(g->schedule, 1, NULL, &run));
	cr_expect_eq(weir_run_wait(run), WEIR_OK);
	weir_run_release(run);
	while (!each_counted(g, 21))
		usleep(100);
	/* The last of them may still be giving its state back. */
	usleep(20000);
	free_grid(g);
}

/* -- from a task -------------------------------------------------------------------------- */

struct nested {
	weir_schedule *inner;
	weir_run *outer;		/* the run that the task is of */
	atomic_int is_set;
	weir_status waited;
};

static weir_status
run_inner(void *arg)
{
	struct nested *n = arg;
	weir_status status;
	weir_run *run;

	while (!atomic_load(&n->is_set))
		usleep(100);
	n->waited = weir_run_wait(n->outer);
	status = weir_schedule_start(n->inner, 2, NULL, &run);
	if (!status && !weir_run_is_over(run))
		status = weir_fail(WEIR_ESTATE, "the inner run is not over");
	if (!status)
		status = weir_run_wait(run);
	weir_run_release(status ? NULL : run);
	return status ? status : weir_schedule_run(n->inner, 1);
}

Test(start, from_a_task_it_is_run_at_once_and_its_own_run_is_not_waited_for)
{
	weir_runtime *rt = must_team(2, WEIR_TEAM_RESIDENT);
	struct grid *inner = must_grid(rt, NO_TASK, NULL, NULL), *outer;
	struct nested nested = { .inner = inner->schedule };

	outer = must_grid(rt, 9, run_inner, &nested);
	must(weir_schedule_start(outer->schedule, 1, NULL, &nested.outer));
	atomic_store(&nested.is_set, 1);
	cr_expect_eq(weir_run_wait(nested.outer), WEIR_OK, "%s",
		     weir_error_text());
	cr_expect_eq(nested.waited, WEIR_ESTATE);
	cr_expect(each_counted(inner, 3));
	weir_run_release(nested.outer);
	weir_schedule_release(inner->schedule);
	free(inner);
	free_grid(outer);
}

static weir_status
run_own(void *arg)
{
	struct nested *n = arg;

	while (!atomic_load(&n->is_set))
		usleep(100);
	return weir_schedule_run(n->inner, 1);
}

Test(start, a_task_that_runs_its_own_schedule_is_told)
{
	struct nested nested = { 0 };
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), 9, run_own,
				   &nested);

	nested.inner = g->schedule;
	atomic_store(&nested.is_set, 1);
	cr_expect_eq(weir_schedule_run(g->schedule, 1), WEIR_ESTATE);
	cr_expect(strstr(weir_error_text(), "task 9 failed: grid: a task must "
			 "not run its own schedule"), "%s", weir_error_text());
	free_grid(g);
}

/* -- no processor is used by who has nothing to do -------------------------------------------- */

static double
processor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

Test(start, a_resident_team_sleeps_between_runs)
{
	struct grid *g = must_grid(must_team(4, WEIR_TEAM_RESIDENT), NO_TASK,
				   NULL, NULL);
	double before, used = 1;
	int i;

	/* Others may still be at it at first: OpenBLAS has threads too. */
	for (i = 0; i < 20 && used > 0.001; i++) {
		must(weir_schedule_run(g->schedule, 1));
		usleep(1000);
		before = processor_seconds();
		usleep(50000);
		used = processor_seconds() - before;
	}
	cr_expect_leq(used, 0.001);
	free_grid(g);
}

/* -- forks ------------------------------------------------------------------------------------ */

/* A runtime made in the child, where OpenMP may think that its parent's
 * threads are there. */
static bool
runs_anew(void)
{
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_BORROWED), NO_TASK,
				   NULL, NULL);
	bool is_right = !weir_runtime_is_forked(g->runtime) &&
			!weir_schedule_run(g->schedule, 2) &&
			each_counted(g, 2);

	free_grid(g);
	return is_right;
}

static int
in_child(struct grid *g)
{
	weir_run *run;

	if (!weir_runtime_is_forked(g->runtime) ||
	    weir_runtime_threads(g->runtime) != 1)
		return 1;
	if (weir_schedule_run(g->schedule, 3) || !each_counted(g, 4))
		return 2;
	if (weir_schedule_start(g->schedule, 1, NULL, &run) != WEIR_ESTATE)
		return 3;
	if (weir_runtime_revive(g->runtime) ||
	    weir_runtime_is_forked(g->runtime) ||
	    weir_runtime_threads(g->runtime) != 3)
		return 4;
	if (weir_schedule_run(g->schedule, 3) || !each_counted(g, 7))
		return 5;
	if (weir_schedule_start(g->schedule, 2, NULL, &run) ||
	    weir_run_wait(run) || !each_counted(g, 9))
		return 6;
	weir_run_release(run);
	if (!runs_anew())
		return 7;
	free_grid(g);
	return 0;
}

ParameterizedTestParameters(start, a_forked_child_runs_alone_until_revived)
{
	static const int rows[] = { 0, 1 };

	return cr_make_param_array(int, (void *)rows, 2);
}

ParameterizedTest(int *row, start, a_forked_child_runs_alone_until_revived,
		  .timeout = 60)
{
	struct grid *g;
	int status = -1;
	pid_t child;

	if (IS_UNDER_TSAN)
		cr_skip_test("ThreadSanitizer allows no threads after a fork");
	g = must_grid(must_team(3, teams[*row]), NO_TASK, NULL, NULL);
	must(weir_schedule_run(g->schedule, 1));
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(in_child(g));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status));
	cr_expect_eq(WEXITSTATUS(status), 0);
	must(weir_schedule_run(g->schedule, 1));
	cr_expect(each_counted(g, 2));
	free_grid(g);
}

/* -- where the system has few threads to give ------------------------------------------------- */

/* As somebody else, for root has no limit; and each as another, for what all of
 * one user has is counted together, threads like processes. */
static int
run_within(rlim_t limit, weir_team team, uid_t user)
{
	struct rlimit most = { limit, limit };
	weir_runtime_options options = { .size = sizeof options,
					 .threads = 4, .team = team };
	weir_runtime *runtime;
	struct grid *g;

	/* First: what OpenBLAS does when it is refused threads is another
	 * matter. */
	if (weir_runtime_create(&options, &runtime))
		return 1;
	if (geteuid() == 0 && setuid(user))
		return 77;
	if (setrlimit(RLIMIT_NPROC, &most))
		return 77;
	g = must_grid(runtime, NO_TASK, NULL, NULL);
	if (weir_schedule_run(g->schedule, 5) || !each_counted(g, 5))
		return 2;
	free_grid(g);
	return 0;
}

ParameterizedTestParameters(start, a_refused_thread_means_fewer_workers)
{
	static const int rows[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	return cr_make_param_array(int, (void *)rows, 8);
}

ParameterizedTest(int *row, start, a_refused_thread_means_fewer_workers,
		  .timeout = 60)
{
	int status = -1;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(run_within((rlim_t)(*row / 2 + 1), teams[*row % 2],
				 (uid_t)(61000 + *row)));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == 77)
		cr_skip_test("no limit on threads can be set here");
	cr_expect_eq(WEXITSTATUS(status), 0);
}

/* -- mistakes ----------------------------------------------------------------------------------- */

Test(start, mistakes_are_told)
{
	struct grid *g = must_grid(must_team(2, WEIR_TEAM_DEFAULT), NO_TASK,
				   NULL, NULL);
	weir_start_options options = { 0 };
	weir_run *run = NULL;
	bool is_over;

	cr_expect_eq(weir_schedule_start(NULL, 1, NULL, &run), WEIR_ENULL);
	cr_expect_eq(weir_schedule_start(g->schedule, 1, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_schedule_start(g->schedule, 1, &options, &run),
		     WEIR_EINVAL);
	options.size = sizeof options;
	options.deadline = -1;
	cr_expect_eq(weir_schedule_start(g->schedule, 1, &options, &run),
		     WEIR_EINVAL);
	cr_expect_null(run);
	cr_expect_eq(weir_run_wait(NULL), WEIR_ENULL);
	cr_expect_eq(weir_run_wait_for(NULL, 1, &is_over), WEIR_ENULL);
	cr_expect_eq(weir_runtime_revive(NULL), WEIR_ENULL);
	cr_expect(weir_run_is_over(NULL));
	weir_run_cancel(NULL);
	weir_run_release(NULL);
	cr_expect(each_counted(g, 0));
	free_grid(g);
}

Test(start, an_unknown_team_is_refused)
{
	weir_runtime_options options = { .size = sizeof options,
					 .team = (weir_team)9 };
	weir_runtime *rt = NULL;

	cr_expect_eq(weir_runtime_create(&options, &rt), WEIR_EINVAL);
	setenv("WEIR_TEAM", "hired", 1);
	options.team = WEIR_TEAM_DEFAULT;
	cr_expect_eq(weir_runtime_create(&options, &rt), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "WEIR_TEAM is \"hired\""));
	cr_expect_null(rt);
}

Test(start, survives_every_allocation_that_fails)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .allocator = &allocator };
	weir_run *run = NULL;
	weir_runtime *rt;
	struct grid *g;
	int n;

	must(weir_runtime_create(&options, &rt));
	g = must_grid(rt, NO_TASK, NULL, NULL);
	for (n = 1;; n++) {
		fault_arm(&fault, n);
		if (!weir_schedule_start(g->schedule, 1, NULL, &run))
			break;
		cr_assert_null(run);
	}
	fault_arm(&fault, 0);
	cr_expect_gt(n, 3);
	must(weir_run_wait(run));
	weir_run_release(run);
	cr_expect(each_counted(g, 1));
	free_grid(g);
	cr_expect_eq(fault.alive, 0);
}
