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
 * A wait is long when it takes longer than falling asleep and being woken
 * would, and at once where there are more threads than processors. Where
 * threads cannot be fenced (base/fence.h) no run is opened and nobody sleeps:
 * who waits long gives its processor away.
 */
#include "exec/stream_loop.h"

#include <limits.h>

#include "base/fence.h"
#include "base/pause.h"

/* -- the state of a run ------------------------------------------------------------------ */

/* Blocks of stream w behind it when `run` begins. All streams have the same
 * number of runs behind them. */
static uint64_t
done_before(const struct weir__stream_loop *s, unsigned w, uint64_t run)
{
	const uint32_t *first = s->streams->first_block;

	return run * (first[w + 1] - first[w]);
}

/* Whether so many blocks of stream w are done in this run. */
static bool
has_done(const struct weir__stream_loop *s, unsigned w, uint32_t position,
	 uint64_t run)
{
	return atomic_load_explicit(&s->progress[w].done,
				    memory_order_acquire) >=
	       done_before(s, w, run) + position;
}

/* -- claimed ----------------------------------------------------------------------------- */

static bool
are_met(const struct weir__stream_loop *s, uint32_t block, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t q;

	for (q = streams->first_wait[block];
	     q < streams->first_wait[block + 1]; q++)
		if (!has_done(s, streams->waits[q].worker,
			      streams->waits[q].position, run))
			return false;
	return true;
}

/* The next block of a stream, as it was when somebody looked. */
struct next {
	uint64_t done, claimed;		/* of the stream, by then */
	bool is_over;			/* there is none */
};

/* Whether it can be begun: nobody runs it, and its waits are met. */
static bool
is_ready(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	 struct next *next)
{
	const uint32_t *first = s->streams->first_block;
	const struct weir__progress *p = &s->progress[w];
	uint64_t before = done_before(s, w, run), taken;

	/* Taken first: who takes a block has done those before, and the
	 * acquire shows that. */
	taken = atomic_load_explicit(&p->taken, memory_order_acquire);
	/* acquire: who ran the stream so far has written what comes next */
	next->done = atomic_load_explicit(&p->done, memory_order_acquire);
	next->is_over = next->done >= before + first[w + 1] - first[w];
	if (next->is_over || taken == next->done + 1)
		return false;
	/* What was claimed is done or behind: the strict loop does not
	 * claim. */
	next->claimed = atomic_load_explicit(&p->claimed,
					     memory_order_relaxed);
	return next->claimed <= next->done &&
	       are_met(s, first[w] + (uint32_t)(next->done - before), run);
}

/* Run the next block of a stream, if that is wanted and it can be begun. */
static bool
advance(struct weir__stream_loop *s, unsigned w, unsigned me, uint64_t run,
	bool is_wanted, bool *is_over)
{
	struct weir__progress *p = &s->progress[w];
	struct next next;
	bool was_ready = is_ready(s, w, run, &next);

	*is_over = next.is_over;
	if (!was_ready || !is_wanted ||
	    !atomic_compare_exchange_strong_explicit(
		    &p->claimed, &next.claimed, next.done + 1,
		    memory_order_relaxed, memory_order_relaxed))
		return false;
	s->run_block(s, s->streams->first_block[w] +
		     (uint32_t)(next.done - done_before(s, w, run)), run, me);
	atomic_store_explicit(&p->done, next.done + 1, memory_order_release);
	return true;
}

/* Blocks that can be begun. */
static unsigned
count_ready(const struct weir__stream_loop *s, uint64_t run, bool *is_over)
{
	unsigned ready = 0, over = 0, w;
	struct next next;

	for (w = 0; w < s->streams->workers; w++) {
		ready += is_ready(s, w, run, &next);
		over += next.is_over;
	}
	*is_over = over == s->streams->workers;
	return ready;
}

/* This thread takes one of the blocks that can be begun; the others are for
 * those that sleep. */
static void
share(struct weir__stream_loop *s, uint64_t run)
{
	unsigned ready;
	bool is_over;

	if (!weir__idle_is_anyone(&s->idle))
		return;
	/* Of two whose blocks are waited for by a third, one sees both. */
	atomic_thread_fence(memory_order_seq_cst);
	ready = count_ready(s, run, &is_over);
	if (ready > 1)
		weir__idle_wake(&s->idle, ready - 1);
}

/* Until somebody has more to do than one thread, or the run is over; not if
 * there is something to do by now. */
static void
fall_asleep(struct weir__stream_loop *s, uint64_t run)
{
	uint32_t ticket = weir__idle_enter(&s->idle);
	bool is_over;

	if (!count_ready(s, run, &is_over) && !is_over)
		weir__idle_sleep(&s->idle, ticket);
}

/* Pauses that a wait has behind it when it begins. */
static unsigned
first_spins(const struct weir__stream_loop *s, unsigned team)
{
	return s->processors && team > s->processors ? WEIR__LONG_PAUSES : 0;
}

/* Run one block of another stream, as near as can be; false where there is none.
 * Streams that are over are counted. Who has waited so long that it helps a pool
 * does not wait with the next block of that one, until there is something
 * nearer. */
static bool
run_nearest(struct weir__stream_loop *s, unsigned me, unsigned team,
	    uint64_t run, unsigned *waited, unsigned *over)
{
	size_t pools = weir__visits_pools(s->visits), k;
	unsigned own = me % s->streams->workers, i, w;
	bool is_over;

	for (k = 0; k < pools; k++) {
		struct weir__visit visit = weir__visit(
			s->visits, s->streams->workers, own, k);
		bool is_patient = *waited < visit.patience;

		w = visit.start;
		for (i = 0; i < visit.n; i++, w = weir__visit_next(&visit, w)) {
			if (w == own)
				continue;
			if (advance(s, w, me, run, !is_patient || w >= team,
				    &is_over)) {
				if (!is_patient)
					*waited = visit.patience;
				return true;
			}
			*over += is_over;
		}
	}
	return false;
}

static void
run_claimed(struct weir__stream_loop *s, unsigned me, unsigned team,
	    uint64_t run)
{
	const unsigned own = me % s->streams->workers;
	const unsigned none = first_spins(s, team);
	unsigned spins = none, waited = none, over;
	bool is_over;

	share(s, run);
	for (;;) {
		while (advance(s, own, me, run, true, &is_over)) {
			share(s, run);
			spins = waited = none;
		}
		over = is_over;
		if (run_nearest(s, me, team, run, &waited, &over)) {
			share(s, run);
			spins = none;
			if (waited < none)
				waited = none;
		} else if (over == s->streams->workers) {
			return;
		} else if (weir__is_long(spins) && weir__fence_is_there()) {
			/* By now it helps everybody. */
			fall_asleep(s, run);
			spins = none;
		} else {
			waited += waited < UINT_MAX;
			weir__relax(&spins, WEIR__LONG_PAUSES);
		}
	}
}

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
	unsigned spins = first_spins(s, s->streams->workers);

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
	run_claimed(s, me, s->streams->workers, run);
}

/* Wait until so many blocks are done; false where the run has been opened, or
 * it takes so long that it is better opened. */
static bool
await(struct weir__stream_loop *s, unsigned w, uint32_t position, uint64_t run)
{
	unsigned spins = first_spins(s, s->streams->workers);

	while (!has_done(s, w, position, run)) {
		if (is_open(s, run) ||
		    (weir__is_long(spins) && weir__fence_is_there()))
			return false;
		weir__relax(&spins, WEIR__LONG_PAUSES);
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
	struct weir__progress *p = &s->progress[me];

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
	uint64_t done = done_before(s, me, run);
	unsigned w;

	for (block = first; block < end; block++) {
		if (!await_all(s, block, run) || !take(s, me, done, run)) {
			run_opened(s, me, run);
			return;
		}
		s->run_block(s, block, run, me);
		atomic_store_explicit(&s->progress[me].done, ++done,
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
	uint64_t run;

	/* Each run is over when all its streams are. */
	for (run = begin; run < end; run++) {
		if (is_strict)
			run_strict(s, me, run);
		else
			run_claimed(s, me, team, run);
		/* It is over: whoever sleeps in it may go. */
		if (weir__idle_is_anyone(&s->idle))
			weir__idle_wake(&s->idle, UINT32_MAX);
	}
}

weir_status
weir__stream_loop_init(struct weir__stream_loop *s, struct weir__heap *heap,
		       const struct weir__schedule *streams,
		       const struct weir__distances *distances,
		       unsigned processors,
		       weir__run_block_fn run_block)
{
	s->streams = streams;
	s->processors = processors;
	s->run_block = run_block;
	s->progress = weir__calloc_apart(heap, streams->workers,
					 sizeof *s->progress,
					 &s->progress_memory);
	if (!s->progress)
		return WEIR_ENOMEM;
	return weir__visits_new(heap, distances, streams->workers,
				&s->visits);
}

void
weir__stream_loop_free(struct weir__stream_loop *s, struct weir__heap *heap)
{
	weir__free(heap, s->progress_memory);
	weir__free(heap, s->visits);
}
