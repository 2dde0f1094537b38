/* Where hwloc's picture of a machine comes from, and what of it is usable. */
#ifndef WEIR_TOPOLOGY_MACHINE_H
#define WEIR_TOPOLOGY_MACHINE_H

#include <hwloc.h>
#include <stdbool.h>
#include <weir/status.h>
#include "base/alloc.h"

/*
 * This machine, or the one described by synthetic or in file, at most one of
 * which is given. hwloc_topology_destroy() it.
 *
 * is_this: whether it is the running machine. hwloc's binding calls succeed
 * and do nothing elsewhere, so their results cannot tell.
 */
weir_status
weir__machine_load(const char *synthetic, const char *file,
		   hwloc_topology_t *machine, bool *is_this);

/* The processors this process may use, never none; hwloc_bitmap_free() it. */
weir_status
weir__machine_usable(struct weir__heap *heap, hwloc_topology_t machine,
		     bool is_this, hwloc_bitmap_t *usable);

/* The system's number of a NUMA node, or hwloc's where there is none; and the
 * node with a number, or NULL. */
unsigned
weir__node_number(hwloc_obj_t node);

hwloc_obj_t
weir__node_numbered(hwloc_topology_t machine, unsigned number);

#endif
