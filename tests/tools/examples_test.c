/* The programs of examples/, as their readers run them: they check
 * themselves. WEIR_TOOLS is the folder beside theirs. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static char out[4096];

/* Run one with both outputs in out; its status. */
static int
run(const char *environment, const char *name)
{
	const char *tools = getenv("WEIR_TOOLS");
	char command[1024];
	size_t n;
	FILE *pipe;

	if (!tools)
		cr_skip_test("WEIR_TOOLS is not set");
	snprintf(command, sizeof command, "%s %s/../examples/%s 2>&1",
		 environment, tools, name);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	n = fread(out, 1, sizeof out - 1, pipe);
	out[n] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

Test(examples, first_computes_the_same_in_both_modes)
{
	cr_expect_eq(run("", "first"), 0, "%s", out);
	cr_expect_str_eq(out, "eager: 32\ngraph: 32\n");
}

static const char *const threads[] = {
	"WEIR_NUM_THREADS=1", "WEIR_NUM_THREADS=2", "WEIR_NUM_THREADS=3",
};

ParameterizedTestParameters(examples, cholesky_has_a_small_residual)
{
	static size_t numbers[] = { 0, 1, 2 };

	return cr_make_param_array(size_t, numbers, 3);
}

ParameterizedTest(size_t *i, examples, cholesky_has_a_small_residual)
{
	cr_expect_eq(run(threads[*i], "cholesky"), 0, "%s", out);
}

ParameterizedTestParameters(examples, jacobi_has_the_bits_of_a_loop)
{
	static size_t numbers[] = { 0, 1, 2 };

	return cr_make_param_array(size_t, numbers, 3);
}

ParameterizedTest(size_t *i, examples, jacobi_has_the_bits_of_a_loop)
{
	cr_expect_eq(run(threads[*i], "jacobi"), 0, "%s", out);
}

ParameterizedTestParameters(examples, task_bench_makes_what_a_loop_does)
{
	static size_t numbers[] = { 0, 1, 2 };

	return cr_make_param_array(size_t, numbers, 3);
}

ParameterizedTest(size_t *i, examples, task_bench_makes_what_a_loop_does)
{
	cr_expect_eq(run(threads[*i], "task_bench"), 0, "%s", out);
}
