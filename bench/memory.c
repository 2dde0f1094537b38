/*
 * How much memory plans need: the arena of one run (peak), the least that any
 * placement could do with in the order of one worker (bound), and what eager
 * would hold for the same calls with step-scoped temporaries.
 *
 * Eager's figure has the results of the graph in it, which a plan allocates
 * apart: they are told beside it.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graphs.h"

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "memory: %s\n", weir_error_text()); \
			exit(1); \
		} \
	} while (0)

static weir_plan_info
compile(const struct bench_graph *what, unsigned workers)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = workers };
	weir_runtime *runtime;
	struct bench_call call;
	weir_plan_info info;
	weir_plan *plan;

	MUST(weir_runtime_create(&options, &runtime));
	MUST(bench_call_create(what, runtime, &call));
	MUST(bench_call_plan(&call, &plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	bench_call_free(&call);
	weir_runtime_release(runtime);
	return info;
}

static void
measure(const struct bench_graph *what, unsigned workers)
{
	weir_plan_info info = compile(what, workers);

	printf("%-10s %-21s %u %7zu %7zu %12.1f %12.1f %6.3f %12.1f %10.1f "
	       "%7.2f\n", what->name, what->size_text, info.workers,
	       info.nodes, info.buffers, (double)info.buffer_bytes / 1024,
	       (double)info.live_bytes / 1024, info.live_bytes
	       ? (double)info.buffer_bytes / (double)info.live_bytes : 1.0,
	       (double)info.eager_bytes / 1024,
	       (double)info.result_bytes / 1024,
	       info.compile_ns / 1000 / (double)info.nodes);
	fflush(stdout);
}

/* -- the command line ----------------------------------------------------- */

struct arguments {
	const char *only;
	bool is_deep;
};

static const struct argp_option options[] = {
	{ "graph", 'g', "NAME", 0, "Graphs of this name only", 0 },
	{ "deep", 'd', NULL, 0, "And a network of 70,000 layers", 0 },
	{ 0 },
};

static error_t
parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'g':
		a->only = value;
		return 0;
	case 'd':
		a->is_deep = true;
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
		"Tells of each graph of a set, compiled for one worker and "
		"for two, what memory a run of its plan takes.",
		NULL, NULL, NULL,
	};
	struct arguments a = { .only = NULL };
	unsigned workers;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	printf("memory%s%s%s: KiB; f32; w: workers that the plan is for\n",
	       a.only ? " --graph " : "", a.only ? a.only : "",
	       a.is_deep ? " --deep" : "");
	printf("%-10s %-21s %s %7s %7s %12s %12s %6s %12s %10s %7s\n", "graph",
	       "size", "w", "nodes", "buffers", "peak", "bound", "ratio",
	       "eager", "of it out", "us/node");
	for (i = 0; i < n_bench_graphs; i++)
		for (workers = 1; workers <= 2; workers++)
			if (!a.only || !strcmp(a.only, bench_graphs[i].name))
				measure(&bench_graphs[i], workers);
	for (workers = 1; workers <= 2 && a.is_deep; workers++)
		measure(&bench_deep_graph, workers);
	return 0;
}
