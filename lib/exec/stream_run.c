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
						s->streams,
						s->dag.distances,
						weir__team_processors(s->team),
						weir__stream_run_block)) {
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
	run->around = NULL;
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

/* The runs whose tasks this thread is doing, innermost first. */
static _Thread_local struct weir__stream_run *under_way;

static bool
is_in_a_task_of(const weir_schedule *s)
{
	const struct weir__stream_run *run = under_way;

	while (run && run->schedule != s)
		run = run->around;
	return run;
}

/* A run is on each of its threads; only what it is called from counts, and
 * that is the same for all but those of a team, which are called from
 * nothing. */
static void
work(void *arg, unsigned me, unsigned size)
{
	struct weir__stream_run *run = arg, *around = under_way;

	if (size == 1)
		run->around = around;
	under_way = run;
	weir__stream_work(&run->loop, me, size, run->begin, run->end);
	under_way = around;
}

static struct weir__job
job_of(struct weir__stream_run *run, void (*over)(void *run))
{
	return (struct weir__job){ work, over, run,
				   run->schedule->streams->workers };
}

/* -- turns -------------------------------------------------------------------------- */

static void over(void *arg);

/* From inside a job only if nothing is waited for that may need this thread. */
static weir_status
wait_for_turn(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;
	bool is_inside = weir__team_is_inside();

	run->is_posted = !is_inside && weir__team_is_resident(s->team);
	if (s->may_overlap)
		return WEIR_OK;
	pthread_mutex_lock(&s->lock);
	if (is_inside && s->posted) {
		pthread_mutex_unlock(&s->lock);
		return weir_fail(WEIR_ESTATE, "%s: a run of it is under way on "
				 "the resident team, and a task must not wait "
				 "for that", s->name);
	}
	run->ticket = s->tickets++;
	s->posted += run->is_posted;
	while (s->served != run->ticket)
		pthread_cond_wait(&s->turn, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return WEIR_OK;
}

/* Who comes next may be somebody who waits, or a run that nobody does. */
static void
end_turn(const struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;
	struct weir__stream_run *next;
	struct weir__job job;

	if (s->may_overlap)
		return;
	pthread_mutex_lock(&s->lock);
	s->served++;
	s->posted -= run->is_posted;
	next = s->pending;
	if (next && next->ticket == s->served) {
		s->pending = next->next;
		if (!s->pending)
			s->pending_end = &s->pending;
	} else {
		next = NULL;
		pthread_cond_broadcast(&s->turn);
	}
	pthread_mutex_unlock(&s->lock);
	if (!next)
		return;
	job = job_of(next, over);
	weir__team_post(s->team, &job);
}

/* Whether it is its turn now; else it is posted when it comes. */
static bool
take_turn_or_pend(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;
	bool is_turn;

	run->is_posted = true;
	if (s->may_overlap)
		return true;
	pthread_mutex_lock(&s->lock);
	run->ticket = s->tickets++;
	s->posted++;
	is_turn = run->ticket == s->served;
	if (!is_turn) {
		run->next = NULL;
		*s->pending_end = run;
		s->pending_end = &run->next;
	}
	pthread_mutex_unlock(&s->lock);
	return is_turn;
}

/* -- running ---------------------------------------------------------------------- */

static weir_status
refuse_own(const weir_schedule *s)
{
	return weir_fail(WEIR_ESTATE, "%s: a task must not run its own "
			 "schedule, whose runs wait for each other", s->name);
}

weir_status
weir__stream_run(weir_schedule *s, size_t times, double *task_ns)
{
	struct weir__stream_run *run;
	struct weir__job job;
	weir_status status;

	if (!s->may_overlap && is_in_a_task_of(s))
		return refuse_own(s);
	run = take_run(s, times);
	if (!run)
		return WEIR_ENOMEM;
	status = wait_for_turn(run);
	if (status) {
		give_back_unused(run);
		return status;
	}
	run->task_ns = task_ns;
	job = job_of(run, NULL);
	weir__stream_trace_begin(run);
	weir__team_run(s->team, &job);
	weir__stream_trace_end(run);
	end_turn(run);
	status = run->status;
	if (status)
		weir_fail(status, "%s", run->why);
	give_back(run);
	return status;
}

static void
stop(void *run, weir_status status, const char *why)
{
	weir__stream_fail(run, 0, status, why);
}

/* The schedule may go as soon as somebody knows that the run is over: so the
 * handle is told last. */
static void
over(void *arg)
{
	struct weir__stream_run *run = arg;
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
	end_turn(run);
	give_back(run);
	weir__handle_end(handle, status, why);
}

/* It was taken and has a handle, but cannot be run. */
static weir_status
undo_start(struct weir__stream_run *run, weir_status status)
{
	weir_run *handle = run->handle;

	weir__handle_detach(handle);
	weir_run_release(handle);	/* both references */
	weir_run_release(handle);
	give_back_unused(run);
	return status;
}

/* From inside a job nothing can be waited for: run it now. */
static weir_status
start_inside(struct weir__stream_run *run)
{
	struct weir__job job = job_of(run, over);
	weir_status status = wait_for_turn(run);

	if (status)
		return undo_start(run, status);
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
	struct weir__job job;
	weir_status status;
	weir_run *h;

	if (!s->may_overlap && is_in_a_task_of(s))
		return refuse_own(s);
	status = is_inside ? WEIR_OK : weir__team_prepare(s->team);
	if (status)
		return status;
	run = take_run(s, times);
	if (!run)
		return WEIR_ENOMEM;
	status = weir__handle_new(s->heap, options->done, options->done_arg,
				  run, stop, &h);
	if (status) {
		give_back_unused(run);
		return status;
	}
	run->handle = h;
	if (options->deadline > 0)
		run->deadline = weir__now_ns() + 1e9 * options->deadline;
	if (is_inside) {
		status = start_inside(run);
		if (!status)
			*handle = h;
		return status;
	}
	weir__stream_trace_begin(run);
	*handle = h;
	job = job_of(run, over);
	if (take_turn_or_pend(run))
		weir__team_post(s->team, &job);
	return WEIR_OK;
}
