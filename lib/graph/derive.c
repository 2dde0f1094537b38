/*
 * A graph at other extents: the same calls with other shapes. What does not
 * change, it shares with the graph that it is derived from.
 *
 * Always: what comes out is what recording would have made, if attributes
 * follow from the extents as the pattern says. Gradients and broadcasting
 * treat lengths of 0 and 1 as no others, and whether BLAS takes an operand as
 * it is decides whether it is copied: where one of these differs, nothing is
 * derived.
 */
#include <string.h>

#include "graph/derive.h"
#include "ops/derived.h"
#include "ops/schema.h"
#include "ops/table.h"

#define UNLIKE(...) weir_fail(WEIR_EUNREPEATABLE, __VA_ARGS__)

/* -- attributes ----------------------------------------------------------- */

static weir_status
set_number(const struct weir__deriving *d, const struct weir__varying *v,
	   void *attrs)
{
	void *at = (char *)attrs + v->attr->offset;
	double number;
	int64_t value;

	if (!weir__formula_value(&d->pattern->simplex, v->coefficients,
				 d->point, &value))
		return UNLIKE("its `%s' is too large", v->attr->name);
	if (v->attr->type == WEIR_ATTR_INTS) {
		((weir_ints *)at)->v[v->entry] = value;
		return WEIR_OK;
	}
	if (v->attr->type == WEIR_ATTR_I64) {
		*(int64_t *)at = value;
		return WEIR_OK;
	}
	if (value > (int64_t)1 << 53 || value < -((int64_t)1 << 53) ||
	    (v->as != WEIR__AS_WHOLE && !value))
		return UNLIKE("its `%s' cannot be computed", v->attr->name);
	number = (double)value;
	if (v->as == WEIR__AS_INVERSE)
		number = 1 / number;
	else if (v->as == WEIR__AS_INVERSE_F32)
		number = (double)(1 / (float)value);
	*(double *)at = number;
	return WEIR_OK;
}

weir_status
weir__derive_attrs(struct weir__deriving *d, uint32_t number, void *attrs)
{
	const struct weir__pattern *p = d->pattern;
	weir_status status = WEIR_OK;

	for (; d->next < p->n && p->varying[d->next].node == number &&
	       !status; d->next++)
		status = set_number(d, &p->varying[d->next], attrs);
	return status;
}

static weir_status
derive_attrs_of_op(struct weir__deriving *d, uint32_t number,
		   struct weir__node *node)
{
	const struct weir__pattern *p = d->pattern;
	void *attrs;

	if (d->next == p->n || p->varying[d->next].node != number)
		return WEIR_OK;
	attrs = weir__arena_copy(&d->graph->arena, node->attrs,
				 node->op->attrs_size);
	if (!attrs)
		return WEIR_ENOMEM;
	node->attrs = attrs;
	return weir__derive_attrs(d, number, attrs);
}

/* -- values --------------------------------------------------------------- */

static bool
is_special(int64_t length)
{
	return length == 0 || length == 1;
}

/* The same dtype, and lengths of 0 and 1 where there were some. */
static weir_status
check_spec(const weir_spec *was, const weir_spec *is)
{
	char before[128], after[128];
	int axis;
	bool same = was->dtype == is->dtype && was->rank == is->rank;

	for (axis = 0; same && axis < is->rank; axis++)
		same = was->shape[axis] == is->shape[axis] ||
		       (!is_special(was->shape[axis]) &&
			!is_special(is->shape[axis]));
	if (same)
		return WEIR_OK;
	weir__spec_text(was, before, sizeof before);
	weir__spec_text(is, after, sizeof after);
	return UNLIKE("%s becomes %s, and lengths of 0 and 1 are treated "
		      "otherwise than others", before, after);
}

weir_status
weir__derive_value(struct weir__deriving *d, uint32_t number,
		   const weir_spec *spec, struct weir__gvalue **value)
{
	const struct weir__gvalue *from = d->from->values[number];
	struct weir__gvalue *v;
	weir_status status = check_spec(&from->spec, spec);

	if (status)
		return status;
	v = weir__arena_alloc(&d->graph->arena, sizeof *v);
	if (!v)
		return WEIR_ENOMEM;
	v->kind = from->kind;
	v->node = from->node;
	v->index = from->index;
	v->base = number;
	v->spec = *spec;
	weir__contiguous_strides(spec, v->strides);
	v->tensor = weir_tensor_retain(from->tensor);
	v->name = from->name;
	v->origin = from->origin;
	atomic_init(&v->gone_after,
		    atomic_load_explicit(&from->gone_after,
					 memory_order_relaxed));
	d->graph->values[number] = *value = v;
	return WEIR_OK;
}

static weir_status
derive_input(struct weir__deriving *d, uint32_t number)
{
	const struct weir__gvalue *from = d->from->values[number];
	const char *name;
	struct weir__gvalue *v;
	weir_status status;

	status = weir__derive_value(d, number, &d->inputs->specs[from->index],
				    &v);
	if (status)
		return status;
	memcpy(v->strides, d->inputs->strides[from->index],
	       sizeof v->strides);
	if (!d->inputs->names)
		return WEIR_OK;
	name = d->inputs->names[from->index];
	v->name = name ? weir__arena_strdup(&d->graph->arena, name) : "";
	return v->name ? WEIR_OK : WEIR_ENOMEM;
}

static weir_status
derive_source(struct weir__deriving *d, uint32_t number)
{
	const struct weir__gvalue *from = d->from->values[number];
	struct weir__gvalue *v;
	weir_status status;

	if (from->kind == WEIR__GV_RESULT)
		return WEIR_OK;		/* with its node */
	if (from->kind == WEIR__GV_INPUT)
		return derive_input(d, number);
	status = weir__derive_value(d, number, &from->spec, &v);
	if (!status)
		memcpy(v->strides, from->strides, sizeof v->strides);
	return status;
}

/* -- calls ---------------------------------------------------------------- */

static bool
suits_blas(const struct weir__gvalue *v)
{
	return !(WEIR_FLOATS & WEIR_DTYPE_BIT(v->spec.dtype)) ||
	       weir__suits_blas(&v->spec, v->strides);
}

/* Whether it would have been recorded with copies where it was. */
static weir_status
check_copies(const struct weir__deriving *d, const struct weir__node *node)
{
	weir_graph *g = d->graph;
	uint32_t i;

	if (node->op == &weir__op_copy &&
	    suits_blas(g->values[node->in[0]]) !=
		    suits_blas(d->from->values[node->in[0]]))
		return UNLIKE("BLAS takes its operand as it is at one extent, "
			      "and not at the other");
	for (i = 0; i < node->n_in && node->op->flags & WEIR_OP_BLAS_OPERANDS;
	     i++)
		if (!suits_blas(g->values[node->in[i]]))
			return UNLIKE("BLAS does not take its operand %u as "
				      "it is", i);
	return WEIR_OK;
}

static weir_status
derive_results(struct weir__deriving *d, const struct weir__node *node,
	       weir_call *call, const weir_spec *specs)
{
	const weir_spec *out[WEIR_RESULTS_MAX];
	struct weir__gvalue *v, *first = NULL;
	int64_t strides[WEIR_RANK_MAX], offset = 0;
	weir_status status = WEIR_OK;
	bool is_view;
	uint32_t i;

	for (i = 0; i < node->n_out && !status; i++) {
		status = weir__derive_value(d, node->out[i], &specs[i], &v);
		out[i] = &specs[i];
		first = i || status ? first : v;
	}
	if (status || !first)
		return status;
	call->out = out;
	v = node->n_in ? d->graph->values[node->in[0]] : NULL;
	is_view = v && node->op->view &&
		  node->op->view(call, v->strides, strides, &offset);
	if (is_view != node->is_view)
		return UNLIKE("it is a view at one extent, and not at the "
			      "other");
	if (!is_view)
		return WEIR_OK;
	memcpy(first->strides, strides,
	       (size_t)first->spec.rank * sizeof *strides);
	first->base = v->base;
	first->offset = v->offset + offset;
	return WEIR_OK;
}

/* With a kernel. */
static weir_status
derive_op(struct weir__deriving *d, uint32_t number, struct weir__node *node)
{
	const weir_spec *in[WEIR_OPERANDS_MAX];
	weir_spec specs[WEIR_RESULTS_MAX];
	weir_status status;
	weir_call call;
	uint32_t i;

	status = derive_attrs_of_op(d, number, node);
	if (status)
		return status;
	for (i = 0; i < node->n_in; i++)
		in[i] = &d->graph->values[node->in[i]]->spec;
	call = (weir_call){ .op = node->op, .attrs = node->attrs,
			    .n_in = node->n_in, .n_out = node->n_out,
			    .in = in };
	status = weir__call_infer(&call, specs);
	if (!status)
		status = check_copies(d, node);
	return status ? status : derive_results(d, node, &call, specs);
}

static weir_status
derive_call(struct weir__deriving *d, uint32_t number)
{
	const struct weir__node *from = d->from->nodes[number];
	struct weir__node *node = weir__arena_copy(&d->graph->arena, from,
						   sizeof *node);

	if (!node)
		return WEIR_ENOMEM;
	node->control = NULL;		/* the other graph's */
	d->graph->nodes[number] = node;
	d->graph->n_nodes = number + 1;
	return from->control
		? weir__derive_control(d, number, node, from->control)
		: derive_op(d, number, node);
}

static weir_status
derive_node(struct weir__deriving *d, uint32_t number)
{
	weir_status status = derive_call(d, number);
	char call[512], why[1024];
	struct weir__text text;

	if (!status || status == WEIR_ENOMEM)
		return status;
	weir__text_init(&text, call, sizeof call);
	weir__node_say(d->from->nodes[number], &text);
	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "%s", weir_error_text());
	return weir_fail(status, "%s: %s", call, why);
}

/* -- the whole ------------------------------------------------------------ */

static weir_status
check_assigns(const weir_graph *graph)
{
	size_t i;

	for (i = 0; i < graph->n_assigns; i++) {
		const struct weir__gassign *a = &graph->assigns[i];
		const struct weir__gvariable *v =
			&graph->variables[a->variable];

		if (!weir__spec_equal(&graph->values[a->value]->spec,
				      &graph->values[v->start]->spec))
			return UNLIKE("what is assigned to variable %u has "
				      "another shape", a->variable);
	}
	return WEIR_OK;
}

static weir_status
copy_list(struct weir__heap *heap, void *list, const void *from, size_t n,
	  size_t size)
{
	void *copy = weir__calloc(heap, n + 1, size);

	if (!copy)
		return WEIR_ENOMEM;
	if (n)
		memcpy(copy, from, n * size);
	memcpy(list, &copy, sizeof copy);
	return WEIR_OK;
}

static weir_status
make_room(weir_graph *g, const weir_graph *from)
{
	size_t i;

	g->values = weir__calloc(g->heap, from->n_values + 1,
				 sizeof *g->values);
	g->nodes = weir__calloc(g->heap, from->n_nodes + 1, sizeof *g->nodes);
	if (!g->values || !g->nodes ||
	    copy_list(g->heap, &g->inputs, from->inputs, from->n_inputs,
		      sizeof *g->inputs) ||
	    copy_list(g->heap, &g->outputs, from->outputs, from->n_outputs,
		      sizeof *g->outputs) ||
	    copy_list(g->heap, &g->assigns, from->assigns, from->n_assigns,
		      sizeof *g->assigns) ||
	    copy_list(g->heap, &g->variables, from->variables,
		      from->n_variables, sizeof *g->variables))
		return WEIR_ENOMEM;
	for (i = 0; i < from->n_variables; i++) {
		weir_tensor_retain(g->variables[i].variable);
		g->variables[i].symbol = NULL;
	}
	g->n_variables = from->n_variables;
	g->n_inputs = from->n_inputs;
	g->n_outputs = from->n_outputs;
	g->n_assigns = from->n_assigns;
	g->ordinals = from->ordinals;
	g->like = weir__graph_retain((weir_graph *)from);
	return WEIR_OK;
}

static weir_status
fill(struct weir__deriving *d)
{
	const weir_graph *from = d->from;
	weir_status status = make_room(d->graph, from);
	uint32_t i;

	d->graph->n_values = status ? 0 : from->n_values;
	for (i = 0; i < from->n_values && !status; i++)
		status = derive_source(d, i);
	for (i = 0; i < from->n_nodes && !status; i++)
		status = derive_node(d, i);
	return status ? status : check_assigns(d->graph);
}

weir_status
weir__derive_graph(const struct weir__pattern *pattern, const int64_t *point,
		   const struct weir__graph_inputs *inputs, weir_graph **graph)
{
	struct weir__deriving d = { .pattern = pattern, .from = pattern->graph,
			      .inputs = inputs };
	weir_status status;

	memcpy(d.point, point, sizeof d.point);
	status = weir__graph_new(pattern->heap, d.from->path, &d.graph);
	if (status)
		return status;
	status = fill(&d);
	weir__graph_close(d.graph);
	if (status)
		weir__graph_unref(d.graph);
	else
		*graph = d.graph;
	return status;
}

weir_status
weir__pattern_derive(const struct weir__pattern *pattern,
		     const struct weir__extents *extents,
		     const struct weir__graph_inputs *inputs,
		     weir_graph **graph)
{
	int64_t point[WEIR__FORMULA_DIMENSIONS] = { 0 };
	size_t i;

	for (i = 0; i < extents->n; i++)
		point[i] = extents->of[i] - pattern->base.of[i];
	return weir__derive_graph(pattern, point, inputs, graph);
}
