/* What edges cost, and simulations of schedules. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>

#include "support/fault.h"
#include "support/weir_test.h"

static weir_runtime *rt;
static weir_tasks *tasks;

static void
begin(void)
{
	rt = must_runtime(2);
	must(weir_tasks_create(rt, "t", &tasks));
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(simulation, .init = begin, .fini = end);

static atomic_int runs;

static weir_status
count(void *arg)
{
	(void)arg;
	atomic_fetch_add(&runs, 1);
	return WEIR_OK;
}

static weir_schedule *
must_compile(void)
{
	weir_schedule *schedule = NULL;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

static double
makespan_of(const weir_schedule *schedule, const double *task_ns,
	    const double *edge_ns)
{
	double makespan = -1;

	must(weir_schedule_simulate(schedule, task_ns, edge_ns, NULL,
				    &makespan));
	return makespan;
}

/* The makespan of all tasks so far, with the costs that they declared. */
static double
makespan(void)
{
	weir_schedule *schedule = must_compile();
	double found = makespan_of(schedule, NULL, NULL);

	weir_schedule_release(schedule);
	return found;
}

static uint32_t
must_add_after(double ns, const uint32_t *after, const double *edges, size_t n)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = ns,
				      .edge_nanoseconds = edges };
	uint32_t number = 0;

	must(weir_tasks_add_after(tasks, count, NULL, after, n, &options,
				  &number));
	return number;
}

static void
must_access(double ns, const weir_access *accesses, const double *edges,
	    size_t n)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = ns,
				      .edge_nanoseconds = edges };

	must(weir_tasks_add(tasks, count, NULL, accesses, n, &options, NULL));
}

/* Two arms, one of them handed over; and then the other. */
static void
add_diamond(double there, double back)
{
	const double edges[] = { back, back };
	uint32_t arms[2], first = must_add_after(10, NULL, NULL, 0);

	arms[0] = must_add_after(20, &first, &there, 1);
	arms[1] = must_add_after(20, &first, &there, 1);
	must_add_after(10, arms, edges, 2);
}

Test(simulation, has_edges_take_their_time_between_workers)
{
	weir_schedule *schedule;
	weir_task_span spans[4];
	double found = -1;

	add_diamond(5, 7);
	schedule = must_compile();
	cr_expect_eq(weir_schedule_get_info(schedule).workers, 2);
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &found));
	cr_expect_eq(found, 47);
	cr_expect_neq(spans[1].worker, spans[2].worker);
	cr_expect_eq(spans[0].end, 10);
	cr_expect_eq(fmax(spans[1].start, spans[2].start), 15);
	cr_expect_eq(spans[3].start, 37);
	cr_expect_eq(spans[3].end, 47);
	cr_expect_eq(runs, 0, "nothing is run");
	must(weir_schedule_run(schedule, 3));
	cr_expect_eq(runs, 12);
	weir_schedule_release(schedule);
}

Test(simulation, has_edges_take_nothing_on_one_worker)
{
	weir_schedule *schedule;

	add_diamond(25, 25);
	schedule = must_compile();
	cr_expect_eq(weir_schedule_get_info(schedule).workers, 1);
	cr_expect_eq(makespan_of(schedule, NULL, NULL), 60);
	weir_schedule_release(schedule);
}

Test(simulation, takes_other_costs)
{
	static const double task_ns[] = { 1, 0, 2, 4 };
	static const double edge_ns[] = { 0, 0, 100, 100 };
	weir_schedule *schedule;

	add_diamond(5, 7);
	schedule = must_compile();
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 4);
	cr_expect_gt(makespan_of(schedule, task_ns, edge_ns), 100);
	cr_expect_lt(makespan_of(schedule, task_ns, edge_ns), 108);
	cr_expect_eq(makespan_of(schedule, task_ns, NULL),
		     makespan_of(schedule, task_ns, NULL));
	weir_schedule_release(schedule);
}

Test(simulation, takes_400_ns_where_no_cost_was_told)
{
	const uint32_t zero = 0;
	const double nothing = 0;

	/* No edge costs at all: the hand-over is in the simulation too. */
	must_add_after(10000, NULL, NULL, 0);
	must_add_after(10000, &zero, NULL, 1);
	must_add_after(10000, &zero, NULL, 1);
	cr_expect_eq(makespan(), 20400);
	/* Of one it is told, of the others not. */
	must_add_after(1, &zero, &nothing, 1);
	cr_expect_eq(makespan(), 20400);
}

/* -- what an access costs ------------------------------------------------- */

/* Who reads both takes 5 + 7 from the first task, and from the second what
 * reading z costs; x is written, so nothing of it is handed over. */
Test(simulation, adds_up_what_is_read_of_one_task)
{
	static const double edges[] = { 5, 7, 1, 1000 };
	static char x, y, z, w;
	const weir_access first[] = { { &x, WEIR_WRITE }, { &y, WEIR_WRITE } };
	const weir_access second[] = { { &z, WEIR_WRITE },
				       { &w, WEIR_WRITE } };
	const weir_access both[] = { { &x, WEIR_READ },
				     { &y, WEIR_READ_WRITE },
				     { &z, WEIR_READ }, { &w, WEIR_WRITE } };
	weir_schedule *schedule;
	weir_task_span spans[3];
	double found = -1;

	must_access(100, first, NULL, 2);
	must_access(100, second, NULL, 2);
	must_access(10, both, edges, 4);
	schedule = must_compile();
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &found));
	cr_expect_eq(found, 111);	/* where the first was, z comes */
	cr_expect_eq(spans[2].worker, spans[0].worker);
	weir_schedule_release(schedule);
}

Test(simulation, has_order_alone_cost_nothing)
{
	static const double dear = 1e6;
	static char x;
	const weir_access write = { &x, WEIR_WRITE };
	const weir_access read = { &x, WEIR_READ };

	must_access(100, &write, &dear, 1);
	must_access(100, &read, &dear, 1);
	must_access(100, &write, &dear, 1);	/* after both */
	cr_expect_eq(makespan(), 300);
	weir_tasks_release(tasks);
	must(weir_tasks_create(rt, "u", &tasks));
	must_access(100, &read, &dear, 1);
	must_access(100, &read, &dear, 1);
	must_access(100, &write, &dear, 1);
	cr_expect_eq(makespan(), 200);		/* the reads at once */
}

Test(simulation, adds_up_what_is_given_twice)
{
	static const double edges[] = { 4, 5, 6 };
	uint32_t after[3];

	after[0] = after[2] = must_add_after(100, NULL, NULL, 0);
	after[1] = must_add_after(100, NULL, NULL, 0);
	must_add_after(10, after, edges, 3);
	cr_expect_eq(makespan(), 115);		/* not 120 */
}

/* -- mistakes ------------------------------------------------------------- */

Test(simulation, refuses_costs_that_are_none)
{
	static const double bad[] = { 1, -1, NAN, INFINITY };
	weir_task_options options = { .size = sizeof options };
	const uint32_t zero = 0;
	weir_schedule *schedule;
	double found = -1;
	int i;

	must_add_after(10, NULL, NULL, 0);
	must_add_after(10, &zero, bad, 1);
	for (i = 1; i < 4; i++) {
		options.edge_nanoseconds = &bad[i];
		cr_expect_eq(weir_tasks_add_after(tasks, count, NULL, &zero, 1,
						  &options, NULL),
			     WEIR_EINVAL);
	}
	schedule = must_compile();
	cr_expect_eq(weir_schedule_get_info(schedule).tasks, 2);
	cr_expect_eq(weir_schedule_simulate(schedule, bad, NULL, NULL, &found),
		     WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_schedule_simulate: task 1 "
			 "takes -1 ns");
	cr_expect_eq(weir_schedule_simulate(schedule, NULL, bad + 2, NULL,
					    &found), WEIR_EINVAL);
	cr_expect_eq(weir_schedule_simulate(schedule, NULL, NULL, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_schedule_simulate(NULL, NULL, NULL, NULL, &found),
		     WEIR_ENULL);
	cr_expect_eq(found, -1);
	weir_schedule_release(schedule);
}

/* Programs compiled before edges had costs. */
Test(simulation, knows_options_that_do_not_have_edge_costs)
{
	weir_task_options options = {
		.size = offsetof(weir_task_options, edge_nanoseconds),
		.nanoseconds = 10, .edge_nanoseconds = (const double *)1,
	};

	must(weir_tasks_add_after(tasks, count, NULL, NULL, 0, &options,
				  NULL));
	cr_expect_eq(makespan(), 10);
}

Test(simulation, of_no_tasks_takes_no_time)
{
	cr_expect_eq(makespan(), 0);
}

Test(simulation, survives_every_allocation_that_fails)
{
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *own = must_runtime_on(2, &allocator);
	const double edges[] = { 3, 1 };
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 10,
				      .edge_nanoseconds = edges };
	long k;

	for (k = 1;; k++) {
		weir_tasks *made = NULL;
		weir_schedule *schedule = NULL;
		weir_status status;
		double found = -1;
		uint32_t i;

		fault_arm(&fault, k);
		status = weir_tasks_create(own, "t", &made);
		for (i = 0; i < 20 && !status; i++) {
			uint32_t after[2] = { i - 1, i / 2 };

			status = weir_tasks_add_after(made, count, NULL, after,
						      i ? 2 : 0, &options,
						      NULL);
		}
		if (!status)
			status = weir_tasks_compile(made, &schedule);
		if (!status)
			status = weir_schedule_simulate(schedule, NULL, NULL,
							NULL, &found);
		fault_arm(&fault, 0);
		weir_schedule_release(schedule);
		weir_tasks_release(made);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
		cr_assert_eq(found, -1);
	}
	cr_expect_gt(k, 40);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
}
