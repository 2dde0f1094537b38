#include "stress/ordered.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/random_program.h"

/* -- drawing one ----------------------------------------------------------- */

static void
add_after(struct ordered_task *t, uint32_t task)
{
	uint32_t i;

	for (i = 0; i < t->n_after; i++)
		if (t->after[i] == task)
			return;
	t->after = realloc(t->after, (t->n_after + 1) * sizeof *t->after);
	cr_assert(t->after);
	t->after[t->n_after++] = task;
}

static uint32_t
draw_back(struct random *random, uint32_t i, uint32_t reach)
{
	uint32_t back = 1 + (uint32_t)random_below(random, reach);

	return back > i ? 0 : i - back;
}

/* Each task has a cell of its own and reads those of the tasks that it is
 * told to come after. */
static void
draw_numbers(struct ordered *g, struct random *random, uint32_t i,
	     uint32_t reach)
{
	struct ordered_task *t = &g->tasks[i];
	uint32_t n = i ? (uint32_t)random_below(random, ORDERED_READS + 1) : 0;

	t->writes = i;
	t->updates = true;
	while (n-- > 0) {
		uint32_t sooner = draw_back(random, i, reach);

		add_after(t, sooner);
		t->reads[t->n_reads++] = sooner;
	}
}

/* Tasks share cells: what they come after is worked out here, apart from the
 * library, by looking through all that were recorded before. */
static void
draw_memory(struct ordered *g, struct random *random, uint32_t i)
{
	struct ordered_task *t = &g->tasks[i];
	uint32_t q, r;

	t->writes = (uint32_t)random_below(random, g->n_cells);
	t->updates = random_chance(random, 50);
	t->n_reads = (uint32_t)random_below(random, ORDERED_READS);
	for (r = 0; r < t->n_reads; r++)
		t->reads[r] = (uint32_t)random_below(random, g->n_cells);
	for (q = 0; q < i; q++) {
		const struct ordered_task *o = &g->tasks[q];
		bool meets = o->writes == t->writes;

		for (r = 0; r < t->n_reads; r++)
			meets |= o->writes == t->reads[r];
		for (r = 0; r < o->n_reads; r++)
			meets |= o->reads[r] == t->writes;
		if (meets)
			add_after(t, q);
	}
}

struct ordered *
ordered_new(uint64_t seed)
{
	struct random random = { seed };
	struct ordered *g = calloc(1, sizeof *g);
	uint32_t reach, i;

	cr_assert(g);
	g->seed = seed;
	g->n = 2 + (uint32_t)random_below(&random, random_chance(&random, 20)
					  ? ORDERED_TASKS - 2 : 60);
	g->by_memory = random_chance(&random, 50);
	g->n_cells = g->by_memory
		? 2 + (uint32_t)random_below(&random, 2 + g->n / 2) : g->n;
	reach = 1 + (uint32_t)random_below(&random, 60);
	g->cells = calloc(g->n_cells, sizeof *g->cells);
	cr_assert(g->cells);
	for (i = 0; i < g->n; i++) {
		struct ordered_task *t = &g->tasks[i];

		t->graph = g;
		t->number = i;
		t->ns = 1000 * (double)(1 + random_below(&random, 90));
		if (random_chance(&random, 10))
			t->spins = (unsigned)random_below(&random, 2000);
		if (g->by_memory)
			draw_memory(g, &random, i);
		else
			draw_numbers(g, &random, i, reach);
	}
	ordered_reset(g);
	return g;
}

void
ordered_free(struct ordered *g)
{
	uint32_t i;

	for (i = 0; i < g->n; i++)
		free(g->tasks[i].after);
	free(g->cells);
	free(g);
}

static void
fill_cells(double *cells, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		cells[i] = 0.1 * (double)(i + 1);
}

void
ordered_reset(struct ordered *g)
{
	uint32_t i;

	for (i = 0; i < g->n; i++) {
		atomic_store(&g->tasks[i].begun, 0);
		atomic_store(&g->tasks[i].ended, 0);
	}
	atomic_store(&g->too_early, 0);
	fill_cells(g->cells, g->n_cells);
}

/* -- running one ----------------------------------------------------------- */

/* Sums of quotients: other operands, another order, other bits. */
static void
compute(const struct ordered_task *t, double *cells)
{
	double sum = t->updates ? 0.5 * cells[t->writes] : 0.25;
	uint32_t r;

	for (r = 0; r < t->n_reads; r++)
		sum += cells[t->reads[r]] / (3.0 + t->n_reads);
	cells[t->writes] = sum + 1.0 / (7.0 + t->number);
}

static void
spin(unsigned times)
{
	volatile unsigned i;

	for (i = 0; i < times; i++)
		;
}

/* Runs one after the other: those before have ended as often as this one has
 * now begun. */
static void
look_in_turns(struct ordered_task *t)
{
	unsigned begun = atomic_fetch_add_explicit(&t->begun, 1,
						   memory_order_relaxed) + 1;
	uint32_t i;

	for (i = 0; i < t->n_after; i++) {
		const struct ordered_task *o = &t->graph->tasks[t->after[i]];

		if (atomic_load_explicit(&o->ended, memory_order_relaxed) !=
		    begun) {
			atomic_fetch_add_explicit(&t->graph->too_early, 1,
						  memory_order_relaxed);
			return;		/* a task counts once */
		}
	}
}

/*
 * Several runs at once: whoever has begun this task, in whichever run, had
 * seen the ends of that run before; so there are at least as many. Not
 * relaxed, for this is about what other runs have seen.
 */
static void
look_in_overlap(struct ordered_task *t)
{
	unsigned begun = atomic_fetch_add(&t->begun, 1) + 1;
	uint32_t i;

	for (i = 0; i < t->n_after; i++) {
		const struct ordered_task *o = &t->graph->tasks[t->after[i]];

		if (atomic_load(&o->ended) < begun) {
			atomic_fetch_add(&t->graph->too_early, 1);
			return;
		}
	}
}

weir_status
ordered_run(void *arg)
{
	struct ordered_task *t = arg;
	struct ordered *g = t->graph;
	weir_status status;

	if (g->may_overlap) {
		look_in_overlap(t);
	} else {
		look_in_turns(t);
		compute(t, g->cells);
	}
	spin(t->spins);
	status = g->also ? g->also(t) : WEIR_OK;
	if (status)
		return status;
	if (g->may_overlap)
		atomic_fetch_add(&t->ended, 1);
	else
		atomic_fetch_add_explicit(&t->ended, 1, memory_order_relaxed);
	return WEIR_OK;
}

static void
record(const struct ordered *g, struct ordered_task *t, weir_tasks *tasks)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = t->ns };
	weir_access accesses[ORDERED_READS + 1];
	weir_status status;
	uint32_t r;

	if (!g->by_memory) {
		status = weir_tasks_add_after(tasks, ordered_run, t, t->after,
					      t->n_after, &options, NULL);
	} else {
		for (r = 0; r < t->n_reads; r++)
			accesses[r] = (weir_access){ &g->cells[t->reads[r]],
						     WEIR_READ };
		accesses[r] = (weir_access){ &g->cells[t->writes],
			t->updates ? WEIR_READ_WRITE : WEIR_WRITE };
		status = weir_tasks_add(tasks, ordered_run, t, accesses,
					r + 1, &options, NULL);
	}
	cr_assert_eq(status, WEIR_OK, "%s", weir_error_text());
}

weir_schedule *
ordered_compile(struct ordered *g, weir_runtime *runtime)
{
	weir_schedule *schedule;
	weir_tasks *tasks;
	uint32_t i;

	cr_assert_eq(weir_tasks_create(runtime, "t", &tasks), WEIR_OK);
	for (i = 0; i < g->n; i++)
		record(g, &g->tasks[i], tasks);
	if (g->may_overlap)
		weir_tasks_allow_overlap(tasks);
	cr_assert_eq(weir_tasks_compile(tasks, &schedule), WEIR_OK, "%s",
		     weir_error_text());
	weir_tasks_release(tasks);
	cr_assert_eq(weir_schedule_check(schedule), WEIR_OK,
		     "WEIR_TEST_SEED=%llu: %s", (unsigned long long)g->seed,
		     weir_error_text());
	return schedule;
}

/* -- looking at what it has done ------------------------------------------- */

bool
ordered_depends(const struct ordered *g, uint32_t later, uint32_t sooner)
{
	bool reached[ORDERED_TASKS] = { false };
	uint32_t i, k;

	reached[sooner] = true;
	for (i = sooner + 1; i <= later; i++)
		for (k = 0; k < g->tasks[i].n_after && !reached[i]; k++)
			reached[i] = reached[g->tasks[i].after[k]];
	return later > sooner && reached[later];
}

static bool
have_right_bits(const struct ordered *g, unsigned runs)
{
	double *wanted = calloc(g->n_cells, sizeof *wanted);
	bool are_right;
	uint32_t i;

	cr_assert(wanted);
	fill_cells(wanted, g->n_cells);
	for (; runs > 0; runs--)
		for (i = 0; i < g->n; i++)
			compute(&g->tasks[i], wanted);
	are_right = memcmp(wanted, g->cells,
			   g->n_cells * sizeof *wanted) == 0;
	free(wanted);
	return are_right;
}

const char *
ordered_fault(const struct ordered *g, unsigned runs)
{
	static char text[160];
	unsigned long long seed = g->seed;
	unsigned too_early = atomic_load(&g->too_early);
	uint32_t i;

	for (i = 0; i < g->n; i++) {
		unsigned begun = atomic_load(&g->tasks[i].begun);
		unsigned ended = atomic_load(&g->tasks[i].ended);

		snprintf(text, sizeof text, "WEIR_TEST_SEED=%llu: task %u has "
			 "begun %u times and ended %u times in %u runs", seed,
			 i, begun, ended, runs);
		if (begun != runs || ended != runs)
			return text;
	}
	snprintf(text, sizeof text, "WEIR_TEST_SEED=%llu: %u tasks were begun "
		 "too early", seed, too_early);
	if (too_early)
		return text;
	snprintf(text, sizeof text, "WEIR_TEST_SEED=%llu: the results have "
		 "other bits", seed);
	return g->may_overlap || have_right_bits(g, runs) ? NULL : text;
}
