/*
 * Rings made ready to be drawn.
 *
 * In: the rings, as recorded. Out: spans with times in nanoseconds, on
 * tracks. What always holds then: on one track spans nest or are disjoint,
 * no two of its 2 n boundaries share a nanosecond, children lie strictly
 * inside parents, and no span is shorter than 2 ns, so that an arrow can
 * begin inside it. Viewers draw wrong pictures where one of these fails.
 */
#ifndef WEIR_TRACE_TIMELINE_H
#define WEIR_TRACE_TIMELINE_H

#include "trace/tracer.h"

struct weir__span {
	const struct weir__record *record;
	int64_t ts, te;		/* as drawn */
	int64_t start, end;	/* as measured */
	uint32_t track;		/* index */
	uint32_t parent;	/* index + 1 while the sweep goes on */
	uint64_t order;		/* of recording, over all rings */
};

struct weir__track {
	const struct weir__ring *ring;
	int node;		/* where most of its events ran, or 0 */
	int cpu;		/* the same; -1: not known */
	int worker;		/* what most of its ops say; 0: a caller */
	unsigned lane;		/* 0, or more for what overlaps */
	unsigned tid;		/* from 1, unique in the file */
	unsigned caller;	/* from 1 among those with worker 0 */
};

struct weir__timeline {
	struct weir__heap *heap;
	struct weir__span *spans;	/* by ts, longer ones first */
	size_t n_spans;
	struct weir__span *counters;	/* by ts; te is not used */
	size_t n_counters;
	struct weir__track *tracks;	/* by node, then worker */
	size_t n_tracks, tracks_room;
	uint64_t lost, lost_deps;
	uint64_t backwards;	/* events the clock ran backwards over */
};

weir_status
weir__timeline_build(struct weir__tracer *tracer,
		     struct weir__timeline *timeline);

void
weir__timeline_free(struct weir__timeline *timeline);

/* The NUMA node of a processor; -1 where it is not known. */
int
weir__node_of(const struct weir__tracer *tracer, unsigned cpu);

#endif
