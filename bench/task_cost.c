/*
 * What a task costs: recording it, compiling it, and running it again.
 *
 * Each task adds one to a counter of its column. *loop* is a plain loop over
 * the same calls, so run - loop is what the scheduler adds. One and all
 * workers are measured in turn, round after round; a figure is the median.
 * A schedule for more workers than there are processors is made, not run.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir.h>

#include "figure.h"

enum { ROUNDS = 15, WIDTH = 64, PREDS = 3, NEAR = 1000 };

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "task_cost: %s\n", \
				weir_error_text()); \
			exit(1); \
		} \
	} while (0)

struct column {			/* a cache line each */
	volatile long count;
	char pad[64 - sizeof(long)];
};

static struct column columns[WIDTH];
static char places[2][WIDTH];	/* what tasks say they read and write */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static weir_status
count(void *arg)
{
	((struct column *)arg)->count++;
	return WEIR_OK;
}

/* -- patterns, after Task Bench (Slaughter et al., SC20) --------------------------- */

static size_t
no_comm(long step, long i, weir_access *a)
{
	(void)step;
	a[0] = (weir_access){ &places[0][i], WEIR_READ_WRITE };
	return 1;
}

static size_t
stencil(long step, long i, weir_access *a)
{
	const char *from = places[(step + 1) & 1];
	size_t n = 0;
	long j;

	for (j = i - 1; j <= i + 1; j++)
		if (j >= 0 && j < WIDTH)
			a[n++] = (weir_access){ &from[j], WEIR_READ };
	a[n++] = (weir_access){ &places[step & 1][i], WEIR_WRITE };
	return n;
}

static size_t
chain(long step, long i, weir_access *a)
{
	(void)step;
	(void)i;
	a[0] = (weir_access){ &places[0][0], WEIR_READ_WRITE };
	return 1;
}

/* A butterfly: partners at distance 1, 2, 4 ... 32, and again. */
static size_t
fft(long step, long i, weir_access *a)
{
	const char *from = places[(step + 1) & 1];

	a[0] = (weir_access){ &from[i], WEIR_READ };
	a[1] = (weir_access){ &from[i ^ 1L << step % 6], WEIR_READ };
	a[2] = (weir_access){ &places[step & 1][i], WEIR_WRITE };
	return 3;
}

/* A wavefront: after the one before it in its row, and in its column. */
static size_t
sweep(long step, long i, weir_access *a)
{
	size_t n = 0;

	(void)step;
	if (i)
		a[n++] = (weir_access){ &places[0][i - 1], WEIR_READ };
	a[n++] = (weir_access){ &places[0][i], WEIR_READ_WRITE };
	return n;
}

/* Three of the thousand tasks before it, told by their numbers. */
static size_t
before_at_random(uint32_t task, uint32_t *after)
{
	uint64_t state = task * 0x9e3779b97f4a7c15u;
	size_t n = 0;

	while (task > 0 && n < PREDS) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		after[n++] = task - 1 - (uint32_t)((state >> 33) %
						   (task < NEAR ? task : NEAR));
	}
	return n;
}

static const struct pattern {
	const char *name;
	size_t (*accesses)(long step, long i, weir_access *a);	/* or NULL */
} patterns[] = {
	{ "no_comm", no_comm },
	{ "stencil_1d", stencil },
	{ "fft", fft },
	{ "sweep", sweep },
	{ "chain", chain },
	{ "random", NULL },
};

/* -- measuring ---------------------------------------------------------------------- */

static double
median(double *samples)
{
	return figure_of(samples, ROUNDS).median;
}

struct made {
	weir_schedule *schedule;
	double record, compile;		/* ns a task */
};

static void
add(weir_tasks *tasks, const struct pattern *p, long step, long i,
    const weir_task_options *options)
{
	uint32_t after[PREDS];
	weir_access a[4];

	if (p->accesses)
		MUST(weir_tasks_add(tasks, count, &columns[i], a,
				    p->accesses(step, i, a), options, NULL));
	else
		MUST(weir_tasks_add_after(
			tasks, count, &columns[i], after,
			before_at_random((uint32_t)(step * WIDTH + i), after),
			options, NULL));
}

static struct made
make(weir_runtime *rt, const struct pattern *p, long steps, double cost)
{
	weir_task_options options = { .size = sizeof options,
					      .nanoseconds = cost };
	double n = (double)(steps * WIDTH), start = now();
	struct made m;
	weir_tasks *tasks;
	long s, i;

	MUST(weir_tasks_create(rt, p->name, &tasks));
	for (s = 0; s < steps; s++)
		for (i = 0; i < WIDTH; i++)
			add(tasks, p, s, i, &options);
	m.record = (now() - start) / n;
	start = now();
	MUST(weir_tasks_compile(tasks, &m.schedule));
	m.compile = (now() - start) / n;
	weir_tasks_release(tasks);
	return m;
}

static double
time_loop(long steps)
{
	double start = now();
	long s, i;

	for (s = 0; s < steps; s++)
		for (i = 0; i < WIDTH; i++)
			count(&columns[i]);
	return now() - start;
}

static double
time_run(weir_schedule *schedule)
{
	double start = now();

	MUST(weir_schedule_run(schedule, 1));
	return now() - start;
}

/* Columns of the table that take running. */
static void
measure_runs(weir_schedule *one, weir_schedule *all, long steps)
{
	double loop[ROUNDS], alone[ROUNDS], team[ROUNDS];
	double n = (double)(steps * WIDTH);
	int r;

	time_run(one);
	time_run(all);
	for (r = 0; r < ROUNDS; r++) {
		loop[r] = time_loop(steps) / n;
		alone[r] = time_run(one) / n;
		team[r] = time_run(all) / n;
	}
	printf("%6.2f %6.2f %6.2f", median(loop), median(alone),
	       median(team));
}

static void
measure(weir_runtime *one, weir_runtime *all, bool can_run,
	const struct pattern *p, long steps, double cost)
{
	struct made a = make(one, p, steps, cost), b = make(all, p, steps,
							    cost);
	weir_schedule_info info = weir_schedule_get_info(b.schedule);
	double n = (double)info.tasks;

	printf("%-11s %8u %5.2f %6.0f %7.0f %6.1f  ", p->name, info.tasks,
	       info.edges / n, b.record, b.compile, (double)info.bytes / n);
	if (can_run)
		measure_runs(a.schedule, b.schedule, steps);
	else
		printf("%6s %6s %6s", "-", "-", "-");
	printf(" %4u %7u %7u\n", info.workers, info.blocks, info.waits);
	fflush(stdout);
	weir_schedule_release(a.schedule);
	weir_schedule_release(b.schedule);
}

/* -- the command line ------------------------------------------------------------------ */

struct arguments {
	long steps;
	double cost;
	unsigned workers;		/* 0: as many as there are processors */
	const char *pattern;		/* or NULL: all */
};

static const struct argp_option options[] = {
	{ "steps", 's', "N", 0, "Rows of 64 tasks (default 2000)", 0 },
	{ "cost", 'c', "NS", 0, "Nanoseconds a task is said to take (default: "
	  "not said)", 0 },
	{ "workers", 'w', "N", 0, "Compile for N (default: all processors)",
	  0 },
	{ "pattern", 'p', "NAME", 0, "This one only", 0 },
	{ 0 },
};

static error_t
parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 's':
		a->steps = atol(value);
		if (a->steps < 1)
			argp_error(state, "--steps %s is no number of rows",
				   value);
		return 0;
	case 'c':
		a->cost = atof(value);
		return 0;
	case 'w':
		a->workers = (unsigned)atol(value);
		if (a->workers < 1 || a->workers > 1024)
			argp_error(state, "--workers %s is not 1 to 1024",
				   value);
		return 0;
	case 'p':
		a->pattern = value;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL,
		"Records, compiles and runs task graphs whose tasks do next "
		"to nothing.", NULL, NULL, NULL,
	};
	weir_runtime_options alone = { .size = sizeof alone, .threads = 1 };
	weir_runtime_options many = { .size = sizeof many };
	struct arguments a = { .steps = 2000 };
	weir_runtime *one, *all;
	unsigned processors;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	MUST(weir_runtime_create(NULL, &all));
	processors = weir_runtime_threads(all);
	weir_runtime_release(all);
	many.threads = a.workers;
	MUST(weir_runtime_create(&alone, &one));
	MUST(weir_runtime_create(&many, &all));
	printf("task_cost --steps %ld --cost %g --workers %u: ns a task, median "
	       "of %d rounds; %u processors\n", a.steps, a.cost,
	       weir_runtime_threads(all), ROUNDS, processors);
	printf("%-11s %8s %5s %6s %7s %6s  %6s %6s %6s %4s %7s %7s\n",
	       "pattern", "tasks", "edges", "record", "compile", "bytes",
	       "loop", "run", "run*N", "used", "blocks", "waits");
	for (i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (!a.pattern || !strcmp(a.pattern, patterns[i].name))
			measure(one, all,
				weir_runtime_threads(all) <= processors,
				&patterns[i], a.steps, a.cost);
	weir_runtime_release(one);
	weir_runtime_release(all);
	return 0;
}
