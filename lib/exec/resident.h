/*
 * A resident team: a thread of its own, the conductor, holds one OpenMP region
 * for as long as the team lives. Its threads do jobs in the order in which
 * they were posted and sleep when there are none.
 *
 * Always: every thread meets the jobs in the same order, so two that share
 * threads cannot wait for each other. A job that wants fewer threads than
 * there are takes the next ones around the circle; where they are bound, one
 * that wants several takes the first, whose pools are those of its workers. A
 * job is over when one of its threads has seen it through and all that have
 * come have left; who comes later, having lost its processor or been kept by an
 * earlier job, passes it.
 *
 * A job has a place for each of its threads. Who must wait for a job before it
 * goes on, with an earlier one perhaps, takes a place that is free, be it
 * another's; who then finds its own taken takes another or passes the job.
 *
 * Who has no job helps with what is called from inside one (exec/nested.h), a
 * block at a time. While it is away, others take its places.
 */
#ifndef WEIR_EXEC_RESIDENT_H
#define WEIR_EXEC_RESIDENT_H

#include "exec/team.h"

struct weir__resident;

/* A place in a job. */
struct weir__seat {
	struct weir__resident *resident;
	struct slot *slot;
	unsigned place;
};

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

/* Waits while very many jobs are under way. From inside a job, which must not
 * wait, there is room for as many more; then false, and it is not posted. */
bool
weir__resident_post(struct weir__resident *resident,
		    const struct weir__job *job);

/* Take a place in the job that was posted as this, see struct weir__job; false
 * where none is free, or the job is over. Otherwise it is not over before
 * weir__seat_work() has been called, which works there until it is. Threads:
 * any. */
bool
weir__resident_join(struct weir__resident *resident, uint64_t posted,
		    struct weir__seat *seat);

void
weir__seat_work(const struct weir__seat *seat);

#endif
