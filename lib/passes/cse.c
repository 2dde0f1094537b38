/*
 * Common subexpressions: of equal pure calls on the same operands, the first
 * stands for all (value numbering by hashing; Cocke and Schwartz 1970).
 */
#include <string.h>

#include "ops/schema.h"
#include "passes/pass.h"

static uint64_t
mix(uint64_t hash, uint64_t x)
{
	hash ^= x + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	return hash * 0xff51afd7ed558ccdu;
}

static uint64_t
hash_node(const struct weir__rewrite *r, const struct weir__node *node)
{
	uint64_t hash = mix((uintptr_t)node->op,
			    weir__attrs_hash(node->op, node->attrs));
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		hash = mix(hash, r->same_as[node->in[i]]);
	return hash;
}

static bool
is_same_call(const struct weir__rewrite *r, const struct weir__node *a,
	     const struct weir__node *b)
{
	uint32_t i;

	if (a->op != b->op || a->n_in != b->n_in)
		return false;
	for (i = 0; i < a->n_in; i++)
		if (r->same_as[a->in[i]] != r->same_as[b->in[i]])
			return false;
	return weir__attrs_equal(a->op, a->attrs, b->attrs);
}

weir_status
weir__pass_cse(struct weir__rewrite *r)
{
	const weir_graph *graph = r->graph;
	size_t room = 16, slot;
	uint32_t *table, i, j;

	while (room < 2 * graph->n_nodes)
		room *= 2;
	table = weir__calloc(r->heap, room, sizeof *table);	/* node + 1 */
	if (!table)
		return WEIR_ENOMEM;
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		/* What stood for a result may have been merged by now. */
		for (j = 0; j < node->n_out; j++)
			r->same_as[node->out[j]] =
				r->same_as[r->same_as[node->out[j]]];
		if (r->fate[i] == WEIR__FATE_MERGED) {
			r->into[i] = graph->values[
				r->same_as[node->out[0]]]->node;
			continue;
		}
		if (!(node->op->flags & WEIR_OP_PURE))
			continue;
		slot = hash_node(r, node) & (room - 1);
		while (table[slot] &&
		       !is_same_call(r, graph->nodes[table[slot] - 1], node))
			slot = (slot + 1) & (room - 1);
		if (!table[slot]) {
			table[slot] = i + 1;
			continue;
		}
		r->fate[i] = WEIR__FATE_MERGED;
		r->into[i] = table[slot] - 1;
		for (j = 0; j < node->n_out; j++)
			r->same_as[node->out[j]] = r->same_as[
				graph->nodes[table[slot] - 1]->out[j]];
	}
	weir__free(r->heap, table);
	return WEIR_OK;
}
