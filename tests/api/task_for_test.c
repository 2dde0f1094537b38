/* Loops as tasks: what is run, when, and how it is cut. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "support/fault.h"
#include "support/weir_test.h"

enum { ROOM = 1000 };

static weir_runtime *rt;
static weir_tasks *tasks;
static atomic_int visits[ROOM], cuts[ROOM + 1], calls;
static double row[2][ROOM];
static int device;

static void
begin_with(unsigned workers)
{
	rt = must_runtime(workers);
	must(weir_tasks_create(rt, "f", &tasks));
}

static void
begin(void)
{
	begin_with(4);
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_for, .init = begin, .fini = end);

static weir_status
visit(void *arg, size_t from, size_t to)
{
	size_t i;

	(void)arg;
	atomic_fetch_add(&calls, 1);
	atomic_fetch_add(&cuts[from], 1);
	for (i = from; i < to; i++)
		atomic_fetch_add(&visits[i], 1);
	return WEIR_OK;
}

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

static weir_schedule *
must_compile(void)
{
	weir_schedule *schedule;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

/* -- what is run ----------------------------------------------------------------- */

ParameterizedTestParameters(task_for_on, workers_runs_the_same_pieces)
{
	static int workers[] = { 1, 2, 3, 8 };

	return cr_make_param_array(int, workers, 4);
}

ParameterizedTest(int *workers, task_for_on, workers_runs_the_same_pieces)
{
	static const size_t sizes[][2] = { { 0, 7 }, { 1, 7 }, { 7, 7 },
					   { 8, 7 }, { 1000, 7 }, { 1000, 1 },
					   { 999, 1000 }, { 5, SIZE_MAX } };
	size_t s, i;

	for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		size_t n = sizes[s][0], grain = sizes[s][1];
		weir_task_options heavy = { .size = sizeof heavy,
					    .nanoseconds = 1e6 };
		weir_schedule *schedule;
		uint32_t number = 7;

		begin_with((unsigned)*workers);
		memset(visits, 0, sizeof visits);
		memset(cuts, 0, sizeof cuts);
		atomic_store(&calls, 0);
		must(weir_tasks_add_for(tasks, visit, NULL, n, grain, NULL, 0,
					&heavy, &number));
		schedule = must_compile();
		weir_tasks_release(tasks);
		tasks = NULL;
		cr_expect_eq(number,
			     weir_schedule_get_info(schedule).tasks - 1);
		must(weir_schedule_run(schedule, 2));
		cr_expect_eq(calls, 2 * (int)(n / grain + (n % grain != 0)));
		for (i = 0; i < ROOM; i++) {
			cr_expect_eq(visits[i], i < n ? 2 : 0, "%zu of %zu",
				     i, n);
			cr_expect_eq(cuts[i],
				     i < n && i % grain == 0 ? 2 : 0);
		}
		weir_schedule_release(schedule);
		end();
	}
}

/* -- when --------------------------------------------------------------------------- */

struct smoothing {
	const double *from;
	double *to;
};

static weir_status
smooth(void *arg, size_t from, size_t to)
{
	const struct smoothing *s = arg;
	size_t i;

	for (i = from; i < to; i++)
		s->to[i] = (s->from[i ? i - 1 : i] + s->from[i] +
			    s->from[i + 1 < ROOM ? i + 1 : i]) / 3;
	return WEIR_OK;
}

static void
init_row(void)
{
	int i;

	for (i = 0; i < ROOM; i++)
		row[0][i] = i % 17 * 0.31;
}

/* Each loop needs all of the one before. */
Test(task_for, comes_after_what_the_loop_accesses)
{
	enum { SWEEPS = 30 };
	struct smoothing sweeps[2] = { { row[0], row[1] },
				       { row[1], row[0] } };
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	static double wanted[ROOM];
	weir_schedule *schedule;
	int k;

	init_row();
	for (k = 0; k < SWEEPS; k++)
		smooth(&sweeps[k % 2], 0, ROOM);
	memcpy(wanted, row[0], sizeof wanted);
	for (k = 0; k < SWEEPS; k++) {
		weir_access accesses[] = { { row[k % 2], WEIR_READ },
					   { row[1 - k % 2], WEIR_WRITE } };

		must(weir_tasks_add_for(tasks, smooth, &sweeps[k % 2], ROOM,
					37, accesses, 2, &heavy, NULL));
	}
	schedule = must_compile();
	cr_expect_gt(weir_schedule_get_info(schedule).workers, 1);
	for (k = 0; k < 20; k++) {
		init_row();
		must(weir_schedule_run(schedule, 1));
		cr_expect_arr_eq(row[0], wanted, sizeof wanted);
	}
	weir_schedule_release(schedule);
}

static uint32_t
must_access(weir_access_mode mode, const void *memory)
{
	weir_access access = { memory, mode };
	uint32_t number = 0;

	must(weir_tasks_add(tasks, nothing, NULL, &access, 1, NULL, &number));
	return number;
}

static uint32_t
edges(void)
{
	weir_schedule *schedule = must_compile();
	uint32_t n = weir_schedule_get_info(schedule).edges;

	weir_schedule_release(schedule);
	return n;
}

static uint32_t
must_loop(size_t pieces, weir_access_mode mode)
{
	weir_access access = { &row, mode };
	uint32_t number = 0;

	must(weir_tasks_add_for(tasks, visit, NULL, pieces, 1, &access, 1,
				NULL, &number));
	return number;
}

Test(task_for, has_tasks_around_it_where_they_are_needed)
{
	/* after nothing: the pieces, and who comes after them */
	cr_expect_eq(must_loop(5, WEIR_WRITE), 5);
	cr_expect_eq(edges(), 5);
	/* after one */
	cr_expect_eq(must_loop(5, WEIR_READ_WRITE), 5 + 6);
	cr_expect_eq(edges(), 5 + 10);
	/* who only read may be beside each other */
	cr_expect_eq(must_loop(5, WEIR_READ), 11 + 6);
	must_access(WEIR_READ, &row);
	cr_expect_eq(edges(), 5 + 10 + 10 + 1);
	/* after three: one task waits for them */
	cr_expect_eq(must_loop(5, WEIR_COMMUTE), 11 + 6 + 1 + 7);
	cr_expect_eq(edges(), 5 + 10 + 10 + 1 + 3 + 10);
	/* one piece is a task, and none is one too */
	cr_expect_eq(must_loop(1, WEIR_WRITE), 11 + 6 + 1 + 7 + 1);
	cr_expect_eq(must_loop(0, WEIR_WRITE), 11 + 6 + 1 + 7 + 2);
	cr_expect_eq(edges(), 5 + 10 + 10 + 1 + 3 + 10 + 2);
}

/* Those may get another order, so any of them may be the last. */
Test(task_for, comes_after_all_that_commute)
{
	static const double ns[] = { 5e6, 1e6, 3e6 };
	weir_task_span spans[3 + 1 + 4 + 1];
	weir_schedule *schedule;
	double makespan;
	int i, k;

	for (i = 0; i < 3; i++) {
		weir_access accesses[] = { { &row, WEIR_COMMUTE } };
		weir_task_options options = { .size = sizeof options,
					      .nanoseconds = ns[i] };

		must(weir_tasks_add(tasks, nothing, NULL, accesses, 1,
				    &options, NULL));
	}
	must_loop(4, WEIR_READ);
	weir_tasks_allow_reorder(tasks);
	schedule = must_compile();
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	for (i = 0; i < 3; i++)
		for (k = 4; k < 8; k++)
			cr_expect_leq(spans[i].end, spans[k].start);
	weir_schedule_release(schedule);
}

/* -- costs, groups ------------------------------------------------------------------- */

Test(task_for, shares_out_what_it_takes)
{
	static const double told[] = { 100 };
	weir_access access = { &row, WEIR_READ };
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1000,
				      .edge_nanoseconds = told };
	weir_task_span spans[1 + 4 + 1];
	weir_schedule *schedule;
	double makespan;

	must_access(WEIR_WRITE, &row);
	must(weir_tasks_add_for(tasks, visit, NULL, 10, 3, &access, 1,
				&options, NULL));
	schedule = must_compile();
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	cr_expect_float_eq(spans[1].end - spans[1].start, 300, 1e-3);
	cr_expect_float_eq(spans[4].end - spans[4].start, 100, 1e-3);
	cr_expect_eq(spans[5].end - spans[5].start, 1);
	/* one writes, 10; handed over; a piece; and one who does nothing */
	cr_expect_float_eq(makespan, 10 + 100 + 300 + 1, 1e-3);
	weir_schedule_release(schedule);
}

Test(task_for, has_so_many_pieces_at_once)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 8e6, .group = &device,
				      .at_most = 2 };
	weir_schedule *schedule;
	double makespan;

	must(weir_tasks_add_for(tasks, visit, NULL, 8, 1, NULL, 0, &options,
				NULL));
	schedule = must_compile();
	must(weir_schedule_simulate(schedule, NULL, NULL, NULL, &makespan));
	cr_expect_geq(makespan, 4e6);
	cr_expect_lt(makespan, 5e6);
	weir_schedule_release(schedule);
}

Test(task_for, is_copied_with_its_graph)
{
	weir_tasks *whole = NULL;
	weir_schedule *schedule;

	must(weir_tasks_create(rt, "whole", &whole));
	must_loop(10, WEIR_READ_WRITE);
	must(weir_tasks_add_graph(whole, tasks, NULL, 0, NULL));
	must(weir_tasks_add_graph(whole, tasks, NULL, 0, NULL));
	weir_tasks_release(tasks);
	tasks = whole;
	schedule = must_compile();
	must(weir_schedule_run(schedule, 1));
	cr_expect_eq(calls, 20);
	weir_schedule_release(schedule);
}

/* -- mistakes and failures ------------------------------------------------------------ */

static weir_status
fail_at_4(void *arg, size_t from, size_t to)
{
	return from <= 4 && 4 < to ? weir_fail(WEIR_EOP, "at 4")
				   : visit(arg, from, to);
}

Test(task_for, fails_as_its_first_piece_that_does)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e6 };
	weir_schedule *schedule;
	int i;

	must(weir_tasks_add_for(tasks, fail_at_4, NULL, 100, 3, NULL, 0,
				&heavy, NULL));
	schedule = must_compile();
	for (i = 0; i < 20; i++) {
		cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_EOP);
		cr_expect_str_eq(weir_error_text(),
				 "f: task 1 failed: at 4");
	}
	weir_schedule_release(schedule);
}

Test(task_for, mistakes_are_told)
{
	weir_access reduces = { &row, WEIR_REDUCE };
	weir_access bad = { &row, (weir_access_mode)9 };

	cr_expect_eq(weir_tasks_add_for(NULL, visit, NULL, 1, 1, NULL, 0,
					NULL, NULL), WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_for(tasks, NULL, NULL, 1, 1, NULL, 0,
					NULL, NULL), WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_for(tasks, visit, NULL, 1, 1, NULL, 1,
					NULL, NULL), WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_for(tasks, visit, NULL, 1, 0, NULL, 0,
					NULL, NULL), WEIR_EINVAL);
	cr_expect_eq(weir_tasks_add_for(tasks, visit, NULL, 1, 1, &bad, 1,
					NULL, NULL), WEIR_EINVAL);
	cr_expect_eq(weir_tasks_add_for(tasks, visit, NULL, 1, 1, &reduces, 1,
					NULL, NULL), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_tasks_add_for: the pieces "
			 "of a loop have no parts of their own");
	cr_expect_eq(weir_tasks_add_for(tasks, visit, NULL, SIZE_MAX, 1, NULL,
					0, NULL, NULL), WEIR_ERANGE);
	cr_expect_eq(edges(), 0);
}

/* -- without memory -------------------------------------------------------------------- */

Test(task_for, is_recorded_whole_or_not_at_all)
{
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *shared = rt, *own = must_runtime_on(2, &allocator);
	weir_tasks *shared_tasks = tasks;
	unsigned failed = 0;
	long k;

	for (k = 1; k < 80; k++) {
		weir_access accesses[] = { { row[0], WEIR_READ },
					   { row[1], WEIR_WRITE } };
		weir_task_options options = { .size = sizeof options,
					      .group = &device, .at_most = 3,
					      .priority = 2, .name = "f",
					      .nanoseconds = 1000 };
		weir_schedule *schedule;

		must(weir_tasks_create(own, "f", &tasks));
		must_access(WEIR_READ_WRITE, row[0]);
		must_access(WEIR_READ_WRITE, row[1]);
		fault_arm(&fault, k);
		while (weir_tasks_add_for(tasks, visit, NULL, 40, 1, accesses,
					  2, &options, NULL))
			failed++;
		fault_arm(&fault, 0);
		schedule = must_compile();
		cr_expect_eq(weir_schedule_get_info(schedule).tasks,
			     2 + 1 + 40 + 1);
		cr_expect_eq(weir_schedule_get_info(schedule).edges,
			     2 + 40 + 37 + 40);
		must(weir_schedule_run(schedule, 1));
		weir_schedule_release(schedule);
		weir_tasks_release(tasks);
	}
	cr_expect_gt(failed, 20);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
	rt = shared;
	tasks = shared_tasks;
}
