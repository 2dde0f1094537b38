/*
 * How long schedules take against those known to be optimal, where handing
 * over from one worker to another takes time.
 *
 * Each graph is recorded as tasks, compiled for the processors of its optimal
 * schedule, and simulated; nothing is run. Every simulated schedule is checked
 * against its graph here. The yardsticks are HEFT and one processor.
 */
#include <argp.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "figure.h"
#include "makespan.h"

/* What must hold. */
static const double SMALL_CCR = 1.2, MEAN_MAX = 5;	/* % */

enum { PROCESSORS_MAX = 1024, SKIPPED = 77 };

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "makespan: %s\n", weir_error_text()); \
			exit(1); \
		} \
	} while (0)

struct result {
	double ccr, above, compile;	/* %, of the optimum; us a task */
	double heft_above;		/* likewise, HEFT or one processor */
	bool is_worse;			/* than the better of those two */
};

struct results {
	struct result *r;
	size_t n, room;
};

/* -- one graph ------------------------------------------------------------ */

/* Of so many threads, which nobody makes until something is run. */
static weir_runtime *
runtime_for(unsigned processors)
{
	static weir_runtime *made[PROCESSORS_MAX + 1];
	weir_runtime_options options = { .size = sizeof options,
					 .threads = processors };

	if (!made[processors])
		MUST(weir_runtime_create(&options, &made[processors]));
	return made[processors];
}

static weir_schedule *
schedule(const struct dag *d)
{
	weir_schedule *made;
	weir_tasks *tasks;

	MUST(dag_tasks(d, runtime_for(d->processors), &tasks));
	MUST(weir_tasks_compile(tasks, &made));
	MUST(weir_schedule_check(made));
	weir_tasks_release(tasks);
	return made;
}

static struct result
measure(const struct dag *d, bool is_verbose)
{
	weir_task_span *spans = calloc((size_t)d->n + 1, sizeof *spans);
	double heft = heft_makespan(d, d->processors), makespan, other;
	weir_schedule *made = schedule(d);
	weir_schedule_info info = weir_schedule_get_info(made);
	struct result r = { .ccr = d->ccr };

	if (!spans || heft < 0) {
		fprintf(stderr, "makespan: no memory\n");
		exit(1);
	}
	/* The same costs again, unrounded: what is declared is kept as float. */
	MUST(weir_schedule_simulate(made, d->cost, d->weight, spans,
				    &makespan));
	if (!dag_spans_are_possible(d, spans)) {
		fprintf(stderr, "makespan: %s: the simulation is impossible\n",
			d->name);
		exit(1);
	}
	other = heft < d->total ? heft : d->total;
	r.above = 100 * (makespan / d->optimum - 1);
	r.heft_above = 100 * (other / d->optimum - 1);
	r.is_worse = makespan > other;
	r.compile = info.compile_ns / 1e3 / d->n;
	if (is_verbose)
		printf("%5.2f %3u %9g %9g %9g %9g %6.1f  %s\n", d->ccr,
		       d->processors, d->optimum, makespan, heft, d->total,
		       r.above, d->name);
	free(spans);
	weir_schedule_release(made);
	return r;
}

/* -- many ----------------------------------------------------------------- */

static void
add_file(struct results *all, const char *path, bool is_verbose)
{
	struct dag *d = dag_read(path);

	if (!d)
		exit(1);
	if (!d->processors || d->processors > PROCESSORS_MAX) {
		fprintf(stderr, "makespan: %s: no optimal schedule beside it; "
			"left out\n", d->name);
	} else {
		if (all->n == all->room) {
			all->room = 2 * all->room + 64;
			all->r = realloc(all->r, all->room * sizeof *all->r);
			if (!all->r)
				exit(1);
		}
		all->r[all->n++] = measure(d, is_verbose);
	}
	dag_free(d);
}

static int
is_dag(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && !strcmp(entry->d_name + length - 4, ".dag");
}

/* A file, or all those of a directory; whether it is there. */
static bool
add(struct results *all, const char *path, bool is_verbose)
{
	struct dirent **entries;
	struct stat status;
	char name[4096];
	int n, i;

	if (stat(path, &status))
		return false;
	if (!S_ISDIR(status.st_mode)) {
		add_file(all, path, is_verbose);
		return true;
	}
	n = scandir(path, &entries, is_dag, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		add_file(all, name, is_verbose);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return n >= 0;
}

/* -- the table ------------------------------------------------------------ */

struct row {
	size_t n, optimal, worse;
	double mean, median, worst, heft_mean, compile;
};

static struct row
summarize(const struct results *all, double above_ccr, double up_to)
{
	double *above = calloc(all->n + 1, sizeof *above);
	struct row row = { 0 };
	size_t i;

	if (!above)
		exit(1);
	for (i = 0; i < all->n; i++) {
		const struct result *r = &all->r[i];

		if (!(r->ccr > above_ccr && r->ccr <= up_to))
			continue;
		above[row.n++] = r->above;
		row.optimal += r->above < 1e-9;
		row.worse += r->is_worse;
		row.mean += r->above;
		row.heft_mean += r->heft_above;
		row.compile += r->compile;
	}
	qsort(above, row.n, sizeof *above, figure_ascending);
	if (row.n) {
		row.mean /= (double)row.n;
		row.heft_mean /= (double)row.n;
		row.compile /= (double)row.n;
		row.median = (above[(row.n - 1) / 2] + above[row.n / 2]) / 2;
		row.worst = above[row.n - 1];
	}
	free(above);
	return row;
}

static struct row
print_row(const struct results *all, const char *label, double above_ccr,
	  double up_to)
{
	struct row row = summarize(all, above_ccr, up_to);

	printf("%-10s %6zu %6.1f %6.1f %6.1f %8.0f %6zu %10.1f %9.1f\n", label,
	       row.n, row.mean, row.median, row.worst,
	       row.n ? 100.0 * (double)row.optimal / (double)row.n : 0.0,
	       row.worse, row.heft_mean, row.compile);
	return row;
}

/* Whether the targets are met. */
static bool
print_table(const struct results *all)
{
	struct row small, every;
	bool is_met;

	printf("%-10s %6s %6s %6s %6s %8s %6s %10s %9s\n", "CCR", "graphs",
	       "mean", "median", "worst", "optimal%", "worse", "yardstick",
	       "us/task");
	print_row(all, "0-0.5", -1, 0.5);
	print_row(all, "0.5-1.2", 0.5, SMALL_CCR);
	print_row(all, "1.2-3", SMALL_CCR, 3);
	print_row(all, "over 3", 3, 1e300);
	small = print_row(all, "up to 1.2", -1, SMALL_CCR);
	every = print_row(all, "all", -1, 1e300);
	is_met = small.mean <= MEAN_MAX && !every.worse;
	printf("targets: up to CCR %g at most %g %% above the optimum in the "
	       "mean, never worse than the yardstick: %s\n", SMALL_CCR,
	       MEAN_MAX, is_met ? "met" : "missed");
	return is_met;
}

/* -- the command line ----------------------------------------------------- */

static const char where[] =
	WEIR_SRCDIR "/../shared/cases/dags/auckland-optimal";

struct arguments {
	struct results all;
	bool is_verbose, has_paths;
};

static const struct argp_option options[] = {
	{ "verbose", 'v', NULL, 0, "A line for each graph: CCR, processors, "
	  "the optimum, this schedule, HEFT, one processor, % above the "
	  "optimum", 0 },
	{ 0 },
};

static error_t
parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'v':
		a->is_verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		a->has_paths = true;
		if (!add(&a->all, value, a->is_verbose))
			argp_failure(state, 1, 0, "%s cannot be read", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "[FILE.dag|DIRECTORY]...",
		"Compares schedules with optimal ones, in simulation.\v"
		"Fails if a target is missed. Status 77: no graphs are given, "
		"and there are none beside the source.", NULL, NULL, NULL,
	};
	struct arguments a = { { NULL, 0, 0 }, false, false };
	int i;

	printf("makespan");
	for (i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	printf(": %% above the optimal makespan; yardstick: the better of HEFT "
	       "and one processor, mean\n");
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &a);
	if (!a.has_paths && !add(&a.all, where, a.is_verbose)) {
		fprintf(stderr, "makespan: no graphs in %s: skipped\n", where);
		return SKIPPED;
	}
	i = a.all.n && print_table(&a.all) ? 0 : 1;
	free(a.all.r);
	return i;
}
