#include "scope/memo.h"

#include <string.h>

/* Whether the entry, which has the answer for no call now, has it for this
 * one; it keeps layouts that are shared only. */
static bool
fill(struct weir__memo_entry *e, struct weir__heap *heap,
     const struct weir__applied *a, const struct weir__derived *derived)
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
		e->in[i] = a->in[i]->layout;
	e->n_in = a->call.n_in;
	e->op = a->call.op;
	return true;
}

static weir_status
derive(const struct weir__applied *a, struct weir__memo_room *room,
       const struct weir__derived **derived)
{
	*derived = &room->derived;
	return weir__derive(&a->call, a->in, room->layouts, &room->derived);
}

/* Entries are compared by what is shared, and have room for few operands. */
static bool
can_be_kept(const struct weir__applied *a)
{
	size_t i;

	for (i = 0; i < a->call.n_in; i++)
		if (!weir__has_shared_layout(a->in[i]))
			return false;
	return a->call.n_in <= WEIR__MEMO_IN;
}

/* The factors are odd, else arbitrary. */
static size_t
index_of(const struct weir__applied *a)
{
	/* The place tells calls apart that differ in attributes alone. */
	uint64_t hash = (uintptr_t)a->call.op * 0x9e3779b97f4a7c15u ^
			(uintptr_t)a->origin.site * 0xc2b2ae3d27d4eb4fu;
	size_t i;

	for (i = 0; i < a->call.n_in; i++)
		hash ^= (uintptr_t)a->in[i]->layout *
			(0x165667b19e3779f9u + ((uint64_t)i << 33));
	return (hash >> 40) % WEIR__MEMO_ENTRIES;
}

weir_status
weir__memo_look_up(struct weir__memo *memo, struct weir__heap *heap,
		   const struct weir__applied *a,
		   struct weir__memo_room *room,
		   const struct weir__derived **derived)
{
	struct weir__memo_entry *e, *second;
	weir_status status;
	size_t i;

	if (!memo || !can_be_kept(a))
		return derive(a, room, derived);
	i = index_of(a);
	e = &memo->entries[i];
	second = &memo->entries[i ^ 1];
	if (!weir__memo_is_for(e, a)) {
		if (weir__memo_is_for(second, a)) {
			e = second;
		} else {
			status = derive(a, room, derived);
			if (status)
				return status;
			if (e->op && !second->op)
				e = second;
			e->op = NULL;
			if (!fill(e, heap, a, *derived))
				return WEIR_OK;
		}
	}
	memo->last->next[1] = memo->last->next[0];
	memo->last->next[0] = e;
	memo->last = e;
	*derived = &e->derived;
	return WEIR_OK;
}

struct weir__memo *
weir__memo_new(struct weir__heap *heap)
{
	void *memory;
	struct weir__memo *memo = weir__alloc_on_line(heap, sizeof *memo,
						      &memory);
	size_t i, k;

	if (!memo)
		return NULL;
	memset(memo, 0, sizeof *memo);
	memo->memory = memory;
	for (i = 0; i < WEIR__MEMO_ENTRIES; i++)
		for (k = 0; k < WEIR__MEMO_NEXT; k++)
			memo->entries[i].next[k] = &memo->entries[0];
	memo->last = &memo->entries[0];
	return memo;
}

void
weir__memo_free(struct weir__memo *memo, struct weir__heap *heap)
{
	size_t i;

	if (!memo)
		return;
	for (i = 0; i < WEIR__MEMO_ENTRIES; i++)
		weir__free(heap, memo->entries[i].attrs);
	weir__free(heap, memo->memory);
}
