#include "ops/invoke.h"

#include "base/error.h"
#include "tensor/tensor.h"

int64_t
weir__tiles(const weir_call *call)
{
	int64_t tiles;

	if (!call->op->tiles)
		return 1;
	tiles = call->op->tiles(call);
	return tiles > 0 ? tiles : 0;
}

size_t
weir__scratch_bytes(const weir_call *call)
{
	return call->op->scratch ? call->op->scratch(call) : 0;
}

/* Cold: a user's kernel may return anything, and say nothing. */
static weir_status
tell(const weir_op *op, const char *function, weir_status status)
{
	int value = (int)status;

	if ((unsigned)status > WEIR_EUNREPEATABLE) {
		status = WEIR_EOP;
		if (!weir_error_text()[0])
			weir_fail(status, "the %s of %s returned %d", function,
				  op->name, value);
	} else if (!weir_error_text()[0]) {
		weir_fail(status, "the %s of %s failed (%s) and said not why",
			  function, op->name, weir_status_name(status));
	}
	return status;
}

/* An old sentence must not pass for that of a kernel that says nothing. */
static inline void
forget_old_text(const weir_op *op)
{
	if (op->fallible)
		weir__error_clear();
}

weir_status
weir__invoke_tiles(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_op *op = kernel->call.op;
	weir_status status;

	forget_old_text(op);
	status = op->kernel(kernel, begin, end);
	return status ? tell(op, "kernel", status) : WEIR_OK;
}

weir_status
weir__invoke_finish(const weir_kernel *kernel)
{
	const weir_op *op = kernel->call.op;
	weir_status status;

	if (!op->finish)
		return WEIR_OK;
	forget_old_text(op);
	status = op->finish(kernel);
	return status ? tell(op, "finish function", status) : WEIR_OK;
}

weir_status
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
	weir__storage_release(scratch);
	return status;
}
