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
	const struct weir__derived *derived;
	uint64_t ordinal;
	const struct weir__path *path;	/* of the scope */
	const char *site;
};

#endif
