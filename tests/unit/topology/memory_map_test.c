/* Where memory is: as told, and as the system says. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "topology/memory_map.h"
#include "unit/topology/machines.h"

TestSuite(memory_map, .init = begin, .fini = end);

enum { POOLS_MAX = 8 };

static const char *const memory = (const char *)4096;

static struct weir__memory_map *
must_map(const weir_memory_place *places, size_t n)
{
	struct weir__memory_map *map = NULL;

	cr_assert_eq(weir__memory_map_new(heap, places, n, &map), WEIR_OK,
		     "%s", weir_error_text());
	return map;
}

Test(memory_map, is_sorted_and_has_no_gaps_of_its_own)
{
	const weir_memory_place places[] = {
		{ memory + 300, 100, 1 }, { memory, 100, 0 },
		{ memory + 50, 0, 7 }, { memory + 100, 100, 0 },
		{ memory + 200, 50, 1 },
	};
	struct weir__memory_map *map = must_map(places, 5);
	const weir_memory_place *found;

	cr_assert_eq(weir__memory_map_places(map, &found), 3);
	cr_expect_eq(found[0].memory, memory);
	cr_expect_eq(found[0].bytes, 200);
	cr_expect_eq(found[0].numa_node, 0);
	cr_expect_eq(found[1].memory, memory + 200);
	cr_expect_eq(found[1].bytes, 50);
	cr_expect_eq(found[2].memory, memory + 300);
	cr_expect_eq(found[2].numa_node, 1);
	weir__memory_map_free(map);
	map = must_map(NULL, 0);
	cr_expect_eq(weir__memory_map_places(map, &found), 0);
	weir__memory_map_free(map);
	weir__memory_map_free(NULL);
}

Test(memory_map, refuses_what_cannot_be)
{
	const weir_memory_place twice[] = {
		{ memory + 99, 10, 1 }, { memory, 100, 0 },
	};
	const weir_memory_place beyond[] = {
		{ (const char *)UINTPTR_MAX - 10, 12, 0 },
	};
	struct weir__memory_map *map = NULL;

	cr_expect_eq(weir__memory_map_new(heap, twice, 2, &map), WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "in two places"));
	cr_expect_eq(weir__memory_map_new(heap, beyond, 1, &map),
		     WEIR_EINVAL);
	cr_expect_null(map);
}

static void
expect_far(const struct weir__memory_map *map, const struct weir__topology *t,
	   size_t from, size_t bytes, const float *wanted)
{
	float row[POOLS_MAX] = { 0 };
	size_t p;

	weir__memory_map_add_far(map, t, memory + from, bytes, 0.5, row);
	for (p = 0; p < weir__topology_pools(t); p++)
		cr_expect_float_eq((double)row[p], (double)wanted[p], 1e-3,
				   "%zu bytes from %zu, pool %zu: %g", bytes,
				   from, p, (double)row[p]);
}

Test(memory_map, tells_how_far_bytes_are)
{
	const weir_memory_place places[] = {
		{ memory, 100, 0 }, { memory + 100, 100, 1 },
		{ memory + 300, 100, 1 }, { memory + 400, 100, 9 },
	};
	struct weir__memory_map *map = must_map(places, 4);
	struct weir__topology *t = load("numa:2 core:1 pu:1", NULL, 0);

	expect_far(map, t, 0, 100, (float[]){ 0, 50 });
	expect_far(map, t, 50, 100, (float[]){ 25, 25 });
	expect_far(map, t, 0, 400, (float[]){ 100, 50 });
	expect_far(map, t, 150, 200, (float[]){ 50, 0 });
	expect_far(map, t, 99, 2, (float[]){ 0.5, 0.5 });
	expect_far(map, t, 200, 100, (float[]){ 0, 0 });	/* a gap */
	expect_far(map, t, 400, 100, (float[]){ 0, 0 });	/* no node */
	expect_far(map, t, 500, 100, (float[]){ 0, 0 });	/* behind all */
	expect_far(map, t, 100, 0, (float[]){ 0, 0 });
	weir__topology_release(t);
	t = load("pu:2", NULL, 0);
	cr_expect_null(weir__topology_far(t, 0));
	weir__topology_release(t);
	weir__memory_map_free(map);
}

Test(memory_map, is_near_all_pools_of_a_node)
{
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = "numa:2 l3:2 core:1 pu:1",
		.pools = WEIR_POOLS_L3,
		.distances = "10 15 20 20; 15 10 20 20; 20 20 10 15; "
			     "20 20 15 10" });
	const float *far = weir__topology_far(t, 1);

	cr_assert_not_null(far);
	cr_expect_float_eq((double)far[0], 1, 1e-6);
	cr_expect_float_eq((double)far[1], 1, 1e-6);
	cr_expect_eq(far[2], 0);
	cr_expect_eq(far[3], 0);
	weir__topology_release(t);
}

/* Memory of high bandwidth beside the ordinary, and without processors of its
 * own. */
Test(memory_map, is_near_where_a_node_without_processors_is)
{
	const char *source = getenv("srcdir");
	struct weir__topology *t;
	const float *far;
	char file[512];
	size_t p, k, near;
	unsigned node;

	snprintf(file, sizeof file, "%s/../shared/topologies/"
		 "64intel64-fakeKNL-SNC4-hybrid.xml", source ? source : ".");
	if (access(file, R_OK))
		cr_skip_test("no %s", file);
	t = load(NULL, file, 0);
	cr_assert_eq(weir__topology_pools(t), 4);
	for (node = 0, k = 0; node < 64; node++) {
		far = weir__topology_far(t, node);
		k += far != NULL;
		for (p = near = 0; far && p < 4; p++)
			near += far[p] == 0;
		if (far)
			cr_expect_eq(near, 1, "node %u: near %zu pools", node,
				     near);
	}
	cr_expect_eq(k, 8, "%zu nodes", k);
	weir__topology_release(t);
}

/* -- as the system says --------------------------------------------------- */

enum { PAGES = 1200 };		/* more than are asked for at once */

Test(memory_map, asks_for_pages_that_are_there)
{
	char *pages = mmap(NULL, PAGES * WEIR__PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const weir_memory_place pieces[] = {
		{ pages + 10, 100 * WEIR__PAGE, 99 },
		{ pages + 5, 50, 99 },
		{ pages + 50 * WEIR__PAGE, (PAGES - 50) * WEIR__PAGE, 99 },
	};
	const weir_memory_place *found;
	struct weir__memory_map *map;
	void *page = pages;
	size_t bytes = 0, n, i;
	int node = -1;

	cr_assert_neq(pages, MAP_FAILED);
	madvise(pages, PAGES * WEIR__PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		if (i < 600 || i > 700)
			pages[i * WEIR__PAGE] = 1;
	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &node, 0) || node < 0)
		cr_skip_test("the system does not say where pages are");
	cr_assert_eq(weir__memory_map_ask(heap, pieces, 3, &map), WEIR_OK);
	n = weir__memory_map_places(map, &found);
	cr_assert_geq(n, 2);
	cr_expect_eq(found[0].memory, pages + 5);
	for (i = 0; i < n; i++) {
		cr_expect_neq(found[i].numa_node, 99);
		bytes += found[i].bytes;
		if (i)
			cr_expect_geq((const char *)found[i].memory,
				      (const char *)found[i - 1].memory +
				      found[i - 1].bytes);
	}
	cr_expect_eq(bytes, (PAGES - 101) * WEIR__PAGE - 5, "%zu", bytes);
	weir__memory_map_free(map);
	munmap(pages, PAGES * WEIR__PAGE);
}

/* Where nothing of the program's is. */
Test(memory_map, asks_up_to_the_last_address)
{
	const weir_memory_place last = {
		(const char *)UINTPTR_MAX - 10, 10, 0
	};
	const weir_memory_place *found;
	struct weir__memory_map *map;

	cr_assert_eq(weir__memory_map_ask(heap, &last, 1, &map), WEIR_OK);
	cr_expect_eq(weir__memory_map_places(map, &found), 0);
	weir__memory_map_free(map);
}

Test(memory_map, survives_failing_allocations)
{
	const weir_memory_place places[] = {
		{ memory, 100, 0 }, { memory + 100, 100, 1 },
	};
	struct weir__memory_map *map;
	weir_status status = WEIR_ENOMEM;
	long k;

	for (k = 1; status; k++) {
		fault_arm(&fault, k);
		status = weir__memory_map_new(heap, places, 2, &map);
		cr_assert(!status || status == WEIR_ENOMEM);
	}
	fault_arm(&fault, 0);
	cr_expect_gt(k, 3);
	weir__memory_map_free(map);
}
