/* What the writers of the parts of a Chrome trace share. */
#ifndef WEIR_TRACE_CHROME_H
#define WEIR_TRACE_CHROME_H

#include "trace/arrows.h"
#include "trace/out.h"
#include "trace/timeline.h"

struct weir__chrome {
	struct weir__tracer *tracer;
	struct weir__timeline timeline;
	struct weir__arrows arrows;
	struct weir__out *out;
	bool is_logical, has_events;
	int first_pid;
};

/* The head of an event, up to its category; the caller closes it. */
void
weir__chrome_begin(struct weir__chrome *w, const char *phase,
		   const char *category);

/* "bound" or "unbound". */
const char *
weir__chrome_binding(const struct weir__tracer *tracer);

/* Name all tracks, and put them in order. */
void
weir__chrome_tracks(struct weir__chrome *w);

#endif
