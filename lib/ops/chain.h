/*
 * Element-wise calls of which each reads what the one before it has made, in
 * one loop: of a few vectors at a time all calls are done before the next few,
 * and what goes from call to call stays in registers.
 *
 * The bits are those of the calls one by one. Each of them is an operation of
 * IEEE 754 with one result, but for NaNs: which of two comes through is a
 * matter of how a loop was compiled. All of these operations give NaN where an
 * operand is NaN, so the last result tells whether there was any; then the
 * calls have to be done one by one after all.
 */
#ifndef WEIR_OPS_CHAIN_H
#define WEIR_OPS_CHAIN_H

#include <weir/op.h>

/* What a call does with the value that goes through the chain; `other` is its
 * other operand. */
enum weir__link_code {
	WEIR__LINK_NONE,		/* it cannot be in a chain */
	WEIR__LINK_NEG,
	WEIR__LINK_SQUARE,
	WEIR__LINK_RELU,
	WEIR__LINK_SQRT,
	WEIR__LINK_ADD,			/* value + other, and back to front */
	WEIR__LINK_MUL,
	WEIR__LINK_SUB,			/* value - other */
	WEIR__LINK_FROM,		/* other - value */
	WEIR__LINK_DIV,
	WEIR__LINK_INTO,		/* other / value */
	WEIR__LINK_MAX,			/* maximum(value, other) */
	WEIR__LINK_OF_MAX,		/* maximum(other, value) */
	WEIR__LINK_ONE			/* added to a code: `other` is one
					   element */
};

enum { WEIR__LINKS_MAX = WEIR_RESULTS_MAX };	/* as many as are fused */

struct weir__link {
	uint8_t code;
	uint8_t by_row;			/* 1: the other operand is as long as a
					   row, and the same for all rows; 0: as
					   all rows */
	const void *other;		/* where there is another operand */
};

/* The code, without WEIR__LINK_ONE, of a call whose operand `through` is the
 * value. */
enum weir__link_code
weir__link_code(const weir_call *call, size_t through);

/* Rows of n elements of a dtype through some links; `to` overlaps no operand. It
 * is written past the caches if wanted: then weir__chain_fence() comes before
 * anybody else is told of it.
 * False: some are NaN, or this processor has no such loop, and `to` holds
 * nothing of use. */
bool
weir__chain_run(weir_dtype dtype, const struct weir__link *links,
		uint32_t n_links, const void *from, void *to, int64_t rows,
		int64_t n, bool is_past);

void
weir__chain_fence(void);

/* The loops themselves, fastest first, and whether this processor has them. */
typedef bool (*weir__chain_fn)(const struct weir__link *links,
			       uint32_t n_links, const void *from, void *to,
			       int64_t rows, int64_t n, bool is_past);

enum { WEIR__CHAIN_LOOPS = 2 };

extern const struct weir__chain_loops {
	bool (*are_there)(void);
	weir__chain_fn f32, f64;
} weir__chain_loops[WEIR__CHAIN_LOOPS];

#endif
