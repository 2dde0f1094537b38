/*
 * Where memory is: ranges of addresses, and the NUMA node of each, as somebody
 * has told or as the system says. Immutable once made.
 *
 * Planning takes one as it takes the topology, and asks nobody itself: so the
 * same topology, graph and options give the same plan.
 */
#ifndef WEIR_TOPOLOGY_MEMORY_MAP_H
#define WEIR_TOPOLOGY_MEMORY_MAP_H

#include "topology/topology.h"

struct weir__memory_map;

/*
 * The places are copied; those that are adjacent and of one node become one.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (two overlap, or one goes beyond
 *         the last address)
 */
weir_status
weir__memory_map_new(struct weir__heap *heap, const weir_memory_place *places,
		     size_t n, struct weir__memory_map **map);

/*
 * The same as the system says it of these pieces of memory, which may overlap;
 * their nodes are not looked at. What is nowhere yet is in no place of the
 * map; nor is anything where the system does not say.
 */
weir_status
weir__memory_map_ask(struct weir__heap *heap, const weir_memory_place *pieces,
		     size_t n, struct weir__memory_map **map);

/* NULL is fine. */
void
weir__memory_map_free(struct weir__memory_map *map);

/* How many places it has, and which. */
size_t
weir__memory_map_places(const struct weir__memory_map *map,
			const weir_memory_place **places);

/*
 * Add to a row, which has an entry a pool, what it takes longer there to get so
 * many bytes from where they are: ns is what it takes for a byte that is twice
 * as far as near ones. Bytes that are in no place, or in a node of which
 * nothing is known, add nothing.
 *
 * Cost: O(log places + places that the bytes are in).
 */
void
weir__memory_map_add_far(const struct weir__memory_map *map,
			 const struct weir__topology *topology,
			 const void *memory, size_t bytes, double ns,
			 float *row);

#endif
