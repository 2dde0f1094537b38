/*
 * How a gradient calls further ops, without knowing whether they run now or
 * are recorded: scope/ implements this, gradients are written against it.
 */
#ifndef WEIR_OPS_EMIT_H
#define WEIR_OPS_EMIT_H

#include <weir/op.h>

struct weir__emitter {
	/* As weir_apply_at(). */
	weir_status (*apply)(weir_scope *scope, const weir_op *op,
			     const void *attrs, weir_tensor *const *in,
			     size_t n_in, weir_tensor **out, size_t n_out,
			     const char *site);
};

/* The first member of struct weir_scope. */
struct weir__emit_head {
	const struct weir__emitter *emitter;
};

/* Emit an op with one result; NULL after a failure, or where an operand is
 * NULL because an earlier one failed (the scope keeps the first failure). */
static inline weir_tensor *
weir__emit(weir_scope *scope, const weir_op *op, const void *attrs,
	   weir_tensor *const *in, size_t n_in)
{
	const struct weir__emit_head *head =
		(const struct weir__emit_head *)scope;
	weir_tensor *out = NULL;

	head->emitter->apply(scope, op, attrs, in, n_in, &out, 1, "");
	return out;
}

static inline weir_tensor *
weir__emit1(weir_scope *scope, const weir_op *op, const void *attrs,
	    weir_tensor *a)
{
	return weir__emit(scope, op, attrs, &a, 1);
}

static inline weir_tensor *
weir__emit2(weir_scope *scope, const weir_op *op, const void *attrs,
	    weir_tensor *a, weir_tensor *b)
{
	weir_tensor *in[2] = { a, b };

	return weir__emit(scope, op, attrs, in, 2);
}

#endif
