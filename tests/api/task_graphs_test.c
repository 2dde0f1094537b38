/* Task graphs added to others: as if they had been recorded there. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fault.h"
#include "support/visits.h"
#include "support/weir_test.h"

static weir_runtime *rt;
static weir_tasks *tasks;
static double sum, part[8];
static int device;

static void
begin(void)
{
	rt = must_runtime(4);
	must(weir_tasks_create(rt, "t", &tasks));
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_graphs, .init = begin, .fini = end);

static weir_tasks *
must_tasks(const char *name)
{
	weir_tasks *t = NULL;

	must(weir_tasks_create(rt, name, &t));
	return t;
}

static weir_schedule *
must_compile(weir_tasks *t)
{
	weir_schedule *schedule = NULL;

	must(weir_tasks_compile(t, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* -- the same dependencies -------------------------------------------------------- */

/* Which tasks come after which, by what Graphviz is told. */
static void
read_edges(weir_tasks *t, bool (*edges)[VISITS])
{
	weir_schedule *schedule = must_compile(t);
	unsigned from, to;
	const char *line;
	char *text;

	memset(edges, 0, VISITS * sizeof *edges);
	must(weir_schedule_describe(schedule, true, &text));
	for (line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
		if (sscanf(line, " %u -> %u;", &from, &to) == 2)
			edges[from][to] = true;
	weir_text_release(text);
	weir_schedule_release(schedule);
}

/* The tasks from `begin` on are recorded in one graph that is added to
 * another, or, where it is deep, which is added to one that is added. */
static void
add_in_pieces(weir_tasks *t, struct visit *visits, uint64_t *seed,
	      bool has_edges, int depth)
{
	int first = 0, next;

	while (first < VISITS) {
		weir_tasks *added = must_tasks("added"), *deep = NULL;
		uint32_t number = 0;

		next = first + 1 + (int)visits_random(seed, 50);
		if (next > VISITS)
			next = VISITS;
		visits_add(visits, first, next, added, has_edges);
		if (depth > 1) {
			int end = next + 1 + (int)visits_random(seed, 20);

			if (end > VISITS)
				end = VISITS;
			deep = must_tasks("deep");
			visits_add(visits, next, end, deep, has_edges);
			must(weir_tasks_add_graph(added, deep, NULL, 0,
						  NULL));
			weir_tasks_release(deep);
			next = end;
		}
		must(weir_tasks_add_graph(t, added, NULL, 0, &number));
		cr_expect_eq(number, (uint32_t)first);
		weir_tasks_release(added);
		first = next;
		if (first < VISITS)
			visits_add(visits, first, first + 1, t, has_edges);
		first++;
	}
}

Test(task_graphs, have_the_dependencies_of_tasks_recorded_one_by_one)
{
	static bool wanted[VISITS][VISITS], got[VISITS][VISITS];
	static struct visit visits[VISITS];
	struct place places[PLACES];
	uint64_t seed;
	int i, k;

	for (seed = 1; seed <= 24; seed++) {
		weir_tasks *whole = must_tasks("t"), *pieces = must_tasks("t");
		uint64_t state = seed;

		visits_draw(visits, places, seed);
		visits_add(visits, 0, VISITS, whole, seed & 1);
		add_in_pieces(pieces, visits, &state, seed & 1,
			      1 + (seed & 2));
		read_edges(whole, wanted);
		read_edges(pieces, got);
		for (i = 0; i < VISITS; i++)
			for (k = 0; k < VISITS; k++)
				cr_assert_eq(wanted[i][k], got[i][k],
					     "seed %d: %d -> %d", (int)seed, i,
					     k);
		weir_tasks_release(whole);
		weir_tasks_release(pieces);
	}
}

/* And where those that commute may get another order. */
Test(task_graphs, run_in_order)
{
	static struct visit visits[VISITS];
	struct place places[PLACES];
	weir_schedule *schedule;
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		weir_tasks *t = must_tasks("t");
		uint64_t state = seed;

		visits_draw(visits, places, seed);
		add_in_pieces(t, visits, &state, seed & 1, 1 + (seed & 2));
		weir_tasks_allow_reorder(t);
		schedule = must_compile(t);
		weir_tasks_release(t);
		must(weir_schedule_run(schedule, 1));
		visits_expect_right(visits, (int)seed);
		weir_schedule_release(schedule);
	}
}

/* -- what is copied ------------------------------------------------------------------ */

static weir_status
add_one(void *arg)
{
	++*(int *)arg;
	return WEIR_OK;
}

Test(task_graphs, may_be_added_again_and_again)
{
	weir_tasks *added = must_tasks("added");
	weir_access access = { &device, WEIR_READ_WRITE };
	weir_task_options options = { .size = sizeof options, .name = "one",
				      .nanoseconds = 5000 };
	weir_schedule *schedule;
	int count = 0, i;
	char *text;

	for (i = 0; i < 3; i++)
		must(weir_tasks_add(added, add_one, &count, &access, 1,
				    &options, NULL));
	for (i = 0; i < 5; i++)
		must(weir_tasks_add_graph(tasks, added, NULL, 0, NULL));
	must(weir_tasks_add(added, add_one, &count, &access, 1, NULL, NULL));
	weir_tasks_release(added);
	schedule = must_compile(tasks);
	cr_expect_eq(weir_schedule_get_info(schedule).tasks, 15);
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 14);
	must(weir_schedule_run(schedule, 2));
	cr_expect_eq(count, 30);
	must(weir_schedule_describe(schedule, false, &text));
	cr_expect(strstr(text, "added/one 0..14"), "%s", text);
	weir_text_release(text);
	weir_schedule_release(schedule);
}

Test(task_graphs, bring_their_costs)
{
	static const double edge[] = { 700 };
	const uint32_t first = 0;
	weir_tasks *added = must_tasks("added");
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1000,
				      .edge_nanoseconds = edge };
	weir_schedule *schedule;
	weir_task_span spans[4];
	double makespan;

	must(weir_tasks_add_after(added, nothing, NULL, NULL, 0, NULL, NULL));
	must(weir_tasks_add_after(added, nothing, NULL, &first, 1, &options,
				  NULL));
	must(weir_tasks_add_after(added, nothing, NULL, &first, 1, &options,
				  NULL));
	must(weir_tasks_add_after(tasks, nothing, NULL, NULL, 0, NULL, NULL));
	must(weir_tasks_add_graph(tasks, added, NULL, 0, NULL));
	schedule = must_compile(tasks);
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	cr_expect_eq(spans[1].end - spans[1].start, 10);
	cr_expect_eq(makespan, 10 + 700 + 1000);
	weir_schedule_release(schedule);
	weir_tasks_release(added);
}

/* Of two arms in each of three. */
Test(task_graphs, come_after_what_is_told)
{
	weir_tasks *added = must_tasks("added");
	uint32_t arms[2] = { 0, 1 }, first = 0;
	weir_schedule *schedule;
	int i;

	for (i = 0; i < 2; i++)
		must(weir_tasks_add_after(added, nothing, NULL, NULL, 0, NULL,
					  NULL));
	must(weir_tasks_add_after(added, nothing, NULL, arms, 2, NULL, NULL));
	for (i = 0; i < 3; i++) {
		must(weir_tasks_add_graph(tasks, added, &first, i ? 1 : 0,
					  &first));
		cr_expect_eq(first, (uint32_t)(3 * i));
		first += 2;
	}
	schedule = must_compile(tasks);
	cr_expect_eq(weir_schedule_get_info(schedule).edges, 3 * 2 + 2 * 2);
	weir_schedule_release(schedule);
	weir_tasks_release(added);
}

static void
must_add_in_group(weir_tasks *t)
{
	weir_task_options options = { .size = sizeof options,
				      .group = &device, .at_most = 2 };

	must(weir_tasks_add_after(t, nothing, NULL, NULL, 0, &options, NULL));
}

Test(task_graphs, share_groups)
{
	weir_tasks *added = must_tasks("added");
	weir_schedule *schedule;
	int i;

	for (i = 0; i < 4; i++)
		must_add_in_group(added);
	for (i = 0; i < 3; i++)
		must_add_in_group(tasks);
	must(weir_tasks_add_graph(tasks, added, NULL, 0, NULL));
	must_add_in_group(tasks);
	schedule = must_compile(tasks);
	/* no more than two chains, whatever comes after what */
	cr_expect_geq(weir_schedule_get_info(schedule).edges, 8 - 2);
	weir_schedule_release(schedule);
	weir_tasks_release(added);
}

/* -- reductions ------------------------------------------------------------------------- */

static weir_status
set_one(void *arg)
{
	*(double *)arg = 1;
	return WEIR_OK;
}

static weir_status
add(void *into, const void *from, void *arg)
{
	(void)arg;
	*(double *)into += *(const double *)from;
	return WEIR_OK;
}

static void
must_contribute(weir_tasks *t, double *to)
{
	void *parts[] = { to };
	weir_access access = { &sum, WEIR_REDUCE };
	weir_task_options options = { .size = sizeof options,
				      .parts = parts };

	must(weir_tasks_add(t, set_one, to, &access, 1, &options, NULL));
}

/* What combines is the added graph's own, and it is gone when that runs. */
Test(task_graphs, combine_what_was_contributed)
{
	weir_tasks *added = must_tasks("added");
	weir_schedule *schedule;
	uint32_t first = 0;
	int i;

	must(weir_tasks_set_reduction(tasks, &sum, add, NULL, NULL));
	must(weir_tasks_set_reduction(added, &sum, add, NULL, NULL));
	for (i = 0; i < 3; i++)
		must_contribute(added, &part[i]);
	for (i = 3; i < 5; i++)
		must_contribute(tasks, &part[i]);
	must(weir_tasks_add_graph(tasks, added, NULL, 0, &first));
	cr_expect_eq(first, 4, "two, and two to combine them");
	must(weir_tasks_add_graph(tasks, added, NULL, 0, &first));
	cr_expect_eq(first, 4 + 6);
	must_contribute(tasks, &part[5]);
	weir_tasks_release(added);
	schedule = must_compile(tasks);
	weir_tasks_release(tasks);
	tasks = NULL;
	must(weir_schedule_run(schedule, 3));
	cr_expect_eq(sum, 3 * (2 + 3 + 3 + 1));
	weir_schedule_release(schedule);
}

/* -- mistakes ------------------------------------------------------------------------ */

Test(task_graphs, mistakes_are_told)
{
	weir_task_options options = { .size = sizeof options,
				      .group = &device, .at_most = 3 };
	weir_tasks *added = must_tasks("added");
	const uint32_t none = 1;
	weir_schedule *schedule;

	must(weir_tasks_add_after(tasks, nothing, NULL, NULL, 0, &options,
				  NULL));
	cr_expect_eq(weir_tasks_add_graph(NULL, added, NULL, 0, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_graph(tasks, NULL, NULL, 0, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_graph(tasks, added, NULL, 1, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_add_graph(tasks, tasks, NULL, 0, NULL),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tasks_add_graph(tasks, added, &none, 1, NULL),
		     WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "weir_tasks_add_graph: task 1 has "
			 "not been recorded, 1 have");
	/* without tasks */
	must(weir_tasks_add_graph(tasks, added, NULL, 0, NULL));
	must_add_in_group(added);
	cr_expect_eq(weir_tasks_add_graph(tasks, added, NULL, 0, NULL),
		     WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "t: at most 3 of a group at once, "
			 "but 2 in added");
	schedule = must_compile(tasks);
	cr_expect_eq(weir_schedule_get_info(schedule).tasks, 1);
	weir_schedule_release(schedule);
	weir_tasks_release(added);
}

/* -- without memory -------------------------------------------------------------------- */

static void
must_add_all_kinds(weir_tasks *t, int n)
{
	static const double edges[] = { 10, 10 };
	int i;

	must(weir_tasks_set_reduction(t, &sum, add, NULL, NULL));
	for (i = 0; i < n; i++) {
		void *parts[] = { NULL, i % 4 ? NULL : &part[i / 4 % 8] };
		weir_task_options options = {
			.size = sizeof options,
			.edge_nanoseconds = i % 3 ? NULL : edges,
			.group = i % 2 ? &device : NULL,
			.at_most = i % 2 ? 2 : 0,
			.priority = i % 2, .name = "x", .parts = parts,
		};
		weir_access accesses[] = {
			{ &rt, i % 5 ? WEIR_COMMUTE : WEIR_READ },
			{ &sum, i % 4 ? WEIR_READ : WEIR_REDUCE },
		};

		must(weir_tasks_add(t, nothing, NULL, accesses, 2, &options,
				    NULL));
	}
}

static char *
must_describe(weir_tasks *t)
{
	weir_schedule *schedule = must_compile(t);
	char *text;

	must(weir_schedule_describe(schedule, true, &text));
	weir_schedule_release(schedule);
	return text;
}

/* An attempt that fails leaves nothing, so the next one is as the first. */
Test(task_graphs, are_added_whole_or_not_at_all)
{
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *shared = rt, *own = must_runtime_on(2, &allocator);
	char *wanted = NULL, *got;
	unsigned failed = 0;
	long k;

	rt = own;
	for (k = 0; k < 60; k++) {
		weir_tasks *t = must_tasks("t"), *added = must_tasks("added");

		must_add_all_kinds(t, 7);
		must(weir_tasks_add_graph(added, t, NULL, 0, NULL));
		must_add_all_kinds(added, 40);
		fault_arm(&fault, k);
		while (weir_tasks_add_graph(t, added, NULL, 0, NULL))
			failed++;
		fault_arm(&fault, 0);
		must_add_all_kinds(t, 7);
		got = must_describe(t);
		weir_tasks_release(t);
		weir_tasks_release(added);
		if (k == 0) {
			wanted = got;
			continue;
		}
		cr_expect_str_eq(got, wanted, "%ld", k);
		weir_text_release(got);
	}
	cr_expect_gt(failed, 20);
	weir_text_release(wanted);
	weir_runtime_release(own);
	cr_expect_eq(fault.alive, 0);
	rt = shared;
}
