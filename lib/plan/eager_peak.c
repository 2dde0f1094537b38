/*
 * What eager would hold at most if it made the same calls: the results of all
 * of them, each from its call until the scope lets go of it, as the recording's
 * let go of its symbol; and the scratch of the call at hand, or what its bodies
 * hold. By the bytes that are asked for, as weir_runtime_memory() counts them;
 * of calls with bodies about that, for what is handed on from one iteration to
 * the next, and what a tape keeps, is not followed.
 */
#include "graph/control_node.h"
#include "ops/invoke.h"
#include "plan/plan.h"

struct bytes {
	const weir_graph *graph;
	uint64_t *gone_after;	/* per value whose storage it is */
	size_t *gone;		/* per ordinal, and 0 */
};

/* Storage goes with the last of the tensors over it. */
static void
find_ends(struct bytes *b)
{
	const weir_graph *graph = b->graph;
	uint64_t end;
	size_t i;

	for (i = 0; i < graph->n_values; i++) {
		const struct weir__gvalue *v = graph->values[i];

		end = atomic_load_explicit(&v->gone_after,
					   memory_order_relaxed);
		if (!end)
			end = UINT64_MAX;
		if (b->gone_after[v->base] < end)
			b->gone_after[v->base] = end;
	}
	for (i = 0; i < graph->n_values; i++) {
		const struct weir__gvalue *v = graph->values[i];

		if (v->kind == WEIR__GV_RESULT && v->base == i &&
		    b->gone_after[i] <= graph->ordinals)
			b->gone[b->gone_after[i]] +=
				(size_t)weir__spec_bytes(&v->spec);
	}
}

static size_t
scratch_of(const weir_graph *graph, const struct weir__node *node)
{
	const weir_spec *specs[WEIR_OPERANDS_MAX + WEIR_RESULTS_MAX];
	weir_call call = { .op = node->op, .attrs = node->attrs,
			   .n_in = node->n_in, .n_out = node->n_out,
			   .in = specs, .out = specs + node->n_in };
	uint32_t i;

	if (!node->op->scratch)
		return 0;
	for (i = 0; i < node->n_in; i++)
		specs[i] = &graph->values[node->in[i]]->spec;
	for (i = 0; i < node->n_out; i++)
		specs[node->n_in + i] = &graph->values[node->out[i]]->spec;
	return weir__scratch_bytes(&call);
}

/* The most that a body holds. */
static weir_status
peak_of_bodies(const struct weir__control *control, size_t *most)
{
	weir_status status = WEIR_OK;
	size_t bytes;
	uint32_t i;

	*most = 0;
	for (i = 0; i < control->n_bodies && !status; i++) {
		status = weir__eager_peak(control->bodies[i], &bytes);
		if (!status && *most < bytes)
			*most = bytes;
	}
	return status;
}

static weir_status
find_peak(const struct bytes *b, size_t *most)
{
	const weir_graph *graph = b->graph;
	size_t live = 0, peak = 0, i, scratch;
	uint64_t ordinal = 0;
	uint32_t j;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (node->is_view)
			continue;
		for (; ordinal < node->ordinal; ordinal++)
			live -= b->gone[ordinal];
		for (j = 0; j < node->n_out; j++)
			live += (size_t)weir__spec_bytes(
				&graph->values[node->out[j]]->spec);
		scratch = scratch_of(graph, node);
		if (node->control) {
			weir_status status = peak_of_bodies(node->control,
							    &scratch);

			if (status)
				return status;
		}
		if (peak < live + scratch)
			peak = live + scratch;
	}
	*most = peak;
	return WEIR_OK;
}

weir_status
weir__eager_peak(const weir_graph *graph, size_t *bytes)
{
	struct bytes b = { .graph = graph };
	weir_status status = WEIR_ENOMEM;

	b.gone_after = weir__calloc(graph->heap, graph->n_values + 1,
				    sizeof *b.gone_after);
	b.gone = weir__calloc(graph->heap, (size_t)graph->ordinals + 1,
			      sizeof *b.gone);
	if (b.gone_after && b.gone) {
		find_ends(&b);
		status = find_peak(&b, bytes);
	}
	weir__free(graph->heap, b.gone_after);
	weir__free(graph->heap, b.gone);
	return status;
}
