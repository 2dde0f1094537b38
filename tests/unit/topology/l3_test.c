/* Pools of L3 caches. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>

#include "unit/topology/machines.h"

TestSuite(l3, .init = begin, .fini = end);

static struct weir__topology *
load_l3(const char *synthetic, unsigned threads)
{
	return load_as((struct weir__topology_options){
		.threads = threads, .synthetic = synthetic,
		.pools = WEIR_POOLS_L3 });
}

static const struct cached {
	const char *synthetic;
	unsigned threads;	/* asked for */
	size_t pools;
	struct {
		unsigned node;
		int l3;
		unsigned workers, processors;
	} pool[8];
} cached[] = {
	{ "numa:1 l3:4 core:2 pu:2", 0, 4,
	  { { 0, 0, 4, 4 }, { 0, 1, 4, 4 }, { 0, 2, 4, 4 },
	    { 0, 3, 4, 4 } } },
	{ "pack:2 [numa] l3:2 core:3 pu:1", 0, 4,
	  { { 0, 0, 3, 3 }, { 0, 1, 3, 3 }, { 1, 2, 3, 3 },
	    { 1, 3, 3, 3 } } },
	/* fewer workers than caches; a remainder */
	{ "numa:2 l3:2 core:4 pu:1", 3, 3,
	  { { 0, 0, 1, 4 }, { 0, 1, 1, 4 }, { 1, 2, 1, 4 } } },
	{ "numa:2 l3:2 core:4 pu:1", 6, 4,
	  { { 0, 0, 2, 4 }, { 0, 1, 2, 4 }, { 1, 2, 1, 4 },
	    { 1, 3, 1, 4 } } },
	/* a cache of several nodes is not one pool */
	{ "l3:2 numa:2 core:2 pu:1", 0, 4,
	  { { 0, 0, 2, 2 }, { 1, 0, 2, 2 }, { 2, 1, 2, 2 },
	    { 3, 1, 2, 2 } } },
	/* nodes numbered against the order of the caches */
	{ "numa:2(indexes=7,3) l3:2 core:1 pu:1", 0, 4,
	  { { 3, 2, 1, 1 }, { 3, 3, 1, 1 }, { 7, 0, 1, 1 },
	    { 7, 1, 1, 1 } } },
	/* no cache is known */
	{ "numa:2 core:2 pu:1", 0, 2, { { 0, -1, 2, 2 }, { 1, -1, 2, 2 } } },
	{ "l2:2 core:2 pu:1", 0, 1, { { 0, -1, 4, 4 } } },
};
enum { CACHED = sizeof cached / sizeof *cached };

ParameterizedTestParameters(l3, pools_of_a_machine_made_up)
{
	static size_t index[CACHED];
	size_t i;

	for (i = 0; i < CACHED; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, CACHED);
}

ParameterizedTest(size_t *index, l3, pools_of_a_machine_made_up)
{
	const struct cached *c = &cached[*index];
	struct weir__topology *t = load_l3(c->synthetic, c->threads);
	size_t i;

	cr_assert_eq(weir__topology_pools(t), c->pools, "%s: %zu",
		     c->synthetic, weir__topology_pools(t));
	for (i = 0; i < c->pools; i++) {
		weir_pool_info pool = weir__topology_pool(t, i);

		cr_expect_eq(pool.numa_node, c->pool[i].node, "%s: pool %zu",
			     c->synthetic, i);
		cr_expect_eq(pool.l3, c->pool[i].l3, "%s: pool %zu is L3 %d",
			     c->synthetic, i, pool.l3);
		cr_expect_eq(pool.workers, c->pool[i].workers,
			     "%s: pool %zu has %u", c->synthetic, i,
			     pool.workers);
		cr_expect_eq(pool.processors, c->pool[i].processors,
			     "%s: pool %zu has %u", c->synthetic, i,
			     pool.processors);
	}
	expect_sound_pools(t, c->synthetic);
	weir__topology_release(t);
}

Test(l3, pools_are_made_only_if_told)
{
	static const char machine[] = "numa:2 l3:2 core:2 pu:1";
	struct weir__topology *t;

	setenv("WEIR_POOLS", "l3", 1);
	t = load(machine, NULL, 0);
	cr_expect_eq(weir__topology_pools(t), 4);
	weir__topology_release(t);
	setenv("WEIR_POOLS", "numa", 1);
	t = load(machine, NULL, 0);
	cr_expect_eq(weir__topology_pools(t), 2);
	weir__topology_release(t);
	t = load_l3(machine, 0);
	cr_expect_eq(weir__topology_pools(t), 4, "asked for wins");
	weir__topology_release(t);
}

Test(l3, pools_are_printed)
{
	struct weir__topology *t = load_l3("numa:2 l3:2 core:1 pu:1", 0);
	const char *text = printed(t, false);
	json_t *json, *pools;

	cr_expect_not_null(strstr(text, "pool 3: NUMA node 1, L3 3, 1 worker, "
				  "1 processor"), "%s", text);
	json = json_loads(printed(t, true), 0, NULL);
	pools = json_object_get(json, "pools");
	cr_assert_eq(json_array_size(pools), 4);
	cr_expect_eq(json_integer_value(json_object_get(
		json_array_get(pools, 3), "l3")), 3);
	json_decref(json);
	weir__topology_release(t);
}

/* Two caches are made up of two processors that are there. */
Test(l3, pools_are_what_workers_are_bound_to)
{
	struct weir__topology *t;
	cpu_set_t before, mask;
	unsigned w;

	cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
	if (!CPU_ISSET(0, &before) || !CPU_ISSET(1, &before))
		cr_skip_test("processors 0 and 1 are not there");
	setenv("HWLOC_SYNTHETIC", "l3:2 core:1 pu:1", 1);
	setenv("HWLOC_THISSYSTEM", "1", 1);
	t = load_l3(NULL, 0);
	cr_assert(weir__topology_is_this_machine(t));
	cr_assert_eq(weir__topology_threads(t), 2);
	for (w = 0; w < 2; w++) {
		weir__topology_bind_worker(t, w);
		cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
		cr_expect_eq(CPU_COUNT(&mask), 1);
		cr_expect(CPU_ISSET(w, &mask), "worker %u", w);
	}
	sched_setaffinity(0, sizeof before, &before);
	weir__topology_release(t);
}
