/*
 * Teams: the threads that run plans and schedules.
 *
 * Work is done on the threads of an OpenMP region. *Borrowed*: the hot team of
 * whichever thread calls, entered for each job. *Resident*: see resident.h.
 *
 * Where there is no team to be had the calling thread does the work alone:
 * inside the application's own parallel region; in a forked child; where threads
 * are refused. Inside a job, too, but others of its team may help it there
 * (exec/nested.h), and all do where the job around has one thread alone.
 */
#ifndef WEIR_EXEC_TEAM_H
#define WEIR_EXEC_TEAM_H

#include "base/alloc.h"
#include "topology/topology.h"

struct weir__team;
struct weir__seat;
struct weir__stream_loop;
struct weir__late;

struct weir__job {
	/* Called on `size` threads at once, me counting from 0; size is at
	 * most want. Returns when nothing is left to begin: a thread of a
	 * resident team that comes after that is not called. */
	void (*work)(void *arg, unsigned me, unsigned size);
	/* Called by the last of them to return; NULL: nothing. */
	void (*over)(void *arg);
	void *arg;
	unsigned want;			/* at least 1 */
	/* What the resident team calls it, for who wants to join it; 0: it has
	 * not been posted. NULL: nobody will. */
	_Atomic uint64_t *posted;
	/* What work() does, where others may help (exec/nested.h), if it is
	 * called from inside another job; or NULL. */
	struct weir__stream_loop *loop;
	/* Of such jobs, if the calling thread may do it alone where others come
	 * late: see late.h. NULL: what is done may need them, as tasks do that
	 * wait for each other. */
	struct weir__late *late;
};

/* The topology is borrowed. No thread is made yet. */
weir_status
weir__team_new(struct weir__heap *heap, const struct weir__topology *topology,
	       bool is_resident, struct weir__team **team);

/* Ends its threads. No job may be under way; NULL is fine. */
void
weir__team_free(struct weir__team *team);

/* Do a job and wait for it. Threads: any, also from inside a job. */
void
weir__team_run(struct weir__team *team, const struct weir__job *job);

/* Make the resident team, if it is not there, for jobs that nobody waits for.
 * WEIR_ENOMEM where it cannot be had, WEIR_ESTATE in a forked child. */
weir_status
weir__team_prepare(struct weir__team *team);

/* Have a job done by the resident team, which has been prepared; it is copied.
 * False only from inside a job, where very many are under way. */
bool
weir__team_post(struct weir__team *team, const struct weir__job *job);

/* Take a place in the job of which this is .posted, see weir__resident_join();
 * false also where it has not been posted. */
bool
weir__team_join(const struct weir__team *team, const _Atomic uint64_t *posted,
		struct weir__seat *seat);

const struct weir__topology *
weir__team_topology(const struct weir__team *team);

/* How many threads a job can have now; 1 in a forked child. */
unsigned
weir__team_size(const struct weir__team *team);

/* The processors that this process may use (its affinity mask, cpuset and
 * quota): who waits among more threads than that had better sleep at once, for
 * whoever it waits for may have none. */
unsigned
weir__team_processors(const struct weir__team *team);

/* Whether this process was forked off the one that made the team and has not
 * revived it. */
bool
weir__team_is_forked(const struct weir__team *team);

/* In a forked child: a resident team of its own from now on. */
void
weir__team_revive(struct weir__team *team);

bool
weir__team_is_resident(const struct weir__team *team);

/* Whether the threads of a resident team stay in their pools: where there
 * are several, and they are this machine's. */
bool
weir__team_is_bound(const struct weir__team *team);

/* Whether jobs that are waited for are done by such threads, so that memory had
 * better be in the nodes of those who use it. */
static inline bool
weir__team_is_placed(const struct weir__team *team)
{
	return weir__team_is_resident(team) && weir__team_is_bound(team);
}

/* Whether this thread is doing a job, on a team or in place of one. */
bool
weir__team_is_inside(void);

/* It does nothing else from now on. */
void
weir__team_stay_inside(void);

#endif
