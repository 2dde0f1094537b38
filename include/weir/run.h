/*
 * Runs that nobody waits for: of a schedule of tasks (weir_schedule_start()),
 * or of a plan (weir_plan_start()).
 */
#ifndef WEIR_RUN_H
#define WEIR_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include <weir/export.h>
#include <weir/status.h>

WEIR_BEGIN_DECLS

/** A run under way, or over. */
typedef struct weir_run weir_run;

/** Called when a run is over, on one of the threads that ran it. */
typedef void (*weir_run_done_fn)(weir_run *run, void *arg);

/** Set .size = sizeof(weir_start_options); 0 elsewhere for defaults. */
typedef struct weir_start_options {
	size_t size;
	double deadline;	/* seconds from the start; 0: none. Looked at
				   before each block of tasks, or each op or
				   piece of one */
	weir_run_done_fn done;
	void *done_arg;
} weir_start_options;

/**
 * Wait until it is over.
 *
 * @return the run's status, with its sentence: as weir_schedule_run() or
 *         weir_plan_run(), WEIR_ECANCELED or WEIR_ETIMEDOUT; WEIR_ESTATE from
 *         a task that the run waits for, directly or through others
 *
 * Threads: any, as often as they like. From a task, or a weir_run_done_fn, the
 * calling thread takes part in the run, or in those of its schedule whose turn
 * is earlier, if they have a place for it: so any number of tasks may wait.
 * (What a task calls, instead of starting it elsewhere and waiting, is helped
 * by threads that have nothing to do: docs/executor.md.)
 */
WEIR_API weir_status
weir_run_wait(weir_run *run);

/** The same for at most so many seconds; 0 asks only. Without *is_over the
 * status is WEIR_OK. Takes part in nothing. */
WEIR_API weir_status
weir_run_wait_for(weir_run *run, double seconds, bool *is_over);

/** Whether it is over. NULL is. */
WEIR_API bool
weir_run_is_over(weir_run *run);

/**
 * Begin no more blocks of tasks, or ops or pieces of one; those that are under
 * way end. Does nothing to a run that is over. Threads: any.
 */
WEIR_API void
weir_run_cancel(weir_run *run);

/** Release the handle; NULL is fine. The run goes on. */
WEIR_API void
weir_run_release(weir_run *run);

WEIR_END_DECLS

#endif /* WEIR_RUN_H */
