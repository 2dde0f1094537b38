/*
 * Executing streams of blocks, again and again, whatever is in the blocks.
 *
 * Each stream has a progress word: how many of its blocks are done, counted
 * over all runs, so nothing is reset between them. It has a cache line of its
 * own, and whoever runs a block of the stream writes it, or, in the claimed
 * loop, sees that some have ended.
 */
#ifndef WEIR_EXEC_STREAM_LOOP_H
#define WEIR_EXEC_STREAM_LOOP_H

#include <stdalign.h>
#include <stdatomic.h>
#include "base/idle.h"
#include "exec/nested.h"
#include "exec/places.h"
#include "exec/visits.h"
#include "exec/waits.h"
#include "plan/schedule.h"
#include "topology/topology.h"

struct weir__progress {
	alignas(128) _Atomic uint64_t done;	/* release: what the blocks
						   wrote; acquire: to see it */
	_Atomic uint64_t claimed;	/* claimed loop, see stream_claimed.c */
	/* Strict loop: likewise; not where others look for `done`. */
	alignas(128) _Atomic uint64_t taken;
};

struct weir__stream_loop;

/* Do what is in a block, in the run of this number, on a worker. */
typedef void (*weir__run_block_fn)(struct weir__stream_loop *loop,
				   uint32_t block, uint64_t run,
				   unsigned worker);

/* The state of one execution after another; the first member of whatever the
 * blocks need. */
struct weir__stream_loop {
	const struct weir__schedule *streams;
	weir__run_block_fn run_block;
	/* Per worker, see weir__progress_of(). */
	struct weir__progress *progress;
	void *progress_memory;
	uint32_t spread;	/* 0; or, of all bits: each in a page of its
				   own */
	struct weir__visits *visits;	/* NULL: all workers are of one pool */
	/* Of runs that began strictly, those below need claims; and those
	 * below which everybody has been told. */
	_Atomic uint64_t opening, opened;
	struct weir__idle idle;		/* those that wait in the claimed loop */
	unsigned processors;		/* that threads may have; where there
					   are more of these, whoever waits
					   sleeps at once. 0: enough */
	struct weir__waiting *waiting;	/* of whose run the blocks are, or
					   NULL */
	struct weir__doors doors;	/* per worker, where there are several */
	/* For those who come through others' doors. */
	struct weir__places places;
	_Atomic uint64_t current;	/* the run that is under way; release:
					   what those before have done */
};

/* The streams, whose run it is, and the distances between those who run them
 * (NULL: they are of one pool), are borrowed. The loop was zero;
 * weir__stream_loop_free() it, on failure too. */
weir_status
weir__stream_loop_init(struct weir__stream_loop *loop, struct weir__heap *heap,
		       const struct weir__schedule *streams,
		       struct weir__waiting *waiting,
		       const struct weir__distances *distances,
		       unsigned processors,
		       weir__run_block_fn run_block);

/*
 * Put each worker's progress into memory of its NUMA node; where there are
 * several and the threads that come stay in theirs. Nothing has been run yet.
 * WEIR_ENOMEM: nothing has changed.
 */
weir_status
weir__stream_loop_spread(struct weir__stream_loop *loop,
			 struct weir__heap *heap,
			 const struct weir__topology *topology);

void
weir__stream_loop_free(struct weir__stream_loop *loop,
		       struct weir__heap *heap);

enum { WEIR__PROGRESS_A_PAGE = WEIR__PAGE / sizeof(struct weir__progress) };

/* Where they are spread, from one to the next it is a page and one: so each has
 * a page to itself, and they do not all go to the same place in caches. */
static inline struct weir__progress *
weir__progress_of(const struct weir__stream_loop *loop, uint32_t worker)
{
	return &loop->progress[worker + (worker * WEIR__PROGRESS_A_PAGE &
					 loop->spread)];
}

/* What one thread of a team does of runs begin..end; runs are counted from 0
 * and none is left out. Between them everybody waits for everybody. */
void
weir__stream_work(struct weir__stream_loop *loop, unsigned me, unsigned team,
		  uint64_t begin, uint64_t end);

/* While it is behind a door (exec/nested.h): one block that can be begun, if
 * there is one and a place is free, best that of `me`. */
bool
weir__stream_help(struct weir__stream_loop *loop, unsigned me);

/* Whether there is one. */
bool
weir__stream_is_ready(const struct weir__stream_loop *loop);

#endif
