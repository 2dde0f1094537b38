/* Tasks that commute: in the order of the program, or in another. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/fault.h"
#include "support/visits.h"
#include "support/weir_test.h"

enum { PARTS = 4 };

static weir_runtime *rt;
static weir_tasks *tasks;
static char sum, parts[PARTS], other[PARTS];

static void
begin(void)
{
	rt = must_runtime(4);
	must(weir_tasks_create(rt, "c", &tasks));
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_commute, .init = begin, .fini = end);

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

static void
must_add(double ns, const weir_access *accesses, size_t n,
	 const double *edges)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = ns,
				      .edge_nanoseconds = edges };

	must(weir_tasks_add(tasks, nothing, NULL, accesses, n, &options,
			    NULL));
}

static void
must_access(double ns, const void *memory, weir_access_mode mode)
{
	must_add(ns, &(weir_access){ memory, mode }, 1, NULL);
}

/* Each part is made, the first takes longest; then it is added to the sum. */
static void
add_sums(weir_access_mode mode, const double *edges)
{
	int i;

	for (i = 0; i < PARTS; i++)
		must_add(1e6 * (PARTS - i),
			 &(weir_access){ &parts[i], WEIR_WRITE }, 1, edges);
	for (i = 0; i < PARTS; i++)
		must_add(1e6, (weir_access[]){ { &parts[i], WEIR_READ },
					       { &sum, mode } }, 2, edges);
}

static double
simulate(weir_task_span *spans, uint32_t *edges)
{
	weir_schedule *schedule;
	double makespan = 0;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	must(weir_schedule_run(schedule, 3));
	if (edges)
		*edges = weir_schedule_get_info(schedule).edges;
	weir_schedule_release(schedule);
	return makespan;
}

/* The makespan of other tasks, in a graph of their own. */
static double
time_of_sums(weir_access_mode mode, bool may_reorder, const double *edges)
{
	weir_tasks *shared = tasks;
	double makespan;

	must(weir_tasks_create(rt, "c", &tasks));
	add_sums(mode, edges);
	if (may_reorder)
		weir_tasks_allow_reorder(tasks);
	makespan = simulate(NULL, NULL);
	weir_tasks_release(tasks);
	tasks = shared;
	return makespan;
}

Test(task_commute, keeps_the_order_of_the_program)
{
	cr_expect_eq(time_of_sums(WEIR_COMMUTE, false, NULL),
		     time_of_sums(WEIR_READ_WRITE, false, NULL));
	cr_expect_eq(time_of_sums(WEIR_READ_WRITE, true, NULL),
		     time_of_sums(WEIR_READ_WRITE, false, NULL));
}

/* Parts that become ready in the reverse of the program's order. */
Test(task_commute, is_over_earlier_in_another_order)
{
	static const double cheap[] = { 10, 10 };
	double in_order = time_of_sums(WEIR_READ_WRITE, false, NULL);
	double in_any = time_of_sums(WEIR_COMMUTE, true, NULL);

	/* after the longest part one sum is left, not all four */
	cr_expect_geq(in_order, 8e6);
	cr_expect_leq(in_any, 5.1e6, "%g", in_any);
	in_order = time_of_sums(WEIR_READ_WRITE, false, cheap);
	in_any = time_of_sums(WEIR_COMMUTE, true, cheap);
	cr_expect_geq(in_order, 8e6);
	cr_expect_leq(in_any, 5.1e6, "%g", in_any);
}

static void
expect_apart(const weir_task_span *a, const weir_task_span *b)
{
	cr_expect(a->end <= b->start || b->end <= a->start);
}

Test(task_commute, never_has_two_at_once_and_others_after_all)
{
	enum { N = 2 * PARTS + 3 };
	weir_task_span spans[N];
	uint32_t edges;
	int i, j;

	add_sums(WEIR_COMMUTE, NULL);
	must_access(1e6, &sum, WEIR_READ);
	must_access(1e6, &sum, WEIR_COMMUTE);
	must_access(1e6, &sum, WEIR_WRITE);
	weir_tasks_allow_reorder(tasks);
	simulate(spans, &edges);
	for (i = PARTS; i < 2 * PARTS; i++)
		for (j = i + 1; j < 2 * PARTS; j++)
			expect_apart(&spans[i], &spans[j]);
	for (i = PARTS; i < 2 * PARTS; i++)
		cr_expect_leq(spans[i].end, spans[2 * PARTS].start);
	cr_expect_lt(spans[2 * PARTS - 1].start, spans[PARTS].start);
	cr_expect_leq(spans[N - 3].end, spans[N - 2].start);
	cr_expect_leq(spans[N - 2].end, spans[N - 1].start);
	/* one for each part and each turn; the reader's, of the last of all;
	 * who commutes after that, after both; who writes, after him */
	cr_expect_eq(edges, PARTS + PARTS - 1 + 1 + 2 + 1);
}

Test(task_commute, is_a_write_where_a_task_does_more_there)
{
	weir_task_span spans[3];

	must_add(3e6, (weir_access[]){ { &sum, WEIR_COMMUTE },
				       { &sum, WEIR_READ } }, 2, NULL);
	must_access(1e6, &sum, WEIR_COMMUTE);
	must_add(1e6, (weir_access[]){ { &sum, WEIR_WRITE },
				       { &sum, WEIR_COMMUTE } }, 2, NULL);
	weir_tasks_allow_reorder(tasks);
	simulate(spans, NULL);
	cr_expect_leq(spans[0].end, spans[1].start);
	cr_expect_leq(spans[1].end, spans[2].start);
}

Test(task_commute, changes_no_schedule_made_before)
{
	weir_schedule *before, *after;
	char *text[2];

	add_sums(WEIR_COMMUTE, NULL);
	must(weir_tasks_compile(tasks, &before));
	weir_tasks_allow_reorder(NULL);
	weir_tasks_allow_reorder(tasks);
	must(weir_tasks_compile(tasks, &after));
	must(weir_schedule_describe(before, false, &text[0]));
	must(weir_schedule_describe(after, false, &text[1]));
	cr_expect_str_neq(text[0], text[1]);
	weir_schedule_release(after);
	weir_text_release(text[1]);
	must(weir_tasks_compile(tasks, &after));
	must(weir_schedule_describe(after, false, &text[1]));
	must(weir_schedule_run(before, 1));
	weir_schedule_release(before);
	weir_schedule_release(after);
	weir_text_release(text[0]);
	weir_text_release(text[1]);
}

/* -- random graphs ----------------------------------------------------------------- */

Test(task_commute, keeps_random_tasks_apart_and_in_order)
{
	static struct visit visits[VISITS];
	struct place places[PLACES];
	weir_schedule *schedule;
	weir_tasks *shared = tasks;
	unsigned better = 0;
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		double before, makespan;

		visits_draw(visits, places, seed);
		must(weir_tasks_create(rt, "c", &tasks));
		visits_add(visits, 0, VISITS, tasks, seed & 1);
		must(weir_tasks_compile(tasks, &schedule));
		must(weir_schedule_simulate(schedule, NULL, NULL, NULL,
					    &before));
		weir_schedule_release(schedule);
		weir_tasks_allow_reorder(tasks);
		must(weir_tasks_compile(tasks, &schedule));
		must(weir_schedule_check(schedule));
		must(weir_schedule_simulate(schedule, NULL, NULL, NULL,
					    &makespan));
		cr_expect_leq(makespan, before);
		better += makespan < before;
		must(weir_schedule_run(schedule, 1));
		visits_expect_right(visits, (int)seed);
		weir_schedule_release(schedule);
		weir_tasks_release(tasks);
	}
	cr_expect_gt(better, 3, "only %u were better", better);
	tasks = shared;
}

/* -- without memory ------------------------------------------------------------------ */

static weir_status
make_and_run(weir_runtime *own)
{
	static const double edges[] = { 10, 10 };
	weir_schedule *schedule = NULL;
	weir_tasks *t = NULL;
	weir_status status = weir_tasks_create(own, "c", &t);
	int i;

	for (i = 0; i < 30 && !status; i++) {
		weir_task_options options = {
			.size = sizeof options,
			.nanoseconds = 1e5 * (1 + i * 7 % 10),
			.edge_nanoseconds = i > 10 ? edges : NULL,
			.priority = i % 2,
		};
		weir_access accesses[] = {
			{ &parts[i % 3], i % 5 ? WEIR_COMMUTE : WEIR_READ },
			{ &other[i % 2], i % 7 ? WEIR_READ : WEIR_COMMUTE },
		};

		status = weir_tasks_add(t, nothing, NULL, accesses, 2,
					&options, NULL);
	}
	weir_tasks_allow_reorder(t);
	if (!status)
		status = weir_tasks_compile(t, &schedule);
	if (!status)
		status = weir_schedule_run(schedule, 1);
	weir_schedule_release(schedule);
	weir_tasks_release(t);
	return status;
}

Test(task_commute, survives_every_allocation_that_fails)
{
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *own = must_runtime_on(2, &allocator);
	weir_status status;
	long k;

	for (k = 1;; k++) {
		fault_arm(&fault, k);
		status = make_and_run(own);
		fault_arm(&fault, 0);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
	}
	cr_expect_gt(k, 50);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
}
