#include "exec/team.h"

#include <omp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/fpenv.h"
#include "exec/late.h"
#include "exec/nested.h"
#include "exec/resident.h"
#include "exec/trial.h"

struct weir__team {
	struct weir__heap *heap;
	const struct weir__topology *topology;
	unsigned threads;		/* that were asked for */
	bool is_resident;		/* for jobs that are waited for */
	atomic_uint generation;		/* of the process: see below */
	pthread_mutex_t lock;		/* guards the making of the next */
	_Atomic(struct weir__resident *) resident;
};

/* -- forks --------------------------------------------------------------------- */

/* How many forks this process is away from where it was loaded: a child has
 * none of its parent's threads, and OpenMP would wait for them for ever. */
static atomic_uint generation;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void
note_fork(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, note_fork);
}

bool
weir__team_is_forked(const struct weir__team *team)
{
	return atomic_load_explicit(&team->generation,
				    memory_order_relaxed) !=
	       atomic_load_explicit(&generation, memory_order_relaxed);
}

void
weir__team_revive(struct weir__team *team)
{
	if (!weir__team_is_forked(team))
		return;
	/* The parent's resident team is not ours: its memory is left, for its
	 * locks may be held by threads that are not here. Its lock too. */
	pthread_mutex_init(&team->lock, NULL);
	atomic_store_explicit(&team->resident, NULL, memory_order_relaxed);
	team->is_resident = true;
	atomic_store_explicit(
		&team->generation,
		atomic_load_explicit(&generation, memory_order_relaxed),
		memory_order_relaxed);
}

/* -- making and ending ------------------------------------------------------------ */

weir_status
weir__team_new(struct weir__heap *heap, const struct weir__topology *topology,
	       bool is_resident, struct weir__team **team)
{
	struct weir__team *t = weir__calloc(heap, 1, sizeof *t);

	if (!t)
		return WEIR_ENOMEM;
	pthread_once(&watch_once, watch_forks);
	t->heap = heap;
	t->topology = topology;
	t->threads = weir__topology_threads(topology);
	atomic_init(&t->generation,
		    atomic_load_explicit(&generation, memory_order_relaxed));
	/* In a child, OpenMP may think that the calling thread has a team. */
	t->is_resident = is_resident || t->generation;
	pthread_mutex_init(&t->lock, NULL);
	*team = t;
	return WEIR_OK;
}

void
weir__team_free(struct weir__team *team)
{
	struct weir__heap *heap;

	if (!team)
		return;
	heap = team->heap;
	if (!weir__team_is_forked(team)) {
		weir__resident_free(atomic_load_explicit(
			&team->resident, memory_order_relaxed));
		pthread_mutex_destroy(&team->lock);
	}
	weir__free(heap, team);
}

const struct weir__topology *
weir__team_topology(const struct weir__team *team)
{
	return team->topology;
}

bool
weir__team_is_resident(const struct weir__team *team)
{
	return team->is_resident;
}

unsigned
weir__team_processors(const struct weir__team *team)
{
	return weir__topology_processors(team->topology);
}

/* -- the resident team --------------------------------------------------------------- */

bool
weir__team_is_bound(const struct weir__team *team)
{
	return weir__topology_pools(team->topology) > 1 &&
	       weir__topology_is_this_machine(team->topology);
}

static weir_status
make_resident(struct weir__team *team, struct weir__resident **resident)
{
	/* The conductor is one of them. */
	unsigned threads = weir__threads_to_be_had(team->threads);

	if (!threads)
		return weir_fail(WEIR_ENOMEM, "the system has no thread left");
	return weir__resident_new(team->heap, team->topology, threads,
				  weir__team_is_bound(team), resident);
}

static weir_status
find_resident(struct weir__team *team, struct weir__resident **resident)
{
	weir_status status = WEIR_OK;

	*resident = atomic_load_explicit(&team->resident,
					 memory_order_acquire);
	if (*resident)
		return WEIR_OK;
	pthread_mutex_lock(&team->lock);
	*resident = atomic_load_explicit(&team->resident,
					 memory_order_relaxed);
	if (!*resident) {
		status = make_resident(team, resident);
		if (!status)
			atomic_store_explicit(&team->resident, *resident,
					      memory_order_release);
	}
	pthread_mutex_unlock(&team->lock);
	return status;
}

/* -- jobs ---------------------------------------------------------------------------- */

/* Whether this thread is doing a job: one that it waited for could wait for
 * this thread. */
static _Thread_local bool is_inside;

bool
weir__team_is_inside(void)
{
	return is_inside;
}

void
weir__team_stay_inside(void)
{
	is_inside = true;
}

static void
work_inside(const struct weir__job *job, unsigned me, unsigned size)
{
	bool was_inside = is_inside;

	is_inside = true;
	job->work(job->arg, me, size);
	is_inside = was_inside;
}

static void
work_alone(const struct weir__job *job)
{
	struct weir__fpenv fpenv;

	weir__fpenv_enter(&fpenv);
	work_inside(job, 0, 1);
	weir__fpenv_leave(&fpenv);
	if (job->over)
		job->over(job->arg);
}

/* From inside a job: those around it who have nothing to do may help. */
static void
work_nested(const struct weir__job *job)
{
	bool may_come = job->loop && weir__nested_begin(job->loop);
	struct weir__fpenv fpenv;

	weir__fpenv_enter(&fpenv);
	work_inside(job, 0, 1);
	weir__fpenv_leave(&fpenv);
	if (may_come)
		weir__nested_end(job->loop);
	if (job->over)
		job->over(job->arg);
}

/* What this thread's own OpenMP team may be: found out before it is made.
 * A refusal then is for good: to ask again before every job would cost more
 * than the job. */
static unsigned
borrowable(unsigned threads)
{
	static _Thread_local unsigned asked = 1, granted = 1;

	if (threads > asked) {
		granted = 1 + weir__threads_to_be_had(threads - 1);
		asked = threads;
	}
	return threads < granted ? threads : granted;
}

/* When the last thread of a region came, if it came late. */
struct coming {
	uint64_t called;
	_Atomic uint64_t late;		/* 0: none has; relaxed: the region's
					   end orders it */
};

static void
come(struct coming *coming)
{
	uint64_t now = weir__now_whole_ns(), was;

	if (now - coming->called < WEIR__LATE_NS)
		return;
	was = atomic_load_explicit(&coming->late, memory_order_relaxed);
	while (was < now &&
	       !atomic_compare_exchange_weak_explicit(
		       &coming->late, &was, now, memory_order_relaxed,
		       memory_order_relaxed))
		;
}

/* The region has always the team's size, whatever the job wants: OpenMP ends
 * and makes threads where it changes. */
static void
work_in_region(const struct weir__job *job, unsigned threads,
	       struct coming *coming)
{
#pragma omp parallel num_threads(threads)
	{
		unsigned me = (unsigned)omp_get_thread_num();
		unsigned size = (unsigned)omp_get_num_threads();
		struct weir__fpenv own;

		if (me)
			come(coming);
		weir__fpenv_enter(&own);
		if (size > job->want)
			size = job->want;
		if (me < size)
			work_inside(job, me, size);
		weir__fpenv_leave(&own);
	}
}

static void
work_borrowed(const struct weir__team *team, const struct weir__job *job)
{
	struct weir__late *late = job->late;
	unsigned threads = borrowable(team->threads);
	struct coming coming;
	struct weir__fpenv fpenv;

	if (threads == 1 || (late && weir__late_is_alone(late))) {
		work_alone(job);
		return;
	}
	coming.called = weir__now_whole_ns();
	atomic_init(&coming.late, 0);
	weir__fpenv_enter(&fpenv);	/* OpenMP itself may compute */
	work_in_region(job, threads, &coming);
	weir__fpenv_leave(&fpenv);
	if (late) {
		uint64_t came = atomic_load_explicit(&coming.late,
						     memory_order_relaxed);

		weir__late_note(late, coming.called, came,
				came ? weir__now_whole_ns() : 0);
	}
	if (job->over)
		job->over(job->arg);
}

struct awaited {
	const struct weir__job *job;
	sem_t over;
};

static void
work_awaited(void *arg, unsigned me, unsigned size)
{
	const struct awaited *a = arg;

	a->job->work(a->job->arg, me, size);
}

static void
end_awaited(void *arg)
{
	struct awaited *a = arg;

	sem_post(&a->over);
}

/* From inside a job, this thread takes part: somebody on each of the team's
 * might wait for that job. */
static bool
work_resident(struct weir__team *team, const struct weir__job *job)
{
	struct awaited awaited = { .job = job };
	struct weir__job outer = { work_awaited, end_awaited, &awaited,
				   job->want, job->posted, NULL, NULL };
	struct weir__resident *resident;
	struct weir__seat seat;

	if (find_resident(team, &resident) || sem_init(&awaited.over, 0, 0))
		return false;
	if (!weir__resident_post(resident, &outer)) {
		sem_destroy(&awaited.over);
		return false;
	}
	if (is_inside && weir__team_join(team, job->posted, &seat))
		weir__seat_work(&seat);
	while (sem_wait(&awaited.over))
		;			/* a signal */
	sem_destroy(&awaited.over);
	if (job->over)
		job->over(job->arg);
	return true;
}

void
weir__team_run(struct weir__team *team, const struct weir__job *job)
{
	bool can_join = !is_inside || job->posted;

	if (job->want == 1 || weir__team_is_forked(team))
		work_alone(job);
	else if (weir__nested_is_in_team())
		work_nested(job);
	else if (team->is_resident && can_join && work_resident(team, job))
		return;
	else if (omp_in_parallel())
		work_alone(job);
	else
		work_borrowed(team, job);
}

weir_status
weir__team_prepare(struct weir__team *team)
{
	struct weir__resident *resident;

	if (weir__team_is_forked(team))
		return weir_fail(WEIR_ESTATE, "this process was forked: see "
				 "weir_runtime_revive()");
	return find_resident(team, &resident);
}

bool
weir__team_post(struct weir__team *team, const struct weir__job *job)
{
	return weir__resident_post(
		atomic_load_explicit(&team->resident, memory_order_acquire),
		job);
}

bool
weir__team_join(const struct weir__team *team, const _Atomic uint64_t *posted,
		struct weir__seat *seat)
{
	/* relaxed: it is a number, of what the resident team's lock guards */
	uint64_t number = atomic_load_explicit(posted, memory_order_relaxed);

	return number &&
	       weir__resident_join(atomic_load_explicit(&team->resident,
							memory_order_acquire),
				   number, seat);
}

unsigned
weir__team_size(const struct weir__team *team)
{
	return weir__team_is_forked(team) ? 1 : team->threads;
}
