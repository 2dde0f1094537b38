/*
 * Dead code: nodes whose results nobody uses. Kept are those that outputs,
 * variables and kept nodes need, and all in which a run may fail or that are
 * not pure: eager would have run them too.
 */
#include "passes/pass.h"

static void
need(const struct weir__rewrite *r, unsigned char *is_needed, uint32_t value)
{
	const struct weir__gvalue *v;

	value = r->same_as[value];
	if (r->folded[value])
		return;
	v = r->graph->values[value];
	if (v->kind == WEIR__GV_RESULT)
		is_needed[v->node] = 1;
}

weir_status
weir__pass_dce(struct weir__rewrite *r)
{
	const weir_graph *graph = r->graph;
	unsigned char *is_needed;
	uint32_t i, j;

	is_needed = weir__calloc(r->heap, graph->n_nodes, sizeof *is_needed);
	if (!is_needed)
		return WEIR_ENOMEM;
	for (i = 0; i < graph->n_outputs; i++)
		need(r, is_needed, graph->outputs[i]);
	for (i = 0; i < graph->n_variables; i++)
		if (graph->variables[i].written_by)
			need(r, is_needed, graph->variables[i].current);
	for (i = (uint32_t)graph->n_nodes; i-- > 0;) {
		const struct weir__node *node = graph->nodes[i];

		if (r->fate[i] == WEIR__FATE_MERGED ||
		    r->fate[i] == WEIR__FATE_FOLDED)
			continue;
		if (!is_needed[i] && !weir__node_has_effects(graph, node)) {
			r->fate[i] = WEIR__FATE_DROPPED;
			continue;
		}
		for (j = 0; j < node->n_in; j++)
			need(r, is_needed, node->in[j]);
	}
	weir__free(r->heap, is_needed);
	return WEIR_OK;
}
