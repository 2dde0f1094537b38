/* Whether arenas ask for huge pages, by what the system says of the process's
 * memory. */
#include <stdlib.h>

#include "support/weir_test.h"

/* Whether the system gives huge pages to those who ask. */
static bool
has_huge_pages(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
	char line[100] = "";

	if (!f)
		return false;
	if (!fgets(line, sizeof line, f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, "[madvise]") || strstr(line, "[always]");
}

/* Mappings for which huge pages have been asked. */
static int
count_huge(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[500];
	int n = 0;

	cr_assert(f);
	while (fgets(line, sizeof line, f))
		n += !strncmp(line, "VmFlags:", 8) && strstr(line, " hg");
	fclose(f);
	return n;
}

/* How many there are more once a plan with two large values has run. */
static int
count_of_a_run(weir_huge_pages huge_pages, int64_t side)
{
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .huge_pages = huge_pages };
	int64_t shape[2] = { side, side };
	weir_tensor *x, *y, *in, *out;
	weir_runtime *runtime;
	weir_graph *graph;
	weir_scope *s;
	weir_plan *plan;
	int before = count_huge(), n;

	must(weir_runtime_create(&options, &runtime));
	must(weir_tensor_create(runtime, WEIR_F32, 2, shape, &in));
	must(weir_graph_create(runtime, "g", &graph));
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	y = weir_exp(s, weir_transpose(s, weir_exp(s, x), 0, NULL));
	y = weir_sum(s, weir_neg(s, weir_transpose(s, y, 0, NULL)), 0, NULL,
		     false);
	must(weir_graph_output(graph, y));
	must(weir_graph_compile(graph, &plan));
	must(weir_plan_run(plan, &in, 1, &out, 1));
	cr_expect_lt(weir_item_f64(out), 0);
	n = count_huge() - before;
	weir_tensor_release(out);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_tensor_release(in);
	weir_runtime_release(runtime);
	return n;
}

enum { SMALL = 64, LARGE = 1024 };

/* Each in a process of its own: memory may be used again. */
Test(huge_pages, are_asked_for_if_the_runtime_says_so)
{
	if (!has_huge_pages())
		cr_skip_test("this system gives no huge pages");
	unsetenv("WEIR_HUGE_PAGES");
	cr_expect_gt(count_of_a_run(WEIR_HUGE_PAGES_ON, LARGE), 0);
}

Test(huge_pages, are_asked_for_if_the_environment_says_so)
{
	if (!has_huge_pages())
		cr_skip_test("this system gives no huge pages");
	setenv("WEIR_HUGE_PAGES", "on", 1);
	cr_expect_gt(count_of_a_run(WEIR_HUGE_PAGES_DEFAULT, LARGE), 0);
}

Test(huge_pages, are_not_asked_for_elsewhere)
{
	unsetenv("WEIR_HUGE_PAGES");
	cr_expect_eq(count_of_a_run(WEIR_HUGE_PAGES_DEFAULT, LARGE), 0);
	setenv("WEIR_HUGE_PAGES", "on", 1);
	cr_expect_eq(count_of_a_run(WEIR_HUGE_PAGES_OFF, LARGE), 0);
}

Test(huge_pages, are_not_asked_for_little_memory)
{
	cr_expect_eq(count_of_a_run(WEIR_HUGE_PAGES_ON, SMALL), 0);
}

Test(huge_pages, are_on_or_off)
{
	weir_runtime_options options = { .size = sizeof options };
	weir_runtime *runtime = NULL;

	setenv("WEIR_HUGE_PAGES", "maybe", 1);
	cr_expect_eq(weir_runtime_create(&options, &runtime), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "WEIR_HUGE_PAGES is `maybe'"),
		  "%s", weir_error_text());
	unsetenv("WEIR_HUGE_PAGES");
	options.huge_pages = (weir_huge_pages)3;
	cr_expect_eq(weir_runtime_create(&options, &runtime), WEIR_EINVAL);
	cr_expect_null(runtime);
}
