#include "stress/random_formed.h"

#include <string.h>

static int64_t
below(uint64_t *state, int64_t n)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* -- forms ---------------------------------------------------------------- */

static bool
same_form(const struct form *a, const struct form *b)
{
	return !memcmp(a, b, sizeof *a);
}

static bool
is_linear(const struct form *a)
{
	return !a->times[3] && !a->times[4] && !a->times[5];
}

static struct form
product(const struct form *a, const struct form *b)
{
	const int64_t *x = a->times, *y = b->times;

	return (struct form){ {
		x[0] * y[0], x[0] * y[1] + x[1] * y[0],
		x[0] * y[2] + x[2] * y[0], x[1] * y[1],
		x[1] * y[2] + x[2] * y[1], x[2] * y[2] } };
}

static bool
same_shape(const struct formed *a, const struct formed *b)
{
	int i;

	for (i = 0; i < a->rank && a->rank == b->rank; i++)
		if (!same_form(&a->shape[i], &b->shape[i]))
			return false;
	return a->rank == b->rank;
}

/* -- steps ---------------------------------------------------------------- */

/* Normalised, so that nothing runs away. */
static void
add(struct formed_walk *w, weir_tensor *t, int rank, const struct form *shape)
{
	struct formed *f = &w->pool[w->n];

	if (!t || w->n == FORMED_POOL)
		return;
	f->tensor = t;
	f->rank = rank;
	if (rank)
		memcpy(f->shape, shape, (size_t)rank * sizeof *shape);
	w->n++;
}

static const struct formed *
pick(struct formed_walk *w)
{
	return &w->pool[below(&w->random, w->n)];
}

static const struct formed *
pick_of_rank(struct formed_walk *w, int rank)
{
	const struct formed *f = pick(w);
	int i;

	for (i = 0; i < 20 && f->rank != rank; i++)
		f = pick(w);
	return f->rank == rank ? f : NULL;
}

static weir_tensor *
number(struct formed_walk *w, double x)
{
	return weir_constant(w->s, w->dtype, 0, NULL, x);
}

static void
unary(struct formed_walk *w)
{
	const struct formed *x = pick(w);
	weir_tensor *y;

	switch (below(&w->random, 4)) {
	case 0: y = weir_tanh(w->s, x->tensor); break;
	case 1: y = weir_sigmoid(w->s, weir_square(w->s, x->tensor)); break;
	case 2: y = weir_relu(w->s, weir_neg(w->s, x->tensor)); break;
	default: y = weir_exp(w->s, weir_tanh(w->s, x->tensor)); break;
	}
	add(w, y, x->rank, x->shape);
}

static void
binary(struct formed_walk *w)
{
	const struct formed *x = pick(w), *y = pick(w);
	weir_tensor *z;
	int i;

	for (i = 0; i < 20 && !same_shape(x, y); i++)
		y = pick(w);
	if (!same_shape(x, y))
		return;
	switch (below(&w->random, 4)) {
	case 0: z = weir_add(w->s, x->tensor, y->tensor); break;
	case 1: z = weir_mul(w->s, x->tensor, y->tensor); break;
	case 2: z = weir_maximum(w->s, x->tensor, y->tensor); break;
	default:
		z = weir_where(w->s, weir_greater(w->s, x->tensor, y->tensor),
			       x->tensor, weir_neg(w->s, y->tensor));
	}
	add(w, weir_tanh(w->s, z), x->rank, x->shape);
}

/* Reduced, and taken off what it was reduced from. */
static void
reduce(struct formed_walk *w)
{
	const struct formed *x = pick(w);
	int64_t axis = x->rank ? below(&w->random, x->rank) : 0;
	size_t n = x->rank && below(&w->random, 3) ? 1 : 0;
	weir_tensor *y;

	switch (below(&w->random, 3)) {
	case 0: y = weir_sum(w->s, x->tensor, n, &axis, true); break;
	case 1: y = weir_mean(w->s, x->tensor, n, &axis, true); break;
	default: y = weir_max(w->s, x->tensor, n, &axis, true); break;
	}
	add(w, weir_sub(w->s, x->tensor, weir_tanh(w->s, y)), x->rank,
	    x->shape);
	if (!n)
		add(w, weir_reshape(w->s, weir_tanh(w->s, y), 0, NULL), 0,
		    NULL);
}

static void
product_of_two(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2), *y = NULL;
	weir_tensor *z;
	int i;

	for (i = 0; x && i < 30 && (!y || y->rank != 2 ||
				    !same_form(&x->shape[1], &y->shape[0]));
	     i++)
		y = pick(w);
	if (!x || y->rank != 2 || !same_form(&x->shape[1], &y->shape[0]))
		return;
	z = weir_matmul(w->s, x->tensor, y->tensor);
	if (!z)
		return;
	z = weir_mul(w->s, z, number(w, 1.0 / (double)
				     weir_tensor_shape(x->tensor)[1]));
	add(w, z, 2, (struct form[]){ x->shape[0], y->shape[1] });
}

static void
turned(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);

	if (x)
		add(w, weir_transpose(w->s, x->tensor, 0, NULL), 2,
		    (struct form[]){ x->shape[1], x->shape[0] });
}

static void
flat(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);
	int64_t n;

	if (!x || !is_linear(&x->shape[0]) || !is_linear(&x->shape[1]))
		return;
	n = below(&w->random, 2) ? -1 : weir_tensor_elements(x->tensor);
	add(w, weir_reshape(w->s, x->tensor, 1, &n), 1,
	    (struct form[]){ product(&x->shape[0], &x->shape[1]) });
}

/* All along an axis but the first or the last. */
static void
sliced(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);
	struct form shape[FORMED_RANK];
	int64_t starts[2] = { 0, 0 }, stops[2], axis = below(&w->random, 2);

	if (!x || !x->shape[axis].times[1] || x->shape[axis].times[0] < 0)
		return;		/* some rows must be left */
	memcpy(shape, x->shape, sizeof shape);
	memcpy(stops, weir_tensor_shape(x->tensor), sizeof stops);
	if (below(&w->random, 2))
		starts[axis]++;
	else
		stops[axis]--;
	shape[axis].times[0]--;
	add(w, weir_slice(w->s, x->tensor, 2, starts, stops, NULL), 2, shape);
}

static void
joined(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);
	struct form shape[FORMED_RANK];
	weir_tensor *parts[2];
	int64_t axis = below(&w->random, 2);
	int i;

	if (!x || x->shape[axis].times[1] > 3 || x->shape[axis].times[0] > 20)
		return;
	memcpy(shape, x->shape, sizeof shape);
	parts[0] = x->tensor;
	parts[1] = weir_neg(w->s, x->tensor);
	for (i = 0; i < 6; i++)
		shape[axis].times[i] *= 2;
	add(w, weir_concat(w->s, parts, 2, axis), 2, shape);
}

static void
filled(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);
	weir_dtype dtype = w->dtype;
	const int64_t *shape;
	double n;

	if (!x)
		return;
	shape = weir_tensor_shape(x->tensor);
	n = (double)weir_tensor_shape(w->in)[0];
	switch (below(&w->random, 3)) {
	case 0:
		add(w, weir_constant(w->s, dtype, 2, shape, 1 / n), 2,
		    x->shape);
		return;
	case 1:
		add(w, weir_mul(w->s, x->tensor,
				weir_div(w->s, number(w, 1), number(w, n))),
		    2, x->shape);
		return;
	default:
		add(w, weir_uniform(w->s, w->generator, dtype, 2,
				    shape, -1, 1), 2, x->shape);
	}
}

static void
winners(struct formed_walk *w)
{
	const struct formed *x = pick_of_rank(w, 2);
	weir_tensor *y;

	if (!x)
		return;
	y = weir_cast(w->s, weir_argmax(w->s, x->tensor, 1, true),
		      w->dtype);
	add(w, weir_mul(w->s, x->tensor, weir_tanh(w->s, y)), 2, x->shape);
}

void
formed_move(struct formed_walk *w)
{
	static void (*const moves[])(struct formed_walk *) = {
		unary, unary, binary, binary, reduce, reduce, product_of_two,
		product_of_two, turned, flat, sliced, joined, filled, winners,
	};

	if (w->blocks && !below(&w->random, 8))
		formed_control(w);
	else
		moves[below(&w->random, sizeof moves / sizeof *moves)](w);
}

const struct formed *
formed_pick(struct formed_walk *w)
{
	return pick(w);
}

int64_t
formed_below(uint64_t *state, int64_t n)
{
	return below(state, n);
}

void
formed_add(struct formed_walk *w, weir_tensor *tensor, int rank,
	   const struct form *shape)
{
	add(w, tensor, rank, shape);
}
