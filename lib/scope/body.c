#include "scope/body.h"

#include <string.h>

#include "ops/table.h"

/* -- beginning and end ------------------------------------------------------- */

static weir_status
new_graph(weir_scope *outer, const struct weir__path *path, const char *name,
	  weir_graph **graph)
{
	path = weir__path_intern(outer->eager.paths, path, name);
	if (!path)
		return WEIR_ENOMEM;
	return weir__graph_new(outer->eager.heap, path, graph);
}

weir_status
weir__body_begin(weir_scope *outer, const weir_op *op, const char *name,
		 bool is_recorded, bool notes, struct weir__body *body)
{
	struct weir__scope_parts parts = {
		.heap = outer->eager.heap,
		.paths = outer->eager.paths,
		.tracer = outer->eager.tracer,
		.runtime = outer->runtime,
		.path = outer->path,
		.memo = outer->memo,
	};
	const struct weir__path *path;
	weir_status status;

	*body = (struct weir__body){ .outer = outer, .notes = notes };
	body->is_private = outer->body && outer->body->is_private;
	path = weir__path_intern(parts.paths, outer->path, op->name);
	if (!path)
		return WEIR_ENOMEM;
	if (is_recorded) {
		status = new_graph(outer, path, name, &parts.graph);
		if (status)
			return status;
		/* Only to learn what is used: nothing is to happen. */
		body->is_private |= !outer->graph;
	}
	status = weir__scope_new(&parts, op->name, &body->scope);
	weir__graph_unref(parts.graph);		/* the scope has it */
	if (status)
		return status;
	body->scope->eager.has_fpenv = outer->eager.has_fpenv;
	body->scope->is_in_call = outer->is_in_call;
	body->scope->body = body;
	outer->is_closed = true;
	outer->n_bodies++;
	return WEIR_OK;
}

static void
forget_variables(struct weir__body *body)
{
	struct weir__env_entry *e;

	while (body->n_variables) {
		e = &body->variables[--body->n_variables];
		weir_tensor_release(e->variable);
		weir_tensor_release(e->start);
		weir_tensor_release(e->current);
	}
}

void
weir__body_end(struct weir__body *body)
{
	struct weir__heap *heap = body->outer->eager.heap;
	size_t i;

	if (body->scope) {
		body->outer->n_bodies--;
		body->outer->is_closed = body->outer->n_bodies > 0;
	}
	for (i = 0; i < body->n_captured; i++) {
		weir_tensor_release(body->captured[i].outer);
		weir_tensor_release(body->captured[i].inner);
	}
	forget_variables(body);
	weir__free(heap, body->captured);
	weir__free(heap, body->variables);
	weir__free(heap, body->inputs);
	weir_scope_release(body->scope);
	body->scope = NULL;
}

/* -- tensors from outside ------------------------------------------------------ */

/* An input of the body's graph for a tensor, or value, outside. */
static weir_status
add_input(struct weir__body *body, const weir_tensor *like, const char *name,
	  int kind, size_t index, weir_tensor **symbol)
{
	weir_scope *scope = body->scope;

	if (weir__grow(scope->eager.heap, &body->inputs, &body->inputs_room,
		       body->n_inputs, sizeof *body->inputs) ||
	    weir__graph_add_input(scope->graph, &like->layout->spec,
				  like->layout->strides, name, symbol))
		return WEIR_ENOMEM;
	body->inputs[body->n_inputs++] = (struct weir__body_input){
		.kind = kind, .index = (uint32_t)index
	};
	return WEIR_OK;
}

static weir_status
capture(struct weir__body *body, weir_tensor *tensor, weir_tensor **inner)
{
	struct weir__heap *heap = body->outer->eager.heap;
	struct weir__captured *c;
	weir_graph *graph = body->scope->graph;
	weir_tensor *symbol;
	size_t i;

	for (i = 0; i < body->n_captured; i++)
		if (body->captured[i].outer == tensor) {
			*inner = body->captured[i].inner;
			return WEIR_OK;
		}
	if (weir__grow(heap, &body->captured, &body->captured_room,
		       body->n_captured, sizeof *body->captured))
		return WEIR_ENOMEM;
	if (!graph) {
		symbol = weir_tensor_retain(tensor);
	} else {
		if (add_input(body, tensor, tensor->name, WEIR__IN_CAPTURED,
			      body->n_captured, &symbol))
			return WEIR_ENOMEM;
		if (weir__graph_set_origin(graph, symbol, &tensor->origin)) {
			weir_tensor_release(symbol);
			return WEIR_ENOMEM;
		}
	}
	c = &body->captured[body->n_captured++];
	c->outer = weir_tensor_retain(tensor);
	c->inner = *inner = symbol;
	return WEIR_OK;
}

/* Whether a symbol is of a recording around the body. */
static bool
is_from_around(const struct weir__body *body, const weir_tensor *symbol)
{
	for (; body; body = body->outer->body)
		if (weir__symbol_is_of(symbol, body->outer->graph))
			return true;
	return false;
}

weir_status
weir__body_resolve(struct weir__body *body, weir_tensor *tensor,
		   weir_tensor **inner)
{
	const weir_scope *scope = body->scope;
	bool is_symbol = tensor->kind == WEIR__SYMBOL;

	*inner = tensor;
	if (is_symbol && weir__symbol_is_of(tensor, scope->graph))
		return WEIR_OK;
	if (is_symbol && !is_from_around(body, tensor))
		return weir_fail(WEIR_EFOREIGN, "it is a symbol of another "
				 "recording");
	if (!body->notes || (!scope->graph && weir__scope_owns(scope, tensor)))
		return WEIR_OK;
	return capture(body, tensor, inner);
}

/* -- variables ------------------------------------------------------------------- */

static weir_tensor *
preset_of(const struct weir__body *body, const weir_tensor *variable)
{
	size_t i;

	for (i = 0; i < body->n_presets; i++)
		if (body->presets[i].variable == variable)
			return body->presets[i].value;
	return NULL;
}

/* Whether it is the body's own, or something that it was handed. */
static bool
is_own(const struct weir__body *body, const weir_tensor *value)
{
	const weir_scope *scope = body->scope;

	return scope->graph ? value->kind == WEIR__SYMBOL &&
			      weir__symbol_is_of(value, scope->graph)
			    : weir__scope_owns(scope, value);
}

/* A variable's value when the body begins, as ops here take it: a new
 * reference. */
static weir_status
begin_with(struct weir__body *body, weir_tensor *variable,
	   struct weir__env_entry *e)
{
	weir_tensor *preset = preset_of(body, variable), *outside;
	weir_status status = WEIR_OK;

	e->is_own = preset && is_own(body, preset);
	e->preset = e->is_own ? NULL : preset;
	if (preset)
		outside = weir_tensor_retain(preset);
	else
		status = weir__scope_read(body->outer, variable, &outside);
	if (status)
		return status;
	if (!body->scope->graph || e->is_own) {
		e->start = outside;
		return WEIR_OK;
	}
	status = add_input(body, outside, variable->name, WEIR__IN_VARIABLE,
			   body->n_variables, &e->start);
	if (!status && preset) {
		status = weir__graph_set_origin(body->scope->graph, e->start,
						&outside->origin);
		if (status)
			weir_tensor_release(e->start);
	}
	weir_tensor_release(outside);
	return status;
}

weir_status
weir__body_touch(struct weir__body *body, weir_tensor *variable,
		 struct weir__env_entry **entry)
{
	struct weir__env_entry *e;
	weir_status status;
	size_t i;

	for (i = 0; i < body->n_variables; i++)
		if (body->variables[i].variable == variable) {
			*entry = &body->variables[i];
			return WEIR_OK;
		}
	if (weir__grow(body->outer->eager.heap, &body->variables,
		       &body->variables_room, body->n_variables,
		       sizeof *body->variables))
		return WEIR_ENOMEM;
	e = &body->variables[body->n_variables];
	status = begin_with(body, variable, e);
	if (status)
		return status;
	e->current = weir_tensor_retain(e->start);
	e->variable = weir_tensor_retain(variable);
	e->is_written = false;
	body->n_variables++;
	*entry = e;
	return WEIR_OK;
}

weir_status
weir__body_assign(struct weir__body *body, weir_tensor *variable,
		  weir_tensor *value)
{
	struct weir__env_entry *entry;
	weir_status status;

	if (body->is_condition)
		return weir_fail(WEIR_ESTATE, "the condition of a loop must "
				 "not assign variables");
	status = weir__body_touch(body, variable, &entry);
	if (status)
		return status;
	weir_tensor_release(entry->current);
	entry->current = weir_tensor_retain(value);
	entry->is_written = true;
	if (!body->is_private && !body->scope->graph)
		weir_tensor_release(weir__variable_swap(
			variable, weir_tensor_retain(value)));
	return WEIR_OK;
}

void
weir__body_preset(struct weir__body *body, const struct weir__preset *presets,
		  size_t n)
{
	forget_variables(body);		/* of an earlier iteration */
	body->presets = presets;
	body->n_presets = n;
	body->is_private = body->is_preset = true;
}

/* -- calls --------------------------------------------------------------------------- */

/* What is handed in, as the body sees it. */
static weir_status
hand_in(struct weir__body *body, weir_tensor *const *in,
	weir_tensor *const *named, size_t n_in, weir_tensor **inner)
{
	weir_scope *scope = body->scope;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n_in && !status; i++) {
		const char *name = named[i] ? named[i]->name : NULL;

		if (!scope->graph) {
			status = weir__scope_hand_in(scope, in[i], name,
						     &inner[i]);
			continue;
		}
		status = add_input(body, in[i], name, WEIR__IN_GIVEN, i,
				   &inner[i]);
		if (!status)
			status = weir__scope_own(scope, inner[i]);
	}
	return status;
}

static weir_status
take_result(struct weir__body *body, weir_tensor *result, size_t i,
	    weir_tensor **out)
{
	weir_scope *scope = body->scope;
	weir_tensor *variable = NULL;
	struct weir__env_entry *entry;
	weir_status status = WEIR_OK;

	if (result && result->heap == scope->eager.heap) {
		if (result->kind == WEIR__VARIABLE) {
			variable = result;
			status = weir__body_touch(body, result, &entry);
			if (!status)
				result = entry->current;
		} else if (result->kind != WEIR__RELEASED) {
			/* A foreign one stays what it is, and is refused. */
			weir__body_resolve(body, result, &result);
		}
	}
	if (!status)
		status = weir__scope_check_result(scope, result, i);
	if (!status && !weir__scope_has_made(scope, result))
		status = weir__scope_apply(scope, &weir__op_copy, NULL,
					   variable ? &variable : &result, 1,
					   &result, 1, "");
	if (!status)
		*out = weir_tensor_retain(result);
	return status;
}

static weir_status
call(struct weir__body *body, const char *name, weir_body_fn fn, void *arg,
     weir_tensor *const *in, weir_tensor *const *named, size_t n_in,
     weir_tensor **lists, weir_tensor **out, size_t n_out)
{
	weir_scope *scope = body->scope;
	weir_tensor **results = lists + n_in;
	weir_status status;
	size_t i = 0;

	status = hand_in(body, in, named, n_in, lists);
	if (!status)
		status = weir__scope_enter(scope, name, fn, arg, lists,
					   results);
	for (i = 0; i < n_out && !status; i++)
		status = take_result(body, results[i], i, &out[i]);
	if (status)
		while (i-- > 0)
			if (out[i]) {
				weir_tensor_release(out[i]);
				out[i] = NULL;
			}
	return status;
}

weir_status
weir__body_call(struct weir__body *body, const char *name, weir_body_fn fn,
		void *arg, weir_tensor *const *in, weir_tensor *const *named,
		size_t n_in, weir_tensor **out, size_t n_out)
{
	weir_scope *scope = body->scope;
	struct weir__heap *heap = scope->eager.heap;
	const struct weir__frame *root = scope->frame;
	weir_tensor **lists;
	weir_status status;

	lists = weir__calloc(heap, n_in + n_out + 1, sizeof *lists);
	if (!lists)
		return WEIR_ENOMEM;
	if (n_out)
		memset(out, 0, n_out * sizeof *out);
	/* What the body was handed of an earlier iteration is not its own. */
	scope->eager.maker = weir__eager_new_maker();
	weir_scope_push(scope, name);
	status = scope->status;
	if (!status)
		status = call(body, name, fn, arg, in, named, n_in, lists, out,
			      n_out);
	while (scope->frame != root)	/* and those that it left open */
		weir_scope_pop_at(scope, NULL);
	weir__free(heap, lists);
	return status;
}
