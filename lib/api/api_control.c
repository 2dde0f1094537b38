#include <weir/control.h>

#include <string.h>

#include "api/runtime.h"
#include "scope/control.h"

/* What all three are asked first; the sentence speaks of the first NULL. */
static weir_status
check(weir_scope *scope, const struct weir__control_call *call,
      weir_tensor *const *in, weir_tensor **out, const char *name,
      const char *site)
{
	const char *what = NULL;
	size_t i;

	if (!scope)
		return weir_fail(WEIR_ENULL, "weir_%s: the scope is NULL",
				 name);
	for (i = 0; i < WEIR__BODIES_MAX; i++)
		if (call->names[i] && !call->fns[i])
			what = "a function";
	if (call->n_in && !in)
		what = "the list of operands";
	if (call->n_out && !out)
		what = "the list of results";
	if (!what)
		return WEIR_OK;
	return weir__scope_fail(scope, WEIR_ENULL, site, "weir_%s: %s is NULL",
				name, what);
}

weir_status
weir_call_at(weir_scope *scope, const char *name, weir_body_fn fn, void *arg,
	     weir_tensor *const *in, size_t n_in, weir_tensor **out,
	     size_t n_out, const char *site)
{
	struct weir__control_call call = {
		.kind = WEIR__CALL,
		.names = { "function" },
		.fns = { fn },
		.arg = arg,
		.n_in = n_in,
		.n_out = n_out,
	};
	const struct weir__path *path;
	weir_status status;

	site = site ? site : "";
	status = check(scope, &call, in, out, "call", site);
	if (status)
		return status;
	/* As long as the runtime lives so does the name. */
	path = weir__path_intern(scope->eager.paths, NULL,
				 name && *name ? name : "unnamed");
	if (!path)
		return weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
					weir_error_text());
	call.names[0] = path->name;
	return weir__scope_control(scope, &call, NULL, in, out, site);
}

weir_status
weir_cond_at(weir_scope *scope, weir_tensor *predicate, weir_body_fn then_fn,
	     weir_body_fn else_fn, void *arg, weir_tensor *const *in,
	     size_t n_in, weir_tensor **out, size_t n_out, const char *site)
{
	const struct weir__control_call call = {
		.kind = WEIR__COND,
		.names = { "then", "else" },
		.fns = { then_fn, else_fn },
		.arg = arg,
		.n_in = n_in,
		.n_out = n_out,
	};
	weir_status status;

	site = site ? site : "";
	status = check(scope, &call, in, out, "cond", site);
	return status ? status : weir__scope_control(scope, &call, predicate,
						     in, out, site);
}

weir_status
weir_while_at(weir_scope *scope, weir_body_fn condition, weir_body_fn body,
	      void *arg, int64_t max_iterations, weir_tensor *const *in,
	      weir_tensor **out, size_t n, const char *site)
{
	const struct weir__control_call call = {
		.kind = WEIR__WHILE,
		.names = { "condition", "body" },
		.fns = { condition, body },
		.arg = arg,
		.n_in = n,
		.n_out = n,
		.max_iterations = max_iterations,
	};
	weir_status status;

	site = site ? site : "";
	status = check(scope, &call, in, out, "while", site);
	if (status)
		return status;
	if (max_iterations < 0)
		return weir__scope_fail(scope, WEIR_EINVAL, site, "weir_while: "
					"max_iterations is %lld",
					(long long)max_iterations);
	return weir__scope_control(scope, &call, NULL, in, out, site);
}
