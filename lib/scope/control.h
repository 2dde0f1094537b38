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
#include "scope/rows.h"

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
	/* Of a repeat: how often, and from the first row to the last or the
	 * other way round; the rows that it goes through, of which the body is
	 * handed those of an iteration before its states; and how many results
	 * the body gives after the next states, which are rows like others:
	 * all borrowed, and filled in, references, by the call. */
	struct weir__times times;
	bool is_forward;
	struct weir__rows *const *rows;
	size_t n_rows, n_yields;
	struct weir__rows *const *yields_like;
	struct weir__rows **yields;
};

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
	/* Of a loop whose states are kept, one for each: these are what was
	 * handed in, and the variables that are written. Else NULL. */
	struct weir__rows *const *kept;
	struct weir__times times;
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
