#include "api/runtime.h"

weir_status
weir_scope_create(weir_runtime *runtime, const char *name, weir_scope **scope)
{
	struct weir__scope_parts parts;

	if (!runtime || !scope)
		return weir_fail(WEIR_ENULL, "weir_scope_create: the %s is "
				 "NULL", runtime ? "scope" : "runtime");
	if (!name || !*name)
		return weir_fail(WEIR_EINVAL, "weir_scope_create: a scope "
				 "needs a name");
	parts = weir__runtime_scope_parts(runtime);
	return weir__scope_new(&parts, name, scope);
}
