/*
 * What shape inference has in common. All leave the reason alone as their
 * sentence; schema.c and the scope add the op and its operands.
 */
#ifndef WEIR_OPS_INFER_H
#define WEIR_OPS_INFER_H

#include <weir/op.h>

/* "a", "b", ..., "z", "#26", ...: how errors name operand i. */
enum { WEIR__LABEL_SIZE = 24 };
const char *
weir__operand_label(size_t i, char *buffer);

/* Operands first.. have one dtype. */
weir_status
weir__same_dtype(const weir_call *call, size_t first);

/* All operands have one shape, that of operand 0. */
weir_status
weir__same_shape(const weir_call *call);

/* out is what all operands broadcast to, of operand `by`'s dtype. */
weir_status
weir__infer_broadcast(const weir_call *call, size_t by, weir_spec *out);

/* infer of ops with one operand, and of those with operands of one dtype that
 * broadcast. */
weir_status
weir__infer_unary(const weir_call *call, weir_spec *out);
weir_status
weir__infer_binary(const weir_call *call, weir_spec *out);

/* An axis, negative ones from the end, as 0 <= *result < rank. */
weir_status
weir__axis(int64_t axis, int rank, int *result);

/* The same for an axis that is known to be good. */
static inline int
weir__axis_of(int64_t axis, int rank)
{
	return (int)(axis < 0 ? axis + rank : axis);
}

/* A list of lengths is a shape of this dtype. */
weir_status
weir__shape_of(weir_dtype dtype, const weir_ints *shape, weir_spec *out);

/* "[32,20]" */
enum { WEIR__SHAPE_SIZE = 8 * 21 + 3 };
const char *
weir__shape_text(int rank, const int64_t *shape, char *buffer);

#endif
