/* Topologies to test, on a heap that can fail. */
#ifndef WEIR_TESTS_UNIT_TOPOLOGY_MACHINES_H
#define WEIR_TESTS_UNIT_TOPOLOGY_MACHINES_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/error.h"
#include "support/fault.h"
#include "topology/topology.h"

static struct fault fault;
static struct weir__heap *heap;

static inline void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	unsetenv("WEIR_NUM_THREADS");
	unsetenv("OMP_NUM_THREADS");
	unsetenv("WEIR_POOLS");
	unsetenv("WEIR_DISTANCES");
	unsetenv("HWLOC_SYNTHETIC");
	unsetenv("HWLOC_XMLFILE");
	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
}

static inline void
end(void)
{
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

/* As the options say; must succeed. */
static inline struct weir__topology *
load_as(struct weir__topology_options options)
{
	struct weir__topology *t = NULL;

	cr_assert_eq(weir__topology_create(heap, &options, &t), WEIR_OK,
		     "%s: %s", options.synthetic ? options.synthetic
		     : options.file, weir_error_text());
	return t;
}

static inline struct weir__topology *
load(const char *synthetic, const char *file, unsigned threads)
{
	return load_as((struct weir__topology_options){
		.threads = threads, .synthetic = synthetic, .file = file });
}

/* By node, and in it by cache. */
static inline bool
is_in_order(weir_pool_info a, weir_pool_info b)
{
	return a.numa_node < b.numa_node ||
	       (a.numa_node == b.numa_node && a.l3 < b.l3);
}

static inline void
expect_sound_pools(const struct weir__topology *t, const char *label)
{
	unsigned workers = 0, processors = 0, w;
	size_t n = weir__topology_pools(t), i, k, n_cpus;
	const int *node_of_cpu = weir__topology_node_of_cpu(t, &n_cpus);

	cr_assert_geq(n, 1, "%s", label);
	for (i = 0; i < n; i++) {
		weir_pool_info pool = weir__topology_pool(t, i);

		cr_expect_geq(pool.workers, 1, "%s", label);
		cr_expect_geq(pool.processors, 1, "%s", label);
		if (i)
			cr_expect(is_in_order(weir__topology_pool(t, i - 1),
					      pool), "%s", label);
		for (w = 0; w < pool.workers; w++)
			cr_expect_eq(weir__topology_pool_of_worker(
					     t, workers + w), i, "%s", label);
		workers += pool.workers;
		processors += pool.processors;
	}
	cr_expect_eq(workers, weir__topology_threads(t), "%s", label);
	cr_expect_leq(processors, n_cpus, "%s", label);
	for (k = 0; k < n_cpus; k++)
		cr_expect_geq(node_of_cpu[k], -1, "%s", label);
}

static inline const char *
printed(const struct weir__topology *t, bool as_json)
{
	static char buffer[20000];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__text_add(&text, as_json ? "{" : "");
	weir__topology_print(t, as_json, &text);
	weir__text_add(&text, as_json ? "}" : "");
	return buffer;
}

#endif
