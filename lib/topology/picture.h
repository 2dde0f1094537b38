/* The topology as kept: plain numbers, for the files of this folder. */
#ifndef WEIR_TOPOLOGY_PICTURE_H
#define WEIR_TOPOLOGY_PICTURE_H

#include "topology/machine.h"
#include "topology/topology.h"

/* Processors with the same place are those of one pool. */
struct weir__place {
	int node;		/* the system's number */
	int l3;			/* hwloc's logical number; -1: see weir_pools */
};

enum weir__source {
	WEIR__ASSUMED,
	WEIR__FIRMWARE,
	WEIR__GIVEN,
	WEIR__MEASURED
};

struct weir__topology {
	struct weir__heap *heap;
	bool is_this_machine;
	unsigned packages, cores, cpus, nodes;	/* that the machine has */
	unsigned usable;	/* of its cpus */
	unsigned processors;	/* the same within the quota */
	unsigned threads;
	double quota;		/* 0: none */
	weir_pool_info *pools;
	size_t n_pools;
	uint16_t *pool_of_worker;	/* NULL: there is one */
	enum weir__source source;	/* of the figures: */
	unsigned *figures;	/* n_pools x n_pools: how far it is, all in one
				   unit; 0: within a pool, unknown */
	bool is_ns;		/* that unit is the nanosecond */
	float *times;		/* of distances; NULL: there is one pool */
	struct weir__distances distances;
	unsigned *memories;	/* numbers of nodes that may have memory */
	size_t n_memories;
	float *far;		/* n_memories x n_pools; see far.c */
	int *node_of_cpu;
	struct weir__place *home_of_cpu;	/* of usable ones; its node is
						   -1 for others */
	size_t n_cpus;		/* of both */
	bool wants_huge_pages;
};

/* -- distances.c ---------------------------------------------------------- */

/* From asked, WEIR_DISTANCES or the machine: figures, times, distances. */
weir_status
weir__distances_find(struct weir__topology *topology, hwloc_topology_t machine,
		     const char *asked);

/* -- far.c ---------------------------------------------------------------- */

/* How far each node's memory is from each pool, if there are several. */
weir_status
weir__far_find(struct weir__topology *topology, hwloc_topology_t machine);

/* -- huge_pages.c --------------------------------------------------------- */

/* Whether they are wanted: as asked, else as WEIR_HUGE_PAGES says. */
weir_status
weir__huge_pages_find(struct weir__topology *topology, weir_huge_pages asked);

#endif
