/*
 * Calls, branches and loops of random programs, whose bodies are random
 * programs, too, over what is around them. Which branch is taken and how often
 * a loop goes round follows from values.
 */
#include "stress/random_control.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { DEPTH_MAX = 2, ROUNDS_MAX = 4 };

/* The arg of bodies: alive until the instance is freed, for gradients go
 * through them again. */
struct block {
	struct block *next;
	struct walk outer;	/* when the call was made */
	int steps, rounds;
};

static struct block *
block_new(struct walk *w)
{
	struct block *block = malloc(sizeof *block);

	cr_assert(block);
	block->next = w->instance->blocks;
	w->instance->blocks = block;
	block->outer = *w;
	block->outer.depth++;
	block->outer.random.state = random_bits(&w->random);
	block->steps = 1 + (int)random_below(&w->random, 3);
	block->rounds = (int)random_below(&w->random, ROUNDS_MAX + 1);
	return block;
}

void
random_control_free(struct instance *instance)
{
	struct block *block;

	while ((block = instance->blocks)) {
		instance->blocks = block->next;
		free(block);
	}
}

/* Some moves; and of what was handed in a value like it that depends on
 * them. */
static weir_tensor *
walk_body(const struct block *block, weir_scope *s, weir_tensor *x,
	  uint64_t salt)
{
	struct walk w = block->outer;
	const struct pool_value *value;
	weir_dtype dtype = weir_tensor_dtype(x);
	weir_tensor *term;
	int i;

	w.scope = s;
	w.random.state += salt;
	if (w.n == PROGRAM_POOL)
		w.n--;
	walk_add(&w, x, 1.5, true);
	for (i = 0; i < block->steps && !weir_scope_status(s); i++)
		random_move(&w);
	w.limit = w.n;
	value = walk_pick_float(&w, dtype);
	term = value ? weir_mean(s, value->tensor, 0, NULL, false)
		     : walk_number(&w, dtype, 0.25);
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
	const struct block *block = arg;

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
branch(struct walk *w, struct block *block, weir_tensor *x)
{
	weir_tensor *mean = weir_mean(w->scope, x, 0, NULL, false), *is_more;
	weir_tensor *y = NULL;

	is_more = weir_greater(w->scope, mean,
			       walk_number(w, weir_tensor_dtype(x), 0));
	weir_cond(w->scope, is_more, body, other_body, block, &x, 1, &y, 1);
	return y;
}

static weir_tensor *
loop(struct walk *w, struct block *block, weir_tensor *x)
{
	weir_tensor *states[2] = { x, walk_number(w, WEIR_I64, 0) };
	weir_tensor *y[2] = { NULL };

	weir_while(w->scope, goes_round, round_body, block, ROUNDS_MAX,
		   states, y, 2);
	return y[0];
}

void
random_control(struct walk *w)
{
	weir_dtype dtype = random_chance(&w->random, 50) ? WEIR_F32 : WEIR_F64;
	const struct pool_value *x = walk_pick_float(w, dtype);
	struct block *block;
	weir_tensor *y = NULL;

	if (!x || w->depth == DEPTH_MAX)
		return;
	block = block_new(w);
	switch (random_below(&w->random, 3)) {
	case 0:
		weir_call(w->scope, "body", body, block, &x->tensor, 1, &y,
			  1);
		break;
	case 1:
		y = branch(w, block, x->tensor);
		break;
	default:
		y = loop(w, block, x->tensor);
		break;
	}
	walk_add(w, y, 1, x->is_rich);
}
