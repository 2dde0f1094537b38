/* How far pools are from each other. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/temporary.h"
#include "unit/topology/machines.h"

TestSuite(distances, .init = begin, .fini = end);

/* The figures as they are printed, what is in parentheses with them. */
static char *
figures(const struct weir__topology *t)
{
	static char none[1];
	char *line = strstr((char *)printed(t, false), "  distances (");

	if (!line)
		return none;
	line += strlen("  distances (");
	*strchr(line, '\n') = '\0';
	return line;
}

/* -- by the machine ------------------------------------------------------- */

static const struct machine {
	const char *synthetic;
	weir_pools pools;
	const char *figures;
} machines[] = {
	{ "numa:2 core:2 pu:1", WEIR_POOLS_NUMA, "assumed): 10 20; 20 10" },
	{ "numa:2 l3:2 core:1 pu:1", WEIR_POOLS_NUMA,
	  "assumed): 10 20; 20 10" },
	{ "l3:2 core:2 pu:1", WEIR_POOLS_L3, "assumed): 10 15; 15 10" },
	{ "numa:2 l3:2 core:1 pu:1", WEIR_POOLS_L3,
	  "assumed): 10 15 20 20; 15 10 20 20; 20 20 10 15; 20 20 15 10" },
	/* two nodes behind each cache */
	{ "l3:2 numa:2 core:1 pu:1", WEIR_POOLS_L3,
	  "assumed): 10 10 20 20; 10 10 20 20; 20 20 10 10; 20 20 10 10" },
	{ "core:4 pu:1", WEIR_POOLS_L3, "" },
};
enum { MACHINES = sizeof machines / sizeof *machines };

ParameterizedTestParameters(distances, of_a_machine_made_up)
{
	static size_t index[MACHINES];
	size_t i;

	for (i = 0; i < MACHINES; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, MACHINES);
}

ParameterizedTest(size_t *index, distances, of_a_machine_made_up)
{
	const struct machine *m = &machines[*index];
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = m->synthetic, .pools = m->pools });

	cr_expect_str_eq(figures(t), m->figures, "%s: %s", m->synthetic,
			 figures(t));
	weir__topology_release(t);
}

Test(distances, are_between_workers)
{
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = "numa:2 l3:2 core:2 pu:1",
		.pools = WEIR_POOLS_L3 });
	const struct weir__distances *d = weir__topology_distances(t);

	cr_assert_not_null(d);
	cr_expect_eq(weir__distance(d, 2, 3), 1);
	cr_expect(weir__same_pool(d, 2, 3));
	cr_expect_eq(weir__distance(d, 2, 1), 1.5);
	cr_expect_not(weir__same_pool(d, 2, 1));
	cr_expect_eq(weir__distance(d, 2, 7), 2);
	weir__topology_release(t);
	t = load("core:4 pu:1", NULL, 0);
	cr_expect_null(weir__topology_distances(t));
	weir__topology_release(t);
}

/* -- by the firmware ------------------------------------------------------ */

static const char two_nodes[] =
"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
"<topology version=\"2.0\">\n"
"<object type=\"Machine\" os_index=\"0\" cpuset=\"0x3\""
" complete_cpuset=\"0x3\" allowed_cpuset=\"0x3\" nodeset=\"0x3\""
" complete_nodeset=\"0x3\" allowed_nodeset=\"0x3\" gp_index=\"1\">\n"
"<object type=\"Package\" os_index=\"0\" cpuset=\"0x1\""
" complete_cpuset=\"0x1\" nodeset=\"0x1\" complete_nodeset=\"0x1\""
" gp_index=\"2\">\n"
"<object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x1\""
" complete_cpuset=\"0x1\" nodeset=\"0x1\" complete_nodeset=\"0x1\""
" gp_index=\"3\" local_memory=\"1048576\"/>\n"
"<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\""
" nodeset=\"0x1\" complete_nodeset=\"0x1\" gp_index=\"4\"/>\n"
"</object>\n"
"<object type=\"Package\" os_index=\"1\" cpuset=\"0x2\""
" complete_cpuset=\"0x2\" nodeset=\"0x2\" complete_nodeset=\"0x2\""
" gp_index=\"5\">\n"
"<object type=\"NUMANode\" os_index=\"1\" cpuset=\"0x2\""
" complete_cpuset=\"0x2\" nodeset=\"0x2\" complete_nodeset=\"0x2\""
" gp_index=\"6\" local_memory=\"1048576\"/>\n"
"<object type=\"PU\" os_index=\"1\" cpuset=\"0x2\" complete_cpuset=\"0x2\""
" nodeset=\"0x2\" complete_nodeset=\"0x2\" gp_index=\"7\"/>\n"
"</object>\n"
"</object>\n"
"<distances2 type=\"NUMANode\" nbobjs=\"2\" kind=\"5\""
" name=\"NUMALatency\" indexing=\"os\">\n"
"<indexes length=\"4\">0 1 </indexes>\n"
"<u64values length=\"%zu\">%s </u64values>\n"
"</distances2>\n"
"</topology>\n";

static const struct told {
	const char *values, *figures;
	double times;
} told[] = {
	{ "10 32 32 10", "firmware): 10 32; 32 10", 3.2 },
	{ "100 320 320 100", "firmware): 10 32; 32 10", 3.2 },
	/* nearer than another cache of the node cannot be */
	{ "10 11 11 10", "firmware): 10 15; 15 10", 1.5 },
	/* both ways count alike */
	{ "10 20 30 10", "firmware): 10 20; 30 10", 2.5 },
	{ "0 20 20 0", "firmware): 10 20; 20 10", 2 },
};
enum { TOLD = sizeof told / sizeof *told };

ParameterizedTestParameters(distances, follow_the_firmware)
{
	static size_t index[TOLD];
	size_t i;

	for (i = 0; i < TOLD; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, TOLD);
}

ParameterizedTest(size_t *index, distances, follow_the_firmware)
{
	const struct told *c = &told[*index];
	struct weir__topology *t;
	char path[TEMPORARY];
	FILE *file;

	temporary_file(path);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	cr_assert_gt(fprintf(file, two_nodes, strlen(c->values) + 1,
			     c->values), 0);
	cr_assert_eq(fclose(file), 0);
	t = load(NULL, path, 0);
	unlink(path);
	cr_expect_str_eq(figures(t), c->figures, "%s", figures(t));
	cr_expect_float_eq(weir__distance(weir__topology_distances(t), 0, 1),
			   c->times, 1e-6);
	weir__topology_release(t);
}

/* -- given ---------------------------------------------------------------- */

static const char four[] = "numa:2 l3:2 core:1 pu:1";

static struct weir__topology *
load_given(const char *text)
{
	return load_as((struct weir__topology_options){
		.synthetic = four, .pools = WEIR_POOLS_L3,
		.distances = text });
}

Test(distances, can_be_given)
{
	struct weir__topology *t = load_given(
		"60 110 200 200;110 64,200 , 200\n; 200 200 0 90;"
		" 200 200 110 62 ");
	const struct weir__distances *d = weir__topology_distances(t);

	cr_expect_str_eq(figures(t), "given): 60 110 200 200; "
			 "110 64 200 200; 200 200 0 90; 200 200 110 62");
	cr_expect_eq(weir__distance(d, 1, 1), 1);
	cr_expect_float_eq(weir__distance(d, 0, 1), 110 / 62., 1e-6);
	cr_expect_float_eq(weir__distance(d, 1, 2), 200 / 62., 1e-6);
	cr_expect_float_eq(weir__distance(d, 2, 3), 100 / 62., 1e-6);
	cr_expect_eq(weir__distance(d, 2, 3), weir__distance(d, 3, 2));
	weir__topology_release(t);
}

Test(distances, can_be_given_by_the_environment)
{
	struct weir__topology *t;

	setenv("WEIR_DISTANCES", "1 5; 5 1", 1);
	t = load("numa:2 pu:1", NULL, 0);
	cr_expect_eq(weir__distance(weir__topology_distances(t), 0, 1), 5);
	weir__topology_release(t);
	t = load_as((struct weir__topology_options){
		.synthetic = "numa:2 pu:1", .distances = "1 4; 4 1" });
	cr_expect_eq(weir__distance(weir__topology_distances(t), 0, 1), 4,
		     "asked for wins");
	weir__topology_release(t);
	setenv("WEIR_DISTANCES", "1 5", 1);
	cr_expect_eq(weir__topology_create(
			     heap, &(struct weir__topology_options){
				     .synthetic = "numa:2 pu:1" }, &t),
		     WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "WEIR_DISTANCES: `1 5'"),
			   "%s", weir_error_text());
}

/* Within no pool: then what is nearest is taken for twice as far as that. */
Test(distances, within_pools_may_be_unknown)
{
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = "numa:3 pu:1",
		.distances = "0 100 150; 100 0 150; 150 150 0" });
	const struct weir__distances *d = weir__topology_distances(t);

	cr_expect_eq(weir__distance(d, 0, 1), 2);
	cr_expect_eq(weir__distance(d, 0, 2), 3);
	weir__topology_release(t);
}

/* Less than within a pool is as far as that. */
Test(distances, are_never_less_than_one)
{
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = "numa:2 pu:1", .distances = "9 5; 5 9" });

	cr_expect_eq(weir__distance(weir__topology_distances(t), 0, 1), 1);
	weir__topology_release(t);
}

Test(distances, that_make_no_sense_are_refused)
{
	static const char *const wrong[] = {
		"far", "measured", "1", "1 2", "1 2; 2", "1 2; 2 1 1",
		"1 2; 2 1;", "1 2 2 1", ";1 2; 2 1", ",1 2; 2 1", "1 0; 0 1",
		"1 -2; 2 1", "1 2.5; 2.5 1", "1 2; 2 99999999999999999999",
		"1 2; 2 1 x",
	};
	struct weir__topology *t = NULL;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cr_expect_eq(weir__topology_create(
				     heap, &(struct weir__topology_options){
					     .synthetic = "numa:2 pu:1",
					     .distances = wrong[i] }, &t),
			     WEIR_EINVAL, "%s", wrong[i]);
		cr_expect_not_null(strstr(weir_error_text(), wrong[i]), "%s",
				   weir_error_text());
		cr_expect_null(t);
	}
}

/* -- measured ------------------------------------------------------------- */

/* Two caches are made up of two processors that are there. What is measured can
 * be given again. */
Test(distances, can_be_measured)
{
	struct weir__topology_options options = {
		.pools = WEIR_POOLS_L3, .distances = "measure" };
	struct weir__topology *t, *again;
	cpu_set_t before, after;
	unsigned a, b, c, d;
	char text[100];

	cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
	if (!CPU_ISSET(0, &before) || !CPU_ISSET(1, &before))
		cr_skip_test("processors 0 and 1 are not there");
	setenv("HWLOC_SYNTHETIC", "l3:2 core:1 pu:1", 1);
	setenv("HWLOC_THISSYSTEM", "1", 1);
	t = load_as(options);
	snprintf(text, sizeof text, "%s", figures(t));
	cr_assert_eq(sscanf(text, "measured): %u %u; %u %u ns", &a, &b, &c,
			    &d), 4, "%s", text);
	cr_expect_eq(a, 0, "one processor is not far from itself");
	cr_expect_eq(d, 0);
	cr_expect_eq(b, c);
	cr_expect_gt(b, 5, "%u ns", b);
	options.distances = strchr(text, ':') + 1;
	again = load_as(options);
	cr_expect_eq(weir__distance(weir__topology_distances(t), 0, 1),
		     weir__distance(weir__topology_distances(again), 0, 1));
	cr_expect_eq(weir__topology_hand_over(again),
		     weir__topology_hand_over(t));
	sched_getaffinity(0, sizeof after, &after);
	cr_expect(CPU_EQUAL(&before, &after), "the mask was changed");
	weir__topology_release(again);
	weir__topology_release(t);
}

Test(distances, of_a_machine_that_is_not_there_cannot_be_measured)
{
	struct weir__topology *t = NULL;

	cr_expect_eq(weir__topology_create(
			     heap, &(struct weir__topology_options){
				     .synthetic = "numa:2 pu:1",
				     .distances = "measure" }, &t),
		     WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "only this machine's"),
			   "%s", weir_error_text());
	cr_expect_null(t);
}

/* What handing over takes, if that can be known. */
Test(distances, in_nanoseconds_tell_what_a_hand_over_takes)
{
	static const struct {
		const char *distances;
		double ns;
	} cases[] = {
		{ "60 110; 110 50 ns", 4 * 55 }, { "60 110; 110 0ns ", 4 * 60 },
		{ "60 110; 110 50", 0 }, { "0 110; 110 0 ns", 0 },
		{ NULL, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct weir__topology *t = load_as(
			(struct weir__topology_options){
				.synthetic = "numa:2 core:2 pu:1",
				.distances = cases[i].distances });

		cr_expect_eq(weir__topology_hand_over(t), cases[i].ns, "%s",
			     cases[i].distances ? cases[i].distances : "");
		weir__topology_release(t);
	}
}

/* -- printed -------------------------------------------------------------- */

Test(distances, are_printed_as_json)
{
	struct weir__topology *t = load_as((struct weir__topology_options){
		.synthetic = "numa:2 pu:1", .distances = "1 5; 6 1" });
	json_t *json = json_loads(printed(t, true), 0, NULL);
	json_t *d = json_object_get(json, "distances");
	json_t *rows = json_object_get(d, "figures");

	cr_assert_not_null(json, "%s", printed(t, true));
	cr_expect_str_eq(json_string_value(json_object_get(d, "source")),
			 "given");
	cr_expect(json_is_null(json_object_get(d, "unit")));
	cr_assert_eq(json_array_size(rows), 2);
	cr_expect_eq(json_integer_value(json_array_get(
		json_array_get(rows, 1), 0)), 6);
	json_decref(json);
	weir__topology_release(t);
}
