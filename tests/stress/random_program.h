/*
 * Random programs over the built-in ops. All of a program follows from its
 * seed: what it is called with, which ops it calls on which tensors, and what
 * it gives back. It decides by dtypes and shapes alone, never by values, so it
 * is one and the same function run eagerly and recorded.
 *
 * Magnitudes stay within range by construction: what may grow is normalised.
 */
#ifndef STRESS_RANDOM_PROGRAM_H
#define STRESS_RANDOM_PROGRAM_H

#include <weir.h>

enum {
	PROGRAM_INPUTS = 4,
	PROGRAM_VARIABLES = 4,
	PROGRAM_CAPTURES = 3,
	PROGRAM_OUTPUTS = 16,
	PROGRAM_POOL = 96
};

enum program_size { PROGRAM_SMALL, PROGRAM_MEDIUM, PROGRAM_LARGE };

struct walk;

struct program {
	uint64_t seed;
	enum program_size size;
	weir_spec in[PROGRAM_INPUTS];
	weir_spec variables[PROGRAM_VARIABLES];
	weir_spec captures[PROGRAM_CAPTURES];
	size_t n_in, n_variables, n_captures, n_out;
	int64_t lengths[3];	/* most axes have one of these */
	int64_t elements_max;
	int steps;		/* moves, of one op or a few each */
	bool has_tape, trains, may_fail;
	/* Gradients of its gradients, too: not by itself. */
	bool has_twice;
	/* A kind of move more, unless it is NULL: see random_control.h. */
	void (*control)(struct walk *walk);
	/* Called on one float value on the way, unless it is NULL. */
	const weir_op *planted;
	bool poisons;		/* see weir_function_options */
	/* Of the bytes that a run's buffers would take, what they may, at the
	 * price of ops done twice; or the least that this does with, if it is
	 * less. 0: all. */
	int percent;
};

/* What a program works on in one runtime. */
struct instance {
	const struct program *program;
	weir_tensor *in[PROGRAM_INPUTS];
	weir_tensor *variables[PROGRAM_VARIABLES];
	weir_tensor *captures[PROGRAM_CAPTURES];
	weir_tensor *generator;
	weir_sgd *sgd;		/* over variables 0 and 1 */
	weir_function *function;
	struct block *blocks;	/* of program->control */
};

void program_init(struct program *program, uint64_t seed);

/* The weir_function_fn of all programs; arg is the instance. */
weir_status program_run(weir_scope *scope, weir_tensor *const *in,
			weir_tensor **out, void *arg);

/* Fails the running test without memory. */
void instance_init(struct instance *instance, const struct program *program,
		   weir_runtime *runtime);
void instance_free(struct instance *instance);

/* -- for random_moves.c ---------------------------------------------------- */

struct random {
	uint64_t state;
};

static inline uint64_t
random_bits(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;	/* splitmix64 */
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 to n - 1. */
static inline int64_t
random_below(struct random *random, int64_t n)
{
	return (int64_t)(random_bits(random) % (uint64_t)n);
}

static inline bool
random_chance(struct random *random, int percent)
{
	return random_below(random, 100) < percent;
}

struct pool_value {
	weir_tensor *tensor;
	double size;		/* about how large its elements are */
	bool is_rich;		/* hardly any zeros or repetitions */
};

/* A program on its way. */
struct walk {
	const struct program *program;
	struct instance *instance;
	struct random random;
	weir_scope *scope;
	struct pool_value pool[PROGRAM_POOL];
	int n;
	int limit;		/* operands are taken from the first so many */
	int depth;		/* of calls around it */
};

/* One step: call some ops on values of the pool and add a result to it. */
void random_move(struct walk *walk);

/* Kinds of steps: views; concat and pad; variables, random numbers, constants;
 * what changes nothing, or nearly. */
void random_move_view(struct walk *walk);
void random_move_join(struct walk *walk);
void random_move_state(struct walk *walk);
void random_move_unchanged(struct walk *walk);

/* A matrix, or what bias, choice and relu make of it; is that rich, too? */
weir_tensor *random_layer(struct walk *walk, weir_tensor *x, bool *is_rich);

void walk_add(struct walk *walk, weir_tensor *tensor, double size,
	      bool is_rich);

/* x over its root mean square; empty ones as they are. */
weir_tensor *walk_normalised(struct walk *walk, weir_tensor *x);

/* A float value of the pool with at least one element, or NULL. */
const struct pool_value *walk_pick_float(struct walk *walk, weir_dtype dtype);

weir_tensor *walk_number(struct walk *walk, weir_dtype dtype, double value);

#endif
