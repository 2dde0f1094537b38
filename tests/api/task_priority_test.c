/* Priorities of tasks, by what schedules say and by running them. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <limits.h>
#include <string.h>

#include "support/fault.h"
#include "support/weir_test.h"

enum { TASKS = 12 };

static weir_runtime *rt;
static weir_tasks *tasks;

static void
begin(void)
{
	rt = must_runtime(2);
	must(weir_tasks_create(rt, "p", &tasks));
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_priority, .init = begin, .fini = end);

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* A task of 1 ms with this priority, after n others. */
static uint32_t
must_add(int priority, const uint32_t *after, const double *edges, size_t n)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1e6,
				      .edge_nanoseconds = edges,
				      .priority = priority };
	uint32_t number = 0;

	must(weir_tasks_add_after(tasks, nothing, NULL, after, n, &options,
				  &number));
	return number;
}

static void
simulate(weir_task_span *spans)
{
	weir_schedule *schedule;
	double makespan;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	must(weir_schedule_run(schedule, 2));
	weir_schedule_release(schedule);
}

/* Of two on one worker the higher one comes first, of equals the earlier. */
static void
expect_in_order(const weir_task_span *spans, const int *priorities, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			if (spans[i].worker == spans[j].worker)
				cr_expect_eq(spans[j].start < spans[i].start,
					     priorities[j] > priorities[i],
					     "tasks %zu and %zu", i, j);
}

static const int mixed[TASKS] = { 0, 3, -2, 3, INT_MAX, 0, -2, INT_MIN, 7, 1,
				  0, 7 };

/* With and without costs of edges: 0, none. */
ParameterizedTestParameters(task_priority, decides_among_ready_tasks)
{
	static int kinds[] = { 0, 1 };

	return cr_make_param_array(int, kinds, 2);
}

ParameterizedTest(int *has_edges, task_priority, decides_among_ready_tasks)
{
	static const double cheap[] = { 0 };
	weir_task_span spans[TASKS];
	unsigned on_second = 0;
	int i;

	for (i = 0; i < TASKS; i++)
		must_add(mixed[i], NULL, *has_edges ? cheap : NULL, 0);
	simulate(spans);
	for (i = 0; i < TASKS; i++)
		on_second += spans[i].worker;
	cr_expect_eq(on_second, TASKS / 2);
	expect_in_order(spans, mixed, TASKS);
}

Test(task_priority, decides_where_one_worker_has_all)
{
	weir_runtime *own = must_runtime(1);
	weir_task_span spans[TASKS];
	weir_tasks *shared = tasks;
	int i;

	must(weir_tasks_create(own, "p", &tasks));
	for (i = 0; i < TASKS; i++)
		must_add(mixed[i], NULL, NULL, 0);
	simulate(spans);
	expect_in_order(spans, mixed, TASKS);
	weir_tasks_release(tasks);
	weir_runtime_release(own);
	tasks = shared;
}

/* A chain, not worth a second worker: the last is the most urgent. */
Test(task_priority, gives_way_to_dependencies)
{
	weir_task_span spans[TASKS];
	uint32_t last = 0;
	int i;

	for (i = 0; i < TASKS; i++)
		last = must_add(i * 10, &last, NULL, i ? 1 : 0);
	simulate(spans);
	for (i = 1; i < TASKS; i++)
		cr_expect_eq(spans[i].start, spans[i - 1].end);
}

/* What urgent tasks lead to is not urgent itself, and one becomes ready while
 * others wait. */
Test(task_priority, lets_one_that_becomes_ready_overtake)
{
	weir_task_span spans[TASKS];
	uint32_t first[2];
	int i;

	first[0] = must_add(0, NULL, NULL, 0);
	first[1] = must_add(0, NULL, NULL, 0);
	for (i = 2; i < TASKS - 2; i++)
		must_add(0, NULL, NULL, 0);
	must_add(5, &first[0], NULL, 1);
	must_add(5, &first[1], NULL, 1);
	simulate(spans);
	for (i = 10; i < TASKS; i++) {
		cr_expect_geq(spans[i].start, 1e6);
		cr_expect_leq(spans[i].start, 3e6);
	}
}

Test(task_priority, gives_the_same_schedule_each_time)
{
	weir_schedule *schedule;
	char *text[2];
	int i, k;

	for (i = 0; i < TASKS; i++)
		must_add(mixed[i], NULL, NULL, 0);
	for (k = 0; k < 2; k++) {
		must(weir_tasks_compile(tasks, &schedule));
		must(weir_schedule_describe(schedule, false, &text[k]));
		weir_schedule_release(schedule);
	}
	cr_expect_str_eq(text[0], text[1]);
	weir_text_release(text[0]);
	weir_text_release(text[1]);
}

/* -- random graphs -------------------------------------------------------------- */

static uint32_t
draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % below;
}

/* One worker, so that what is ready is known: at each moment none that is
 * higher could have been started. */
Test(task_priority, holds_at_each_step_of_random_graphs)
{
	enum { N = 300, PREDS = 3 };
	weir_runtime *own = must_runtime(1);
	static weir_task_span spans[N];
	static int priorities[N];
	weir_tasks *shared = tasks;
	static uint32_t after[N][PREDS];
	uint64_t seed;
	uint32_t i, j, k;

	for (seed = 1; seed <= 5; seed++) {
		uint64_t state = seed;

		must(weir_tasks_create(own, "p", &tasks));
		for (i = 0; i < N; i++) {
			priorities[i] = (int)draw(&state, 7) - 3;
			for (k = 0; k < PREDS && i; k++)
				after[i][k] = draw(&state, i);
			must_add(priorities[i], after[i], NULL,
				 i < 20 ? 0 : PREDS);
		}
		simulate(spans);
		for (i = 0; i < N; i++)
			for (j = 0; j < N; j++) {
				double ready = 0;

				for (k = 0; k < PREDS && j >= 20; k++)
					if (ready < spans[after[j][k]].end)
						ready = spans[after[j][k]].end;
				if (ready > spans[i].start ||
				    spans[j].start <= spans[i].start)
					continue;
				cr_assert(priorities[i] > priorities[j] ||
					  (priorities[i] == priorities[j] &&
					   i < j), "%u before %u", i, j);
			}
		weir_tasks_release(tasks);
	}
	weir_runtime_release(own);
	tasks = shared;
}

/* -- without memory --------------------------------------------------------------- */

/* The first task with a priority is not the first task. */
Test(task_priority, survives_every_allocation_that_fails)
{
	static const double cheap[] = { 3 };
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *own = must_runtime_on(2, &allocator);
	long k;

	for (k = 1;; k++) {
		weir_schedule *schedule = NULL;
		weir_tasks *t = NULL;
		weir_status status;
		int i;

		fault_arm(&fault, k);
		status = weir_tasks_create(own, "p", &t);
		for (i = 0; i < 40 && !status; i++) {
			const uint32_t before = (uint32_t)i - 1;
			weir_task_options options = {
				.size = sizeof options,
				.nanoseconds = 1000,
				.priority = i / 5,
				.edge_nanoseconds = i > 20 ? cheap : NULL,
			};

			status = weir_tasks_add_after(t, nothing, NULL,
						      &before, i % 2, &options,
						      NULL);
			if (!status && i % 20 == 19) {
				weir_schedule_release(schedule);
				schedule = NULL;
				status = weir_tasks_compile(t, &schedule);
			}
		}
		if (!status)
			status = weir_schedule_run(schedule, 1);
		fault_arm(&fault, 0);
		weir_schedule_release(schedule);
		weir_tasks_release(t);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
	}
	cr_expect_gt(k, 30);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
}
