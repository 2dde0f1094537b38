/* C functions whose ops go to a scope: called, and what they give looked at. */
#include "scope/scope.h"

weir_status
weir__scope_hand_in(weir_scope *scope, weir_tensor *operand, const char *name,
		    weir_tensor **alias)
{
	weir_tensor *a;
	weir_status status;

	status = weir__value_alias(scope->eager.heap, operand, &a);
	if (status)
		return status;
	a->maker = weir__is_result(operand) ? WEIR__MADE : 0;
	a->is_view = operand->is_view;
	if (name && weir_tensor_set_name(a, name)) {
		weir_tensor_release(a);
		return WEIR_ENOMEM;
	}
	*alias = a;
	return weir__scope_own(scope, a);
}

weir_status
weir__scope_enter(weir_scope *scope, const char *name, weir_function_fn fn,
		  void *arg, weir_tensor *const *in, weir_tensor **out)
{
	weir_status status;
	const char *why;

	weir__error_clear();
	status = fn(scope, in, out, arg);
	if (scope->status)
		return weir_fail(scope->status, "%s", scope->error);
	why = weir_error_text();
	return status ? weir_fail(status, "%s: the function returned %s%s%s",
				  name, weir_status_name(status),
				  *why ? ": " : "", why)
		      : WEIR_OK;
}

weir_status
weir__scope_check_result(weir_scope *scope, const weir_tensor *result,
			 size_t i)
{
	if (!result)
		return weir__scope_fail(scope, WEIR_ENULL, NULL,
					"the function left result %zu NULL",
					i);
	if (result->kind == WEIR__RELEASED)
		return weir__scope_fail(scope, WEIR_ESTATE, NULL,
					"result %zu of the function went with "
					"its frame: see weir_keep()", i);
	if (result->heap != scope->eager.heap ||
	    (result->kind == WEIR__SYMBOL &&
	     !weir__symbol_is_of(result, scope->graph)))
		return weir__scope_fail(scope, WEIR_EFOREIGN, NULL,
					"result %zu of the function belongs "
					"to another runtime or recording", i);
	return WEIR_OK;
}
