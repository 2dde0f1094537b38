/* Tensors as ops of a scope take them: its own, from around it, variables. */
#include "ops/infer.h"
#include "scope/body.h"

static weir_status
check_symbol(weir_scope *scope, const weir_tensor *t, size_t i)
{
	char label[WEIR__LABEL_SIZE];

	if (weir__symbol_is_of(t, scope->graph))
		return WEIR_OK;
	return weir_fail(WEIR_EFOREIGN, "operand %s is a symbol of another "
			 "recording and has no value here",
			 weir__operand_label(i, label));
}

weir_status
weir__scope_read(weir_scope *scope, weir_tensor *variable, weir_tensor **value)
{
	struct weir__env_entry *entry;
	weir_status status;

	if (scope->body) {
		status = weir__body_touch(scope->body, variable, &entry);
		if (!status)
			*value = weir_tensor_retain(entry->current);
		return status;
	}
	if (scope->graph) {
		status = weir__graph_read(scope->graph, variable, value);
		if (!status)
			weir_tensor_retain(*value);
		return status;
	}
	status = weir__scope_note_touch(scope, variable);
	if (!status)
		*value = weir__variable_snapshot(variable);
	return status;
}

weir_status
weir__scope_resolve(weir_scope *scope, weir_tensor *t, size_t i,
		    weir_tensor **value)
{
	weir_status status;

	*value = t;
	if (!scope->body)
		return t->kind == WEIR__SYMBOL ? check_symbol(scope, t, i)
					       : WEIR_OK;
	status = weir__body_resolve(scope->body, t, value);
	return status == WEIR_EFOREIGN ? check_symbol(scope, t, i) : status;
}

weir_status
weir__scope_take(weir_scope *scope, weir_tensor *t, size_t i,
		 weir_tensor **value)
{
	weir_status status;

	if (!t || t->heap != scope->eager.heap || t->kind == WEIR__RELEASED)
		return weir__scope_refuse_operand(t, i);
	if (t->kind == WEIR__VARIABLE)
		return weir__scope_read(scope, t, value);
	status = weir__scope_resolve(scope, t, i, value);
	if (!status)
		weir_tensor_retain(*value);
	return status;
}

weir_status
weir__scope_refuse_operand(const weir_tensor *t, size_t i)
{
	char label[WEIR__LABEL_SIZE];

	weir__operand_label(i, label);
	if (!t)
		return weir_fail(WEIR_ENULL, "operand %s is NULL", label);
	if (t->kind == WEIR__RELEASED)
		return weir_fail(WEIR_ESTATE, "operand %s went with its "
				 "frame: see weir_keep()", label);
	return weir_fail(WEIR_EFOREIGN, "operand %s belongs to another "
			 "runtime", label);
}
