/*
 * Which tasks came with a graph that was added, and so are under its name:
 * "solver", or "model/solver" where that had been added to another before.
 */
#ifndef WEIR_GRAPH_TASK_PATHS_H
#define WEIR_GRAPH_TASK_PATHS_H

#include "graph/tasks.h"

/* Of the tasks from `first` on, up to where the next one begins; of several
 * with the same `first` the last counts. */
struct weir__task_path {
	uint32_t first;
	const char *text;	/* with the arguments, see task_args.h; NULL:
				   they were recorded here */
};

/*
 * Get ready for the tasks of a graph, which are to follow the last one. Until
 * the commit nothing has changed.
 *
 * Cost: O(paths of the added graph).
 */
weir_status
weir__task_paths_prepare(weir_tasks *tasks, const weir_tasks *added);

void
weir__task_paths_commit(weir_tasks *tasks, const weir_tasks *added);

/* NULL: none. Cost: O(log n). */
const char *
weir__task_path(const struct weir__task_path *paths, size_t n, uint32_t task);

#endif
