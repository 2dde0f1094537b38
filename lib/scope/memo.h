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
	struct weir__memo_entry *next;	/* of the call that came after this one
					   last time; never NULL */
	size_t n_in;
	const struct weir__layout *in[WEIR__MEMO_IN];
	void *attrs;			/* of WEIR_ATTRS_MAX bytes, or NULL */
	struct weir__derived derived;
};

/*
 * Programs repeat themselves, so the call that came next last time is tried
 * first, and has been fetched by then. Others are looked up; a call is kept in
 * one of two neighbours.
 */
struct weir__memo {
	struct weir__memo_entry *last;	/* never NULL */
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

/* Look the call up, or derive and keep what follows from it. */
weir_status
weir__memo_look_up(struct weir__memo *memo, struct weir__heap *heap,
		   const struct weir__applied *applied,
		   const struct weir__layout *const *in,
		   struct weir__memo_room *room,
		   const struct weir__derived **derived);

/* Derive without keeping it. */
weir_status
weir__memo_bypass(const struct weir__applied *applied,
		  struct weir__memo_room *room,
		  const struct weir__derived **derived);

static inline void
weir__memo_fetch(const struct weir__memo_entry *entry)
{
	__builtin_prefetch(entry);
	__builtin_prefetch((const char *)entry + 64);
	__builtin_prefetch((const char *)entry + 128);
}

/*
 * What follows from the call: remembered, or derived and kept, or where it
 * cannot be kept derived into room. memo may be NULL. The answer is good until
 * the next call of this function with the same memo, so whoever runs user code
 * while using it must keep that from coming here.
 */
static inline weir_status
weir__memo_derive(struct weir__memo *memo, struct weir__heap *heap,
		  const struct weir__applied *a, struct weir__memo_room *room,
		  const struct weir__derived **derived)
{
	const struct weir__layout *in[WEIR__MEMO_IN];
	struct weir__memo_entry *next;
	size_t i;

	if (!memo || a->call.n_in > WEIR__MEMO_IN)
		return weir__memo_bypass(a, room, derived);
	for (i = 0; i < a->call.n_in; i++) {
		in[i] = a->in[i]->layout;
		if (!in[i]->is_shared)
			return weir__memo_bypass(a, room, derived);
	}
	next = memo->last->next;
	if (!weir__memo_is_for(next, a, in))
		return weir__memo_look_up(memo, heap, a, in, room, derived);
	memo->last = next;
	weir__memo_fetch(next->next);
	*derived = &next->derived;
	return WEIR_OK;
}

/* NULL without memory. */
struct weir__memo *
weir__memo_new(struct weir__heap *heap);

/* memo may be NULL. */
void
weir__memo_free(struct weir__memo *memo, struct weir__heap *heap);

#endif
