/* Whether two recordings are of one program, at extents of their own. */
#include <string.h>

#include "graph/control_node.h"
#include "graph/pattern.h"
#include "ops/schema.h"

#define UNLIKE(...) weir_fail(WEIR_EUNREPEATABLE, __VA_ARGS__)

void
weir__node_say(const struct weir__node *node, struct weir__text *text)
{
	weir__text_add(text, "op %llu `%s`", (unsigned long long)node->ordinal,
		       node->op->name);
	if (node->site && *node->site)
		weir__text_add(text, ", called at %s", node->site);
}

static weir_status
unlike(const struct weir__node *a, const struct weir__node *b,
       const char *what)
{
	char buffer[512];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__node_say(a, &text);
	if (a->op != b->op) {
		weir__text_add(&text, ", is ");
		weir__node_say(b, &text);
	} else {
		weir__text_add(&text, ", has other %s", what);
	}
	return UNLIKE("%s", buffer);
}

/* -- values --------------------------------------------------------------- */

/* A constant may be made anew by each recording. */
static bool
same_constant(const weir_tensor *a, const weir_tensor *b)
{
	if (a == b)
		return true;
	return weir__spec_equal(&a->layout->spec, &b->layout->spec) &&
	       weir__is_result(a) == weir__is_result(b) &&
	       a->is_view == b->is_view &&
	       weir__is_contiguous(&a->layout->spec, a->layout->strides) &&
	       weir__is_contiguous(&b->layout->spec, b->layout->strides) &&
	       (!a->layout->bytes ||
		!memcmp(a->data, b->data, a->layout->bytes));
}

static bool
same_layout(const struct weir__gvalue *a, const struct weir__gvalue *b)
{
	return a->offset == b->offset && weir__spec_equal(&a->spec, &b->spec) &&
	       !memcmp(a->strides, b->strides,
		       (size_t)a->spec.rank * sizeof *a->strides);
}

static weir_status
compare_values(const struct weir__gvalue *a, const struct weir__gvalue *b,
	       bool exactly)
{
	char was[128], is[128];

	if (a->kind != b->kind || a->index != b->index || a->base != b->base ||
	    a->spec.dtype != b->spec.dtype || a->spec.rank != b->spec.rank)
		return UNLIKE("values are made of others");
	if (a->kind == WEIR__GV_VARIABLE && a->tensor != b->tensor)
		return UNLIKE("it uses another variable");
	if (a->kind == WEIR__GV_CAPTURE &&
	    !same_constant(a->tensor, b->tensor))
		return UNLIKE("it uses another tensor from outside, or one "
			      "with other elements");
	if (!exactly || same_layout(a, b))
		return WEIR_OK;
	weir__spec_text(&a->spec, was, sizeof was);
	weir__spec_text(&b->spec, is, sizeof is);
	return UNLIKE("%s and %s are laid out otherwise", was, is);
}

/* -- calls ---------------------------------------------------------------- */

static bool
same_list(const uint32_t *a, const uint32_t *b, size_t n)
{
	return !n || !memcmp(a, b, n * sizeof *a);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool
same_names(const struct weir__node *a, const struct weir__node *b)
{
	uint32_t i;

	if (!a->names || !b->names)
		return a->names == b->names;
	for (i = 0; i < a->n_in; i++)
		if (a->names[i].is_variable != b->names[i].is_variable ||
		    !same_text(a->names[i].name, b->names[i].name))
			return false;
	return true;
}

static bool
same_control(const struct weir__control *a, const struct weir__control *b)
{
	return a->kind == b->kind && a->n_bodies == b->n_bodies &&
	       a->n_states == b->n_states &&
	       same_list(a->initial, b->initial, a->n_states) &&
	       a->keeps_rows == b->keeps_rows && a->n_yields == b->n_yields &&
	       a->count == b->count && a->is_forward == b->is_forward &&
	       a->n_given == b->n_given && a->n_assigned == b->n_assigned &&
	       same_list(a->assigned, b->assigned, a->n_assigned);
}

static weir_status
compare_controls(const struct weir__node *a, const struct weir__node *b,
		 bool exactly)
{
	const struct weir__control *x = a->control, *y = b->control;
	weir_status status = WEIR_OK;
	uint32_t i;

	if (!same_control(x, y))
		return unlike(a, b, "states or variables");
	if (exactly && x->max_iterations != y->max_iterations)
		return unlike(a, b, "limits");
	for (i = 0; i < x->n_bodies && !status; i++) {
		if (!weir__control_is_fed_alike(x, y, i))
			return unlike(a, b, "tensors in a body");
		status = weir__graph_alike(x->bodies[i], y->bodies[i],
					   exactly);
	}
	return status;
}

static weir_status
compare_nodes(const struct weir__node *a, const struct weir__node *b,
	      bool exactly)
{
	if (a->op != b->op || a->ordinal != b->ordinal || a->path != b->path ||
	    !same_text(a->site, b->site))
		return unlike(a, b, "names or places");
	if (a->n_in != b->n_in || a->n_out != b->n_out ||
	    !same_list(a->in, b->in, a->n_in) ||
	    !same_list(a->out, b->out, a->n_out))
		return unlike(a, b, "operands");
	if (a->is_view != b->is_view)
		return unlike(a, b, "memory: it is a view or it is none");
	if (!same_names(a, b) && !exactly)
		return unlike(a, b, "names of operands");
	if (!a->control != !b->control)
		return unlike(a, b, "bodies");
	if (a->control)
		return compare_controls(a, b, exactly);
	if (exactly && !weir__attrs_equal(a->op, a->attrs, b->attrs))
		return unlike(a, b, "attributes");
	return WEIR_OK;
}

static bool
same_ends(const weir_graph *a, const weir_graph *b)
{
	size_t i;

	if (!same_list(a->inputs, b->inputs, a->n_inputs) ||
	    !same_list(a->outputs, b->outputs, a->n_outputs))
		return false;
	for (i = 0; i < a->n_variables; i++)
		if (a->variables[i].variable != b->variables[i].variable ||
		    a->variables[i].start != b->variables[i].start ||
		    a->variables[i].current != b->variables[i].current ||
		    a->variables[i].written_by != b->variables[i].written_by)
			return false;
	for (i = 0; i < a->n_assigns; i++)
		if (a->assigns[i].ordinal != b->assigns[i].ordinal ||
		    a->assigns[i].value != b->assigns[i].value ||
		    a->assigns[i].variable != b->assigns[i].variable)
			return false;
	return true;
}

weir_status
weir__graph_alike(const weir_graph *a, const weir_graph *b, bool exactly)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < a->n_nodes && i < b->n_nodes && !status; i++)
		status = compare_nodes(a->nodes[i], b->nodes[i], exactly);
	if (status)
		return status;
	if (a->n_nodes != b->n_nodes || a->n_values != b->n_values ||
	    a->n_inputs != b->n_inputs || a->n_outputs != b->n_outputs ||
	    a->n_variables != b->n_variables || a->n_assigns != b->n_assigns)
		return UNLIKE("%s makes %zu calls, not %zu", a->path->text,
			      b->n_nodes + b->n_assigns,
			      a->n_nodes + a->n_assigns);
	for (i = 0; i < a->n_values && !status; i++)
		status = compare_values(a->values[i], b->values[i], exactly);
	if (!status && !same_ends(a, b))
		status = UNLIKE("it gives other outputs or writes other "
				"variables");
	return status;
}
