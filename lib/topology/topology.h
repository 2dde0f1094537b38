/*
 * The machine, seen through hwloc: which processors may be used, in which
 * pools, and how many workers each of these gets.
 *
 * One pure function of (topology source, what is asked for, environment).
 * Immutable once made. hwloc types stay inside this folder.
 */
#ifndef WEIR_TOPOLOGY_TOPOLOGY_H
#define WEIR_TOPOLOGY_TOPOLOGY_H

#include <weir/runtime.h>
#include "base/alloc.h"
#include "topology/distances.h"

struct weir__topology;

/* As in weir_runtime_options. */
struct weir__topology_options {
	unsigned threads;
	const char *synthetic, *file;
	weir_pools pools;
	const char *distances;
	weir_huge_pages huge_pages;
};

/*
 * Look at the machine, or at the synthetic description or XML file named.
 *
 * threads: as asked for; 0: WEIR_NUM_THREADS, else OMP_NUM_THREADS (its first
 * number), else as many as there are usable processors (affinity mask, cpuset
 * and the cgroup v1/v2 quota, rounded up). A bad environment value, synthetic
 * description or file is WEIR_EINVAL with a sentence.
 */
weir_status
weir__topology_create(struct weir__heap *heap,
		      const struct weir__topology_options *options,
		      struct weir__topology **topology);

void
weir__topology_release(struct weir__topology *topology);

unsigned
weir__topology_threads(const struct weir__topology *topology);

/* Processors this process may use (whole ones; at least 1). */
unsigned
weir__topology_processors(const struct weir__topology *topology);

/* The cgroup's quota in processors, 0 where there is none. */
double
weir__topology_quota(const struct weir__topology *topology);

bool
weir__topology_is_this_machine(const struct weir__topology *topology);

/* Pools: nodes with usable processors, by the system's number, and, if that is
 * asked for, the L3 caches in each; at least one.
 * Workers are dealt to them in proportion to their processors. */
size_t
weir__topology_pools(const struct weir__topology *topology);

weir_pool_info
weir__topology_pool(const struct weir__topology *topology, size_t i);

/* The pool of a worker: workers are numbered pool after pool. */
size_t
weir__topology_pool_of_worker(const struct weir__topology *topology,
			      unsigned worker);

/* The pools of all workers and how far they are from each other, owned by the
 * topology; NULL if there is one pool. */
const struct weir__distances *
weir__topology_distances(const struct weir__topology *topology);

/* Per pool, what memory of a node is dearer there than next to it: 0 where it
 * is near. The node is called by the system's number. NULL: nothing is known of
 * it, or there is one pool. */
const float *
weir__topology_far(const struct weir__topology *topology, unsigned node);

/* Nanoseconds until a worker sees what another one of its pool has made for it;
 * 0 where that has been neither measured nor told. */
double
weir__topology_hand_over(const struct weir__topology *topology);

/* Let the calling thread run on the processors of a worker's pool alone; as far
 * as the system lets it, and on this machine's topology only. */
void
weir__topology_bind_worker(const struct weir__topology *topology,
			   unsigned worker);

enum { WEIR__PAGE = 4096, WEIR__NO_NODE = 0xffff };

/*
 * Have memory that nobody uses yet, from the beginning of a page on, where it
 * is said to be: for each WEIR__PAGE bytes the system's number of a node, or
 * WEIR__NO_NODE. As far as the system lets it, and on this machine's topology
 * only; no policy is left behind. Where the system has larger pages, one of
 * their parts decides for all of them.
 */
void
weir__topology_place_memory(const struct weir__topology *topology,
			    void *memory, const uint16_t *node_of_page,
			    size_t pages);

/* Bytes begin..end - 1 of some memory, and the system's number of the node they
 * are to be in. */
struct weir__placed {
	size_t begin, end;
	uint16_t node;
};

/*
 * The same for memory that may be in use, part by part: the parts, ascending and
 * apart, are of `bytes` in all. Pages that are not wholly in these stay where
 * they are; of those that two parts share the first of their bytes decides.
 */
void
weir__topology_place_parts(const struct weir__topology *topology, void *memory,
			   size_t bytes, const struct weir__placed *parts,
			   size_t n);

/* The system's number of the NUMA node whose pool a worker is of. */
uint16_t
weir__topology_node_of_worker(const struct weir__topology *topology,
			      unsigned worker);

enum { WEIR__HUGE_PAGE = 2 << 20 };

/* On which boundary so many bytes begin that are to be in huge pages, or 0:
 * they are not. */
size_t
weir__topology_huge_page(const struct weir__topology *topology, size_t bytes);

/* Ask for huge pages for memory that begins with one. */
void
weir__topology_make_huge(void *memory, size_t bytes);

/* NUMA node (the system's number) of each processor, n entries by the
 * system's processor number; -1 where there is none. Owned by topology. */
const int *
weir__topology_node_of_cpu(const struct weir__topology *topology, size_t *n);

/* Add lines of text for people (weir-info), or the members of a JSON object
 * without its braces, to text. */
struct weir__text;
void
weir__topology_print(const struct weir__topology *topology, bool as_json,
		     struct weir__text *text);

#endif
