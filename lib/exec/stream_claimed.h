/* The claimed loop, and what the strict one shares with it: stream_loop.c says
 * what they do. */
#ifndef WEIR_EXEC_STREAM_CLAIMED_H
#define WEIR_EXEC_STREAM_CLAIMED_H

#include "base/pause.h"
#include "exec/stream_loop.h"

/* Blocks of stream w behind it when `run` begins. All streams have the same
 * number of runs behind them. */
static inline uint64_t
weir__done_before(const struct weir__stream_loop *s, unsigned w, uint64_t run)
{
	const uint32_t *first = s->streams->first_block;

	return run * (first[w + 1] - first[w]);
}

/* Whether so many blocks of stream w are done in this run. */
static inline bool
weir__has_done(const struct weir__stream_loop *s, unsigned w, uint32_t position,
	       uint64_t run)
{
	return atomic_load_explicit(&weir__progress_of(s, w)->done,
				    memory_order_acquire) >=
	       weir__done_before(s, w, run) + position;
}

/* Pauses that a wait has behind it when it begins. */
static inline unsigned
weir__first_spins(const struct weir__stream_loop *s, unsigned team)
{
	return s->processors && team > s->processors ? WEIR__VERY_LONG_PAUSES
						  : 0;
}

/* What this thread does of a run until it is over. */
void
weir__stream_run_claimed(struct weir__stream_loop *s, unsigned me,
			 unsigned team, uint64_t run);

#endif
