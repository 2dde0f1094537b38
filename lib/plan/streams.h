/* From a deal to a schedule's streams of blocks. */
#ifndef WEIR_PLAN_STREAMS_H
#define WEIR_PLAN_STREAMS_H

#include "plan/schedule.h"
#include "topology/topology.h"

/* A lone worker's items are cut into blocks too, so that runs can be stopped
 * and failures seen between them. */
enum { WEIR__ITEMS_A_BLOCK = 1024 };

/* Room for a schedule's items and so many blocks, in its workers' streams. */
weir_status
weir__schedule_arrays(struct weir__schedule *schedule, uint32_t blocks);

/* Fill a schedule that knows its workers and how many items it has. */
weir_status
weir__make_streams(struct weir__schedule *schedule,
		   const struct weir__dag *dag,
		   const struct weir__succs *succs,
		   const struct weir__deal *deal);

/*
 * Move what each worker reads of a schedule while it runs its stream into
 * memory of its node, page by page; and likewise what there is beside the items
 * of all streams, of so many bytes each. Nothing else changes: it may be in
 * use.
 */
void
weir__streams_place(const struct weir__schedule *schedule,
		    const struct weir__topology *topology, void *beside,
		    size_t size);

#endif
