/*
 * Steps of random programs over operands with extents n and m, which decide by
 * the forms of lengths (3 n + 1, n m) and never by the lengths themselves: so
 * they are the same at all extents.
 */
#ifndef STRESS_RANDOM_FORMED_H
#define STRESS_RANDOM_FORMED_H

#include <weir.h>

enum { FORMED_POOL = 64, FORMED_RANK = 3 };

/* A length: the sum of these times 1, n, m, n n, n m, m m. */
struct form {
	int64_t times[6];
};

struct formed {
	weir_tensor *tensor;
	int rank;
	struct form shape[FORMED_RANK];
};

struct formed_block;

/* A program on its way. */
struct formed_walk {
	weir_scope *s;
	uint64_t random;
	weir_dtype dtype;
	weir_tensor *generator;
	const weir_tensor *in;		/* which has n rows */
	struct formed pool[FORMED_POOL];
	int n;
	/* Whose bodies it has had: see random_formed_control.c. NULL: none. */
	struct formed_block **blocks;
	int depth;
};

int64_t formed_below(uint64_t *state, int64_t n);

/* Add a value to the pool, if it is one and there is room. */
void formed_add(struct formed_walk *walk, weir_tensor *tensor, int rank,
		const struct form *shape);

/* A value of the pool. */
const struct formed *formed_pick(struct formed_walk *walk);

/* One step: call some ops on values of the pool and add a result to it. */
void formed_move(struct formed_walk *walk);

/* -- random_formed_control.c ---------------------------------------------- */

/* A call, branch or loop, whose bodies are such steps, too. */
void formed_control(struct formed_walk *walk);

/* What it has left there; functions may call it until then. */
void formed_blocks_free(struct formed_block **blocks);

#endif
