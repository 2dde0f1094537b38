/*
 * Variables' values: read and replaced under one short lock a heap, so that
 * several can be read, or replaced, at one moment.
 */
#include "tensor/cache.h"

void
weir__variables_snapshot(weir_tensor *const *variables, size_t n,
			 weir_tensor **out)
{
	struct weir__spin *lock;
	size_t i;

	if (n == 0)
		return;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	for (i = 0; i < n; i++)
		out[i] = weir_tensor_retain(variables[i]->current);
	weir__spin_unlock(lock);
}

void
weir__variables_commit(weir_tensor *const *variables, size_t n,
		       weir_tensor **values)
{
	struct weir__spin *lock;
	size_t i;

	if (n == 0)
		return;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	for (i = 0; i < n; i++) {
		weir_tensor *old = variables[i]->current;

		variables[i]->current = values[i];
		values[i] = old;
	}
	weir__spin_unlock(lock);
}

weir_tensor *
weir__variable_snapshot(weir_tensor *variable)
{
	weir_tensor *value;

	weir__variables_snapshot(&variable, 1, &value);
	return value;
}

weir_tensor *
weir__variable_swap(weir_tensor *variable, weir_tensor *value)
{
	weir__variables_commit(&variable, 1, &value);
	return value;
}
