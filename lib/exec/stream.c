/*
 * Two loops. *Strict*: each worker runs its own stream in order and waits for
 * the progress of others; no read-modify-write. It needs as many threads as
 * there are streams. *Claimed*: a stream's next block is claimed by one
 * compare-and-swap, by any thread that finds its waits met; it completes with
 * any number of threads, since the block that was dealt first among those not
 * done is the next of its stream and waits for nothing that is not done.
 */
#include "exec/stream.h"

#include <omp.h>
#include <sched.h>
#include <string.h>

#include "base/fpenv.h"
#include "base/now.h"

enum { SPINS = 2000 };		/* before the processor is given away */

static void
relax(unsigned *spins)
{
	if (++*spins >= SPINS) {
		sched_yield();
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* -- a block -------------------------------------------------------------------------- */

static void
note_failure(weir_schedule *s, uint32_t entry, weir_status status)
{
	uint64_t task = s->streams->items[entry];
	struct weir__text text;

	pthread_mutex_lock(&s->failure_lock);
	if (task < atomic_load_explicit(&s->failed, memory_order_relaxed)) {
		s->status = status;
		weir__text_init(&text, s->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s: task %llu failed: %s", s->name,
			       (unsigned long long)task,
			       weir_error_text()[0] ? weir_error_text()
			       : weir_status_name(status));
		atomic_store_explicit(&s->failed, task, memory_order_relaxed);
	}
	pthread_mutex_unlock(&s->failure_lock);
}

static void
run_entry(weir_schedule *s, uint32_t entry)
{
	weir_status status;

	weir__error_clear();
	status = s->entries[entry].fn(s->entries[entry].arg);
	if (status)
		note_failure(s, entry, status);
}

void
weir__stream_block(weir_schedule *s, uint32_t block)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t i = streams->first_item[block];
	uint32_t end = streams->first_item[block + 1];
	const struct weir__task *entry = s->entries;
	weir_status status;

	/* Nothing has failed: call and go on. */
	if (atomic_load_explicit(&s->failed, memory_order_relaxed) ==
	    UINT64_MAX) {
		for (; i < end; i++) {
			status = entry[i].fn(entry[i].arg);
			if (status) {
				note_failure(s, i++, status);
				break;
			}
		}
	}
	/* Something has: only what was recorded before it. */
	for (; i < end; i++)
		if (streams->items[i] <
		    atomic_load_explicit(&s->failed, memory_order_relaxed))
			run_entry(s, i);
}

/* -- strict ------------------------------------------------------------------------------ */

/* base: per worker, blocks done before this run. All streams have the same
 * number of runs behind them. */
static void
wait_for(weir_schedule *s, const struct weir__wait *wait, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint64_t blocks = streams->first_block[wait->worker + 1] -
			  streams->first_block[wait->worker];
	uint64_t target = run * blocks + wait->position;
	unsigned spins = 0;

	while (atomic_load_explicit(&s->progress[wait->worker].done,
				    memory_order_acquire) < target)
		relax(&spins);
}

/* All streams have finished `run` runs. */
static void
wait_for_all(weir_schedule *s, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	struct weir__wait all = { 0, 0 };
	unsigned w;

	for (w = 0; w < streams->workers; w++) {
		all.worker = w;
		wait_for(s, &all, run);
	}
}

static void
run_strict(weir_schedule *s, unsigned w, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t first = streams->first_block[w];
	uint32_t end = streams->first_block[w + 1], block, q;
	uint64_t done = run * (end - first);

	for (block = first; block < end; block++) {
		for (q = streams->first_wait[block];
		     q < streams->first_wait[block + 1]; q++)
			wait_for(s, &streams->waits[q], run);
		weir__stream_block(s, block);
		atomic_store_explicit(&s->progress[w].done, ++done,
				      memory_order_release);
	}
}

/* -- claimed ----------------------------------------------------------------------------- */

static bool
are_met(weir_schedule *s, uint32_t block, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t q;

	for (q = streams->first_wait[block];
	     q < streams->first_wait[block + 1]; q++) {
		const struct weir__wait *wait = &streams->waits[q];
		uint64_t blocks = streams->first_block[wait->worker + 1] -
				  streams->first_block[wait->worker];

		if (atomic_load_explicit(&s->progress[wait->worker].done,
					 memory_order_acquire) <
		    run * blocks + wait->position)
			return false;
	}
	return true;
}

/* Run the next block of a stream, if nobody does and its waits are met. */
static bool
advance(weir_schedule *s, unsigned w, uint64_t run, bool *is_over)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t first = streams->first_block[w];
	uint64_t blocks = streams->first_block[w + 1] - first;
	struct weir__progress *p = &s->progress[w];
	uint64_t done, claimed;

	/* acquire: who ran the stream so far has written what comes next */
	done = atomic_load_explicit(&p->done, memory_order_acquire);
	*is_over = done >= (run + 1) * blocks;
	if (*is_over)
		return false;
	claimed = done;
	if (atomic_load_explicit(&p->claimed, memory_order_relaxed) != done ||
	    !are_met(s, first + (uint32_t)(done - run * blocks), run) ||
	    !atomic_compare_exchange_strong_explicit(
		    &p->claimed, &claimed, done + 1, memory_order_relaxed,
		    memory_order_relaxed))
		return false;
	weir__stream_block(s, first + (uint32_t)(done - run * blocks));
	atomic_store_explicit(&p->done, done + 1, memory_order_release);
	return true;
}

static void
run_claimed(weir_schedule *s, unsigned me, uint64_t run)
{
	unsigned workers = s->streams->workers, i, spins = 0, over;
	bool is_over;

	for (;;) {
		over = 0;
		for (i = 0; i < workers; i++) {
			if (advance(s, (me + i) % workers, run, &is_over)) {
				spins = 0;
				break;
			}
			over += is_over;
		}
		if (over == workers)
			return;
		if (i == workers)
			relax(&spins);
	}
}

/* -- runs ---------------------------------------------------------------------------------- */

static void
run_alone(weir_schedule *s, uint64_t run, uint64_t end)
{
	for (; run < end; run++)
		run_claimed(s, 0, run);
}

/* One thread of a team. Between runs everybody waits for everybody. */
static void
run_in_team(weir_schedule *s, unsigned me, unsigned team, uint64_t run,
	    uint64_t end)
{
	bool is_strict = team == s->streams->workers;

	for (; run < end; run++) {
		if (is_strict)
			run_strict(s, me, run);
		else
			run_claimed(s, me, run);
		wait_for_all(s, run + 1);
	}
}

static void
run_many(weir_schedule *s, uint64_t run, uint64_t end)
{
	unsigned workers = s->streams->workers;

	if (workers == 1 || omp_in_parallel()) {
		run_alone(s, run, end);
		return;
	}
#pragma omp parallel num_threads(workers)
	{
		struct weir__fpenv fpenv;

		weir__fpenv_enter(&fpenv);
		run_in_team(s, (unsigned)omp_get_thread_num(),
			    (unsigned)omp_get_num_threads(), run, end);
		weir__fpenv_leave(&fpenv);
	}
}

/* The strict loop does not keep the claims up; the claimed one needs them. */
static void
align_claims(weir_schedule *s)
{
	unsigned w;

	for (w = 0; w < s->streams->workers; w++)
		atomic_store_explicit(
			&s->progress[w].claimed,
			atomic_load_explicit(&s->progress[w].done,
					     memory_order_relaxed),
			memory_order_relaxed);
}

weir_status
weir__stream_run(weir_schedule *s, size_t times)
{
	struct weir__fpenv fpenv;
	weir_status status;

	pthread_mutex_lock(&s->running);
	s->status = WEIR_OK;
	atomic_store_explicit(&s->failed, UINT64_MAX, memory_order_relaxed);
	align_claims(s);
	weir__fpenv_enter(&fpenv);
	run_many(s, s->runs, s->runs + times);
	weir__fpenv_leave(&fpenv);
	s->runs += times;
	status = s->status;
	if (status)
		weir_fail(status, "%s", s->why);
	pthread_mutex_unlock(&s->running);
	return status;
}

/* -- making and releasing ------------------------------------------------------------- */

static weir_status
copy_dag(weir_schedule *s, const weir_tasks *tasks)
{
	size_t n = tasks->n;
	uint32_t *first_pred, *preds;
	float *cost = NULL;

	first_pred = weir__alloc(s->heap, (n + 1) * sizeof *first_pred);
	preds = weir__alloc(s->heap, (tasks->n_preds + 1) * sizeof *preds);
	if (tasks->costs)
		cost = weir__alloc(s->heap, (n + 1) * sizeof *cost);
	s->dag = (struct weir__dag){ .n = (uint32_t)n,
				     .first_pred = first_pred,
				     .preds = preds, .cost = cost };
	if (!first_pred || !preds || (tasks->costs && !cost))
		return WEIR_ENOMEM;
	memcpy(first_pred, tasks->first_pred, (n + 1) * sizeof *first_pred);
	if (tasks->n_preds)
		memcpy(preds, tasks->preds, tasks->n_preds * sizeof *preds);
	if (cost && n)
		memcpy(cost, tasks->costs, n * sizeof *cost);
	return WEIR_OK;
}

static weir_status
make_entries(weir_schedule *s, const weir_tasks *tasks)
{
	uint32_t i;

	s->entries = weir__alloc(s->heap, ((size_t)s->dag.n + 1) *
				 sizeof *s->entries);
	/* On lines of their own: aligned by hand, as any allocator will do. */
	s->progress_memory = weir__calloc(s->heap,
					  (size_t)s->streams->workers + 1,
					  sizeof *s->progress);
	if (!s->entries || !s->progress_memory)
		return WEIR_ENOMEM;
	s->progress = (struct weir__progress *)
		(((uintptr_t)s->progress_memory + sizeof *s->progress - 1) /
		 sizeof *s->progress * sizeof *s->progress);
	for (i = 0; i < s->dag.n; i++)
		s->entries[i] = tasks->tasks[s->streams->items[i]];
	return WEIR_OK;
}

static void
fill_info(weir_schedule *s, double start)
{
	const struct weir__schedule *streams = s->streams;

	s->info.tasks = s->dag.n;
	s->info.edges = s->dag.first_pred[s->dag.n];
	s->info.blocks = streams->n_blocks;
	s->info.waits = streams->n_waits;
	s->info.workers = streams->workers;
	s->info.speedup = streams->speedup;
	s->info.bytes = sizeof *s + weir__schedule_bytes(streams) +
			s->dag.n * (sizeof *s->entries + sizeof(uint32_t) +
				    (s->dag.cost ? sizeof(float) : 0)) +
			s->info.edges * sizeof(uint32_t);
	s->info.compile_ns = weir__now_ns() - start;
}

weir_status
weir__stream_compile(const weir_tasks *tasks, unsigned workers,
		     weir_schedule **schedule)
{
	weir_schedule *s = weir__calloc(tasks->heap, 1, sizeof *s);
	double start = weir__now_ns();
	weir_status status;

	if (!s)
		return WEIR_ENOMEM;
	s->heap = weir__heap_retain(tasks->heap);
	pthread_mutex_init(&s->running, NULL);
	pthread_mutex_init(&s->failure_lock, NULL);
	s->name = weir__strdup(s->heap, tasks->name);
	s->why = weir__calloc(s->heap, 1, WEIR__ERROR_SIZE);
	status = s->name && s->why ? copy_dag(s, tasks) : WEIR_ENOMEM;
	if (!status)
		status = weir__schedule_new(s->heap, &s->dag, workers,
					    &s->streams);
	if (!status)
		status = make_entries(s, tasks);
#ifdef WEIR_DEBUG
	if (!status)
		status = weir__schedule_check(s->streams, &s->dag);
#endif
	if (status) {
		weir_schedule_release(s);
		return status;
	}
	fill_info(s, start);
	*schedule = s;
	return WEIR_OK;
}

void
weir_schedule_release(weir_schedule *s)
{
	struct weir__heap *heap;

	if (!s)
		return;
	heap = s->heap;
	weir__schedule_free(s->streams);
	weir__free(heap, (void *)s->dag.first_pred);
	weir__free(heap, (void *)s->dag.preds);
	weir__free(heap, (void *)s->dag.cost);
	weir__free(heap, s->entries);
	weir__free(heap, s->progress_memory);
	weir__free(heap, s->name);
	weir__free(heap, s->why);
	pthread_mutex_destroy(&s->running);
	pthread_mutex_destroy(&s->failure_lock);
	weir__free(heap, s);
	weir__heap_release(heap);
}
