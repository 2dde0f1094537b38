/*
 * Rows: what a value is in each iteration of a loop. They are no tensors of a
 * program, and ops take none of them, but one in an iteration of its own.
 *
 * In eager mode they are a list of tensors. In a recording they are a value of
 * its graph, of as many rows as there can be iterations, of which so many are
 * filled as there were.
 *
 * Threads: as the scope whose loop it is, but for references.
 */
#ifndef WEIR_SCOPE_ROWS_H
#define WEIR_SCOPE_ROWS_H

#include <stdatomic.h>
#include "tensor/tensor.h"

struct weir__rows {
	atomic_uint refs;
	struct weir__heap *heap;
	weir_tensor *like;	/* each, in dtype and shape; without gaps */
	/* References, NULL where there is none yet: */
	weir_tensor **values;	/* eager: the first iteration's first */
	size_t n;
	weir_tensor *recorded;	/* in a recording: a symbol of all */
};

/* How often a loop has gone round. */
struct weir__times {
	size_t n;		/* eager */
	int64_t most;
	weir_tensor *count;	/* in a recording: a symbol; else NULL */
};

/* With room for n values, in eager mode. */
weir_status
weir__rows_new(struct weir__heap *heap, weir_tensor *like, size_t n,
	       struct weir__rows **rows);

struct weir__rows *
weir__rows_retain(struct weir__rows *rows);

/* NULL is fine. */
void
weir__rows_release(struct weir__rows *rows);

/* Release those that are in a list, and free it; NULL is fine. */
void
weir__rows_list_free(struct weir__heap *heap, struct weir__rows **list,
		     size_t n);

/* A list of references; NULL without memory. */
struct weir__rows **
weir__rows_list_copy(struct weir__heap *heap, struct weir__rows *const *list,
		     size_t n);

#endif
