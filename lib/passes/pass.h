/*
 * Passes: what may be left out of a run without changing a bit.
 *
 * In: a closed graph, which stays as it is. Out: a rewrite, which says for
 * each value which other stands for it and for each node what became of it.
 * Always: a node is dropped only if eager would not have failed in it.
 */
#ifndef WEIR_PASSES_PASS_H
#define WEIR_PASSES_PASS_H

#include "graph/graph.h"
#include "trace/event.h"

enum { WEIR__LIVE = 0 };	/* else enum weir__trace_fate */

struct weir__rewrite {
	const weir_graph *graph;
	struct weir__heap *heap;
	uint32_t *same_as;	/* per value: the one that stands for it */
	weir_tensor **folded;	/* per value: its elements, or NULL */
	unsigned char *fate;	/* per node */
	uint32_t *into;		/* per node: the one that stands for it */
	/* WEIR__BODIES_MAX per node: its bodies, on which the same passes have
	 * been run for who prints them; NULL: nobody does. What a plan is made
	 * of has rewrites of its own. */
	struct weir__rewrite **bodies;
};

/* Nothing rewritten yet; views are marked. */
weir_status
weir__rewrite_create(const weir_graph *graph, struct weir__rewrite **rewrite);

void
weir__rewrite_free(struct weir__rewrite *rewrite);

/* The value whose storage holds a value's elements, by what stands for which. */
static inline uint32_t
weir__rewrite_base(const struct weir__rewrite *rewrite, uint32_t value)
{
	value = rewrite->same_as[value];
	if (rewrite->folded[value])
		return value;
	return rewrite->same_as[rewrite->graph->values[value]->base];
}

/* Passes by name, for those that are to be left out. */
enum weir__pass {
	WEIR__PASS_ALGEBRA = 1 << 0,
	WEIR__PASS_CSE = 1 << 1,
	WEIR__PASS_FOLD = 1 << 2,
	WEIR__PASS_DCE = 1 << 3,
	WEIR__PASS_FUSE = 1 << 4,	/* of steps: see plan/fuse.h */
	WEIR__PASS_RECOMPUTE = 1 << 5,	/* likewise: see plan/recompute.h */
	WEIR__PASS_HOIST = 1 << 6	/* likewise: see plan/hoist.c */
};

/* "cse,fuse" as bits; "" and NULL: none. WEIR_EINVAL and a sentence about the
 * name that is none. */
weir_status
weir__passes_named(const char *names, unsigned *passes);

/* How many there are. */
unsigned
weir__passes_number(void);

/* Told of what a pass has made; `place`: its in the order of all, from 1. */
typedef weir_status (*weir__passed_fn)(void *arg, const char *pass,
				       unsigned place,
				       const struct weir__rewrite *rewrite);

/* All passes but those in their order, checked after each in debug builds;
 * then passed(), if it is not NULL: of bodies, too, for it to print. */
weir_status
weir__passes_run(struct weir__rewrite *rewrite, unsigned skipped,
		 weir__passed_fn passed, void *arg);

/* As it is now: text, a line a call, or DOT. */
weir_status
weir__rewrite_print(const struct weir__rewrite *rewrite, bool as_dot,
		    char **text);

weir_status
weir__rewrite_check(const struct weir__rewrite *rewrite);

/* -- the passes, a file each ------------------------------------------------- */

weir_status weir__pass_algebra(struct weir__rewrite *rewrite);
weir_status weir__pass_cse(struct weir__rewrite *rewrite);
weir_status weir__pass_fold(struct weir__rewrite *rewrite);
weir_status weir__pass_dce(struct weir__rewrite *rewrite);

#endif
