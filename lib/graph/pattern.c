/*
 * From recordings to what their attributes are at any extents.
 *
 * Two recordings could agree by chance: there are as many as the polynomials
 * have coefficients, at extents next to each other, so that a half, or a
 * remainder, is not taken for what it is not.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "graph/control_node.h"
#include "graph/pattern.h"

#define VARIES(...) weir_fail(WEIR_EUNREPEATABLE, __VA_ARGS__)

static const double WHOLE_MAX = 0x1p53;

/* What a control has in place of attributes, as far as it is a number. */
static const weir_attr of_control[] = {
	{ "max_iterations", WEIR_ATTR_I64,
	  offsetof(struct weir__control, max_iterations), "" },
	{ NULL, WEIR_ATTR_I64, 0, NULL }
};

static const void *
field(const weir_graph *graph, uint32_t node, const weir_attr *attr)
{
	const struct weir__node *n = graph->nodes[node];

	return (const char *)(n->control ? n->control : n->attrs) +
	       attr->offset;
}

/* -- one number ----------------------------------------------------------- */

static weir_status
does_not_follow(const weir_graph *graph, uint32_t node, const weir_attr *attr)
{
	char buffer[512];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__node_say(graph->nodes[node], &text);
	return VARIES("%s, has a `%s' that does not follow from the extents "
		      "as it would have to", buffer, attr->name);
}

static weir_status
add_formula(struct weir__pattern *p, uint32_t node, const weir_attr *attr,
	    int entry, enum weir__varying_as as, const int64_t *values)
{
	struct weir__varying *v;

	if (weir__grow(p->heap, &p->varying, &p->room, p->n,
		       sizeof *p->varying))
		return WEIR_ENOMEM;
	v = &p->varying[p->n];
	*v = (struct weir__varying){ .node = node, .attr = attr,
				     .entry = entry, .as = as };
	if (!weir__formula_fit(&p->simplex, values, v->coefficients))
		return does_not_follow(p->graph, node, attr);
	p->n++;
	return WEIR_OK;
}

static weir_status
learn_integers(struct weir__pattern *p, uint32_t node, const weir_attr *attr,
	       int entry, const int64_t *values)
{
	size_t i;

	for (i = 1; i < p->simplex.n && values[i] == values[0]; i++)
		;
	return i == p->simplex.n ? WEIR_OK
		: add_formula(p, node, attr, entry, WEIR__AS_WHOLE, values);
}

/* The integer that a number stands for, if it is such a one. */
static bool
integer_of(double x, enum weir__varying_as as, int64_t *value)
{
	double whole = as == WEIR__AS_WHOLE ? x : nearbyint(1 / x);

	if (!(fabs(whole) <= WHOLE_MAX) || whole != nearbyint(whole) ||
	    (as != WEIR__AS_WHOLE && whole == 0))
		return false;
	*value = (int64_t)whole;
	switch (as) {
	case WEIR__AS_WHOLE: return true;
	case WEIR__AS_INVERSE: return 1 / whole == x;
	case WEIR__AS_INVERSE_F32: return (double)(1 / (float)whole) == x;
	}
	return false;
}

static weir_status
learn_number(struct weir__pattern *p, uint32_t node, const weir_attr *attr,
	     const double *x)
{
	int64_t values[WEIR__FORMULA_POINTS];
	size_t i, n = p->simplex.n;
	int as;

	for (i = 1; i < n && !memcmp(&x[i], &x[0], sizeof *x); i++)
		;
	if (i == n)
		return WEIR_OK;
	for (as = WEIR__AS_WHOLE; as <= WEIR__AS_INVERSE_F32; as++) {
		for (i = 0; i < n; i++)
			if (!integer_of(x[i], (enum weir__varying_as)as,
					&values[i]))
				break;
		if (i == n)
			return add_formula(p, node, attr, 0,
					   (enum weir__varying_as)as, values);
	}
	return does_not_follow(p->graph, node, attr);
}

/* -- all of them ---------------------------------------------------------- */

static weir_status
learn_list(struct weir__pattern *p, weir_graph *const *graphs, uint32_t node,
	   const weir_attr *attr)
{
	const weir_ints *first = field(graphs[0], node, attr), *list;
	int64_t values[WEIR__FORMULA_POINTS];
	weir_status status = WEIR_OK;
	size_t i;
	int entry;

	for (i = 1; i < p->simplex.n; i++) {
		list = field(graphs[i], node, attr);
		if (list->n != first->n)
			return does_not_follow(p->graph, node, attr);
	}
	for (entry = 0; entry < first->n && !status; entry++) {
		for (i = 0; i < p->simplex.n; i++) {
			list = field(graphs[i], node, attr);
			values[i] = list->v[entry];
		}
		status = learn_integers(p, node, attr, entry, values);
	}
	return status;
}

static weir_status
learn_field(struct weir__pattern *p, weir_graph *const *graphs, uint32_t node,
	    const weir_attr *attr)
{
	int64_t values[WEIR__FORMULA_POINTS];
	double numbers[WEIR__FORMULA_POINTS];
	const void *at;
	size_t i;

	if (attr->type == WEIR_ATTR_INTS)
		return learn_list(p, graphs, node, attr);
	for (i = 0; i < p->simplex.n; i++) {
		at = field(graphs[i], node, attr);
		values[i] = 0;
		numbers[i] = 0;
		switch (attr->type) {
		case WEIR_ATTR_I64: values[i] = *(const int64_t *)at; break;
		case WEIR_ATTR_F64: numbers[i] = *(const double *)at; break;
		case WEIR_ATTR_BOOL: values[i] = *(const bool *)at; break;
		default: values[i] = *(const weir_dtype *)at; break;
		}
		if (attr->type != WEIR_ATTR_I64 && values[i] != values[0])
			return does_not_follow(p->graph, node, attr);
	}
	return attr->type == WEIR_ATTR_F64
		? learn_number(p, node, attr, numbers)
		: learn_integers(p, node, attr, 0, values);
}

/* Body `number` of a node, in all graphs. */
static weir_status
learn_body(struct weir__pattern *p, weir_graph *const *graphs, uint32_t node,
	   uint32_t number)
{
	weir_graph *bodies[WEIR__FORMULA_POINTS];
	weir_status status;
	size_t i;

	if (weir__grow(p->heap, &p->bodies, &p->bodies_room, p->n_bodies,
		       sizeof *p->bodies))
		return WEIR_ENOMEM;
	for (i = 0; i < p->simplex.n; i++)
		bodies[i] = graphs[i]->nodes[node]->control->bodies[number];
	status = weir__pattern_new(bodies, &p->simplex, &p->base,
				   &p->bodies[p->n_bodies]);
	p->n_bodies += status == WEIR_OK;
	return status;
}

static weir_status
learn_node(struct weir__pattern *p, weir_graph *const *graphs, uint32_t number)
{
	const struct weir__node *node = graphs[0]->nodes[number];
	const weir_attr *attr = node->control ? of_control
			      : node->attrs ? node->op->attrs : NULL;
	weir_status status = WEIR_OK;
	uint32_t i;

	for (; attr && attr->name && !status; attr++)
		status = learn_field(p, graphs, number, attr);
	for (i = 0; node->control && i < node->control->n_bodies && !status;
	     i++)
		status = learn_body(p, graphs, number, i);
	return status;
}

static weir_status
learn(struct weir__pattern *p, weir_graph *const *graphs)
{
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 1; i < p->simplex.n && !status; i++)
		status = weir__graph_alike(graphs[0], graphs[i], false);
	for (i = 0; i < graphs[0]->n_nodes && !status; i++)
		status = learn_node(p, graphs, i);
	return status;
}

weir_status
weir__pattern_new(weir_graph *const *graphs,
		  const struct weir__simplex *simplex,
		  const struct weir__extents *base,
		  struct weir__pattern **pattern)
{
	struct weir__pattern *p = weir__calloc(graphs[0]->heap, 1, sizeof *p);
	weir_status status;

	if (!p)
		return WEIR_ENOMEM;
	p->heap = graphs[0]->heap;
	p->graph = weir__graph_retain(graphs[0]);
	p->base = *base;
	p->simplex = *simplex;
	status = learn(p, graphs);
	if (status)
		weir__pattern_free(p);
	else
		*pattern = p;
	return status;
}

void
weir__pattern_free(struct weir__pattern *p)
{
	struct weir__heap *heap;

	if (!p)
		return;
	heap = weir__heap_retain(p->heap);
	while (p->n_bodies)
		weir__pattern_free(p->bodies[--p->n_bodies]);
	weir__free(heap, p->bodies);
	weir__free(heap, p->varying);
	weir__graph_unref(p->graph);
	weir__free(heap, p);
	weir__heap_release(heap);
}
