/* weir-info as its users run it: WEIR_TOOLS is the folder of the programs. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weir.h>

static char out[1 << 20];

/* Run it with both outputs in out; its status. */
static int
run(const char *arguments)
{
	const char *tools = getenv("WEIR_TOOLS");
	char command[1024];
	size_t n;
	FILE *pipe;

	if (!tools)
		cr_skip_test("WEIR_TOOLS is not set");
	/* stderr first: arguments may send stdout elsewhere */
	snprintf(command, sizeof command, "%s/weir-info 2>&1 %s", tools,
		 arguments);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	n = fread(out, 1, sizeof out - 1, pipe);
	out[n] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

static int
lines(void)
{
	const char *c;
	int n = 0;

	for (c = out; *c; c++)
		n += *c == '\n';
	return n;
}

static void
begin(void)
{
	unsetenv("WEIR_NUM_THREADS");
	unsetenv("OMP_NUM_THREADS");
	unsetenv("WEIR_POOLS");
	unsetenv("WEIR_DISTANCES");
	unsetenv("WEIR_MATMUL");
}

TestSuite(weir_info, .init = begin);

Test(weir_info, describes_this_machine)
{
	cr_expect_eq(run(""), 0, "%s", out);
	cr_expect_eq(strncmp(out, "weir " WEIR_VERSION "\n",
			     strlen("weir " WEIR_VERSION "\n")), 0, "%s",
		     out);
	cr_expect_not_null(strstr(out, "topology: this machine"), "%s", out);
}

Test(weir_info, describes_a_machine_made_up)
{
	cr_expect_eq(run("--synthetic 'numa:3 core:4 pu:2' --threads 5"), 0);
	cr_expect_not_null(strstr(out, "5 workers in 3 pools"), "%s", out);
}

Test(weir_info, prints_json)
{
	json_t *json;

	cr_expect_eq(run("--json --synthetic 'numa:3 pu:2'"), 0);
	json = json_loads(out, 0, NULL);
	cr_assert_not_null(json, "%s", out);
	cr_expect_eq(json_array_size(json_object_get(json_object_get(
		json, "topology"), "pools")), 3);
	json_decref(json);
}

Test(weir_info, lists_all_ops)
{
	size_t i;

	cr_expect_eq(run("ops"), 0);
	cr_expect_eq(lines(), (int)weir_op_count());
	for (i = 0; i < weir_op_count(); i++)
		cr_expect_not_null(strstr(out, weir_op_at(i)->doc), "%s",
				   weir_op_at(i)->name);
}

Test(weir_info, prints_the_manual_of_each_op)
{
	char command[64];
	size_t i;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);
		const weir_attr *attr;

		snprintf(command, sizeof command, "ops %s", op->name);
		cr_expect_eq(run(command), 0);
		cr_expect_not_null(strstr(out, op->doc));
		for (attr = op->attrs; attr && attr->name; attr++)
			cr_expect_not_null(strstr(out, attr->name), "%s",
					   out);
	}
}

Test(weir_info, prints_ops_as_json)
{
	json_t *json;

	cr_expect_eq(run("ops --json"), 0);
	json = json_loads(out, 0, NULL);
	cr_expect_eq(json_array_size(json), weir_op_count());
	json_decref(json);
	cr_expect_eq(run("--json ops matmul"), 0);
	json = json_loads(out, 0, NULL);
	cr_expect_str_eq(json_string_value(json_object_get(json, "name")),
			 "matmul");
	cr_expect_eq(json_integer_value(json_object_get(json, "operands")),
		     2);
	cr_expect(json_is_true(json_object_get(json, "gradient")));
	json_decref(json);
}

Test(weir_info, has_help_and_a_version)
{
	cr_expect_eq(run("--help"), 0);
	cr_expect_not_null(strstr(out, "--synthetic"));
	cr_expect_eq(run("--version"), 0);
	cr_expect_str_eq(out, "weir-info " WEIR_VERSION "\n");
}

Test(weir_info, says_in_one_line_what_is_wrong)
{
	static const char *const wrong[][2] = {
		{ "ops nosuch", "`nosuch'" },
		{ "ops add sub", "`sub'" },
		{ "nonsense", "`nonsense'" },
		{ "--nonsense", "`--nonsense'" },
		{ "-x", "`-x'" },
		{ "--synthetic", "--synthetic" },
		{ "--synthetic nonsense", "`nonsense'" },
		{ "--synthetic pu:1 --topology x", "both" },
		{ "--topology /no/such.xml", "/no/such.xml" },
		{ "--threads 0", "`0'" },
		{ "--threads many", "`many'" },
		{ "--pools l2", "`l2'" },
		{ "--distances far", "`far'" },
		{ "--operands 0", "--operands" },
		{ "plan --operands 'a b'", "`a b'" },
		{ "--synthetic ''", "--synthetic: nothing is given" },
		{ "--topology=", "--topology: nothing is given" },
		{ "--threads ''", "--threads: `'" },
		{ "--pools ''", "--pools: `'" },
		{ "--distances ''", "--distances: nothing is given" },
		{ "plan --operands ''", "--operands: nothing is given" },
		{ "plan ''", "plan: `'" },
		{ "ops ''", "`'" },
		{ "''", "`'" },
		{ ">/dev/full", "cannot write" },
		{ "ops --json >/dev/full", "cannot write" },
	};
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cr_expect_eq(run(wrong[i][0]), 2, "%s: %s", wrong[i][0], out);
		cr_expect_eq(lines(), 1, "%s: %s", wrong[i][0], out);
		cr_expect_eq(strncmp(out, "weir-info: ", 11), 0, "%s", out);
		cr_expect_not_null(strstr(out, wrong[i][1]), "%s: %s",
				   wrong[i][0], out);
	}
}

/* -- plans ---------------------------------------------------------------------- */

/* Workers are numbered pool after pool, and so many of each pool as the last
 * line of all says. */
static void
expect_pools(const char *machine, unsigned workers, unsigned pools)
{
	char wanted[64];
	unsigned w;

	snprintf(wanted, sizeof wanted, " for %u worker%s, about", workers,
		 workers == 1 ? "" : "s");
	cr_expect_not_null(strstr(out, wanted), "%s: %s", machine, out);
	for (w = 0; w < workers; w++) {
		if (pools == 1)
			snprintf(wanted, sizeof wanted, "\nworker %u: ", w);
		else
			snprintf(wanted, sizeof wanted,
				 "\nworker %u (pool %u, NUMA node %u): ", w,
				 w * pools / workers, w * pools / workers);
		cr_expect_not_null(strstr(out, wanted), "%s:%s", machine,
				   wanted);
	}
	cr_expect_not_null(strstr(out, "\nFor another machine: planned, not "
				  "bound.\n"), "%s", machine);
}

Test(weir_info, plans_for_machines_of_all_kinds)
{
	static const struct {
		const char *machine;
		unsigned workers, pools;
	} machines[] = {
		{ "pu:1", 1, 1 },
		{ "core:2 pu:1", 2, 1 },
		{ "core:4 pu:2", 8, 1 },
		{ "numa:1 core:8 pu:1", 8, 1 },
		{ "numa:2 core:1 pu:1", 2, 2 },
		{ "numa:2 core:2 pu:1", 4, 2 },
		{ "numa:2 core:2 pu:2", 8, 2 },
		{ "numa:2 core:4 pu:1", 8, 2 },
		{ "numa:4 core:1 pu:1", 4, 4 },
		{ "numa:4 core:2 pu:1", 8, 4 },
		{ "numa:4 core:4 pu:2", 32, 4 },
		{ "numa:8 core:1 pu:1", 8, 8 },
		{ "numa:8 core:2 pu:2", 32, 8 },
		{ "pack:2 numa:1 core:4 pu:1", 8, 2 },
		{ "pack:2 numa:2 core:2 pu:1", 8, 4 },
		{ "pack:2 numa:2 core:4 pu:2", 32, 4 },
		{ "pack:4 numa:2 core:2 pu:1", 16, 8 },
		{ "pack:1 numa:4 l3:2 core:2 pu:1", 16, 4 },
		{ "pack:2 l3:2 core:4 pu:1", 16, 1 },
		{ "group:2 numa:2 core:3 pu:1", 12, 4 },
	};
	static char first[sizeof out];
	char arguments[128];
	size_t i;

	for (i = 0; i < sizeof machines / sizeof *machines; i++) {
		snprintf(arguments, sizeof arguments,
			 "plan 3200x1024 --synthetic '%s'",
			 machines[i].machine);
		cr_assert_eq(run(arguments), 0, "%s", out);
		expect_pools(machines[i].machine, machines[i].workers,
			     machines[i].pools);
		memcpy(first, out, sizeof out);
		run(arguments);
		cr_expect_str_eq(first, out, "%s is planned in two ways",
				 machines[i].machine);
	}
}

/* What is in one node is near it, and done there by its workers. */
static void
expect_near(const char *machine, unsigned node, unsigned pools)
{
	unsigned near, there;
	const char *line = strstr(out, "\noutside: NUMA node ");
	char wanted[64];

	if (pools == 1) {
		cr_expect_null(line, "%s: %s", machine, out);
		cr_expect_null(strstr(out, "(near NUMA node"), "%s", machine);
		return;
	}
	cr_assert_not_null(line, "%s: %s", machine, out);
	cr_assert_eq(sscanf(strchr(line, ';'), "; of %u piece", &near), 1,
		     "%s", line);
	cr_assert_eq(sscanf(strstr(line, "nearest to one, "),
			    "nearest to one, %u", &there), 1, "%s", line);
	cr_expect_gt(near, 0, "%s", machine);
	cr_expect_leq(there, near, "%s", machine);
	snprintf(wanted, sizeof wanted, "  (near NUMA node %u)\n", node);
	cr_expect_not_null(strstr(out, wanted), "%s: %s", machine, out);
}

Test(weir_info, plans_for_operands_in_nodes)
{
	static const struct {
		const char *machine;
		unsigned pools;
	} machines[] = {
		{ "core:4 pu:2", 1 },
		{ "numa:2 core:1 pu:1", 2 },
		{ "numa:2 core:4 pu:1", 2 },
		{ "numa:4 core:2 pu:1", 4 },
		{ "numa:8 core:2 pu:2", 8 },
		{ "pack:2 numa:2 core:4 pu:2", 4 },
	};
	static char first[sizeof out];
	char arguments[128];
	size_t i;
	unsigned node;

	for (i = 0; i < sizeof machines / sizeof *machines; i++)
		for (node = 0; node < 2; node++) {
			snprintf(arguments, sizeof arguments, "plan 3200x1024 "
				 "--operands %u --synthetic '%s'", node,
				 machines[i].machine);
			cr_assert_eq(run(arguments), 0, "%s", out);
			expect_near(machines[i].machine, node,
				    machines[i].pools);
			memcpy(first, out, sizeof out);
			run(arguments);
			cr_expect_str_eq(first, out, "%s", arguments);
		}
	/* Whichever half is where. */
	for (i = 0; i < 2; i++) {
		cr_assert_eq(run(i ? "plan 3200x1024 --operands '1 0' "
				 "--synthetic 'numa:2 core:2 pu:1'"
				 : "plan 3200x1024 --operands '0 1' "
				 "--synthetic 'numa:2 core:2 pu:1'"), 0);
		cr_expect_not_null(strstr(out, "; of 16 pieces of work that "
					  "are nearest to one, 16 are done "
					  "there\n"), "%s", out);
	}
	cr_assert_eq(run("plan --operands '0 1' --synthetic "
			 "'numa:2 core:1 pu:1'"), 0);
	cr_expect_not_null(strstr(out, "\noutside: NUMA node 0: "), "%s", out);
	cr_expect_not_null(strstr(out, "KiB, NUMA node 1: "), "%s", out);
	cr_expect_not_null(strstr(out, "(near NUMA node 0)"), "%s", out);
	cr_expect_not_null(strstr(out, "(near NUMA node 1)"), "%s", out);
}

Test(weir_info, plans_for_the_pools_asked_for)
{
	cr_expect_eq(run("plan 3200x1024 --pools l3 "
			 "--synthetic 'numa:2 l3:2 core:2 pu:1'"), 0);
	cr_expect_not_null(strstr(out, "\nworker 7 (pool 3, NUMA node 1, "
				  "L3 3): "), "%s", out);
	cr_expect_eq(run("--pools l3 --synthetic 'l3:2 core:2 pu:1'"), 0);
	cr_expect_not_null(strstr(out, "4 workers in 2 pools"), "%s", out);
	cr_expect_not_null(strstr(out, "distances (assumed): 10 15; 15 10\n"),
			   "%s", out);
	cr_expect_eq(run("--distances '1 7; 7 1' --synthetic 'numa:2 pu:1'"),
		     0);
	cr_expect_not_null(strstr(out, "distances (given): 1 7; 7 1\n"), "%s",
			   out);
	setenv("WEIR_POOLS", "l3", 1);
	cr_expect_eq(run("--pools numa --synthetic 'l3:2 core:2 pu:1'"), 0);
	cr_expect_not_null(strstr(out, "4 workers in 1 pool\n"), "%s", out);
}

Test(weir_info, says_who_does_products)
{
	setenv("WEIR_MATMUL", "blas", 1);
	cr_expect_eq(run(""), 0);
	cr_expect_not_null(strstr(out, "products of matrices: by the BLAS\n"),
			   "%s", out);
	cr_expect_eq(run("--json"), 0);
	cr_expect_not_null(strstr(out, "\"products\": \"by the BLAS\""), "%s",
			   out);
	setenv("WEIR_MATMUL", "abacus", 1);
	cr_expect_eq(run(""), 2);
	cr_expect_not_null(strstr(out, "weir_runtime_create: WEIR_MATMUL is "
				  "\"abacus\"; it must be auto, blas or weir"),
			   "%s", out);
	unsetenv("WEIR_MATMUL");
}

/* Machines that were recorded, if they are at hand. */
Test(weir_info, plans_for_recorded_machines)
{
	static const struct {
		const char *machine;
		unsigned workers, pools;
	} machines[] = {
		{ "16amd64-4distances", 16, 8 },
		{ "64intel64-fakeKNL-SNC4-hybrid", 64, 4 },
		{ "8intel64-4n2t-memattrs", 8, 4 },
	};
	const char *source = getenv("srcdir");
	char file[512], arguments[640];
	size_t i;

	for (i = 0; i < sizeof machines / sizeof *machines; i++) {
		snprintf(file, sizeof file, "%s/../shared/topologies/%s.xml",
			 source ? source : ".", machines[i].machine);
		if (access(file, R_OK))
			cr_skip_test("no %s", file);
		snprintf(arguments, sizeof arguments,
			 "plan 3200x1024 --topology '%s'", file);
		cr_assert_eq(run(arguments), 0, "%s", out);
		expect_pools(machines[i].machine, machines[i].workers,
			     machines[i].pools);
	}
}

Test(weir_info, says_what_is_wrong_with_a_plan)
{
	cr_expect_eq(run("plan 800"), 2);
	cr_expect_str_eq(out, "weir-info: plan: `800' is not ROWSxHIDDEN, "
			 "such as 800x1024\n");
	cr_expect_eq(run("plan 0x7"), 2);
	cr_expect_eq(lines(), 1);
	cr_expect_eq(run("plan 800x99999999999999999999"), 2);
	cr_expect_eq(lines(), 1);
	cr_expect_eq(run("plan 8x16 extra"), 2);
	cr_expect_eq(run("plan --json"), 2);
	cr_expect_str_eq(out, "weir-info: a plan cannot be had as JSON\n");
	cr_expect_eq(run("plan --synthetic nonsense"), 2);
	cr_expect_eq(lines(), 1);
}
