/*
 * Handles: what the caller has of a run that it does not wait for.
 *
 * A handle has two references, the caller's and the run's; it is over when the
 * run says so, once.
 */
#ifndef WEIR_EXEC_HANDLE_H
#define WEIR_EXEC_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <weir/run.h>
#include "base/alloc.h"

struct weir_run {
	struct weir__heap *heap;	/* a reference */
	atomic_uint refs;
	weir_run_done_fn done;		/* or NULL */
	void *done_arg;
	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t over;
	bool is_over;
	weir_status status;
	char *why;			/* WEIR__ERROR_SIZE bytes */
	/* Ends the run early with this status, which it reports. NULL once it
	 * is over. */
	void (*stop)(void *run, weir_status status, const char *why);
	void *run;
};

/* What the caller of a function by this name has given; WEIR_EINVAL. */
weir_status
weir__start_options_take(const char *what, const weir_start_options *given,
			 weir_start_options *options);

/* With both references, of a run that can be stopped. */
weir_status
weir__handle_new(struct weir__heap *heap, weir_run_done_fn done,
		 void *done_arg, void *run,
		 void (*stop)(void *run, weir_status status, const char *why),
		 weir_run **handle);

/* It cannot be stopped any more: what stop() uses may go. */
void
weir__handle_detach(weir_run *handle);

/* It is over, and has been detached. Gives the run's reference up. why:
 * borrowed, NULL if WEIR_OK. */
void
weir__handle_end(weir_run *handle, weir_status status, const char *why);

#endif
