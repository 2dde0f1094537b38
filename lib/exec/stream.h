/*
 * Executing a schedule of tasks, again and again.
 *
 * Each stream has a progress word: how many of its blocks are done, counted
 * over all runs, so nothing is reset between them. It has a cache line of its
 * own and is written by whoever runs the stream only.
 */
#ifndef WEIR_EXEC_STREAM_H
#define WEIR_EXEC_STREAM_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include "base/error.h"
#include "exec/handle.h"
#include "exec/team.h"
#include "graph/tasks.h"
#include "plan/schedule.h"

struct weir__progress {
	alignas(128) _Atomic uint64_t done;	/* release: what the blocks
						   wrote; acquire: to see it */
	_Atomic uint64_t claimed;	/* claimed loop: one more than done
					   while somebody runs a block */
	/* Strict loop: likewise; not where others look for `done`. */
	alignas(128) _Atomic uint64_t taken;
};

struct weir_schedule {
	struct weir__heap *heap;	/* a reference */
	char *name;
	struct weir__team *team;	/* the runtime's */
	struct weir__tracer *tracer;	/* likewise, may be NULL */
	const char **names;		/* per task: owned list of borrowed
					   names; NULL: none has one */
	struct weir__schedule *streams;
	struct weir__task *entries;	/* in the order of the streams */
	struct weir__dag dag;		/* owned copies: for the check */
	weir_schedule_info info;
	bool may_overlap;		/* runs need no turns */
	pthread_mutex_t lock;		/* guards what follows */
	struct weir__stream_run *idle;	/* runs that nobody has */
	pthread_cond_t turn;		/* `served` has changed */
	uint64_t tickets, served;	/* given out; whose turn it is */
	unsigned posted;		/* of those not served: to the resident
					   team */
	struct weir__stream_run *pending, **pending_end;  /* by ticket: those
						that nobody waits for */
};

struct weir__stream_run {
	struct weir__stream_run *next;	/* idle or pending */
	struct weir__stream_run *around;	/* this one is of its task */
	weir_schedule *schedule;
	uint64_t ticket;
	bool is_posted;			/* to the resident team */
	struct weir__progress *progress;	/* per worker */
	void *progress_memory;
	uint64_t begin, end;	/* runs behind each stream, and then */
	double deadline;	/* in weir__now_ns(); 0: none */
	weir_run *handle;	/* or NULL: somebody waits */

	/* Tracing; tracer is NULL unless this run is traced. */
	struct weir__tracer *tracer;
	uint64_t trace_run, trace_start;
	const struct weir__trace_info **infos;	/* per entry, or NULL */
	_Atomic uint64_t *ends;			/* per task, or NULL */
	bool has_infos;				/* all of them */

	/* Of runs that began strictly, those below need claims; and those
	 * below which everybody has been told. */
	_Atomic uint64_t opening, opened;
	_Atomic uint64_t failed;	/* lowest task that has failed, or
					   UINT64_MAX; read without the lock */
	pthread_mutex_t failure_lock;	/* guards the two below in a run */
	weir_status status;
	char *why;			/* WEIR__ERROR_SIZE bytes */
};

/* Copies what it needs of the tasks. */
weir_status
weir__stream_compile(const weir_tasks *tasks, struct weir__team *team,
		     struct weir__tracer *tracer, weir_schedule **schedule);

/* -- stream_loop.c ----------------------------------------------------------------- */

/* The run is to fail: later tasks than this one, 0 for all, are not begun. */
void
weir__stream_fail(struct weir__stream_run *run, uint64_t task,
		  weir_status status, const char *why);

/* What one thread of a team does of a run. Between runs everybody waits for
 * everybody. */
void
weir__stream_work(struct weir__stream_run *run, unsigned me, unsigned team);

/* -- stream_print.c ----------------------------------------------------------------- */

weir_status
weir__stream_describe(const weir_schedule *schedule, bool as_dot, char **text);

/* -- stream_run.c ------------------------------------------------------------------ */

weir_status
weir__stream_run(weir_schedule *schedule, size_t times);

/* The same without waiting, see weir_schedule_start(). */
weir_status
weir__stream_start(weir_schedule *schedule, size_t times,
		   const weir_start_options *options, weir_run **handle);

void
weir__stream_runs_free(weir_schedule *schedule);

#endif
