/*
 * Calls, branches and loops over operands of any extents. Which branch is
 * taken and how often a loop goes round follows from values; how often it may,
 * from an extent.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <weir/control.h>

#include "stress/random_formed.h"

enum { DEPTH_MAX = 2, ROUNDS_MAX = 3 };

/* The arg of bodies, which gradients go through again. */
struct formed_block {
	struct formed_block *next;
	struct formed_walk outer;	/* when the call was made */
	struct formed x;		/* what is handed in */
	int steps, rounds;
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
	block->rounds = (int)formed_below(&w->random, ROUNDS_MAX + 1);
	return block;
}

/* Some moves; and a value like x that depends on them. */
static weir_tensor *
walk_body(const struct formed_block *block, weir_scope *s, weir_tensor *x,
	  uint64_t salt)
{
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

static weir_status
body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = walk_body(arg, s, in[0], 0);
	return weir_scope_status(s);
}

static weir_status
other_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = walk_body(arg, s, in[0], 77);
	return weir_scope_status(s);
}

static weir_status
goes_round(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct formed_block *block = arg;

	out[0] = weir_greater(s, weir_constant(s, WEIR_I64, 0, NULL,
					       block->rounds), in[1]);
	return weir_scope_status(s);
}

static weir_status
round_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = walk_body(arg, s, in[0], 0);
	out[1] = weir_add(s, in[1], weir_constant(s, WEIR_I64, 0, NULL, 1));
	return weir_scope_status(s);
}

static weir_tensor *
branch(struct formed_walk *w, struct formed_block *block, weir_tensor *x)
{
	weir_tensor *mean = weir_mean(w->s, x, 0, NULL, false), *is_more;
	weir_tensor *y = NULL;

	is_more = weir_greater(w->s, mean,
			       weir_constant(w->s, w->dtype, 0, NULL, 0));
	weir_cond(w->s, is_more, body, other_body, block, &x, 1, &y, 1);
	return y;
}

static weir_tensor *
loop(struct formed_walk *w, struct formed_block *block, weir_tensor *x)
{
	int64_t most = formed_below(&w->random, 2)
		? weir_tensor_shape(w->in)[0] : ROUNDS_MAX;
	weir_tensor *states[2] = {
		x, weir_constant(w->s, WEIR_I64, 0, NULL, 0)
	};
	weir_tensor *y[2] = { NULL };

	weir_while(w->s, goes_round, round_body, block, most, states, y, 2);
	return y[0];
}

void
formed_control(struct formed_walk *w)
{
	struct formed x = *formed_pick(w);
	struct formed_block *block;
	weir_tensor *y = NULL;

	if (w->depth == DEPTH_MAX)
		return;
	block = block_new(w, &x);
	switch (formed_below(&w->random, 3)) {
	case 0:
		weir_call(w->s, "part", body, block, &x.tensor, 1, &y, 1);
		break;
	case 1: y = branch(w, block, x.tensor); break;
	default: y = loop(w, block, x.tensor); break;
	}
	formed_add(w, y, x.rank, x.shape);
}
