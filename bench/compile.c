/*
 * What the graph compiler makes of a set of functions, and what that is worth:
 * calls before and after each pass, bytes moved, memory, time to compile; and
 * runs side by side: eager, the plan with nothing left out or fused (*plain*),
 * the plan, and the plan for two threads.
 *
 * All four are run in each round, one after the other; of their ratios the
 * median of the rounds is told, and where half of the rounds are. Graphs that
 * need move no more than a copy of their input does are held against that, too.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "figure.h"
#include "graphs.h"

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "compile: %s\n", weir_error_text()); \
			exit(1); \
		} \
	} while (0)

enum { ROUNDS = 21 };

enum way { EAGER, PLAIN, PLAN, TWO, WAYS };

struct contender {
	weir_runtime *runtime;
	struct bench_call call;
	weir_run_options how;
	size_t times;			/* a round */
	double ns[ROUNDS];		/* of one call */
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* -- contenders -------------------------------------------------------------------- */

static void
enter(struct contender *c, const struct bench_graph *graph, enum way way)
{
	weir_runtime_options options = {
		.size = sizeof options, .threads = way == TWO ? 2 : 1,
		.skip_passes = way == PLAIN ? "algebra,cse,fold,dce,fuse"
					    : NULL,
	};

	MUST(weir_runtime_create(&options, &c->runtime));
	MUST(bench_call_create(graph, c->runtime, &c->call));
	c->how = (weir_run_options){
		.size = sizeof c->how,
		.mode = way == EAGER ? WEIR_MODE_EAGER : WEIR_MODE_GRAPH,
	};
}

static void
leave(struct contender *c)
{
	bench_call_free(&c->call);
	weir_runtime_release(c->runtime);
}

/* Nanoseconds of one call, of so many. */
static double
time_calls(struct contender *c, size_t times)
{
	struct bench_call *call = &c->call;
	double start = now_ns();
	size_t i, j;

	for (i = 0; i < times; i++) {
		MUST(weir_function_call(call->function, &c->how, call->in,
					call->n_in, call->out, call->n_out));
		for (j = 0; j < call->n_out; j++)
			weir_tensor_release(call->out[j]);
	}
	return (now_ns() - start) / (double)times;
}

/* What memcpy() takes for as much as the graph reads and writes. */
struct copy {
	char *from, *to;		/* NULL: the graph is not like that */
	size_t bytes, times;
	double ns[ROUNDS];
};

static double
time_copies(const struct copy *copy, size_t times)
{
	double start = now_ns();
	size_t i;

	for (i = 0; i < times; i++) {
		memcpy(copy->to, copy->from, copy->bytes);
		/* It may not be left out. */
		__asm__ volatile ("" : : "r" (copy->to) : "memory");
	}
	return (now_ns() - start) / (double)times;
}

static void
enter_copy(struct copy *copy, const struct contender *c, double round_ns)
{
	double ns;

	*copy = (struct copy){ .from = NULL };
	if (!c->call.graph->is_like_copy)
		return;
	copy->bytes = (size_t)weir_tensor_elements(c->call.in[0]) *
		      sizeof(float);
	copy->from = malloc(copy->bytes);
	copy->to = malloc(copy->bytes);
	if (!copy->from || !copy->to) {
		fprintf(stderr, "compile: no memory\n");
		exit(1);
	}
	memset(copy->from, 1, copy->bytes);
	time_copies(copy, 1);
	ns = time_copies(copy, 1);
	copy->times = ns < round_ns ? (size_t)(round_ns / ns) : 1;
}

static void
race(struct contender *all, struct copy *copy, double round_ns)
{
	size_t i, round;

	for (i = 0; i < WAYS; i++) {
		double ns;

		time_calls(&all[i], 1);		/* records, compiles */
		ns = time_calls(&all[i], 1);
		all[i].times = ns < round_ns ? (size_t)(round_ns / ns) : 1;
	}
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < WAYS; i++)
			all[i].ns[round] = time_calls(&all[i], all[i].times);
		if (copy->from)
			copy->ns[round] = time_copies(copy, copy->times);
	}
}

/* How many times as fast as what takes these times. */
static void
print_ratio(const struct contender *c, const double *other)
{
	double ratios[ROUNDS];
	struct figure figure;
	size_t i;

	for (i = 0; i < ROUNDS; i++)
		ratios[i] = other[i] / c->ns[i];
	figure = figure_of(ratios, ROUNDS);
	printf(" %6.2f (%.2f-%.2f)", figure.median, figure.low, figure.high);
}

/* -- tables -------------------------------------------------------------------------- */

static weir_plan_info
info_of(struct contender *c)
{
	weir_plan_info info;
	weir_plan *plan;

	MUST(bench_call_plan(&c->call, &plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	return info;
}

static void
print_compiled(const struct bench_graph *graph, struct contender *all)
{
	weir_plan_info plain = info_of(&all[PLAIN]), plan = info_of(&all[PLAN]);
	weir_plan_info two = info_of(&all[TWO]);

	printf("%-10s %-21s %6zu %5zu %5zu %5zu %5zu %5zu %6zu %6.2f %6.2f "
	       "%6.2f %9.3f %9.3f %5.2f\n", graph->name, graph->size_text,
	       plan.recorded, plan.merged, plan.folded, plan.dropped,
	       plan.views, plan.fused, plan.nodes - plan.fused,
	       plan.record_ns / 1000 / (double)plan.recorded,
	       plan.compile_ns / 1000 / (double)plan.recorded,
	       two.compile_ns / 1000 / (double)two.recorded,
	       (double)plain.moved_bytes / 1e6, (double)plan.moved_bytes / 1e6,
	       (double)plan.eager_bytes /
	       (double)(plan.buffer_bytes + plan.result_bytes));
	fflush(stdout);
}

static void
print_raced(const struct bench_graph *graph, struct contender *all,
	    double round_ns)
{
	struct copy copy;

	enter_copy(&copy, &all[PLAN], round_ns);
	race(all, &copy, round_ns);
	printf("%-10s %-21s %10.0f", graph->name, graph->size_text,
	       1e9 / figure_of(all[PLAN].ns, ROUNDS).median);
	print_ratio(&all[PLAN], all[EAGER].ns);
	print_ratio(&all[PLAN], all[PLAIN].ns);
	print_ratio(&all[TWO], all[PLAN].ns);
	printf("  %u", info_of(&all[TWO]).workers);
	if (copy.from)
		print_ratio(&all[PLAN], copy.ns);
	printf("\n");
	fflush(stdout);
	free(copy.from);
	free(copy.to);
}

/* -- the command line ----------------------------------------------------------------- */

struct arguments {
	const char *only;
	double ms;
};

static const struct argp_option options[] = {
	{ "graph", 'g', "NAME", 0, "Graphs of this name only", 0 },
	{ "time", 't', "MS", 0, "How long each way runs a graph in a round, "
				"at least; default 10", 0 },
	{ 0 },
};

static error_t
parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case 'g':
		a->only = value;
		return 0;
	case 't':
		a->ms = strtod(value, &end);
		if (end == value || *end || !(a->ms > 0) || a->ms > 1e6)
			argp_error(state, "--time wants milliseconds");
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
for_each(const struct arguments *a, bool races)
{
	struct contender all[WAYS];
	size_t i, way;

	for (i = 0; i < n_bench_graphs; i++) {
		if (a->only && strcmp(a->only, bench_graphs[i].name))
			continue;
		for (way = 0; way < WAYS; way++)
			enter(&all[way], &bench_graphs[i], (enum way)way);
		if (races)
			print_raced(&bench_graphs[i], all, 1e6 * a->ms);
		else
			print_compiled(&bench_graphs[i], all);
		for (way = 0; way < WAYS; way++)
			leave(&all[way]);
	}
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL,
		"Tells what compiling makes of each graph of a set, and how "
		"fast the plan is beside others.",
		NULL, NULL, NULL,
	};
	struct arguments a = { .ms = 10 };

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	printf("compile%s%s --time %g: f32; us: microseconds a call, by one "
	       "worker and two; MB: moved, plain and in the plan; memory: "
	       "eager's peak by the plan's\n", a.only ? " --graph " : "",
	       a.only ? a.only : "", a.ms);
	printf("%-10s %-21s %6s %5s %5s %5s %5s %5s %6s %6s %6s %6s %9s %9s "
	       "%5s\n", "graph", "size", "calls", "merge", "fold", "drop",
	       "views", "fused", "run", "record", "us 1", "us 2", "MB plain",
	       "MB", "mem");
	for_each(&a, false);
	printf("\nmedians of %d rounds, half of the rounds in brackets; w: "
	       "workers of the plan for two threads; of memcpy: the plan's speed "
	       "by that of a copy of its input\n", ROUNDS);
	printf("%-10s %-21s %10s %20s %20s %20s  %s %20s\n", "graph", "size",
	       "runs/s", "plan/eager", "plan/plain", "two/one", "w",
	       "of memcpy");
	for_each(&a, true);
	return 0;
}
