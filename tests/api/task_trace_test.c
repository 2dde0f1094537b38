/* What a trace shows of tasks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/spans.h"
#include "support/temporary.h"
#include "support/weir_test.h"

enum { CHAINS = 4, LENGTH = 20, TASKS = CHAINS * LENGTH, TIMES = 3 };

static weir_runtime *rt;
static char path[TEMPORARY];

static void
begin(void)
{
	temporary_file(path);
	rt = must_runtime(2);
}

static void
end(void)
{
	unlink(path);
	weir_runtime_release(rt);
}

TestSuite(task_trace, .init = begin, .fini = end);

static weir_status
add_one(void *arg)
{
	++*(int *)arg;
	return WEIR_OK;
}

static weir_status
fail(void *arg)
{
	(void)arg;
	return weir_fail(WEIR_ERANGE, "no");
}

/* Chains beside each other; every other task has a name. The last task of the
 * first chain does fn. */
static weir_schedule *
must_chains(int *counts, weir_task_fn fn)
{
	weir_schedule *schedule;
	weir_tasks *tasks;
	int i;

	must(weir_tasks_create(rt, "chains", &tasks));
	for (i = 0; i < TASKS; i++) {
		weir_task_options options = { .size = sizeof options,
					      .nanoseconds = 20000 };
		weir_access access = { &counts[i % CHAINS], WEIR_READ_WRITE };
		bool is_odd = fn && i == TASKS - CHAINS;

		if (i % 2)
			options.name = "odd";
		must(weir_tasks_add(tasks, is_odd ? fn : add_one,
				    &counts[i % CHAINS], &access, 1, &options,
				    NULL));
	}
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
	return schedule;
}

static void
read_trace(struct spans *spans)
{
	weir_trace_stop(rt);
	must(weir_trace_write(rt, path));
	spans_read(spans, path);
	cr_assert_eq(spans->lost, 0);
}

static const struct span *
span_of(const struct spans *spans, int64_t ordinal)
{
	const struct span *found = NULL;
	size_t i;

	for (i = 0; i < spans->n; i++) {
		if (spans->all[i].ordinal != ordinal)
			continue;
		cr_assert_null(found, "task %lld is there twice",
			       (long long)ordinal);
		found = &spans->all[i];
	}
	return found;
}

Test(task_trace, shows_each_task_of_each_run_once_and_after_what_it_needs)
{
	int counts[CHAINS] = { 0 };
	weir_schedule *schedule = must_chains(counts, NULL);
	weir_trace_options options = { .size = sizeof options };
	struct spans spans;
	int64_t i;

	must(weir_trace_start(rt, &options));
	must(weir_schedule_run(schedule, TIMES));
	read_trace(&spans);
	for (i = 0; i < TASKS * TIMES; i++) {
		const struct span *task = span_of(&spans, i + 1), *before;

		cr_assert_not_null(task, "task %lld is missing", (long long)i);
		cr_expect_str_eq(task->name, i % 2 ? "odd" : "task");
		cr_expect_leq(task->ready, task->start + 1e-3);
		if (i % TASKS < CHAINS) {
			cr_expect_eq(task->ready >= 0, i < TASKS);
			continue;
		}
		before = span_of(&spans, i + 1 - CHAINS);
		cr_assert_not_null(before);
		cr_expect_leq(before->end, task->start + 1e-3);
		cr_expect_leq(before->end, task->ready + 1e-3);
	}
	spans_free(&spans);
	weir_schedule_release(schedule);
}

Test(task_trace, shows_runs_that_nobody_waits_for_and_costs_nothing_when_off)
{
	int counts[CHAINS] = { 0 };
	weir_schedule *schedule = must_chains(counts, NULL);
	weir_trace_options options = { .size = sizeof options };
	struct spans spans;
	weir_run *run;

	must(weir_schedule_run(schedule, 1));
	must(weir_trace_start(rt, &options));
	must(weir_schedule_start(schedule, 1, NULL, &run));
	must(weir_run_wait(run));
	weir_run_release(run);
	read_trace(&spans);
	cr_expect_not_null(span_of(&spans, 1));
	cr_expect_not_null(span_of(&spans, TASKS));
	cr_expect_null(span_of(&spans, TASKS + 1));
	spans_free(&spans);
	must(weir_schedule_run(schedule, 1));
	cr_expect_eq(counts[0], 3 * LENGTH);
	weir_schedule_release(schedule);
}

Test(task_trace, a_traced_failure_is_the_same_failure)
{
	int counts[CHAINS] = { 0 };
	weir_schedule *schedule = must_chains(counts, fail);
	weir_trace_options options = { .size = sizeof options };
	struct spans spans;

	must(weir_trace_start(rt, &options));
	cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "chains: task 76 failed: no");
	read_trace(&spans);
	cr_expect_not_null(span_of(&spans, TASKS - CHAINS + 1));
	spans_free(&spans);
	weir_schedule_release(schedule);
}
