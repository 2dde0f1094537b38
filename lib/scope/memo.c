#include "scope/memo.h"

#include <string.h>

/* Whether the entry, which has the answer for no call now, has it for this
 * one; it keeps layouts that are shared only. */
static bool
fill(struct weir__memo_entry *e, struct weir__heap *heap,
     const struct weir__applied *a, const struct weir__layout *const *in,
     const struct weir__derived *derived)
{
	size_t i;

	if (a->call.op->attrs) {
		if (!e->attrs)
			e->attrs = weir__alloc(heap, WEIR_ATTRS_MAX);
		if (!e->attrs)
			return false;
		memcpy(e->attrs, a->call.attrs, a->call.op->attrs_size);
	}
	e->derived = *derived;
	for (i = 0; i < a->call.op->n_out; i++) {
		const struct weir__layout *layout = derived->results[i];

		e->derived.results[i] = weir__layout_share(heap, &layout->spec,
							   layout->strides);
		if (!e->derived.results[i])
			return false;
	}
	for (i = 0; i < a->call.n_in; i++)
		e->in[i] = in[i];
	e->n_in = a->call.n_in;
	e->op = a->call.op;
	return true;
}

weir_status
weir__memo_add(struct weir__memo_entry *first, struct weir__memo_entry *second,
	       struct weir__heap *heap, const struct weir__applied *a,
	       const struct weir__layout *const *in,
	       struct weir__memo_room *room,
	       const struct weir__derived **derived)
{
	struct weir__memo_entry *e = first;
	weir_status status;

	*derived = &room->derived;
	status = weir__derive(&a->call, a->in, room->layouts, &room->derived);
	if (status || !first)
		return status;
	if (first->op && !second->op)
		e = second;
	e->op = NULL;
	if (fill(e, heap, a, in, &room->derived))
		*derived = &e->derived;
	return WEIR_OK;
}

struct weir__memo *
weir__memo_new(struct weir__heap *heap)
{
	return weir__calloc(heap, 1, sizeof(struct weir__memo));
}

void
weir__memo_free(struct weir__memo *memo, struct weir__heap *heap)
{
	size_t i;

	for (i = 0; memo && i < WEIR__MEMO_ENTRIES; i++)
		weir__free(heap, memo->entries[i].attrs);
	weir__free(heap, memo);
}
