/*
 * Loops as tasks: pieces beside each other, between one task that comes after
 * what the loop accesses and one that others come after.
 */
#ifndef WEIR_GRAPH_TASK_LOOPS_H
#define WEIR_GRAPH_TASK_LOOPS_H

#include "graph/tasks.h"

/*
 * The last task recorded is the one that others come after. Of 0 or 1 pieces
 * there is no other; and none before the pieces where all that the loop comes
 * after is one task. On failure nothing is recorded.
 */
weir_status
weir__tasks_add_for(weir_tasks *tasks, weir_for_fn fn, void *arg, size_t n,
		    size_t grain, const weir_access *accesses,
		    size_t n_accesses, const weir_task_options *options);

#endif
