/*
 * The fixed tree of reductions, for one element type and one operation:
 * include this with TREE_T, TREE_NAME(name) and TREE_JOIN(a, b) defined, once
 * each; it undefines them.
 *
 * n elements are cut into leaves of WEIR__LEAF. A leaf has WEIR__TREE_LANES
 * accumulators, lane l taking elements l, l + 16, ...; they are joined in
 * halves. Leaves are joined like the carries of a binary counter. So the tree
 * is a function of n alone, a run of 2^k leaves that starts at a multiple of
 * 2^k is a subtree, and rounding errors grow with log n. f32 sums stay f32:
 * this tree is what keeps them accurate.
 */
#include "ops/loop.h"
#include "ops/tree.h"

/* 1 to WEIR__LEAF elements. */
WEIR__WIDE static TREE_T
TREE_NAME(leaf)(const TREE_T *x, int64_t n)
{
	TREE_T lane[WEIR__TREE_LANES], sum = x[0];
	int64_t i;
	int l, half;

	if (n < WEIR__TREE_LANES) {
		for (i = 1; i < n; i++)
			sum = TREE_JOIN(sum, x[i]);
		return sum;
	}
	for (l = 0; l < WEIR__TREE_LANES; l++)
		lane[l] = x[l];
	for (i = WEIR__TREE_LANES; i + WEIR__TREE_LANES <= n;
	     i += WEIR__TREE_LANES)
		WEIR__INDEPENDENT
		for (l = 0; l < WEIR__TREE_LANES; l++)
			lane[l] = TREE_JOIN(lane[l], x[i + l]);
	for (l = 0; i + l < n; l++)
		lane[l] = TREE_JOIN(lane[l], x[i + l]);
	for (half = WEIR__TREE_LANES / 2; half; half /= 2)
		for (l = 0; l < half; l++)
			lane[l] = TREE_JOIN(lane[l], lane[l + half]);
	return lane[0];
}

struct TREE_NAME(stack) {
	uint64_t count;			/* leaves so far */
	int depth;
	TREE_T value[WEIR__TREE_DEPTH];	/* one for each bit of count */
};

static inline void
TREE_NAME(start)(struct TREE_NAME(stack) *stack)
{
	stack->count = 0;
	stack->depth = 0;
}

static inline void
TREE_NAME(push)(struct TREE_NAME(stack) *stack, TREE_T value)
{
	uint64_t carry;

	for (carry = stack->count++; carry & 1; carry >>= 1) {
		stack->depth--;
		value = TREE_JOIN(stack->value[stack->depth], value);
	}
	stack->value[stack->depth++] = value;
}

/* The result; 0 where there were no elements. */
static inline TREE_T
TREE_NAME(collapse)(const struct TREE_NAME(stack) *stack)
{
	int depth = stack->depth - 1;
	TREE_T value;

	if (depth < 0)
		return 0;
	value = stack->value[depth];
	while (depth-- > 0)
		value = TREE_JOIN(stack->value[depth], value);
	return value;
}

#undef TREE_T
#undef TREE_NAME
#undef TREE_JOIN
