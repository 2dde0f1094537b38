/*
 * A loss, the mean of a term over two operands of one shape, for one element
 * type: include this with T, NAME(name) and TERMS(a, b, n, term) defined, which
 * fills n <= WEIR__LEAF terms. They are added by the fixed tree of reductions.
 */
#define TREE_T T
#define TREE_NAME(name) NAME(name)
#define TREE_JOIN(a, b) ((a) + (b))
#include "ops/tree_typed.h"

/* count elements from the first-th on: in place where they are packed. */
static const T *
NAME(elements)(const struct weir__walk *walk, const void *base, int64_t first,
	       int64_t count, T *buffer)
{
	if (walk->rank == 0)
		return base;
	if (walk->rank == 1 && walk->step[0] == (int64_t)sizeof(T))
		return (const T *)base + first;
	weir__walk_gather(walk, base, first, count, sizeof(T), buffer);
	return buffer;
}

static T
NAME(mean)(T sum, int64_t n)
{
	T mean = sum / (T)n;

	return WEIR__ONE_NAN(T, mean);
}

static void
NAME(tiles)(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	int64_t total = weir__elements(kernel->in[0].spec), tile, i, n;
	T *out = kernel->out[0].data, *scratch = kernel->scratch;
	T a_buffer[WEIR__LEAF], b_buffer[WEIR__LEAF], term[WEIR__LEAF];
	struct weir__walk a_walk, b_walk;
	struct NAME(stack) stack;

	weir__walk_of(&a_walk, &kernel->in[0]);
	weir__walk_of(&b_walk, &kernel->in[1]);
	for (tile = begin; tile < end; tile++) {
		int64_t last = weir__least((tile + 1) * WEIR__TILE, total);

		NAME(start)(&stack);
		for (i = tile * WEIR__TILE; i < last; i += n) {
			const T *a, *b;

			n = weir__least(WEIR__LEAF, last - i);
			a = NAME(elements)(&a_walk, kernel->in[0].data, i, n,
					   a_buffer);
			b = NAME(elements)(&b_walk, kernel->in[1].data, i, n,
					   b_buffer);
			TERMS(a, b, n, term);
			NAME(push)(&stack, NAME(leaf)(term, n));
		}
		if (total <= WEIR__TILE)
			out[0] = NAME(mean)(NAME(collapse)(&stack), total);
		else
			scratch[tile] = NAME(collapse)(&stack);
	}
}

static void
NAME(finish)(const weir_kernel *kernel)
{
	int64_t total = weir__elements(kernel->in[0].spec), tile;
	T *out = kernel->out[0].data, *scratch = kernel->scratch;
	struct NAME(stack) stack;

	if (total <= WEIR__TILE)
		return;
	NAME(start)(&stack);
	for (tile = 0; tile * WEIR__TILE < total; tile++)
		NAME(push)(&stack, scratch[tile]);
	out[0] = NAME(mean)(NAME(collapse)(&stack), total);
}

#undef T
#undef NAME
#undef TERMS
