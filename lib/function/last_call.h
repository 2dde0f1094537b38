/*
 * The plan of a function's last call and a run of it, kept at hand for another
 * call of the same signature: who gets them needs to look nothing up.
 *
 * One call at a time has them. Others, and calls of other signatures, go the
 * long way through the cache (cache.c) and the plan's idle runs.
 */
#ifndef WEIR_FUNCTION_LAST_CALL_H
#define WEIR_FUNCTION_LAST_CALL_H

#include "exec/run.h"
#include "tensor/operands.h"
#include "tensor/spin.h"

struct weir__last_call {
	struct weir__spin lock;		/* held throughout a call; only tried */
	struct weir__run *run;		/* taken; or NULL: there is none */
	weir_plan *plan;		/* its plan: a reference */
	uint64_t changes;		/* the function's when it was looked up */
	size_t n_in, n_out;
	const struct weir__layout *in[WEIR__FEW_OPERANDS];	/* shared */
};

/* Run the function's plan for these values with what is kept, which is got
 * first if it is another plan's. False if that cannot be: the call is to go
 * the long way. */
bool
weir__last_call_run(weir_function *function, weir_tensor *const *in,
		    size_t n_in, weir_tensor **out, size_t n_out,
		    weir_status *status);

/* Keep nothing any more. */
void
weir__last_call_end(struct weir__last_call *last);

#endif
