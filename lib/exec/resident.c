#include "exec/resident.h"

#include <omp.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/error.h"
#include "base/fpenv.h"
#include "base/pause.h"
#include "base/thread.h"
#include "exec/nested.h"
#include "exec/places.h"

enum {
	SLOTS = 128,		/* jobs under way; a power of two */
	OUTSIDE = SLOTS / 2,	/* of them, at most from outside */
	SPINS = 2000		/* about what falling asleep would cost */
};

struct slot {
	struct weir__job job;
	uint64_t number;		/* of the job; under lock */
	unsigned first;			/* threads first, first + 1, ... */
	struct weir__places places;	/* one for each of them */
	weir__entrance inside;		/* at work; and WEIR__IS_OVER, from
					   when one has seen it through */
};

/* How many jobs a thread has behind it; and whether it does something else while
 * it has none. */
struct position {
	alignas(64) _Atomic uint64_t passed;
	_Atomic bool is_away;
};

struct weir__resident {
	struct weir__heap *heap;
	const struct weir__topology *topology;
	pthread_t conductor;
	unsigned wanted, size;		/* size: as soon as ready */
	bool bind, spins;
	_Atomic uint64_t posted;	/* written under lock */
	struct slot slots[SLOTS];
	struct position *positions;	/* per thread */
	void *positions_memory;
	_Atomic uint64_t *taken;	/* of all slots */

	struct weir__doors doors;	/* per thread: to what it runs from
					   inside a job */

	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t news;		/* a job was posted, a door may be
					   worth a look, or the end */
	pthread_cond_t moved;		/* a thread has passed a job */
	_Atomic uint32_t asleep;	/* for news; read without the lock */
	unsigned waiting;		/* for moved */
	unsigned first;			/* of the next job's threads */
	bool is_ready, is_ending;
};

/* -- a thread ---------------------------------------------------------------- */

static void
work_at(struct slot *slot, unsigned place)
{
	struct weir__job job = slot->job;

	job.work(job.arg, place, slot->places.n);
	if (weir__leave_over(&slot->inside) && job.over)
		job.over(job.arg);
}

/* Whether one of the threads that the job is for may come late. */
static bool
is_one_away(const struct weir__resident *r, const struct slot *slot)
{
	unsigned i, thread;

	for (i = 0; i < slot->places.n; i++) {
		thread = (slot->first + i) % r->size;
		if (atomic_load_explicit(&r->positions[thread].is_away,
					 memory_order_relaxed))
			return true;
	}
	return false;
}

static void
do_job(struct weir__resident *r, struct slot *slot, unsigned me)
{
	unsigned place = (me + r->size - slot->first) % r->size;
	bool is_mine = place < slot->places.n;

	if (!is_mine) {
		atomic_thread_fence(memory_order_seq_cst); /* as in help() */
		if (!is_one_away(r, slot))
			return;
	}
	/* Somebody may wait there. */
	if (!is_mine || !weir__place_take(&slot->places, place))
		place = weir__place_take_any(&slot->places);
	if (place < slot->places.n && weir__enter(&slot->inside))
		work_at(slot, place);
}

static bool
is_posted(const struct weir__resident *r, uint64_t number)
{
	return atomic_load_explicit(&r->posted, memory_order_acquire) > number;
}

/* Until there is something to do: the job with this number, or a block of what
 * is behind a door. False: there will be no such job. */
static bool
sleep_until_news(struct weir__resident *r, uint64_t number)
{
	bool is_ending, is_there;

	pthread_mutex_lock(&r->lock);
	atomic_fetch_add_explicit(&r->asleep, 1, memory_order_relaxed);
	/* Who has published a block looks whether anybody sleeps after a
	 * fence, too. */
	atomic_thread_fence(memory_order_seq_cst);
	is_there = is_posted(r, number);
	is_ending = r->is_ending;
	if (!is_there && !is_ending && !weir__doors_are_ready(&r->doors))
		pthread_cond_wait(&r->news, &r->lock);
	atomic_fetch_sub_explicit(&r->asleep, 1, memory_order_relaxed);
	pthread_mutex_unlock(&r->lock);
	return is_there || !is_ending;
}

/* One block of what is behind a door; not if the job is there by now, which
 * others do while this thread is away. */
static bool
help(struct weir__resident *r, uint64_t number, unsigned me)
{
	_Atomic bool *is_away = &r->positions[me].is_away;
	bool has_helped;

	if (!weir__doors_are_open(&r->doors))
		return false;
	atomic_store_explicit(is_away, true, memory_order_relaxed);
	/* Either this thread sees the job, or who passes it sees that this one
	 * is away. */
	atomic_thread_fence(memory_order_seq_cst);
	has_helped = !is_posted(r, number) &&
		     weir__doors_help(&r->doors, me);
	atomic_store_explicit(is_away, false, memory_order_relaxed);
	return has_helped;
}

/* Wait for the job with this number; false: there will be none. */
static bool
wait_for_job(struct weir__resident *r, uint64_t number, unsigned me)
{
	const unsigned most = r->spins ? SPINS : 0;
	unsigned spins = 0;

	while (!is_posted(r, number)) {
		if (help(r, number, me)) {
			spins = 0;
		} else if (spins < most) {
			spins++;
			weir__pause();
		} else if (!sleep_until_news(r, number)) {
			return false;
		}
	}
	return true;
}

static void
pass(struct weir__resident *r, unsigned me, uint64_t number)
{
	atomic_store_explicit(&r->positions[me].passed, number + 1,
			      memory_order_release);
	/* Only who has posted OUTSIDE more waits for this. */
	if ((number + 1) % (OUTSIDE / 2))
		return;
	pthread_mutex_lock(&r->lock);
	if (r->waiting)
		pthread_cond_broadcast(&r->moved);
	pthread_mutex_unlock(&r->lock);
}

static void
serve(struct weir__resident *r, unsigned me)
{
	struct weir__fpenv fpenv;
	uint64_t number;

	weir__fpenv_enter(&fpenv);
	weir__team_stay_inside();
	weir__nested_set_team(&r->doors.list[me]);
	if (r->bind)
		weir__topology_bind_worker(r->topology, me);
	for (number = 0; wait_for_job(r, number, me); number++) {
		do_job(r, &r->slots[number % SLOTS], me);
		pass(r, me, number);
	}
	weir__nested_set_team(NULL);
	weir__fpenv_leave(&fpenv);
}

static void
get_ready(struct weir__resident *r, unsigned size)
{
	pthread_mutex_lock(&r->lock);
	r->size = size;
	r->is_ready = true;
	pthread_cond_broadcast(&r->moved);
	pthread_mutex_unlock(&r->lock);
}

static void *
conduct(void *arg)
{
	struct weir__resident *r = arg;

#pragma omp parallel num_threads(r->wanted)
	{
		unsigned me = (unsigned)omp_get_thread_num();

		if (me == 0)
			get_ready(r, (unsigned)omp_get_num_threads());
#pragma omp barrier
		serve(r, me);
	}
	return NULL;
}

/* -- posting ------------------------------------------------------------------ */

/* Whether the job that a slot was last used for is over. */
static bool
is_free(const struct slot *slot)
{
	return atomic_load_explicit(&slot->inside, memory_order_acquire) ==
	       WEIR__IS_OVER;
}

/* Whether all have passed all but the last `most` jobs before this one. */
static bool
has_room(const struct weir__resident *r, uint64_t number, uint64_t most)
{
	unsigned i;

	if (!is_free(&r->slots[number % SLOTS]))
		return false;
	if (number < most)
		return true;
	for (i = 0; i < r->size; i++)
		if (atomic_load_explicit(&r->positions[i].passed,
					 memory_order_acquire) <=
		    number - most)
			return false;
	return true;
}

bool
weir__resident_post(struct weir__resident *r, const struct weir__job *job)
{
	const bool may_wait = !weir__team_is_inside();
	const uint64_t most = may_wait ? OUTSIDE : SLOTS;
	bool is_placed, has_found;
	struct slot *slot;
	uint64_t number;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		number = atomic_load_explicit(&r->posted,
					      memory_order_relaxed);
		has_found = has_room(r, number, most);
		if (has_found || !may_wait)
			break;
		r->waiting++;
		pthread_cond_wait(&r->moved, &r->lock);
		r->waiting--;
	}
	if (!has_found) {
		pthread_mutex_unlock(&r->lock);
		return false;
	}
	slot = &r->slots[number % SLOTS];
	slot->job = *job;
	slot->number = number;
	slot->places.n = job->want < r->size ? job->want : r->size;
	is_placed = r->bind && slot->places.n > 1;
	slot->first = is_placed ? 0 : r->first;
	if (!is_placed)
		r->first = (r->first + slot->places.n) % r->size;
	weir__places_free_all(&slot->places);
	atomic_store_explicit(&slot->inside, 0, memory_order_relaxed);
	if (job->posted)
		atomic_store_explicit(job->posted, number + 1,
				      memory_order_relaxed);
	/* release: who sees the number sees the slot. */
	atomic_store_explicit(&r->posted, number + 1, memory_order_release);
	if (atomic_load_explicit(&r->asleep, memory_order_relaxed))
		pthread_cond_broadcast(&r->news);
	pthread_mutex_unlock(&r->lock);
	return true;
}

/* -- waiting -------------------------------------------------------------------- */

bool
weir__resident_join(struct weir__resident *r, uint64_t posted,
		    struct weir__seat *seat)
{
	struct slot *slot = &r->slots[(posted - 1) % SLOTS];
	bool is_in = false;

	/* Posting takes the lock too: the slot stays what it is. */
	pthread_mutex_lock(&r->lock);
	if (slot->number == posted - 1) {
		seat->place = weir__place_take_any(&slot->places);
		is_in = seat->place < slot->places.n &&
			weir__enter(&slot->inside);
	}
	pthread_mutex_unlock(&r->lock);
	seat->resident = r;
	seat->slot = slot;
	return is_in;
}

void
weir__seat_work(const struct weir__seat *seat)
{
	struct weir__resident *r = seat->resident;

	work_at(seat->slot, seat->place);
	/* Somebody may wait for the slot, which all may have passed. */
	pthread_mutex_lock(&r->lock);
	if (r->waiting)
		pthread_cond_broadcast(&r->moved);
	pthread_mutex_unlock(&r->lock);
}

/* -- doors --------------------------------------------------------------------- */

static void
wake_some(struct weir__doors *doors, uint32_t n)
{
	struct weir__resident *r =
		(struct weir__resident *)((char *)doors -
			offsetof(struct weir__resident, doors));
	uint32_t asleep;

	/* The lock: who is about to sleep has it from its last look on. */
	pthread_mutex_lock(&r->lock);
	asleep = atomic_load_explicit(&r->asleep, memory_order_relaxed);
	for (; n && asleep; n--, asleep--)
		pthread_cond_signal(&r->news);
	pthread_mutex_unlock(&r->lock);
}

/* -- making and ending ---------------------------------------------------------- */

static bool
make_slots(struct weir__resident *r, unsigned threads)
{
	unsigned words = weir__places_words(threads), i;

	r->positions = weir__calloc_apart(r->heap, threads,
					  sizeof *r->positions,
					  &r->positions_memory);
	r->taken = weir__calloc(r->heap, SLOTS * words, sizeof *r->taken);
	if (!r->positions || !r->taken ||
	    weir__doors_init(&r->doors, r->heap, threads))
		return false;
	r->doors.asleep = &r->asleep;
	r->doors.wake = wake_some;
	for (i = 0; i < SLOTS; i++) {
		r->slots[i].places.taken = &r->taken[i * words];
		r->slots[i].number = UINT64_MAX;
		atomic_init(&r->slots[i].inside, WEIR__IS_OVER);
	}
	return true;
}

static bool
start_conductor(struct weir__resident *r)
{
	if (!weir__thread_start(&r->conductor, conduct, r))
		return false;
	pthread_mutex_lock(&r->lock);
	while (!r->is_ready)
		pthread_cond_wait(&r->moved, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return true;
}

static void
free_memory(struct weir__resident *r)
{
	struct weir__heap *heap = r->heap;

	pthread_cond_destroy(&r->moved);
	pthread_cond_destroy(&r->news);
	pthread_mutex_destroy(&r->lock);
	weir__free(heap, (void *)r->taken);
	weir__free(heap, r->positions_memory);
	weir__doors_free(&r->doors, heap);
	weir__free(heap, r);
}

weir_status
weir__resident_new(struct weir__heap *heap,
		   const struct weir__topology *topology, unsigned threads,
		   bool bind, struct weir__resident **resident)
{
	struct weir__resident *r = weir__calloc(heap, 1, sizeof *r);

	if (!r)
		return WEIR_ENOMEM;
	r->heap = heap;
	r->topology = topology;
	r->wanted = threads;
	r->bind = bind;
	r->spins = threads <= weir__topology_processors(topology);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->news, NULL);
	pthread_cond_init(&r->moved, NULL);
	if (!make_slots(r, threads)) {
		free_memory(r);
		return WEIR_ENOMEM;
	}
	if (!start_conductor(r)) {
		free_memory(r);
		return weir_fail(WEIR_ENOMEM, "the system has no thread left");
	}
	*resident = r;
	return WEIR_OK;
}

void
weir__resident_free(struct weir__resident *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	pthread_cond_broadcast(&r->news);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->conductor, NULL);
	free_memory(r);
}
