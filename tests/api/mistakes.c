#include "api/mistakes.h"

static const struct mistake *const tables[] = {
	mistakes_of_operands, mistakes_of_state, mistakes_of_kernels,
};

const struct mistake *
mistake_at(size_t i)
{
	const struct mistake *m;
	size_t t;

	for (t = 0; t < sizeof tables / sizeof *tables; t++)
		for (m = tables[t]; m->what; m++)
			if (i-- == 0)
				return m;
	return NULL;
}

weir_status
make_mistake(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	struct workshop *shop = arg;
	weir_status status;

	weir_scope_push(scope, "layer");
	status = shop->mistake->make(shop, scope, in, out);
	return status;
}
