/* Many small objects with one lifetime: allocated one by one, freed at once. */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stddef.h>
#include "base/alloc.h"

struct weir__arena {
	struct weir__heap *heap;
	struct weir__chunk *chunks;	/* newest first */
	size_t used;			/* bytes of the newest */
};

void
weir__arena_init(struct weir__arena *arena, struct weir__heap *heap);

/* Zeroed, aligned to 16 bytes; NULL (and the error text) without memory. */
void *
weir__arena_alloc(struct weir__arena *arena, size_t size);

/* The same, uninitialised. */
void *
weir__arena_room(struct weir__arena *arena, size_t size);

/* A copy of size bytes, or of a string. */
void *
weir__arena_copy(struct weir__arena *arena, const void *data, size_t size);

char *
weir__arena_strdup(struct weir__arena *arena, const char *text);

void
weir__arena_free(struct weir__arena *arena);

/* Free all objects but keep some memory for the next. */
void
weir__arena_reset(struct weir__arena *arena);

#endif
