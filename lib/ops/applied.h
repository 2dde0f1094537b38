/* A call on its way through scope/: what eager runs, graph/ records, and
 * whoever watches a scope is told of. */
#ifndef WEIR_OPS_APPLIED_H
#define WEIR_OPS_APPLIED_H

#include "ops/derived.h"

struct weir__applied {
	weir_call call;			/* call.out is set by who needs it */
	weir_tensor *const *given;	/* operands as the caller gave them */
	weir_tensor **in;		/* and as they are used: no variables */
	weir_tensor **out;
	const struct weir__derived *derived;	/* of a kernel's call */
	/* Of another: see scope/control.h; else NULL. */
	const struct weir__controlled *control;
	uint64_t ordinal;
	struct weir__origin origin;	/* of the results */
	const void *frame;		/* that has them */
};

/*
 * Arrays as long as a call may need would lie cache lines apart, which each
 * call touches. Nearly all calls have few operands: for them short arrays do.
 */
enum { WEIR__FEW_IN = 4, WEIR__FEW_OUT = 2 };

static inline bool
weir__has_few(const weir_call *call)
{
	return call->n_in <= WEIR__FEW_IN &&
	       call->n_out <= WEIR__FEW_OUT;
}

#endif
