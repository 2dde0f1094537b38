/*
 * What follows from an op, its attributes and its operands' dtypes, shapes
 * and strides alone. Whoever has it need not ask the op again for an equal
 * call.
 */
#ifndef WEIR_OPS_DERIVED_H
#define WEIR_OPS_DERIVED_H

#include <weir/op.h>
#include "tensor/layouts.h"

struct weir__derived {
	uint64_t to_copy;		/* bit i: operand i must be copied to
					   contiguous memory first */
	int64_t view_offset;		/* result 0 begins so many bytes after
					   operand 0, */
	bool is_view;			/* of which it is a view */
	int64_t tiles;			/* these two only where it is none */
	size_t scratch;
	const struct weir__layout *results[WEIR_RESULTS_MAX];
};

/* Check the call as weir__call_infer() does, and derive the rest; the layouts
 * of the results are made in room for op->n_out. The strides are those of the
 * operands in. */
weir_status
weir__derive(const weir_call *call, weir_tensor *const *in,
	     struct weir__layout *room, struct weir__derived *derived);

/* Whether BLAS can take the last two axes as they are. */
bool
weir__suits_blas(const weir_spec *spec, const int64_t *strides);

#endif
