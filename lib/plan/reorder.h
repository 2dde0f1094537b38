/*
 * Another order for tasks that commute.
 *
 * In: recorded tasks, and the graph and schedule in which those that commute
 * come one after another as the program has them. Out: the same if an order
 * was found in which all is over earlier.
 */
#ifndef WEIR_PLAN_REORDER_H
#define WEIR_PLAN_REORDER_H

#include "graph/tasks.h"
#include "plan/schedule.h"

/*
 * *dag's arrays, on the tasks' heap, and *schedule are replaced, or stay as
 * they are; priorities are borrowed. Edges of the new graph need not go from
 * lower to higher items.
 *
 * Cost: that of dealing twice more.
 */
weir_status
weir__reorder(const weir_tasks *tasks, unsigned workers,
	      struct weir__dag *dag, struct weir__schedule **schedule);

#endif
