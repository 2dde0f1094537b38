/*
 * How far the memory of each NUMA node is from each pool.
 *
 * A node's memory is next to the pools with a processor that the node is local
 * to: there may be several, and a pool may be next to several nodes (memory of
 * high bandwidth beside the ordinary). For other pools it is as far as the
 * nearest of those. Memory that is next to no pool is equally far for all, as
 * far as is known.
 */
#include <string.h>

#include "topology/picture.h"

enum { NO_POOL = 0xffff };

static uint16_t
pool_at(const struct weir__topology *t, struct weir__place place)
{
	size_t i;

	for (i = 0; i < t->n_pools; i++)
		if (place.node == (int)t->pools[i].numa_node &&
		    place.l3 == t->pools[i].l3)
			return (uint16_t)i;
	return NO_POOL;
}

static void
find_near(const struct weir__topology *t, hwloc_obj_t node,
	  const uint16_t *pool_of_cpu, bool *is_near)
{
	size_t i;

	memset(is_near, 0, t->n_pools * sizeof *is_near);
	for (i = 0; i < t->n_cpus; i++)
		if (pool_of_cpu[i] != NO_POOL &&
		    hwloc_bitmap_isset(node->cpuset, (unsigned)i))
			is_near[pool_of_cpu[i]] = true;
}

/* What one of these is dearer for a pool; 0 where there is none. */
static float
far_from(const struct weir__topology *t, const bool *is_near, size_t pool)
{
	float least = 0, time;
	size_t q;

	for (q = 0; q < t->n_pools && !is_near[pool]; q++) {
		time = t->times[q * t->n_pools + pool] - 1;
		if (is_near[q] && (!(least > 0) || time < least))
			least = time;
	}
	return least;
}

static void
fill_row(struct weir__topology *t, hwloc_obj_t node, bool *is_near,
	 const uint16_t *pool_of_cpu)
{
	float *row = &t->far[t->n_memories * t->n_pools];
	size_t p;

	find_near(t, node, pool_of_cpu, is_near);
	for (p = 0; p < t->n_pools; p++)
		row[p] = far_from(t, is_near, p);
	t->memories[t->n_memories++] = weir__node_number(node);
}

weir_status
weir__far_find(struct weir__topology *t, hwloc_topology_t machine)
{
	int found = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_NUMANODE);
	size_t n = found > 0 ? (size_t)found : 0, i;
	hwloc_obj_t node = NULL;
	uint16_t *pool_of_cpu;
	bool *is_near;

	if (t->n_pools < 2)
		return WEIR_OK;
	t->memories = weir__calloc(t->heap, n + 1, sizeof *t->memories);
	t->far = weir__calloc(t->heap, (n + 1) * t->n_pools, sizeof *t->far);
	pool_of_cpu = weir__calloc(t->heap, t->n_cpus + 1,
				   sizeof *pool_of_cpu);
	is_near = weir__calloc(t->heap, t->n_pools, sizeof *is_near);
	if (t->memories && t->far && pool_of_cpu && is_near) {
		for (i = 0; i < t->n_cpus; i++)
			pool_of_cpu[i] = pool_at(t, t->home_of_cpu[i]);
		while ((node = hwloc_get_next_obj_by_type(
				machine, HWLOC_OBJ_NUMANODE, node)))
			fill_row(t, node, is_near, pool_of_cpu);
	}
	weir__free(t->heap, pool_of_cpu);
	weir__free(t->heap, is_near);
	return t->memories && t->far && pool_of_cpu && is_near ? WEIR_OK
							       : WEIR_ENOMEM;
}

const float *
weir__topology_far(const struct weir__topology *t, unsigned node)
{
	size_t i;

	for (i = 0; i < t->n_memories; i++)
		if (t->memories[i] == node)
			return &t->far[i * t->n_pools];
	return NULL;
}
