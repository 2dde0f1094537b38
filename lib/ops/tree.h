/* Sizes of the fixed tree of reductions, see tree_typed.h. */
#ifndef WEIR_OPS_TREE_H
#define WEIR_OPS_TREE_H

#include <stdint.h>

enum {
	WEIR__LEAF = 256,
	WEIR__TREE_LANES = 16,
	WEIR__TREE_DEPTH = 64
};

#endif
