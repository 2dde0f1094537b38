/* Files that are written at the end, whether or not anybody asks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"
#include "support/temporary.h"

static char folder[TEMPORARY];

static const char *
name(const char *file)
{
	static char names[4][TEMPORARY + 64];
	static int next;
	char *to = names[next++ % 4];

	snprintf(to, sizeof names[0], "%s/%s", folder, file);
	return to;
}

static void
begin(void)
{
	temporary_folder(folder);
}

static void
end(void)
{
	remove_folder(folder);
}

TestSuite(exit, .init = begin, .fini = end);

static struct weir__tracer *
traced_to(const char *file)
{
	struct weir__heap *heap;
	struct weir__tracer *tracer;

	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	cr_assert_eq(weir__tracer_create(heap, file, &tracer), WEIR_OK);
	cr_assert_eq(weir__tracer_start(tracer, NULL), WEIR_OK);
	record_sample(tracer);
	return tracer;
}

static void
release(struct weir__tracer *tracer)
{
	struct weir__heap *heap = tracer->heap;

	weir__tracer_release(tracer);
	weir__heap_release(heap);
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* What a child that does this leaves; it ends by exit(). */
static void
in_child(void (*what)(void))
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0) {
		what();
		exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
}

Test(exit, writes_the_file_when_the_tracer_is_released)
{
	struct weir__tracer *tracer = traced_to(name("a.json"));

	cr_expect_not(exists(name("a.json")));
	release(tracer);
	expect_rules_once(parse(name("a.json")));
}

static void
forget_to_release(void)
{
	traced_to(name("b.json"));
	traced_to(name("c.json"));
}

Test(exit, writes_files_of_programs_that_never_release)
{
	in_child(forget_to_release);
	expect_rules_once(parse(name("b.json")));
	expect_rules_once(parse(name("c.json")));
}

Test(exit, gives_each_tracer_a_file_of_its_own)
{
	struct weir__tracer *first = traced_to(name("t.json"));
	struct weir__tracer *second = traced_to(name("t.json"));

	release(second);
	release(first);
	release(traced_to(name("t.json")));
	release(traced_to(name("no-dot")));
	release(traced_to(name("no-dot")));
	expect_rules_once(parse(name("t.json")));
	expect_rules_once(parse(name("t-2.json")));
	expect_rules_once(parse(name("t-3.json")));
	expect_rules_once(parse(name("no-dot-2")));
}

static void
do_nothing(void)
{
}

Test(exit, leaves_the_parents_file_to_the_parent)
{
	struct weir__tracer *tracer = traced_to(name("parent.json"));

	in_child(do_nothing);
	cr_expect_not(exists(name("parent.json")));
	release(tracer);
	cr_expect(exists(name("parent.json")));
}

static struct weir__tracer *inherited;

static void
release_inherited(void)
{
	release(inherited);
	release(traced_to(name("parent.json")));
}

Test(exit, lets_a_child_trace_to_a_file_of_its_own)
{
	inherited = traced_to(name("parent.json"));
	in_child(release_inherited);
	cr_expect_not(exists(name("parent.json")));
	expect_rules_once(parse(name("parent-2.json")));
	release(inherited);
	expect_rules_once(parse(name("parent.json")));
}

Test(exit, puts_the_process_into_the_name)
{
	char file[64];

	release(traced_to(name("%p-of-%p.json")));
	snprintf(file, sizeof file, "%ld-of-%ld.json", (long)getpid(),
		 (long)getpid());
	expect_rules_once(parse(name(file)));
}

Test(exit, remembers_the_folder_it_was_named_in)
{
	struct weir__tracer *tracer;

	cr_assert_eq(chdir(folder), 0);
	tracer = traced_to("relative.json");
	cr_assert_eq(chdir("/"), 0);
	release(tracer);
	expect_rules_once(parse(name("relative.json")));
}

Test(exit, writes_no_file_of_nothing)
{
	struct weir__heap *heap;
	struct weir__tracer *tracer;

	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	cr_assert_eq(weir__tracer_create(heap, name("n.json"), &tracer),
		     WEIR_OK);
	cr_assert_eq(weir__tracer_start(tracer, NULL), WEIR_OK);
	weir__tracer_release(tracer);
	weir__heap_release(heap);
	cr_expect_not(exists(name("n.json")));
}

static void
fail_to_write(void)
{
	freopen(name("said"), "w", stderr);
	dup2(fileno(stderr), STDOUT_FILENO);
	traced_to(name("missing/x.json"));
}

Test(exit, says_nothing_where_it_cannot_write)
{
	size_t size;
	char *text;

	in_child(fail_to_write);
	text = contents(name("said"), &size);
	cr_expect_eq(size, 0, "%.*s", (int)size, text);
	free(text);
}
