/*
 * Control flow: calls whose work is C functions. In an eager scope they are
 * called now; in a recording each is recorded, once, as a body of a node.
 *
 * In: calls from api/, and from gradients. Out: as any other call: one ordinal
 * (after those of operands that are copied), results, watchers told.
 */
#ifndef WEIR_SCOPE_CONTROL_H
#define WEIR_SCOPE_CONTROL_H

#include <weir/control.h>
#include "graph/control_node.h"
#include "scope/body.h"

/* What several calls, and tapes that know of them, share. */
struct weir__shared {
	atomic_uint refs;
	void (*free)(struct weir__shared *shared);
};

static inline void
weir__shared_retain(struct weir__shared *shared)
{
	if (shared)
		atomic_fetch_add_explicit(&shared->refs, 1,
					  memory_order_relaxed);
}

static inline void
weir__shared_release(struct weir__shared *shared)
{
	if (shared && atomic_fetch_sub_explicit(&shared->refs, 1,
						memory_order_acq_rel) == 1)
		shared->free(shared);
}

struct weir__control_call {
	enum weir__control_kind kind;
	const char *names[WEIR__BODIES_MAX];	/* live as long as the runtime */
	weir_body_fn fns[WEIR__BODIES_MAX];
	void *arg;
	struct weir__shared *shared;	/* that arg lies in; or NULL */
	size_t n_in;			/* handed in; of a loop its states */
	size_t n_out;			/* that the bodies give */
	int64_t max_iterations;
	/* Of a repeat: what it is to go through backwards, handed to the body
	 * before its states. */
	const struct weir__rows *rows;
};

/* The states of a while in each of its iterations. */
struct weir__rows {
	uint64_t loop;		/* ordinal of the call whose they are */
	size_t n;		/* states */
	/* In eager mode n of them after n, first iteration first; in a
	 * recording, as of one iteration, symbols that are like them. */
	weir_tensor **values;
	size_t n_iterations;
	/* In a recording: symbols of all rows of each state, and of how many
	 * there are. */
	weir_tensor **recorded, *count;
};

void
weir__rows_free(struct weir__rows *rows, struct weir__heap *heap);

/*
 * What watchers are told beside the call itself. Operands are
 *
 *	the predicate of a cond; what was handed in; what bodies have
 *	captured; the variables that they have touched
 *
 * and results what was asked for, then the values that variables have got.
 */
struct weir__controlled {
	const struct weir__control_call *call;
	size_t n_captured, n_variables;
	const uint32_t *written;	/* which of the variables */
	size_t n_written;
	/* Of a while: the states are what was handed in, and the variables
	 * that are written. NULL where nobody watches. */
	const struct weir__rows *rows;
};

/*
 * Make the call.
 *
 * predicate: of a cond; else NULL. in: call->n_in. out: call->n_out results,
 * owned by the scope; on failure left as they were.
 */
weir_status
weir__scope_control(weir_scope *scope, const struct weir__control_call *call,
		    weir_tensor *predicate, weir_tensor *const *in,
		    weir_tensor **out, const char *site);

#endif
