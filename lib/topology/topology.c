/*
 * From hwloc's picture of the machine to pools: each usable processor belongs
 * to one NUMA node, and in it to one L3 cache where these are told apart; each
 * of those that have processors gets its share of the workers.
 * hwloc is asked once; afterwards only plain numbers are kept.
 */
#include "topology/topology.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "topology/cgroup.h"
#include "topology/environment.h"
#include "topology/machine.h"
#include "topology/picture.h"

enum {
	CPUS_MAX = 1 << 20	/* a file may number processors as it likes */
};

/* -- nodes and their processors ------------------------------------------- */

static bool
is_more_local(hwloc_obj_t a, hwloc_obj_t b)
{
	int wa = hwloc_bitmap_weight(a->cpuset);
	int wb = hwloc_bitmap_weight(b->cpuset);

	/* Equally near: the system numbers ordinary memory before special
	 * memory (high-bandwidth, persistent). */
	return wa != wb ? wa < wb
			: weir__node_number(a) < weir__node_number(b);
}

/*
 * The NUMA node of a processor: of those whose processors include it, the
 * smallest. A node's processors may be many packages, and several nodes may
 * have the same, so "the" node cannot be read off the tree.
 */
static hwloc_obj_t
local_node(hwloc_topology_t machine, hwloc_obj_t cpu)
{
	hwloc_obj_t node = NULL, best = NULL;

	while ((node = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_NUMANODE,
						  node)))
		if (hwloc_bitmap_isset(node->cpuset, cpu->os_index) &&
		    (!best || is_more_local(node, best)))
			best = node;
	return best;
}

/* For processors without local memory: a node of the smallest part of the
 * machine that has one. */
static hwloc_obj_t
nearest_node(hwloc_topology_t machine, hwloc_obj_t cpu)
{
	hwloc_obj_t part, node, best = NULL;

	for (part = cpu; part; part = part->parent)
		if (part->nodeset && !hwloc_bitmap_iszero(part->nodeset))
			break;
	for (node = NULL; part && (node = hwloc_get_next_obj_by_type(
			  machine, HWLOC_OBJ_NUMANODE, node));)
		if (hwloc_bitmap_isset(part->nodeset, node->os_index) &&
		    (!best || is_more_local(node, best)))
			best = node;
	return best;
}

static size_t
count(hwloc_topology_t machine, hwloc_obj_type_t type)
{
	int n = hwloc_get_nbobjs_by_type(machine, type);

	return n > 0 ? (size_t)n : 0;	/* < 0: on several levels */
}

static weir_status
make_tables(struct weir__topology *t, hwloc_topology_t machine)
{
	hwloc_obj_t cpu = NULL;
	size_t i;

	while ((cpu = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_PU, cpu)))
		if (cpu->os_index < CPUS_MAX && cpu->os_index >= t->n_cpus)
			t->n_cpus = cpu->os_index + 1;
	/* each has a processor */
	t->pools = weir__calloc(t->heap, count(machine, HWLOC_OBJ_PU) + 1,
				sizeof *t->pools);
	t->node_of_cpu = weir__calloc(t->heap, t->n_cpus ? t->n_cpus : 1,
				      sizeof *t->node_of_cpu);
	t->home_of_cpu = weir__calloc(t->heap, t->n_cpus ? t->n_cpus : 1,
				      sizeof *t->home_of_cpu);
	if (!t->pools || !t->node_of_cpu || !t->home_of_cpu)
		return WEIR_ENOMEM;
	for (i = 0; i < t->n_cpus; i++)
		t->node_of_cpu[i] = t->home_of_cpu[i].node = -1;
	return WEIR_OK;
}

static struct weir__place
place_of(hwloc_topology_t machine, hwloc_obj_t cpu, hwloc_obj_t node,
	 weir_pools pools)
{
	struct weir__place place = {
		node ? (int)weir__node_number(node) : 0, -1 };
	hwloc_obj_t l3 = hwloc_get_ancestor_obj_by_type(
		machine, HWLOC_OBJ_L3CACHE, cpu);

	if (l3 && pools == WEIR_POOLS_L3)
		place.l3 = (int)l3->logical_index;
	return place;
}

static void
add_processor(struct weir__topology *t, struct weir__place place,
	      hwloc_obj_t node)
{
	weir_pool_info *pool = t->pools;

	while (pool < t->pools + t->n_pools &&
	       ((int)pool->numa_node != place.node || pool->l3 != place.l3))
		pool++;
	if (pool == t->pools + t->n_pools) {
		t->n_pools++;
		pool->numa_node = (unsigned)place.node;
		pool->l3 = place.l3;
		pool->memory_bytes =
			node ? node->attr->numanode.local_memory : 0;
	}
	pool->processors++;
}

static int
by_place(const void *a, const void *b)
{
	const weir_pool_info *x = a, *y = b;

	if (x->numa_node != y->numa_node)
		return x->numa_node < y->numa_node ? -1 : 1;
	return (x->l3 > y->l3) - (x->l3 < y->l3);
}

static void
find_processors(struct weir__topology *t, hwloc_topology_t machine,
		hwloc_const_bitmap_t usable, weir_pools pools)
{
	struct weir__place place;
	hwloc_obj_t cpu = NULL, node;

	while ((cpu = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_PU,
						 cpu))) {
		node = local_node(machine, cpu);
		if (node && cpu->os_index < CPUS_MAX)
			t->node_of_cpu[cpu->os_index] =
				(int)weir__node_number(node);
		if (!hwloc_bitmap_isset(usable, cpu->os_index))
			continue;
		t->usable++;
		if (!node)
			node = nearest_node(machine, cpu);
		place = place_of(machine, cpu, node, pools);
		if (cpu->os_index < CPUS_MAX)
			t->home_of_cpu[cpu->os_index] = place;
		add_processor(t, place, node);
	}
	qsort(t->pools, t->n_pools, sizeof *t->pools, by_place);
}

static void
count_objects(struct weir__topology *t, hwloc_topology_t machine)
{
	t->packages = (unsigned)count(machine, HWLOC_OBJ_PACKAGE);
	t->cores = (unsigned)count(machine, HWLOC_OBJ_CORE);
	t->cpus = (unsigned)count(machine, HWLOC_OBJ_PU);
	t->nodes = (unsigned)count(machine, HWLOC_OBJ_NUMANODE);
}

/* -- workers -------------------------------------------------------------- */

static weir_status
decide_pools(weir_pools *pools)
{
	if ((unsigned)*pools > WEIR_POOLS_L3)
		return weir_fail(WEIR_EINVAL, "pools of kind %d; there is no "
				 "such kind", (int)*pools);
	return *pools ? WEIR_OK : weir__environment_pools(pools);
}

/* How many the environment and the machine leave us, where none are asked. */
static weir_status
decide_threads(struct weir__topology *t, unsigned asked)
{
	weir_status status;

	t->processors = t->usable ? t->usable : 1;
	if (t->quota > 0 && ceil(t->quota) < t->processors)
		t->processors = (unsigned)ceil(t->quota);
	if (asked > WEIR__THREADS_MAX)
		return weir_fail(WEIR_EINVAL, "%u threads; at most %d are "
				 "possible", asked, WEIR__THREADS_MAX);
	if (asked == 0) {
		status = weir__environment_threads(&asked);
		if (status)
			return status;
	}
	t->threads = asked ? asked : t->processors;
	return WEIR_OK;
}

/*
 * In proportion to the processors, by largest remainder, lower nodes first
 * where remainders are equal. Pools that get none are dropped.
 */
static void
deal_workers(struct weir__topology *t)
{
	uint64_t total = t->usable, share;
	size_t i, best, kept = 0;
	unsigned dealt = 0;

	for (i = 0; i < t->n_pools; i++) {
		share = (uint64_t)t->threads * t->pools[i].processors;
		t->pools[i].workers = (unsigned)(share / total);
		dealt += t->pools[i].workers;
	}
	for (; dealt < t->threads; dealt++) {
		uint64_t most = 0, rest;

		for (best = t->n_pools, i = 0; i < t->n_pools; i++) {
			share = (uint64_t)t->threads * t->pools[i].processors;
			rest = share - t->pools[i].workers * total;
			if (share > t->pools[i].workers * total &&
			    rest > most) {
				most = rest;
				best = i;
			}
		}
		t->pools[best].workers++;
	}
	for (i = 0; i < t->n_pools; i++)
		if (t->pools[i].workers)
			t->pools[kept++] = t->pools[i];
	t->n_pools = kept;
}

/* Where there is more than one pool. */
static weir_status
number_pools(struct weir__topology *t)
{
	unsigned w;

	if (t->n_pools < 2)
		return WEIR_OK;
	t->pool_of_worker = weir__calloc(t->heap, t->threads,
					 sizeof *t->pool_of_worker);
	if (!t->pool_of_worker)
		return WEIR_ENOMEM;
	for (w = 0; w < t->threads; w++)
		t->pool_of_worker[w] = (uint16_t)
			weir__topology_pool_of_worker(t, w);
	return WEIR_OK;
}

/* -- the interface -------------------------------------------------------- */

weir_status
weir__topology_create(struct weir__heap *heap,
		      const struct weir__topology_options *options,
		      struct weir__topology **topology)
{
	struct weir__topology *t = weir__calloc(heap, 1, sizeof *t);
	weir_pools pools = options->pools;
	hwloc_topology_t machine = NULL;
	hwloc_bitmap_t usable = NULL;
	weir_status status;

	if (!t)
		return WEIR_ENOMEM;
	t->heap = heap;
	status = decide_pools(&pools);
	if (!status)
		status = weir__huge_pages_find(t, options->huge_pages);
	if (status)
		goto done;
	status = weir__machine_load(options->synthetic, options->file,
				    &machine, &t->is_this_machine);
	if (status)
		goto done;
	status = weir__machine_usable(heap, machine, t->is_this_machine,
				      &usable);
	if (status)
		goto done;
	status = make_tables(t, machine);
	if (status)
		goto done;
	count_objects(t, machine);
	find_processors(t, machine, usable, pools);
	if (t->usable == 0) {
		status = weir_fail(WEIR_EINVAL, "the topology has no "
				   "processor that can be used");
		goto done;
	}
	if (t->is_this_machine)
		t->quota = weir__cgroup_quota("");
	status = decide_threads(t, options->threads);
	if (status)
		goto done;
	deal_workers(t);
	status = number_pools(t);
	if (!status)
		status = weir__distances_find(t, machine, options->distances);
	if (!status)
		status = weir__far_find(t, machine);
	if (status)
		goto done;

	*topology = t;
	t = NULL;
done:
	hwloc_bitmap_free(usable);
	if (machine)
		hwloc_topology_destroy(machine);
	weir__topology_release(t);
	return status;
}

void
weir__topology_release(struct weir__topology *topology)
{
	if (!topology)
		return;
	weir__free(topology->heap, topology->pools);
	weir__free(topology->heap, topology->node_of_cpu);
	weir__free(topology->heap, topology->home_of_cpu);
	weir__free(topology->heap, topology->pool_of_worker);
	weir__free(topology->heap, topology->figures);
	weir__free(topology->heap, topology->times);
	weir__free(topology->heap, topology->memories);
	weir__free(topology->heap, topology->far);
	weir__free(topology->heap, topology);
}

unsigned
weir__topology_threads(const struct weir__topology *topology)
{
	return topology->threads;
}

unsigned
weir__topology_processors(const struct weir__topology *topology)
{
	return topology->processors;
}

double
weir__topology_quota(const struct weir__topology *topology)
{
	return topology->quota;
}

bool
weir__topology_is_this_machine(const struct weir__topology *topology)
{
	return topology->is_this_machine;
}

size_t
weir__topology_pools(const struct weir__topology *topology)
{
	return topology->n_pools;
}

weir_pool_info
weir__topology_pool(const struct weir__topology *topology, size_t i)
{
	return i < topology->n_pools ? topology->pools[i]
				     : (weir_pool_info){ 0 };
}

size_t
weir__topology_pool_of_worker(const struct weir__topology *topology,
			      unsigned worker)
{
	size_t i = 0;

	while (i + 1 < topology->n_pools &&
	       worker >= topology->pools[i].workers)
		worker -= topology->pools[i++].workers;
	return i;
}

uint16_t
weir__topology_node_of_worker(const struct weir__topology *topology,
			      unsigned worker)
{
	size_t pool = weir__topology_pool_of_worker(topology, worker);

	return (uint16_t)topology->pools[pool].numa_node;
}

const struct weir__distances *
weir__topology_distances(const struct weir__topology *topology)
{
	return topology->n_pools > 1 ? &topology->distances : NULL;
}

const int *
weir__topology_node_of_cpu(const struct weir__topology *topology, size_t *n)
{
	*n = topology->n_cpus;
	return topology->node_of_cpu;
}
