/*
 * What a call is, as far as a plan is made for it: how many operands and
 * results there are, and the dtypes, shapes and strides of the operands.
 */
#ifndef WEIR_FUNCTION_SIGNATURE_H
#define WEIR_FUNCTION_SIGNATURE_H

#include "tensor/tensor.h"

struct weir__signature {
	size_t n_in, n_out;
	weir_spec *specs;
	int64_t (*strides)[WEIR_RANK_MAX];
	const char **names;	/* of the operands, for as long as they are
				   there; each may be NULL */
};

weir_status
weir__signature_of(struct weir__heap *heap, weir_tensor *const *in,
		   size_t n_in, size_t n_out,
		   struct weir__signature *signature);

/* The same, without the names. */
weir_status
weir__signature_copy(struct weir__heap *heap,
		     const struct weir__signature *from,
		     struct weir__signature *signature);

/* Fine if it is all zeros, as it is after a failure and this. */
void
weir__signature_end(struct weir__heap *heap,
		    struct weir__signature *signature);

bool
weir__signature_fits(const struct weir__signature *signature,
		     weir_tensor *const *in, size_t n_in, size_t n_out);

/* Equal where calls fit the same signatures; else almost never. */
uint64_t
weir__signature_hash(const struct weir__signature *signature);

/* What is different now: "argument 1 `x`: f32[32,20] -> f32[8,20]"; nothing if
 * nothing is. */
void
weir__signature_difference(const struct weir__signature *was,
			   const struct weir__signature *is,
			   struct weir__text *text);

#endif
