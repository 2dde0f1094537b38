/* weir-info as its users run it: WEIR_TOOLS is the folder of the programs. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
