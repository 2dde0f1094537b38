/*
 * Graphs to be scheduled, made item by item. An edge that is there twice is
 * there once, with both costs.
 */
#ifndef WEIR_PLAN_DAG_BUILDER_H
#define WEIR_PLAN_DAG_BUILDER_H

#include "plan/schedule.h"

struct weir__dag_builder {
	struct weir__heap *heap;
	uint32_t *first_pred, *preds;
	float *cost, *edge_cost;
	int *priority;
	uint32_t *seen;		/* per item: the last to come after it, plus
				   1 */
	size_t n, n_preds, preds_room, edge_cost_room;
};

/* Room for so many items. WEIR_ENOMEM, or WEIR_ERANGE: more than 32 bits can
 * count. weir__dag_builder_free() it in any case. */
weir_status
weir__dag_builder_init(struct weir__dag_builder *builder,
		       struct weir__heap *heap, size_t items);

void
weir__dag_builder_free(struct weir__dag_builder *builder);

/* One more item; what it comes after is added before the next. */
void
weir__dag_add_item(struct weir__dag_builder *builder, float cost,
		   int priority);

/* Any item for which there is room. The cost is < 0 where it is not told.
 * WEIR_ENOMEM or WEIR_ERANGE. */
weir_status
weir__dag_add_pred(struct weir__dag_builder *builder, uint32_t pred,
		   float cost);

/* What has been built, lent, with those kinds of costs that `like` has. */
struct weir__dag
weir__dag_built(const struct weir__dag_builder *builder,
		const struct weir__dag *like);

#endif
