/* What is in the blocks of a plan: tiles of its steps. */
#include "base/fpenv.h"
#include "base/now.h"
#include "exec/run_control.h"
#include "ops/invoke.h"

/* Keep the failure of the op with the lowest ordinal, and of its ranges that
 * of the lowest, whoever is first: it is the one that eager comes to. */
static void
note_failure(struct weir__run *run, const struct weir__work *work,
	     weir_status status, bool is_told)
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
		run->is_told = is_told;
		weir__text_init(&text, run->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s", weir_error_text());
		atomic_store_explicit(&run->failed, ordinal,
				      memory_order_relaxed);
	}
	pthread_mutex_unlock(&run->failure_lock);
}

void
weir__run_stop(struct weir__run *run, weir_status status, const char *why)
{
	struct weir__text text;

	pthread_mutex_lock(&run->failure_lock);
	if (atomic_load_explicit(&run->failed, memory_order_relaxed) > 0) {
		run->failed_step = WEIR__NOWHERE;
		run->status = status;
		weir__text_init(&text, run->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s", why);
		atomic_store_explicit(&run->failed, 0, memory_order_relaxed);
	}
	pthread_mutex_unlock(&run->failure_lock);
}

static void
do_work(struct weir__run *run, const struct weir__work *work, unsigned worker)
{
	const struct weir__step *step = &run->plan->steps[work->step];
	const weir_kernel *kernel = &run->kernels[work->step];
	weir_status status = WEIR_OK;
	bool is_told = false;
	weir_kernel own;

	if (step->is_apart) {
		own = *kernel;
		own.scratch = (char *)own.scratch +
			      worker * step->scratch_bytes;
		kernel = &own;
	}
	if (step->control)
		status = weir__run_control(run, work->step, worker, &is_told);
	else if (work->begin < work->end)
		status = weir__invoke_tiles(kernel, work->begin, work->end);
	/* Not after a tile that failed, which was waited for and so shows:
	 * what has failed is that op by now, or one before it. */
	if (!status && work->has_finish &&
	    atomic_load_explicit(&run->failed, memory_order_relaxed) >
		    step->node->ordinal)
		status = weir__invoke_finish(kernel);
	if (status)
		note_failure(run, work, status, is_told);
}

/* The work since then has been of this step; returns when that is. */
static double
note_time(struct weir__run *run, uint32_t step, double since)
{
	double now = weir__now_ns();

	run->step_ns[step] += now - since;
	return now;
}

/* Whether the run may only have ended, or failed, when its items are over:
 * nobody wants to know more of any of them. */
static inline bool
is_unobserved(const struct weir__run *run)
{
	return !run->tracer && !run->step_ns && !run->uses_left &&
	       !run->around && !(run->deadline > 0);
}

/* Items i.. until `end`, or one that takes more than its kernel, or any has
 * failed: returns which is next. What a small plan takes above its kernels is
 * mostly this. */
static uint32_t
do_simple_work(struct weir__run *run, uint32_t i, uint32_t end)
{
	const weir_kernel *const kernels = run->kernels;
	const struct weir__work *work = &run->plan->work[i];
	weir_status status;

	for (; i < end; i++, work++) {
		const weir_kernel *kernel = &kernels[work->step];

		if (!work->simple ||
		    atomic_load_explicit(&run->failed, memory_order_relaxed) !=
			    UINT64_MAX)
			break;
		status = work->simple(kernel, work->begin, work->end);
		if (status)
			status = weir__invoke_tell(kernel->call.op, "kernel",
						   status);
		else if (work->is_finished)
			status = weir__invoke_finish(kernel);
		if (status)
			note_failure(run, work, status, false);
	}
	return i;
}

/* Item i, unless eager would not have come to it; whether it was done. */
static bool
do_any_work(struct weir__run *run, uint32_t i, unsigned worker)
{
	const struct weir__work *work = &run->plan->work[i];
	const struct weir__step *step = &run->plan->steps[work->step];

	if (run->deadline > 0 && weir__now_ns() > run->deadline)
		weir__run_stop(run, WEIR_ETIMEDOUT, WEIR__DEADLINE_IS_OVER);
	if (run->around && weir__run_is_cut_off(run))
		weir__run_stop(run, WEIR_ECANCELED, "cancelled");
	if (step->is_invariant && run->is_again)
		return false;
	if (step->first_ordinal >
	    atomic_load_explicit(&run->failed, memory_order_relaxed))
		return false;
	do_work(run, work, worker);
	return true;
}

void
weir__run_block(struct weir__stream_loop *loop, uint32_t block,
		uint64_t number, unsigned worker)
{
	struct weir__run *run = (struct weir__run *)loop;
	uint32_t i = loop->streams->first_item[block];
	uint32_t end = loop->streams->first_item[block + 1];
	bool is_quick = is_unobserved(run);
	uint64_t stamp = run->tracer ? weir__trace_now(run->tracer) : 0;
	double since = run->step_ns ? weir__now_ns() : 0;

	(void)number;
	for (;; i++) {
		if (is_quick)
			i = do_simple_work(run, i, end);
		if (i == end)
			break;
		if (!do_any_work(run, i, worker))
			continue;
		if (run->uses_left)
			weir__run_poison_work(run, &run->plan->work[i]);
		if (run->step_ns)
			since = note_time(run, run->plan->work[i].step, since);
		if (run->tracer)
			stamp = weir__run_trace_work(run, i, block, worker,
						     stamp);
	}
}

static void
work(void *arg, unsigned me, unsigned size)
{
	struct weir__run *run = arg;

	weir__stream_work(&run->loop, me, size, run->number - 1, run->number);
}

struct weir__job
weir__run_job(struct weir__run *run, void (*over)(void *run))
{
	run->number++;
	return (struct weir__job){ work, over, run,
				   run->plan->schedule->workers,
				   &run->posted, &run->loop,
				   run->plan->has_user_ops ? NULL
							   : &run->late };
}

/* One stream, in order: nobody to wait for, so nothing is counted. */
static void
run_stream(struct weir__run *run)
{
	struct weir__waiting *was = weir__set_run_under_way(&run->waiting);
	uint32_t block;

	for (block = 0; block < run->plan->schedule->n_blocks; block++)
		weir__run_block(&run->loop, block, 0, 0);
	weir__set_run_under_way(was);
}

void
weir__run_blocks(struct weir__run *run, bool alone)
{
	bool is_one = run->plan->workers == 1;
	struct weir__fpenv fpenv;
	struct weir__job job;

	run->is_alone = alone || is_one;
	if (!is_one)
		job = weir__run_job(run, NULL);
	if (!is_one && !alone) {
		weir__team_run(run->plan->team, &job);
		return;
	}
	weir__fpenv_enter(&fpenv);
	if (is_one)
		run_stream(run);
	else
		work(run, 0, 1);
	weir__fpenv_leave(&fpenv);
}
