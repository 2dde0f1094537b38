/* Executing a schedule of tasks, again and again. */
#ifndef WEIR_EXEC_STREAM_H
#define WEIR_EXEC_STREAM_H

#include <pthread.h>
#include "base/error.h"
#include "exec/handle.h"
#include "exec/stream_loop.h"
#include "exec/team.h"
#include "exec/waits.h"
#include "graph/task_paths.h"

struct weir_schedule {
	struct weir__heap *heap;	/* a reference */
	atomic_uint refs;		/* the caller's, and of each run that
					   has a handle, until it is over */
	char *name;
	struct weir__team *team;	/* the runtime's */
	struct weir__tracer *tracer;	/* likewise, may be NULL */
	const char **names;		/* per task: owned list of borrowed
					   names; NULL: none has one */
	struct weir__task_path *paths;	/* of the tasks of graphs that were
					   added: an owned list */
	size_t n_paths;
	struct weir__schedule *streams;
	struct weir__task *entries;	/* in the order of the streams */
	struct weir__task_args *args;	/* a reference, or NULL; with them the
					   texts of paths */
	struct weir__dag dag;		/* owned copies: for the check */
	weir_schedule_info info;
	bool may_overlap;		/* runs need no turns */
	pthread_mutex_t lock;		/* guards what follows */
	struct weir__stream_run *idle;	/* runs that nobody has */
	/* Runs that take turns: the one whose turn it is, and those after
	 * it, by ticket. */
	struct weir__stream_run *front, *last;
	uint64_t tickets, served;	/* given out; of the front */
	pthread_cond_t turn;		/* the front has changed, or has been
					   posted */
};

struct weir__stream_run {
	struct weir__stream_loop loop;
	struct weir__stream_run *next;	/* idle, or whose turn is next */
	weir_schedule *schedule;
	struct weir__waiting waiting;
	uint64_t ticket;
	bool is_awaited;		/* somebody waits for its turn */
	bool will_be_posted;		/* to the resident team */
	_Atomic uint64_t posted;	/* what the resident team calls it */
	uint64_t begin, end;	/* runs behind each stream, and then */
	double deadline;	/* in weir__now_ns(); 0: none */
	double *task_ns;	/* per task: the least time that it has taken,
				   to be found out; or NULL */
	weir_run *handle;	/* or NULL: somebody waits */

	/* Tracing; tracer is NULL unless this run is traced. */
	struct weir__tracer *tracer;
	uint64_t trace_run, trace_start;
	const struct weir__trace_info **infos;	/* per entry, or NULL */
	_Atomic uint64_t *ends;			/* per task, or NULL */
	bool has_infos;				/* all of them */

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

weir_schedule *
weir__schedule_retain(weir_schedule *schedule);

/* -- stream_block.c ---------------------------------------------------------------- */

/* The run is to fail: later tasks than this one, 0 for all, are not begun. */
void
weir__stream_fail(struct weir__stream_run *run, uint64_t task,
		  weir_status status, const char *why);

/* A block's tasks, on this thread. */
void
weir__stream_run_block(struct weir__stream_loop *loop, uint32_t block,
		       uint64_t number, unsigned worker);

/* -- stream_print.c ----------------------------------------------------------------- */

/* Its name, "task" where it has none. */
const char *
weir__stream_name(const weir_schedule *schedule, uint32_t task);

/* The graphs that it came with, or NULL. */
static inline const char *
weir__stream_path(const weir_schedule *schedule, uint32_t task)
{
	return weir__task_path(schedule->paths, schedule->n_paths, task);
}

weir_status
weir__stream_describe(const weir_schedule *schedule, bool as_dot, char **text);

/* -- stream_run.c ------------------------------------------------------------------ */

/* task_ns: n of them, where each task's least time goes if it is less than
 * what is there; NULL: not wanted. */
weir_status
weir__stream_run(weir_schedule *schedule, size_t times, double *task_ns);

/* The same without waiting, see weir_schedule_start(). */
weir_status
weir__stream_start(weir_schedule *schedule, size_t times,
		   const weir_start_options *options, weir_run **handle);

void
weir__stream_runs_free(weir_schedule *schedule);

/* -- stream_turns.c ---------------------------------------------------------------- */

/* Wait for its turn; WEIR_ESTATE from a task that the runs before it wait
 * for. */
weir_status
weir__turn_await(struct weir__stream_run *run);

/* Whether it is its turn at once, the run's that is to be posted; else
 * weir__turn_end() returns it when it is. */
bool
weir__turn_take(struct weir__stream_run *run);

/* It is not posted after all. */
void
weir__turn_is_here(struct weir__stream_run *run);

/* The run is over. The next one, if nobody waits for its turn: it is to be
 * posted. */
struct weir__stream_run *
weir__turn_end(struct weir__stream_run *run);

/* Help by who waits, see struct weir__run_kind. */
bool weir__turn_offer(void *run, struct weir__help *help);
bool weir__turn_help(struct weir__help *help);

#endif
