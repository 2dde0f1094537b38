#include "plan/dag_builder.h"

enum { COUNT_MAX = 0xfffffffeu };

weir_status
weir__dag_builder_init(struct weir__dag_builder *b, struct weir__heap *heap,
		       size_t items)
{
	size_t room = items + 1;

	*b = (struct weir__dag_builder){ .heap = heap };
	if (items > COUNT_MAX)
		return WEIR_ERANGE;
	b->first_pred = weir__calloc(heap, room, sizeof *b->first_pred);
	b->cost = weir__calloc(heap, room, sizeof *b->cost);
	b->priority = weir__calloc(heap, room, sizeof *b->priority);
	b->seen = weir__calloc(heap, room, sizeof *b->seen);
	return b->first_pred && b->cost && b->priority && b->seen
		? WEIR_OK : WEIR_ENOMEM;
}

void
weir__dag_add_item(struct weir__dag_builder *b, float cost, int priority)
{
	b->cost[b->n] = cost;
	b->priority[b->n] = priority;
	b->first_pred[++b->n] = (uint32_t)b->n_preds;
}

/* Told ones add up. */
static float
sum(float a, float b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

weir_status
weir__dag_add_pred(struct weir__dag_builder *b, uint32_t pred, float cost)
{
	size_t q = b->n_preds;

	if (b->seen[pred] == b->n) {
		while (b->preds[--q] != pred)
			;
		b->edge_cost[q] = sum(b->edge_cost[q], cost);
		return WEIR_OK;
	}
	if (b->n_preds >= COUNT_MAX)
		return WEIR_ERANGE;
	if (weir__grow(b->heap, &b->preds, &b->preds_room, b->n_preds,
		       sizeof *b->preds) ||
	    weir__grow(b->heap, &b->edge_cost, &b->edge_cost_room, b->n_preds,
		       sizeof *b->edge_cost))
		return WEIR_ENOMEM;
	b->seen[pred] = (uint32_t)b->n;
	b->preds[b->n_preds] = pred;
	b->edge_cost[b->n_preds] = cost;
	b->first_pred[b->n] = (uint32_t)++b->n_preds;
	return WEIR_OK;
}

struct weir__dag
weir__dag_built(const struct weir__dag_builder *b,
		const struct weir__dag *like)
{
	struct weir__dag dag = *like;

	dag.home = NULL;	/* these are by other numbers */
	dag.away = dag.far = NULL;
	dag.n = (uint32_t)b->n;
	dag.first_pred = b->first_pred;
	dag.preds = b->preds;
	dag.cost = like->cost ? b->cost : NULL;
	dag.edge_cost = like->edge_cost ? b->edge_cost : NULL;
	dag.priority = like->priority ? b->priority : NULL;
	return dag;
}

void
weir__dag_builder_free(struct weir__dag_builder *b)
{
	if (!b->heap)
		return;
	weir__free(b->heap, b->first_pred);
	weir__free(b->heap, b->preds);
	weir__free(b->heap, b->cost);
	weir__free(b->heap, b->edge_cost);
	weir__free(b->heap, b->priority);
	weir__free(b->heap, b->seen);
}
