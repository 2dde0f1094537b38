/* What a run of a schedule leaves in the trace. */
#ifndef WEIR_EXEC_STREAM_TRACE_H
#define WEIR_EXEC_STREAM_TRACE_H

#include "exec/stream.h"
#include "trace/event.h"

/* Get ready to trace this run; does nothing when the tracer is off. */
void
weir__stream_trace_begin(struct weir__stream_run *run);

void
weir__stream_trace_end(struct weir__stream_run *run);

/* A task was run: the entry-th of the streams, in the number-th of the runs
 * that this one repeats. Returns its end, the start of who comes next. */
uint64_t
weir__stream_trace_task(struct weir__stream_run *run, uint32_t entry,
			uint64_t number, uint32_t block, unsigned worker,
			uint64_t start);

#endif
