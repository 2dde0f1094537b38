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
	WEIR__MEMO_IN = WEIR__FEW_IN,	/* calls with more operands are not
					   kept */
	WEIR__MEMO_NEXT = 2	/* equal calls at two places of a loop are
				   followed by others in turn */
};

/* Of whoever calls, for what cannot be kept. */
struct weir__memo_room {
	struct weir__derived derived;
	struct weir__layout layouts[WEIR_RESULTS_MAX];
};

/* An op, its attributes and the shared layouts of its operands; and what
 * follows from them. What is compared is one cache line. */
struct weir__memo_entry {
	_Alignas(WEIR__CACHE_LINE)
	const weir_op *op;		/* NULL: not filled */
	size_t n_in;
	const struct weir__layout *in[WEIR__MEMO_IN];
	void *attrs;			/* of WEIR_ATTRS_MAX bytes, or NULL */
	/* Of calls that came after this one: the last new one first. */
	struct weir__memo_entry *next[WEIR__MEMO_NEXT];	/* never NULL */
	struct weir__derived derived;
};

/*
 * Programs repeat themselves, so the calls that came next before are tried
 * first, and the first has been fetched by then. Others are looked up; a call
 * is kept in one of two neighbours.
 */
struct weir__memo {
	struct weir__memo_entry *last;	/* never NULL */
	void *memory;			/* to be freed for the struct */
	struct weir__memo_entry entries[WEIR__MEMO_ENTRIES];
};

static inline bool
weir__memo_is_for(const struct weir__memo_entry *e,
		  const struct weir__applied *a)
{
	size_t i;

	if (e->op != a->call.op || e->n_in != a->call.n_in)
		return false;
	for (i = 0; i < e->n_in; i++)
		if (e->in[i] != a->in[i]->layout)
			return false;
	return !e->op->attrs ||
	       weir__attrs_equal(e->op, e->attrs, a->call.attrs);
}

/* Look the call up, or derive what follows from it, and keep that where it
 * can. memo may be NULL. */
weir_status
weir__memo_look_up(struct weir__memo *memo, struct weir__heap *heap,
		   const struct weir__applied *applied,
		   struct weir__memo_room *room,
		   const struct weir__derived **derived) WEIR_COLD;

/* Into the processor's caches what the call that is likely to come next is
 * going to need: by now a kernel may have swept it out. */
static inline void
weir__memo_fetch(const struct weir__memo *memo)
{
	const struct weir__memo_entry *next = memo->last->next[0];

	__builtin_prefetch(next);
	__builtin_prefetch((const char *)next + WEIR__CACHE_LINE);
}

/* The entry of the call, if it is one of those that came next before; it
 * becomes the memo's last where the call is made. */
static inline struct weir__memo_entry *
weir__memo_next(const struct weir__memo *memo, const struct weir__applied *a)
{
	struct weir__memo_entry *const *nexts = memo->last->next;

	return weir__memo_is_for(nexts[0], a) ? nexts[0]
	     : weir__memo_is_for(nexts[1], a) ? nexts[1] : NULL;
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
	struct weir__memo_entry *next = memo ? weir__memo_next(memo, a) : NULL;

	if (!next)
		return weir__memo_look_up(memo, heap, a, room, derived);
	memo->last = next;
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
