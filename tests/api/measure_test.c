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

static weir_tasks *
must_record(weir_runtime *runtime, int failing)
{
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
	return tasks;
}

static weir_schedule *
must_compile(weir_tasks *tasks)
{
	weir_schedule *schedule;

	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK);
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
	weir_tasks *tasks = must_record(runtime, -1);
	weir_schedule *first = must_compile(tasks), *second;
	double ns[TASKS];
	int i;

	cr_assert_eq(weir_schedule_measure(first, 3, ns), WEIR_OK);
	for (i = 0; i < TASKS; i++) {
		cr_expect_eq(counts[i], 3);
		cr_expect(i < SLOW ? ns[i] >= 3e6 && ns[i] < 1e9
				   : ns[i] > 0 && ns[i] < 3e6, "%d: %g", i,
			  ns[i]);
	}
	cr_assert_eq(weir_tasks_set_costs(tasks, ns, TASKS), WEIR_OK);
	second = must_compile(tasks);
	weir_tasks_release(tasks);
	cr_expect_eq(weir_schedule_check(second), WEIR_OK);
	/* Both slow ones had been dealt to one worker. */
	cr_expect_gt(simulated(first, ns), ns[0] + ns[1]);
	cr_expect_lt(simulated(second, ns), fmax(ns[0], ns[1]) + 1e6);
	weir_schedule_release(first);
	cr_assert_eq(weir_schedule_run(second, 2), WEIR_OK);
	for (i = 0; i < TASKS; i++)
		cr_expect_eq(counts[i], 5);
	weir_schedule_release(second);
	weir_runtime_release(runtime);
}

Test(measure, says_which_tasks_a_failure_has_kept_from_running)
{
	weir_runtime *runtime = must_team(1, WEIR_TEAM_BORROWED);
	weir_tasks *tasks = must_record(runtime, 5);
	weir_schedule *schedule = must_compile(tasks);
	double ns[TASKS];

	cr_assert_eq(weir_schedule_measure(schedule, 1, ns), WEIR_ERANGE);
	cr_expect(isfinite(ns[4]));
	cr_expect(isinf(ns[6]));
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, TASKS), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "weir_tasks_set_costs"), "%s",
		  weir_error_text());
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, 5), WEIR_OK);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(runtime);
}

Test(measure, refuses_what_is_missing)
{
	weir_runtime *runtime = must_team(1, WEIR_TEAM_BORROWED);
	weir_tasks *tasks = must_record(runtime, -1);
	weir_schedule *schedule = must_compile(tasks);
	double ns[TASKS + 1] = { 0 };

	cr_expect_eq(weir_schedule_measure(NULL, 1, ns), WEIR_ENULL);
	cr_expect_eq(weir_schedule_measure(schedule, 1, NULL), WEIR_ENULL);
	cr_expect_eq(weir_schedule_measure(schedule, 0, ns), WEIR_EINVAL);
	cr_expect_eq(weir_tasks_set_costs(NULL, ns, 1), WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_costs(tasks, NULL, 1), WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_costs(tasks, NULL, 0), WEIR_OK);
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, TASKS + 1), WEIR_ERANGE);
	ns[3] = -1;
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, TASKS), WEIR_EINVAL);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(runtime);
}

/* The first costs of a graph that had none. */
Test(measure, says_so_without_memory)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .allocator = &allocator };
	double ns[] = { 1e6, 1e6 };
	weir_runtime *runtime;
	weir_tasks *tasks;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	cr_assert_eq(weir_tasks_create(runtime, "t", &tasks), WEIR_OK);
	cr_assert_eq(weir_tasks_add_after(tasks, work, &counts[0], NULL, 0,
					  NULL, NULL), WEIR_OK);
	cr_assert_eq(weir_tasks_add_after(tasks, work, &counts[1], NULL, 0,
					  NULL, NULL), WEIR_OK);
	fault_arm(&fault, 1);
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, 2), WEIR_ENOMEM);
	fault_arm(&fault, 0);
	cr_expect_eq(weir_tasks_set_costs(tasks, ns, 2), WEIR_OK);
	weir_tasks_release(tasks);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}
