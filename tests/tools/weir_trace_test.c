/* weir-trace, run as people run it, on good files and on bad ones. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/seeds.h"
#include "unit/trace/sample.h"

extern char **environ;

static struct recording r;
static char sample[TEMPORARY + 64];	/* a file with some of all there is */

static void
make_sample(void)
{
	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	strcpy(sample, file_of(&r, "sample.json"));
	cr_assert_eq(weir__tracer_write(r.tracer, sample), WEIR_OK);
}

static void
remove_sample(void)
{
	end_recording(&r);
}

TestSuite(weir_trace, .init = make_sample, .fini = remove_sample,
	  .timeout = 600);

/* Run with up to six arguments; output goes to files "out" and "err". */
static int
run(const char *a, const char *b, const char *c, const char *d, const char *e,
    const char *f)
{
	const char *tools = getenv("WEIR_TOOLS");
	char program[4096];
	char *argv[] = { "weir-trace", (char *)a, (char *)b, (char *)c,
			 (char *)d, (char *)e, (char *)f, NULL };
	posix_spawn_file_actions_t files;
	int status;
	pid_t child;

	snprintf(program, sizeof program, "%s/weir-trace",
		 tools ? tools : "tools");
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, file_of(&r, "out"),
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawn_file_actions_addopen(&files, 2, file_of(&r, "err"),
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	cr_assert_eq(posix_spawn(&child, program, &files, NULL, argv,
				 environ), 0, "cannot run %s", program);
	posix_spawn_file_actions_destroy(&files);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "%s %s died of %d", a, b,
		  WTERMSIG(status));
	return WEXITSTATUS(status);
}

static char *
said(const char *stream)
{
	size_t size;
	char *text = contents(file_of(&r, stream), &size);

	text[size] = '\0';
	return text;
}

static void
expect_said(const char *stream, const char *what)
{
	char *text = said(stream);

	cr_expect(strstr(text, what), "no \"%s\" in: %s", what, text);
	free(text);
}

static void
write_text(const char *name, const char *text, size_t size)
{
	FILE *file = fopen(file_of(&r, name), "w");

	cr_assert(file);
	cr_assert_eq(fwrite(text, 1, size, file), size);
	cr_assert_eq(fclose(file), 0);
}

/* -- files as they should be */

Test(weir_trace, rewrites_a_clean_file_without_loss)
{
	json_t *before = parse(sample), *after, *again;
	const char *out = file_of(&r, "clean.json");

	cr_assert_eq(run("chrome", sample, "-o", out, NULL, NULL), 0);
	after = parse(out);
	expect_rules(after);
	cr_expect(json_equal(json_object_get(before, "otherData"),
			     json_object_get(after, "otherData")));
	cr_expect_eq(count_phase(after, "X"), count_phase(before, "X"));
	cr_expect_eq(count_phase(after, "s"), count_phase(before, "s"));
	cr_expect_eq(count_phase(after, "C"), count_phase(before, "C"));
	cr_assert_eq(run("chrome", sample, NULL, NULL, NULL, NULL), 0);
	again = parse(file_of(&r, "out"));
	cr_expect(json_equal(after, again));
	json_decref(before);
	json_decref(after);
	json_decref(again);
}

Test(weir_trace, leaves_no_arrow_to_what_it_filters)
{
	static const char *const filters[][2] = {
		{ "--min-dur", "1us" }, { "--top", "3" }, { "--top", "1" },
		{ "--from", "3us" }, { "--to", "2" }, { "--from", "1s" },
	};
	size_t i;

	for (i = 0; i < sizeof filters / sizeof *filters; i++) {
		json_t *after;

		cr_assert_eq(run("chrome", sample, filters[i][0],
				 filters[i][1], NULL, NULL), 0);
		after = parse(file_of(&r, "out"));
		expect_rules(after);
		json_decref(after);
	}
}

Test(weir_trace, leaves_details_out_when_told)
{
	json_t *after, *event;

	cr_assert_eq(run("chrome", "--no-args", sample, NULL, NULL, NULL), 0);
	after = parse(file_of(&r, "out"));
	event = event_named(after, "X", "matmul");
	cr_expect_null(json_object_get(event, "args"));
	event = event_named(after, "M", "thread_name");
	cr_expect(json_object_get(event, "args"));
	json_decref(after);
}

Test(weir_trace, sums_up_for_programs)
{
	json_t *summary, *op, *ops;
	size_t i;

	cr_assert_eq(run("summary", "--json", sample, NULL, NULL, NULL), 0);
	summary = parse(file_of(&r, "out"));
	cr_expect_eq(json_integer_value(json_object_get(summary, "runs")), 1);
	cr_expect_eq(json_integer_value(json_object_get(summary,
				"eager_calls")), 5);
	cr_expect_eq(json_integer_value(json_object_get(summary,
				"graph_calls")), 3);
	cr_expect_eq(json_integer_value(json_object_get(summary, "merged")),
		     1);
	cr_expect_eq(json_integer_value(json_object_get(summary, "views")),
		     1);
	cr_expect_eq(json_integer_value(json_object_get(summary,
				"events_lost")), 0);
	ops = json_object_get(summary, "ops");
	cr_expect_eq(json_array_size(ops), 5);	/* relu in both modes */
	json_array_foreach(ops, i, op) {
		json_int_t least = json_integer_value(json_object_get(op,
							"min_ns"));
		json_int_t middle = json_integer_value(json_object_get(op,
							"median_ns"));
		json_int_t most = json_integer_value(json_object_get(op,
							"max_ns"));

		cr_expect(0 < least && least <= middle && middle <= most);
		if (strcmp(json_string_value(json_object_get(op, "op")),
			   "matmul"))
			continue;
		/* Two tiles of one op: half of its work each. */
		cr_expect_eq(json_integer_value(json_object_get(op,
					"count")), 1);
		cr_expect_eq(json_integer_value(json_object_get(op,
					"events")), 2);
		cr_expect_float_eq(json_number_value(json_object_get(op,
					"gflops")) * (double)
			json_integer_value(json_object_get(op, "total_ns")),
			81920, 1);
	}
	json_decref(summary);
}

Test(weir_trace, sums_up_for_people_in_80_columns)
{
	char *text, *line;

	cr_assert_eq(run("summary", sample, NULL, NULL, NULL, NULL), 0);
	expect_said("out", "Graph ops: 3 calls");
	expect_said("out", "Eager ops: 5 calls");
	expect_said("out", "No events were lost");
	expect_said("out", "1 merged, 1 folded, 1 dropped, 1 views, "
		    "1 fused");
	text = said("out");
	strtok(text, "\n");		/* as long as the file's name is */
	while ((line = strtok(NULL, "\n")))
		cr_expect_leq(strlen(line), 80, "%s", line);
	free(text);
}

Test(weir_trace, reads_standard_input)
{
	char command[512];

	snprintf(command, sizeof command, "'%s/weir-trace' summary - < %s "
		 "> /dev/null", getenv("WEIR_TOOLS") ? getenv("WEIR_TOOLS")
						     : "tools", sample);
	cr_expect_eq(system(command), 0);
}

/* -- files that were torn */

Test(weir_trace, mends_an_array_that_was_never_closed)
{
	static const char text[] = "[\n"
		"{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":1,\"ts\":0,"
		"\"dur\":0},\n"
		"{\"ph\":\"X\",\"name\":\"b\",\"cat\":\"graph\",\"pid\":1,"
		"\"tid\":1,\"ts\":5.5,\"dur\":2},\n{\"ph\":\"X\",\"na";
	json_t *after, *event;

	write_text("torn.json", text, strlen(text));
	cr_assert_eq(run("chrome", file_of(&r, "torn.json"), NULL, NULL, NULL,
			 NULL), 0);
	expect_said("err", "torn.json: the file ends within an event: what "
		    "came before is used\n");
	after = parse(file_of(&r, "out"));
	cr_expect_eq(count_phase(after, "X"), 2);
	event = event_named(after, "X", "a");
	cr_expect_str_eq(json_string_value(json_object_get(event, "cat")),
			 "none");
	cr_expect_eq(ns_of(event, "dur"), 1);
	json_decref(after);
}

/* -- files that are no traces */

static const struct {
	const char *text, *complaint;
} bad[] = {
	{ "", "empty: not a trace" },
	{ " \n\t", "empty: not a trace" },
	{ "hello", ":1: not a trace: JSON begins with '{' or '['" },
	{ "{}", "not a trace: no events" },
	{ "[]", "not a trace: no events" },
	{ "null", ":1: not a trace" },
	{ "{\"traceEvents\":7}", ":1: \"traceEvents\" must be an array" },
	{ "{\"traceEvents\":[7]}", ":1: an event must be an object" },
	{ "[\n\n{\"ph\":\"X\",\"ts\":\"soon\"}]",
	  ":3: an event has no or a wrong \"ts\"" },
	{ "[{\"ph\":3}]", "wrong \"ph\"" },
	{ "[{\"ph\":\"\"}]", "wrong \"ph\"" },
	{ "[{\"name\":\"a\"}]", "wrong \"ph\"" },
	{ "[{\"ph\":\"X\",\"name\":[]}]", "wrong \"name\"" },
	{ "[{\"ph\":\"X\",\"pid\":\"a\"}]", "wrong \"pid\"" },
	{ "[{\"ph\":\"X\",\"tid\":1.5}]", "wrong \"tid\"" },
	{ "[{\"ph\":\"X\",\"ts\":1e300}]", "wrong \"ts\"" },
	{ "[{\"ph\":\"X\",\"ts\":1e999}]", "not JSON" },
	{ "[{\"ph\":\"X\",\"pid\":99999999999999999999999}]", "not JSON" },
	{ "[{\"ph\":\"X\",\"dur\":-1}]", "wrong \"dur\"" },
	{ "[{\"ph\":\"X\",\"args\":[]}]", "wrong \"args\"" },
	{ "[{\"ph\":\"X\",\"args\":{\"run\":null}}]", "\"args.run\"" },
	{ "[{\"ph\":\"X\",\"args\":{\"flops\":-1}}]", "\"args.flops\"" },
	{ "[{\"ph\":\"X\",\"args\":{\"tiles\":4,\"tile_end\":9}}]",
	  "\"args.tile_end\"" },
	{ "[{\"ph\":\"s\",\"id\":\"xyz\"}]", "wrong \"id\"" },
	{ "[{\"ph\":\"X\"}}", "not JSON" },
	{ "{\"a\" 1}", ":1: not JSON: ':' is missing" },
	{ "{\"traceEvents\":[{\"ph\":\"M\"}]} more",
	  "text after the end of the trace" },
	{ "[{\"ph\":\"X\",\"name\":\"\xff\xfe\"}]", "not JSON" },
	{ "[{\"ph\":\"X\" \x1b[31m}]", "not JSON" },
};

static void
expect_one_line(int status, const char *about)
{
	char *text = said("err");
	size_t length = strlen(text);

	cr_expect(status == 0 || length, "%s: silent", about);
	cr_expect(!length || strncmp(text, "weir-trace: ", 12) == 0, "%s: %s",
		  about, text);
	cr_expect(!length || strchr(text, '\n') == text + length - 1,
		  "%s: %s", about, text);
	cr_expect_null(strchr(text, '\x1b'));
	free(text);
}

Test(weir_trace, says_in_one_line_what_is_wrong_with_a_file)
{
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_text("bad.json", bad[i].text, strlen(bad[i].text));
		cr_expect_eq(run(i % 2 ? "chrome" : "summary",
				 file_of(&r, "bad.json"), NULL, NULL, NULL,
				 NULL), 2, "%s", bad[i].text);
		expect_said("err", bad[i].complaint);
		expect_one_line(2, bad[i].text);
	}
}

Test(weir_trace, survives_what_is_deep_or_long)
{
	static const char opens[] = "[{";
	size_t size = 1 << 20, i;
	char *text = malloc(size);

	for (i = 0; i < 2; i++) {
		memset(text, opens[0], size);
		if (i)	/* deep inside of an event's arguments */
			memcpy(text, "[{\"ph\":\"X\",\"args\":", 18);
		write_text("deep.json", text, size);
		cr_expect_eq(run("summary", file_of(&r, "deep.json"), NULL,
				 NULL, NULL, NULL), 2);
		expect_one_line(2, "deep");
	}
	memset(text, '7', size);
	text[0] = '[';
	write_text("long.json", text, size);
	cr_expect_eq(run("summary", file_of(&r, "long.json"), NULL, NULL,
			 NULL, NULL), 2);
	expect_one_line(2, "long");
	memset(text, 0, size);
	write_text("zero.json", text, size);
	cr_expect_eq(run("summary", file_of(&r, "zero.json"), NULL, NULL,
			 NULL, NULL), 2);
	free(text);
}

Test(weir_trace, names_files_it_cannot_use)
{
	cr_expect_eq(run("summary", "/nowhere/t.json", NULL, NULL, NULL,
			 NULL), 2);
	expect_said("err", "weir-trace: /nowhere/t.json: No such file");
	cr_expect_eq(run("summary", r.folder, NULL, NULL, NULL, NULL), 2);
	expect_said("err", "Is a directory");
	cr_expect_eq(run("chrome", sample, "-o", "/nowhere/t.json", NULL,
			 NULL), 2);
	expect_said("err", "weir-trace: /nowhere/t.json: No such file");
	cr_expect_eq(run("chrome", sample, "-o", "/dev/full", NULL, NULL), 2);
	expect_said("err", "No space left");
}

Test(weir_trace, knows_how_it_is_used)
{
	cr_expect_eq(run("--help", NULL, NULL, NULL, NULL, NULL), 0);
	expect_said("out", "Usage: weir-trace COMMAND");
	cr_expect_eq(run("chrome", "--help", NULL, NULL, NULL, NULL), 0);
	expect_said("out", "Usage: weir-trace chrome");
	cr_expect_eq(run("--version", NULL, NULL, NULL, NULL, NULL), 0);
	cr_expect_eq(run(NULL, NULL, NULL, NULL, NULL, NULL), 1);
	cr_expect_eq(run("draw", NULL, NULL, NULL, NULL, NULL), 1);
	expect_said("err", "no command \"draw\"");
	cr_expect_eq(run("summary", NULL, NULL, NULL, NULL, NULL), 1);
	cr_expect_eq(run("summary", "--top", "none", sample, NULL, NULL), 1);
	cr_expect_eq(run("chrome", "--from", "-1", sample, NULL, NULL), 1);
	cr_expect_eq(run("chrome", "--from", "1h", sample, NULL, NULL), 1);
	cr_expect_eq(run("chrome", sample, sample, NULL, NULL, NULL), 1);
	cr_expect_eq(run("summary", "", NULL, NULL, NULL, NULL), 1);
	expect_said("err", "name is empty");
	cr_expect_eq(run("chrome", "-o", "", sample, NULL, NULL), 1);
	expect_said("err", "name is empty");
	cr_expect_eq(run("chrome", "--top", "", sample, NULL, NULL), 1);
}

/* A trace of one run of two ops, as weir writes it. */
static char *
small_trace(size_t *size)
{
	struct recording small;
	uint64_t producer = 1;
	struct weir__trace_event event;
	char *text;

	begin_recording(&small, WEIR_TRACE_LOGICAL, 0);
	event = op_event(info_of(small.tracer, "exp", "p"), 1, 1, 1, 2);
	weir__trace_event(small.tracer, &event);
	event = op_event(info_of(small.tracer, "sum", "p"), 1, 2, 3, 4);
	event.deps = &producer;
	event.n_deps = 1;
	weir__trace_event(small.tracer, &event);
	cr_assert_eq(weir__tracer_write(small.tracer,
					file_of(&small, "t.json")), WEIR_OK);
	text = contents(file_of(&small, "t.json"), size);
	end_recording(&small);
	return text;
}

/* Each try is a process: some of the places, or all in the long run. */
static size_t
stride(void)
{
	return is_long() ? 1 : 7;
}

Test(weir_trace, lives_with_beginnings_of_a_file)
{
	size_t size, i;
	char *text = small_trace(&size);

	for (i = 0; i <= size; i += stride()) {
		int status;

		write_text("cut.json", text, i);
		status = run(i % 2 ? "summary" : "chrome",
			     file_of(&r, "cut.json"), NULL, NULL, NULL, NULL);
		cr_assert(status == 0 || status == 2);
		expect_one_line(status, "cut");
		if (status == 0 && i % 2 == 0)
			json_decref(parse(file_of(&r, "out")));
	}
	free(text);
}

Test(weir_trace, lives_with_flipped_bits)
{
	size_t size, i;
	char *text = small_trace(&size);

	for (i = 0; i < size; i += stride()) {
		int status;

		text[i] ^= (char)(1 << i % 8);
		write_text("flip.json", text, size);
		text[i] ^= (char)(1 << i % 8);
		status = run(i % 3 ? "summary" : "chrome",
			     file_of(&r, "flip.json"), NULL, NULL, NULL,
			     NULL);
		cr_assert(status == 0 || status == 2);
		expect_one_line(status, "flip");
	}
	free(text);
}
