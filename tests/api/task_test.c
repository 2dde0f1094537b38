/* Task graphs: dependencies from accesses, runs, failures. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/fault.h"
#include "support/weir_test.h"

enum { COLUMNS = 24, ROWS = 40 };

static weir_runtime *rt;

static void
begin(void)
{
	rt = must_runtime(4);
}

static void
end(void)
{
	weir_runtime_release(rt);
}

TestSuite(task, .init = begin, .fini = end);

static weir_tasks *
must_tasks(weir_runtime *runtime)
{
	weir_tasks *tasks = NULL;

	must(weir_tasks_create(runtime, "t", &tasks));
	return tasks;
}

static weir_schedule *
must_compile(weir_tasks *tasks)
{
	weir_schedule *schedule = NULL;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

/* -- a stencil: each cell from three of the row before ---------------------------- */

struct cell {
	const double *left, *middle, *right;
	double *to;
};

struct stencil {
	double rows[2][COLUMNS];
	struct cell cells[ROWS][COLUMNS];
};

static weir_status
compute(void *arg)
{
	const struct cell *c = arg;
	double sum = *c->left + 2 * *c->middle + *c->right;

	*c->to = sum / 4 + 1e-3;
	return WEIR_OK;
}

static void
add_stencil(weir_tasks *tasks, struct stencil *s)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 20000 };
	int r, i;

	for (r = 0; r < ROWS; r++)
		for (i = 0; i < COLUMNS; i++) {
			const double *from = s->rows[r & 1];
			struct cell *c = &s->cells[r][i];
			weir_access a[4];

			c->left = from + (i ? i - 1 : i);
			c->middle = from + i;
			c->right = from + (i + 1 < COLUMNS ? i + 1 : i);
			c->to = &s->rows[(r + 1) & 1][i];
			a[0] = (weir_access){ c->left, WEIR_READ };
			a[1] = (weir_access){ c->middle, WEIR_READ };
			a[2] = (weir_access){ c->right, WEIR_READ };
			a[3] = (weir_access){ c->to, WEIR_WRITE };
			must(weir_tasks_add(tasks, compute, c, a, 4, &heavy,
					    NULL));
		}
}

static void
init_stencil(struct stencil *s)
{
	int i;

	for (i = 0; i < COLUMNS; i++) {
		s->rows[0][i] = i * 0.37;
		s->rows[1][i] = -1;
	}
}

static void
run_serially(struct stencil *s, int times)
{
	int r, i;

	while (times-- > 0)
		for (r = 0; r < ROWS; r++)
			for (i = 0; i < COLUMNS; i++)
				compute(&s->cells[r][i]);
}

static struct stencil *
must_stencil(weir_tasks *tasks)
{
	struct stencil *s = calloc(1, sizeof *s);

	cr_assert(s);
	add_stencil(tasks, s);
	init_stencil(s);
	return s;
}

static void
expect_stencil(struct stencil *got, int times)
{
	struct stencil *want = calloc(1, sizeof *want);
	weir_tasks *tasks = must_tasks(rt);

	cr_assert(want);
	add_stencil(tasks, want);
	init_stencil(want);
	run_serially(want, times);
	cr_expect_arr_eq(got->rows, want->rows, sizeof want->rows);
	weir_tasks_release(tasks);
	free(want);
}

Test(task, accesses_order_a_stencil_as_the_program_did)
{
	weir_tasks *tasks = must_tasks(rt);
	struct stencil *s = must_stencil(tasks);
	weir_schedule *schedule = must_compile(tasks);
	weir_schedule_info info = weir_schedule_get_info(schedule);

	cr_expect_eq(info.tasks, ROWS * COLUMNS);
	cr_expect_gt(info.workers, 1);
	weir_tasks_release(tasks);		/* the schedule lives on */
	must(weir_schedule_run(schedule, 1));
	must(weir_schedule_run(schedule, 7));
	expect_stencil(s, 8);
	weir_schedule_release(schedule);
	free(s);
}

Test(task, runs_inside_a_parallel_region)
{
	weir_tasks *tasks = must_tasks(rt);
	struct stencil *s = must_stencil(tasks);
	weir_schedule *schedule = must_compile(tasks);
	int failures = 0;

#pragma omp parallel num_threads(2) reduction(+ : failures)
	{
		if (weir_schedule_run(schedule, 3))
			failures++;
	}
	cr_expect_eq(failures, 0);
	expect_stencil(s, 6);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	free(s);
}

static void *
run_ten_times(void *arg)
{
	int i;

	for (i = 0; i < 10; i++)
		if (weir_schedule_run(arg, 1))
			return arg;
	return NULL;
}

Test(task, runs_of_one_schedule_from_several_threads_take_turns)
{
	weir_tasks *tasks = must_tasks(rt);
	struct stencil *s = must_stencil(tasks);
	weir_schedule *schedule = must_compile(tasks);
	pthread_t threads[4];
	void *failed;
	int i;

	for (i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, run_ten_times,
					    schedule), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		cr_expect_null(failed);
	}
	expect_stencil(s, 40);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	free(s);
}

/* -- explicit dependencies, mistakes ------------------------------------------------ */

static weir_status
count(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	return WEIR_OK;
}

Test(task, that_comes_after_others_says_so_by_their_numbers)
{
	weir_tasks *tasks = must_tasks(rt);
	atomic_int n = 0;
	uint32_t a, b, after[3];
	weir_schedule *schedule;

	must(weir_tasks_add_after(tasks, count, &n, NULL, 0, NULL, &a));
	must(weir_tasks_add_after(tasks, count, &n, &a, 1, NULL, &b));
	after[0] = a;
	after[1] = b;
	after[2] = a;
	must(weir_tasks_add_after(tasks, count, &n, after, 3, NULL, NULL));
	after[0] = 3;
	cr_expect_eq(weir_tasks_add_after(tasks, count, &n, after, 1, NULL,
					  NULL), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "weir_tasks_add_after: task 3 has "
			 "not been recorded, 3 have");
	schedule = must_compile(tasks);
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 3);
	must(weir_schedule_run(schedule, 5));
	cr_expect_eq(n, 15);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
}

/* A diamond with heavy arms, dealt to two. */
Test(task, a_schedule_can_be_read_and_drawn)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6, .name = "a \"b\"" };
	weir_tasks *tasks = must_tasks(rt);
	weir_schedule *schedule;
	uint32_t n;
	char *text;
	atomic_int done = 0;

	must(weir_tasks_add_after(tasks, count, &done, NULL, 0, NULL, &n));
	must(weir_tasks_add_after(tasks, count, &done, &n, 1, &heavy, NULL));
	must(weir_tasks_add_after(tasks, count, &done, &n, 1, &heavy, NULL));
	must(weir_tasks_add_after(tasks, count, &done,
				  (uint32_t[]){ 1, 2 }, 2, NULL, NULL));
	schedule = must_compile(tasks);
	must(weir_schedule_describe(schedule, false, &text));
	cr_expect(strstr(text, "t: 4 tasks, 4 dependencies, 2 workers") ==
		  text, "%s", text);
	cr_expect(strstr(text, "\nworker 1\n"), "%s", text);
	/* the arms at once: one has only the first task before it */
	cr_expect(strstr(text, "worker 1\n  block 0, after worker 0 block 0\n"
			 "    a "), "%s", text);
	cr_expect(strstr(text, "worker 0\n  block 0\n    task 0\n  block 1\n"),
		  "%s", text);
	cr_expect(strstr(text, "after worker"), "%s", text);
	cr_expect(strstr(text, "    task 0\n"), "%s", text);
	weir_text_release(text);
	must(weir_schedule_describe(schedule, true, &text));
	cr_expect(strstr(text, "digraph \"t\" {"), "%s", text);
	cr_expect(strstr(text, "cluster_1"), "%s", text);
	cr_expect(strstr(text, "1 [label=\"a \\\"b\\\" 1\"];"), "%s",
		  text);
	cr_expect(strstr(text, "\t2 -> 3;\n"), "%s", text);
	weir_text_release(text);
	cr_expect_eq(weir_schedule_describe(NULL, true, &text), WEIR_ENULL);
	cr_expect_eq(weir_schedule_describe(schedule, true, NULL),
		     WEIR_ENULL);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
}

Test(task, a_task_graph_without_tasks_runs)
{
	weir_tasks *tasks = must_tasks(rt);
	weir_schedule *schedule = must_compile(tasks);

	must(weir_schedule_run(schedule, 3));
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
}

Test(task, compiling_leaves_the_flags_of_its_caller_alone)
{
	weir_tasks *tasks = must_tasks(rt);
	struct stencil *s = must_stencil(tasks);
	weir_schedule *schedule = NULL;
	weir_status status;
	int flags;

	feclearexcept(FE_ALL_EXCEPT);
	status = weir_tasks_compile(tasks, &schedule);
	flags = fetestexcept(FE_ALL_EXCEPT);
	cr_expect_eq(status, WEIR_OK);
	cr_expect_eq(flags, 0);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	free(s);
}

Test(task, mistakes_are_told)
{
	weir_tasks *tasks = must_tasks(rt), *none = NULL;
	weir_access bad = { tasks, (weir_access_mode)9 };
	weir_task_options no_size = { .size = 0 };

	cr_expect_eq(weir_tasks_create(NULL, "t", &none), WEIR_ENULL);
	cr_expect_eq(weir_tasks_create(rt, "", &none), WEIR_EINVAL);
	cr_expect_eq(weir_tasks_add(tasks, NULL, NULL, NULL, 0, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_add(tasks, count, NULL, NULL, 1, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_add(tasks, count, NULL, &bad, 1, NULL, NULL),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tasks_add(tasks, count, NULL, NULL, 0, &no_size,
				    NULL), WEIR_EINVAL);
	cr_expect_eq(weir_schedule_run(NULL, 1), WEIR_ENULL);
	weir_tasks_release(tasks);
	weir_tasks_release(NULL);
	weir_schedule_release(NULL);
}

/* -- failures ------------------------------------------------------------------------ */

struct failing {
	int number;
	atomic_int *ran;
	bool fails;
};

static weir_status
may_fail(void *arg)
{
	const struct failing *f = arg;

	atomic_fetch_add(&f->ran[f->number], 1);
	return f->fails ? weir_fail(WEIR_EOP, "number %d", f->number)
			: WEIR_OK;
}

Test(task, the_failure_recorded_first_wins_whatever_the_schedule)
{
	enum { N = 400 };
	struct failing *f = calloc(N, sizeof *f);
	atomic_int *ran = calloc(N, sizeof *ran);
	weir_tasks *tasks = must_tasks(rt);
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 20000 };
	weir_schedule *schedule;
	int i, run;

	cr_assert(f && ran);
	for (i = 0; i < N; i++) {
		f[i] = (struct failing){ i, ran, i == 150 || i == 151 ||
						 i == 390 };
		must(weir_tasks_add(tasks, may_fail, &f[i], NULL, 0, &heavy,
				    NULL));
	}
	schedule = must_compile(tasks);
	cr_assert_gt(weir_schedule_get_info(schedule).workers, 1);
	for (run = 1; run <= 1000; run++) {
		cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_EOP);
		cr_assert_str_eq(weir_error_text(),
				 "t: task 150 failed: number 150");
		for (i = 0; i <= 150; i++)
			cr_assert_eq(ran[i], run, "task %d", i);
	}
	f[150].fails = f[151].fails = f[390].fails = false;
	must(weir_schedule_run(schedule, 1));
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	free(f);
	free(ran);
}

Test(task, survives_every_allocation_that_fails)
{
	static struct fault fault;
	const char places[3] = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *own = must_runtime_on(2, &allocator);
	long k;

	for (k = 1;; k++) {
		weir_tasks *tasks = NULL;
		weir_schedule *schedule = NULL;
		weir_status status;
		atomic_int n = 0;
		int i;

		fault_arm(&fault, k);
		status = weir_tasks_create(own, "t", &tasks);
		for (i = 0; i < 40 && !status; i++) {
			weir_access a[2] = { { &fault, WEIR_READ },
					     { &places[i % 3], WEIR_WRITE } };
			weir_task_options options = {
				.size = sizeof options,
				.group = &places[i % 2],
				.at_most = 9,
			};

			status = weir_tasks_add(tasks, count, &n, a, 2,
						&options, NULL);
		}
		if (!status)
			status = weir_tasks_compile(tasks, &schedule);
		if (!status)
			status = weir_schedule_run(schedule, 1);
		fault_arm(&fault, 0);
		weir_schedule_release(schedule);
		weir_tasks_release(tasks);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
	}
	cr_expect_gt(k, 20);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
}
