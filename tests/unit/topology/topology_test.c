#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/topology/machines.h"
#include "support/temporary.h"

TestSuite(topology, .init = begin, .fini = end);

/* -- what holds for any machine ------------------------------------------- */

/* In proportion to the processors: nobody is off by a whole worker. */
static void
expect_fair_pools(const struct weir__topology *t, const char *label)
{
	unsigned processors = weir__topology_processors(t);
	size_t i;

	for (i = 0; i < weir__topology_pools(t); i++) {
		weir_pool_info pool = weir__topology_pool(t, i);
		double share = (double)weir__topology_threads(t) *
			       pool.processors / processors;

		cr_expect(pool.workers > share - 1 && pool.workers < share + 1,
			  "%s: pool %zu has %u of %g", label, i, pool.workers,
			  share);
	}
}

/* -- machines made up ----------------------------------------------------- */

static const struct machine {
	const char *synthetic;
	unsigned threads;	/* asked for */
	unsigned expect_threads, processors;
	size_t pools;
	unsigned nodes[4];	/* numbers of the first pools */
	unsigned workers[4];
} machines[] = {
	{ "pu:1", 0, 1, 1, 1, { 0 }, { 1 } },
	{ "pu:3", 7, 7, 3, 1, { 0 }, { 7 } },
	{ "core:4 pu:2", 0, 8, 8, 1, { 0 }, { 8 } },
	{ "numa:2 pu:2", 0, 4, 4, 2, { 0, 1 }, { 2, 2 } },
	{ "pack:2 numa:4(memory=16GB) l3:2 core:4 pu:2", 0, 128, 128, 8,
	  { 0, 1, 2, 3 }, { 16, 16, 16, 16 } },
	{ "pack:2 [numa(memory=64GB)] l2:4 core:2 pu:1", 0, 16, 16, 2,
	  { 0, 1 }, { 8, 8 } },
	/* fewer workers than nodes */
	{ "numa:4 core:8 pu:1", 3, 3, 32, 3, { 0, 1, 2 }, { 1, 1, 1 } },
	{ "numa:4 core:8 pu:1", 1, 1, 32, 1, { 0 }, { 1 } },
	/* a remainder goes to the lower nodes */
	{ "numa:4 core:8 pu:1", 6, 6, 32, 4, { 0, 1, 2, 3 },
	  { 2, 2, 1, 1 } },
	/* more workers than processors */
	{ "numa:2 core:1 pu:1", 5, 5, 2, 2, { 0, 1 }, { 3, 2 } },
	/* nodes numbered as they like */
	{ "numa:4(indexes=3,9,255,1) core:2 pu:1", 0, 8, 8, 4,
	  { 1, 3, 9, 255 }, { 2, 2, 2, 2 } },
	/* processors numbered round the nodes */
	{ "numa:2 core:4 pu:1(indexes=numa:core)", 0, 8, 8, 2, { 0, 1 },
	  { 4, 4 } },
	/* a memory-only node beside each ordinary one */
	{ "pack:2 [numa(memory=8GB)] [numa(memory=64GB)] core:4 pu:1", 0, 8,
	  8, 2, { 0, 2 }, { 4, 4 } },
	/* one more that belongs to the whole machine */
	{ "[numa(memory=512GB)] pack:2 [numa(memory=8GB)] core:4 pu:1", 0, 8,
	  8, 2, { 0, 1 }, { 4, 4 } },
	{ "pack:1 group:4 [numa] l2:8 core:2 pu:4", 64, 64, 256, 4,
	  { 0, 1, 2, 3 }, { 16, 16, 16, 16 } },
	{ "group:2 pack:4 numa:2 core:16 pu:4", 0, 1024, 1024, 16,
	  { 0, 1, 2, 3 }, { 64, 64, 64, 64 } },
};
enum { MACHINES = sizeof machines / sizeof *machines };

ParameterizedTestParameters(topology, of_a_machine_made_up)
{
	static size_t index[MACHINES];
	size_t i;

	for (i = 0; i < MACHINES; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, MACHINES);
}

ParameterizedTest(size_t *index, topology, of_a_machine_made_up)
{
	const struct machine *m = &machines[*index];
	struct weir__topology *t = load(m->synthetic, NULL, m->threads);
	size_t i;

	cr_expect_not(weir__topology_is_this_machine(t));
	cr_expect_eq(weir__topology_quota(t), 0);
	cr_expect_eq(weir__topology_threads(t), m->expect_threads, "%s",
		     m->synthetic);
	cr_expect_eq(weir__topology_processors(t), m->processors, "%s: %u",
		     m->synthetic, weir__topology_processors(t));
	cr_expect_eq(weir__topology_pools(t), m->pools, "%s: %zu",
		     m->synthetic, weir__topology_pools(t));
	for (i = 0; i < m->pools && i < 4; i++) {
		weir_pool_info pool = weir__topology_pool(t, i);

		cr_expect_eq(pool.numa_node, m->nodes[i], "%s: pool %zu is "
			     "node %u", m->synthetic, i, pool.numa_node);
		cr_expect_eq(pool.workers, m->workers[i], "%s: pool %zu has "
			     "%u", m->synthetic, i, pool.workers);
		cr_expect_eq(pool.l3, -1, "%s", m->synthetic);
	}
	expect_sound_pools(t, m->synthetic);
	if (m->threads == 0 || m->threads >= m->pools)
		expect_fair_pools(t, m->synthetic);
	weir__topology_release(t);
}

Test(topology, deals_any_number_of_workers)
{
	unsigned threads;

	for (threads = 1; threads < 80; threads++) {
		struct weir__topology *t = load("numa:6 core:3 pu:2", NULL,
						threads);

		expect_sound_pools(t, "numa:6 core:3 pu:2");
		weir__topology_release(t);
	}
}

Test(topology, knows_the_node_of_each_processor)
{
	static const int wanted[] = { 0, 1, 0, 1, 0, 1, 0, 1 };
	struct weir__topology *t = load("numa:2 core:4 pu:1"
					"(indexes=0,2,4,6,1,3,5,7)", NULL, 0);
	size_t n;
	const int *nodes = weir__topology_node_of_cpu(t, &n);

	cr_assert_eq(n, 8);
	cr_expect_arr_eq(nodes, wanted, sizeof wanted);
	weir__topology_release(t);
}

Test(topology, knows_the_memory_of_a_node)
{
	struct weir__topology *t = load("numa:2(memory=1GiB) pu:1", NULL, 0);

	cr_expect_eq(weir__topology_pool(t, 1).memory_bytes, 1u << 30);
	cr_expect_eq(weir__topology_pool(t, 2).workers, 0, "no such pool");
	weir__topology_release(t);
}

/* -- machines recorded ---------------------------------------------------- */

static const struct recorded {
	const char *name;
	unsigned processors;
	size_t pools;
} recorded[] = {
	{ "16amd64-4distances.xml", 16, 8 },
	{ "96em64t-4n4d3ca2co.xml", 96, 4 },
	/* four of its nodes are high-bandwidth memory */
	{ "64intel64-fakeKNL-SNC4-hybrid.xml", 64, 4 },
	{ "8intel64-4n2t-memattrs.xml", 8, 4 },
};
enum { RECORDED = sizeof recorded / sizeof *recorded };

ParameterizedTestParameters(topology, of_a_machine_recorded)
{
	static size_t index[RECORDED];
	size_t i;

	for (i = 0; i < RECORDED; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, RECORDED);
}

static const char *
recorded_path(const char *name)
{
	static char path[1024];
	const char *shared = getenv("WEIR_SHARED");
	const char *source = getenv("srcdir");

	if (shared)
		snprintf(path, sizeof path, "%s/topologies/%s", shared, name);
	else
		snprintf(path, sizeof path, "%s/../shared/topologies/%s",
			 source ? source : ".", name);
	return path;
}

ParameterizedTest(size_t *index, topology, of_a_machine_recorded)
{
	const struct recorded *r = &recorded[*index];
	const char *path = recorded_path(r->name);
	struct weir__topology *t;

	if (access(path, R_OK) != 0)
		cr_skip_test("%s is not there", r->name);
	t = load(NULL, path, 0);
	cr_expect_not(weir__topology_is_this_machine(t));
	cr_expect_eq(weir__topology_processors(t), r->processors, "%s",
		     r->name);
	cr_expect_eq(weir__topology_pools(t), r->pools, "%s: %zu", r->name,
		     weir__topology_pools(t));
	expect_sound_pools(t, r->name);
	expect_fair_pools(t, r->name);
	weir__topology_release(t);
}

/* Written down here: what a kernel shows whose node 0 has processors and no
 * memory, which hwloc leaves out. */
static const char memoryless[] =
"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
"<topology version=\"2.0\">\n"
"<object type=\"Machine\" os_index=\"0\" cpuset=\"0x7\""
" complete_cpuset=\"0x7\" allowed_cpuset=\"0x7\" nodeset=\"0x2\""
" complete_nodeset=\"0x2\" allowed_nodeset=\"0x2\" gp_index=\"1\">\n"
"<object type=\"Package\" os_index=\"0\" cpuset=\"0x1\""
" complete_cpuset=\"0x1\" nodeset=\"0x0\" complete_nodeset=\"0x0\""
" gp_index=\"2\">\n"
"<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\""
" nodeset=\"0x0\" complete_nodeset=\"0x0\" gp_index=\"3\"/>\n"
"</object>\n"
"<object type=\"Package\" os_index=\"1\" cpuset=\"0x6\""
" complete_cpuset=\"0x6\" nodeset=\"0x2\" complete_nodeset=\"0x2\""
" gp_index=\"4\">\n"
"<object type=\"NUMANode\" os_index=\"1\" cpuset=\"0x6\""
" complete_cpuset=\"0x6\" nodeset=\"0x2\" complete_nodeset=\"0x2\""
" gp_index=\"5\" local_memory=\"1048576\"/>\n"
"<object type=\"PU\" os_index=\"1\" cpuset=\"0x2\" complete_cpuset=\"0x2\""
" nodeset=\"0x2\" complete_nodeset=\"0x2\" gp_index=\"6\"/>\n"
"<object type=\"PU\" os_index=\"2\" cpuset=\"0x4\" complete_cpuset=\"0x4\""
" nodeset=\"0x2\" complete_nodeset=\"0x2\" gp_index=\"7\"/>\n"
"</object>\n"
"</object>\n"
"</topology>\n";

static void
write_file(char path[TEMPORARY], const char *text)
{
	FILE *file;

	temporary_file(path);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

Test(topology, gives_processors_without_memory_to_the_nearest_node)
{
	char path[TEMPORARY];
	struct weir__topology *t;
	const int *nodes;
	size_t n;

	write_file(path, memoryless);
	t = load(NULL, path, 0);
	unlink(path);
	cr_expect_eq(weir__topology_pools(t), 1);
	cr_expect_eq(weir__topology_pool(t, 0).numa_node, 1);
	cr_expect_eq(weir__topology_pool(t, 0).processors, 3);
	nodes = weir__topology_node_of_cpu(t, &n);
	cr_assert_eq(n, 3);
	cr_expect_eq(nodes[0], -1, "it has no node of its own");
	cr_expect_eq(nodes[1], 1);
	weir__topology_release(t);
}

/* -- this machine --------------------------------------------------------- */

Test(topology, of_this_machine_follows_the_affinity_mask)
{
	struct weir__topology *t;
	cpu_set_t before, one, after;
	int cpu;

	cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
	for (cpu = 0; !CPU_ISSET(cpu, &before); cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
	t = load(NULL, NULL, 0);
	cr_expect(weir__topology_is_this_machine(t));
	if (!getenv("OMP_PROC_BIND") && !getenv("OMP_PLACES"))
		cr_expect_eq(weir__topology_processors(t), 1);
	expect_sound_pools(t, "this machine");
	weir__topology_release(t);
	sched_getaffinity(0, sizeof after, &after);
	cr_expect(CPU_EQUAL(&one, &after), "the mask was changed");
	sched_setaffinity(0, sizeof before, &before);
}

Test(topology, of_this_machine_has_no_more_workers_than_processors)
{
	struct weir__topology *t = load(NULL, NULL, 0);

	cr_expect_eq(weir__topology_threads(t), weir__topology_processors(t));
	cr_expect_leq(weir__topology_processors(t),
		      (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	weir__topology_release(t);
}

/* -- the environment ------------------------------------------------------ */

Test(topology, takes_the_threads_asked_for_before_the_environment)
{
	struct weir__topology *t;

	setenv("WEIR_NUM_THREADS", "5", 1);
	t = load("pu:2", NULL, 3);
	cr_expect_eq(weir__topology_threads(t), 3);
	weir__topology_release(t);
	t = load("pu:2", NULL, 0);
	cr_expect_eq(weir__topology_threads(t), 5);
	weir__topology_release(t);
}

Test(topology, of_the_environment_is_not_this_machine)
{
	struct weir__topology *t;

	setenv("HWLOC_SYNTHETIC", "numa:3 pu:1", 1);
	t = load(NULL, NULL, 0);
	cr_expect_not(weir__topology_is_this_machine(t));
	cr_expect_eq(weir__topology_pools(t), 3);
	weir__topology_release(t);
}

Test(topology, asked_for_wins_over_that_of_the_environment)
{
	struct weir__topology *t;

	setenv("HWLOC_SYNTHETIC", "numa:3 pu:1", 1);
	t = load("numa:2 pu:1", NULL, 0);
	cr_expect_eq(weir__topology_pools(t), 2);
	weir__topology_release(t);
}

/* -- what is refused ------------------------------------------------------ */

static void
expect_refused(unsigned threads, const char *synthetic, const char *file,
	       const char *says)
{
	struct weir__topology *t = NULL;

	cr_expect_eq(weir__topology_create(
			     heap, &(struct weir__topology_options){
				     .threads = threads,
				     .synthetic = synthetic,
				     .file = file }, &t),
		     WEIR_EINVAL, "%s", says);
	cr_expect_not_null(strstr(weir_error_text(), says), "%s",
			   weir_error_text());
	cr_expect_null(t);
}

Test(topology, that_cannot_be_is_refused)
{
	char path[TEMPORARY];

	expect_refused(0, "nonsense", NULL, "`nonsense'");
	expect_refused(0, "numa:2 pu:0", NULL, "`numa:2 pu:0'");
	expect_refused(0, NULL, "/no/such/file.xml", "/no/such/file.xml");
	expect_refused(0, "pu:1", "/no/such/file.xml", "both");
	expect_refused(100000, "pu:1", NULL, "100000 threads");
	write_file(path, "<topology>this is not one");
	expect_refused(0, NULL, path, path);
	unlink(path);
}

Test(topology, of_a_wrong_environment_is_refused)
{
	setenv("HWLOC_SYNTHETIC", "nonsense", 1);
	expect_refused(0, NULL, NULL, "`nonsense'");
	unsetenv("HWLOC_SYNTHETIC");
	setenv("HWLOC_XMLFILE", "/no/such/file.xml", 1);
	expect_refused(0, NULL, NULL, "/no/such/file.xml");
	unsetenv("HWLOC_XMLFILE");
	setenv("WEIR_NUM_THREADS", "lots", 1);
	expect_refused(0, "pu:1", NULL, "WEIR_NUM_THREADS");
	unsetenv("WEIR_NUM_THREADS");
	setenv("WEIR_POOLS", "l2", 1);
	expect_refused(0, "pu:1", NULL, "WEIR_POOLS is `l2'");
}

Test(topology, leaks_nothing_without_memory)
{
	static const struct weir__topology_options options = {
		.synthetic = "numa:2 pu:2",
	};
	struct weir__topology *t = NULL;
	int n;

	for (n = 1;; n++) {
		fault_arm(&fault, n);
		if (!weir__topology_create(heap, &options, &t))
			break;
		cr_assert_null(t);
		cr_assert_eq(fault.alive, 1, "the heap alone");
	}
	cr_expect_gt(n, 2);
	weir__topology_release(t);
	weir__topology_release(NULL);
}

/* -- printing ------------------------------------------------------------- */

Test(topology, is_printed_for_people)
{
	struct weir__topology *t = load("numa:2(memory=1GiB) core:2 pu:1",
					NULL, 3);
	const char *text = printed(t, false);

	cr_expect_not_null(strstr(text, "2 NUMA nodes, 4 cores, 4 processors"),
			   "%s", text);
	cr_expect_not_null(strstr(text, "3 workers in 2 pools"), "%s", text);
	cr_expect_not_null(strstr(text, "pool 1: NUMA node 1, 1 worker, 2 "
				  "processors, 1024 MiB"), "%s", text);
	weir__topology_release(t);
}

Test(topology, is_printed_as_json)
{
	struct weir__topology *t = load("numa:2 core:2 pu:1", NULL, 3);
	json_t *json = json_loads(printed(t, true), 0, NULL);
	json_t *pools = json_object_get(json, "pools");

	cr_assert_not_null(json);
	cr_expect_eq(json_integer_value(json_object_get(json, "threads")), 3);
	cr_expect(json_is_null(json_object_get(json, "quota")));
	cr_assert_eq(json_array_size(pools), 2);
	cr_expect_eq(json_integer_value(json_object_get(
		json_array_get(pools, 0), "workers")), 2);
	cr_expect(json_is_null(json_object_get(json_array_get(pools, 0),
					       "l3")));
	json_decref(json);
	weir__topology_release(t);
}
