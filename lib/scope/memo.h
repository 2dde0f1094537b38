/*
 * What an eager scope remembers of calls: an op called again from the same
 * place with operands of the same layout need not be asked again for the
 * shapes of its results. (An inline cache, as in Deutsch and Schiffman,
 * Efficient Implementation of the Smalltalk-80 System, 1984.)
 *
 * Threads: as the scope.
 */
#ifndef WEIR_SCOPE_MEMO_H
#define WEIR_SCOPE_MEMO_H

#include "ops/applied.h"
#include "ops/schema.h"

enum {
	WEIR__MEMO_ENTRIES = 1024,	/* a power of two */
	WEIR__MEMO_IN = 4	/* calls with more operands are not kept */
};

/* Of whoever calls, for what cannot be kept. */
struct weir__memo_room {
	struct weir__derived derived;
	struct weir__layout layouts[WEIR_RESULTS_MAX];
};

/* An op, its attributes and the shared layouts of its operands; and what
 * follows from them. */
struct weir__memo_entry {
	const weir_op *op;		/* NULL: not filled */
	size_t n_in;
	const struct weir__layout *in[WEIR__MEMO_IN];
	void *attrs;			/* of WEIR_ATTRS_MAX bytes, or NULL */
	struct weir__derived derived;
};

/* A call is kept in one of two neighbours. */
struct weir__memo {
	struct weir__memo_entry entries[WEIR__MEMO_ENTRIES];
};

static inline bool
weir__memo_is_for(const struct weir__memo_entry *e,
		  const struct weir__applied *a,
		  const struct weir__layout *const *in)
{
	size_t i;

	if (e->op != a->call.op || e->n_in != a->call.n_in)
		return false;
	for (i = 0; i < e->n_in; i++)
		if (e->in[i] != in[i])
			return false;
	return !e->op->attrs ||
	       weir__attrs_equal(e->op, e->attrs, a->call.attrs);
}

/* Derive, and keep the answer in one of the two entries; or, with first NULL,
 * in room. */
weir_status
weir__memo_add(struct weir__memo_entry *first, struct weir__memo_entry *second,
	       struct weir__heap *heap, const struct weir__applied *applied,
	       const struct weir__layout *const *in,
	       struct weir__memo_room *room,
	       const struct weir__derived **derived);

/*
 * What follows from the call: found, or derived and kept, or where it cannot
 * be kept derived into room. memo may be NULL. The answer is good until the
 * next call of this function with the same memo, so whoever runs user code
 * while using it must keep that from coming here.
 */
static inline weir_status
weir__memo_derive(struct weir__memo *memo, struct weir__heap *heap,
		  const struct weir__applied *a, struct weir__memo_room *room,
		  const struct weir__derived **derived)
{
	const struct weir__layout *in[WEIR__MEMO_IN];
	struct weir__memo_entry *first, *second;
	/* The place tells calls apart that differ in attributes alone. The
	 * factors are odd, else arbitrary, and different ones so that the
	 * products do not wait for each other. */
	uint64_t hash = (uintptr_t)a->call.op * 0x9e3779b97f4a7c15u ^
			(uintptr_t)a->site * 0xc2b2ae3d27d4eb4fu;
	size_t i;

	if (!memo || a->call.n_in > WEIR__MEMO_IN)
		return weir__memo_add(NULL, NULL, heap, a, NULL, room,
				      derived);
	for (i = 0; i < a->call.n_in; i++) {
		in[i] = weir__tensor_layout(a->in[i]);
		if (!in[i])
			return weir__memo_add(NULL, NULL, heap, a, NULL, room,
					      derived);
		hash ^= (uintptr_t)in[i] *
			(0x165667b19e3779f9u + ((uint64_t)i << 33));
	}
	i = (hash >> 40) % WEIR__MEMO_ENTRIES;
	first = &memo->entries[i];
	second = &memo->entries[i ^ 1];
	if (weir__memo_is_for(first, a, in)) {
		*derived = &first->derived;
		return WEIR_OK;
	}
	if (weir__memo_is_for(second, a, in)) {
		*derived = &second->derived;
		return WEIR_OK;
	}
	return weir__memo_add(first, second, heap, a, in, room, derived);
}

/* NULL without memory. */
struct weir__memo *
weir__memo_new(struct weir__heap *heap);

/* memo may be NULL. */
void
weir__memo_free(struct weir__memo *memo, struct weir__heap *heap);

#endif
