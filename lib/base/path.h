/*
 * Scope paths, "train/layer1/matmul": each is kept once per runtime, so a
 * path is compared by its address and lives as long as the runtime's heap
 * users need it.
 */
#ifndef WEIR_BASE_PATH_H
#define WEIR_BASE_PATH_H

#include <stdatomic.h>
#include "base/alloc.h"

enum { WEIR__RECENT_PATHS = 8 };

struct weir__path {
	const struct weir__path *parent;	/* NULL for a root */
	const char *text;			/* whole, "train/layer1" */
	const char *name;			/* its last part, "layer1" */
	struct weir__path *next;		/* in its table's bucket */
	size_t hash;
	/* Children asked for lately, by first letter: found without a lock.
	 * Stored with release, for whoever loads with acquire. */
	_Atomic(struct weir__path *) recent[WEIR__RECENT_PATHS];
};

struct weir__paths;

weir_status
weir__paths_create(struct weir__heap *heap, struct weir__paths **paths);

void
weir__paths_release(struct weir__paths *paths);

/*
 * The path of name under parent (NULL: a root); made if need be. NULL (and
 * the error text) without memory. Threads: any.
 */
const struct weir__path *
weir__path_intern(struct weir__paths *paths, const struct weir__path *parent,
		  const char *name);

#endif
