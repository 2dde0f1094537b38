/*
 * Steps that run plans of their own: those of the bodies of a call, branch or
 * loop (graph/control_node.h).
 *
 * The memory of a body's run is scratch of the step, so it is shared with what
 * else is in the arena. What a body gives is written where the step's results
 * are, or the states of the next iteration.
 */
#ifndef WEIR_PLAN_CONTROL_PLAN_H
#define WEIR_PLAN_CONTROL_PLAN_H

#include "graph/control_node.h"
#include "plan/buffers.h"

struct weir__body_plan {
	weir_plan *plan;		/* a reference */
	/* Per export: the output that it is, which is written in place; or
	 * WEIR__NOWHERE, and where it is in so many bytes of the step's
	 * scratch, from loose_at on. */
	const uint32_t *output_of;
	const size_t *loose;
	size_t loose_bytes, loose_at;
};

struct weir__step_control {
	const struct weir__control *control;
	struct weir__body_plan bodies[WEIR__BODIES_MAX];
	/* Offsets into the step's scratch: */
	size_t *spare;			/* per state: a second buffer */
	size_t answer;			/* of a condition */
	size_t arena;			/* of the body that is run */
	/* Of the plan that this one is to be like: the same step; WEIR__NOWHERE:
	 * there is none. */
	uint32_t like;
	struct weir__step_control *next;	/* of the plan */
};

/* Compile the bodies of a step whose call and operands are filled in; fills
 * control, tiles, scratch_bytes and cost. */
weir_status
weir__plan_control(weir_plan *plan, struct weir__step *step,
		   const struct weir__plan_options *options);

/* Which nodes of a loop's body are invariant: of an array that is the caller's
 * to free. feeds: per input of the body. */
weir_status
weir__plan_find_invariants(const weir_graph *graph,
			   const struct weir__rewrite *rewrite,
			   const struct weir__feed *feeds, bool **invariant);

void
weir__plan_controls_release(weir_plan *plan);

#endif
