/*
 * The patterns of Task Bench as task graphs, and by a loop: the same values.
 *
 * A graph is a grid: task i of a step reads what some tasks of the step before
 * have made. (Slaughter et al., Task Bench: A Parameterized Benchmark for
 * Evaluating Parallel Runtime Performance, SC20.)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <weir.h>

#define MUST(call) ((call) ? (puts(weir_error_text()), exit(1)) : (void)0)

enum { WIDTH = 32, STEPS = 200, WORK = 100, RUNS = 20 };

/* Which tasks of the step before task i reads; how many. */
typedef int reads_fn(int step, int i, int *from);

static int
range(int first, int last, int *from)	/* those that exist */
{
	int n = 0;

	for (int j = first; j <= last; j++)
		if (j >= 0 && j < WIDTH)
			from[n++] = j;
	return n;
}

static int
trivial(int step, int i, int *from)
{
	(void)step, (void)i, (void)from;
	return 0;
}

static int
no_comm(int step, int i, int *from)
{
	(void)step;
	return range(i, i, from);
}

static int
stencil_1d(int step, int i, int *from)
{
	(void)step;
	return range(i - 1, i + 1, from);
}

static int
stencil_1d_periodic(int step, int i, int *from)
{
	(void)step;
	for (int k = 0; k < 3; k++)
		from[k] = (i + WIDTH - 1 + k) % WIDTH;
	return 3;
}

static int
dom(int step, int i, int *from)		/* a sweep, as of radiation */
{
	(void)step;
	return range(i - 1, i, from);
}

static int
tree(int step, int i, int *from)	/* two children each, from the first */
{
	(void)step;
	return range(i / 2, i / 2, from);
}

static int
fft(int step, int i, int *from)		/* a butterfly: 5 steps for 32 */
{
	from[0] = i;
	from[1] = i ^ 1 << step % 5;
	return 2;
}

static int
all_to_all(int step, int i, int *from)
{
	(void)step, (void)i;
	return range(0, WIDTH - 1, from);
}

static int
nearest(int step, int i, int *from)
{
	(void)step;
	return range(i - 2, i + 2, from);
}

static int
spread(int step, int i, int *from)	/* far from each other, and turning */
{
	for (int k = 0; k < 4; k++)
		from[k] = (i + k * (WIDTH / 4) + step) % WIDTH;
	return 4;
}

static int
random_nearest(int step, int i, int *from)	/* about half of those near */
{
	uint64_t bits = (uint64_t)(step * WIDTH + i + 1) * 0x9e3779b97f4a7c15u;
	int n = 0;

	for (int j = i - 2; j <= i + 2; j++, bits <<= 1)
		if (bits >> 63 && j >= 0 && j < WIDTH)
			from[n++] = j;
	return n;
}

static const struct { const char *name; reads_fn *reads; } patterns[] = {
	{ "trivial", trivial }, { "no_comm", no_comm },
	{ "stencil_1d", stencil_1d },
	{ "stencil_1d_periodic", stencil_1d_periodic }, { "dom", dom },
	{ "tree", tree }, { "fft", fft }, { "all_to_all", all_to_all },
	{ "nearest", nearest }, { "spread", spread },
	{ "random_nearest", random_nearest },
};

/* -- a task ---------------------------------------------------------------- */

typedef uint64_t row[WIDTH];
static row made[STEPS];
static struct cell {
	uint64_t *to;
	const uint64_t *from;
	int step, i, n, reads[WIDTH];
} cells[STEPS][WIDTH];

/* Whatever order was wrong shows in the values of the last step. */
static weir_status
work(void *arg)
{
	const struct cell *c = arg;
	uint64_t value = (uint64_t)(c->step * WIDTH + c->i);

	for (int k = 0; k < c->n; k++)
		value = value * 31 + c->from[c->reads[k]];
	for (int k = 0; k < WORK; k++)
		value = value * 6364136223846793005u + 1442695040888963407u;
	c->to[c->i] = value;
	return WEIR_OK;
}

static void
add_task(weir_tasks *tasks, struct cell *c)
{
	weir_task_options cost = { .size = sizeof cost, .nanoseconds = WORK };
	weir_access accesses[WIDTH + 1];

	for (int k = 0; k < c->n; k++)
		accesses[k] = (weir_access){ &c->from[c->reads[k]], WEIR_READ };
	accesses[c->n] = (weir_access){ &c->to[c->i], WEIR_WRITE };
	MUST(weir_tasks_add(tasks, work, c, accesses, (size_t)c->n + 1, &cost,
			    NULL));
}

/* -- a pattern -------------------------------------------------------------- */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* What both must come to is made by a loop. */
static double
loop(int times)
{
	double start = now();

	for (int k = 0; k < times; k++)
		for (int step = 0; step < STEPS; step++)
			for (int i = 0; i < WIDTH; i++)
				work(&cells[step][i]);
	return (now() - start) / (times * STEPS * WIDTH);
}

static double
run(weir_schedule *schedule, size_t times)
{
	double start = now();

	MUST(weir_schedule_run(schedule, times));
	return (now() - start) / (double)(times * STEPS * WIDTH);
}

/* Whether the tasks make what the loop does. */
static int
try(weir_runtime *rt, const char *name, reads_fn *reads)
{
	static row expected[STEPS];
	weir_schedule_info info;
	weir_schedule *schedule;
	weir_tasks *tasks;
	int differ;

	MUST(weir_tasks_create(rt, name, &tasks));
	for (int step = 0; step < STEPS; step++)
		for (int i = 0; i < WIDTH; i++) {
			struct cell *c = &cells[step][i];

			*c = (struct cell){ made[step], NULL, step, i, 0,
					    { 0 } };
			if (step) {
				c->from = made[step - 1];
				c->n = reads(step, i, c->reads);
			}
			add_task(tasks, c);
		}
	MUST(weir_tasks_compile(tasks, &schedule));
	info = weir_schedule_get_info(schedule);
	loop(1);
	memcpy(expected, made, sizeof made);
	memset(made, 0, sizeof made);	/* what came too early is seen */
	run(schedule, 1);
	differ = memcmp(made, expected, sizeof made);
	printf("%-19s %6u %7.1f %7.1f   %4.1f%s\n", name, info.edges,
	       loop(RUNS), run(schedule, RUNS), info.speedup,
	       differ ? "  the tasks and the loop differ" : "");
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	return differ;
}

int
main(void)
{
	weir_runtime *rt;
	int differ = 0;

	MUST(weir_runtime_create(NULL, &rt));
	printf("%d tasks each, %u threads\n%-19s %6s %7s %7s planned\n",
	       STEPS * WIDTH, weir_runtime_threads(rt), "pattern", "edges",
	       "loop ns", "run ns");
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		differ |= try(rt, patterns[i].name, patterns[i].reads);
	weir_runtime_release(rt);
	return differ != 0;
}
