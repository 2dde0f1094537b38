/*
 * The steps of random programs: one op, or the few that keep its operands in
 * its domain and its result in range.
 */
#include "stress/random_program.h"

#include <string.h>

typedef struct pool_value value;

enum { TRIES = 12, FLOPS_MAX = 40000000 };

static const double LARGE = 5;		/* what is larger is normalised */

/* -- picking operands ------------------------------------------------------ */

static weir_dtype
dtype_of(const value *v)
{
	return weir_tensor_dtype(v->tensor);
}

static bool
is_float(const value *v)
{
	return WEIR_FLOATS & WEIR_DTYPE_BIT(dtype_of(v));
}

static bool
is_number(const value *v)
{
	return dtype_of(v) != WEIR_BOOL;
}

static int64_t
elements(const value *v)
{
	return weir_tensor_elements(v->tensor);
}

/* Late ones more often, so that programs are deep; some early ones too, so
 * that they are wide. */
static const value *
pick(struct walk *w)
{
	int n = w->limit;

	if (n > 6 && random_chance(&w->random, 60))
		return &w->pool[n - 1 - (int)random_below(&w->random, 5)];
	return &w->pool[random_below(&w->random, n)];
}

static const value *
pick_if(struct walk *w, bool (*suits)(const value *v))
{
	int i;

	for (i = 0; i < TRIES; i++) {
		const value *v = pick(w);

		if (suits(v))
			return v;
	}
	return NULL;
}

const struct pool_value *
walk_pick_float(struct walk *w, weir_dtype dtype)
{
	int i;

	for (i = 0; i < 4 * TRIES; i++) {
		const value *v = pick(w);

		if (dtype_of(v) == dtype && elements(v) > 0)
			return v;
	}
	return NULL;
}

/* Whether b broadcasts with a without making much more of it. */
static bool
broadcasts(const struct walk *w, const value *a, const value *b)
{
	const weir_spec *x = weir_tensor_spec(a->tensor);
	const weir_spec *y = weir_tensor_spec(b->tensor);
	int rank = x->rank > y->rank ? x->rank : y->rank, i;
	int64_t n = 1;

	for (i = 1; i <= rank; i++) {
		int64_t p = i <= x->rank ? x->shape[x->rank - i] : 1;
		int64_t q = i <= y->rank ? y->shape[y->rank - i] : 1;

		if (p != q && p != 1 && q != 1)
			return false;
		n *= p == 1 ? q : p;
	}
	return n <= w->program->elements_max;
}

static weir_tensor *
number_like(struct walk *w, weir_tensor *like, double x)
{
	return walk_number(w, weir_tensor_dtype(like), x);
}

/* A second operand for a: from the pool, from a itself, or a number. */
static value
partner(struct walk *w, const value *a)
{
	int64_t axis;
	int i;

	for (i = 0; i < TRIES; i++) {
		const value *b = pick(w);

		if (b->tensor != a->tensor && dtype_of(b) == dtype_of(a) &&
		    broadcasts(w, a, b))
			return *b;
	}
	if (is_float(a) && elements(a) > 0 && weir_tensor_rank(a->tensor)) {
		axis = random_below(&w->random,
				    (int64_t)weir_tensor_rank(a->tensor));
		return (value){ weir_mean(w->scope, a->tensor, 1, &axis, true),
				a->size, a->is_rich };
	}
	return (value){ number_like(w, a->tensor, 3), 3, false };
}

static void
add_tamed(struct walk *w, weir_tensor *x, double size, bool is_rich)
{
	if (x && size > LARGE && WEIR_FLOATS &
				 WEIR_DTYPE_BIT(weir_tensor_dtype(x))) {
		x = walk_normalised(w, x);
		size = 1.5;
	}
	walk_add(w, x, size, is_rich);
}

/* -- element by element ---------------------------------------------------- */

static void
move_unary(struct walk *w)
{
	const value *x = pick_if(w, is_float);
	weir_scope *s = w->scope;
	weir_tensor *t, *safe;

	if (!x)
		return;
	t = x->tensor;
	switch (random_below(&w->random, 9)) {
	case 0:
		walk_add(w, weir_neg(s, t), x->size, x->is_rich);
		return;
	case 1:
		add_tamed(w, weir_square(s, t), x->size * x->size, x->is_rich);
		return;
	case 2:
		safe = weir_add(s, weir_square(s, t), number_like(w, t, 0.5));
		walk_add(w, weir_sqrt(s, safe), x->size + 0.7, x->is_rich);
		return;
	case 3:
		safe = weir_add(s, weir_square(s, t), number_like(w, t, 0.3));
		walk_add(w, weir_log(s, safe), 1.5, x->is_rich);
		return;
	case 4:
		add_tamed(w, weir_exp(s, weir_mul(s, t, number_like(w, t,
								    0.5))),
			  x->size < 2 ? 2.5 : LARGE + 1, x->is_rich);
		return;
	case 5:
		walk_add(w, weir_tanh(s, weir_mul(s, t, number_like(w, t,
								    0.4))),
			 0.7, x->is_rich);
		return;
	case 6:
		walk_add(w, weir_sigmoid(s, t), 0.7, x->is_rich);
		return;
	case 7:
		walk_add(w, weir_relu(s, t), x->size, false);
		return;
	default:
		walk_add(w, weir_copy(s, t), x->size, x->is_rich);
	}
}

static void
move_binary(struct walk *w)
{
	const value *picked = pick_if(w, is_float);
	weir_scope *s = w->scope;
	weir_tensor *safe;
	value a, b;
	bool is_rich;

	if (!picked)
		return;
	a = *picked;
	b = partner(w, &a);
	if (random_chance(&w->random, 30)) {
		value swapped = a;

		a = b;
		b = swapped;
	}
	if (!b.tensor || !a.tensor)
		return;
	/* A smaller operand repeats its elements in the result. */
	is_rich = (a.is_rich && elements(&a) >= elements(&b)) ||
		  (b.is_rich && elements(&b) >= elements(&a));
	switch (random_below(&w->random, 6)) {
	case 0: case 1:
		add_tamed(w, weir_add(s, a.tensor, b.tensor), a.size + b.size,
			  is_rich);
		return;
	case 2:
		add_tamed(w, weir_sub(s, a.tensor, b.tensor), a.size + b.size,
			  is_rich);
		return;
	case 3:
		add_tamed(w, weir_mul(s, a.tensor, b.tensor), a.size * b.size,
			  a.is_rich && b.is_rich && is_rich);
		return;
	case 4:
		safe = weir_add(s, weir_sigmoid(s, b.tensor),
				number_like(w, b.tensor, 0.4));
		add_tamed(w, weir_div(s, a.tensor, safe), a.size * 2,
			  a.is_rich && is_rich);
		return;
	default:
		walk_add(w, weir_maximum(s, a.tensor, b.tensor),
			 a.size > b.size ? a.size : b.size, false);
	}
}

static void
move_choice(struct walk *w)
{
	const value *picked = pick_if(w, is_number);
	weir_scope *s = w->scope;
	weir_tensor *condition;
	value a, b;

	if (!picked)
		return;
	a = *picked;
	b = partner(w, &a);
	condition = random_chance(&w->random, 75)
		? weir_greater(s, a.tensor, b.tensor)
		: weir_equal(s, a.tensor, b.tensor);
	walk_add(w, condition, 1, false);
	if (random_chance(&w->random, 70))
		walk_add(w, weir_where(s, condition, a.tensor, b.tensor),
			 a.size > b.size ? a.size : b.size, false);
}

static void
move_cast(struct walk *w)
{
	const value *x = pick(w);
	bool narrows = dtype_of(x) == WEIR_BOOL || dtype_of(x) == WEIR_I64;
	weir_scope *s = w->scope;
	weir_tensor *t = x->tensor;
	double size = x->size;

	switch (random_below(&w->random, 5)) {
	case 0:
		if (!narrows)
			t = weir_mul(s, t, number_like(w, t, 50));
		walk_add(w, weir_cast(s, t, WEIR_I64), 100, false);
		return;
	case 1:
		walk_add(w, weir_cast(s, t, WEIR_BOOL), 1, false);
		return;
	case 2: case 3:
		t = weir_cast(s, t, WEIR_F32);
		break;
	default:
		t = weir_cast(s, t, WEIR_F64);
	}
	if (narrows)		/* integers may be large by now */
		t = walk_normalised(w, t);
	walk_add(w, t, narrows ? 1.5 : size, x->is_rich && !narrows);
}

static bool
is_integer(const value *v)
{
	return dtype_of(v) == WEIR_I64;
}

static void
move_integer(struct walk *w)
{
	const value *picked = pick_if(w, is_integer);
	weir_scope *s = w->scope;
	weir_tensor *safe;
	value a, b;

	if (!picked)
		return;
	a = *picked;
	b = partner(w, &a);
	switch (random_below(&w->random, 6)) {
	case 0:
		walk_add(w, weir_add(s, a.tensor, b.tensor), 100, false);
		return;
	case 1:
		walk_add(w, weir_mul(s, a.tensor, b.tensor), 100, false);
		return;
	case 2:
		walk_add(w, weir_maximum(s, weir_neg(s, a.tensor), b.tensor),
			 100, false);
		return;
	case 3:
		walk_add(w, weir_sum(s, a.tensor, 0, NULL, false), 100, false);
		return;
	default:
		safe = weir_maximum(s, b.tensor, number_like(w, b.tensor, 1));
		if (w->program->may_fail)	/* by 0 or 1 */
			safe = weir_cast(s, weir_greater(s, a.tensor,
							 b.tensor), WEIR_I64);
		walk_add(w, weir_div(s, a.tensor, safe), 100, false);
	}
}

/* -- reductions, products, losses ------------------------------------------ */

static void
move_reduce(struct walk *w)
{
	const value *x = pick_if(w, is_float);
	int64_t axes[WEIR_RANK_MAX], rank, i;
	bool keeps = random_chance(&w->random, 50);
	weir_scope *s = w->scope;
	size_t n = 0;

	if (!x || elements(x) == 0)
		return;
	rank = (int64_t)weir_tensor_rank(x->tensor);
	for (i = 0; i < rank; i++)
		if (random_chance(&w->random, 55))
			axes[n++] = random_chance(&w->random, 50) ? i
								  : i - rank;
	switch (random_below(&w->random, 4)) {
	case 0:
		walk_add(w, walk_normalised(w, weir_sum(s, x->tensor, n, axes,
							keeps)),
			 1.5, x->is_rich);
		return;
	case 1:
		walk_add(w, weir_mean(s, x->tensor, n, axes, keeps), x->size,
			 x->is_rich);
		return;
	case 2:
		walk_add(w, weir_max(s, x->tensor, n, axes, keeps), x->size,
			 x->is_rich && n == 0);
		return;
	default:
		if (rank)
			walk_add(w, weir_argmax(s, x->tensor,
						random_below(&w->random, rank),
						keeps), 100, false);
	}
}

static bool
is_matrix(const value *v)
{
	return is_float(v) && weir_tensor_rank(v->tensor) == 2;
}

static weir_tensor *
flipped(struct walk *w, weir_tensor *x)
{
	return weir_transpose(w->scope, x, 0, NULL);
}

static void
move_matmul(struct walk *w)
{
	const value *x = pick_if(w, is_matrix), *y = NULL;
	weir_tensor *a, *b;
	const int64_t *p, *q;
	bool is_rich;
	int i;

	if (!x)
		return;
	a = x->tensor;
	p = weir_tensor_shape(a);
	for (i = 0; i < TRIES && !y; i++) {
		const value *v = pick_if(w, is_matrix);

		if (!v || dtype_of(v) != dtype_of(x))
			continue;
		q = weir_tensor_shape(v->tensor);
		if (p[1] == q[0] || p[1] == q[1] || p[0] == q[0] ||
		    p[0] == q[1])
			y = v;
	}
	b = y ? y->tensor : a;
	q = weir_tensor_shape(b);
	if (p[1] != q[0] && p[1] != q[1])
		a = flipped(w, a);
	if (!a)
		return;		/* the program has failed */
	p = weir_tensor_shape(a);
	if (p[1] != q[0] || (p[1] == q[1] && random_chance(&w->random, 50)))
		b = flipped(w, b);
	if (!b)
		return;
	q = weir_tensor_shape(b);
	if (p[0] * q[1] > w->program->elements_max ||
	    2 * p[0] * p[1] * q[1] > FLOPS_MAX)
		return;
	is_rich = x->is_rich && (!y || y->is_rich) && p[1] > 0;
	a = random_layer(w, weir_matmul(w->scope, a, b), &is_rich);
	walk_add(w, walk_normalised(w, a), 1.5, is_rich);
}

static void
move_loss(struct walk *w)
{
	const value *x = pick_if(w, is_float);
	weir_scope *s = w->scope;
	weir_tensor *other;

	if (!x || elements(x) == 0)
		return;
	other = weir_sigmoid(s, weir_neg(s, x->tensor));
	if (random_chance(&w->random, 50))
		walk_add(w, weir_bce_with_logits(s, x->tensor, other), 1.5,
			 x->is_rich);
	else
		walk_add(w, weir_mse(s, x->tensor, other), 1.5, x->is_rich);
}

/* -- the list -------------------------------------------------------------- */

static const struct {
	void (*move)(struct walk *walk);
	int weight;
} moves[] = {
	{ move_unary, 18 },
	{ move_binary, 22 },
	{ move_choice, 5 },
	{ move_cast, 5 },
	{ move_integer, 5 },
	{ move_reduce, 10 },
	{ move_matmul, 14 },
	{ move_loss, 3 },
	{ random_move_view, 10 },
	{ random_move_join, 5 },
	{ random_move_state, 8 },
	{ random_move_unchanged, 5 },
};

static void
make_one(struct walk *w)
{
	int64_t at = random_below(&w->random, 110);
	size_t i;

	for (i = 0; at >= moves[i].weight; i++)
		at -= moves[i].weight;
	moves[i].move(w);
}

/* Some moves are made twice, so that there are equal calls; some in a frame,
 * out of which their results are carried. */
void
random_move(struct walk *w)
{
	struct random before = w->random;
	bool is_framed = random_chance(&w->random, 15);
	int from = w->n, i;

	w->limit = w->n;
	if (is_framed)
		weir_scope_push(w->scope, "part");
	if (w->program->control && random_chance(&w->random, 20))
		w->program->control(w);
	make_one(w);
	if (random_chance(&before, 15)) {
		w->random = before;
		make_one(w);
		w->random = before;
		make_one(w);
	}
	if (is_framed) {
		for (i = from; i < w->n; i++)
			weir_keep(w->scope, w->pool[i].tensor);
		weir_scope_pop(w->scope);
	}
}
