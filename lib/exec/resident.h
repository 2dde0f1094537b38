/*
 * A resident team: a thread of its own, the conductor, holds one OpenMP region
 * for as long as the team lives. Its threads do jobs in the order in which
 * they were posted and sleep when there are none.
 *
 * Always: every thread meets the jobs in the same order, so two that share
 * threads cannot wait for each other. A job that wants fewer threads than
 * there are takes the next ones around the circle; where they are bound, one
 * that wants several takes the first, whose pools are those of its workers.
 */
#ifndef WEIR_EXEC_RESIDENT_H
#define WEIR_EXEC_RESIDENT_H

#include "exec/team.h"

struct weir__resident;

/*
 * Start at most `threads` threads; fewer where OpenMP or the system has no
 * more. bind: each to the processors of its pool.
 *
 * @return WEIR_OK, WEIR_ENOMEM (no memory, or not one thread)
 */
weir_status
weir__resident_new(struct weir__heap *heap,
		   const struct weir__topology *topology, unsigned threads,
		   bool bind, struct weir__resident **resident);

/* Do the jobs posted so far, then end; NULL is fine. */
void
weir__resident_free(struct weir__resident *resident);

/* Waits while very many jobs are under way; from inside a job, which must not
 * wait, there is room for as many more as there are under way. */
void
weir__resident_post(struct weir__resident *resident,
		    const struct weir__job *job);

#endif
