/* What an eager control call gives: tensors of its own. */
#include "scope/controlling.h"

/* A result as a tensor of its own: who made it is the call, also of a loop of no
 * iterations, whose states the application may write to. */
static weir_status
own_result(struct weir__controlling *c, size_t i, weir_tensor *value)
{
	struct weir__heap *heap = c->scope->eager.heap;
	weir_tensor *own;
	weir_status status = weir__is_result(value) && !value->is_view
		? weir__value_alias(heap, value, &own)
		: weir__value_copy(heap, value, &own);

	if (status)
		return status;
	own->maker = c->scope->eager.maker;
	c->results[i] = own;
	return WEIR_OK;
}

weir_status
weir__control_own_results(struct weir__controlling *c)
{
	size_t n = c->call->n_out, i;
	struct weir__env_entry *entry;
	weir_status status = WEIR_OK;

	for (i = 0; i < n && !status; i++) {
		weir_tensor *value = c->results[i];

		c->results[i] = NULL;
		status = own_result(c, i, value);
		weir_tensor_release(value);
	}
	for (i = 0; i < c->n_written && !status; i++) {
		status = weir__body_touch(&c->bodies[0],
					  c->uses[c->written[i]].variable,
					  &entry);
		if (!status)
			status = own_result(c, n + i, entry->current);
	}
	return status;
}
