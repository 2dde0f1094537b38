/* What is told of a plan that is ready: struct weir_plan_info. */
#include "plan/buffers.h"

/* What became of the calls. */
static void
count_fates(weir_plan *plan)
{
	const struct weir__rewrite *r = plan->rewrite;
	size_t i;

	plan->info.recorded = (size_t)plan->graph->ordinals;
	/* An assignment is part of the op that made the value. */
	plan->info.merged = plan->graph->n_assigns;
	for (i = 0; i < plan->graph->n_nodes; i++) {
		plan->info.merged += r->fate[i] == WEIR__FATE_MERGED;
		plan->info.folded += r->fate[i] == WEIR__FATE_FOLDED;
		plan->info.dropped += r->fate[i] == WEIR__FATE_DROPPED;
		plan->info.views += r->fate[i] == WEIR__FATE_VIEW;
		plan->info.fused += r->fate[i] == WEIR__FATE_FUSED;
	}
}

/* What the steps read and write. */
static void
count_moved(weir_plan *plan)
{
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const weir_call *call = &plan->steps[i].call;

		for (j = 0; j < call->n_in; j++)
			plan->info.moved_bytes +=
				(size_t)weir__spec_bytes(call->in[j]);
		for (j = 0; j < call->n_out; j++)
			plan->info.moved_bytes +=
				(size_t)weir__spec_bytes(call->out[j]);
	}
}

static weir_status
count_bytes(weir_plan *plan)
{
	struct weir__buffers buffers = { .heap = plan->heap };
	weir_status status = weir__buffers_init(&buffers, plan);
	uint32_t i;

	plan->info.buffer_bytes = plan->arena_bytes;
	plan->info.buffers = buffers.n;
	plan->info.live_bytes = buffers.live;
	for (i = 0; i < plan->n_exports; i++)
		plan->info.result_bytes += plan->exports[i].layout->bytes;
	weir__buffers_free(&buffers);
	return status ? status : weir__eager_peak(plan->graph,
						  &plan->info.eager_bytes);
}

weir_status
weir__plan_tell(weir_plan *plan)
{
	count_fates(plan);
	count_moved(plan);
	plan->info.blocks = plan->schedule->n_blocks;
	plan->info.workers = plan->workers;
	plan->info.record_ns = plan->graph->record_ns;
	return count_bytes(plan);
}
