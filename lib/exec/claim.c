/*
 * The claimed loop: each block is claimed by one compare-and-swap and run by
 * whoever claimed it, once the blocks it waits for are done. A worker looks
 * through its own stream first, then through the others'.
 *
 * Any team of one thread or more completes any plan: the lowest block that is
 * not done is the first unclaimed one of its stream, so every worker looks at
 * it, and all it waits for is done.
 */
#include "exec/run.h"

#include "base/fpenv.h"
#include "base/pause.h"
#include "exec/team.h"
#include "ops/invoke.h"

enum {
	WINDOW = 16,		/* blocks looked at past the first unclaimed */
	SPINS = 200		/* before the processor is given away */
};

/* Keep the failure of the op with the lowest ordinal, and of its ranges that
 * of the lowest, whoever is first: it is the one that eager comes to. */
static void
note_failure(struct weir__run *run, const struct weir__work *work,
	     weir_status status)
{
	uint64_t ordinal = run->plan->steps[work->step].node->ordinal;
	struct weir__text text;
	uint64_t failed;

	pthread_mutex_lock(&run->failure_lock);
	failed = atomic_load_explicit(&run->failed, memory_order_relaxed);
	if (ordinal < failed ||
	    (ordinal == failed && work->begin < run->failed_tile)) {
		run->failed_step = work->step;
		run->failed_tile = work->begin;
		run->status = status;
		weir__text_init(&text, run->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s", weir_error_text());
		atomic_store_explicit(&run->failed, ordinal,
				      memory_order_relaxed);
	}
	pthread_mutex_unlock(&run->failure_lock);
}

static void
do_work(struct weir__run *run, const struct weir__work *work)
{
	const weir_kernel *kernel = &run->kernels[work->step];
	weir_status status = WEIR_OK;

	if (work->begin < work->end)
		status = weir__invoke_tiles(kernel, work->begin, work->end);
	/* Not after a tile that failed: it was waited for, so it shows. */
	if (!status && work->has_finish &&
	    atomic_load_explicit(&run->failed, memory_order_relaxed) !=
		    run->plan->steps[work->step].node->ordinal)
		status = weir__invoke_finish(kernel);
	if (status)
		note_failure(run, work, status);
}

static void
do_block(struct weir__run *run, uint32_t number, unsigned worker)
{
	const weir_plan *plan = run->plan;
	const struct weir__block *block = &plan->blocks[number];
	const struct weir__work *work = &plan->work[block->first_work];
	const struct weir__work *end = work + block->n_work;
	uint64_t stamp = run->tracer ? weir__trace_now(run->tracer) : 0;

	for (; work < end; work++) {
		uint64_t ordinal = plan->steps[work->step].node->ordinal;

		if (ordinal > atomic_load_explicit(&run->failed,
						   memory_order_relaxed))
			continue;	/* eager would not have come here */
		do_work(run, work);
		if (run->tracer)
			stamp = weir__run_trace_work(run, work, number, worker,
						     stamp);
	}
	if (run->tracer)
		atomic_store_explicit(&run->ends[number], stamp,
				      memory_order_relaxed);
}

/* -- claiming ------------------------------------------------------------------ */

static bool
is_claimed(const struct weir__run *run, uint32_t block)
{
	return atomic_load_explicit(&run->claims[block],
				    memory_order_relaxed) == run->number;
}

static bool
is_ready(const struct weir__run *run, uint32_t block)
{
	const weir_plan *plan = run->plan;
	const struct weir__block *b = &plan->blocks[block];
	const uint32_t *wait = &plan->waits[b->first_wait];
	uint32_t i;

	/* acquire: see what the blocks waited for have written. */
	for (i = 0; i < b->n_waits; i++)
		if (atomic_load_explicit(&run->dones[wait[i]],
					 memory_order_acquire) != run->number)
			return false;
	return true;
}

static bool
claim(struct weir__run *run, uint32_t block)
{
	uint32_t before = atomic_load_explicit(&run->claims[block],
					       memory_order_relaxed);

	return before != run->number &&
	       atomic_compare_exchange_strong_explicit(
		       &run->claims[block], &before, run->number,
		       memory_order_relaxed, memory_order_relaxed);
}

/*
 * Claim a ready block of a stream. *head moves past what is claimed;
 * *is_over is set where nothing unclaimed is left.
 */
static bool
claim_from(struct weir__run *run, const struct weir__stream *stream,
	   uint32_t *head, bool *is_over, uint32_t *block)
{
	uint32_t i;

	while (*head < stream->n && is_claimed(run, stream->blocks[*head]))
		++*head;
	*is_over = *head == stream->n;
	for (i = *head; i < stream->n && i < *head + WINDOW; i++) {
		*block = stream->blocks[i];
		if (!is_claimed(run, *block) && is_ready(run, *block) &&
		    claim(run, *block))
			return true;
	}
	return false;
}

static bool
claim_any(struct weir__run *run, unsigned worker, bool *is_over,
	  uint32_t *block)
{
	unsigned workers = run->plan->workers, i;
	uint32_t *heads = &run->heads[(size_t)worker * workers];
	bool is_stream_over;

	*is_over = true;
	for (i = 0; i < workers; i++) {
		unsigned s = (worker + i) % workers;

		if (claim_from(run, &run->plan->streams[s], &heads[s],
			       &is_stream_over, block))
			return true;
		*is_over &= is_stream_over;
	}
	return false;
}

static void
work_until_over(struct weir__run *run, unsigned worker)
{
	unsigned workers = run->plan->workers, i, spins = 0;
	bool is_over;
	uint32_t block;

	for (i = 0; i < workers; i++)
		run->heads[(size_t)worker * workers + i] = 0;
	for (;;) {
		if (claim_any(run, worker, &is_over, &block)) {
			do_block(run, block, worker);
			/* release: who waits sees what the block wrote. */
			atomic_store_explicit(&run->dones[block], run->number,
					      memory_order_release);
			spins = 0;
		} else if (is_over) {
			return;
		} else {
			weir__relax(&spins, SPINS);
		}
	}
}

static void
work(void *run, unsigned me, unsigned size)
{
	(void)size;
	work_until_over(run, me);
}

void
weir__run_blocks(struct weir__run *run, bool alone)
{
	unsigned workers = run->plan->workers;
	struct weir__job job = { work, NULL, run, workers };
	struct weir__fpenv fpenv;

	if (workers == 1) {		/* one block, in order: nobody to wait for */
		weir__fpenv_enter(&fpenv);
		if (run->plan->n_blocks)
			do_block(run, 0, 0);
		weir__fpenv_leave(&fpenv);
		return;
	}
	if (alone) {
		weir__fpenv_enter(&fpenv);
		work_until_over(run, 0);
		weir__fpenv_leave(&fpenv);
		return;
	}
	weir__team_run(run->plan->team, &job);
}
