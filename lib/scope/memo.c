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
		e->derived.results[i] = weir__layout_share(
			heap, derived->results[i]);
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
weir__memo_bypass(const struct weir__applied *a, struct weir__memo_room *room,
		  const struct weir__derived **derived)
{
	*derived = &room->derived;
	return weir__derive(&a->call, a->in, room->layouts, &room->derived);
}

/* The factors are odd, else arbitrary. */
static size_t
index_of(const struct weir__applied *a, const struct weir__layout *const *in)
{
	/* The place tells calls apart that differ in attributes alone. */
	uint64_t hash = (uintptr_t)a->call.op * 0x9e3779b97f4a7c15u ^
			(uintptr_t)a->site * 0xc2b2ae3d27d4eb4fu;
	size_t i;

	for (i = 0; i < a->call.n_in; i++)
		hash ^= (uintptr_t)in[i] *
			(0x165667b19e3779f9u + ((uint64_t)i << 33));
	return (hash >> 40) % WEIR__MEMO_ENTRIES;
}

weir_status
weir__memo_look_up(struct weir__memo *memo, struct weir__heap *heap,
		   const struct weir__applied *a,
		   const struct weir__layout *const *in,
		   struct weir__memo_room *room,
		   const struct weir__derived **derived)
{
	size_t i = index_of(a, in);
	struct weir__memo_entry *e = &memo->entries[i];
	struct weir__memo_entry *second = &memo->entries[i ^ 1];
	weir_status status;

	if (!weir__memo_is_for(e, a, in)) {
		if (weir__memo_is_for(second, a, in)) {
			e = second;
		} else {
			status = weir__memo_bypass(a, room, derived);
			if (status)
				return status;
			if (e->op && !second->op)
				e = second;
			e->op = NULL;
			if (!fill(e, heap, a, in, *derived))
				return WEIR_OK;
		}
	}
	memo->last->next = e;
	memo->last = e;
	*derived = &e->derived;
	return WEIR_OK;
}

struct weir__memo *
weir__memo_new(struct weir__heap *heap)
{
	struct weir__memo *memo = weir__calloc(heap, 1, sizeof *memo);
	size_t i;

	if (!memo)
		return NULL;
	for (i = 0; i < WEIR__MEMO_ENTRIES; i++)
		memo->entries[i].next = &memo->entries[0];
	memo->last = &memo->entries[0];
	return memo;
}

void
weir__memo_free(struct weir__memo *memo, struct weir__heap *heap)
{
	size_t i;

	for (i = 0; memo && i < WEIR__MEMO_ENTRIES; i++)
		weir__free(heap, memo->entries[i].attrs);
	weir__free(heap, memo);
}
