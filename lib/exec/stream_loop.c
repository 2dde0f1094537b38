/*
 * What threads do of a run of streams: two loops.
 *
 * *Strict*: each worker runs its own stream in order and waits for the
 * progress of others; no read-modify-write. It needs as many threads as there
 * are streams, all of them on processors.
 *
 * *Claimed*: a stream's next block is claimed by one compare-and-swap, by any
 * thread that finds its waits met. It completes with any number of threads,
 * since the block that was dealt first among those not done is the next of its
 * stream and waits for nothing that is not done. Threads look for blocks near
 * by first; see visits.h. Nobody waits with one whose worker has no thread.
 * A block that needs nothing of those before it (weir__ahead()) may be claimed
 * while these run, or nobody has begun them: their waits have been met, and
 * that is all it needs of them.
 *
 * Who waits long in the strict loop opens the run: the others may have lost
 * their processors, or have more to do than was expected. From then on the run
 * is claimed. Who runs a stream strictly says which block it takes before it
 * looks whether the run has been opened; who opens says so, fences everybody,
 * and then looks which blocks are taken: one of the two sees the other.
 *
 * Who waits long in the claimed loop sleeps. So nobody sleeps in a run that
 * has not been opened, and the strict loop need not know of sleepers: each
 * thread of it comes to see that the run is open, or ends the run. Who finds
 * more than one block that can be begun after its own keeps one and wakes
 * others for the rest; who ends the run wakes all.
 *
 * Who finds nothing to do in the claimed loop helps with what the run's tasks
 * have called, if anything (exec/nested.h), before it waits on.
 *
 * A wait is long when it takes longer than falling asleep and being woken
 * would, and at once where there are more threads than processors. Where
 * threads cannot be fenced (base/fence.h) no run is opened and nobody sleeps:
 * who waits long gives its processor away.
 */
#include <stddef.h>
#include <string.h>

#include "base/fence.h"
#include "exec/stream_claimed.h"

/* -- strict ------------------------------------------------------------------------------ */

/* At least so much; releases what this thread has seen. */
static bool
raise(_Atomic uint64_t *number, uint64_t to)
{
	uint64_t was = atomic_load_explicit(number, memory_order_relaxed);

	while (was < to)
		if (atomic_compare_exchange_weak_explicit(
			    number, &was, to, memory_order_release,
			    memory_order_relaxed))
			return true;
	return false;
}

static bool
is_open(const struct weir__stream_loop *s, uint64_t run)
{
	return atomic_load_explicit(&s->opening, memory_order_relaxed) > run;
}

/* The rest of a run that has been opened, or is by this. */
static void
run_opened(struct weir__stream_loop *s, unsigned me, uint64_t run)
{
	bool fences = raise(&s->opening, run + 1);
	unsigned spins = weir__first_spins(s, s->streams->workers);

	while (atomic_load_explicit(&s->opened, memory_order_acquire) <= run) {
		/* Whoever is about to may have lost its processor. */
		fences = fences || weir__is_long(spins);
		if (fences) {
			weir__fence_all();
			raise(&s->opened, run + 1);
		} else {
			weir__relax(&spins, WEIR__LONG_PAUSES);
		}
	}
	weir__stream_run_claimed(s, me, s->streams->workers, run);
}

/*
 * Whether it is better to open a run than to wait on for so many blocks. Where
 * only the last of them is missing, somebody is most likely at it: then there is
 * nothing to take over, unless blocks go ahead of others, and opening interrupts
 * who does it.
 */
static bool
is_better_opened(const struct weir__stream_loop *s, unsigned w,
		 uint32_t position, uint64_t run, unsigned spins)
{
	return weir__is_long(spins) && weir__fence_is_there() &&
	       (weir__is_very_long(spins) || s->streams->ahead ||
		!weir__has_done(s, w, position - 1, run));
}

/* Wait until so many blocks are done; false where the run has been opened, or
 * had better be. */
static bool
await(struct weir__stream_loop *s, unsigned w, uint32_t position, uint64_t run)
{
	unsigned spins = weir__first_spins(s, s->streams->workers);

	while (!weir__has_done(s, w, position, run)) {
		if (is_open(s, run) ||
		    is_better_opened(s, w, position, run, spins))
			return false;
		weir__relax(&spins, WEIR__VERY_LONG_PAUSES);
	}
	return true;
}

static bool
await_all(struct weir__stream_loop *s, uint32_t block, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t q;

	for (q = streams->first_wait[block];
	     q < streams->first_wait[block + 1]; q++)
		if (!await(s, streams->waits[q].worker,
			   streams->waits[q].position, run))
			return false;
	return true;
}

/* Take the block after so many of the own stream; false where the run has
 * been opened, and blocks must be claimed. */
static bool
take(struct weir__stream_loop *s, unsigned me, uint64_t done, uint64_t run)
{
	struct weir__progress *p = weir__progress_of(s, me);

	atomic_store_explicit(&p->taken, done + 1, memory_order_release);
	weir__fence_light();
	if (!is_open(s, run))
		return true;
	atomic_store_explicit(&p->taken, 0, memory_order_release);
	return false;
}

static void
run_strict(struct weir__stream_loop *s, unsigned me, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t first = streams->first_block[me];
	uint32_t end = streams->first_block[me + 1], block;
	uint64_t done = weir__done_before(s, me, run);
	unsigned w;

	for (block = first; block < end; block++) {
		if (!await_all(s, block, run) || !take(s, me, done, run)) {
			run_opened(s, me, run);
			return;
		}
		s->run_block(s, block, run, me);
		atomic_store_explicit(&weir__progress_of(s, me)->done, ++done,
				      memory_order_release);
	}
	for (w = 0; w < streams->workers; w++)
		if (!await(s, w, streams->first_block[w + 1] -
			   streams->first_block[w], run)) {
			run_opened(s, me, run);
			return;
		}
}

/* -- runs ---------------------------------------------------------------------------------- */

void
weir__stream_work(struct weir__stream_loop *s, unsigned me, unsigned team,
		  uint64_t begin, uint64_t end)
{
	bool is_strict = team == s->streams->workers;
	bool is_nested = s->doors.behind[0] || s->doors.behind[1];
	struct weir__under_way was = weir__under_way(), now = was;
	uint64_t run;

	now.run = s->waiting;
	/* Who is alone has no door: what it calls is found where it was. */
	if (s->doors.list && (team > 1 || is_nested))
		now.door = &s->doors.list[me];
	weir__set_under_way(now);
	/* Each run is over when all its streams are. */
	for (run = begin; run < end; run++) {
		if (is_nested)
			atomic_store_explicit(&s->current, run,
					      memory_order_release);
		if (is_strict)
			run_strict(s, me, run);
		else
			weir__stream_run_claimed(s, me, team, run);
		/* It is over: whoever sleeps in it may go. */
		if (weir__idle_is_anyone(&s->idle))
			weir__idle_wake(&s->idle, UINT32_MAX);
	}
	weir__set_under_way(was);
}

static void
wake_in_loop(struct weir__doors *doors, uint32_t n)
{
	struct weir__stream_loop *s =
		(struct weir__stream_loop *)((char *)doors -
			offsetof(struct weir__stream_loop, doors));

	weir__idle_wake(&s->idle, n);
}

static weir_status
make_doors(struct weir__stream_loop *s, struct weir__heap *heap)
{
	unsigned n = s->streams->workers;

	s->places.n = n;
	s->places.taken = weir__calloc(heap, weir__places_words(n),
				       sizeof *s->places.taken);
	if (!s->places.taken)
		return WEIR_ENOMEM;
	s->doors.asleep = &s->idle.asleep;
	s->doors.wake = wake_in_loop;
	return weir__doors_init(&s->doors, heap, n);
}

weir_status
weir__stream_loop_init(struct weir__stream_loop *s, struct weir__heap *heap,
		       const struct weir__schedule *streams,
		       struct weir__waiting *waiting,
		       const struct weir__distances *distances,
		       unsigned processors,
		       weir__run_block_fn run_block)
{
	s->streams = streams;
	s->waiting = waiting;
	s->processors = processors;
	s->run_block = run_block;
	s->progress = weir__calloc_apart(heap, streams->workers,
					 sizeof *s->progress,
					 &s->progress_memory);
	if (!s->progress || (streams->workers > 1 && make_doors(s, heap)))
		return WEIR_ENOMEM;
	return weir__visits_new(heap, distances, streams->workers,
				&s->visits);
}

weir_status
weir__stream_loop_spread(struct weir__stream_loop *s, struct weir__heap *heap,
			 const struct weir__topology *topology)
{
	const unsigned workers = s->streams->workers;
	size_t pages = workers + workers / WEIR__PROGRESS_A_PAGE + 1, page;
	uint16_t *node = weir__alloc(heap, pages * sizeof *node);
	struct weir__progress *progress;
	void *memory = NULL;
	unsigned w;

	progress = weir__calloc_apart(heap, pages, WEIR__PAGE, &memory);
	if (!node || !progress) {
		weir__free(heap, node);
		weir__free(heap, memory);
		return WEIR_ENOMEM;
	}
	weir__free(heap, s->progress_memory);
	s->progress = progress;
	s->progress_memory = memory;
	s->spread = UINT32_MAX;
	memset(node, 0xff, pages * sizeof *node);
	for (w = 0; w < workers; w++) {
		page = (size_t)((char *)weir__progress_of(s, w) -
				(char *)progress) / WEIR__PAGE;
		node[page] = weir__topology_node_of_worker(topology, w);
	}
	weir__topology_place_memory(topology, progress, node, pages);
	weir__free(heap, node);
	return WEIR_OK;
}

void
weir__stream_loop_free(struct weir__stream_loop *s, struct weir__heap *heap)
{
	weir__free(heap, s->progress_memory);
	weir__free(heap, s->visits);
	weir__free(heap, (void *)s->places.taken);
	weir__doors_free(&s->doors, heap);
}
