/*
 * What the library itself hands to tasks, and says of them: made by a task
 * graph, and there for as long as it or one of its schedules is.
 */
#ifndef WEIR_GRAPH_TASK_ARGS_H
#define WEIR_GRAPH_TASK_ARGS_H

#include <stdatomic.h>
#include "base/arena.h"

struct weir__task_args {
	atomic_uint refs;
	struct weir__arena arena;	/* who records adds to it */
};

/* Room for size bytes; *args is made when it is NULL. NULL without memory. */
void *
weir__task_args_room(struct weir__task_args **args, struct weir__heap *heap,
		     size_t size);

/* A copy of size bytes, likewise. */
void *
weir__task_args_copy(struct weir__task_args **args, struct weir__heap *heap,
		     const void *data, size_t size);

/* NULL is fine for both. */
struct weir__task_args *
weir__task_args_retain(struct weir__task_args *args);

void
weir__task_args_release(struct weir__task_args *args);

#endif
