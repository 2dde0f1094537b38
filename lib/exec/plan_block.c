/* What is in the blocks of a plan: tiles of its steps. */
#include "base/fpenv.h"
#include "exec/run.h"
#include "exec/team.h"
#include "ops/invoke.h"

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

void
weir__run_block(struct weir__stream_loop *loop, uint32_t block,
		uint64_t number, unsigned worker)
{
	struct weir__run *run = (struct weir__run *)loop;
	const weir_plan *plan = run->plan;
	uint32_t i = loop->streams->first_item[block];
	uint32_t end = loop->streams->first_item[block + 1];
	uint64_t stamp = run->tracer ? weir__trace_now(run->tracer) : 0;

	(void)number;
	for (; i < end; i++) {
		const struct weir__work *work = &plan->work[i];

		if (plan->steps[work->step].node->ordinal >
		    atomic_load_explicit(&run->failed, memory_order_relaxed))
			continue;	/* eager would not have come here */
		do_work(run, work);
		if (run->tracer)
			stamp = weir__run_trace_work(run, i, block, worker,
						     stamp);
	}
}

static void
work(void *arg, unsigned me, unsigned size)
{
	struct weir__run *run = arg;

	weir__stream_work(&run->loop, me, size, run->number, run->number + 1);
}

void
weir__run_blocks(struct weir__run *run, bool alone)
{
	const struct weir__schedule *streams = run->plan->schedule;
	struct weir__job job = { work, NULL, run, streams->workers };
	struct weir__fpenv fpenv;
	uint32_t block;

	if (streams->workers > 1 && !alone) {
		weir__team_run(run->plan->team, &job);
	} else {
		weir__fpenv_enter(&fpenv);
		if (streams->workers > 1)
			work(run, 0, 1);
		else		/* in order: nobody to wait for */
			for (block = 0; block < streams->n_blocks; block++)
				weir__run_block(&run->loop, block, run->number,
						0);
		weir__fpenv_leave(&fpenv);
	}
	run->number++;
}
