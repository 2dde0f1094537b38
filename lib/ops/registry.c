/* The built-in ops by number and by name. */
#include <string.h>

#include "ops/table.h"

static const weir_op *const ops[] = {
#define WEIR__OP(name) &weir__op_##name,
#include "ops/table.def"
#undef WEIR__OP
};

enum { N_OPS = sizeof ops / sizeof *ops };

size_t
weir_op_count(void)
{
	return N_OPS;
}

const weir_op *
weir_op_at(size_t i)
{
	return i < N_OPS ? ops[i] : NULL;
}

const weir_op *
weir_op_find(const char *name)
{
	size_t i;

	if (!name)
		return NULL;
	for (i = 0; i < N_OPS; i++)	/* some dozen: faster than hashing */
		if (ops[i]->name[0] == name[0] && !strcmp(ops[i]->name, name))
			return ops[i];
	return NULL;
}

bool
weir__op_is_users(const weir_op *op)
{
	size_t i;

	for (i = 0; i < N_OPS && ops[i] != op; i++)
		;
	return i == N_OPS;
}
