/*
 * Who takes the references that a run has to its exports: of each the last
 * variable that becomes it; where there is none, the last output that it is.
 * All others take references of their own. One that nobody takes is loose: its
 * outputs are views of it.
 */
#include "plan/plan.h"

static void
take(bool **taker, bool *takes)
{
	if (*taker)
		**taker = false;
	*taker = takes;
	*takes = true;
}

weir_status
weir__plan_find_takers(weir_plan *plan)
{
	bool **taker = weir__calloc(plan->heap, (size_t)plan->n_exports + 1,
				    sizeof *taker);
	uint32_t i;

	if (!taker)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_outputs; i++) {
		struct weir__output *o = &plan->outputs[i];

		if (o->is_whole && o->slot.where == WEIR__AT_EXPORT)
			take(&taker[o->slot.index], &o->takes);
	}
	for (i = 0; i < plan->n_writes; i++) {
		struct weir__write *w = &plan->writes[i];

		if (w->where == WEIR__AT_EXPORT)
			take(&taker[w->index], &w->takes);
		else
			plan->writes_constants = true;
	}
	for (i = 0; i < plan->n_exports; i++)
		plan->has_loose_exports |= !taker[i];
	weir__free(plan->heap, taker);
	return WEIR_OK;
}
