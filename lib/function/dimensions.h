/* The named dimensions of a function: which axes of which operands vary. */
#ifndef WEIR_FUNCTION_DIMENSIONS_H
#define WEIR_FUNCTION_DIMENSIONS_H

#include "function/signature.h"
#include "graph/pattern.h"

_Static_assert(WEIR_DIMENSIONS_MAX <= WEIR__FORMULA_DIMENSIONS,
	       "formulas are of fewer dimensions than functions may have");

struct weir__axis {
	size_t operand, axis;
	size_t dimension;
};

struct weir__dimensions {
	size_t n;
	char *names[WEIR_DIMENSIONS_MAX];
	int64_t most[WEIR_DIMENSIONS_MAX];	/* 0: any */
	size_t n_axes;
	struct weir__axis *axes;
};

/* Copy what a user has declared. WEIR_ENOMEM, WEIR_ENULL, WEIR_EINVAL,
 * WEIR_ERANGE. */
weir_status
weir__dimensions_take(struct weir__heap *heap, const weir_dimension *given,
		      size_t n, struct weir__dimensions *dimensions);

void
weir__dimensions_end(struct weir__heap *heap,
		     struct weir__dimensions *dimensions);

/* The extents of a call; false, and why, if its operands are not such. */
bool
weir__dimensions_of(const struct weir__dimensions *dimensions,
		    const struct weir__signature *signature,
		    struct weir__extents *extents, struct weir__text *why);

/* Whether two signatures that have extents differ in these alone: where one
 * has no gaps, the other one has none. */
bool
weir__dimensions_alike(const struct weir__dimensions *dimensions,
		       const struct weir__signature *a,
		       const struct weir__signature *b);

/* A signature at other extents. */
weir_status
weir__dimensions_set(const struct weir__dimensions *dimensions,
		     struct weir__heap *heap,
		     const struct weir__signature *from,
		     const struct weir__extents *extents,
		     struct weir__signature *signature);

/* "`batch` = 32, `length` = 7" */
void
weir__extents_say(const struct weir__dimensions *dimensions,
		  const struct weir__extents *extents, struct weir__text *text);

#endif
