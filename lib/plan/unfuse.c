/* Steps as they were before they were fused, for them to be fused otherwise. */
#include "plan/plan.h"
#include "plan/recompute.h"

void
weir__unfused_free(struct weir__heap *heap, struct weir__unfused *u)
{
	weir__free(heap, u->steps);
	weir__free(heap, u->slots);
	weir__free(heap, u->parts);
}

weir_status
weir__unfused_copy(const weir_plan *plan, struct weir__unfused *u)
{
	u->n_steps = plan->n_steps;
	u->n_slots = plan->n_slots;
	u->steps = weir__copy_of(plan->heap, plan->steps,
				 plan->n_steps * sizeof *plan->steps);
	u->slots = weir__copy_of(plan->heap, plan->slots,
				 plan->n_slots * sizeof *plan->slots);
	u->parts = weir__copy_of(plan->heap, plan->parts,
				 plan->n_steps * sizeof *plan->parts);
	return u->steps && u->slots && u->parts ? WEIR_OK : WEIR_ENOMEM;
}

void
weir__unfuse(weir_plan *plan, struct weir__unfused *u)
{
	struct weir__rewrite *r = plan->rewrite;
	struct weir__unfused had = { plan->steps, plan->slots, plan->parts,
				     0, 0 };
	uint32_t i;

	weir__plan_undo(plan);
	plan->steps = u->steps;
	plan->slots = u->slots;
	plan->parts = u->parts;
	plan->n_steps = u->n_steps;
	plan->n_slots = u->n_slots;
	*u = had;
	for (i = 0; i < plan->graph->n_nodes; i++)
		if (r->fate[i] == WEIR__FATE_FUSED) {
			r->fate[i] = WEIR__LIVE;
			r->into[i] = i;
		}
}
