/*
 * Calls that have bodies are recorded again: the next bodies of the list are
 * this call's. In: JSON of which nothing is known. Always: what follows from a
 * body, as the specs of results, is taken from it, and what is told is compared
 * with that; the rest is checked as of any such node (graph/control_check.c).
 */
#include <stdio.h>
#include <string.h>

#include "api/runtime.h"
#include "api/saved_entry.h"
#include "graph/control_node.h"

/* A call under way. Its lists are in the archive's arena. */
struct controlling {
	struct weir__replay *replay;
	struct weir__control *control;		/* in the graph's arena */
	weir_tensor **given, **values;		/* variables, and what they
						   are now */
	struct weir__operand_name *names;
	size_t n_in;
	const struct weir__json *results;
	size_t scope, site;
};

/* -- bodies --------------------------------------------------------------- */

static weir_status
begin_body(const struct weir__replay *around, const struct weir__path *path,
	   struct weir__replay *r)
{
	const weir_scope *outer = around->scope;
	struct weir__scope_parts parts = {
		.heap = outer->eager.heap,
		.paths = outer->eager.paths,
		.tracer = outer->eager.tracer,
		.runtime = outer->runtime,
	};
	weir_status status;

	status = weir__graph_new(parts.heap, path, &r->graph);
	if (status)
		return status;
	parts.graph = r->graph;
	return weir__scope_new(&parts, path->name, &r->scope);
}

/* The feeds go to the graph that has the call. */
static weir_status
keep_feeds(struct weir__control *control, const struct weir__fed *fed,
	   struct weir__arena *arena)
{
	struct weir__feed *feeds;

	feeds = weir__arena_alloc(arena, (fed->n_feeds + 1) * sizeof *feeds);
	if (!feeds)
		return WEIR_ENOMEM;
	if (fed->n_feeds)
		memcpy(feeds, fed->feeds, fed->n_feeds * sizeof *feeds);
	control->feeds[control->n_bodies] = feeds;
	return WEIR_OK;
}

/* [scope, program, outputs] */
static weir_status
record_body(struct controlling *c, const struct weir__json *body,
	    const char *where, struct weir__replay *r)
{
	const struct weir__json *program, *outputs;
	struct weir__fields f = { weir__json_is(body, WEIR__JSON_ARRAY)
				  ? body->first : NULL };
	weir_status status;
	size_t scope;

	if (!weir__take_number(&f, r->lists->n_scopes, &scope))
		return weir_fail(WEIR_EFORMAT, "%s is malformed", where);
	program = weir__take_field(&f, WEIR__JSON_ARRAY);
	outputs = program ? weir__take_field(&f, WEIR__JSON_ARRAY) : NULL;
	if (!outputs || f.next)
		return weir_fail(WEIR_EFORMAT, "%s is malformed", where);
	status = begin_body(c->replay, r->lists->scopes[scope], r);
	if (!status)
		status = weir__replay_program(r, program, outputs, where);
	if (!status)
		status = keep_feeds(c->control, r->fed,
				    &c->replay->graph->arena);
	return status;
}

static weir_status
replay_body(struct controlling *c)
{
	const struct weir__replay *around = c->replay;
	struct weir__control *control = c->control;
	const struct weir__json *body = around->bodies->next;
	struct weir__fed fed = { .control = control, .operands = c->values,
				 .n = c->n_in };
	struct weir__replay r = {
		.parts = around->parts, .lists = around->lists,
		.archive = around->archive, .bodies = around->bodies,
		.fed = &fed, .depth = around->depth + 1,
	};
	char where[40];
	weir_status status;

	if (!body)
		return weir_fail(WEIR_EFORMAT, "there is no body for it");
	if (r.depth > WEIR__SAVED_DEPTH_MAX)
		return weir_fail(WEIR_EFORMAT, "bodies are in bodies more than "
				 "%d deep", WEIR__SAVED_DEPTH_MAX);
	snprintf(where, sizeof where, "body %zu", around->bodies->begun++);
	around->bodies->next = body->next;
	status = record_body(c, body, where, &r);
	if (r.graph)
		weir__replay_forget(&r);
	if (r.scope) {
		weir__scope_close(r.scope);
		weir__graph_close(r.graph);
	}
	weir_scope_release(r.scope);
	weir__free(around->graph->heap, fed.feeds);
	if (status)
		weir__graph_unref(r.graph);
	else
		control->bodies[control->n_bodies++] = r.graph;
	return status;
}

/* -- the call ------------------------------------------------------------- */

static bool
take_kind(struct weir__fields *f, enum weir__control_kind *kind,
	  const char **name)
{
	static const enum weir__control_kind kinds[] = {
		WEIR__CALL, WEIR__COND, WEIR__WHILE, WEIR__REPEAT,
	};
	size_t i;

	if (!weir__take_text(f, name))
		return false;
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(weir__control_op(kinds[i])->name, *name)) {
			*kind = kinds[i];
			return true;
		}
	return false;
}

/* A list of numbers below n, in the graph's arena. */
static weir_status
take_list(struct controlling *c, struct weir__fields *f, size_t n,
	  const uint32_t **list, uint32_t *length)
{
	const struct weir__json *field = weir__take_field(f, WEIR__JSON_ARRAY);
	struct weir__fields inner = { field ? field->first : NULL };
	uint32_t *numbers;
	size_t number, i = 0;

	if (!field || field->n > UINT32_MAX)
		return weir__malformed();
	numbers = weir__arena_alloc(&c->replay->graph->arena,
				    (field->n + 1) * sizeof *numbers);
	if (!numbers)
		return WEIR_ENOMEM;
	while (inner.next) {
		if (!weir__take_number(&inner, n, &number))
			return weir__malformed();
		numbers[i++] = (uint32_t)number;
	}
	*list = numbers;
	*length = (uint32_t)i;
	return WEIR_OK;
}

static weir_status
take_operands(struct controlling *c, const struct weir__json *list)
{
	struct weir__replay *r = c->replay;
	struct weir__arena *arena = &r->archive->arena;
	weir_status status;
	size_t i;

	if (list->n >= UINT32_MAX)
		return weir__malformed();
	c->n_in = list->n;
	c->given = weir__arena_alloc(arena, c->n_in * sizeof *c->given);
	c->values = weir__arena_alloc(arena, c->n_in * sizeof *c->values);
	c->names = weir__arena_alloc(arena, c->n_in * sizeof *c->names);
	if (!c->given || !c->values || !c->names)
		return WEIR_ENOMEM;
	status = weir__replay_operands(r, list, c->given, c->names);
	for (i = 0; i < c->n_in && !status; i++) {
		c->values[i] = c->given[i];
		if (c->given[i]->kind == WEIR__VARIABLE)
			status = weir__graph_read(r->graph, c->given[i],
						  &c->values[i]);
	}
	return status;
}

/* All that the entry says but for its kind. */
static weir_status
take_fields(struct controlling *c, struct weir__fields *f)
{
	struct weir__control *control = c->control;
	const struct weir__saved_lists *lists = c->replay->lists;
	const struct weir__json *operands;
	weir_status status;
	size_t given, yields = 0;

	if (!weir__take_number(f, UINT32_MAX, &given) ||
	    !weir__take_count(f, &control->max_iterations) ||
	    !weir__take_bool(f, &control->keeps_rows) ||
	    (lists->has_rows && control->kind == WEIR__REPEAT &&
	     (!weir__take_bool(f, &control->is_forward) ||
	      !weir__take_number(f, UINT32_MAX, &yields))))
		return weir__malformed();
	control->n_yields = (uint32_t)yields;
	control->n_given = control->count = (uint32_t)given;
	status = take_list(c, f, UINT32_MAX, &control->initial,
			   &control->n_states);
	if (!status)
		status = take_list(c, f, c->replay->graph->n_variables,
				   &control->assigned, &control->n_assigned);
	if (status)
		return status;
	operands = weir__take_field(f, WEIR__JSON_ARRAY);
	c->results = operands ? weir__take_field(f, WEIR__JSON_ARRAY) : NULL;
	if (!c->results || !weir__take_number(f, lists->n_scopes, &c->scope) ||
	    !weir__take_number(f, lists->n_sites, &c->site) || f->next)
		return weir__malformed();
	return take_operands(c, operands);
}

/* The node, with results as its bodies say. */
static weir_status
add_node(struct controlling *c, weir_tensor **out)
{
	struct weir__replay *r = c->replay;
	weir_graph *graph = r->graph;
	struct weir__node node = {
		.op = weir__control_op(c->control->kind),
		.n_in = (uint32_t)c->n_in,
		.n_out = (uint32_t)c->results->n,
		.ordinal = r->scope->ordinal + 1,
		.path = r->lists->scopes[c->scope],
		.site = r->lists->sites[c->site],
		.control = c->control,
	};
	weir_status status = WEIR_OK;
	weir_spec *specs;
	uint32_t i;

	specs = weir__arena_alloc(&r->archive->arena,
				  node.n_out * sizeof *specs);
	if (!specs)
		return WEIR_ENOMEM;
	for (i = 0; i < node.n_out && !status; i++)
		status = weir__control_result_spec(c->control, i, &specs[i]);
	if (status)
		return weir_fail(WEIR_EFORMAT, "%s", weir_error_text());
	status = weir__graph_name_operands(graph, c->given, c->n_in,
					   &node.names);
	if (!status)
		status = weir__graph_add_node(graph, &node, c->values, specs,
					      NULL, 0, out);
	if (!status)
		r->scope->ordinal++;
	return status;
}

/* What the results become: values that the file speaks of, and of variables. */
static weir_status
take_results(struct controlling *c, weir_tensor **out)
{
	const struct weir__control *control = c->control;
	struct weir__replay *r = c->replay;
	const struct weir__node *node = r->graph->nodes[r->graph->n_nodes - 1];
	const struct weir__origin origin = { node->path, node->op->name,
					     node->site };
	uint32_t first = weir__control_gives(control) - control->n_assigned, i;
	weir_status status;

	for (i = 0; i < node->n_out; i++)
		weir__tensor_made(out[i], &origin, NULL);
	status = weir__control_check(r->graph, node);
	if (status)
		return weir_fail(WEIR_EFORMAT, "%s", weir_error_text());
	status = weir__replay_results(r, c->results, out);
	for (i = 0; i < control->n_assigned && !status; i++)
		status = weir__graph_write(
			r->graph,
			r->graph->variables[control->assigned[i]].variable,
			out[first + i], NULL);
	return status ? status : weir__replay_mark(r, c->names);
}

static weir_status
record(struct controlling *c)
{
	struct weir__control *control = c->control;
	uint32_t n = weir__control_bodies(control->kind);
	weir_status status = WEIR_OK;
	weir_tensor **out;
	size_t i;

	while (control->n_bodies < n && !status)
		status = replay_body(c);
	out = weir__arena_alloc(&c->replay->archive->arena,
				c->results->n * sizeof *out);
	if (!status && !out)
		status = WEIR_ENOMEM;
	if (!status && control->n_yields >
		       control->bodies[control->n_bodies - 1]->n_outputs)
		status = weir__malformed();
	if (!status && c->results->n != weir__control_results(control))
		status = weir_fail(WEIR_EFORMAT, "it has %u results now, and "
				   "had %zu when the file was written",
				   weir__control_results(control),
				   c->results->n);
	if (!status)
		status = add_node(c, out);
	if (status) {
		weir__control_end(control);
		return status;
	}
	status = take_results(c, out);
	for (i = 0; i < c->results->n; i++)
		weir_tensor_release(out[i]);
	return status;
}

weir_status
weir__replay_control(struct weir__replay *r, struct weir__fields *f)
{
	struct controlling c = { .replay = r };
	const char *name = NULL;
	weir_status status;

	c.control = weir__arena_alloc(&r->graph->arena, sizeof *c.control);
	if (!c.control)
		return WEIR_ENOMEM;
	if (!take_kind(f, &c.control->kind, &name))
		return name ? weir_fail(WEIR_EFORMAT, "it is control of the "
					"unknown kind `%.40s'", name)
			    : weir__malformed();
	status = take_fields(&c, f);
	return status ? status : record(&c);
}
