/*
 * Invariants of a loop: steps of a body that do the same in each iteration, for
 * what they work on does not change from one to the next. They are done in the
 * first one only, where they are (so none is done that eager would not do), and
 * what others need of them is kept until the loop is over, in memory of its
 * own: as what outlives a run of the body.
 */
#include "plan/control_plan.h"

struct hoisting {
	const weir_graph *graph;
	const struct weir__rewrite *rewrite;
	const struct weir__feed *feeds;		/* per input of the graph */
	bool *is_invariant;			/* per node */
};

static bool
is_invariant(const struct hoisting *h, uint32_t value)
{
	uint32_t base = weir__rewrite_base(h->rewrite, value);
	const struct weir__gvalue *v = h->graph->values[base];

	if (h->rewrite->folded[base] || v->kind == WEIR__GV_CAPTURE)
		return true;
	if (v->kind == WEIR__GV_INPUT)
		return h->feeds[v->index].from == WEIR__FROM_OPERAND;
	return v->kind == WEIR__GV_RESULT && h->is_invariant[v->node];
}

static void
find(struct hoisting *h)
{
	const weir_graph *graph = h->graph;
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (h->rewrite->fate[i] != WEIR__LIVE || node->control ||
		    !(node->op->flags & WEIR_OP_PURE))
			continue;
		h->is_invariant[i] = true;
		for (j = 0; j < node->n_in && h->is_invariant[i]; j++)
			h->is_invariant[i] = is_invariant(h, node->in[j]);
	}
}

weir_status
weir__plan_find_invariants(const weir_graph *graph,
			   const struct weir__rewrite *rewrite,
			   const struct weir__feed *feeds, bool **invariant)
{
	struct hoisting h = { graph, rewrite, feeds, NULL };

	h.is_invariant = weir__calloc(graph->heap, graph->n_nodes + 1,
				      sizeof *h.is_invariant);
	if (!h.is_invariant)
		return WEIR_ENOMEM;
	find(&h);
	*invariant = h.is_invariant;
	return WEIR_OK;
}
