#include "base/pointer_map.h"

#include <string.h>

enum { ROOM_LEAST = 64, FAR_MORE = 32 };	/* keys; times as many */

void
weir__pointer_map_init(struct weir__pointer_map *map, struct weir__heap *heap)
{
	*map = (struct weir__pointer_map){ .heap = heap };
}

void
weir__pointer_map_free(struct weir__pointer_map *map)
{
	weir__free(map->heap, map->keys);
	weir__free(map->heap, map->numbers);
	weir__pointer_map_init(map, map->heap);
}

void
weir__pointer_map_clear(struct weir__pointer_map *map)
{
	if (map->room > ROOM_LEAST && map->room / FAR_MORE > map->n) {
		weir__pointer_map_free(map);
		return;
	}
	if (map->n)
		memset(map->keys, 0, map->room * sizeof *map->keys);
	map->n = 0;
}

/* The slot that holds key, or the free one where it belongs. */
static size_t
slot_of(const void *const *keys, size_t room, const void *key)
{
	size_t i = (size_t)((uintptr_t)key * 0x9e3779b97f4a7c15u >> 20);

	for (i &= room - 1; keys[i] && keys[i] != key; i = (i + 1) & (room - 1))
		;
	return i;
}

uint32_t
weir__pointer_map_get(const struct weir__pointer_map *map, const void *key)
{
	size_t i;

	if (!map->n)
		return WEIR__NOT_MAPPED;
	i = slot_of(map->keys, map->room, key);
	return map->keys[i] ? map->numbers[i] : WEIR__NOT_MAPPED;
}

static weir_status
rehash(struct weir__pointer_map *map)
{
	size_t room = map->room ? 2 * map->room : ROOM_LEAST, i, j;
	const void **keys = weir__calloc(map->heap, room, sizeof *keys);
	uint32_t *numbers = weir__calloc(map->heap, room, sizeof *numbers);

	if (!keys || !numbers) {
		weir__free(map->heap, keys);
		weir__free(map->heap, numbers);
		return WEIR_ENOMEM;
	}
	for (i = 0; i < map->room; i++) {
		if (!map->keys[i])
			continue;
		j = slot_of(keys, room, map->keys[i]);
		keys[j] = map->keys[i];
		numbers[j] = map->numbers[i];
	}
	weir__free(map->heap, map->keys);
	weir__free(map->heap, map->numbers);
	map->keys = keys;
	map->numbers = numbers;
	map->room = room;
	return WEIR_OK;
}

weir_status
weir__pointer_map_put(struct weir__pointer_map *map, const void *key,
		      uint32_t number)
{
	size_t i;

	if (2 * map->n >= map->room && rehash(map))
		return WEIR_ENOMEM;
	i = slot_of(map->keys, map->room, key);
	map->n += !map->keys[i];
	map->keys[i] = key;
	map->numbers[i] = number;
	return WEIR_OK;
}
