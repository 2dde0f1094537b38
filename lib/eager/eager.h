/*
 * Eager: allocate the results and run the op now, on this thread.
 *
 * In: a call that scope/ has checked, its operands as values. Out: new values.
 */
#ifndef WEIR_EAGER_EAGER_H
#define WEIR_EAGER_EAGER_H

#include <weir/op.h>
#include "tensor/tensor.h"
#include "trace/event.h"

/* What surrounds a call; run is 0 until something is traced. */
struct weir__eager {
	struct weir__heap *heap;
	struct weir__paths *paths;
	struct weir__tracer *tracer;
	uint64_t run;
	struct weir__described *described;	/* see eager_trace.c, or NULL */
};

/* One call: who made it, from where. */
struct weir__eager_call {
	const weir_call *call;		/* with the specs of the results */
	weir_tensor *const *in;		/* n_in values */
	/* where result 0 is a view of operand 0, else NULL */
	const int64_t *view_strides;
	int64_t view_offset;
	const struct weir__path *path;	/* of the scope */
	const char *site;
	uint64_t ordinal;
};

/* On success n_out new references in out; on failure none. */
weir_status
weir__eager_apply(struct weir__eager *eager,
		  const struct weir__eager_call *call, weir_tensor **out);

/* Remember the frame of ops from start until now (tracing only). */
void
weir__eager_trace_frame(struct weir__eager *eager,
			const struct weir__path *path, uint64_t start);

#endif
