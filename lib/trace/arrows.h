/*
 * Dependencies as arrows: from the op that made a value to the op that uses
 * it, within one run.
 *
 * Of an op that was cut, one arrow ends at the event that holds its first
 * tile, and one begins at the last event that had ended by then: that is the
 * wait that decided. So an op that a loop executes many times under one
 * ordinal is joined to the execution before, not to all of them.
 */
#ifndef WEIR_TRACE_ARROWS_H
#define WEIR_TRACE_ARROWS_H

#include "trace/timeline.h"

struct weir__arrows {
	const struct weir__timeline *timeline;
	struct arrow_key *keys;		/* ops by run, ordinal, end */
	size_t n;
	uint64_t drawn;
	uint64_t clamped;	/* began before its producer's end: drawn from
				   inside the producer */
	uint64_t backwards;	/* began before its producer: not drawn */
	uint64_t absent;	/* the producer is not in the trace */
};

struct weir__arrow {
	const struct weir__span *from, *to;
	int64_t at;		/* strictly inside from, before to */
};

weir_status
weir__arrows_init(struct weir__arrows *arrows,
		  const struct weir__timeline *timeline);

void
weir__arrows_free(struct weir__arrows *arrows);

/* Whether arrows end at this span. */
bool
weir__arrows_end_at(const struct weir__span *span);

/* The arrow of the i-th producer of a span; false: none is to be drawn. */
bool
weir__arrow_find(struct weir__arrows *arrows, const struct weir__span *to,
		 uint32_t i, struct weir__arrow *arrow);

#endif
