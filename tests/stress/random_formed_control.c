/*
 * Calls, branches and loops over operands of any extents; how often a loop may
 * go round follows from one.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/random_bodies.h"
#include "stress/random_formed.h"

enum { DEPTH_MAX = 2, ROUNDS_MAX = 3 };

/* The arg of bodies, which gradients go through again. */
struct formed_block {
	struct random_bodies bodies;
	struct formed_block *next;
	struct formed_walk outer;	/* when the call was made */
	struct formed x;		/* what is handed in */
	int steps;
};

void
formed_blocks_free(struct formed_block **blocks)
{
	struct formed_block *block;

	while ((block = *blocks)) {
		*blocks = block->next;
		free(block);
	}
}

/* Some moves; and a value like x that depends on them. */
static weir_tensor *
walk_body(const struct random_bodies *bodies, weir_scope *s, weir_tensor *x,
	  uint64_t salt)
{
	const struct formed_block *block = (const struct formed_block *)bodies;
	struct formed_walk w = block->outer;
	weir_tensor *term;
	int i;

	w.s = s;
	w.random += salt;
	if (w.n == FORMED_POOL)
		w.n--;
	formed_add(&w, x, block->x.rank, block->x.shape);
	for (i = 0; i < block->steps && !weir_scope_status(s); i++)
		formed_move(&w);
	term = weir_mean(s, formed_pick(&w)->tensor, 0, NULL, false);
	return weir_tanh(s, weir_add(s, x, term));
}

static struct formed_block *
block_new(struct formed_walk *w, const struct formed *x)
{
	struct formed_block *block = malloc(sizeof *block);

	cr_assert(block);
	block->next = *w->blocks;
	*w->blocks = block;
	block->outer = *w;
	block->outer.depth++;
	block->outer.random = (uint64_t)formed_below(&w->random, INT64_MAX);
	block->x = *x;
	block->steps = 1 + (int)formed_below(&w->random, 4);
	block->bodies.walk = walk_body;
	block->bodies.rounds = (int)formed_below(&w->random, ROUNDS_MAX + 1);
	return block;
}

void
formed_control(struct formed_walk *w)
{
	struct formed x = *formed_pick(w);
	struct formed_block *block;
	enum random_bodies_kind kind;
	weir_tensor *y;

	if (w->depth == DEPTH_MAX)
		return;
	block = block_new(w, &x);
	kind = (enum random_bodies_kind)formed_below(&w->random, RANDOM_KINDS);
	y = random_bodies_call(w->s, kind, &block->bodies, x.tensor,
			       formed_below(&w->random, 2)
			       ? weir_tensor_shape(w->in)[0] : ROUNDS_MAX);
	formed_add(w, y, x.rank, x.shape);
}
