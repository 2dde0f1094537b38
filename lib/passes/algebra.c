/*
 * Algebra that changes no bit: calls whose result is, element for element, a
 * value that is there already. That value then stands for the result.
 *
 * x * 1, x / 1, x - 0 and x + (-0) are x for every x but a signalling NaN,
 * which comes out quiet (IEEE 754-2019, 6.2), so they are left out where x has
 * been computed; x + 0 is not x, for x may be -0. Two negations turn the sign
 * over and back. A cast there and back is x if the dtype between holds every
 * x. What shows the same elements in the same order as what it is a view of,
 * such as the transpose of a transpose, is that.
 */
#include <math.h>

#include <weir/ops.h>
#include "ops/table.h"
#include "passes/pass.h"

enum { NONE = 0xffffffffu };

enum { VIEWS_BACK = 8 };		/* so far a view is looked for */

/* The live node, no view, that has made what stands for a value, or NULL. */
static const struct weir__node *
maker(const struct weir__rewrite *r, uint32_t value)
{
	const struct weir__gvalue *v = r->graph->values[r->same_as[value]];
	const struct weir__node *node;

	if (v->kind != WEIR__GV_RESULT)
		return NULL;
	node = r->graph->nodes[v->node];
	return node->is_view ? NULL : node;
}

/* Whether no element is a signalling NaN: arithmetic has made it. */
static bool
is_quiet(const struct weir__rewrite *r, uint32_t value)
{
	static const weir_op *const arithmetic[] = {
		&weir__op_add, &weir__op_sub, &weir__op_mul, &weir__op_div,
		&weir__op_square, &weir__op_sqrt, &weir__op_exp, &weir__op_log,
		&weir__op_tanh, &weir__op_sigmoid, &weir__op_mean,
		&weir__op_matmul, &weir__op_bce_with_logits, &weir__op_mse,
	};
	const weir_dtype dtype = r->graph->values[value]->spec.dtype;
	const struct weir__node *node = maker(r, value);
	size_t i;

	if (dtype != WEIR_F32 && dtype != WEIR_F64)
		return true;
	for (i = 0; node && i < sizeof arithmetic / sizeof *arithmetic; i++)
		if (node->op == arithmetic[i])
			return true;
	return false;
}

/* Whether all elements are equal to a number, the sign of 0 included. */
static bool
is_all(const struct weir__rewrite *r, uint32_t value, double number)
{
	const struct weir__gvalue *v = r->graph->values[r->same_as[value]];
	const struct weir__node *node = maker(r, v->base);
	const weir_constant_attrs *attrs;
	double x;

	if (!node || node->op != &weir__op_constant)
		return false;
	attrs = node->attrs;
	x = attrs->dtype == WEIR_F32 ? (double)(float)attrs->value
				     : attrs->value;
	/* An integer has one 0. */
	return x == number && (number != 0 || attrs->dtype == WEIR_I64 ||
			       signbit(x) == signbit(number));
}

/* -- rules: the value that the result is, or NONE --------------------------- */

/* The neutral element on the right, and where it may be on the left too. */
static uint32_t
without(const struct weir__rewrite *r, const struct weir__node *node,
	double neutral, bool commutes)
{
	uint32_t kept = NONE;

	if (is_all(r, node->in[1], neutral))
		kept = node->in[0];
	else if (commutes && is_all(r, node->in[0], neutral))
		kept = node->in[1];
	return kept != NONE && is_quiet(r, kept) ? kept : NONE;
}

static uint32_t
negated_twice(const struct weir__rewrite *r, const struct weir__node *node)
{
	const struct weir__node *first = maker(r, node->in[0]);

	return first && first->op == &weir__op_neg ? first->in[0] : NONE;
}

static bool
holds_all_of(weir_dtype wide, weir_dtype narrow)
{
	return narrow == WEIR_BOOL ||
	       (wide == WEIR_F64 && narrow == WEIR_F32);
}

static uint32_t
cast_back(const struct weir__rewrite *r, const struct weir__node *node)
{
	struct weir__gvalue *const *values = r->graph->values;
	const weir_dtype to = values[node->out[0]]->spec.dtype;
	const weir_dtype from = values[node->in[0]]->spec.dtype;
	const struct weir__node *first = maker(r, node->in[0]);

	if (from == to)
		return node->in[0];
	if (!first || first->op != &weir__op_cast ||
	    values[first->in[0]]->spec.dtype != to ||
	    !holds_all_of(from, to) || !is_quiet(r, first->in[0]))
		return NONE;
	return first->in[0];
}

static uint32_t
same_value(const struct weir__rewrite *r, const struct weir__node *node)
{
	if (node->op == &weir__op_mul)
		return without(r, node, 1, true);
	if (node->op == &weir__op_div)
		return without(r, node, 1, false);
	if (node->op == &weir__op_sub)
		return without(r, node, 0, false);
	if (node->op == &weir__op_add)
		return without(r, node, -0.0, true);
	if (node->op == &weir__op_neg)
		return negated_twice(r, node);
	if (node->op == &weir__op_cast)
		return cast_back(r, node);
	return NONE;
}

static bool
is_same_view(const struct weir__gvalue *a, const struct weir__gvalue *b)
{
	int i;

	if (a->base != b->base || a->offset != b->offset ||
	    !weir__spec_equal(&a->spec, &b->spec))
		return false;
	for (i = 0; i < a->spec.rank; i++)
		if (a->strides[i] != b->strides[i])
			return false;
	return true;
}

/* Of what it is a view of, and what that is a view of, and so on. */
static uint32_t
same_view(const struct weir__rewrite *r, const struct weir__node *node)
{
	const weir_graph *graph = r->graph;
	const struct weir__gvalue *view = graph->values[node->out[0]], *v;
	uint32_t value = node->in[0];
	int i;

	for (i = 0; i < VIEWS_BACK; i++) {
		v = graph->values[value];
		if (is_same_view(v, view))
			return value;
		if (v->base == value)
			return NONE;
		value = graph->nodes[v->node]->in[0];
	}
	return NONE;
}

/* -- the pass ---------------------------------------------------------------- */

/* Another value stands for the node's result: its own, with nothing but its
 * elements in its memory. */
static void
replace(struct weir__rewrite *r, uint32_t number, uint32_t value)
{
	const weir_graph *graph = r->graph;
	const uint32_t out = graph->nodes[number]->out[0];
	const uint32_t to = r->same_as[value];

	if (!maker(r, to) || !weir__spec_equal(&graph->values[to]->spec,
					       &graph->values[out]->spec))
		return;
	r->same_as[out] = to;
	r->fate[number] = WEIR__FATE_MERGED;
	r->into[number] = graph->values[to]->node;
}

weir_status
weir__pass_algebra(struct weir__rewrite *r)
{
	const weir_graph *graph = r->graph;
	uint32_t i, value;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (node->is_view) {
			value = same_view(r, node);
			if (value != NONE)
				r->same_as[node->out[0]] = r->same_as[value];
		} else if (!weir__node_is_fallible(graph, node)) {
			value = same_value(r, node);
			if (value != NONE)
				replace(r, i, value);
		}
	}
	return WEIR_OK;
}
