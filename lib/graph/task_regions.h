/*
 * The memory that tasks work on, as far as they have told how much it is, and
 * where it is: so that they can be done near it.
 */
#ifndef WEIR_GRAPH_TASK_REGIONS_H
#define WEIR_GRAPH_TASK_REGIONS_H

#include "graph/tasks.h"
#include "topology/memory_map.h"

/* So many bytes that a task works on. */
struct weir__region {
	const void *memory;
	size_t bytes;
	uint32_t task;
};

/* Of what the last task accesses; bytes: of each, or NULL: not told. */
weir_status
weir__tasks_add_regions(weir_tasks *tasks, const weir_access *accesses,
			size_t n, const size_t *bytes);

/* The same of a task that does pieces begin..end - 1 of a loop of n: of all
 * that the loop accesses it works on the same part. */
weir_status
weir__tasks_add_parts(weir_tasks *tasks, const weir_access *accesses,
		      size_t n_accesses, const size_t *bytes, size_t begin,
		      size_t end, size_t n);

/* Where memory is, from now on, as told. WEIR_ENOMEM, WEIR_EINVAL: see
 * weir__memory_map_new(). */
weir_status
weir__tasks_set_places(weir_tasks *tasks, const weir_memory_place *places,
		       size_t n);

/* The same as the system says. */
weir_status
weir__tasks_find_places(weir_tasks *tasks);

void
weir__task_regions_free(weir_tasks *tasks);

/*
 * Per task, and of it for each pool, what it takes longer there for its memory
 * being elsewhere: see struct weir__dag. *far is NULL where that is not known,
 * or there is one pool; else weir__free() it.
 */
weir_status
weir__tasks_find_far(const weir_tasks *tasks,
		     const struct weir__topology *topology,
		     double ns_a_byte, float **far);

#endif
