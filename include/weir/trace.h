/*
 * Traces: what ran when, where, and after waiting for what.
 *
 * WEIR_TRACE=file.json in the environment traces any program unchanged.
 */
#ifndef WEIR_TRACE_H
#define WEIR_TRACE_H

#include <weir/export.h>
#include <weir/runtime.h>
#include <weir/status.h>

WEIR_BEGIN_DECLS

typedef enum weir_trace_clock {
	WEIR_TRACE_TIME = 0,	/* nanoseconds */
	WEIR_TRACE_LOGICAL = 1	/* counts events: eager runs repeat exactly */
} weir_trace_clock;

/** Set .size = sizeof(weir_trace_options); 0 elsewhere for defaults. */
typedef struct weir_trace_options {
	size_t size;
	weir_trace_clock clock;	/* WEIR_TRACE_CLOCK=logical sets it too */
	/* Bytes of events kept per thread, oldest out; 0: 64 MiB. What was
	 * lost is counted and written in the file. */
	size_t ring_bytes;
} weir_trace_options;

/**
 * Record events from now on; a recording under way goes on.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL
 *
 * Threads: not while runs are in flight.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_trace_start(weir_runtime *runtime, const weir_trace_options *options);

/** Stop recording; what was recorded stays until written or restarted. */
WEIR_API void
weir_trace_stop(weir_runtime *runtime);

/**
 * Write what was recorded as Chrome Trace Event JSON, to a temporary name
 * that is then renamed, and forget it.
 *
 * @return WEIR_OK, WEIR_EIO, WEIR_ESTATE (nothing was recorded)
 *
 * Threads: not while runs are in flight.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_trace_write(weir_runtime *runtime, const char *path);

WEIR_END_DECLS

#endif /* WEIR_TRACE_H */
