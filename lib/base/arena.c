#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = 16 };

struct weir__chunk {
	struct weir__chunk *next;
	size_t size;
	alignas(ALIGNMENT) char bytes[];
};

void
weir__arena_init(struct weir__arena *arena, struct weir__heap *heap)
{
	arena->heap = heap;
	arena->chunks = NULL;
	arena->used = 0;
}

void *
weir__arena_room(struct weir__arena *arena, size_t size)
{
	struct weir__chunk *chunk = arena->chunks;
	void *memory;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!chunk || chunk->size - arena->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = weir__alloc(arena->heap, sizeof *chunk + room);
		if (!chunk)
			return NULL;
		chunk->next = arena->chunks;
		chunk->size = room;
		arena->chunks = chunk;
		arena->used = 0;
	}
	memory = chunk->bytes + arena->used;
	arena->used += size;
	return memory;
}

void *
weir__arena_alloc(struct weir__arena *arena, size_t size)
{
	void *memory = weir__arena_room(arena, size);

	return memory ? memset(memory, 0, size) : NULL;
}

void *
weir__arena_copy(struct weir__arena *arena, const void *data, size_t size)
{
	void *copy = weir__arena_room(arena, size);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *
weir__arena_strdup(struct weir__arena *arena, const char *text)
{
	return weir__arena_copy(arena, text, strlen(text) + 1);
}

static void
free_chunks(struct weir__arena *arena, struct weir__chunk *chunk)
{
	struct weir__chunk *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		weir__free(arena->heap, chunk);
	}
}

void
weir__arena_free(struct weir__arena *arena)
{
	free_chunks(arena, arena->chunks);
	arena->chunks = NULL;
	arena->used = 0;
}

void
weir__arena_reset(struct weir__arena *arena)
{
	if (arena->chunks) {
		free_chunks(arena, arena->chunks->next);
		arena->chunks->next = NULL;
	}
	arena->used = 0;
}
