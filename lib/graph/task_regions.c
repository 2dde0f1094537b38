#include "graph/task_regions.h"

static weir_status
add(weir_tasks *t, const void *memory, size_t bytes)
{
	if (!bytes)
		return WEIR_OK;
	if (weir__grow(t->heap, &t->regions, &t->regions_room, t->n_regions,
		       sizeof *t->regions))
		return WEIR_ENOMEM;
	t->regions[t->n_regions++] = (struct weir__region){
		memory, bytes, (uint32_t)(t->n - 1) };
	return WEIR_OK;
}

weir_status
weir__tasks_add_regions(weir_tasks *t, const weir_access *accesses, size_t n,
			const size_t *bytes)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; bytes && i < n && !status; i++)
		status = add(t, accesses[i].memory, bytes[i]);
	return status;
}

/* bytes * i / n */
static size_t
part(size_t bytes, size_t i, size_t n)
{
	return (size_t)((double)bytes * ((double)i / (double)n));
}

weir_status
weir__tasks_add_parts(weir_tasks *t, const weir_access *accesses,
		      size_t n_accesses, const size_t *bytes, size_t begin,
		      size_t end, size_t n)
{
	weir_status status = WEIR_OK;
	size_t i, from;

	for (i = 0; bytes && i < n_accesses && !status; i++) {
		from = part(bytes[i], begin, n);
		status = add(t, (const char *)accesses[i].memory + from,
			     part(bytes[i], end, n) - from);
	}
	return status;
}

/* -- where they are ------------------------------------------------------- */

static void
set_map(weir_tasks *t, struct weir__memory_map *map)
{
	weir__memory_map_free(t->map);
	t->map = map;
}

weir_status
weir__tasks_set_places(weir_tasks *t, const weir_memory_place *places,
		       size_t n)
{
	struct weir__memory_map *map;
	weir_status status = weir__memory_map_new(t->heap, places, n, &map);

	if (!status)
		set_map(t, map);
	return status;
}

weir_status
weir__tasks_find_places(weir_tasks *t)
{
	weir_memory_place *pieces = weir__calloc(t->heap, t->n_regions + 1,
						 sizeof *pieces);
	struct weir__memory_map *map;
	weir_status status;
	size_t i;

	if (!pieces)
		return WEIR_ENOMEM;
	for (i = 0; i < t->n_regions; i++)
		pieces[i] = (weir_memory_place){ .memory = t->regions[i].memory,
						 .bytes = t->regions[i].bytes };
	status = weir__memory_map_ask(t->heap, pieces, t->n_regions, &map);
	weir__free(t->heap, pieces);
	if (!status)
		set_map(t, map);
	return status;
}

void
weir__task_regions_free(weir_tasks *t)
{
	weir__memory_map_free(t->map);
	weir__free(t->heap, t->regions);
}

weir_status
weir__tasks_find_far(const weir_tasks *t,
		     const struct weir__topology *topology, double ns_a_byte,
		     float **far)
{
	size_t pools = weir__topology_pools(topology), i;
	float *rows;

	*far = NULL;
	if (!t->map || !t->n_regions || pools < 2)
		return WEIR_OK;
	rows = weir__calloc(t->heap, t->n, pools * sizeof *rows);
	if (!rows)
		return WEIR_ENOMEM;
	for (i = 0; i < t->n_regions; i++) {
		const struct weir__region *r = &t->regions[i];

		weir__memory_map_add_far(t->map, topology, r->memory, r->bytes,
					 ns_a_byte, &rows[r->task * pools]);
	}
	*far = rows;
	return WEIR_OK;
}
