/* Graphs whose memory is worth a look: models with their gradients, solvers,
 * and random ones. */
#ifndef BENCH_MEMORY_GRAPHS_H
#define BENCH_MEMORY_GRAPHS_H

#include <weir.h>

struct memory_graph {
	const char *name, *size_text;
	weir_status (*record)(weir_graph *graph, const int64_t *size);
	int64_t size[3];
	bool is_small;		/* recorded and compiled in no time */
};

extern const struct memory_graph memory_graphs[];
extern const size_t n_memory_graphs;

/* The training of a network of so many narrow layers, beyond the list: about
 * 14 nodes a layer. */
extern const struct memory_graph memory_deep_graph;

/* A graph that is ready to be compiled: weir_graph_release() it. */
weir_status
memory_graph_record(const struct memory_graph *what, weir_runtime *runtime,
		    weir_graph **graph);

#endif
