/* Plans that are started and not waited for. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/tasks.h"
#include "support/team.h"

enum { TASKS = 30, LENGTH = 300000 };

static atomic_int begun;

static void
must_be(weir_status status, weir_status wanted, const char *what)
{
	cr_assert_eq(status, wanted, "%s", weir_error_text());
	cr_assert(strstr(weir_error_text(), what), "%s", weir_error_text());
}

/* x + v, which v becomes, of many elements; and v. */
static weir_plan *
adding_plan(struct made *m, weir_tensor **variable)
{
	int64_t length = LENGTH;
	weir_tensor *zeros, *x, *y;
	weir_scope *scope;
	weir_plan *plan;

	cr_assert_eq(weir_scope_create(m->runtime, "init", &scope), WEIR_OK);
	zeros = weir_constant(scope, WEIR_F64, 1, &length, 0);
	cr_assert_eq(weir_variable_create(m->runtime, "v", zeros, variable),
		     WEIR_OK);
	weir_scope_release(scope);
	x = weir_graph_input(m->graph, WEIR_F64, 1, &length, NULL);
	y = weir_add(m->scope, *variable, weir_sqrt(m->scope, x));
	weir_assign(m->scope, *variable, y);
	cr_assert_eq(weir_graph_output(m->graph, weir_sum(
		m->scope, weir_neg(m->scope, y), 0, NULL, false)), WEIR_OK);
	plan = must_compile(m);
	return plan;
}

static weir_tensor *
all_fours(struct made *m)
{
	int64_t length = LENGTH;
	weir_tensor *fours, *out;
	weir_scope *scope;

	cr_assert_eq(weir_scope_create(m->runtime, "init", &scope), WEIR_OK);
	fours = weir_constant(scope, WEIR_F64, 1, &length, 4);
	out = weir_tensor_retain(fours);
	weir_scope_release(scope);
	return out;
}

FOR_BOTH_TEAMS(start_plan, gives_what_a_run_gives);

ParameterizedTest(int *team, start_plan, gives_what_a_run_gives)
{
	struct made m = must_make_on(must_team(2, teams[*team]));
	weir_tensor *v, *in[2] = { m.zero, NULL }, *out[3] = { NULL };
	weir_plan *plan = adding_plan(&m, &v);
	weir_run *runs[3];
	int i;

	in[1] = all_fours(&m);
	for (i = 0; i < 3; i++)
		cr_assert_eq(weir_plan_start(plan, in, 2, &out[i], 1, NULL,
					     &runs[i]), WEIR_OK, "%s",
			     weir_error_text());
	weir_plan_release(plan);		/* the runs have it */
	weir_tensor_release(in[1]);
	for (i = 0; i < 3; i++) {
		cr_assert_eq(weir_run_wait(runs[i]), WEIR_OK, "%s",
			     weir_error_text());
		cr_expect_eq(weir_item_f64(out[i]),
			     -2.0 * (i + 1) * LENGTH);
		weir_tensor_release(out[i]);
		weir_run_release(runs[i]);
	}
	weir_tensor_release(v);
	made_free(&m);
}

static weir_status
count_slowly(int64_t id, int64_t begin, int64_t end)
{
	(void)id;
	(void)end;
	if (begin >= 0) {
		atomic_fetch_add(&begun, 1);
		usleep(2000);
	}
	return WEIR_OK;
}

/* A chain, for one worker, or two chains for two. */
static weir_plan *
slow_plan(struct made *m, int chains)
{
	weir_tensor *last[2] = { NULL, NULL };
	struct task_attrs join = { .ns = 10, .id = TASKS };
	int i;

	for (i = 0; i < TASKS; i++)
		last[i % chains] = task_after(m, i, 1e6, last[i % chains]);
	cr_assert_eq(weir_graph_output(m->graph,
				       add_task(m, &join, last,
						(size_t)chains)), WEIR_OK);
	task_work = count_slowly;
	return must_compile(m);
}

ParameterizedTestParameters(start_plan, stops_when_it_is_cancelled)
{
	static const int rows[] = { 1, 2 };

	return cr_make_param_array(int, (void *)rows, 2);
}

ParameterizedTest(int *chains, start_plan, stops_when_it_is_cancelled)
{
	struct made m = must_make(2);
	weir_plan *plan = slow_plan(&m, *chains);
	weir_tensor *out = NULL;
	weir_run *run;

	cr_assert_eq(weir_plan_start(plan, &m.zero, 1, &out, 1, NULL, &run),
		     WEIR_OK);
	while (!atomic_load(&begun))
		usleep(100);
	weir_run_cancel(run);
	must_be(weir_run_wait(run), WEIR_ECANCELED, "g: cancelled");
	cr_expect_null(out);
	cr_expect_lt(atomic_load(&begun), TASKS);
	weir_run_release(run);
	/* The plan can be run again. */
	task_work = NULL;
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_OK);
	weir_tensor_release(out);
	weir_plan_release(plan);
	made_free(&m);
}

Test(start_plan, stops_at_its_deadline)
{
	weir_start_options options = { .size = sizeof options,
				       .deadline = 0.01 };
	struct made m = must_make(2);
	weir_plan *plan = slow_plan(&m, 1);
	weir_tensor *out = NULL;
	weir_run *run;

	cr_assert_eq(weir_plan_start(plan, &m.zero, 1, &out, 1, &options,
				     &run), WEIR_OK);
	must_be(weir_run_wait(run), WEIR_ETIMEDOUT, "g: the deadline is over");
	cr_expect_null(out);
	cr_expect_lt(atomic_load(&begun), TASKS);
	weir_run_release(run);
	weir_plan_release(plan);
	made_free(&m);
}

static void
note_end(weir_run *run, void *arg)
{
	*(bool *)arg = weir_run_is_over(run);
}

static weir_status
fail_third(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	return id == 3 && begin >= 0 ? weir_fail(WEIR_ERANGE, "no third")
				     : WEIR_OK;
}

Test(start_plan, tells_of_a_failure_as_a_run_does)
{
	bool is_over = false;
	weir_start_options options = { .size = sizeof options,
				       .done = note_end,
				       .done_arg = &is_over };
	struct made m = must_make(2);
	weir_plan *plan = slow_plan(&m, 2);
	weir_tensor *out = NULL;
	char wanted[512];
	weir_run *run;

	task_work = fail_third;
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_ERANGE);
	snprintf(wanted, sizeof wanted, "%s", weir_error_text());
	cr_expect(strstr(wanted, "start_plan_test.c:") ||
		  strstr(wanted, "tasks.h:"), "%s", wanted);
	cr_assert_eq(weir_plan_start(plan, &m.zero, 1, &out, 1, &options,
				     &run), WEIR_OK);
	must_be(weir_run_wait(run), WEIR_ERANGE, wanted);
	cr_expect_null(out);
	weir_run_release(run);
	weir_plan_release(plan);
	made_free(&m);		/* joins the team: the callback is over, too */
	cr_expect(is_over);
}

static struct {
	weir_plan *plan;
	weir_tensor *zero;
	weir_status status, wait;
	double item;
} inner;

static weir_status
start_inside(void *arg)
{
	weir_tensor *out = NULL;
	weir_run *run;

	(void)arg;
	inner.status = weir_plan_start(inner.plan, &inner.zero, 1, &out, 1,
				       NULL, &run);
	if (inner.status)
		return WEIR_OK;
	inner.wait = weir_run_wait(run);	/* it is over already */
	weir_run_release(run);
	inner.item = weir_item_f64(out);
	weir_tensor_release(out);
	return WEIR_OK;
}

FOR_BOTH_TEAMS(start_plan, runs_at_once_from_a_task);

ParameterizedTest(int *team, start_plan, runs_at_once_from_a_task)
{
	struct made m = must_make_on(must_team(2, teams[*team]));
	weir_schedule *schedule;
	weir_tasks *tasks;

	inner.plan = slow_plan(&m, 2);
	inner.zero = m.zero;
	task_work = NULL;
	cr_assert_eq(weir_tasks_create(m.runtime, "outer", &tasks), WEIR_OK);
	cr_assert_eq(weir_tasks_add_after(tasks, start_inside, NULL, NULL, 0,
					  NULL, NULL), WEIR_OK);
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_OK);
	cr_expect_eq(inner.status, WEIR_OK);
	cr_expect_eq(inner.wait, WEIR_OK);
	cr_expect_eq(inner.item, TASKS);
	weir_schedule_release(schedule);
	weir_plan_release(inner.plan);
	made_free(&m);
}

static _Atomic(weir_run *) awaited;

static weir_status
wait_inside(void *arg)
{
	(void)arg;
	while (!atomic_load(&awaited))
		usleep(100);
	return weir_run_wait(atomic_load(&awaited));
}

/* The only thread of the team is in that task. */
Test(start_plan, is_helped_by_a_task_that_waits_for_it, .timeout = 120)
{
	struct made m = must_make_on(must_team(1, WEIR_TEAM_RESIDENT));
	weir_plan *plan = slow_plan(&m, 2);
	weir_schedule *schedule;
	weir_run *outer, *run;
	weir_tensor *out = NULL;
	weir_tasks *tasks;

	cr_assert_eq(weir_tasks_create(m.runtime, "outer", &tasks), WEIR_OK);
	cr_assert_eq(weir_tasks_add_after(tasks, wait_inside, NULL, NULL, 0,
					  NULL, NULL), WEIR_OK);
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	cr_assert_eq(weir_schedule_start(schedule, 1, NULL, &outer), WEIR_OK);
	cr_assert_eq(weir_plan_start(plan, &m.zero, 1, &out, 1, NULL, &run),
		     WEIR_OK);
	atomic_store(&awaited, run);
	cr_expect_eq(weir_run_wait(outer), WEIR_OK, "%s", weir_error_text());
	cr_expect(weir_run_is_over(run));
	cr_expect_eq(weir_item_f64(out), TASKS);
	weir_tensor_release(out);
	weir_run_release(run);
	weir_run_release(outer);
	weir_schedule_release(schedule);
	weir_plan_release(plan);
	made_free(&m);
}

static struct {
	weir_plan *plan;
	weir_tensor *in[2];
	weir_status status;
	char why[200];
	atomic_bool may_go;
} writing;

static weir_status
run_writer(void *arg)
{
	weir_tensor *out = NULL;

	(void)arg;
	while (!atomic_load(&writing.may_go))
		usleep(100);
	writing.status = weir_plan_run(writing.plan, writing.in, 2, &out, 1);
	strncpy(writing.why, weir_error_text(), sizeof writing.why - 1);
	weir_tensor_release(out);
	return WEIR_OK;
}

static weir_status
run_writer_once(int64_t id, int64_t begin, int64_t end)
{
	(void)end;
	return id || begin < 0 ? WEIR_OK : run_writer(NULL);
}

/* Again the only thread is in the task. */
Test(start_plan, is_helped_by_a_task_that_runs_what_writes_its_variable,
     .timeout = 120)
{
	struct made m = must_make_on(must_team(1, WEIR_TEAM_RESIDENT));
	weir_tensor *v, *out = NULL;
	weir_schedule *schedule;
	weir_run *outer, *run;
	weir_tasks *tasks;

	writing.plan = adding_plan(&m, &v);
	writing.in[0] = m.zero;
	writing.in[1] = all_fours(&m);
	cr_assert_eq(weir_tasks_create(m.runtime, "outer", &tasks), WEIR_OK);
	cr_assert_eq(weir_tasks_add_after(tasks, run_writer, NULL, NULL, 0,
					  NULL, NULL), WEIR_OK);
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	cr_assert_eq(weir_schedule_start(schedule, 1, NULL, &outer), WEIR_OK);
	cr_assert_eq(weir_plan_start(writing.plan, writing.in, 2, &out, 1,
				     NULL, &run), WEIR_OK);
	atomic_store(&writing.may_go, true);
	cr_expect_eq(weir_run_wait(outer), WEIR_OK);
	cr_expect_eq(writing.status, WEIR_OK, "%s", writing.why);
	cr_expect_eq(weir_run_wait(run), WEIR_OK);
	cr_expect_eq(weir_item_f64(out), -2.0 * LENGTH);
	weir_tensor_release(out);
	weir_run_release(run);
	weir_run_release(outer);
	weir_schedule_release(schedule);
	weir_plan_release(writing.plan);
	weir_tensor_release(writing.in[1]);
	weir_tensor_release(v);
	made_free(&m);
}

ParameterizedTestParameters(start_plan, an_op_does_not_write_what_its_run_does)
{
	static const int rows[] = { 1, 2 };

	return cr_make_param_array(int, (void *)rows, 2);
}

/* By a plan for one thread, which is the caller's, and for two. */
ParameterizedTest(int *tasks, start_plan,
		  an_op_does_not_write_what_its_run_does, .timeout = 120)
{
	struct made made = must_make_on(must_team(2, WEIR_TEAM_BORROWED));
	struct made outer = { .runtime = made.runtime };
	weir_tensor *v, *two[2];
	weir_plan *plan;
	int i;

	writing.plan = adding_plan(&made, &v);
	writing.in[0] = made.zero;
	writing.in[1] = all_fours(&made);
	atomic_store(&writing.may_go, true);
	cr_assert_eq(weir_graph_create(outer.runtime, "outer", &outer.graph),
		     WEIR_OK);
	outer.scope = weir_graph_scope(outer.graph);
	outer.x = weir_graph_input(outer.graph, WEIR_F64, 0, NULL, "x");
	for (i = 0; i < *tasks; i++)
		two[i] = task_after(&outer, i, 1e6, NULL);
	weir_assign(outer.scope, v, weir_neg(outer.scope, v));
	cr_assert_eq(weir_graph_output(outer.graph, weir_add(
		outer.scope, two[0], two[*tasks - 1])), WEIR_OK);
	plan = must_compile(&outer);
	task_work = run_writer_once;
	for (i = 0; i < 20; i++) {
		weir_tensor *out = NULL;

		cr_assert_eq(weir_plan_run(plan, &made.zero, 1, &out, 1),
			     WEIR_OK, "%s", weir_error_text());
		weir_tensor_release(out);
		cr_expect_eq(writing.status, WEIR_ESTATE);
		cr_expect_str_eq(writing.why, "g: a task must not run what "
				 "writes a variable of a run that waits for "
				 "the task");
	}
	weir_plan_release(plan);
	weir_graph_release(outer.graph);
	weir_plan_release(writing.plan);
	weir_tensor_release(writing.in[1]);
	weir_tensor_release(v);
	made_free(&made);
}

Test(start_plan, refuses_what_it_cannot_run)
{
	weir_start_options options = { .size = sizeof options,
				       .deadline = NAN };
	struct made m = must_make(2);
	weir_plan *plan = slow_plan(&m, 2);
	weir_tensor *out = NULL;
	weir_run *run = NULL;

	must_be(weir_plan_start(NULL, &m.zero, 1, &out, 1, NULL, &run),
		WEIR_ENULL, "the plan is NULL");
	must_be(weir_plan_start(plan, NULL, 1, &out, 1, NULL, &run),
		WEIR_ENULL, "the list of operands is NULL");
	must_be(weir_plan_start(plan, &m.zero, 1, &out, 1, NULL, NULL),
		WEIR_ENULL, "the result is NULL");
	must_be(weir_plan_start(plan, &m.zero, 1, &out, 2, NULL, &run),
		WEIR_EINVAL, "2 results asked for");
	must_be(weir_plan_start(plan, &m.zero, 1, &out, 1, &options, &run),
		WEIR_EINVAL, "the deadline is nan");
	options.size = 0;
	must_be(weir_plan_start(plan, &m.zero, 1, &out, 1, &options, &run),
		WEIR_EINVAL, "size is 0");
	cr_expect_null(run);
	weir_plan_release(plan);
	made_free(&m);
}

Test(start_plan, gives_up_cleanly_without_memory)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .allocator = &allocator };
	weir_tensor *out = NULL;
	weir_runtime *runtime;
	weir_status status;
	weir_plan *plan;
	weir_run *run;
	struct made m;
	long n;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	m = must_make_on(runtime);
	plan = slow_plan(&m, 2);
	task_work = NULL;
	for (n = 1; ; n++) {
		fault_arm(&fault, n);
		status = weir_plan_start(plan, &m.zero, 1, &out, 1, NULL,
					 &run);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM, "call %ld: %s", n,
			     weir_error_text());
		cr_assert_null(out);
	}
	fault_arm(&fault, 0);
	cr_expect_gt(n, 5);
	cr_assert_eq(weir_run_wait(run), WEIR_OK);
	cr_expect_eq(weir_item_f64(out), TASKS);
	weir_tensor_release(out);
	weir_run_release(run);
	weir_plan_release(plan);
	made_free(&m);
	cr_expect_eq(fault.alive, 0);
}
