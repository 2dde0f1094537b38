#include "exec/handle.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "base/error.h"
#include "base/options.h"
#include "exec/team.h"

weir_status
weir__start_options_take(const char *what, const weir_start_options *given,
			 weir_start_options *options)
{
	weir_status status = weir__take_options(options, sizeof *options,
						given, what,
						"weir_start_options");

	if (status)
		return status;
	if (!(options->deadline >= 0))
		return weir_fail(WEIR_EINVAL, "%s: the deadline is %g seconds",
				 what, options->deadline);
	return WEIR_OK;
}

weir_status
weir__handle_new(struct weir__heap *heap, const weir_start_options *options,
		 const struct weir__run_kind *kind, void *run,
		 struct weir__waiting *waiting, weir_run **handle)
{
	weir_run *h = weir__calloc(heap, 1, sizeof *h);
	pthread_condattr_t monotonic;

	if (!h)
		return WEIR_ENOMEM;
	h->why = weir__calloc(heap, 1, WEIR__ERROR_SIZE);
	if (!h->why) {
		weir__free(heap, h);
		return WEIR_ENOMEM;
	}
	h->heap = weir__heap_retain(heap);
	atomic_init(&h->refs, 2);
	h->done = options->done;
	h->done_arg = options->done_arg;
	h->kind = kind;
	h->run = run;
	h->waiting = waiting;
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&h->over, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*handle = h;
	return WEIR_OK;
}

void
weir_run_release(weir_run *run)
{
	struct weir__heap *heap;

	if (!run || atomic_fetch_sub_explicit(&run->refs, 1,
					      memory_order_acq_rel) != 1)
		return;
	heap = run->heap;
	pthread_cond_destroy(&run->over);
	pthread_mutex_destroy(&run->lock);
	weir__free(heap, run->why);
	weir__free(heap, run);
	weir__heap_release(heap);
}

void
weir__handle_detach(weir_run *h)
{
	pthread_mutex_lock(&h->lock);
	h->kind = NULL;
	pthread_mutex_unlock(&h->lock);
	weir__wait_is_over(h->waiting);
}

void
weir__handle_end(weir_run *h, weir_status status, const char *why)
{
	struct weir__text text;

	pthread_mutex_lock(&h->lock);
	h->status = status;
	if (status) {
		weir__text_init(&text, h->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s", why);
	}
	h->is_over = true;
	pthread_cond_broadcast(&h->over);
	pthread_mutex_unlock(&h->lock);
	if (h->done)
		h->done(h, h->done_arg);
	weir_run_release(h);
}

/* -- the caller's side --------------------------------------------------------- */

static weir_status
outcome(const weir_run *run)
{
	return run->status ? weir_fail(run->status, "%s", run->why) : WEIR_OK;
}

bool
weir_run_is_over(weir_run *run)
{
	bool is_over;

	if (!run)
		return true;
	pthread_mutex_lock(&run->lock);
	is_over = run->is_over;
	pthread_mutex_unlock(&run->lock);
	return is_over;
}

/* The handle is locked, and is again when it returns. */
static void
help_or_sleep(weir_run *h)
{
	struct weir__help help;
	bool has_helped = false;

	if (h->kind && h->kind->offer(h->run, &help)) {
		const struct weir__run_kind *kind = h->kind;

		pthread_mutex_unlock(&h->lock);
		has_helped = kind->help(&help);
		pthread_mutex_lock(&h->lock);
	}
	if (!has_helped && !h->is_over)
		pthread_cond_wait(&h->over, &h->lock);
}

/* From a task: the run may need this thread. */
static weir_status
wait_inside(weir_run *h)
{
	struct weir__wait_edge edge;

	if (!h->kind)
		return WEIR_OK;		/* it will be over at once */
	if (!weir__wait_begin(&edge, h->waiting))
		return weir_fail(WEIR_ESTATE, "weir_run_wait: the run waits "
				 "for the task that is to wait for it");
	while (!h->is_over)
		help_or_sleep(h);
	weir__wait_end(&edge);
	return WEIR_OK;
}

weir_status
weir_run_wait(weir_run *run)
{
	weir_status status = WEIR_OK;

	if (!run)
		return weir_fail(WEIR_ENULL, "weir_run_wait: the run is NULL");
	pthread_mutex_lock(&run->lock);
	if (!run->is_over && weir__is_in_a_task())
		status = wait_inside(run);
	while (!run->is_over && !status)
		pthread_cond_wait(&run->over, &run->lock);
	if (!status)
		status = outcome(run);
	pthread_mutex_unlock(&run->lock);
	return status;
}

/* As absolute time of the clock that the condition goes by. */
static struct timespec
in_seconds(double seconds)
{
	struct timespec t;
	double whole;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (!(seconds > 0))
		return t;
	if (seconds > 1e9)
		seconds = 1e9;
	t.tv_nsec += (long)(1e9 * modf(seconds, &whole));
	t.tv_sec += (time_t)whole + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

weir_status
weir_run_wait_for(weir_run *run, double seconds, bool *is_over)
{
	weir_status status = WEIR_OK;
	struct timespec until;

	if (!run || !is_over)
		return weir_fail(WEIR_ENULL, "weir_run_wait_for: the %s is "
				 "NULL", run ? "result" : "run");
	until = in_seconds(seconds);
	pthread_mutex_lock(&run->lock);
	while (!run->is_over &&
	       pthread_cond_timedwait(&run->over, &run->lock, &until) !=
		       ETIMEDOUT)
		;
	*is_over = run->is_over;
	if (run->is_over)
		status = outcome(run);
	pthread_mutex_unlock(&run->lock);
	return status;
}

void
weir_run_cancel(weir_run *run)
{
	if (!run)
		return;
	pthread_mutex_lock(&run->lock);
	if (run->kind)
		run->kind->stop(run->run, WEIR_ECANCELED, "cancelled");
	pthread_mutex_unlock(&run->lock);
}
