#include "ops/invoke.h"

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

void
weir__reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	    int64_t *first, int64_t *last)
{
	int64_t all = weir__spec_elements(operand < call->n_in
				     ? call->in[operand]
				     : call->out[operand - call->n_in]);

	*first = 0;
	*last = all;
	if (!call->op->reach)
		return;
	call->op->reach(call, operand, begin, end, first, last);
	if (*first < 0)
		*first = 0;
	if (*last > all)
		*last = all;
}

weir_status
weir__invoke_tell(const weir_op *op, const char *function, weir_status status)
{
	int value = (int)status;

	if (!weir__status_is_known(status)) {
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
