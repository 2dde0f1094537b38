/*
 * What it takes to do with less memory: graphs with their gradients, compiled
 * for a share of the bytes that a run's buffers would take, with ops done
 * twice.
 *
 * The plans of a graph are run one after the other, again and again, so that
 * whatever else goes on meets all of them; each is told by its median. What
 * they give must be the same, to the bit.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "figure.h"
#include "graphs.h"

enum { ROUNDS_MAX = 101 };

static const int percents[] = { 100, 75, 60, 50, 0 };

enum { SHARES = sizeof percents / sizeof *percents };

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "recompute: %s\n", weir_error_text()); \
			exit(1); \
		} \
	} while (0)

struct share {
	size_t max_bytes;
	struct bench_call call;
	weir_plan *plan;
	weir_tensor **out;
	double ns[ROUNDS_MAX];
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* -- plans ---------------------------------------------------------------- */

/* A plan for so many bytes; where that is refused, for the least that does. */
static weir_status
compile(const struct bench_graph *what, weir_runtime *runtime,
	struct share *share)
{
	weir_function_options options = { .size = sizeof options,
					  .max_bytes = share->max_bytes,
					  .recompute = true };
	weir_status status = bench_call_create_with(what, runtime, &options,
						    &share->call);

	return status ? status : bench_call_plan(&share->call, &share->plan);
}

static void
make_share(const struct bench_graph *what, weir_runtime *runtime,
	   struct share *share, size_t bytes, int percent)
{
	unsigned long least = 0;
	const char *text;
	weir_status status;

	memset(share, 0, sizeof *share);
	share->max_bytes = percent ? bytes * (size_t)percent / 100 : 1;
	status = compile(what, runtime, share);
	if (status == WEIR_ERANGE) {
		text = strstr(weir_error_text(), "a run takes ");
		if (!text || sscanf(text, "a run takes %lu", &least) != 1)
			exit(1);
		bench_call_free(&share->call);
		share->max_bytes = least;
		status = compile(what, runtime, share);
	}
	MUST(status);
	share->out = calloc(share->call.n_out + 1, sizeof *share->out);
	if (!share->out)
		exit(1);
}

static void
free_share(struct share *share)
{
	weir_plan_release(share->plan);
	bench_call_free(&share->call);
	free(share->out);
}

/* -- runs ----------------------------------------------------------------- */

static void
run(struct share *share, double *ns)
{
	double start = now_ns();

	MUST(weir_plan_run(share->plan, share->call.in, share->call.n_in,
			   share->out, share->call.n_out));
	*ns = now_ns() - start;
}

static void
release_results(struct share *share)
{
	size_t i;

	for (i = 0; i < share->call.n_out; i++)
		weir_tensor_release(share->out[i]);
}

static void
expect_same(const struct share *a, const struct share *b)
{
	size_t i;

	for (i = 0; i < a->call.n_out; i++)
		if (!weir_tensor_equal_bits(a->out[i], b->out[i], NULL)) {
			fprintf(stderr, "recompute: result %zu differs\n", i);
			exit(1);
		}
}

/* The variables of each are its own, and go the same way. */
static void
run_all(struct share *shares, size_t rounds)
{
	size_t i, k;
	double ns;

	for (k = 0; k <= rounds; k++) {
		for (i = 0; i < SHARES; i++)
			run(&shares[i], k ? &shares[i].ns[k - 1] : &ns);
		for (i = 1; i < SHARES; i++)
			expect_same(&shares[0], &shares[i]);
		for (i = 0; i < SHARES; i++)
			release_results(&shares[i]);
	}
}

/* -- a graph -------------------------------------------------------------- */

static void
print(const struct share *share, double ns, double of, size_t bytes,
      int percent)
{
	weir_plan_info info = weir_plan_get_info(share->plan);
	const struct bench_graph *what = share->call.graph;
	char asked[8] = "least";

	if (percent)
		snprintf(asked, sizeof asked, "%d", percent);
	printf("%-10s %-21s %u %6s %12.1f %6.1f %6zu %6zu %8.2f %8.2f %10.1f\n",
	       what->name, what->size_text, info.workers, asked,
	       (double)info.buffer_bytes / 1024,
	       100 * (double)info.buffer_bytes / (double)bytes, info.nodes,
	       info.recomputed,
	       info.estimate_ns / (info.estimate_ns - info.recompute_ns),
	       ns / of, info.compile_ns / 1e6);
}

static void
measure(const struct bench_graph *what, unsigned workers, size_t rounds)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = workers };
	static struct share shares[SHARES];
	weir_runtime *runtime;
	double ns, first = 0;
	size_t bytes = 0, i;

	MUST(weir_runtime_create(&options, &runtime));
	make_share(what, runtime, &shares[0], 0, 100);
	bytes = weir_plan_get_info(shares[0].plan).buffer_bytes;
	for (i = 1; i < SHARES; i++)
		make_share(what, runtime, &shares[i], bytes, percents[i]);
	run_all(shares, rounds);
	for (i = 0; i < SHARES; i++) {
		ns = figure_of(shares[i].ns, rounds).median;
		if (!i)
			first = ns;
		print(&shares[i], ns, first, bytes, percents[i]);
		fflush(stdout);
	}
	for (i = 0; i < SHARES; i++)
		free_share(&shares[i]);
	weir_runtime_release(runtime);
}

/* -- the command line ----------------------------------------------------- */

struct arguments {
	const char *only;
	size_t rounds;
};

static const struct argp_option options[] = {
	{ "graph", 'g', "NAME", 0, "Graphs of this name only", 0 },
	{ "rounds", 'r', "N", 0, "Runs of each plan, 1 to 101; 9 unless given",
	  0 },
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
	case 'r':
		a->rounds = strtoul(value, NULL, 10);
		if (!a->rounds || a->rounds > ROUNDS_MAX)
			argp_usage(state);
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What has a forward and a backward pass. */
static bool
is_wanted(const struct arguments *a, const struct bench_graph *what)
{
	if (a->only)
		return !strcmp(a->only, what->name);
	return !strcmp(what->name, "mlp") || !strcmp(what->name, "attention");
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL,
		"Runs graphs whose buffers have less memory than they would "
		"take, and tells what that takes.",
		NULL, NULL, NULL,
	};
	struct arguments a = { .rounds = 9 };
	unsigned workers;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	printf("recompute%s%s --rounds %zu: f32; w: workers that the plan is "
	       "for; %% of the plan for any number of bytes; peak in KiB\n",
	       a.only ? " --graph " : "", a.only ? a.only : "", a.rounds);
	printf("%-10s %-21s %s %6s %12s %6s %6s %6s %8s %8s %10s\n", "graph",
	       "size", "w", "asked%", "peak", "peak%", "nodes", "twice",
	       "expected", "time", "compile ms");
	for (i = 0; i < n_bench_graphs; i++)
		for (workers = 1; workers <= 2; workers++)
			if (is_wanted(&a, &bench_graphs[i]))
				measure(&bench_graphs[i], workers, a.rounds);
	return 0;
}
