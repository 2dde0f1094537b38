/*
 * Whether it is worth calling the threads of a borrowed team.
 *
 * Where other programs use the processors too, or the system has put two
 * threads of a team on one of them, a thread comes milliseconds after it was
 * called: at the end of the time slice of whoever is there, which may be its
 * own team's caller, who waits for it. OpenMP's regions end when all have come,
 * needed or not. So a job of some microseconds is done sooner by the caller
 * alone. After they have come late it is for a while, then they are called
 * again; if they come late again the next while is twice as long.
 *
 * Only what completes with any number of threads may be done so: not tasks, or
 * ops of the user, for these may wait for each other, which nobody promises but
 * mostly goes well.
 *
 * Threads: one at a time, whose job it is.
 */
#ifndef WEIR_EXEC_LATE_H
#define WEIR_EXEC_LATE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/now.h"

/* All are CLOCK_MONOTONIC in nanoseconds. */
struct weir__late {
	uint64_t until;		/* they are not called before that; 0: they
				   are */
	uint64_t pause;		/* from when they came late to then; 0: the
				   last time they did not */
};

enum { WEIR__LATE_NS = 500000 };	/* a sleeping thread is there sooner
					   if a processor is free */

static inline bool
weir__late_is_alone(const struct weir__late *late)
{
	return late->until && weir__now_whole_ns() < late->until;
}

/* A job was begun then, the last thread came then (0: sooner than WEIR__LATE_NS
 * later), and it was over then. */
void
weir__late_note(struct weir__late *late, uint64_t called, uint64_t came,
		uint64_t over);

#endif
