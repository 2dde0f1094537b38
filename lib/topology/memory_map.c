#include "topology/memory_map.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

struct weir__memory_map {
	struct weir__heap *heap;
	weir_memory_place *places;	/* ascending, apart */
	size_t n, room;
};

enum { ASKED_AT_ONCE = 512 };

static uintptr_t
begin_of(const weir_memory_place *place)
{
	return (uintptr_t)place->memory;
}

static uintptr_t
end_of(const weir_memory_place *place)
{
	return begin_of(place) + place->bytes;
}

static int
by_address(const void *a, const void *b)
{
	const weir_memory_place *x = a, *y = b;

	return (begin_of(x) > begin_of(y)) - (begin_of(x) < begin_of(y));
}

/* Behind those that are there. */
static weir_status
append(struct weir__memory_map *map, const weir_memory_place *place)
{
	weir_memory_place *last = map->n ? &map->places[map->n - 1] : NULL;

	if (last && last->numa_node == place->numa_node &&
	    end_of(last) == begin_of(place)) {
		last->bytes += place->bytes;
		return WEIR_OK;
	}
	if (weir__grow(map->heap, &map->places, &map->room, map->n,
		       sizeof *map->places))
		return WEIR_ENOMEM;
	map->places[map->n++] = *place;
	return WEIR_OK;
}

static weir_status
sorted(struct weir__heap *heap, const weir_memory_place *places, size_t n,
       weir_memory_place **copy)
{
	size_t i;

	*copy = weir__calloc(heap, n + 1, sizeof **copy);
	if (!*copy)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++) {
		(*copy)[i] = places[i];
		if (places[i].bytes > UINTPTR_MAX - begin_of(&places[i])) {
			weir__free(heap, *copy);
			return weir_fail(WEIR_EINVAL, "place %zu: %zu bytes "
					 "from %p on", i, places[i].bytes,
					 places[i].memory);
		}
	}
	qsort(*copy, n, sizeof **copy, by_address);
	return WEIR_OK;
}

static weir_status
copy_places(struct weir__memory_map *map, const weir_memory_place *place,
	    size_t n)
{
	uintptr_t end = 0;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n && !status; i++) {
		if (!place[i].bytes)
			continue;
		if (begin_of(&place[i]) < end)
			return weir_fail(WEIR_EINVAL, "the byte at %p is told "
					 "to be in two places",
					 place[i].memory);
		end = end_of(&place[i]);
		status = append(map, &place[i]);
	}
	return status;
}

/* -- as the system says --------------------------------------------------- */

/* The page that begins before an address. */
static uintptr_t
page_of(uintptr_t address)
{
	return address - address % WEIR__PAGE;
}

/* So many pages from one on, as far as they are anywhere; those of begin..end
 * count. */
static weir_status
ask_pages(struct weir__memory_map *map, uintptr_t page, size_t n,
	  uintptr_t begin, uintptr_t end)
{
	void *list[ASKED_AT_ONCE];
	int node[ASKED_AT_ONCE];
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n; i++)
		list[i] = (void *)(page + i * WEIR__PAGE);
	if (syscall(SYS_move_pages, 0, n, list, NULL, node, 0) != 0)
		return WEIR_OK;
	for (i = 0; i < n && !status; i++) {
		uintptr_t from = page + i * WEIR__PAGE;
		uintptr_t to = end - from > WEIR__PAGE ? from + WEIR__PAGE
						       : end;

		from = from > begin ? from : begin;
		if (node[i] >= 0)
			status = append(map, &(weir_memory_place){
				(void *)from, to - from, (unsigned)node[i] });
	}
	return status;
}

/* There is one byte at least. Pages are counted: behind the last one there may
 * be no address. */
static weir_status
ask_range(struct weir__memory_map *map, uintptr_t begin, uintptr_t end)
{
	uintptr_t page = page_of(begin);
	uintptr_t left = (page_of(end - 1) - page) / WEIR__PAGE + 1;
	weir_status status = WEIR_OK;
	size_t n;

	for (; left && !status; left -= n, page += n * WEIR__PAGE) {
		n = left < ASKED_AT_ONCE ? left : ASKED_AT_ONCE;
		status = ask_pages(map, page, n, begin, end);
	}
	return status;
}

/* Each byte once. */
static weir_status
ask_pieces(struct weir__memory_map *map, const weir_memory_place *piece,
	   size_t n)
{
	weir_status status = WEIR_OK;
	uintptr_t asked = 0, begin;
	size_t i;

	for (i = 0; i < n && !status; i++) {
		begin = begin_of(&piece[i]) > asked ? begin_of(&piece[i])
						    : asked;
		if (begin >= end_of(&piece[i]))
			continue;
		asked = end_of(&piece[i]);
		status = ask_range(map, begin, asked);
	}
	return status;
}

/* -- making --------------------------------------------------------------- */

static weir_status
make(struct weir__heap *heap, const weir_memory_place *places, size_t n,
     weir_status (*fill)(struct weir__memory_map *map,
			 const weir_memory_place *places, size_t n),
     struct weir__memory_map **out)
{
	struct weir__memory_map *map = weir__calloc(heap, 1, sizeof *map);
	weir_memory_place *copy;
	weir_status status;

	if (!map)
		return WEIR_ENOMEM;
	map->heap = heap;
	status = sorted(heap, places, n, &copy);
	if (!status) {
		status = fill(map, copy, n);
		weir__free(heap, copy);
	}
	if (status) {
		weir__memory_map_free(map);
		return status;
	}
	*out = map;
	return WEIR_OK;
}

weir_status
weir__memory_map_new(struct weir__heap *heap, const weir_memory_place *places,
		     size_t n, struct weir__memory_map **map)
{
	return make(heap, places, n, copy_places, map);
}

weir_status
weir__memory_map_ask(struct weir__heap *heap, const weir_memory_place *pieces,
		     size_t n, struct weir__memory_map **map)
{
	return make(heap, pieces, n, ask_pieces, map);
}

void
weir__memory_map_free(struct weir__memory_map *map)
{
	if (!map)
		return;
	weir__free(map->heap, map->places);
	weir__free(map->heap, map);
}

/* -- what is in it -------------------------------------------------------- */

size_t
weir__memory_map_places(const struct weir__memory_map *map,
			const weir_memory_place **places)
{
	*places = map->places;
	return map->n;
}

/* The first place that ends behind an address. */
static size_t
find_place(const struct weir__memory_map *map, uintptr_t address)
{
	size_t low = 0, high = map->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (end_of(&map->places[middle]) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void
weir__memory_map_add_far(const struct weir__memory_map *map,
			 const struct weir__topology *topology,
			 const void *memory, size_t bytes, double ns,
			 float *row)
{
	uintptr_t begin = (uintptr_t)memory, end = begin + bytes, from, to;
	size_t pools = weir__topology_pools(topology), i, p;
	const weir_memory_place *place;
	const float *far;

	for (i = find_place(map, begin); i < map->n; i++) {
		place = &map->places[i];
		from = begin > begin_of(place) ? begin : begin_of(place);
		to = end < end_of(place) ? end : end_of(place);
		if (from >= to)
			break;
		far = weir__topology_far(topology, place->numa_node);
		for (p = 0; far && p < pools; p++)
			row[p] += (float)(ns * (double)(to - from)) * far[p];
	}
}
