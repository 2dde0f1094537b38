/*
 * Calls, branches and loops of random programs, whose bodies are random
 * programs, too, over what is around them.
 */
#include "stress/random_control.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/random_bodies.h"

enum { DEPTH_MAX = 2, ROUNDS_MAX = 4 };

/* The arg of bodies: alive until the instance is freed, for gradients go
 * through them again. */
struct block {
	struct random_bodies bodies;
	struct block *next;
	struct walk outer;	/* when the call was made */
	int steps;
};

/* Some moves; and of what was handed in a value like it that depends on
 * them. */
static weir_tensor *
walk_body(const struct random_bodies *bodies, weir_scope *s, weir_tensor *x,
	  uint64_t salt)
{
	const struct block *block = (const struct block *)bodies;
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
	block->bodies.walk = walk_body;
	block->bodies.rounds = (int)random_below(&w->random, ROUNDS_MAX + 1);
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

void
random_control(struct walk *w)
{
	weir_dtype dtype = random_chance(&w->random, 50) ? WEIR_F32 : WEIR_F64;
	const struct pool_value *x = walk_pick_float(w, dtype);
	struct block *block;
	weir_tensor *y;

	if (!x || w->depth == DEPTH_MAX)
		return;
	block = block_new(w);
	y = random_bodies_call(w->scope, (enum random_bodies_kind)
			       random_below(&w->random, RANDOM_KINDS),
			       &block->bodies, x->tensor, ROUNDS_MAX);
	walk_add(w, y, 1, x->is_rich);
}
