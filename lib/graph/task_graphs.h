/*
 * A task graph added to another, as if its tasks had been recorded there.
 */
#ifndef WEIR_GRAPH_TASK_GRAPHS_H
#define WEIR_GRAPH_TASK_GRAPHS_H

#include "graph/tasks.h"

/*
 * Tasks of the added graph that come after none of it come after n others. On
 * failure nothing is recorded but combinations of either graph.
 *
 * Cost: O(tasks + edges + places + readers of the added graph).
 */
weir_status
weir__tasks_add_graph(weir_tasks *tasks, weir_tasks *added,
		      const uint32_t *after, size_t n);

#endif
