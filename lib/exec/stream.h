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
#include "graph/tasks.h"
#include "plan/schedule.h"

struct weir__progress {
	alignas(128) _Atomic uint64_t done;	/* release: what the blocks
						   wrote; acquire: to see it */
	_Atomic uint64_t claimed;	/* claimed loop: done, or one more
					   while somebody runs a block */
};

struct weir_schedule {
	struct weir__heap *heap;	/* a reference */
	char *name;
	struct weir__schedule *streams;
	struct weir__task *entries;	/* in the order of the streams */
	struct weir__dag dag;		/* owned copies: for the check */
	weir_schedule_info info;
	struct weir__progress *progress;	/* per worker */
	void *progress_memory;

	pthread_mutex_t running;	/* one run at a time; guards the rest */
	uint64_t runs;			/* behind each stream */
	_Atomic uint64_t failed;	/* lowest task that has failed, or
					   UINT64_MAX; read without the lock */
	pthread_mutex_t failure_lock;	/* guards the two below in a run */
	weir_status status;
	char *why;			/* WEIR__ERROR_SIZE bytes */
};

/* Copies what it needs of the tasks. */
weir_status
weir__stream_compile(const weir_tasks *tasks, unsigned workers,
		     weir_schedule **schedule);

weir_status
weir__stream_run(weir_schedule *schedule, size_t times);

/* -- inside this folder ------------------------------------------------------------ */

/* Run one block's tasks on this thread. */
void
weir__stream_block(weir_schedule *schedule, uint32_t block);

#endif
