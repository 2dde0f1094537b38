/*
 * The operands of a call as values: a variable stands for its value at the
 * call. Up to some there is no allocation, so that a steady state has none.
 */
#ifndef WEIR_TENSOR_OPERANDS_H
#define WEIR_TENSOR_OPERANDS_H

#include "tensor/tensor.h"

enum { WEIR__FEW_OPERANDS = 16 };

struct weir__operands {
	weir_tensor *const *values;	/* n: the caller's own list where there
					   is no variable in it */
	struct weir__heap *heap;
	weir_tensor **list;		/* references, or NULL */
	size_t n;
	weir_tensor *few[WEIR__FEW_OPERANDS];
};

/* in: n values and variables, borrowed until the release. */
weir_status
weir__operands_take(struct weir__operands *operands, struct weir__heap *heap,
		    weir_tensor *const *in, size_t n);

/* Fine after a failed take. */
void
weir__operands_release(struct weir__operands *operands);

#endif
