/*
 * A graph as JSON. Its calls are told in the order of recording, each value
 * before whoever uses it, with the numbers that they have.
 */
#include <inttypes.h>
#include <string.h>

#include "api/saved_write.h"
#include "base/json.h"
#include "graph/control_node.h"
#include "ops/table.h"

/* -- the program ---------------------------------------------------------- */

static void
begin_entry(struct weir__telling *t, const char *kind, struct weir__text *text)
{
	weir__text_add(text, "%s[\"%s\"", t->is_first ? "" : ",", kind);
	t->is_first = false;
}

static void
add_string(const char *string, struct weir__text *text)
{
	weir__text_add(text, ",");
	weir__json_add_string(text, string);
}

static void
add_truth(bool truth, struct weir__text *text)
{
	weir__text_add(text, truth ? ",true" : ",false");
}

static void
add_spec(const weir_spec *spec, struct weir__text *text)
{
	weir__text_add(text, "\"%s\",", weir_dtype_name(spec->dtype));
	weir__shape_to_json(spec, text);
}

static void
add_strides(const weir_spec *spec, const int64_t *strides,
	    struct weir__text *text)
{
	int64_t plain[WEIR_RANK_MAX];
	int i;

	weir__contiguous_strides(spec, plain);
	weir__text_add(text, ",[");
	if (memcmp(strides, plain, (size_t)spec->rank * sizeof *plain))
		for (i = 0; i < spec->rank; i++)
			weir__text_add(text, i ? ",%" PRId64 : "%" PRId64,
				       strides[i]);
	weir__text_add(text, "]");
}

static void
tell_source(struct weir__telling *t, uint32_t value, struct weir__text *text)
{
	const struct weir__gvalue *v = t->graph->values[value];
	int64_t packed[WEIR_RANK_MAX];

	switch (v->kind) {
	case WEIR__GV_INPUT:
		begin_entry(t, "input", text);
		add_string(v->name, text);
		weir__text_add(text, ",");
		add_spec(&v->spec, text);
		if (t->feeds)
			weir__tell_fed(t, v, text);
		else
			add_strides(&v->spec, v->strides, text);
		break;
	case WEIR__GV_CAPTURE:
		begin_entry(t, "constant", text);
		add_string(v->name, text);
		add_string(t->saving->keys[value], text);
		weir__text_add(text, ",");
		add_spec(&v->spec, text);
		weir__pack_strides(&v->spec, v->strides, packed);
		add_strides(&v->spec, packed, text);
		add_truth(weir__is_result(v->tensor), text);
		add_truth(v->tensor->is_view, text);
		break;
	case WEIR__GV_VARIABLE:
		begin_entry(t, "variable", text);
		add_string(weir_tensor_name(v->tensor), text);
		add_string(t->saving->keys[value], text);
		weir__text_add(text, ",");
		add_spec(&v->spec, text);
		add_truth(v->tensor->is_generator, text);
		break;
	case WEIR__GV_RESULT:
		return;
	}
	t->called[value] = v->kind == WEIR__GV_VARIABLE ? "" : v->name;
	weir__text_add(text, "]");
}

/* All values up to this one; those of calls have been told. */
static void
tell_sources(struct weir__telling *t, uint32_t end, struct weir__text *text)
{
	for (; t->told < end; t->told++)
		tell_source(t, t->told, text);
}

/* The variable that has this value now, of this name if several have it; or
 * n_variables. */
static uint32_t
variable_with(const struct weir__telling *t, uint32_t value, const char *name)
{
	const weir_graph *g = t->graph;
	uint32_t n = (uint32_t)g->n_variables, found = n, i;

	for (i = 0; i < n; i++) {
		if (t->current[i] != value)
			continue;
		if (!strcmp(weir_tensor_name(g->variables[i].variable), name))
			return i;
		if (found == n)
			found = i;
	}
	return found;
}

static void
tell_operand(struct weir__telling *t, const struct weir__node *node, uint32_t i,
	     struct weir__text *text)
{
	const struct weir__operand_name *as = node->names ? &node->names[i]
							  : NULL;
	const char *name = as ? as->name : "";
	uint32_t value = node->in[i], variable;
	bool is_variable;

	weir__text_add(text, "%s", i ? "," : "");
	if (as && as->is_variable) {
		variable = variable_with(t, value, name);
		if (variable < t->graph->n_variables) {
			weir__text_add(text, "%" PRId64,
				       -1 - (int64_t)variable);
			return;
		}
	}
	is_variable = t->feeds && as && as->is_variable;
	if (!is_variable && !strcmp(name, t->called[value])) {
		weir__text_add(text, "%u", value);
		return;
	}
	weir__text_add(text, "[%u", value);
	add_string(name, text);
	weir__text_add(text, is_variable ? ",true]" : "]");
	t->called[value] = name;
}

static void
tell_place(struct weir__telling *t, const struct weir__path *path,
	   const char *site, struct weir__text *text)
{
	weir__text_add(text, ",%u,%u]",
		       weir__pointer_map_get(&t->saving->scopes.map, path),
		       weir__pointer_map_get(&t->saving->sites.map,
					     weir__saved_site(site)));
}

/* A body's assignments are calls of which nothing else is left. */
static void
tell_missing(struct weir__telling *t, uint64_t ordinal,
	     struct weir__text *text)
{
	for (t->ordinal++; t->feeds && t->ordinal < ordinal; t->ordinal++) {
		begin_entry(t, "skip", text);
		weir__text_add(text, "]");
	}
	t->ordinal = ordinal;
}

static void
tell_what(struct weir__telling *t, const struct weir__node *node,
	  struct weir__text *text)
{
	if (node->control) {
		begin_entry(t, "control", text);
		weir__tell_control(t, node->control, text);
		return;
	}
	begin_entry(t, node->is_implied_copy ? "copy" : "call", text);
	weir__text_add(text, ",%u,",
		       weir__pointer_map_get(&t->saving->ops.map, node->op));
	weir__saved_attrs_print(node->op, node->attrs, text);
}

static void
tell_call(struct weir__telling *t, const struct weir__node *node,
	  struct weir__text *text)
{
	const struct weir__control *c = node->control;
	uint32_t i, sources = 0, first;

	for (i = 0; i < node->n_in; i++)
		if (node->in[i] >= sources)
			sources = node->in[i] + 1;
	tell_sources(t, node->n_out ? node->out[0] : sources, text);
	tell_missing(t, node->ordinal, text);
	tell_what(t, node, text);
	weir__text_add(text, ",[");
	for (i = 0; i < node->n_in; i++)
		tell_operand(t, node, i, text);
	weir__text_add(text, "],[");
	for (i = 0; i < node->n_out; i++) {
		weir__text_add(text, i ? ",[" : "[");
		add_spec(&t->graph->values[node->out[i]]->spec, text);
		weir__text_add(text, "]");
		t->called[node->out[i]] = "";
	}
	weir__text_add(text, "]");
	tell_place(t, node->path, node->site, text);
	t->told += node->n_out;
	first = c ? weir__control_gives(c) - c->n_assigned : 0;
	for (i = 0; c && i < c->n_assigned; i++)
		t->current[c->assigned[i]] = node->out[first + i];
}

static void
tell_assign(struct weir__telling *t, const struct weir__gassign *assign,
	    struct weir__text *text)
{
	uint32_t start = t->graph->variables[assign->variable].start;

	tell_sources(t, (start > assign->value ? start : assign->value) + 1,
		     text);
	tell_missing(t, assign->ordinal, text);
	begin_entry(t, "assign", text);
	weir__text_add(text, ",%u,%u", assign->variable, assign->value);
	tell_place(t, assign->path, assign->site, text);
	t->current[assign->variable] = assign->value;
}

static void
print_program(struct weir__telling *t, struct weir__text *text)
{
	const weir_graph *g = t->graph;
	size_t node = 0, assign = 0, i;

	t->is_first = true;
	t->told = 0;
	t->ordinal = 0;
	for (i = 0; i < g->n_variables; i++)
		t->current[i] = g->variables[i].start;
	while (node < g->n_nodes || assign < g->n_assigns)
		if (assign == g->n_assigns ||
		    (node < g->n_nodes && g->nodes[node]->ordinal <
					  g->assigns[assign].ordinal))
			tell_call(t, g->nodes[node++], text);
		else
			tell_assign(t, &g->assigns[assign++], text);
	tell_sources(t, (uint32_t)g->n_values, text);
}

/* -- the whole ------------------------------------------------------------ */

static void
print_ops(const struct weir__saving *s, struct weir__text *text)
{
	size_t i;

	for (i = 0; i < s->ops.n; i++) {
		const weir_op *op = s->ops.list[i];

		weir__text_add(text, i ? ",[" : "[");
		weir__json_add_string(text, op->name);
		weir__text_add(text, weir__op_is_users(op) ? ",true,"
							    : ",false,");
		weir__saved_attrs_list(op, text);
		weir__text_add(text, "]");
	}
}

static void
print_scopes(const struct weir__saving *s, struct weir__text *text)
{
	size_t i;

	for (i = 0; i < s->scopes.n; i++) {
		const struct weir__path *path = s->scopes.list[i];

		weir__text_add(text, i ? ",[" : "[");
		weir__text_add(text, "%d", path->parent
			       ? (int)weir__pointer_map_get(&s->scopes.map,
							    path->parent)
			       : -1);
		add_string(path->name, text);
		weir__text_add(text, "]");
	}
}

static void
print_outputs(const struct weir__telling *t, struct weir__text *text)
{
	size_t i;

	for (i = 0; i < t->graph->n_outputs; i++)
		weir__text_add(text, i ? ",%u" : "%u", t->graph->outputs[i]);
}

static void
print_bodies(struct weir__saving *s, struct weir__text *text)
{
	size_t i;

	for (i = 1; i < s->n_graphs; i++) {
		struct weir__telling *t = &s->graphs[i];

		weir__text_add(text, "%s[%u,[", i > 1 ? "," : "",
			       weir__pointer_map_get(&s->scopes.map,
						     t->graph->path));
		print_program(t, text);
		weir__text_add(text, "],[");
		print_outputs(t, text);
		weir__text_add(text, "]]");
	}
}

void
weir__saved_graph_print(const void *arg, struct weir__text *text)
{
	struct weir__saving *s = (struct weir__saving *)arg;
	size_t i;

	weir__text_add(text, "{\"ops\":[");
	print_ops(s, text);
	weir__text_add(text, "],\"scopes\":[");
	print_scopes(s, text);
	weir__text_add(text, "],\"sites\":[");
	for (i = 0; i < s->sites.n; i++) {
		weir__text_add(text, "%s", i ? "," : "");
		weir__json_add_string(text, s->sites.list[i]);
	}
	if (s->n_graphs > 1) {
		weir__text_add(text, "],\"bodies\":[");
		print_bodies(s, text);
	}
	weir__text_add(text, "],\"program\":[");
	print_program(&s->graphs[0], text);
	weir__text_add(text, "],\"outputs\":[");
	print_outputs(&s->graphs[0], text);
	weir__text_add(text, "]}");
}
