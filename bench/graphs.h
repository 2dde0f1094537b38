/*
 * Functions whose graphs are worth a look: models with their gradients,
 * solvers, and random ones. All inputs are f32 matrices.
 */
#ifndef BENCH_GRAPHS_H
#define BENCH_GRAPHS_H

#include <weir.h>

enum { BENCH_VARIABLES = 4 };

struct bench_graph {
	const char *name, *size_text;
	/* The shape of the i-th input, or variable; false: there is none.
	 * variable may be NULL. */
	bool (*input)(const int64_t *size, size_t i, int64_t shape[2]);
	bool (*variable)(const int64_t *size, size_t i, int64_t shape[2]);
	weir_function_fn fn;	/* its arg: the struct bench_call */
	bool is_like_copy;	/* reads one input, writes one result as long,
				   and need move nothing else */
	size_t n_out;
	int64_t size[3];
	bool is_small;		/* recorded and compiled in no time */
};

extern const struct bench_graph bench_graphs[];
extern const size_t n_bench_graphs;

/* The training of a network of so many narrow layers, beyond the list: about
 * 9 nodes a layer. */
extern const struct bench_graph bench_deep_graph;

/* One of them in a runtime, and what it is called with. */
struct bench_call {
	const struct bench_graph *graph;
	weir_function *function;
	weir_tensor **in, **out;	/* out: room */
	size_t n_in, n_out;
	weir_tensor *variables[BENCH_VARIABLES];
	weir_sgd *sgd;			/* of these */
};

/* bench_call_free() it, also if this fails. The graph, and the call itself,
 * must stay where they are. */
weir_status
bench_call_create(const struct bench_graph *graph, weir_runtime *runtime,
		  struct bench_call *call);

/* options: of the function, or NULL. */
weir_status
bench_call_create_with(const struct bench_graph *graph, weir_runtime *runtime,
		       const weir_function_options *options,
		       struct bench_call *call);

void
bench_call_free(struct bench_call *call);

/* The plan that it runs: a reference. */
weir_status
bench_call_plan(struct bench_call *call, weir_plan **plan);

#endif
