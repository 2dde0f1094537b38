/*
 * Random programs over large values, their rows and their columns: run by bands
 * and chunks or step by step, they have the same bits.
 */
#include "unit/plan/fuse_suite.h"

enum { SEEDS = 60, LARGE = 12, SMALL = 6, OPS = 14 };

static const int64_t first = 0, last = -1;
static uint32_t seed, state;

static uint32_t
below(uint32_t n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % n;
}

struct pool {
	weir_scope *s;
	weir_tensor *const *in;
	weir_tensor *large[LARGE + 1];		/* [rows,columns] */
	weir_tensor *small[SMALL + 1];		/* anything that is wanted */
	size_t n_large, n_small;
};

static weir_tensor *
turned(const struct pool *p, weir_tensor *y)
{
	return weir_transpose(p->s, y, 0, NULL);
}

static weir_tensor *
any(const struct pool *p)
{
	return p->large[below((uint32_t)p->n_large)];
}

/* [rows,1] */
static weir_tensor *
column(const struct pool *p)
{
	return weir_mean(p->s, below(2) ? p->in[2] : any(p), 1, &last, true);
}

/* [1,columns] */
static weir_tensor *
row(const struct pool *p)
{
	return weir_mean(p->s, below(2) ? p->in[3] : any(p), 1, &first, true);
}

/* A product, and what its kernel may do with it: now and then with a few NaN. */
static weir_tensor *
finished(const struct pool *p, weir_tensor *mask_of)
{
	weir_tensor *number = weir_constant(p->s, WEIR_F32, 0, NULL,
					    0.1 * below(5));
	weir_tensor *bias = p->in[1], *mask, *y;

	if (!below(4))
		bias = weir_sqrt(p->s, weir_add(p->s, bias, weir_constant(
			p->s, WEIR_F32, 0, NULL, below(2) ? 0.3995 : 1)));
	mask = weir_greater(p->s, mask_of, number);
	if (below(2)) {
		y = column(p);
		y = weir_matmul(p->s, y, row(p));
	} else {
		y = weir_matmul(p->s, p->in[2], p->in[3]);
	}
	if (below(2))
		y = weir_add(p->s, y, bias);
	if (below(2))
		y = weir_where(p->s, mask, y, number);
	if (below(2))
		y = weir_relu(p->s, y);
	mask = weir_greater(p->s, y, number);
	return below(3) ? y : weir_where(p->s, mask, y, mask_of);
}

static weir_tensor *
more(const struct pool *p)
{
	weir_tensor *a = any(p), *b = any(p), *c = any(p);

	switch (below(14)) {
	case 0: return weir_tanh(p->s, weir_mul(p->s, a, b));
	case 1: return weir_sub(p->s, a, p->in[1]);
	case 2: return weir_relu(p->s, a);
	case 3: return weir_neg(p->s, a);
	case 4: return weir_where(p->s, weir_greater(p->s, a, b), b, c);
	case 5: return weir_maximum(p->s, a, b);
	case 6: a = column(p); return weir_matmul(p->s, a, row(p));
	case 7: return weir_sub(p->s, a, row(p));
	case 8: return weir_mul(p->s, a, column(p));
	case 9: return weir_sigmoid(p->s, a);
	case 10: case 11: case 12: return finished(p, a);
	default: return weir_matmul(p->s, p->in[2], p->in[3]);
	}
}

static weir_tensor *
less(const struct pool *p)
{
	int64_t half[2] = { weir_tensor_shape(p->in[0])[0] / 2,
			    weir_tensor_shape(p->in[0])[1] };
	int64_t start[2] = { 0, 0 };
	weir_tensor *a = p->large[p->n_large - 1 - below(2)], *b;

	switch (below(8)) {
	case 0: return weir_sum(p->s, a, 1, &first, below(2));
	case 1: return weir_mean(p->s, a, 1, &first, false);
	case 2: return weir_max(p->s, a, 1, &first, true);
	case 3: b = column(p); return weir_matmul(p->s, turned(p, b), a);
	case 4: b = column(p); return weir_matmul(p->s, turned(p, a), b);
	case 5: return weir_matmul(p->s, turned(p, p->in[2]), a);
	case 6:
		a = weir_slice(p->s, a, 2, start, half, NULL);
		return weir_sum(p->s, a, 1, &first, false);
	default: return weir_sum(p->s, a, 1, &last, false);
	}
}

static size_t
program(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	struct pool p = { .s = s, .in = in, .large = { in[0] },
			  .n_large = 1 };
	weir_tensor *y;
	size_t i;

	state = seed;
	y = more(&p);
	p.large[p.n_large++] = y;
	for (i = 0; i < OPS; i++) {
		if (p.n_large < LARGE && below(3)) {
			y = more(&p);
			p.large[p.n_large++] = y;
		} else if (p.n_small < SMALL) {
			p.small[p.n_small++] = less(&p);
		}
	}
	p.small[p.n_small++] = below(4) ? less(&p) : y;
	memcpy(out, p.small, p.n_small * sizeof *out);
	return p.n_small;
}

/* How many results there are is known when it has been recorded. */
static size_t
results_of_program(size_t *banded)
{
	struct made m = must_make(1);
	weir_plan *plan = compiled(&m, program);
	size_t n = plan->n_outputs;

	*banded += banded_steps(plan);
	done(&m, plan);
	return n;
}

Test(random_bands, have_the_bits_of_single_steps)
{
	size_t banded = 0;

	for (seed = 1; seed <= SEEDS; seed++) {
		int64_t columns, rows;

		state = seed * 7919;
		columns = below(2) ? 64 * (2 + below(14)) : 128 + below(900);
		rows = 2 + below((uint32_t)(300000 / columns));
		set_extents(rows, columns);
		if (seed % 3 == 0)
			setenv("WEIR_POISON", "1", 1);
		else
			unsetenv("WEIR_POISON");
		compare(program, results_of_program(&banded));
	}
	cr_expect_gt(banded, SEEDS / 6, "%zu", banded);
}
