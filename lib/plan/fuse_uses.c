/* Who reads what steps make. */
#include <string.h>

#include "plan/fuse.h"

weir_status
weir__uses_find(const weir_plan *plan, struct weir__uses *uses)
{
	struct weir__heap *heap = plan->heap;
	uint32_t i, j, slot, maker;

	uses->first = weir__alloc(heap, ((size_t)plan->n_steps + 1) *
				  sizeof *uses->first);
	uses->next = weir__alloc(heap, ((size_t)plan->n_slots + 1) *
				 sizeof *uses->next);
	uses->user = weir__alloc(heap, ((size_t)plan->n_slots + 1) *
				 sizeof *uses->user);
	if (!uses->first || !uses->next || !uses->user)
		return WEIR_ENOMEM;
	memset(uses->first, 0xff, plan->n_steps * sizeof *uses->first);
	for (i = 0; i < plan->n_steps; i++)
		for (j = 0; j < plan->steps[i].call.n_in; j++) {
			slot = plan->steps[i].first_slot + j;
			maker = plan->slots[slot].maker;
			if (maker == WEIR__NOWHERE)
				continue;
			uses->user[slot] = i;
			uses->next[slot] = uses->first[maker];
			uses->first[maker] = slot;
		}
	return WEIR_OK;
}

void
weir__uses_free(struct weir__heap *heap, struct weir__uses *uses)
{
	weir__free(heap, uses->first);
	weir__free(heap, uses->next);
	weir__free(heap, uses->user);
}
