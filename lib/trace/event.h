/*
 * Events: what each thread did when, in a ring of its own.
 *
 * In: events from eager and exec, stamped by the caller with
 * weir__trace_now(). Out: the rings, to be written by chrome.c. Nothing here
 * knows tensors or graphs: what is said about an op is plain text.
 *
 * A tracer that is off costs a relaxed load and a branch at the caller:
 *
 *	if (weir__trace_is_on(tracer)) ...
 */
#ifndef WEIR_TRACE_EVENT_H
#define WEIR_TRACE_EVENT_H

#include <stdatomic.h>
#include <weir/trace.h>
#include "base/alloc.h"

enum weir__trace_kind {
	WEIR__TRACE_OP = 1,	/* an op, or some tiles of one */
	WEIR__TRACE_FRAME,	/* from push to pop of a scope */
	WEIR__TRACE_RUN,	/* one run of a plan, on the caller */
	WEIR__TRACE_RECORD,	/* recording a function */
	WEIR__TRACE_COMPILE	/* compiling a graph */
};

/*
 * What does not change between executions of one op call. Interned by the
 * tracer (equal ones are kept once), so an event needs only a pointer.
 */
struct weir__trace_info {
	const char *op;		/* "matmul"; of a frame or run its last name */
	const char *path;	/* "train/layer1/matmul" */
	const char *site;	/* "model.c:42", "" where there is none */
	const char *shapes;	/* "f32[32,20] f32[20,64] -> f32[32,64]", "" */
	double bytes, flops;	/* 0 where not known */
};

/*
 * Set every field by an assignment: an initialiser that leaves some out
 * clears all of it first, which costs more than recording. All tiles of an op
 * carry the same deps. Two stamps cost more than the rest together, so where
 * one op follows another, let its start be the other's end.
 */
struct weir__trace_event {
	enum weir__trace_kind kind;
	const struct weir__trace_info *info;
	uint64_t run;		/* names the run or eager scope: ordinals are
				   unique within it */
	uint64_t ordinal;	/* of the op, in the order of the calls */
	uint64_t ready;		/* stamps of weir__trace_now(); ready is 0 */
	uint64_t start, end;	/* where it is not known */
	int64_t tile_begin, tile_end, tiles;	/* tiles 0: not cut */
	int32_t block;		/* of the plan; -1: none */
	int32_t worker;		/* 0 is the caller */
	bool eager;
	uint32_t n_deps;	/* ordinals (same run) of the producers */
	const uint64_t *deps;	/* of its operands; copied */
};

/* What became of a recorded op that no event will show; or what an event is
 * that no recorded op is shown by. */
enum weir__trace_fate {
	WEIR__FATE_MERGED = 1,	/* equal to another op */
	WEIR__FATE_FOLDED,	/* computed when the plan was made */
	WEIR__FATE_DROPPED,	/* its results are not used */
	WEIR__FATE_VIEW,	/* a view of its operand: nothing to run */
	WEIR__FATE_FUSED,	/* run as a part of another */
	WEIR__FATE_RECOMPUTED	/* another one, run once more: its ordinal is
				   beyond those of the calls */
};

struct weir__trace_note {
	uint64_t ordinal;
	const struct weir__trace_info *info;
	enum weir__trace_fate fate;
	uint64_t into;		/* ordinal of the op that stands for it;
				   its own where there is none */
};

struct weir__tracer;

/* A tracer that is off. file: NULL, or where to write it in the end. */
weir_status
weir__tracer_create(struct weir__heap *heap, const char *file,
		    struct weir__tracer **tracer);

/* Writes the file, if one was named and something recorded. */
void
weir__tracer_release(struct weir__tracer *tracer);

weir_status
weir__tracer_start(struct weir__tracer *tracer,
		   const weir_trace_options *options);

void
weir__tracer_stop(struct weir__tracer *tracer);

weir_status
weir__tracer_write(struct weir__tracer *tracer, const char *path);

/*
 * Tell which NUMA node each processor belongs to (n entries by the system's
 * processor number; copied), and whether the workers are bound.
 */
weir_status
weir__tracer_set_places(struct weir__tracer *tracer, const int *node_of_cpu,
			size_t n, bool are_bound);

/* First member of struct weir__tracer, so that asking is inline. */
struct weir__trace_switch {
	atomic_bool is_on;
};

static inline bool
weir__trace_is_on(const struct weir__tracer *tracer)
{
	return tracer && atomic_load_explicit(
		&((const struct weir__trace_switch *)tracer)->is_on,
		memory_order_relaxed);
}

/* Ticks, or with the logical clock the count of calls. */
uint64_t
weir__trace_now(struct weir__tracer *tracer);

/*
 * Which recording this is: another number with each start and after each
 * write, 0 before the first. Who tells something once (the notes of a plan)
 * tells it again when this has changed.
 */
uint64_t
weir__trace_session(const struct weir__tracer *tracer);

/* A number for a new run or eager scope, from 1. */
uint64_t
weir__trace_new_run(struct weir__tracer *tracer);

/* The tracer's copy of *info; NULL without memory (then skip the event). */
const struct weir__trace_info *
weir__trace_intern(struct weir__tracer *tracer,
		   const struct weir__trace_info *info);

/* Add an event to this thread's ring. Never fails: what finds no room or no
 * memory is counted as lost. */
void
weir__trace_event(struct weir__tracer *tracer,
		  const struct weir__trace_event *event);

/*
 * What is no op, from start until now on this thread: a frame, a run, a
 * recording. It is described on the way, by its last name and its path.
 * Returns the stamp of its end.
 */
uint64_t
weir__trace_span(struct weir__tracer *tracer, enum weir__trace_kind kind,
		 uint64_t run, const char *name, const char *path,
		 uint64_t start);

/* An event could not even be described, for want of memory: it is lost. */
void
weir__trace_lose(struct weir__tracer *tracer);

/* A value of a counter at a time, drawn over the timeline: bytes in use. */
void
weir__trace_counter(struct weir__tracer *tracer, const char *name,
		    uint64_t when, double value);

/*
 * The ops of a plan that no event will show; written with every trace in
 * which run (that of the first run of the plan while tracing) appears.
 * Notes are copied.
 */
void
weir__trace_notes(struct weir__tracer *tracer, uint64_t run,
		  const struct weir__trace_note *notes, size_t n);

#endif
