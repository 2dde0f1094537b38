/* Steps of random programs that move elements, and those with a state. */
#include "stress/random_program.h"

#include <string.h>

typedef struct pool_value value;

static const value *
pick(struct walk *w)
{
	return &w->pool[random_below(&w->random, w->limit)];
}

/* -- views ----------------------------------------------------------------- */

static void
transpose(struct walk *w, const value *x)
{
	int64_t perm[WEIR_RANK_MAX], rank, i;

	rank = (int64_t)weir_tensor_rank(x->tensor);
	for (i = 0; i < rank; i++) {		/* Fisher and Yates */
		int64_t j = random_below(&w->random, i + 1);

		perm[i] = perm[j];
		perm[j] = i;
	}
	walk_add(w, weir_transpose(w->scope, x->tensor, (size_t)rank, perm),
		 x->size, x->is_rich);
}

/* Two neighbouring axes joined, or a new one of length 1, or all flat. */
static void
reshape(struct walk *w, const value *x)
{
	const int64_t *shape = weir_tensor_shape(x->tensor);
	size_t rank = weir_tensor_rank(x->tensor), i, n = 0;
	int64_t to[WEIR_RANK_MAX + 1];
	size_t at = rank ? (size_t)random_below(&w->random, (int64_t)rank) : 0;

	switch (random_below(&w->random, 3)) {
	case 0:
		to[n++] = weir_tensor_elements(x->tensor) ? -1 : 0;
		break;
	case 1:
		if (rank >= 5)
			return;
		for (i = 0; i < rank; i++) {
			if (i == at)
				to[n++] = 1;
			to[n++] = shape[i];
		}
		break;
	default:
		if (rank < 2)
			return;
		at %= rank - 1;
		for (i = 0; i < rank; i++) {
			if (i == at + 1)
				to[n - 1] *= shape[i];
			else
				to[n++] = shape[i];
		}
	}
	walk_add(w, weir_reshape(w->scope, x->tensor, n, to), x->size,
		 x->is_rich);
}

static void
slice(struct walk *w, const value *x)
{
	int64_t starts[WEIR_RANK_MAX], stops[WEIR_RANK_MAX],
		steps[WEIR_RANK_MAX];
	const int64_t *shape = weir_tensor_shape(x->tensor);
	size_t rank = weir_tensor_rank(x->tensor), i, n;

	n = rank ? (size_t)random_below(&w->random, (int64_t)rank + 1) : 0;
	for (i = 0; i < n; i++) {
		starts[i] = random_below(&w->random, shape[i] / 2 + 1);
		stops[i] = shape[i] - random_below(&w->random,
						   (shape[i] - starts[i]) / 2 +
						   1);
		steps[i] = 1 + random_below(&w->random, 3);
	}
	walk_add(w, weir_slice(w->scope, x->tensor, n, starts, stops, steps),
		 x->size, x->is_rich);
}

static void
expand(struct walk *w, const value *x)
{
	const int64_t *shape = weir_tensor_shape(x->tensor);
	size_t rank = weir_tensor_rank(x->tensor), i;
	int64_t to[WEIR_RANK_MAX], n = 3;

	if (rank >= 4)
		return;
	to[0] = 3;
	for (i = 0; i < rank; i++) {
		to[i + 1] = shape[i] == 1 ? w->program->lengths[0] : shape[i];
		n *= to[i + 1];
	}
	if (n <= w->program->elements_max)
		walk_add(w, weir_expand(w->scope, x->tensor, rank + 1, to),
			 x->size, false);
}

void
random_move_view(struct walk *w)
{
	const value *x = pick(w);

	switch (random_below(&w->random, 7)) {
	case 0: case 1:
		transpose(w, x);
		return;
	case 2: case 3:
		reshape(w, x);
		return;
	case 4: case 5:
		slice(w, x);
		return;
	default:
		expand(w, x);
	}
}

/* -- concat, pad ----------------------------------------------------------- */

/* x beside a transformed self, so that the elements stay distinct. */
static void
concat(struct walk *w, const value *x)
{
	size_t rank = weir_tensor_rank(x->tensor);
	weir_scope *s = w->scope;
	weir_tensor *parts[3];
	bool is_number = weir_tensor_dtype(x->tensor) != WEIR_BOOL;

	if (!rank || 3 * weir_tensor_elements(x->tensor) >
		     w->program->elements_max)
		return;
	parts[0] = x->tensor;
	parts[1] = is_number ? weir_neg(s, x->tensor) : x->tensor;
	parts[2] = is_number ? weir_add(s, x->tensor, x->tensor) : x->tensor;
	walk_add(w, weir_concat(s, parts, 2 + (size_t)random_below(&w->random,
								   2),
				random_below(&w->random, (int64_t)rank)),
		 2 * x->size, x->is_rich);
}

static void
pad(struct walk *w, const value *x)
{
	int64_t before[WEIR_RANK_MAX], after[WEIR_RANK_MAX],
		between[WEIR_RANK_MAX];
	size_t rank = weir_tensor_rank(x->tensor), i;

	if (3 * weir_tensor_elements(x->tensor) > w->program->elements_max ||
	    rank > 3)
		return;
	for (i = 0; i < rank; i++) {
		before[i] = random_below(&w->random, 3);
		after[i] = random_below(&w->random, 2);
		between[i] = random_below(&w->random, 2) * (i == 0);
	}
	walk_add(w, weir_pad(w->scope, x->tensor, rank, before, after,
			     between), x->size, false);
}

/* A part of y as large as it was before `around` more entries of each axis. */
static weir_tensor *
part_of(struct walk *w, weir_tensor *y, int64_t around)
{
	int64_t starts[WEIR_RANK_MAX], stops[WEIR_RANK_MAX];
	size_t rank = weir_tensor_rank(y), i;

	for (i = 0; i < rank; i++) {
		starts[i] = random_below(&w->random, around + 1);
		stops[i] = weir_tensor_shape(y)[i] - around + starts[i];
	}
	return weir_slice(w->scope, y, rank, starts, stops, NULL);
}

/* Sums of neighbours: of all elements with zeros around them, or of those that
 * have some. */
static void
neighbours(struct walk *w, const value *x)
{
	static const int64_t ones[WEIR_RANK_MAX] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	size_t rank = weir_tensor_rank(x->tensor), i;
	weir_scope *s = w->scope;
	weir_tensor *y = x->tensor, *sum;
	int64_t around = 1 + random_below(&w->random, 2);

	if (!rank || rank > 3 || weir_tensor_dtype(y) == WEIR_BOOL ||
	    2 * weir_tensor_elements(y) > w->program->elements_max)
		return;
	for (i = 0; i < rank; i++)
		if (weir_tensor_shape(y)[i] <= around)
			return;
	if (random_chance(&w->random, 40))
		y = weir_neg(s, y);
	if (random_chance(&w->random, 60)) {
		y = weir_pad(s, y, rank, ones, ones, NULL);
		around = 2;
	}
	sum = weir_add(s, part_of(w, y, around), part_of(w, y, around));
	if (random_chance(&w->random, 50))
		sum = weir_add(s, sum, part_of(w, y, around));
	walk_add(w, sum, 3 * x->size, x->is_rich && around != 2);
}

void
random_move_join(struct walk *w)
{
	const value *x = pick(w);
	int64_t which = random_below(&w->random, 100);

	if (which < 45)
		concat(w, x);
	else if (which < 70)
		pad(w, x);
	else
		neighbours(w, x);
}

/* -- variables, random numbers, constants ---------------------------------- */

/* A little is added to a variable that depends on a value of the program. */
static void
assign(struct walk *w, weir_tensor *variable)
{
	weir_dtype dtype = weir_tensor_dtype(variable);
	weir_scope *s = w->scope;
	const value *x;
	weir_tensor *step;
	int i;

	for (i = 0; i < 8; i++) {		/* as it is, where it fits */
		x = pick(w);
		if (weir_tensor_dtype(x->tensor) == dtype &&
		    weir_tensor_rank(x->tensor) ==
			    weir_tensor_rank(variable) &&
		    x->is_rich && x->size <= 4 &&
		    !memcmp(weir_tensor_shape(x->tensor),
			    weir_tensor_shape(variable),
			    weir_tensor_rank(variable) * sizeof(int64_t))) {
			weir_assign(s, variable, x->tensor);
			return;
		}
	}
	x = dtype == WEIR_I64 ? NULL : walk_pick_float(w, dtype);
	step = x ? weir_tanh(s, weir_mean(s, x->tensor, 0, NULL, false))
		 : walk_number(w, dtype, 7);
	walk_add(w, weir_assign(s, variable, weir_add(s, variable, step)), 2.5,
		 dtype != WEIR_I64);
}

void
random_move_state(struct walk *w)
{
	const struct program *p = w->program;
	weir_tensor *variable = w->instance->variables[
		random_below(&w->random, (int64_t)p->n_variables)];
	weir_dtype dtype = p->variables[0].dtype;
	int64_t shape[2] = { p->lengths[0], p->lengths[1] };
	bool is_integer = weir_tensor_dtype(variable) == WEIR_I64;

	switch (random_below(&w->random, 6)) {
	case 0: case 1:
		walk_add(w, weir_read(w->scope, variable), 2.5, !is_integer);
		return;
	case 2: case 3:
		assign(w, variable);
		return;
	case 4:
		walk_add(w, weir_uniform(w->scope, w->instance->generator,
					 dtype, 2, shape, -1, 1), 1, true);
		return;
	default:
		walk_add(w, weir_constant(w->scope, dtype, 2, shape, 0.75), 1,
			 false);
	}
}
