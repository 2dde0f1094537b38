/* Schedules by what their tasks have been measured to take. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/team.h"

enum { TASKS = 8, SLOW = 2 };

static int counts[TASKS];

/* The first two take a while; nobody has told. */
static weir_status
work(void *arg)
{
	int *count = arg;

	++*count;
	if (count - counts < SLOW)
		usleep(3000);
	return WEIR_OK;
}

static weir_status
fail(void *arg)
{
	(void)arg;
	return weir_fail(WEIR_ERANGE, "no more");
}

static weir_schedule *
must_compile_tasks(weir_runtime *runtime, int failing)
{
	weir_schedule *schedule;
	weir_tasks *tasks;
	int i;

	cr_assert_eq(weir_tasks_create(runtime, "t", &tasks), WEIR_OK);
	for (i = 0; i < TASKS; i++) {
		weir_task_options options = { .size = sizeof options,
					      .nanoseconds = 1e5 };

		cr_assert_eq(weir_tasks_add_after(
			tasks, i == failing ? fail : work, &counts[i], NULL, 0,
			&options, NULL), WEIR_OK);
	}
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
	weir_tasks_release(tasks);
	return schedule;
}

static double
simulated(const weir_schedule *schedule, const double *ns)
{
	double makespan;

	cr_assert_eq(weir_schedule_simulate(schedule, ns, NULL, NULL,
					    &makespan), WEIR_OK);
	return makespan;
}

FOR_BOTH_TEAMS(measure, lets_a_schedule_be_made_by_what_tasks_take);

ParameterizedTest(int *team, measure,
		  lets_a_schedule_be_made_by_what_tasks_take)
{
	weir_runtime *runtime = must_team(2, teams[*team]);
	weir_schedule *first = must_compile_tasks(runtime, -1), *second;
	double ns[TASKS];
	int i;

	cr_assert_eq(weir_schedule_measure(first, 3, ns), WEIR_OK);
	for (i = 0; i < TASKS; i++) {
		cr_expect_eq(counts[i], 3);
		cr_expect(i < SLOW ? ns[i] >= 3e6 && ns[i] < 1e9
				   : ns[i] > 0 && ns[i] < 3e6, "%d: %g", i,
			  ns[i]);
	}
	cr_assert_eq(weir_schedule_recompile(first, ns, &second), WEIR_OK);
	cr_expect_eq(weir_schedule_check(second), WEIR_OK);
	/* Both slow ones had been dealt to one worker. */
	cr_expect_gt(simulated(first, ns), ns[0] + ns[1]);
	cr_expect_lt(simulated(second, ns), fmax(ns[0], ns[1]) + 1e6);
	weir_schedule_release(first);		/* the second lives on */
	cr_assert_eq(weir_schedule_run(second, 2), WEIR_OK);
	for (i = 0; i < TASKS; i++)
		cr_expect_eq(counts[i], 5);
	weir_schedule_release(second);
	weir_runtime_release(runtime);
}

Test(measure, says_which_tasks_a_failure_has_kept_from_running)
{
	weir_runtime *runtime = must_team(1, WEIR_TEAM_BORROWED);
	weir_schedule *schedule = must_compile_tasks(runtime, 5), *other;
	double ns[TASKS];

	cr_assert_eq(weir_schedule_measure(schedule, 1, ns), WEIR_ERANGE);
	cr_expect(isfinite(ns[4]));
	cr_expect(isinf(ns[6]));
	cr_expect_eq(weir_schedule_recompile(schedule, ns, &other),
		     WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "weir_schedule_recompile"), "%s",
		  weir_error_text());
	weir_schedule_release(schedule);
	weir_runtime_release(runtime);
}

Test(measure, refuses_what_is_missing)
{
	weir_runtime *runtime = must_team(1, WEIR_TEAM_BORROWED);
	weir_schedule *schedule = must_compile_tasks(runtime, -1), *other;
	double ns[TASKS] = { 0 };

	cr_expect_eq(weir_schedule_measure(NULL, 1, ns), WEIR_ENULL);
	cr_expect_eq(weir_schedule_measure(schedule, 1, NULL), WEIR_ENULL);
	cr_expect_eq(weir_schedule_measure(schedule, 0, ns), WEIR_EINVAL);
	cr_expect_eq(weir_schedule_recompile(NULL, ns, &other), WEIR_ENULL);
	cr_expect_eq(weir_schedule_recompile(schedule, NULL, &other),
		     WEIR_ENULL);
	cr_expect_eq(weir_schedule_recompile(schedule, ns, NULL), WEIR_ENULL);
	ns[3] = -1;
	cr_expect_eq(weir_schedule_recompile(schedule, ns, &other),
		     WEIR_EINVAL);
	weir_schedule_release(schedule);
	weir_runtime_release(runtime);
}

Test(measure, survives_every_allocation_that_fails)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .allocator = &allocator };
	weir_schedule *schedule, *other = NULL;
	double ns[TASKS] = { 1e6, 1e6, 1, 1, 1, 1, 1, 1 };
	weir_runtime *runtime;
	int n;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	schedule = must_compile_tasks(runtime, -1);
	for (n = 1;; n++) {
		fault_arm(&fault, n);
		if (!weir_schedule_recompile(schedule, ns, &other))
			break;
		cr_assert_null(other);
	}
	fault_arm(&fault, 0);
	cr_expect_gt(n, 10);
	weir_schedule_release(other);
	weir_schedule_release(schedule);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}
