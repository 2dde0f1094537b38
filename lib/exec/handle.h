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
#include <weir/task.h>
#include "base/alloc.h"
#include "exec/resident.h"
#include "exec/waits.h"

/* How a task that waits for a run helps it. */
struct weir__help {
	weir_schedule *schedule;	/* a reference: whose turns have to
					   come; or NULL, and then */
	uint64_t ticket;
	struct weir__seat seat;
};

/* What can be done with a run that has a handle. */
struct weir__run_kind {
	/* End it early with this status, which it reports. */
	void (*stop)(void *run, weir_status status, const char *why);
	/* Get ready to help; false where there is no place. The run does not
	 * end meanwhile. */
	bool (*offer)(void *run, struct weir__help *help);
	/* Do so; the run may be over by then. False where there is nothing
	 * but to wait. */
	bool (*help)(struct weir__help *help);
};

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
	const struct weir__run_kind *kind;	/* NULL: run may be gone */
	void *run;
	struct weir__waiting *waiting;	/* its */
};

/* What the caller of a function by this name has given; WEIR_EINVAL. */
weir_status
weir__start_options_take(const char *what, const weir_start_options *given,
			 weir_start_options *options);

/* With both references, as the options of whoever starts it say. */
weir_status
weir__handle_new(struct weir__heap *heap, const weir_start_options *options,
		 const struct weir__run_kind *kind, void *run,
		 struct weir__waiting *waiting, weir_run **handle);

/* It can be neither stopped nor helped any more: the run may go. */
void
weir__handle_detach(weir_run *handle);

/* It is over, and has been detached. Gives the run's reference up. why:
 * borrowed, NULL if WEIR_OK. */
void
weir__handle_end(weir_run *handle, weir_status status, const char *why);

#endif
