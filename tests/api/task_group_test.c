/* Groups of tasks of which only so many run at once. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "support/weir_test.h"

enum { TASKS = 40, RUNS = 20 };

static weir_runtime *rt;
static weir_tasks *tasks;
static int device;		/* names a group */

static void
begin(void)
{
	rt = must_runtime(4);
	must(weir_tasks_create(rt, "g", &tasks));
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_group, .init = begin, .fini = end);

static weir_task_options
in_group(uint32_t at_most, double ns)
{
	return (weir_task_options){ .size = sizeof(weir_task_options),
				    .nanoseconds = ns, .group = &device,
				    .at_most = at_most };
}

/* How many are in it at once. */
struct room {
	atomic_int inside, most, times;
};

static weir_status
enter(void *arg)
{
	const struct timespec while_inside = { .tv_nsec = 200000 };
	struct room *room = arg;
	int inside = atomic_fetch_add(&room->inside, 1) + 1;
	int most = atomic_load(&room->most);

	while (inside > most &&
	       !atomic_compare_exchange_weak(&room->most, &most, inside))
		;
	nanosleep(&while_inside, NULL);
	atomic_fetch_sub(&room->inside, 1);
	atomic_fetch_add(&room->times, 1);
	return WEIR_OK;
}

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

static void
expect_most(weir_schedule *schedule, struct room *room, int most)
{
	int i;

	for (i = 0; i < RUNS; i++)
		must(weir_schedule_run(schedule, 1));
	cr_expect_eq(atomic_load(&room->times), RUNS * TASKS);
	cr_expect_leq(atomic_load(&room->most), most);
	cr_expect_geq(atomic_load(&room->most), 2);
}

Test(task_group, lets_no_more_run_at_once)
{
	weir_task_options options = in_group(2, 2e5);
	struct room limited = { 0 }, free_ones = { 0 };
	weir_schedule *schedule;
	int i;

	for (i = 0; i < TASKS; i++)
		must(weir_tasks_add(tasks, enter, &limited, NULL, 0, &options,
				    NULL));
	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	cr_expect_eq(weir_schedule_get_info(schedule).edges, TASKS - 2);
	expect_most(schedule, &limited, 2);
	weir_schedule_release(schedule);

	/* Others are not held up by them. */
	options.group = NULL;
	options.at_most = 0;
	for (i = 0; i < TASKS; i++)
		must(weir_tasks_add_after(tasks, enter, &free_ones, NULL, 0,
					  &options, NULL));
	must(weir_tasks_compile(tasks, &schedule));
	cr_expect_eq(weir_schedule_get_info(schedule).edges, TASKS - 2);
	atomic_store(&limited.times, 0);
	expect_most(schedule, &free_ones, 4);
	cr_expect_eq(atomic_load(&limited.times), RUNS * TASKS);
	cr_expect_leq(atomic_load(&limited.most), 2);
	weir_schedule_release(schedule);
}

Test(task_group, gives_a_slot_to_who_is_free_first)
{
	weir_task_options options = in_group(2, 1e6);
	weir_task_span spans[4];
	weir_schedule *schedule;
	double makespan;
	int i;

	for (i = 0; i < 4; i++) {
		must(weir_tasks_add(tasks, nothing, NULL, NULL, 0, &options,
				    NULL));
		options.nanoseconds = 3e5;
	}
	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	cr_expect_geq(spans[2].start, spans[1].end);
	cr_expect_geq(spans[3].start, spans[2].end);
	cr_expect_lt(spans[3].start, spans[0].end);
	weir_schedule_release(schedule);
}

Test(task_group, goes_with_other_dependencies)
{
	weir_task_options options = in_group(1, 0);
	const uint32_t first = 0;
	weir_access access = { &options, WEIR_READ_WRITE };
	weir_schedule *schedule;

	/* the second comes after the first twice over: one edge */
	must(weir_tasks_add(tasks, nothing, NULL, &access, 1, &options, NULL));
	must(weir_tasks_add(tasks, nothing, NULL, &access, 1, &options, NULL));
	must(weir_tasks_add_after(tasks, nothing, NULL, &first, 1, &options,
				  NULL));
	must(weir_tasks_compile(tasks, &schedule));
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 3);
	must(weir_schedule_check(schedule));
	weir_schedule_release(schedule);
}

Test(task_group, wants_one_limit_for_all)
{
	weir_task_options options = in_group(3, 0);
	const uint32_t none = 7;

	must(weir_tasks_add(tasks, nothing, NULL, NULL, 0, &options, NULL));
	options.at_most = 2;
	cr_expect_eq(weir_tasks_add(tasks, nothing, NULL, NULL, 0, &options,
				    NULL), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "g: task 1: at most 2 of its group "
			 "at once, but 3 by an earlier task of the group");
	options.at_most = 0;
	cr_expect_eq(weir_tasks_add(tasks, nothing, NULL, NULL, 0, &options,
				    NULL), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "together, or neither"));
	/* A task that is not recorded has no slot either. */
	options.at_most = 3;
	cr_expect_eq(weir_tasks_add_after(tasks, nothing, NULL, &none, 1,
					  &options, NULL), WEIR_ERANGE);
}

/* Slots are made as they are needed. */
Test(task_group, may_be_wider_than_any_graph)
{
	weir_task_options options = in_group(UINT32_MAX, 0);
	weir_schedule *schedule;
	int i;

	for (i = 0; i < TASKS; i++)
		must(weir_tasks_add(tasks, nothing, NULL, NULL, 0, &options,
				    NULL));
	must(weir_tasks_compile(tasks, &schedule));
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 0);
	must(weir_schedule_run(schedule, 1));
	weir_schedule_release(schedule);
}
