/*
 * Writes to variables as one transaction, for functions that run eagerly:
 * they become final only when the whole call has succeeded.
 */
#include "scope/body.h"

void
weir__scope_begin_undo(weir_scope *scope)
{
	scope->keeps_undo = true;
}

/* Whoever else runs a function that writes the variable waits from here to
 * the end of this call: what was read stays true until it is written. */
weir_status
weir__scope_note_touch(weir_scope *scope, weir_tensor *variable)
{
	struct weir__undo *undo;

	while (scope->body && !scope->body->is_private)
		scope = scope->body->outer;
	if (weir__scope_has_noted(scope, variable))
		return WEIR_OK;
	if (weir__grow(scope->eager.heap, &scope->undo, &scope->undo_room,
		       scope->n_undo, sizeof *scope->undo) ||
	    weir__pointer_map_put(&scope->touched, variable,
				  (uint32_t)scope->n_undo))
		return WEIR_ENOMEM;
	undo = &scope->undo[scope->n_undo++];
	undo->variable = weir_tensor_retain(variable);
	undo->is_taken = weir__variable_take_eagerly(variable, &undo->value);
	return WEIR_OK;
}

void
weir__scope_end_undo(weir_scope *scope, bool give_back)
{
	while (scope->n_undo > 0) {
		struct weir__undo *undo = &scope->undo[--scope->n_undo];
		const struct weir__access access = {
			.written = &undo->variable, .n_written = 1,
		};

		if (give_back)
			undo->value = weir__variable_swap(undo->variable,
							  undo->value);
		if (undo->is_taken)
			weir__variables_end(&access, NULL);
		weir_tensor_release(undo->value);
		weir_tensor_release(undo->variable);
	}
	weir__pointer_map_clear(&scope->touched);
	scope->keeps_undo = false;
}
