#include "graph/control_node.h"

#include <stdio.h>

static void
symbol_gone(weir_graph *graph, uint32_t value)
{
	atomic_store_explicit(&graph->values[value]->gone_after,
			      graph->ordinals, memory_order_relaxed);
}

weir_status
weir__graph_new(struct weir__heap *heap, const struct weir__path *path,
		weir_graph **graph)
{
	weir_graph *g = weir__calloc(heap, 1, sizeof *g);

	if (!g)
		return WEIR_ENOMEM;
	atomic_init(&g->refs, 1);
	g->heap = weir__heap_retain(heap);
	g->path = path;
	weir__arena_init(&g->arena, heap);
	weir__pointer_map_init(&g->captured, heap);
	weir__pointer_map_init(&g->variable_of, heap);
	if (weir__recording_new(heap, g, &g->recording)) {
		weir__graph_unref(g);
		return WEIR_ENOMEM;
	}
	atomic_store(&g->recording->gone, symbol_gone);
	*graph = g;
	return WEIR_OK;
}

weir_graph *
weir__graph_retain(weir_graph *graph)
{
	atomic_fetch_add_explicit(&graph->refs, 1, memory_order_relaxed);
	return graph;
}

void
weir__graph_unref(weir_graph *graph)
{
	struct weir__heap *heap;
	size_t i;

	if (!graph || atomic_fetch_sub_explicit(&graph->refs, 1,
						memory_order_acq_rel) != 1)
		return;
	if (graph->recording)
		atomic_store(&graph->recording->graph, NULL);
	for (i = 0; i < graph->n_values; i++)
		if (graph->values[i])	/* not all, where deriving failed */
			weir_tensor_release(graph->values[i]->tensor);
	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->control)
			weir__control_end(graph->nodes[i]->control);
	for (i = 0; i < graph->n_variables; i++) {
		weir_tensor_release(graph->variables[i].symbol);
		weir_tensor_release(graph->variables[i].variable);
	}
	weir__recording_release(graph->recording);
	heap = graph->heap;
	weir__pointer_map_free(&graph->captured);
	weir__pointer_map_free(&graph->variable_of);
	weir__free(heap, graph->values);
	weir__free(heap, graph->nodes);
	weir__free(heap, graph->inputs);
	weir__free(heap, graph->outputs);
	weir__free(heap, graph->variables);
	weir__free(heap, graph->assigns);
	weir__arena_free(&graph->arena);
	weir__graph_unref(graph->like);
	weir__free(heap, graph);
	weir__heap_release(heap);
}

void
weir__graph_close(weir_graph *graph)
{
	atomic_store(&graph->recording->gone, NULL);
	graph->is_closed = true;
}

void
weir__symbol_misused(weir_tensor *symbol, weir_status status,
		     const char *what, const char *site)
{
	weir_graph *graph = atomic_load(&symbol->recording->graph);

	if (graph && graph->misuse)
		graph->misuse(graph->misuse_arg, symbol, status, what, site);
}

const char *
weir__node_text(const struct weir__node *node, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/%s", node->path->text, node->op->name);
	return buffer;
}

bool
weir__node_is_fallible(const weir_graph *graph, const struct weir__node *node)
{
	if (node->control)
		return weir__control_has_effects(node->control);
	if (!node->n_in)
		return node->op->fallible != 0;
	return node->op->fallible &
	       WEIR_DTYPE_BIT(graph->values[node->in[0]]->spec.dtype);
}

bool
weir__node_has_effects(const weir_graph *graph, const struct weir__node *node)
{
	return weir__node_is_fallible(graph, node) ||
	       (!node->control && !(node->op->flags & WEIR_OP_PURE));
}
