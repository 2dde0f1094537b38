/* Threads into their pools, by the system's own call: hwloc's picture is gone
 * by then. */
#include <sched.h>

#include "topology/picture.h"

void
weir__topology_bind_worker(const struct weir__topology *t, unsigned worker)
{
	const weir_pool_info *pool =
		&t->pools[weir__topology_pool_of_worker(t, worker)];
	size_t size = CPU_ALLOC_SIZE(t->n_cpus), i;
	cpu_set_t *set;

	if (!t->is_this_machine)
		return;
	set = CPU_ALLOC(t->n_cpus);
	if (!set)
		return;
	CPU_ZERO_S(size, set);
	for (i = 0; i < t->n_cpus; i++)
		if (t->home_of_cpu[i].node == (int)pool->numa_node &&
		    t->home_of_cpu[i].l3 == pool->l3)
			CPU_SET_S(i, size, set);
	/* Refused: the thread stays where it is, which is slower. */
	(void)sched_setaffinity(0, size, set);
	CPU_FREE(set);
}
