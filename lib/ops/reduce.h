/*
 * How a reduction is cut, and what its typed loops (reduce_typed.h) work on.
 *
 * An output element is the fixed tree (tree_typed.h) over its elements of the
 * operand in row-major order of the reduced axes. A tile is a run of outputs
 * by a run of their elements that is a subtree; where the elements of one
 * output take several tiles, these leave partial results in scratch, to be
 * joined by the rest of the tree. Neither the tree nor the tiles depend on
 * strides; only the order in which memory is read does.
 */
#ifndef WEIR_OPS_REDUCE_H
#define WEIR_OPS_REDUCE_H

#include <stdbool.h>
#include "ops/tree.h"
#include "ops/walk.h"

enum {
	WEIR__REDUCE_TILE = 32768,	/* elements, more or less */
	WEIR__ROWS_TILE = 8192,		/* likewise, of outputs whose elements
					   follow each other */
	WEIR__COLUMNS = 128,		/* outputs that are reduced together */
	/* levels of the tree within a tile, of at most 2^7 leaves */
	WEIR__TILE_LEVELS = 9
};

struct weir__cut {
	int64_t outputs, count;		/* elements an output */
	int64_t outputs_tile, count_tile;
	int64_t count_tiles;		/* tiles an output */
};

static inline bool
weir__is_axis_in(unsigned axes, int axis)
{
	return axes >> axis & 1;
}

/* The axes that a call of sum, mean or max reduces, as a bit set. */
unsigned
weir__reduced_axes(const weir_call *call);

/* The cut of an operand whose axes in the bit set are reduced. */
void
weir__cut_of(const weir_spec *spec, unsigned reduced, struct weir__cut *cut);

static inline int64_t
weir__cut_tiles(const struct weir__cut *cut)
{
	return weir__ceil_div(cut->outputs, cut->outputs_tile) *
	       cut->count_tiles;
}

struct weir__reduced {
	const char *base;
	struct weir__walk kept, reduced;
	bool by_columns;	/* several outputs at once reads memory better */
};

/*
 * A matrix whose rows are reduced, some of them at a time. What these hand on is
 * the lanes of the leaf that they are in; then the leaves before it, joined as
 * far as that goes.
 */
struct weir__folded {
	const char *base;
	int64_t row, step;	/* bytes from row to row, element to element */
	int64_t width, count;	/* outputs; rows, in all */
};

/* How many rows of outputs that is. */
static inline int64_t
weir__fold_rows(int64_t count)
{
	int64_t rows = WEIR__TREE_LANES + 1;

	for (count /= WEIR__LEAF; count; count /= 2)
		rows++;
	return rows;
}

void
weir__reduced_of(const weir_view *view, unsigned axes,
		 struct weir__reduced *reduced);

#endif
