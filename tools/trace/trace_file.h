/*
 * A trace file in memory.
 *
 * In: Chrome Trace Event JSON as weir writes it, whole or torn: an array
 * with no closing bracket, a file that ends within an event. Out: events
 * whose fields have been checked, with times in nanoseconds. What the tools
 * do not know of an event stays in its text.
 */
#ifndef WEIR_TRACE_FILE_H
#define WEIR_TRACE_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event {
	const char *text;	/* in the file; not terminated */
	size_t length;
	char phase;
	bool is_kept;		/* by a filter; true at first */
	int64_t pid, tid;
	int64_t ts, dur;	/* ns */
	size_t name, category;	/* index into trace->names */
	uint64_t flow;		/* id of an arrow */
	int64_t run, ordinal;	/* of an op; -1: not told */
	double bytes, flops;	/* of this event: a tile's share */
	bool is_first;		/* not cut, or holds the first tile */
	size_t parent;		/* see trace_nest(); index + 1 */
	int64_t inside;		/* ns of the ops right inside */
};

struct track {
	int64_t pid, tid;
	char *name;		/* may be NULL */
	char *process;		/* likewise */
};

struct trace {
	const char *path;
	char *text;
	size_t size;
	struct event *events;
	size_t n_events, room;
	char **names;
	size_t n_names, names_room;
	json_t *name_index;
	json_t *other;		/* otherData.weir, or NULL */
	json_t *rest;		/* all keys but traceEvents */
	char *torn;		/* what was repaired, or NULL */
	/* Filled by trace_nest(): spans by track, then by time. */
	size_t *spans, n_spans;
	struct track *tracks;
	size_t n_tracks;
	size_t *first_span;	/* of each track; n_tracks + 1 entries */
};

/* Read a file ("-": standard input). On failure prints one line. */
int
trace_read(struct trace *trace, const char *path);

void
trace_free(struct trace *trace);

/* Add the event that a part of the text tells of. */
int
trace_add_event(struct trace *trace, const char *text, size_t length);

/* Sort spans by track, find which lies in which, and name the tracks. */
int
trace_nest(struct trace *trace);

/* The innermost span of a track at a time; SIZE_MAX: none. */
size_t
trace_span_at(const struct trace *trace, int64_t pid, int64_t tid,
	      int64_t when);

bool
is_op(const struct trace *trace, const struct event *event);

/* "weir-trace: path: ..." on standard error; returns 2. */
int
complain(const char *path, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/* The same with the line of a place in the text. */
int
complain_at(const struct trace *trace, const char *at, const char *format,
	    ...) __attribute__((__format__(__printf__, 3, 4)));

#endif
