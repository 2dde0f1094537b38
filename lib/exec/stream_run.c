/*
 * Runs of a schedule: their state, and who waits for them.
 *
 * A run's state is kept by the schedule when it is over and taken by the next,
 * so that a steady state allocates nothing.
 */
#include "base/now.h"
#include "exec/stream_trace.h"

/* -- state ----------------------------------------------------------------------- */

static void
free_run(struct weir__stream_run *run)
{
	struct weir__heap *heap;

	if (!run)
		return;
	heap = run->schedule->heap;
	pthread_mutex_destroy(&run->failure_lock);
	weir__stream_loop_free(&run->loop, heap);
	weir__free(heap, run->infos);
	weir__free(heap, run->ends);
	weir__free(heap, run->why);
	weir__free(heap, run);
}

void
weir__stream_runs_free(weir_schedule *s)
{
	struct weir__stream_run *run;

	while ((run = s->idle)) {
		s->idle = run->next;
		free_run(run);
	}
}

/* Where workers stay in their nodes. */
static weir_status
spread(const weir_schedule *s, struct weir__stream_run *run)
{
	if (s->streams->workers < 2 || !weir__team_is_placed(s->team))
		return WEIR_OK;
	return weir__stream_loop_spread(&run->loop, s->heap,
					weir__team_topology(s->team));
}

static struct weir__stream_run *
new_run(weir_schedule *s)
{
	struct weir__stream_run *run = weir__calloc(s->heap, 1, sizeof *run);

	if (!run)
		return NULL;
	run->schedule = s;
	pthread_mutex_init(&run->failure_lock, NULL);
	run->why = weir__calloc(s->heap, 1, WEIR__ERROR_SIZE);
	if (!run->why || weir__stream_loop_init(&run->loop, s->heap,
						s->streams, &run->waiting,
						s->dag.distances,
						weir__team_processors(s->team),
						weir__stream_run_block) ||
	    spread(s, run)) {
		free_run(run);
		return NULL;
	}
	return run;
}

static struct weir__stream_run *
take_run(weir_schedule *s, size_t times)
{
	struct weir__stream_run *run;

	pthread_mutex_lock(&s->lock);
	run = s->idle;
	if (run)
		s->idle = run->next;
	pthread_mutex_unlock(&s->lock);
	if (!run)
		run = new_run(s);
	if (!run)
		return NULL;
	run->begin = run->end;
	run->end += times;
	run->waiting.around = NULL;
	atomic_store_explicit(&run->posted, 0, memory_order_relaxed);
	run->deadline = 0;
	run->task_ns = NULL;
	run->handle = NULL;
	run->status = WEIR_OK;
	atomic_store_explicit(&run->failed, UINT64_MAX, memory_order_relaxed);
	return run;
}

static void
give_back(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;

	pthread_mutex_lock(&s->lock);
	run->next = s->idle;
	s->idle = run;
	pthread_mutex_unlock(&s->lock);
}

/* It was taken, but not run. */
static void
give_back_unused(struct weir__stream_run *run)
{
	run->end = run->begin;
	give_back(run);
}

/* -- work -------------------------------------------------------------------------- */

static void
work(void *arg, unsigned me, unsigned size)
{
	struct weir__stream_run *run = arg;

	weir__stream_work(&run->loop, me, size, run->begin, run->end);
}

static struct weir__job
job_of(struct weir__stream_run *run, void (*over)(void *run))
{
	return (struct weir__job){ work, over, run,
				   run->schedule->streams->workers,
				   &run->posted, &run->loop, NULL };
}

static void post(struct weir__stream_run *run);

/* -- running ---------------------------------------------------------------------- */

weir_status
weir__stream_run(weir_schedule *s, size_t times, double *task_ns)
{
	struct weir__stream_run *run = take_run(s, times), *next;
	struct weir__job job;
	weir_status status;

	if (!run)
		return WEIR_ENOMEM;
	run->waiting.around = weir__run_under_way();
	status = weir__turn_await(run);
	if (status) {
		give_back_unused(run);
		return status;
	}
	run->task_ns = task_ns;
	job = job_of(run, NULL);
	weir__stream_trace_begin(run);
	weir__team_run(s->team, &job);
	weir__stream_trace_end(run);
	next = weir__turn_end(run);
	status = run->status;
	if (status)
		weir_fail(status, "%s", run->why);
	give_back(run);
	if (next)
		post(next);
	return status;
}

static void
stop(void *run, weir_status status, const char *why)
{
	weir__stream_fail(run, 0, status, why);
}

static const struct weir__run_kind kind = {
	stop, weir__turn_offer, weir__turn_help
};

/* Runs end in the order of their turns: who knows that one is over knows it of
 * those before. And the caller may release the schedule then. */
static void
over(void *arg)
{
	struct weir__waiting *was = weir__run_under_way();
	struct weir__stream_run *run = arg, *next;
	weir_schedule *s = run->schedule;
	weir_run *handle = run->handle;
	weir_status status;
	char why[WEIR__ERROR_SIZE];
	struct weir__text text;

	weir__handle_detach(handle);
	weir__stream_trace_end(run);
	status = run->status;
	weir__text_init(&text, why, sizeof why);
	if (status)
		weir__text_add(&text, "%s", run->why);
	run->waiting.around = was;
	weir__set_run_under_way(&run->waiting);	/* what is called is of it */
	weir__handle_end(handle, status, why);
	weir__set_run_under_way(was);
	next = weir__turn_end(run);
	give_back(run);
	if (next)
		post(next);
	weir_schedule_release(s);
}

/* Do it on this thread, and what is to be posted when it is over: that is one
 * run at most, and not called from here, as very many may follow each other. */
static void
run_here(struct weir__stream_run *run)
{
	static _Thread_local struct weir__stream_run **following;
	struct weir__stream_run *next = NULL;
	struct weir__job job;

	if (following) {
		*following = run;
		return;
	}
	following = &next;
	for (; run; run = next) {
		next = NULL;
		/* What this thread is in waits for it. */
		run->waiting.around = weir__run_under_way();
		job = job_of(run, over);
		weir__team_run(run->schedule->team, &job);
	}
	following = NULL;
}

static void
post(struct weir__stream_run *run)
{
	struct weir__job job = job_of(run, over);

	if (weir__team_post(run->schedule->team, &job))
		return;
	weir__turn_is_here(run);
	run_here(run);
}

/* It was taken and has a handle, but cannot be run. */
static weir_status
undo_start(struct weir__stream_run *run, weir_status status)
{
	weir_schedule *s = run->schedule;
	weir_run *handle = run->handle;

	weir__handle_detach(handle);
	weir_run_release(handle);	/* both references */
	weir_run_release(handle);
	give_back_unused(run);
	weir_schedule_release(s);
	return status;
}

/* From inside a job: run it now. Its tasks, and others, may cancel it. */
static weir_status
start_inside(struct weir__stream_run *run, weir_run **handle)
{
	struct weir__job job = job_of(run, over);
	weir_status status;

	run->waiting.around = weir__run_under_way();
	status = weir__turn_await(run);
	if (status)
		return undo_start(run, status);
	*handle = run->handle;
	weir__stream_trace_begin(run);
	weir__team_run(run->schedule->team, &job);
	return WEIR_OK;
}

weir_status
weir__stream_start(weir_schedule *s, size_t times,
		   const weir_start_options *options, weir_run **handle)
{
	bool is_inside = weir__team_is_inside();
	struct weir__stream_run *run;
	weir_status status;
	weir_run *h;

	status = is_inside ? WEIR_OK : weir__team_prepare(s->team);
	if (status)
		return status;
	run = take_run(s, times);
	if (!run)
		return WEIR_ENOMEM;
	status = weir__handle_new(s->heap, options, &kind, run, &run->waiting,
				  &h);
	if (status) {
		give_back_unused(run);
		return status;
	}
	weir__schedule_retain(s);
	run->handle = h;
	if (options->deadline > 0)
		run->deadline = weir__now_ns() + 1e9 * options->deadline;
	if (is_inside)
		return start_inside(run, handle);
	weir__stream_trace_begin(run);
	*handle = h;
	if (weir__turn_take(run))
		post(run);
	return WEIR_OK;
}
