/*
 * Traces to test with, and the rules that every trace file must keep.
 */
#ifndef WEIR_TESTS_TRACE_SAMPLE_H
#define WEIR_TESTS_TRACE_SAMPLE_H

#include <jansson.h>
#include "support/temporary.h"
#include "trace/event.h"
#include "trace/tracer.h"

/* A tracer with a heap of its own, recording. */
struct recording {
	struct weir__heap *heap;
	struct weir__tracer *tracer;
	char folder[TEMPORARY];	/* of its own; removed by end_recording() */
};

void
begin_recording(struct recording *recording, weir_trace_clock clock,
		size_t ring_bytes);

void
end_recording(struct recording *recording);

/* A name in the recording's folder; of the last few calls. */
const char *
file_of(const struct recording *recording, const char *name);

const struct weir__trace_info *
info_of(struct weir__tracer *tracer, const char *op, const char *path);

/* An op with every field set; times are what the fields then say. */
struct weir__trace_event
op_event(const struct weir__trace_info *info, uint64_t run, uint64_t ordinal,
	 uint64_t start, uint64_t end);

/* Scopes, an eager step, a graph run on three workers with tiles, arrows,
 * notes and a counter: some of all there is. */
void
record_sample(struct weir__tracer *tracer);

/* The file as JSON; fails the test where it is none. */
json_t *
parse(const char *path);

json_t *
write_and_parse(struct recording *recording);

/* Events of one phase; the event of a name that comes first. */
size_t
count_phase(json_t *trace, const char *phase);

json_t *
event_named(json_t *trace, const char *phase, const char *name);

int64_t
ns_of(json_t *event, const char *key);

/* The whole of a file; free it. */
char *
contents(const char *path, size_t *size);

/* Fails the test where a file breaks a rule that viewers live by. */
void
expect_rules(json_t *trace);

/* The same, and release it. */
void
expect_rules_once(json_t *trace);

#endif
