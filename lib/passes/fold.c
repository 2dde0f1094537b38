/*
 * Constant folding: what depends on constants alone is computed now, with the
 * very kernels a run would use, so that its bits are the run's.
 *
 * Constants are results of folded nodes and captured results of eager ops:
 * both can no longer be written to. A captured tensor of the application can,
 * and so can what an eager view shows.
 */
#include <string.h>

#include "base/fpenv.h"
#include "ops/invoke.h"
#include "passes/pass.h"

/* Larger results are not kept with the plan: a run makes them. */
enum { FOLDED_BYTES_MAX = 1 << 20 };

static bool
is_constant(const struct weir__rewrite *r, uint32_t value)
{
	const struct weir__gvalue *v = r->graph->values[value];

	return r->folded[value] ||
	       (v->kind == WEIR__GV_CAPTURE && weir__is_result(v->tensor) &&
		!v->tensor->is_view);
}

static weir_tensor *
constant(const struct weir__rewrite *r, uint32_t value)
{
	return r->folded[value] ? r->folded[value]
				: r->graph->values[value]->tensor;
}

static bool
can_fold(const struct weir__rewrite *r, const struct weir__node *node)
{
	uint32_t i;

	if (!(node->op->flags & WEIR_OP_PURE) ||
	    weir__node_is_fallible(r->graph, node))
		return false;
	for (i = 0; i < node->n_in; i++)
		if (!is_constant(r, r->same_as[node->in[i]]))
			return false;
	for (i = 0; i < node->n_out && !node->is_view; i++)
		if (weir__spec_bytes(&r->graph->values[node->out[i]]->spec) >
		    FOLDED_BYTES_MAX)
			return false;
	return true;
}

static weir_status
fold_view(struct weir__rewrite *r, const struct weir__node *node)
{
	const weir_graph *graph = r->graph;
	const struct weir__gvalue *from = graph->values[node->in[0]];
	const struct weir__gvalue *to = graph->values[node->out[0]];
	weir_tensor *base = constant(r, r->same_as[node->in[0]]);
	weir_status status;

	status = weir__value_over(r->heap, &to->spec, to->strides,
				  weir__storage_retain(base->storage),
				  (char *)base->data + (to->offset -
							from->offset),
				  &r->folded[node->out[0]]);
	if (status)
		weir__storage_release(base->storage);
	return status;
}

static weir_status
fold_node(struct weir__rewrite *r, const struct weir__node *node)
{
	const weir_graph *graph = r->graph;
	const weir_spec *in_specs[WEIR_OPERANDS_MAX];
	const weir_spec *out_specs[WEIR_RESULTS_MAX];
	weir_view in[WEIR_OPERANDS_MAX], out[WEIR_RESULTS_MAX];
	weir_kernel kernel = { .in = in, .out = out };
	struct weir__fpenv fpenv;
	weir_status status;
	uint32_t i;

	for (i = 0; i < node->n_in; i++) {
		in[i] = weir__view_of(constant(r, r->same_as[node->in[i]]));
		in_specs[i] = in[i].spec;
	}
	for (i = 0; i < node->n_out; i++) {
		weir_tensor **t = &r->folded[node->out[i]];

		status = weir__value_new(r->heap,
					 &graph->values[node->out[i]]->spec,
					 t);
		if (status)
			return status;
		(*t)->maker = WEIR__MADE;
		out[i] = weir__view_of(*t);
		out_specs[i] = out[i].spec;
	}
	kernel.call = (weir_call){ .op = node->op, .attrs = node->attrs,
				   .n_in = node->n_in, .n_out = node->n_out,
				   .in = in_specs, .out = out_specs };
	weir__fpenv_enter(&fpenv);
	status = weir__invoke_whole(r->heap, &kernel,
				    weir__tiles(&kernel.call),
				    weir__scratch_bytes(&kernel.call));
	weir__fpenv_leave(&fpenv);
	return status;
}

weir_status
weir__pass_fold(struct weir__rewrite *r)
{
	weir_status status;
	uint32_t i;

	for (i = 0; i < r->graph->n_nodes; i++) {
		const struct weir__node *node = r->graph->nodes[i];

		if (r->fate[i] == WEIR__FATE_MERGED || !can_fold(r, node))
			continue;
		if (node->is_view) {
			status = fold_view(r, node);
		} else {
			status = fold_node(r, node);
			r->fate[i] = WEIR__FATE_FOLDED;
		}
		if (status)	/* of memory: no such call can fail itself */
			return weir__node_fail(r->graph, node, status,
					       weir_error_text());
	}
	return WEIR_OK;
}
