/*
 * Runs: one execution of a plan, its memory and its outcome.
 *
 * A run's state is kept by the plan when it is over and taken by the next, so
 * that a steady state allocates nothing.
 */
#ifndef WEIR_EXEC_RUN_H
#define WEIR_EXEC_RUN_H

#include "exec/handle.h"
#include "exec/late.h"
#include "exec/stream_loop.h"
#include "exec/team.h"
#include "exec/waits.h"
#include "plan/plan.h"
#include "trace/event.h"

/* Views that each run points anew: all of one tensor. */
struct weir__movable {
	weir_tensor **tensor;		/* where the run puts it; NULL: the
					   end of the list */
	char *data;			/* where they begin to count now */
	uint32_t first;			/* of run->moving: until the next's */
};

struct weir__moving {
	weir_view *view;
	int64_t offset;
};

struct weir__run {
	struct weir__stream_loop loop;
	uint64_t number;		/* of the next run of its blocks */
	struct weir__late late;		/* who was called to it */
	struct weir__waiting waiting;
	_Atomic uint64_t posted;	/* what the resident team calls it */
	struct weir__run *next;		/* idle list, under plan->idle_lock */
	weir_plan *plan;
	struct weir__storage *memory;	/* NULL: of the run around it */
	char *arena;			/* in it */
	/* Of a body's run: the run whose step it is, and the ordinal of that;
	 * else NULL. */
	struct weir__run *around;
	uint64_t around_ordinal;
	struct weir__control_run **controls;	/* per step; or NULL */
	bool is_alone;			/* on the thread that has called */
	unsigned caller;		/* which worker that is, for traces */
	bool is_again;			/* of a loop's body: not the first
					   iteration */
	weir_view *views;		/* per slot */
	weir_kernel *kernels;		/* per step */
	_Atomic uint32_t *uses_left;	/* see poison_fill.c; NULL unless the
					   plan has poison */
	struct weir__movable *movables;
	struct weir__moving *moving;
	weir_tensor **in;		/* the run's operands, borrowed */
	struct weir__access access;	/* to variables: loans of all, while
					   it has begun */
	/* References. Between runs to what nobody else has and the next run
	 * may write into, or NULL. */
	weir_tensor **exports;
	weir_tensor **views_out;	/* per output: if it is a view */
	weir_tensor **written;		/* per write: the variables */
	weir_tensor **becoming;		/* per write: their new values, while
					   it ends; copies of constants from
					   its beginning on */

	bool has_begun;			/* its variables are taken */
	struct weir__start *start;	/* or NULL: somebody waits */
	double deadline;		/* in weir__now_ns(); 0: none */

	/* Ordinal of the lowest op that has failed: later ones are not run.
	 * 0: the run has been stopped. */
	_Atomic uint64_t failed;
	pthread_mutex_t failure_lock;	/* guards the five below */
	uint32_t failed_step;		/* WEIR__NOWHERE: stopped */
	int64_t failed_tile;		/* its lowest range to fail so far */
	weir_status status;
	bool is_told;			/* why is the whole sentence */
	char *why;

	double *step_ns;		/* per step: what it takes in this run,
					   added up; only where the calling
					   thread is alone. NULL: not asked */

	/* Tracing; tracer is NULL unless this run is traced. */
	struct weir__tracer *tracer;
	uint64_t trace_run, trace_start;
	const struct weir__trace_info **infos;	/* per step, or NULL */
	bool has_infos;			/* all of them */
	_Atomic uint64_t *ends;		/* per item of the dag */
};

/* How to run. */
struct weir__run_how {
	bool alone;		/* on the calling thread only, */
	unsigned caller;	/* which is that worker: for traces */
	bool untraced;		/* even if the tracer is on */
	bool discards;		/* variables stay as they were, no outputs */
	double *step_ns;	/* per step, 0 before: what it takes, if alone;
				   or NULL */
	/* Called before the results are gone, or NULL. */
	weir_status (*inspect)(void *arg, const struct weir__run *run);
	void *inspect_arg;
};

/* Run a plan, which is made for such operands: as weir_plan_run(). */
weir_status
weir__plan_run(weir_plan *plan, const struct weir__run_how *how,
	       weir_tensor *const *in, weir_tensor **out);

/* The same in a run that the caller has taken, and still has. */
weir_status
weir__run_do(struct weir__run *run, const struct weir__run_how *how,
	     weir_tensor *const *in, weir_tensor **out);

/* The parts of that: get all that a run needs that has been taken; tell
 * whether its blocks have gone well; and commit what it did, or take it
 * back. */
weir_status
weir__run_begin(struct weir__run *run, weir_tensor *const *in);

weir_status
weir__run_outcome(const struct weir__run *run);

void
weir__run_end(struct weir__run *run, bool is_kept, weir_tensor **out);

/* Views point into the run's operands and results. */
void
weir__run_point_views(struct weir__run *run);

/* Whether the plan was made for such operands. */
weir_status
weir__plan_check_inputs(const weir_plan *plan, weir_tensor *const *in,
			size_t n_in, size_t n_out);

/* -- run_measure.c ----------------------------------------------------------- */

/* Per step the least of its times in so many runs, which discard what they
 * do. On failure step_ns stays as it was. */
weir_status
weir__plan_measure(weir_plan *plan, weir_tensor *const *in, size_t times,
		   double *node_ns);

/* -- run_variables.c --------------------------------------------------------- */

/* Wait until no other run writes its variables, and take them all; WEIR_ESTATE
 * where it would wait for a task that it is called from. */
weir_status
weir__run_take_variables(struct weir__run *run);

/* -- run_state.c ------------------------------------------------------------- */

/* A new one whose arena is there. */
weir_status
weir__run_new_in(weir_plan *plan, char *arena, struct weir__run **run);

void
weir__run_free(struct weir__run *run);

/* Nothing has happened in it yet. */
void
weir__run_reset(struct weir__run *run);

/* An idle run of the plan, or a new one: only who has taken it may use it. */
weir_status weir__run_take(weir_plan *plan, struct weir__run **run);
void weir__run_give_back(struct weir__run *run);

/* -- run_memory.c ------------------------------------------------------------ */

/* What could not be had, which the thread's text says, in the words that eager
 * has for it: an export; the arena, when all else of the run is gone; or what
 * is no op's. WEIR_ENOMEM. */
weir_status
weir__run_lacks_export(const weir_plan *plan, uint32_t number);

weir_status
weir__run_lacks_arena(const weir_plan *plan);

weir_status
weir__run_lacks_room(const weir_plan *plan);

/* -- plan_block.c ------------------------------------------------------------ */

/* The tiles of a block, on this thread. */
void
weir__run_block(struct weir__stream_loop *loop, uint32_t block,
		uint64_t number, unsigned worker);

/* Execute all blocks: on this thread, or on a team of the plan's workers. */
void weir__run_blocks(struct weir__run *run, bool alone);

/* The same as a job for a team, of which each thread calls work(). Counts the
 * run. */
struct weir__job weir__run_job(struct weir__run *run, void (*over)(void *run));

#define WEIR__DEADLINE_IS_OVER "the deadline is over"

/* No more work is begun: the run fails with this. */
void
weir__run_stop(struct weir__run *run, weir_status status, const char *why);

/* -- run_start.c -------------------------------------------------------------- */

/* A place in a run that the resident team does, for who waits for it; see
 * weir__resident_join(). It does not end meanwhile. */
bool
weir__run_offer(const struct weir__run *run, struct weir__seat *seat);

/* The same as weir__plan_run() without waiting, see weir_plan_start(). */
weir_status
weir__plan_start(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		 weir_tensor **out, const weir_start_options *options,
		 weir_run **handle);

/* -- poison_fill.c ------------------------------------------------------------- */

/* Spoil the arena, which is new, if that is what the plan says. */
weir_status
weir__run_poison_init(struct weir__run *run);

/* Nothing is dead yet. */
void
weir__run_poison_begin(struct weir__run *run);

/* Work has been done: spoil what it was the last to use. */
void
weir__run_poison_work(struct weir__run *run, const struct weir__work *work);

/* -- exec_trace.c --------------------------------------------------------------- */

/* Get ready to trace this run; does nothing when the tracer is off. */
void
weir__run_trace_begin(struct weir__run *run);

void
weir__run_trace_end(struct weir__run *run);

/* The entry-th work done since start; returns the stamp of its end, which is
 * also where what comes next starts: the clock costs more than the record. */
uint64_t
weir__run_trace_work(struct weir__run *run, uint32_t entry, uint32_t block,
		     unsigned worker, uint64_t start);

#endif
