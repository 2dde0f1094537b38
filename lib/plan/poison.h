/*
 * Where the dead lie: bytes of a plan's arena that nobody may read any more
 * once the last work has been done that makes or reads what is in them.
 *
 * A run that is looking for plans made wrong fills them then with what shows
 * wherever it comes (exec/poison.c): signalling NaNs, far negative numbers,
 * booleans that are neither.
 */
#ifndef WEIR_PLAN_POISON_H
#define WEIR_PLAN_POISON_H

#include "plan/plan.h"

struct weir__remains {		/* of a value, or of a step's scratch */
	size_t offset, bytes;
	weir_dtype dtype;
	uint32_t uses;		/* pieces of work that make or read it */
	bool is_written_over;	/* by who read it last, in place: there is
				   something else by then */
};

struct weir__poison {
	struct weir__remains *remains;
	uint32_t n;
	/* Per step, and one more: what its work uses, each once. */
	uint32_t *first_use, *uses;
};

/* Of a plan whose memory is planned. On success a new one:
 * weir__poison_free() it. Cost: O(slots). */
weir_status
weir__poison_new(const weir_plan *plan, struct weir__poison **poison);

void
weir__poison_free(struct weir__heap *heap, struct weir__poison *poison);

#endif
