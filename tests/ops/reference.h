/* What ops must compute, by plain loops in double, one element at a time. */
#ifndef TESTS_OPS_REFERENCE_H
#define TESTS_OPS_REFERENCE_H

#include "ops/arrays.h"

/* The dtype and shape of result 0. */
weir_spec
reference_spec(const weir_op *op, const void *attrs, const struct array *in,
	       size_t n_in);

/* Whether a list of axes, empty for all, holds this one. */
bool
reference_reduces(const weir_ints *axes, int rank, int axis);

void
expect_spec(const weir_spec *got, const weir_spec *want, const char *name);

/* Compare the results of a call with the reference: exactly where nothing is
 * rounded, else within a few units in the last place of the largest term. */
void
expect_reference(const weir_op *op, const void *attrs, const struct array *in,
		 size_t n_in, const struct array *out, const char *name);

#endif
