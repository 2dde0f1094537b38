/* The inside of a tracer, for the files of this folder. */
#ifndef WEIR_TRACE_TRACER_H
#define WEIR_TRACE_TRACER_H

#include <pthread.h>
#include <sys/types.h>

#include "trace/clock.h"
#include "trace/event.h"
#include "trace/info.h"
#include "trace/ring.h"

/* Notes of one call of weir__trace_notes(). */
struct weir__trace_notice {
	struct weir__trace_notice *next;	/* told later */
	uint64_t run;
	size_t n;
	struct weir__trace_note notes[];
};

struct weir__tracer {
	struct weir__trace_switch on;	/* first: see event.h */
	/* Unique in the process and new with every recording; 0 before the
	 * first. Relaxed: changes only while nobody records. */
	_Atomic uint64_t session;
	size_t ring_bytes;
	struct weir__clock clock;
	_Atomic uint64_t runs;
	_Atomic uint64_t lost;		/* by threads that have no ring */
	struct weir__heap *heap;
	struct weir__infos infos;

	pthread_mutex_t lock;		/* guards all below */
	struct weir__ring *rings, **last_ring;
	struct weir__trace_notice *notices, **last_notice;
	int *node_of_cpu;
	size_t n_cpus;
	bool are_bound, has_places;

	/* exit.c: constant but for `path` and `next_watched` (its lock). */
	char *file;			/* as asked for, absolute; or NULL */
	char *path;			/* %p replaced, told from others */
	pid_t owner;			/* a forked child writes nothing */
	struct weir__tracer *next_watched;
	bool is_watched;

	void *memory;			/* to be freed for the struct */
};

/* chrome.c: write all that was recorded. WEIR_ESTATE: nothing was. */
weir_status
weir__chrome_write(struct weir__tracer *tracer, const char *path);

/* overhead.c: what an event of this tracer costs; 0 where not known. */
int64_t
weir__overhead_ns(struct weir__tracer *tracer);

/* exit.c: remember to write the file of a tracer that has one. */
weir_status
weir__exit_watch(struct weir__tracer *tracer);

/* No longer; what was recorded is written, if this is the right process. */
void
weir__exit_finish(struct weir__tracer *tracer);

/* exit.c: the absolute form of a file name, with %p replaced. */
char *
weir__exit_file_name(struct weir__heap *heap, const char *file);

#endif
