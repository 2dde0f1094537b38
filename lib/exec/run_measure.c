/*
 * What the steps of a plan take on one processor: of each the least of some
 * runs on the calling thread, where nobody else is in the way.
 */
#include <math.h>
#include <string.h>

#include "exec/run.h"

static weir_status
measure(weir_plan *plan, weir_tensor *const *in, size_t times, double *now,
	double *least)
{
	struct weir__run_how how = { .alone = true, .discards = true,
				     .step_ns = now };
	weir_status status = WEIR_OK;
	size_t k;
	uint32_t i;

	for (k = 0; k < times && !status; k++) {
		memset(now, 0, plan->n_steps * sizeof *now);
		status = weir__plan_run(plan, &how, in, NULL);
		for (i = 0; i < plan->n_steps; i++)
			least[i] = k ? fmin(least[i], now[i]) : now[i];
	}
	return status;
}

weir_status
weir__plan_measure(weir_plan *plan, weir_tensor *const *in, size_t times,
		   double *node_ns)
{
	size_t n = plan->n_steps, i;
	double *now = weir__alloc(plan->heap, (2 * n + 1) * sizeof *now);
	weir_status status;

	if (!now)
		return WEIR_ENOMEM;
	status = measure(plan, in, times, now, now + n);
	for (i = 0; i < plan->info.nodes && !status; i++)
		node_ns[i] = now[n + plan->parts[i].step] *
			     (double)plan->parts[i].share;
	weir__free(plan->heap, now);
	return status;
}
