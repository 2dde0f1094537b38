/*
 * A call against its descriptor: arity, dtypes, shapes, attributes; and the
 * sentence about a call that failed, the same words in both modes.
 */
#ifndef WEIR_OPS_SCHEMA_H
#define WEIR_OPS_SCHEMA_H

#include <weir/op.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* Whether a descriptor can be used at all (user ops). */
weir_status
weir__op_check(const weir_op *op);

/* Check n_in, the dtype of operand 0 and, through op->infer, the rest; fill
 * call->op->n_out specs. The text holds the reason alone. */
weir_status
weir__call_infer(const weir_call *call, weir_spec *out);

/* Attribute structs field by field (padding does not count). */
bool weir__attrs_equal(const weir_op *op, const void *a, const void *b);
uint64_t weir__attrs_hash(const weir_op *op, const void *attrs);
/* "axes=[0], keepdims=false"; "" for none. */
void weir__attrs_text(const weir_op *op, const void *attrs,
		      struct weir__text *text);

/* An operand, as far as an error or a trace speaks of it. */
struct weir__operand {
	const weir_spec *spec;		/* NULL: the operand is NULL */
	const char *name;		/* "" without one */
	bool is_variable;
	struct weir__origin origin;
};

/*
 * The whole sentence about a failed call:
 * "matmul: WHY; in train/layer1/matmul, called at model.c:42, with
 *  a = f32[32,20] from train/relu (model.c:41), b = f32[64,1], variable w2".
 *
 * path is the scope's ("train/layer1"): the op's name is appended, here and
 * for the operands' origins, so that no path is interned for every op.
 */
void
weir__call_text(const weir_op *op, const void *attrs, const char *why,
		const struct weir__path *path, const char *site,
		const struct weir__operand *operands, size_t n,
		struct weir__text *text);

/* "f32[32,20] f32[20,64] -> f32[32,64]" */
void
weir__shapes_text(const weir_call *call, struct weir__text *text);

/* The cost of a call with its defaults filled in: nanoseconds > 0 always. */
weir_cost
weir__call_cost(const weir_call *call);

#endif
