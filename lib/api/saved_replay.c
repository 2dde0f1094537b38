/*
 * The program of a file is recorded. In: JSON of which nothing is known but
 * that it is a list. Always: a value has the number that the file means by it,
 * or the file is refused.
 */
#include <string.h>

#include "api/runtime.h"
#include "api/saved_entry.h"
#include "graph/control_node.h"
#include "ops/table.h"

/* -- calls ---------------------------------------------------------------- */

static weir_status
take_operand(struct weir__replay *r, const struct weir__json *json,
	     weir_tensor **operand, struct weir__operand_name *as)
{
	struct weir__fields f = { json };
	bool is_named = json->type == WEIR__JSON_ARRAY;
	weir_status status;
	size_t value;

	*as = (struct weir__operand_name){ .name = NULL };
	if (json->type == WEIR__JSON_INTEGER && json->integer < 0) {
		if (json->integer < -(int64_t)r->graph->n_variables)
			return weir__malformed();
		*operand = r->graph->variables[-1 - json->integer].variable;
		return WEIR_OK;
	}
	if (is_named)
		f.next = json->first;
	if (!weir__take_number(&f, r->n, &value))
		return weir__malformed();
	*operand = r->symbols[value];
	if (is_named) {
		if (!weir__take_text(&f, &as->name) ||
		    (f.next && r->fed &&
		     !weir__take_bool(&f, &as->is_variable)) || f.next)
			return weir__malformed();
		status = weir_tensor_set_name(*operand, as->name);
		if (status)
			return status;
	}
	/* As it is called now: the next operand may call it otherwise. */
	as->name = weir__arena_strdup(&r->graph->arena,
				      weir_tensor_name(*operand));
	return as->name ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__replay_operands(struct weir__replay *r, const struct weir__json *list,
		      weir_tensor **operands, struct weir__operand_name *names)
{
	const struct weir__json *entry;
	weir_status status = WEIR_OK;
	size_t n = 0;

	for (entry = list->first; entry && !status; entry = entry->next, n++)
		status = take_operand(r, entry, &operands[n],
				      &names[n]);
	return status;
}

weir_status
weir__replay_mark(struct weir__replay *r,
		  const struct weir__operand_name *names)
{
	weir_graph *graph = r->graph;
	struct weir__node *node = graph->nodes[graph->n_nodes - 1];
	struct weir__operand_name *own;
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		if (names[i].is_variable || (names[i].name && *names[i].name))
			break;
	if (i == node->n_in)
		return WEIR_OK;
	own = weir__arena_alloc(&graph->arena, node->n_in * sizeof *own);
	if (!own)
		return WEIR_ENOMEM;
	for (i = 0; i < node->n_in; i++) {
		own[i] = names[i];
		/* A variable of the graph is called what it is. */
		if (!names[i].name)
			own[i] = node->names ? node->names[i]
				: (struct weir__operand_name){ .name = "" };
	}
	node->names = own;
	return WEIR_OK;
}

weir_status
weir__replay_results(struct weir__replay *r, const struct weir__json *list,
		     weir_tensor **results)
{
	const struct weir__json *entry;
	weir_status status = WEIR_OK;
	size_t n = 0;

	for (entry = list->first; entry && !status; entry = entry->next) {
		const weir_tensor *t = results[n];
		struct weir__fields f = { entry->type == WEIR__JSON_ARRAY
				    ? entry->first : NULL };
		char now[128], then[128];
		weir_spec spec;

		if (!weir__take_spec(&f, &spec) || f.next)
			return weir__malformed();
		weir__spec_text(&t->layout->spec, now, sizeof now);
		weir__spec_text(&spec, then, sizeof then);
		if (!weir__spec_equal(&t->layout->spec, &spec))
			return weir_fail(WEIR_EFORMAT, "its result %zu is %s "
					 "now, and was %s when the file was "
					 "written", n, now, then);
		status = weir__replay_keep(r, results[n], t->value);
		n++;
	}
	if (!status && r->graph->n_values != r->n)
		status = weir_fail(WEIR_EFORMAT, "it is recorded otherwise "
				   "than it was");
	return status;
}

/* The call at its place; what it says if it fails is told with its op. */
static weir_status
apply(struct weir__replay *r, const weir_op *op, const void *attrs,
      weir_tensor *const *in, size_t n_in, weir_tensor **out,
      struct weir__fields *place)
{
	weir_scope *scope = r->scope;
	const struct weir__path *path = scope->path;
	weir_status status;
	size_t where, site;

	if (!weir__take_number(place, r->lists->n_scopes, &where) ||
	    !weir__take_number(place, r->lists->n_sites, &site) || place->next)
		return weir__malformed();
	scope->path = r->lists->scopes[where];
	status = weir__scope_apply(scope, op, attrs, in, n_in, out, op->n_out,
				   r->lists->sites[site]);
	scope->path = path;
	return status;
}

static weir_status
replay_call(struct weir__replay *r, struct weir__fields *f)
{
	weir_tensor *in[WEIR_OPERANDS_MAX], *out[WEIR_RESULTS_MAX];
	_Alignas(16) char attrs[WEIR_ATTRS_MAX] = { 0 };
	const struct weir__json *values, *operands, *results;
	struct weir__operand_name names[WEIR_OPERANDS_MAX];
	const weir_op *op;
	weir_status status;
	size_t number;

	if (!weir__take_number(f, r->lists->n_ops, &number))
		return weir__malformed();
	op = r->lists->ops[number];
	values = weir__take_field(f, WEIR__JSON_ARRAY);
	operands = values ? weir__take_field(f, WEIR__JSON_ARRAY) : NULL;
	results = operands ? weir__take_field(f, WEIR__JSON_ARRAY) : NULL;
	if (!results || results->n != op->n_out ||
	    operands->n > WEIR_OPERANDS_MAX || op->flags & WEIR_OP_ASSIGN)
		return weir__malformed();
	status = weir__saved_attrs_parse(op, values, attrs);
	if (!status)
		status = weir__replay_operands(r, operands, in, names);
	if (!status)
		status = apply(r, op, op->attrs ? attrs : NULL, in,
			       operands->n, out, f);
	if (!status)
		status = weir__replay_results(r, results, out);
	return status ? status : weir__replay_mark(r, names);
}

/* A copy that the call after it has made for itself. */
static weir_status
replay_copy(struct weir__replay *r, struct weir__fields *f)
{
	const bool was_in_call = r->scope->is_in_call;
	weir_status status;

	r->scope->is_in_call = true;
	status = replay_call(r, f);
	r->scope->is_in_call = was_in_call;
	return status;
}

static weir_status
replay_assign(struct weir__replay *r, struct weir__fields *f)
{
	size_t variable, value;
	weir_tensor *in[2];
	weir_status status;

	if (!weir__take_number(f, r->graph->n_variables, &variable) ||
	    !weir__take_number(f, r->n, &value))
		return weir__malformed();
	in[0] = r->graph->variables[variable].variable;
	in[1] = r->symbols[value];
	status = apply(r, &weir__op_assign, NULL, in, 2, NULL, f);
	if (!status && r->graph->n_values != r->n)
		status = weir_fail(WEIR_EFORMAT, "it is recorded otherwise "
				   "than it was");
	return status;
}

/* A call of which only its number is left. */
static weir_status
replay_skip(struct weir__replay *r, struct weir__fields *f)
{
	if (f->next)
		return weir__malformed();
	r->scope->ordinal++;
	return WEIR_OK;
}

/* -- the whole ------------------------------------------------------------ */

enum place { IN_GRAPHS = 1, IN_BODIES = 2 };

static weir_status
replay_entry(struct weir__replay *r, const struct weir__json *entry)
{
	static const struct {
		const char *kind;
		enum place place;
		weir_status (*replay)(struct weir__replay *r,
				      struct weir__fields *f);
	} kinds[] = {
		{ "input", IN_GRAPHS | IN_BODIES, weir__replay_input },
		{ "constant", IN_GRAPHS, weir__replay_constant },
		{ "variable", IN_GRAPHS, weir__replay_variable },
		{ "call", IN_GRAPHS | IN_BODIES, replay_call },
		{ "copy", IN_GRAPHS | IN_BODIES, replay_copy },
		{ "assign", IN_GRAPHS, replay_assign },
		{ "control", IN_GRAPHS | IN_BODIES, weir__replay_control },
		{ "skip", IN_BODIES, replay_skip },
	};
	struct weir__fields f = { entry->type == WEIR__JSON_ARRAY ? entry->first
							    : NULL };
	enum place place = r->fed ? IN_BODIES : IN_GRAPHS;
	const char *kind;
	size_t i;

	if (!weir__take_text(&f, &kind))
		return weir__malformed();
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].place & place && !strcmp(kind, kinds[i].kind))
			return kinds[i].replay(r, &f);
	return weir_fail(WEIR_EFORMAT, "it is of the unknown kind `%.40s'",
			 kind);
}

static weir_status
add_outputs(struct weir__replay *r, const struct weir__json *outputs,
	    const char *where)
{
	struct weir__fields f = { outputs->first };
	weir_status status = WEIR_OK;
	size_t value;

	while (f.next && !status) {
		if (!weir__take_number(&f, r->n, &value))
			return weir_fail(WEIR_EFORMAT, "the list of outputs "
					 "of %s is malformed", where);
		status = weir__graph_add_output(r->graph, r->symbols[value]);
	}
	return status;
}

weir_status
weir__replay_program(struct weir__replay *r, const struct weir__json *program,
		     const struct weir__json *outputs, const char *where)
{
	const struct weir__json *entry;
	weir_status status = WEIR_OK;
	size_t n = 0;

	for (entry = program->first; entry && !status; entry = entry->next) {
		status = replay_entry(r, entry);
		if (status)
			weir_fail(status, "entry %zu of %s: %s", n, where,
				  weir_error_text());
		n++;
	}
	return status ? status : add_outputs(r, outputs, where);
}

void
weir__replay_forget(struct weir__replay *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		weir_tensor_release(r->symbols[i]);
	weir__free(r->graph->heap, r->symbols);
}

weir_status
weir__saved_replay(const struct weir__saved_parts *parts,
		   const struct weir__saved_lists *lists,
		   weir_archive *archive, const struct weir__json *tree,
		   weir_graph *graph)
{
	const struct weir__json *list = weir__json_get(tree, "bodies");
	struct weir__saved_bodies bodies = { list ? list->first : NULL, 0 };
	struct weir__replay r = { .parts = parts, .lists = lists,
			    .archive = archive, .bodies = &bodies,
			    .graph = graph, .scope = graph->scope };
	weir_status status;

	status = weir__replay_begin(&r);
	if (!status)
		status = weir__replay_program(
			&r, weir__json_get(tree, "program"),
			weir__json_get(tree, "outputs"), "its program");
	if (!status && bodies.next)
		status = weir_fail(WEIR_EFORMAT, "its program has no call for "
				   "body %zu", bodies.begun);
	if (!status)
		status = weir__replay_end(&r);
	weir__replay_forget(&r);
	return status;
}
