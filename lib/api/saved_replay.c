/*
 * The program of a file is recorded. In: JSON of which nothing is known but
 * that it is a list. Always: a value has the number that the file means by it,
 * or the file is refused.
 */
#include <string.h>

#include "api/runtime.h"
#include "api/saved_entry.h"
#include "ops/table.h"

/* -- calls ---------------------------------------------------------------- */

static weir_status
take_operand(struct weir__replay *r, const struct weir__json *json,
	     weir_tensor **operand)
{
	struct weir__fields f = { json };
	bool is_named = json->type == WEIR__JSON_ARRAY;
	const char *name;
	size_t value;

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
	if (!is_named)
		return WEIR_OK;
	if (!weir__take_text(&f, &name) || f.next)
		return weir__malformed();
	return weir_tensor_set_name(*operand, name);
}

static weir_status
take_operands(struct weir__replay *r, const struct weir__json *list,
	      weir_tensor **operands)
{
	const struct weir__json *entry;
	weir_status status = WEIR_OK;
	size_t n = 0;

	if (list->n > WEIR_OPERANDS_MAX)
		return weir__malformed();
	for (entry = list->first; entry && !status; entry = entry->next)
		status = take_operand(r, entry, &operands[n++]);
	return status;
}

static weir_status
keep_results(struct weir__replay *r, const struct weir__json *list,
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
	weir_scope *scope = r->graph->scope;
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
	const weir_op *op;
	weir_status status;
	size_t number;

	if (!weir__take_number(f, r->lists->n_ops, &number))
		return weir__malformed();
	op = r->lists->ops[number];
	values = weir__take_field(f, WEIR__JSON_ARRAY);
	operands = values ? weir__take_field(f, WEIR__JSON_ARRAY) : NULL;
	results = operands ? weir__take_field(f, WEIR__JSON_ARRAY) : NULL;
	if (!results || results->n != op->n_out || op->flags & WEIR_OP_ASSIGN)
		return weir__malformed();
	status = weir__saved_attrs_parse(op, values, attrs);
	if (!status)
		status = take_operands(r, operands, in);
	if (!status)
		status = apply(r, op, op->attrs ? attrs : NULL, in,
			       operands->n, out, f);
	return status ? status : keep_results(r, results, out);
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

/* -- the whole ------------------------------------------------------------ */

static weir_status
replay_entry(struct weir__replay *r, const struct weir__json *entry)
{
	static const struct {
		const char *kind;
		weir_status (*replay)(struct weir__replay *r,
				      struct weir__fields *f);
	} kinds[] = {
		{ "input", weir__replay_input },
		{ "constant", weir__replay_constant },
		{ "variable", weir__replay_variable },
		{ "call", replay_call },
		{ "assign", replay_assign },
	};
	struct weir__fields f = { entry->type == WEIR__JSON_ARRAY ? entry->first
							    : NULL };
	const char *kind;
	size_t i;

	if (!weir__take_text(&f, &kind))
		return weir__malformed();
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kind, kinds[i].kind))
			return kinds[i].replay(r, &f);
	return weir_fail(WEIR_EFORMAT, "it is of the unknown kind `%.40s'",
			 kind);
}

static weir_status
replay_program(struct weir__replay *r, const struct weir__json *program)
{
	const struct weir__json *entry;
	weir_status status = WEIR_OK;
	size_t n = 0;

	for (entry = program->first; entry && !status; entry = entry->next) {
		status = replay_entry(r, entry);
		if (status)
			weir_fail(status, "entry %zu of its program: %s", n,
				  weir_error_text());
		n++;
	}
	return status;
}

static weir_status
add_outputs(struct weir__replay *r, const struct weir__json *outputs)
{
	struct weir__fields f = { outputs->first };
	weir_status status = WEIR_OK;
	size_t value;

	while (f.next && !status) {
		if (!weir__take_number(&f, r->n, &value))
			return weir_fail(WEIR_EFORMAT, "its list of outputs "
					 "is malformed");
		status = weir__graph_add_output(r->graph, r->symbols[value]);
	}
	return status;
}

weir_status
weir__saved_replay(const struct weir__saved_parts *parts,
		   const struct weir__saved_lists *lists,
		   weir_archive *archive, const struct weir__json *program,
		   const struct weir__json *outputs, weir_graph *graph)
{
	struct weir__replay r = { .parts = parts, .lists = lists,
			    .archive = archive, .graph = graph };
	weir_status status;
	size_t i;

	status = weir__replay_begin(&r);
	if (!status)
		status = replay_program(&r, program);
	if (!status)
		status = add_outputs(&r, outputs);
	if (!status)
		status = weir__replay_end(&r);
	for (i = 0; i < r.n; i++)
		weir_tensor_release(r.symbols[i]);
	weir__free(graph->heap, r.symbols);
	return status;
}
