/* What WEIR_DUMP and .dump write, and what they say when they cannot. */
#include <criterion/criterion.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"
#include "support/temporary.h"

enum { PATH = TEMPORARY + 64 };

static struct fault fault;
static char folder[TEMPORARY], what[PATH], text[8192];

static void
begin(void)
{
	temporary_folder(folder);
	snprintf(what, sizeof what, "passes:%s/dump", folder);
}

static void
end(void)
{
	remove_folder(folder);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(dump, .init = begin, .fini = end);

static weir_status
create(const char *dump, weir_runtime **runtime)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options, .threads = 1, .dump = dump,
		.allocator = &allocator,
	};

	return weir_runtime_create(&options, runtime);
}

/* sum((exp(x) * 1 + exp(x)) * (2 + 3)), with something that nobody wants. */
static weir_status
program(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *one = weir_constant(s, WEIR_F64, 0, NULL, 1);
	weir_tensor *five = weir_add(s, weir_constant(s, WEIR_F64, 0, NULL, 2),
				     weir_constant(s, WEIR_F64, 0, NULL, 3));
	weir_tensor *a = weir_mul(s, weir_exp(s, in[0]), one);

	(void)arg;
	weir_tanh(s, in[0]);
	a = weir_mul(s, weir_add(s, a, weir_exp(s, in[0])), five);
	out[0] = weir_sum(s, a, 0, NULL, false);
	return weir_scope_status(s);
}

/* Call the program, as a function by this name; of its allocations the one of
 * this number fails, 0 for none. */
static weir_status
call_with_fault(weir_runtime *runtime, const char *name, weir_function_fn fn,
		long number)
{
	const int64_t n = 3;
	weir_tensor *x, *out;
	weir_function *f;
	weir_status status;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 1, &n, &x),
		     WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, name, fn, NULL, &f),
		     WEIR_OK);
	fault_arm(&fault, number);
	status = weir_function_call(f, NULL, &x, 1, &out, 1);
	if (!status)
		weir_tensor_release(out);
	weir_function_release(f);
	weir_tensor_release(x);
	return status;
}

static weir_status
call(weir_runtime *runtime, const char *name)
{
	return call_with_fault(runtime, name, program, 0);
}

static const char *
contents(const char *name)
{
	char path[PATH];
	size_t n;
	FILE *file;

	snprintf(path, sizeof path, "%s/dump/%s", folder, name);
	file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	n = fread(text, 1, sizeof text - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static size_t
count(const char *in, const char *word)
{
	size_t n = 0;

	for (; (in = strstr(in, word)); in++)
		n++;
	return n;
}

Test(dump, shows_what_each_pass_does)
{
	static const struct {
		const char *file, *says;
	} expected[] = {
		{ "f-1/0-recorded.txt", "graph f: 11 nodes" },
		{ "f-1/1-algebra.txt", "graph f: 10 of 11 calls are left" },
		{ "f-1/1-algebra.txt", "    6  f/mul: merged into 5\n" },
		{ "f-1/2-cse.txt", "graph f: 9 of 11 calls are left" },
		{ "f-1/2-cse.txt", "    8  f/exp: merged into 5\n" },
		{ "f-1/3-fold.txt", "graph f: 5 of 11 calls are left" },
		{ "f-1/3-fold.txt", ":f64[] is a constant\n" },
		{ "f-1/4-dce.txt", "graph f: 4 of 11 calls are left" },
		{ "f-1/4-dce.txt", "    7  f/tanh: dropped\n" },
		{ "f-1/7-plan.txt", "plan f: 11 ops recorded, 4 run" },
	};
	static const struct {
		const char *file;
		size_t boxes;
	} pictures[] = {
		{ "f-1/0-recorded.dot", 11 }, { "f-1/1-algebra.dot", 10 },
		{ "f-1/2-cse.dot", 9 }, { "f-1/3-fold.dot", 5 },
		{ "f-1/4-dce.dot", 4 }, { "f-1/7-plan.dot", 4 },
	};
	weir_runtime *runtime;
	size_t i;

	cr_assert_eq(create(what, &runtime), WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(call(runtime, "f"), WEIR_OK, "%s", weir_error_text());
	for (i = 0; i < sizeof expected / sizeof *expected; i++)
		cr_expect_not_null(strstr(contents(expected[i].file),
					  expected[i].says), "%s in %s:\n%s",
				   expected[i].says, expected[i].file, text);
	for (i = 0; i < sizeof pictures / sizeof *pictures; i++)
		cr_expect_eq(count(contents(pictures[i].file), "\\nf\"]"),
			     pictures[i].boxes, "%s:\n%s", pictures[i].file,
			     text);
	weir_runtime_release(runtime);
}

Test(dump, gives_each_graph_a_folder_whatever_it_is_called)
{
	weir_runtime *runtime;

	cr_assert_eq(create(what, &runtime), WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(call(runtime, "a b"), WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(call(runtime, ".."), WEIR_OK, "%s", weir_error_text());
	cr_expect_not_null(strstr(contents("a-b-1/0-recorded.txt"),
				  "graph a b:"));
	cr_expect_not_null(strstr(contents("---2/0-recorded.txt"),
				  "graph ..:"));
	weir_runtime_release(runtime);
}

Test(dump, says_what_cannot_be_dumped)
{
	weir_runtime *runtime;

	cr_expect_eq(create("plans", &runtime), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_runtime_create: "
			 "options->dump: \"plans\" cannot be dumped: it must "
			 "be passes, or passes:FOLDER");
	setenv("WEIR_DUMP", "passesall", 1);
	cr_expect_eq(create(NULL, &runtime), WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "WEIR_DUMP: "), "%s",
			   weir_error_text());
}

Test(dump, fails_the_call_that_cannot_be_dumped_and_no_other)
{
	weir_runtime *runtime;
	char path[PATH];
	FILE *file;

	snprintf(path, sizeof path, "%s/dump", folder);
	file = fopen(path, "w");	/* in place of the folder */
	cr_assert_not_null(file);
	fclose(file);
	cr_assert_eq(create(what, &runtime), WEIR_OK, "%s", weir_error_text());
	cr_expect_eq(call(runtime, "f"), WEIR_EIO);
	cr_expect_not_null(strstr(weir_error_text(), path), "%s",
			   weir_error_text());
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(call(runtime, "f"), WEIR_OK, "%s", weir_error_text());
	weir_runtime_release(runtime);
}

/* -- bodies ------------------------------------------------------------------- */

static weir_status
is_small(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F64, 0, NULL, 50),
			      weir_sum(s, in[0], 0, NULL, false));
	return weir_scope_status(s);
}

static weir_status
twice_exp(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, weir_exp(s, in[0]), weir_exp(s, in[0]));
	return weir_scope_status(s);
}

static weir_status
one_more(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, in[0], weir_constant(s, WEIR_F64, 0, NULL, 1));
	return weir_scope_status(s);
}

static weir_status
grow(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *is_more, *one, *y;

	one = weir_constant(s, WEIR_F64, 0, NULL, 1);
	is_more = weir_greater(s, weir_sum(s, in[0], 0, NULL, false), one);
	weir_tanh(s, in[0]);
	y = weir_exp(s, in[0]);
	y = weir_mul(s, y, one);
	return weir_cond(s, is_more, twice_exp, one_more, arg, &y, 1, out, 1);
}

static weir_status
loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	return weir_while(s, is_small, grow, arg, 0, in, out, 1);
}

/* Each file has the bodies as they are then, and those in them. */
Test(dump, shows_bodies_after_each_pass)
{
	static const struct {
		const char *file, *says;
	} expected[] = {
		{ "f-1/0-recorded.txt", "of call 1: graph f/while/body: 7 "
		  "nodes" },
		{ "f-1/0-recorded.txt", "of call 7: graph f/while/body/cond/"
		  "then: 3 nodes" },
		{ "f-1/1-algebra.txt", "graph f: 1 of 1 calls are left\n" },
		{ "f-1/1-algebra.txt", "of call 1: graph f/while/condition: 3 "
		  "of 3 calls are left\n" },
		{ "f-1/1-algebra.txt", "of call 1: graph f/while/body: 6 of 7 "
		  "calls are left\n" },
		{ "f-1/1-algebra.txt", "f/while/body/mul: merged into 5\n" },
		{ "f-1/1-algebra.txt", "input0 is state 0\n" },
		{ "f-1/2-cse.txt", "of call 7: graph f/while/body/cond/then: "
		  "2 of 3 calls are left\n" },
		{ "f-1/3-fold.txt", "of call 7: graph f/while/body/cond/else: "
		  "1 of 2 calls are left\n" },
		{ "f-1/3-fold.txt", "input0 is operand 1\n" },
		{ "f-1/4-dce.txt", "f/while/body/tanh: dropped\n" },
		{ "f-1/7-plan.txt", "of call 7: plan f/while/body/cond/then: " },
		{ "f-1/0-recorded.dot", "subgraph cluster_n0 {" },
		{ "f-1/0-recorded.dot", "label=\"goes on\"" },
		{ "f-1/0-recorded.dot", "label=\"next state 0\"" },
		{ "f-1/0-recorded.dot", "subgraph cluster_b2n6 {" },
		{ "f-1/0-recorded.dot", "label=\"then\"" },
		{ "f-1/2-cse.dot", "\\noperand 1\"" },
		{ "f-1/7-plan.dot", "label=\"input0\\nstate 0\"" },
		{ "f-1/7-plan.dot", "label=\"next state 0\"" },
	};
	static const struct {
		const char *file;
		size_t boxes;
	} pictures[] = {
		{ "f-1/0-recorded.dot", 16 }, { "f-1/1-algebra.dot", 15 },
		{ "f-1/2-cse.dot", 14 }, { "f-1/3-fold.dot", 11 },
		{ "f-1/4-dce.dot", 10 },
	};
	weir_runtime *runtime;
	size_t i;

	cr_assert_eq(create(what, &runtime), WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(call_with_fault(runtime, "f", loop, 0), WEIR_OK, "%s",
		     weir_error_text());
	for (i = 0; i < sizeof expected / sizeof *expected; i++)
		cr_expect_not_null(strstr(contents(expected[i].file),
					  expected[i].says), "%s in %s:\n%s",
				   expected[i].says, expected[i].file, text);
	for (i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		contents(pictures[i].file);
		cr_expect_eq(count(text, " [label=\"") - count(text, " -> "),
			     pictures[i].boxes, "%s:\n%s", pictures[i].file,
			     text);
		cr_expect_eq(count(text, "{\n"), count(text, "}\n"));
	}
	weir_runtime_release(runtime);
}

static void
try_without_memory(weir_function_fn fn)
{
	weir_runtime *runtime;
	bool has_struck = true;
	long i, failures = 0;

	for (i = 1; has_struck; i++) {
		fault_arm(&fault, 0);
		cr_assert_eq(create(what, &runtime), WEIR_OK, "%s",
			     weir_error_text());
		failures += call_with_fault(runtime, "f", fn, i) ==
			    WEIR_ENOMEM;
		has_struck = fault_has_struck(&fault);
		weir_runtime_release(runtime);
		cr_assert_eq(fault.alive, 0, "allocation %ld", i);
	}
	cr_expect_gt(failures, 50);
}

Test(dump, loses_nothing_when_there_is_no_memory)
{
	try_without_memory(program);
	try_without_memory(loop);
}
