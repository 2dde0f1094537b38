#include "graph/task_args.h"

#include <string.h>

void *
weir__task_args_room(struct weir__task_args **args, struct weir__heap *heap,
		     size_t size)
{
	struct weir__task_args *a = *args;

	if (!a) {
		a = weir__alloc(heap, sizeof *a);
		if (!a)
			return NULL;
		atomic_init(&a->refs, 1);
		weir__arena_init(&a->arena, weir__heap_retain(heap));
		*args = a;
	}
	return weir__arena_room(&a->arena, size);
}

void *
weir__task_args_copy(struct weir__task_args **args, struct weir__heap *heap,
		     const void *data, size_t size)
{
	void *room = weir__task_args_room(args, heap, size);

	return room ? memcpy(room, data, size) : NULL;
}

struct weir__task_args *
weir__task_args_retain(struct weir__task_args *args)
{
	if (args)
		atomic_fetch_add_explicit(&args->refs, 1,
					  memory_order_relaxed);
	return args;
}

void
weir__task_args_release(struct weir__task_args *args)
{
	struct weir__heap *heap;

	/* acq_rel: who frees them has seen the last use by others */
	if (!args || atomic_fetch_sub_explicit(&args->refs, 1,
					       memory_order_acq_rel) != 1)
		return;
	heap = args->arena.heap;
	weir__arena_free(&args->arena);
	weir__free(heap, args);
	weir__heap_release(heap);
}
