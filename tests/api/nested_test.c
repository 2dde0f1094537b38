/*
 * Runs that tasks call: threads of the team that have nothing to do take part.
 * Nothing here goes by time: a nested run whose tasks wait for each other ends
 * if others come, and never otherwise.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/tasks.h"
#include "support/team.h"

#define must(call) \
	cr_assert_eq((call), WEIR_OK, "%s", weir_error_text())

enum { TASKS_MAX = 4, TIMES = 3, ROUNDS = 10 };

/* -- schedules --------------------------------------------------------------- */

/* So many independent tasks that are worth a thread each. */
static weir_schedule *
must_tasks(weir_runtime *runtime, const char *name, weir_task_fn fn,
	   void *args, size_t size, unsigned n)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	unsigned i;

	must(weir_tasks_create(runtime, name, &tasks));
	for (i = 0; i < n; i++)
		must(weir_tasks_add_after(tasks, fn, (char *)args + i * size,
					  NULL, 0, &heavy, NULL));
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
	return schedule;
}

/* Tasks that wait until so many have begun. */
struct meeting {
	unsigned n;
	atomic_uint begun;
};

static weir_status
meet(void *arg)
{
	struct meeting *m = arg;
	unsigned number = atomic_fetch_add(&m->begun, 1);
	unsigned all = (number / m->n + 1) * m->n;

	while (atomic_load(&m->begun) < all)
		usleep(50);
	return WEIR_OK;
}

/* A task that calls a run, or does nothing. */
struct call {
	weir_schedule *schedule;
	size_t times;
	weir_status status;
	char why[200];
};

static weir_status
call(void *arg)
{
	struct call *c = arg;

	if (!c->schedule)
		return WEIR_OK;
	c->status = weir_schedule_run(c->schedule, c->times);
	strncpy(c->why, weir_error_text(), sizeof c->why - 1);
	return c->status;
}

/* -- who comes ------------------------------------------------------------------- */

/* Rows: team, and so many threads. */
static void
unpack(int row, weir_team *team, unsigned *threads)
{
	*team = teams[row % TEAMS];
	*threads = 2 + (unsigned)row / TEAMS;
}

#define FOR_TEAMS_OF_2_TO_4(suite, name)				\
	ParameterizedTestParameters(suite, name)			\
	{								\
		static const int rows_[] = { 0, 1, 2, 3, 4, 5 };	\
									\
		return cr_make_param_array(int, (void *)rows_, 6);	\
	}								\
	struct cr_rows_##suite##_##name

FOR_TEAMS_OF_2_TO_4(nested, is_helped_by_all_that_have_nothing_to_do);

/* Of a run's tasks one calls a run that takes every thread there is; the
 * others are done at once. */
ParameterizedTest(int *row, nested, is_helped_by_all_that_have_nothing_to_do,
		  .timeout = 120)
{
	struct call calls[TASKS_MAX] = { { .times = TIMES } };
	struct meeting meeting = { 0 };
	weir_schedule *inner, *outer;
	weir_runtime *runtime;
	unsigned threads;
	weir_team team;
	int i;

	unpack(*row, &team, &threads);
	runtime = must_team(threads, team);
	meeting.n = threads;
	inner = must_tasks(runtime, "inner", meet, &meeting, 0, threads);
	calls[0].schedule = inner;
	outer = must_tasks(runtime, "outer", call, calls, sizeof *calls,
			   threads);
	for (i = 0; i < ROUNDS; i++)
		must(weir_schedule_run(outer, 1));
	cr_expect_eq(atomic_load(&meeting.begun), threads * ROUNDS * TIMES);
	weir_schedule_release(outer);
	weir_schedule_release(inner);
	weir_runtime_release(runtime);
}

FOR_TEAMS_OF_2_TO_4(nested, is_helped_where_its_run_is_one_task);

/* The thread that does it may be the only one of its team that is awake. */
ParameterizedTest(int *row, nested, is_helped_where_its_run_is_one_task,
		  .timeout = 120)
{
	struct call calls[1] = { { .times = TIMES } };
	struct meeting meeting = { 0 };
	weir_schedule *inner, *outer;
	weir_runtime *runtime;
	unsigned threads;
	weir_team team;
	weir_run *run;
	int i;

	unpack(*row, &team, &threads);
	runtime = must_team(threads, team);
	meeting.n = threads;
	inner = must_tasks(runtime, "inner", meet, &meeting, 0, threads);
	calls[0].schedule = inner;
	outer = must_tasks(runtime, "outer", call, calls, sizeof *calls, 1);
	for (i = 0; i < ROUNDS; i++) {
		must(weir_schedule_run(outer, 1));
		must(weir_schedule_start(outer, 1, NULL, &run));
		must(weir_run_wait(run));
		weir_run_release(run);
	}
	cr_expect_eq(atomic_load(&meeting.begun),
		     threads * 2 * ROUNDS * TIMES);
	weir_schedule_release(outer);
	weir_schedule_release(inner);
	weir_runtime_release(runtime);
}

enum { LEVELS = 4 };

FOR_TEAMS_OF_2_TO_4(nested, is_helped_at_any_level);

/* Each level's first task calls the next. */
ParameterizedTest(int *row, nested, is_helped_at_any_level, .timeout = 120)
{
	struct call calls[LEVELS][TASKS_MAX] = { { { .times = 1 } } };
	weir_schedule *schedules[LEVELS + 1];
	struct meeting meeting = { 0 };
	weir_runtime *runtime;
	unsigned threads;
	weir_team team;
	int i;

	unpack(*row, &team, &threads);
	runtime = must_team(threads, team);
	meeting.n = threads;
	schedules[0] = must_tasks(runtime, "meet", meet, &meeting, 0, threads);
	for (i = 0; i < LEVELS; i++) {
		calls[i][0] = (struct call){ .schedule = schedules[i],
					     .times = 1 };
		schedules[i + 1] = must_tasks(runtime, "level", call, calls[i],
					      sizeof *calls[i],
					      i % 2 ? 1 : threads);
	}
	for (i = 0; i < ROUNDS; i++)
		must(weir_schedule_run(schedules[LEVELS], 1));
	cr_expect_eq(atomic_load(&meeting.begun), threads * ROUNDS);
	for (i = LEVELS; i >= 0; i--)
		weir_schedule_release(schedules[i]);
	weir_runtime_release(runtime);
}

/* -- plans ----------------------------------------------------------------------- */

/* What the ops of a plan do, by their ids. */
static struct meeting ops_meet;
static struct call ops_call;

static weir_status
meet_or_call(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		return WEIR_OK;
	return id ? meet(&ops_meet) : call(&ops_call);
}

/* Independent ops of these ids. */
static weir_plan *
must_plan(struct made *m, const int64_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		must(weir_graph_output(m->graph,
				       task_after(m, ids[i], 1e6, NULL)));
	return must_compile(m);
}

struct plan_call {
	weir_plan *plan;
	weir_tensor *in, **out;
	size_t n_out;
};

static weir_status
call_plan(void *arg)
{
	struct plan_call *c = arg;

	return c->plan ? weir_plan_run(c->plan, &c->in, 1, c->out, c->n_out)
		       : WEIR_OK;
}

FOR_TEAMS_OF_2_TO_4(nested, is_helped_if_it_is_of_a_plan);

/* A task that runs a plan, one of whose ops runs a schedule. */
ParameterizedTest(int *row, nested, is_helped_if_it_is_of_a_plan,
		  .timeout = 120)
{
	static const int64_t meeting[] = { 1, 1, 1, 1 };
	static const int64_t calling[] = { 0, -1 };
	struct plan_call calls[2][TASKS_MAX] = { { { .plan = NULL } } };
	weir_tensor *out[TASKS_MAX] = { NULL };
	struct meeting innermost = { 0 };
	weir_schedule *inner, *outer[2];
	struct made m[2];
	unsigned threads, i;
	weir_team team;
	int round;

	unpack(*row, &team, &threads);
	ops_meet.n = innermost.n = threads;
	m[0] = must_make_on(must_team(threads, team));
	m[1] = must_make_on(must_team(threads, team));
	inner = must_tasks(m[0].runtime, "inner", meet, &innermost, 0,
			   threads);
	ops_call = (struct call){ .schedule = inner, .times = 1 };
	task_work = meet_or_call;
	calls[0][0] = (struct plan_call){ must_plan(&m[0], meeting, threads),
					  m[0].zero, out, threads };
	calls[1][0] = (struct plan_call){ must_plan(&m[1], calling, 1),
					  m[1].zero, out, 1 };
	for (i = 0; i < 2; i++)
		outer[i] = must_tasks(m[i].runtime, "outer", call_plan,
				      calls[i], sizeof *calls[i], threads);
	for (round = 0; round < 2 * ROUNDS; round++) {
		must(weir_schedule_run(outer[round % 2], 1));
		for (i = 0; i < TASKS_MAX; i++) {
			weir_tensor_release(out[i]);
			out[i] = NULL;
		}
	}
	cr_expect_eq(atomic_load(&ops_meet.begun), threads * ROUNDS);
	cr_expect_eq(atomic_load(&innermost.begun), threads * ROUNDS);
	for (i = 0; i < 2; i++) {
		weir_schedule_release(outer[i]);
		weir_plan_release(calls[i][0].plan);
	}
	weir_schedule_release(inner);
	made_free(&m[0]);
	made_free(&m[1]);
}

/* -- runs that do not end well ----------------------------------------------------- */

struct failing {
	struct meeting *meeting;
	weir_status status;
	atomic_int ran;
};

static weir_status
meet_and_fail(void *arg)
{
	struct failing *f = arg;

	meet(f->meeting);
	atomic_fetch_add(&f->ran, 1);
	return f->status;
}

FOR_TEAMS_OF_2_TO_4(nested, fails_as_the_first_of_its_tasks_does);

/* Whoever has failed first: all of them begin before any does. */
ParameterizedTest(int *row, nested, fails_as_the_first_of_its_tasks_does,
		  .timeout = 120)
{
	struct failing tasks[TASKS_MAX] = { { .status = WEIR_OK } };
	struct call calls[TASKS_MAX] = { { .times = 1 } };
	struct meeting meeting = { 0 };
	weir_schedule *inner, *outer;
	weir_runtime *runtime;
	unsigned threads, i;
	char wanted[100];
	weir_team team;
	int round;

	unpack(*row, &team, &threads);
	runtime = must_team(threads, team);
	meeting.n = threads;
	for (i = 0; i < threads; i++) {
		tasks[i].meeting = &meeting;
		tasks[i].status = i == threads - 2 ? WEIR_ERANGE :
				  i == threads - 1 ? WEIR_EINVAL : WEIR_OK;
	}
	snprintf(wanted, sizeof wanted, "inner: task %u failed: ",
		 threads - 2);
	inner = must_tasks(runtime, "inner", meet_and_fail, tasks,
			   sizeof *tasks, threads);
	calls[0].schedule = inner;
	outer = must_tasks(runtime, "outer", call, calls, sizeof *calls,
			   threads);
	for (round = 0; round < ROUNDS; round++) {
		cr_expect_eq(weir_schedule_run(outer, 1), WEIR_ERANGE);
		cr_expect_eq(calls[0].status, WEIR_ERANGE);
		cr_expect(strstr(calls[0].why, wanted), "%s", calls[0].why);
	}
	for (i = 0; i < threads; i++)
		cr_expect_eq(atomic_load(&tasks[i].ran), ROUNDS);
	weir_schedule_release(outer);
	weir_schedule_release(inner);
	weir_runtime_release(runtime);
}

/* A run of a plan that one of its own ops cancels, on whatever thread. */
struct cancelled {
	struct plan_call call;
	weir_run *run;
	weir_status status, waited;
};

static struct cancelled cancelled;
static atomic_int n_after;

static weir_status
meet_and_cancel(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		return WEIR_OK;
	if (id == 2) {
		atomic_fetch_add(&n_after, 1);
		return WEIR_OK;
	}
	meet(&ops_meet);
	weir_run_cancel(cancelled.run);
	return WEIR_OK;
}

static weir_status
start_and_wait(void *arg)
{
	struct cancelled *c = arg;

	if (!c)
		return WEIR_OK;
	c->status = weir_plan_start(c->call.plan, &c->call.in, 1, c->call.out,
				    c->call.n_out, NULL, &c->run);
	if (!c->status)
		c->waited = weir_run_wait(c->run);
	weir_run_release(c->run);
	return WEIR_OK;
}

FOR_TEAMS_OF_2_TO_4(nested, ends_when_it_is_cancelled);

ParameterizedTest(int *row, nested, ends_when_it_is_cancelled, .timeout = 120)
{
	struct made m;
	weir_tensor *ops[TASKS_MAX], *out[1] = { NULL };
	struct task_attrs after = { .ns = 1e6, .id = 2 };
	weir_schedule *outer;
	unsigned threads, i;
	weir_team team;
	int round;

	unpack(*row, &team, &threads);
	m = must_make_on(must_team(threads, team));
	ops_meet.n = threads;
	task_work = meet_and_cancel;
	for (i = 0; i < threads; i++)
		ops[i] = task_after(&m, 1, 1e6, NULL);
	must(weir_graph_output(m.graph, add_task(&m, &after, ops, threads)));
	cancelled.call = (struct plan_call){ must_compile(&m), m.zero, out,
					     1 };
	outer = must_tasks(m.runtime, "outer", start_and_wait, &cancelled, 0,
			   1);
	for (round = 0; round < ROUNDS; round++) {
		must(weir_schedule_run(outer, 1));
		must(cancelled.status);
		cr_expect_eq(cancelled.waited, WEIR_ECANCELED);
		cr_expect_null(out[0]);
	}
	cr_expect_eq(atomic_load(&n_after), 0);
	weir_schedule_release(outer);
	weir_plan_release(cancelled.call.plan);
	made_free(&m);
}

/* -- circles ------------------------------------------------------------------------ */

/* A task of a nested run waits for a run that waits for it: the one around
 * it, or one whose own task waits for that. */
struct circle {
	weir_run *around, *other;
	atomic_int is_set, refused;
	struct meeting *meeting;
};

static weir_status
wait_for(struct circle *c, weir_run *run)
{
	weir_status status = weir_run_wait(run);

	if (status == WEIR_ESTATE)
		atomic_fetch_add(&c->refused, 1);
	return status == WEIR_ESTATE ? WEIR_OK : status;
}

static weir_status
wait_for_the_other(void *arg)
{
	struct circle *c = arg;

	meet(c->meeting);
	return wait_for(c, c->other ? c->other : c->around);
}

static weir_status
wait_for_what_is_around(void *arg)
{
	struct circle *c = arg;

	while (!atomic_load(&c->is_set))
		usleep(50);
	return wait_for(c, c->around);
}

struct call_later {
	struct call call;
	struct circle *circle;
};

static weir_status
call_when_set(void *arg)
{
	struct call_later *c = arg;

	if (!c->circle)
		return WEIR_OK;
	while (!atomic_load(&c->circle->is_set))
		usleep(50);
	return call(&c->call);
}

/* Of a thread in the run's loop, of one between jobs, and of who calls. */
static void
try_circle(unsigned threads, unsigned tasks, bool is_direct)
{
	weir_runtime *runtime = must_team(threads, WEIR_TEAM_RESIDENT);
	/* The other run has a thread until it is refused, or waits. */
	unsigned n = is_direct || threads == 1 ? threads : threads - 1;
	struct meeting meeting = { .n = n };
	struct circle circle = { .meeting = &meeting };
	struct call_later calls[TASKS_MAX] = { { .circle = &circle } };
	weir_schedule *inner, *outer, *other;

	inner = must_tasks(runtime, "inner", wait_for_the_other, &circle, 0,
			   n);
	calls[0].call = (struct call){ .schedule = inner, .times = 1 };
	outer = must_tasks(runtime, "outer", call_when_set, calls,
			   sizeof *calls, tasks);
	other = must_tasks(runtime, "other", wait_for_what_is_around, &circle,
			   0, 1);
	must(weir_schedule_start(outer, 1, NULL, &circle.around));
	if (!is_direct)
		must(weir_schedule_start(other, 1, NULL, &circle.other));
	atomic_store(&circle.is_set, 1);
	cr_expect_eq(weir_run_wait(circle.around), WEIR_OK, "%s",
		     weir_error_text());
	if (circle.other)
		cr_expect_eq(weir_run_wait(circle.other), WEIR_OK);
	if (is_direct)
		cr_expect_eq(atomic_load(&circle.refused), (int)n);
	else
		cr_expect_geq(atomic_load(&circle.refused), 1);
	weir_run_release(circle.around);
	weir_run_release(circle.other);
	weir_schedule_release(other);
	weir_schedule_release(outer);
	weir_schedule_release(inner);
	weir_runtime_release(runtime);
}

ParameterizedTestParameters(nested, does_not_hide_a_circle)
{
	static const int rows[] = { 1, 2, 3, 4 };

	return cr_make_param_array(int, (void *)rows, 4);
}

ParameterizedTest(int *threads, nested, does_not_hide_a_circle,
		  .timeout = 120)
{
	unsigned n = (unsigned)*threads;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		try_circle(n, 1, i % 2);
		try_circle(n, n, i % 2);
	}
}

/* -- other jobs --------------------------------------------------------------------- */

struct held {
	atomic_int begun, may_end;
};

static weir_status
hold(void *arg)
{
	struct held *h = arg;

	atomic_fetch_add(&h->begun, 1);
	while (!atomic_load(&h->may_end))
		usleep(50);
	return WEIR_OK;
}

static weir_status
do_nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* Of three threads one is in a run, and one helps it: runs of one task, for
 * each of the other two, are done by the third. */
Test(nested, does_not_keep_what_its_helpers_are_to_do, .timeout = 120)
{
	weir_runtime *runtime = must_team(3, WEIR_TEAM_RESIDENT);
	struct held held = { 0 };
	struct call calls[1] = { { .times = 1 } };
	weir_schedule *inner, *outer, *others;
	weir_run *run, *other[2];
	int i, round;

	inner = must_tasks(runtime, "inner", hold, &held, 0, 2);
	calls[0].schedule = inner;
	outer = must_tasks(runtime, "outer", call, calls, sizeof *calls, 1);
	others = must_tasks(runtime, "others", do_nothing, &held, 0, 1);
	for (round = 0; round < ROUNDS; round++) {
		atomic_store(&held.begun, 0);
		atomic_store(&held.may_end, 0);
		must(weir_schedule_start(outer, 1, NULL, &run));
		while (atomic_load(&held.begun) < 2)
			usleep(50);
		for (i = 0; i < 2; i++)
			must(weir_schedule_start(others, 1, NULL, &other[i]));
		for (i = 0; i < 2; i++) {
			must(weir_run_wait(other[i]));
			weir_run_release(other[i]);
		}
		atomic_store(&held.may_end, 1);
		must(weir_run_wait(run));
		weir_run_release(run);
	}
	weir_schedule_release(others);
	weir_schedule_release(outer);
	weir_schedule_release(inner);
	weir_runtime_release(runtime);
}
