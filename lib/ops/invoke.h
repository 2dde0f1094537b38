/* Run kernels; eager and exec both come here. */
#ifndef WEIR_OPS_INVOKE_H
#define WEIR_OPS_INVOKE_H

#include <weir/op.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* The number of tiles, at least 0. */
int64_t
weir__tiles(const weir_call *call);

size_t
weir__scratch_bytes(const weir_call *call);

/* The elements of an operand that tiles begin..end touch, see op.h; all if the
 * op does not say. */
void
weir__reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	    int64_t *first, int64_t *last);

/* Make a status, and a sentence, of whatever a user's function has returned. */
weir_status
weir__invoke_tell(const weir_op *op, const char *function, weir_status status)
	WEIR_COLD;

/* begin..end of a call by one of its op's functions, which is called so. */
static inline weir_status
weir__invoke_part(const weir_kernel *kernel, const char *name,
		  weir_status (*function)(const weir_kernel *kernel,
					  int64_t begin, int64_t end),
		  int64_t begin, int64_t end)
{
	const weir_op *op = kernel->call.op;
	weir_status status;

	/* An old sentence must not pass for that of a function that says
	 * nothing. */
	if (op->fallible)
		weir__error_clear();
	status = function(kernel, begin, end);
	return status ? weir__invoke_tell(op, name, status) : WEIR_OK;
}

/*
 * Tiles begin..end of a call. A user's status other than WEIR_OK becomes
 * WEIR_EOP unless it is a weir_status; the error text is never left empty.
 * The caller has entered weir__fpenv.
 */
static inline weir_status
weir__invoke_tiles(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	return weir__invoke_part(kernel, "kernel", kernel->call.op->kernel,
				 begin, end);
}

static inline weir_status
weir__invoke_finish(const weir_kernel *kernel)
{
	const weir_op *op = kernel->call.op;
	weir_status status;

	if (!op->finish)
		return WEIR_OK;
	if (op->fallible)
		weir__error_clear();
	status = op->finish(kernel);
	return status ? weir__invoke_tell(op, "finish function", status)
		      : WEIR_OK;
}

/* A part of what a call goes through, see weir_op.fold. */
static inline weir_status
weir__invoke_fold(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	return weir__invoke_part(kernel, "fold function", kernel->call.op->fold,
				 begin, end);
}

/* Parts of a sum, and the end of it, see weir_op.parts. */
static inline weir_status
weir__invoke_parts(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	return weir__invoke_part(kernel, "part function", kernel->call.op->part,
				 begin, end);
}

static inline weir_status
weir__invoke_join(const weir_kernel *kernel)
{
	const weir_op *op = kernel->call.op;
	weir_status status = op->join(kernel);

	return status ? weir__invoke_tell(op, "join function", status)
		      : WEIR_OK;
}

/*
 * All tiles, of which there are so many, with so much scratch of the call's
 * own: what eager and constant folding do. kernel->scratch is set for the
 * call.
 */
static inline weir_status
weir__invoke_whole(struct weir__heap *heap, weir_kernel *kernel, int64_t tiles,
		   size_t bytes)
{
	struct weir__storage *scratch = NULL;
	weir_status status = WEIR_OK;

	kernel->scratch = NULL;
	if (bytes) {
		scratch = weir__storage_new(heap, bytes);
		if (!scratch)
			return WEIR_ENOMEM;
		kernel->scratch = scratch->data;
	}
	if (tiles)
		status = weir__invoke_tiles(kernel, 0, tiles);
	if (!status)
		status = weir__invoke_finish(kernel);
	if (scratch)
		weir__storage_release(scratch);
	return status;
}

#endif
