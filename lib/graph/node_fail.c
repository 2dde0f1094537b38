/* What is said of a node that has failed. */
#include "graph/control_node.h"
#include "ops/schema.h"

static struct weir__origin
origin_of(const weir_graph *graph, const struct weir__gvalue *v)
{
	const struct weir__node *maker;

	if (v->kind == WEIR__GV_RESULT) {
		maker = graph->nodes[v->node];
		if (maker->is_implied_copy)
			return origin_of(graph, graph->values[maker->in[0]]);
		return (struct weir__origin){ maker->path, maker->op->name,
					      maker->site };
	}
	if (v->kind == WEIR__GV_CAPTURE)
		return v->tensor->origin;
	return v->origin ? *v->origin
			 : (struct weir__origin){ NULL, NULL, NULL };
}

weir_status
weir__node_fail(const weir_graph *graph, const struct weir__node *node,
		weir_status status, const char *why)
{
	struct weir__operand operands[WEIR_OPERANDS_MAX];
	struct weir__text text;
	char sentence[WEIR__ERROR_SIZE];
	uint32_t n_in = node->control ? node->control->n_given : node->n_in, i;

	if (n_in > WEIR_OPERANDS_MAX)
		n_in = WEIR_OPERANDS_MAX;
	for (i = 0; i < n_in; i++) {
		const struct weir__gvalue *v = graph->values[node->in[i]];

		operands[i] = (struct weir__operand){
			.spec = &v->spec,
			.name = v->name,
			.is_variable = v->kind == WEIR__GV_VARIABLE,
		};
		if (node->names) {
			operands[i].name = node->names[i].name;
			operands[i].is_variable = node->names[i].is_variable;
		}
		if (!operands[i].is_variable)	/* else eager tells no more */
			operands[i].origin = origin_of(graph, v);
	}
	weir__text_init(&text, sentence, sizeof sentence);
	weir__call_text(node->op, node->attrs, why, node->path, node->site,
			operands, n_in, &text);
	return weir_fail(status, "%s", sentence);
}
