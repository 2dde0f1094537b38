/* The arena of a plan for one worker: steps follow each other, so it is known
 * from when to when each buffer is needed. */
#include "plan/offsets.h"

void
weir__buffers_put(weir_plan *plan, const struct weir__buffers *buffers,
		  const size_t *offset)
{
	uint32_t i;

	for (i = 0; i < plan->n_slots; i++) {
		struct weir__slot *slot = &plan->slots[i];

		if (slot->where == WEIR__AT_ARENA)
			slot->offset += (int64_t)
				offset[buffers->of_value[slot->index]];
	}
	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].scratch_bytes)
			plan->steps[i].scratch = (int64_t)
				offset[buffers->of_scratch[i]];
}

weir_status
weir__plan_memory_alone(weir_plan *plan)
{
	struct weir__buffers buffers = { .heap = plan->heap };
	weir_status status = weir__buffers_init(&buffers, plan);
	size_t *offset = NULL;

	if (!status) {
		offset = weir__alloc(plan->heap, ((size_t)buffers.n + 1) *
				     sizeof *offset);
		status = offset ? weir__offsets_find(&buffers, plan->n_steps,
						     offset,
						     &plan->arena_bytes)
				: WEIR_ENOMEM;
	}
	if (!status)
		weir__buffers_put(plan, &buffers, offset);
	weir__free(plan->heap, offset);
	weir__buffers_free(&buffers);
	return status;
}
