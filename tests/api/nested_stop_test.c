/*
 * Runs that tasks call and that are stopped: by a deadline of their own or of
 * the run around them, or by somebody outside. What is under way ends, nothing
 * else begins, and the next run finds all as it should be.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "support/tasks.h"
#include "support/team.h"

#define must(call) \
	cr_assert_eq((call), WEIR_OK, "%s", weir_error_text())

enum { OPS_MAX = 4, ROUNDS = 6 };

static const double DEADLINE = 0.003;

enum how {
	BY_NOBODY,
	BY_DEADLINE,		/* of the called run */
	BY_CANCEL,		/* of it, on a thread of no team */
	AROUND_BY_DEADLINE,	/* of the run whose task has called it */
	AROUND_BY_CANCEL,
	HOWS
};

/* -- what runs ------------------------------------------------------------------ */

static enum how how;
static atomic_int begun, after;			/* ops */
static atomic_int called_after;			/* tasks of the run around */
static atomic_bool is_cancelled;
static _Atomic(weir_run *) called;		/* while it is there */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* It was begun after the runs were, and so ends when their deadlines are over;
 * or when whoever was to cancel one has done so. */
static void
wait_until_stopped(void)
{
	double start = now();

	if (how == BY_DEADLINE || how == AROUND_BY_DEADLINE)
		while (!(now() > start + DEADLINE))
			usleep(100);
	if (how == BY_CANCEL || how == AROUND_BY_CANCEL)
		while (!atomic_load(&is_cancelled))
			usleep(100);
}

static weir_status
work(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	if (begin < 0)
		return WEIR_OK;
	if (id == 2) {
		atomic_fetch_add(&after, 1);
		return WEIR_OK;
	}
	atomic_fetch_add(&begun, 1);
	wait_until_stopped();
	return WEIR_OK;
}

struct caller {
	weir_plan *plan;		/* or NULL, and then */
	weir_schedule *schedule;
	weir_tensor *in;
	weir_status status;		/* of the run */
	weir_tensor *out;
};

static weir_status
work_as_task(void *id)
{
	return work(*(int64_t *)id, 0, 1);
}

static weir_status
start(struct caller *c, weir_run **run)
{
	weir_start_options options = { .size = sizeof options };

	if (how == BY_DEADLINE)
		options.deadline = DEADLINE;
	return c->plan ? weir_plan_start(c->plan, &c->in, 1, &c->out, 1,
					 &options, run)
		       : weir_schedule_start(c->schedule, 1, &options, run);
}

/* Where a run can be found that is not over: from outside. */
static weir_run *of_caller;

static weir_status
publish_and_work(void *id)
{
	atomic_store(&called, of_caller);
	return work_as_task(id);
}

static weir_status
publish_op(int64_t id, int64_t begin, int64_t end)
{
	if (begin >= 0 && id == 1)
		atomic_store(&called, of_caller);
	return work(id, begin, end);
}

static weir_status
call(void *arg)
{
	struct caller *c = arg;
	weir_status status = start(c, &of_caller);

	if (status)
		return status;
	c->status = weir_run_wait(of_caller);
	weir_run_release(of_caller);
	return WEIR_OK;
}

static weir_status
come_after(void *arg)
{
	(void)arg;
	atomic_fetch_add(&called_after, 1);
	return WEIR_OK;
}

/* -- who is stopped ------------------------------------------------------------- */

static weir_status
do_nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* A task that calls, one beside it, and one after both: so in another block,
 * which waits. */
static weir_schedule *
must_outer(weir_runtime *runtime, struct caller *caller)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	uint32_t first[2];

	must(weir_tasks_create(runtime, "outer", &tasks));
	must(weir_tasks_add_after(tasks, call, caller, NULL, 0, &heavy,
				  &first[0]));
	must(weir_tasks_add_after(tasks, do_nothing, NULL, NULL, 0, &heavy,
				  &first[1]));
	must(weir_tasks_add_after(tasks, come_after, NULL, first, 2, &heavy,
				  NULL));
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
	return schedule;
}

static weir_run *
must_start_outer(weir_schedule *outer)
{
	weir_start_options options = { .size = sizeof options };
	weir_run *run;

	if (how == AROUND_BY_DEADLINE)
		options.deadline = DEADLINE;
	must(weir_schedule_start(outer, 1, &options, &run));
	return run;
}

/* Once an op, or task, of the called run is under way. */
static void
cancel_from_outside(weir_run *outer)
{
	weir_run *run = NULL;

	while (!(run = atomic_load(&called)))
		usleep(100);
	weir_run_cancel(how == BY_CANCEL ? run : outer);
	atomic_store(&is_cancelled, true);
}

static weir_status
wanted_of_called(void)
{
	return how == BY_DEADLINE ? WEIR_ETIMEDOUT
	       : how == BY_CANCEL ? WEIR_ECANCELED : WEIR_OK;
}

static weir_status
wanted_of_outer(void)
{
	return how == AROUND_BY_DEADLINE ? WEIR_ETIMEDOUT
	       : how == AROUND_BY_CANCEL ? WEIR_ECANCELED : WEIR_OK;
}

/* One round; n ops, or tasks, come before the one called last. */
static void
try(weir_schedule *outer, struct caller *c, int n)
{
	bool is_stopped = wanted_of_called() != WEIR_OK;
	weir_run *run;

	atomic_store(&begun, 0);
	atomic_store(&after, 0);
	atomic_store(&called_after, 0);
	atomic_store(&is_cancelled, false);
	atomic_store(&called, NULL);
	c->out = NULL;
	c->status = WEIR_EOP;
	run = must_start_outer(outer);
	if (how == BY_CANCEL || how == AROUND_BY_CANCEL)
		cancel_from_outside(run);
	cr_expect_eq(weir_run_wait(run), wanted_of_outer(), "how %d: %s",
		     (int)how, weir_error_text());
	weir_run_release(run);
	/* A run with a deadline may be over before its first task. */
	if (how == AROUND_BY_DEADLINE && c->status == WEIR_EOP)
		return;
	cr_expect_eq(c->status, wanted_of_called(), "how %d: %d", (int)how,
		     (int)c->status);
	cr_expect_eq(atomic_load(&after), is_stopped ? 0 : 1, "how %d",
		     (int)how);
	cr_expect_leq(atomic_load(&begun), n);
	if (!is_stopped)
		cr_expect_eq(atomic_load(&begun), n);
	cr_expect_eq(atomic_load(&called_after), wanted_of_outer() ? 0 : 1,
		     "how %d", (int)how);
	if (c->plan)
		cr_expect_eq(c->out == NULL, is_stopped, "how %d", (int)how);
	weir_tensor_release(c->out);
}

/* Rows: team, and so many threads. */
#define FOR_TEAMS_OF_2_TO_4(name)					\
	ParameterizedTestParameters(nested_stop, name)			\
	{								\
		static const int rows_[] = { 0, 1, 2, 3, 4, 5 };	\
									\
		return cr_make_param_array(int, (void *)rows_, 6);	\
	}								\
	struct cr_rows_nested_stop_##name

FOR_TEAMS_OF_2_TO_4(a_plan_that_a_task_runs);

/* As many ops as threads, and one after them. */
ParameterizedTest(int *row, nested_stop, a_plan_that_a_task_runs,
		  .timeout = 120)
{
	unsigned threads = 2 + (unsigned)*row / TEAMS, i;
	struct task_attrs last = { .ns = 1e6, .id = 2 };
	struct caller caller = { .plan = NULL };
	weir_tensor *ops[OPS_MAX];
	weir_schedule *outer;
	struct made m;
	int round;

	m = must_make_on(must_team(threads, teams[*row % TEAMS]));
	task_work = publish_op;
	for (i = 0; i < threads; i++)
		ops[i] = task_after(&m, 1, 1e6, NULL);
	must(weir_graph_output(m.graph, add_task(&m, &last, ops, threads)));
	caller.plan = must_compile(&m);
	caller.in = m.zero;
	outer = must_outer(m.runtime, &caller);
	for (round = 0; round < ROUNDS * HOWS; round++) {
		how = (enum how)(round % HOWS);
		try(outer, &caller, (int)threads);
	}
	how = BY_NOBODY;
	try(outer, &caller, (int)threads);
	weir_schedule_release(outer);
	weir_plan_release(caller.plan);
	made_free(&m);
}

FOR_TEAMS_OF_2_TO_4(a_schedule_that_a_task_runs);

ParameterizedTest(int *row, nested_stop, a_schedule_that_a_task_runs,
		  .timeout = 120)
{
	static int64_t first_ids[] = { 1 }, last_ids[] = { 2 };
	unsigned threads = 2 + (unsigned)*row / TEAMS, i;
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_runtime *runtime = must_team(threads, teams[*row % TEAMS]);
	struct caller caller = { .plan = NULL };
	uint32_t before[OPS_MAX];
	weir_schedule *outer;
	weir_tasks *tasks;
	int round;

	must(weir_tasks_create(runtime, "inner", &tasks));
	for (i = 0; i < threads; i++)
		must(weir_tasks_add_after(tasks, publish_and_work, first_ids,
					  NULL, 0, &heavy, &before[i]));
	must(weir_tasks_add_after(tasks, work_as_task, last_ids, before,
				  threads, &heavy, NULL));
	must(weir_tasks_compile(tasks, &caller.schedule));
	weir_tasks_release(tasks);
	outer = must_outer(runtime, &caller);
	for (round = 0; round < ROUNDS * HOWS; round++) {
		how = (enum how)(round % HOWS);
		try(outer, &caller, (int)threads);
	}
	how = BY_NOBODY;
	try(outer, &caller, (int)threads);
	weir_schedule_release(outer);
	weir_schedule_release(caller.schedule);
	weir_runtime_release(runtime);
}
