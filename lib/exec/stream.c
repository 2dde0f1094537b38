/*
 * Two loops. *Strict*: each worker runs its own stream in order and waits for
 * the progress of others; no read-modify-write. It needs as many threads as
 * there are streams. *Claimed*: a stream's next block is claimed by one
 * compare-and-swap, by any thread that finds its waits met; it completes with
 * any number of threads, since the block that was dealt first among those not
 * done is the next of its stream and waits for nothing that is not done.
 */
#include "exec/stream.h"

#include <sched.h>
#include <string.h>

#include "base/now.h"
#include "base/pause.h"
#include "exec/stream_trace.h"

enum { SPINS = 2000 };		/* before the processor is given away */

static void
relax(unsigned *spins)
{
	if (++*spins >= SPINS) {
		sched_yield();
		return;
	}
	weir__pause();
}

/* -- a block -------------------------------------------------------------------------- */

void
weir__stream_fail(struct weir__stream_run *run, uint64_t task,
		  weir_status status, const char *why)
{
	struct weir__text text;

	pthread_mutex_lock(&run->failure_lock);
	if (task < atomic_load_explicit(&run->failed, memory_order_relaxed)) {
		run->status = status;
		weir__text_init(&text, run->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s: %s", run->schedule->name, why);
		atomic_store_explicit(&run->failed, task,
				      memory_order_relaxed);
	}
	pthread_mutex_unlock(&run->failure_lock);
}

static void
note_failure(struct weir__stream_run *run, uint32_t entry, weir_status status)
{
	uint64_t task = run->schedule->streams->items[entry];
	char why[WEIR__ERROR_SIZE];
	struct weir__text text;

	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "task %llu failed: %s",
		       (unsigned long long)task,
		       weir_error_text()[0] ? weir_error_text()
					    : weir_status_name(status));
	weir__stream_fail(run, task, status, why);
}

static void
run_entry(struct weir__stream_run *run, uint32_t entry)
{
	const struct weir__task *task = &run->schedule->entries[entry];
	weir_status status;

	weir__error_clear();
	status = task->fn(task->arg);
	if (status)
		note_failure(run, entry, status);
}

/* One block's tasks, on this thread. */
static void
run_block(struct weir__stream_run *run, uint32_t block, uint64_t number,
	  unsigned worker)
{
	const struct weir__schedule *streams = run->schedule->streams;
	uint32_t i = streams->first_item[block];
	uint32_t end = streams->first_item[block + 1];
	const struct weir__task *entry = run->schedule->entries;
	uint64_t stamp = run->tracer ? weir__trace_now(run->tracer) : 0;
	weir_status status;

	if (run->deadline > 0 && weir__now_ns() > run->deadline)
		weir__stream_fail(run, 0, WEIR_ETIMEDOUT,
				  "the deadline is over");
	/* Nothing has failed, nobody looks: call and go on. */
	if (!run->tracer &&
	    atomic_load_explicit(&run->failed, memory_order_relaxed) ==
		    UINT64_MAX) {
		for (; i < end; i++) {
			status = entry[i].fn(entry[i].arg);
			if (status) {
				note_failure(run, i++, status);
				break;
			}
		}
	}
	/* Else only what was recorded before what has failed. */
	for (; i < end; i++) {
		if (streams->items[i] >= atomic_load_explicit(
			    &run->failed, memory_order_relaxed))
			continue;
		run_entry(run, i);
		if (run->tracer)
			stamp = weir__stream_trace_task(run, i, number, block,
							worker, stamp);
	}
}

/* -- strict ------------------------------------------------------------------------------ */

/* base: per worker, blocks done before this run. All streams have the same
 * number of runs behind them. */
static void
wait_for(struct weir__stream_run *s, const struct weir__wait *wait, uint64_t run)
{
	const struct weir__schedule *streams = s->schedule->streams;
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
wait_for_all(struct weir__stream_run *s, uint64_t run)
{
	const struct weir__schedule *streams = s->schedule->streams;
	struct weir__wait all = { 0, 0 };
	unsigned w;

	for (w = 0; w < streams->workers; w++) {
		all.worker = w;
		wait_for(s, &all, run);
	}
}

static void
run_strict(struct weir__stream_run *s, unsigned w, uint64_t run)
{
	const struct weir__schedule *streams = s->schedule->streams;
	uint32_t first = streams->first_block[w];
	uint32_t end = streams->first_block[w + 1], block, q;
	uint64_t done = run * (end - first);

	for (block = first; block < end; block++) {
		for (q = streams->first_wait[block];
		     q < streams->first_wait[block + 1]; q++)
			wait_for(s, &streams->waits[q], run);
		run_block(s, block, run, w);
		atomic_store_explicit(&s->progress[w].done, ++done,
				      memory_order_release);
	}
}

/* -- claimed ----------------------------------------------------------------------------- */

static bool
are_met(struct weir__stream_run *s, uint32_t block, uint64_t run)
{
	const struct weir__schedule *streams = s->schedule->streams;
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
advance(struct weir__stream_run *s, unsigned w, unsigned me, uint64_t run,
	bool *is_over)
{
	const struct weir__schedule *streams = s->schedule->streams;
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
	run_block(s, first + (uint32_t)(done - run * blocks), run, me);
	atomic_store_explicit(&p->done, done + 1, memory_order_release);
	return true;
}

static void
run_claimed(struct weir__stream_run *s, unsigned me, uint64_t run)
{
	unsigned workers = s->schedule->streams->workers, i, spins = 0, over;
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
			relax(&spins);
	}
}

/* -- runs ---------------------------------------------------------------------------------- */

void
weir__stream_work(struct weir__stream_run *s, unsigned me, unsigned team)
{
	bool is_strict = team == s->schedule->streams->workers;
	uint64_t run;

	for (run = s->begin; run < s->end; run++) {
		if (is_strict)
			run_strict(s, me, run);
		else
			run_claimed(s, me, run);
		if (team > 1)
			wait_for_all(s, run + 1);
	}
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
	if (!s->entries)
		return WEIR_ENOMEM;
	for (i = 0; i < s->dag.n; i++)
		s->entries[i] = tasks->tasks[s->streams->items[i]];
	if (!tasks->names)
		return WEIR_OK;
	s->names = weir__alloc(s->heap, ((size_t)s->dag.n + 1) *
			       sizeof *s->names);
	if (!s->names)
		return WEIR_ENOMEM;
	memcpy(s->names, tasks->names, s->dag.n * sizeof *s->names);
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
				    (s->dag.cost ? sizeof(float) : 0) +
				    (s->names ? sizeof *s->names : 0)) +
			s->info.edges * sizeof(uint32_t);
	s->info.compile_ns = weir__now_ns() - start;
}

weir_status
weir__stream_compile(const weir_tasks *tasks, struct weir__team *team,
		     struct weir__tracer *tracer, weir_schedule **schedule)
{
	weir_schedule *s = weir__calloc(tasks->heap, 1, sizeof *s);
	double start = weir__now_ns();
	weir_status status;

	if (!s)
		return WEIR_ENOMEM;
	s->heap = weir__heap_retain(tasks->heap);
	s->team = team;
	s->tracer = tracer;
	s->may_overlap = tasks->may_overlap;
	s->pending_end = &s->pending;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->turn, NULL);
	s->name = weir__strdup(s->heap, tasks->name);
	status = s->name ? copy_dag(s, tasks) : WEIR_ENOMEM;
	if (!status)
		status = weir__schedule_new(s->heap, &s->dag,
					    weir__team_size(team),
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
	weir__stream_runs_free(s);
	weir__schedule_free(s->streams);
	weir__free(heap, (void *)s->dag.first_pred);
	weir__free(heap, (void *)s->dag.preds);
	weir__free(heap, (void *)s->dag.cost);
	weir__free(heap, s->entries);
	weir__free(heap, s->names);
	weir__free(heap, s->name);
	pthread_cond_destroy(&s->turn);
	pthread_mutex_destroy(&s->lock);
	weir__free(heap, s);
	weir__heap_release(heap);
}
