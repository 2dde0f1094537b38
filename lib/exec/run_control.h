/*
 * Steps that run bodies: calls, branches and loops (plan/control_plan.h).
 *
 * Each run of a plan has a run of each body's plan, for good, whose memory is
 * in its own. They are run one at a time by whoever does the step, with the
 * help of those of its team who have nothing to do; or, where no team is at
 * work, by the team, but those of loops only by a resident one.
 *
 * Always: a body's run ends at the latest soon after the run around it has been
 * stopped, or an earlier op of that has failed.
 */
#ifndef WEIR_EXEC_RUN_CONTROL_H
#define WEIR_EXEC_RUN_CONTROL_H

#include "exec/run.h"

/* For each control step of the run; the arena is there. */
weir_status
weir__run_make_controls(struct weir__run *run);

void
weir__run_free_controls(struct weir__run *run);

/* Do the step. is_told: the thread's sentence is whole, not the reason alone;
 * a status and no sentence at all: the run has been stopped. */
weir_status
weir__run_control(struct weir__run *run, uint32_t step, unsigned worker,
		  bool *is_told);

/* Whether nothing of a body's run is worth doing any more. */
static inline bool
weir__run_is_cut_off(const struct weir__run *run)
{
	for (; run->around; run = run->around)
		if (run->around_ordinal >
		    atomic_load_explicit(&run->around->failed,
					 memory_order_relaxed))
			return true;
	return false;
}

#endif
