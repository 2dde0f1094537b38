/* A graph, and the passes run on it one by one. */
#ifndef UNIT_PASSES_REWRITE_H
#define UNIT_PASSES_REWRITE_H

#include "passes/pass.h"
#include "support/tasks.h"

static inline struct weir__rewrite *
must_rewrite(const struct made *m)
{
	struct weir__rewrite *r;

	cr_assert_eq(weir_scope_status(m->scope), WEIR_OK, "%s",
		     weir_scope_error(m->scope));
	cr_assert_eq(weir__rewrite_create(m->graph, &r), WEIR_OK);
	return r;
}

/* The node that made a symbol. */
static inline uint32_t
node_of(const struct made *m, const weir_tensor *symbol)
{
	return m->graph->values[symbol->value]->node;
}

static inline unsigned
fate_of(const struct made *m, const struct weir__rewrite *r,
	const weir_tensor *symbol)
{
	return r->fate[node_of(m, symbol)];
}

#endif
