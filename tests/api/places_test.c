/* Tasks near their memory. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "support/fault.h"
#include "support/machine.h"

enum { TASKS = 32, PART = 4096, NODES = 2 };

static char memory[NODES][TASKS * PART];
static const weir_memory_place places[] = {
	{ memory[1], sizeof memory[1], 1 }, { memory[0], sizeof memory[0], 0 },
};

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* -- tasks ----------------------------------------------------------------- */

/* Each part of the memory is worked on by a task that is worth a thread; in
 * turn of one node and the other. */
static void
add_tasks(weir_tasks *tasks)
{
	static const size_t bytes[] = { PART };
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e5, .bytes = bytes };
	size_t i;

	for (i = 0; i < TASKS; i++)
		must(weir_tasks_add(tasks, nothing, NULL, &(weir_access){
				    &memory[i % NODES][i * PART],
				    WEIR_READ_WRITE }, 1, &heavy, NULL));
}

static unsigned
node_of(const weir_runtime *rt, unsigned worker)
{
	size_t p = 0;

	while (worker >= weir_runtime_pool(rt, p).workers)
		worker -= weir_runtime_pool(rt, p++).workers;
	return weir_runtime_pool(rt, p).numa_node;
}

/* Of n tasks from one on, which are near the nodes in turn, how many are
 * there. */
static unsigned
count_near(const weir_runtime *rt, const weir_schedule *schedule, size_t first,
	   size_t n)
{
	weir_task_span spans[4 * TASKS];
	unsigned near = 0;
	double end;
	size_t i;

	cr_assert_leq(weir_schedule_get_info(schedule).tasks, 4 * TASKS);
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &end));
	for (i = 0; i < n; i++)
		near += node_of(rt, spans[first + i].worker) == i % NODES;
	return near;
}

static weir_schedule *
must_schedule(weir_tasks *tasks)
{
	weir_schedule *schedule = NULL;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

Test(places, of_tasks_say_who_does_them)
{
	weir_runtime *rt = must_machine(machine);
	weir_schedule *unknown, *known, *again;
	char *text, *same;
	weir_tasks *tasks;

	must(weir_tasks_create(rt, "t", &tasks));
	add_tasks(tasks);
	unknown = must_schedule(tasks);
	must(weir_tasks_set_places(tasks, places, 2));
	known = must_schedule(tasks);
	again = must_schedule(tasks);
	cr_expect_lt(count_near(rt, unknown, 0, TASKS), TASKS);
	cr_expect_eq(count_near(rt, known, 0, TASKS), TASKS);
	must(weir_schedule_describe(known, false, &text));
	must(weir_schedule_describe(again, false, &same));
	cr_expect_str_eq(text, same);
	cr_expect_not_null(strstr(text, "memory: of 32 tasks nearest to one "
				  "NUMA node, 32 are done there\n"), "%s",
			   text);
	cr_expect_not_null(strstr(text, "\nworker 3 (NUMA node 1)\n"), "%s",
			   text);
	weir_text_release(text);
	weir_text_release(same);
	must(weir_schedule_run(known, 3));
	weir_schedule_release(unknown);
	weir_schedule_release(known);
	weir_schedule_release(again);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

/* Whatever their edges cost, and where they may come in another order. */
Test(places, count_beside_edges_and_orders)
{
	static const size_t bytes[] = { TASKS * PART, 0 };
	static const double edges[] = { 10, 0 };
	static char shared;
	weir_runtime *rt = must_machine(machine);
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 1e4, .bytes = bytes };
	weir_schedule *schedule;
	weir_tasks *tasks;
	int told;
	size_t i;

	for (told = 0; told < 2; told++) {
		must(weir_tasks_create(rt, "t", &tasks));
		weir_tasks_allow_reorder(tasks);
		must(weir_tasks_set_places(tasks, places, 2));
		heavy.edge_nanoseconds = told ? edges : NULL;
		for (i = 0; i < TASKS; i++)
			must(weir_tasks_add(
				tasks, nothing, NULL, (weir_access[]){
				{ memory[i % NODES], WEIR_READ },
				{ &shared, i % 8 ? WEIR_READ : WEIR_COMMUTE }
				}, 2, &heavy, NULL));
		schedule = must_schedule(tasks);
		cr_expect_geq(count_near(rt, schedule, 0, TASKS),
			      TASKS * 3 / 4);
		must(weir_schedule_run(schedule, 2));
		weir_schedule_release(schedule);
		weir_tasks_release(tasks);
	}
	weir_runtime_release(rt);
}

static weir_status
no_loop(void *arg, size_t begin, size_t end)
{
	(void)arg;
	(void)begin;
	(void)end;
	return WEIR_OK;
}

/* A loop over memory of which the first half is in one node; and the same of a
 * graph that is added. */
Test(places, of_loops_and_of_added_graphs_are_those_of_their_pieces)
{
	static char both[NODES * TASKS * PART];
	static const weir_memory_place halves[] = {
		{ both, sizeof both / 2, 0 },
		{ both + sizeof both / 2, sizeof both / 2, 1 },
	};
	static const size_t bytes[] = { sizeof both };
	const weir_access access = { both, WEIR_READ_WRITE };
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = TASKS * 1e5,
				    .bytes = bytes };
	weir_runtime *rt = must_machine(machine);
	weir_task_span spans[2 * TASKS + 2];
	weir_tasks *tasks, *added;
	weir_schedule *schedule;
	uint32_t first;
	double end;
	size_t i;

	must(weir_tasks_create(rt, "t", &tasks));
	must(weir_tasks_create(rt, "added", &added));
	must(weir_tasks_add_for(added, no_loop, NULL, TASKS, 1, &access, 1,
				&heavy, NULL));
	must(weir_tasks_add_graph(tasks, added, NULL, 0, &first));
	must(weir_tasks_set_places(tasks, halves, 2));
	schedule = must_schedule(tasks);
	cr_assert_eq(weir_schedule_get_info(schedule).tasks, TASKS + 1);
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &end));
	for (i = 0; i < TASKS; i++)
		cr_expect_eq(node_of(rt, spans[first + i].worker),
			     i >= TASKS / 2, "piece %zu", i);
	weir_schedule_release(schedule);
	weir_tasks_release(added);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

static weir_status
no_sum(void *into, const void *from, void *arg)
{
	(void)into;
	(void)from;
	(void)arg;
	return WEIR_OK;
}

/* An access that reduces works on its part. */
Test(places, of_what_reduces_are_those_of_the_parts)
{
	static const size_t bytes[] = { PART };
	static char result;
	weir_runtime *rt = must_machine(machine);
	weir_schedule *schedule;
	weir_tasks *tasks;
	size_t i;

	must(weir_tasks_create(rt, "t", &tasks));
	must(weir_tasks_set_reduction(tasks, &result, no_sum, NULL, NULL));
	must(weir_tasks_set_places(tasks, places, 2));
	for (i = 0; i < TASKS; i++) {
		void *part = &memory[i % NODES][i * PART];
		weir_task_options heavy = { .size = sizeof heavy,
					    .nanoseconds = 1e5,
					    .bytes = bytes, .parts = &part };

		must(weir_tasks_add(tasks, nothing, NULL,
				    &(weir_access){ &result, WEIR_REDUCE }, 1,
				    &heavy, NULL));
	}
	schedule = must_schedule(tasks);
	cr_expect_eq(count_near(rt, schedule, 0, TASKS), TASKS);
	must(weir_schedule_run(schedule, 1));
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

/* On a machine with one node; and where the places say nothing. */
Test(places, do_not_matter_where_nothing_differs)
{
	static const char *const machines[] = { "core:4 pu:1",
						"numa:2 core:2 pu:1" };
	const weir_memory_place elsewhere[] = { { memory, 0, 0 },
						{ memory[0], 100, 77 } };
	size_t i;

	for (i = 0; i < 2; i++) {
		weir_runtime *rt = must_machine(machines[i]);
		weir_schedule *before, *after;
		char *text, *same;
		weir_tasks *tasks;

		must(weir_tasks_create(rt, "t", &tasks));
		add_tasks(tasks);
		before = must_schedule(tasks);
		must(weir_tasks_set_places(tasks, i ? elsewhere : places, 2));
		after = must_schedule(tasks);
		must(weir_schedule_describe(before, false, &text));
		must(weir_schedule_describe(after, false, &same));
		if (i == 0)
			cr_expect_str_eq(text, same);
		cr_expect_eq(count_near(rt, before, 0, TASKS),
			     count_near(rt, after, 0, TASKS));
		weir_text_release(text);
		weir_text_release(same);
		weir_schedule_release(before);
		weir_schedule_release(after);
		weir_tasks_release(tasks);
		weir_runtime_release(rt);
	}
}

Test(places, that_cannot_be_are_refused)
{
	const weir_memory_place twice[] = { { memory[0], 100, 0 },
					    { memory[0] + 99, 100, 1 } };
	weir_runtime *rt = must_machine(machine);
	weir_schedule *schedule;
	weir_tasks *tasks;
	size_t n;

	must(weir_tasks_create(rt, "t", &tasks));
	add_tasks(tasks);
	must(weir_tasks_set_places(tasks, places, 2));
	cr_expect_eq(weir_tasks_set_places(tasks, twice, 2), WEIR_EINVAL);
	cr_expect_eq(weir_tasks_set_places(NULL, places, 2), WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_places(tasks, NULL, 2), WEIR_ENULL);
	cr_expect_eq(weir_tasks_find_places(NULL), WEIR_ENULL);
	cr_expect_eq(weir_memory_find(NULL, memory, 1, NULL, 0, &n),
		     WEIR_ENULL);
	cr_expect_eq(weir_memory_find(rt, NULL, 1, NULL, 0, &n), WEIR_ENULL);
	cr_expect_eq(weir_memory_find(rt, memory, 1, NULL, 1, &n), WEIR_ENULL);
	cr_expect_eq(weir_memory_find(rt, memory, 1, NULL, 0, NULL),
		     WEIR_ENULL);
	/* What was said before holds. */
	schedule = must_schedule(tasks);
	cr_expect_eq(count_near(rt, schedule, 0, TASKS), TASKS);
	weir_schedule_release(schedule);
	must(weir_tasks_set_places(tasks, NULL, 0));
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

/* This machine may have one node or several. */
Test(places, are_asked_of_the_system)
{
	weir_memory_place found[4];
	weir_runtime *rt = must_machine(NULL);
	weir_schedule *schedule;
	weir_tasks *tasks;
	size_t n = 99, i, bytes = 0;

	memset(memory, 1, sizeof memory);
	must(weir_tasks_create(rt, "t", &tasks));
	must(weir_tasks_find_places(tasks));
	add_tasks(tasks);
	must(weir_tasks_find_places(tasks));
	schedule = must_schedule(tasks);
	must(weir_schedule_run(schedule, 2));
	must(weir_memory_find(rt, memory, sizeof memory, found, 4, &n));
	for (i = 0; i < n && i < 4; i++)
		bytes += found[i].bytes;
	cr_expect_leq(bytes, sizeof memory);
	if (n == 1)
		cr_expect(found[0].memory == (void *)memory &&
			  bytes == sizeof memory);
	must(weir_memory_find(rt, memory, 0, found, 4, &n));
	cr_expect_eq(n, 0);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

/* -- without memory --------------------------------------------------------- */

static weir_status
try_all(struct fault *fault, long k)
{
	weir_allocator allocator = fault_allocator(fault);
	weir_runtime_options options = { .size = sizeof options,
					 .synthetic_topology = machine,
					 .allocator = &allocator };
	weir_schedule *schedule = NULL;
	weir_runtime *rt = NULL;
	weir_tasks *tasks = NULL;
	weir_status status;
	size_t i;

	must(weir_runtime_create(&options, &rt));
	must(weir_tasks_create(rt, "t", &tasks));
	fault_arm(fault, k);
	status = weir_tasks_set_places(tasks, places, 2);
	for (i = 0; i < TASKS && !status; i++)
		status = weir_tasks_add(
			tasks, nothing, NULL,
			&(weir_access){ &memory[i % NODES][i * PART],
					WEIR_READ_WRITE }, 1,
			&(weir_task_options){ .size = sizeof(weir_task_options),
					      .nanoseconds = 1e5,
					      .bytes = &(size_t){ PART } },
			NULL);
	if (!status)
		status = weir_tasks_find_places(tasks);
	if (!status)
		status = weir_tasks_set_places(tasks, places, 2);
	if (!status)
		status = weir_tasks_compile(tasks, &schedule);
	fault_arm(fault, 0);
	cr_assert(!status || status == WEIR_ENOMEM, "%s", weir_error_text());
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
	cr_expect_eq(fault->alive, 0);
	return status;
}

Test(places, are_used_or_there_is_no_memory)
{
	struct fault fault = { 0 };
	long k;

	for (k = 1; try_all(&fault, k); k++)
		;
	cr_expect_gt(k, 20);
}
