#include "tensor/operands.h"

weir_status
weir__operands_take(struct weir__operands *o, struct weir__heap *heap,
		    weir_tensor *const *in, size_t n)
{
	size_t i;

	o->values = in;
	o->heap = heap;
	o->list = NULL;
	o->n = n;
	for (i = 0; i < n && in[i]->kind != WEIR__VARIABLE; i++)
		;
	if (i == n)
		return WEIR_OK;
	o->list = o->few;
	if (n > WEIR__FEW_OPERANDS)
		o->list = weir__alloc(heap, n * sizeof *o->list);
	if (!o->list)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++)
		o->list[i] = in[i]->kind == WEIR__VARIABLE
			? weir__variable_snapshot(in[i])
			: weir_tensor_retain(in[i]);
	o->values = o->list;
	return WEIR_OK;
}

void
weir__operands_release(struct weir__operands *o)
{
	size_t i;

	if (!o->list)
		return;
	for (i = 0; i < o->n; i++)
		weir_tensor_release(o->list[i]);
	if (o->list != o->few)
		weir__free(o->heap, o->list);
}
