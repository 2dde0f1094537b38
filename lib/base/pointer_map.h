/* From addresses to numbers: open addressing, grows, nothing is removed. */
#ifndef WEIR_BASE_POINTER_MAP_H
#define WEIR_BASE_POINTER_MAP_H

#include "base/alloc.h"

enum { WEIR__NOT_MAPPED = 0xffffffffu };

struct weir__pointer_map {
	struct weir__heap *heap;
	const void **keys;
	uint32_t *numbers;
	size_t room, n;		/* room is 0 or a power of two */
};

void
weir__pointer_map_init(struct weir__pointer_map *map, struct weir__heap *heap);

void
weir__pointer_map_free(struct weir__pointer_map *map);

/* Forget all keys but keep the room for them, unless it is that of far more. */
void
weir__pointer_map_clear(struct weir__pointer_map *map);

/* WEIR__NOT_MAPPED where the key is not there. */
uint32_t
weir__pointer_map_get(const struct weir__pointer_map *map, const void *key);

/* Set or replace. Cost: O(1) amortised. */
weir_status
weir__pointer_map_put(struct weir__pointer_map *map, const void *key,
		      uint32_t number);

#endif
