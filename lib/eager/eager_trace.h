/* What eager leaves in the trace; alone knows how an op call is described. */
#ifndef WEIR_EAGER_EAGER_TRACE_H
#define WEIR_EAGER_EAGER_TRACE_H

#include "eager/eager.h"

void
weir__eager_trace_op(struct weir__eager *eager,
		     const struct weir__applied *call, uint64_t start);

/* Free what tracing has kept. */
void
weir__eager_trace_end(struct weir__eager *eager);

/* The call of what has no kernel, and so no shared layouts. */
void
weir__eager_trace_control(struct weir__eager *eager,
			  const struct weir__applied *c, uint64_t start);

#endif
