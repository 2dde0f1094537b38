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
 * stream and waits for nothing that is not done.
 *
 * Who waits long in the strict loop opens the run: the others may have lost
 * their processors, or have more to do than was expected. From then on the run
 * is claimed. Who runs a stream strictly says which block it takes before it
 * looks whether the run has been opened; who opens says so, fences everybody,
 * and then looks which blocks are taken: one of the two sees the other.
 */
#include "exec/stream_loop.h"

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
has_done(struct weir__stream_loop *s, unsigned w, uint32_t position,
	 uint64_t run)
{
	return atomic_load_explicit(&s->progress[w].done,
				    memory_order_acquire) >=
	       done_before(s, w, run) + position;
}

/* -- claimed ----------------------------------------------------------------------------- */

static bool
are_met(struct weir__stream_loop *s, uint32_t block, uint64_t run)
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

/* Run the next block of a stream, if nobody does and its waits are met. */
static bool
advance(struct weir__stream_loop *s, unsigned w, unsigned me, uint64_t run,
	bool *is_over)
{
	const uint32_t *first = s->streams->first_block;
	struct weir__progress *p = &s->progress[w];
	uint64_t before = done_before(s, w, run), taken, done, claimed;

	/* Taken first: who takes a block has done those before, and the
	 * acquire shows that. */
	taken = atomic_load_explicit(&p->taken, memory_order_acquire);
	/* acquire: who ran the stream so far has written what comes next */
	done = atomic_load_explicit(&p->done, memory_order_acquire);
	*is_over = done >= before + first[w + 1] - first[w];
	if (*is_over || taken == done + 1)
		return false;
	/* What was claimed is done or behind: the strict loop does not
	 * claim. */
	claimed = atomic_load_explicit(&p->claimed, memory_order_relaxed);
	if (claimed > done ||
	    !are_met(s, first[w] + (uint32_t)(done - before), run) ||
	    !atomic_compare_exchange_strong_explicit(
		    &p->claimed, &claimed, done + 1, memory_order_relaxed,
		    memory_order_relaxed))
		return false;
	s->run_block(s, first[w] + (uint32_t)(done - before), run, me);
	atomic_store_explicit(&p->done, done + 1, memory_order_release);
	return true;
}

static void
run_claimed(struct weir__stream_loop *s, unsigned me, uint64_t run)
{
	unsigned workers = s->streams->workers, i, spins = 0, over;
	bool is_over;

	for (;;) {
		over = 0;
		for (i = 0; i < workers; i++) {
			if (advance(s, (me + i) % workers, me, run,
				    &is_over)) {
				spins = 0;
				break;
			}
			over += is_over;
		}
		if (over == workers)
			return;
		if (i == workers)
			weir__relax(&spins, WEIR__LONG_PAUSES);
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

/* The rest of a run that has been opened, or is by this. */
static void
run_opened(struct weir__stream_loop *s, unsigned me, uint64_t run)
{
	unsigned spins = 0;

	if (raise(&s->opening, run + 1)) {
		weir__fence_all();
		raise(&s->opened, run + 1);
	}
	while (atomic_load_explicit(&s->opened, memory_order_acquire) <= run)
		weir__relax(&spins, WEIR__LONG_PAUSES);
	run_claimed(s, me, run);
}

/* Wait until so many blocks are done; false where it takes so long that the
 * run is better opened. */
static bool
await(struct weir__stream_loop *s, unsigned w, uint32_t position, uint64_t run)
{
	unsigned spins = 0;

	while (!has_done(s, w, position, run)) {
		if (weir__is_long(spins) && weir__fence_is_there())
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
	if (atomic_load_explicit(&s->opening, memory_order_relaxed) <= run)
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
			run_claimed(s, me, run);
	}
}

weir_status
weir__stream_loop_init(struct weir__stream_loop *s, struct weir__heap *heap,
		       const struct weir__schedule *streams,
		       weir__run_block_fn run_block)
{
	s->streams = streams;
	s->run_block = run_block;
	s->progress = weir__calloc_apart(heap, streams->workers,
					 sizeof *s->progress,
					 &s->progress_memory);
	return s->progress ? WEIR_OK : WEIR_ENOMEM;
}

void
weir__stream_loop_free(struct weir__stream_loop *s, struct weir__heap *heap)
{
	weir__free(heap, s->progress_memory);
}
