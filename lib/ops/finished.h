/*
 * A matrix product, and calls after it that its kernel does, too, before it
 * stores anything (epilogue.h): of several calls that are run as one, see
 * fused.h and banded.h.
 */
#ifndef WEIR_OPS_FINISHED_H
#define WEIR_OPS_FINISHED_H

#include <weir/op.h>

/* Members that follow each other: each reads what the one before it makes, and
 * nobody else does. They are known by how far they are from the product; 0: there
 * is none. */
struct weir__finished {
	uint8_t n;		/* with the product; 0: it is not finished */
	uint8_t add;		/* adds a row, */
	uint8_t row;		/* which is this operand of it */
	uint8_t choose;		/* where: else one element */
	uint8_t relu;
	uint8_t greater;	/* compares what the last of the n has made with
				   one element; others may come before it */
};

/* Whether this product can be finished here. */
bool
weir__may_be_finished(const weir_call *call);

/*
 * What the members do for some tiles of the product, of whole rows; kernels of
 * the product and of those after it. False: some results may be NaN, so they must
 * be run one by one; what these read is as it was.
 */
bool
weir__finished_run(const weir_kernel *kernels, const struct weir__finished *f,
		   int64_t begin, int64_t end);

#endif
