/*
 * To be run on a machine with several NUMA nodes, see tests/numa/check: tasks,
 * and what a plan does, are given to workers of the node where the memory is
 * that they work on, as the system tells. Exit status 0, or 1 after a line.
 */
#include <linux/mempolicy.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir.h>

enum { PAGE = 4096, PART = 16 * PAGE, NODES_MAX = 8, EACH = 12 };

static int
fail(const char *what, const char *text)
{
	printf("homes: %s: %s\n", what, text);
	return 1;
}

/* So many bytes in a node, which have been written to. */
static char *
memory_in(unsigned node, size_t bytes)
{
	unsigned long mask = 1UL << node;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED ||
	    syscall(SYS_mbind, memory, bytes, MPOL_BIND, &mask,
		    8 * sizeof mask, 0))
		return NULL;
	memset(memory, 1, bytes);
	return memory;
}

static unsigned
node_of_worker(const weir_runtime *runtime, unsigned worker)
{
	size_t p = 0;

	while (worker >= weir_runtime_pool(runtime, p).workers)
		worker -= weir_runtime_pool(runtime, p++).workers;
	return weir_runtime_pool(runtime, p).numa_node;
}

static weir_status
do_nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* -- tasks ------------------------------------------------------------------ */

/* Each node's memory for as many tasks, for each worker there the same number:
 * none of them has a reason to be elsewhere. */
static int
try_tasks(weir_runtime *runtime)
{
	weir_task_options heavy = { .size = sizeof heavy, .nanoseconds = 1e5,
				    .bytes = &(size_t){ PART } };
	static weir_task_span spans[1024];
	static unsigned wanted[1024];
	size_t p, i, n = 0, there = 0;
	weir_schedule *schedule;
	weir_tasks *tasks;
	double end;

	if (weir_tasks_create(runtime, "tasks", &tasks))
		return fail("tasks", weir_error_text());
	for (p = 0; p < weir_runtime_pools(runtime); p++) {
		weir_pool_info pool = weir_runtime_pool(runtime, p);
		size_t parts = EACH * pool.workers;
		char *memory = memory_in(pool.numa_node, parts * PART);

		if (!memory)
			return fail("mbind", "refused");
		for (i = 0; i < parts && n < 1024; i++) {
			weir_access access = { memory + i * PART,
					       WEIR_READ_WRITE };

			wanted[n++] = pool.numa_node;
			if (weir_tasks_add(tasks, do_nothing, NULL, &access, 1,
					   &heavy, NULL))
				return fail("tasks", weir_error_text());
		}
	}
	if (weir_tasks_find_places(tasks) ||
	    weir_tasks_compile(tasks, &schedule) ||
	    weir_schedule_check(schedule) || weir_schedule_run(schedule, 2) ||
	    weir_schedule_simulate(schedule, NULL, NULL, spans, &end))
		return fail("tasks", weir_error_text());
	for (i = 0; i < n; i++)
		there += node_of_worker(runtime, spans[i].worker) == wanted[i];
	printf("%zu of %zu tasks are where their memory is\n", there, n);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	return there != n;
}

/* -- a plan ------------------------------------------------------------------ */

enum { COLUMNS = 256, ROWS = 1024 };

/* Work near a node, by the plan's text, and how much of it is there. */
static int
compare(const weir_plan *plan)
{
	unsigned near = 0, there = 0;
	char *text, *line;

	if (weir_plan_describe(plan, &text))
		return fail("plan", weir_error_text());
	line = strstr(text, "outside: ");
	if (line)
		line = strchr(line, ';');
	if (line)
		near = (unsigned)atoi(line + strlen("; of "));
	line = line ? strstr(line, "nearest to one, ") : NULL;
	if (line)
		there = (unsigned)atoi(line + strlen("nearest to one, "));
	printf("%u of %u pieces of a plan's work are where their operands "
	       "are\n", there, near);
	if (!near || there != near)
		printf("%s", text);
	weir_text_release(text);
	return !near || there != near;
}

/* ROWS rows for each worker, in its node, and something done to each element:
 * of what there is to read all that a piece reads is there. */
static int
try_plan(weir_runtime *runtime)
{
	size_t row = COLUMNS * sizeof(float), p, at = 0;
	int64_t shape[] = { ROWS * weir_runtime_threads(runtime), COLUMNS };
	size_t bytes = (size_t)shape[0] * row;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	weir_compile_options options = { .size = sizeof options };
	weir_tensor *in[1], *out, *x;
	weir_graph *graph;
	weir_plan *plan;
	int bad;

	if (memory == MAP_FAILED)
		return fail("mmap", "refused");
	for (p = 0; p < weir_runtime_pools(runtime); p++) {
		weir_pool_info pool = weir_runtime_pool(runtime, p);
		unsigned long mask = 1UL << pool.numa_node;
		size_t part = ROWS * pool.workers * row;

		if (syscall(SYS_mbind, memory + at, part, MPOL_BIND, &mask,
			    8 * sizeof mask, 0))
			return fail("mbind", "refused");
		memset(memory + at, 0, part);
		at += part;
	}
	if (weir_tensor_wrap(runtime, WEIR_F32, 2, shape, NULL, memory, NULL,
			     NULL, &in[0]) ||
	    weir_graph_create(runtime, "g", &graph))
		return fail("plan", weir_error_text());
	x = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	x = weir_exp(weir_graph_scope(graph), x);
	options.operands = in;
	if (weir_graph_output(graph, x) ||
	    weir_graph_compile_with(graph, &options, &plan) ||
	    weir_plan_check(plan) || weir_plan_run(plan, in, 1, &out, 1))
		return fail("plan", weir_error_text());
	bad = compare(plan);
	weir_tensor_release(out);
	weir_tensor_release(in[0]);
	weir_plan_release(plan);
	weir_graph_release(graph);
	return bad;
}

int
main(void)
{
	weir_runtime *runtime;
	int bad;

	if (weir_runtime_create(NULL, &runtime))
		return fail("weir_runtime_create", weir_error_text());
	if (weir_runtime_pools(runtime) < 2)
		return fail("pools", "there are not two to tell apart");
	bad = try_tasks(runtime) | try_plan(runtime);
	weir_runtime_release(runtime);
	return bad;
}
