/* Threads of a team that come late, and callers that do without them. */
#include <sched.h>

#include <criterion/criterion.h>

#include "base/now.h"
#include "exec/late.h"
#include "support/tasks.h"

enum { MS = 1000000 };

Test(late, is_nobody_who_comes_in_time)
{
	struct weir__late late = { .until = 0 };

	cr_expect_not(weir__late_is_alone(&late));
	weir__late_note(&late, 100, 0, 0);
	cr_expect_eq(late.until, 0);
	weir__late_note(&late, 100, 100 + WEIR__LATE_NS - 1, 2 * MS);
	cr_expect_eq(late.until, 0);
}

Test(late, matters_where_it_is_much_of_the_job)
{
	struct weir__late late = { .until = 0 };

	weir__late_note(&late, 0, 4 * MS, 24 * MS);
	cr_expect_eq(late.until, 0);
	weir__late_note(&late, 0, 4 * MS, 8 * MS);
	cr_expect_eq(late.until, 8 * MS + 64 * MS);
}

Test(late, matters_longer_from_time_to_time_until_they_come_in_time)
{
	struct weir__late late = { .until = 0 };
	uint64_t now = 0, pause = 0;
	int i;

	for (i = 0; i < 20; i++) {
		weir__late_note(&late, now, now + 4 * MS, now + 8 * MS);
		cr_expect(late.pause >= 2 * pause ||
			  late.pause == 1000 * MS);
		pause = late.pause;
		now = late.until;
	}
	cr_expect_eq(late.pause, 1000 * MS);
	weir__late_note(&late, now, 0, 0);
	cr_expect_eq(late.until, 0);
	weir__late_note(&late, now, now + 4 * MS, now + 8 * MS);
	cr_expect_eq(late.pause, 64 * MS);
}

Test(late, is_told_from_the_clock)
{
	struct weir__late late = { .until = weir__now_whole_ns() + 1000 * MS };

	cr_expect(weir__late_is_alone(&late));
	late.until = weir__now_whole_ns();
	cr_expect_not(weir__late_is_alone(&late));
}

/* -- two threads on one processor ------------------------------------------ */

enum { RUNS = 200, ELEMENTS = 200000 };

/* So many runs of a plan for so many threads, which are made on the one
 * processor; in seconds. */
static double
measure(unsigned threads, const cpu_set_t *all, const cpu_set_t *one)
{
	weir_runtime *runtime = must_runtime(threads);
	int64_t shape[] = { ELEMENTS };
	weir_tensor *x, *out;
	weir_graph *graph;
	weir_scope *s;
	weir_plan *plan;
	uint64_t start;
	int i;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 1, shape, &x),
		     WEIR_OK);
	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	s = weir_graph_scope(graph);
	cr_assert_eq(weir_graph_output(graph, weir_tanh(
			     s, weir_graph_input(graph, WEIR_F32, 1, shape,
						 "x"))), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK);
	cr_expect_eq(weir_plan_get_info(plan).workers, threads);
	sched_setaffinity(0, sizeof *one, one);
	start = weir__now_whole_ns();
	for (i = 0; i < RUNS; i++) {
		cr_assert_eq(weir_plan_run(plan, &x, 1, &out, 1), WEIR_OK);
		weir_tensor_release(out);
	}
	start = weir__now_whole_ns() - start;
	sched_setaffinity(0, sizeof *all, all);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
	return 1e-9 * (double)start;
}

/*
 * As the system may have it where others use the other processor. Whoever spins
 * then has the processor until his time slice is over: where that was waited
 * for in each run, they took 60 to 100 times as long.
 */
Test(late, ones_on_the_callers_processor_are_done_without, .timeout = 120)
{
	cpu_set_t all, one;
	double alone = 0, two = 0;
	int cpu, tries;

	sched_getaffinity(0, sizeof all, &all);
	if (CPU_COUNT(&all) < 2)
		cr_skip("there is one processor only");
	for (cpu = 0; !CPU_ISSET(cpu, &all); cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	for (tries = 0; tries < 5 && (!tries || two > 15 * alone); tries++) {
		alone = measure(1, &all, &one);
		two = measure(2, &all, &one);
	}
	cr_expect_leq(two, 15 * alone, "%g s, %g s", two, alone);
}
