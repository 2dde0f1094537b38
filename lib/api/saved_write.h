/* What a graph becomes in a file; see saved_graph.h. */
#ifndef WEIR_API_SAVED_WRITE_H
#define WEIR_API_SAVED_WRITE_H

#include "api/saved_graph.h"

/* Things that are told once and then meant by their numbers. */
struct weir__numbered {
	struct weir__pointer_map map;
	const void **list;
	size_t n, room;
};

struct weir__saving {
	const weir_graph *graph;
	struct weir__arena arena;
	struct weir__numbered ops, scopes, sites;
	const char **keys;	/* of each value's tensor in the file */
	const char **called;	/* what each value's symbol is called now */
	uint32_t *current;	/* value of each variable now */
	uint32_t told;		/* values */
	bool is_first;
};

/* Whether it is an op of the user. */
static inline bool
weir__op_is_users(const weir_op *op)
{
	return weir_op_find(op->name) != op;
}

static inline const char *
weir__saved_site(const char *site)
{
	return site ? site : "";
}

/* -- saved_program.c ------------------------------------------------------ */

/* The graph as JSON; arg is what is being saved, whose lists and keys are
 * complete. */
void
weir__saved_graph_print(const void *arg, struct weir__text *text);

#endif
