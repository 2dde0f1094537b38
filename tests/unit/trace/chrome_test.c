#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"
#include "support/process.h"
#include "trace/out.h"

static void
record_at(struct weir__tracer *tracer, const char *op, uint64_t start,
	  uint64_t end)
{
	struct weir__trace_event event = op_event(info_of(tracer, op, "p"), 1,
						  start, start, end);

	weir__trace_event(tracer, &event);
}

static json_t *
said(json_t *trace, const char *key)
{
	return json_object_get(json_object_get(json_object_get(trace,
				"otherData"), "weir"), key);
}

static json_t *
arg(json_t *event, const char *key)
{
	return json_object_get(json_object_get(event, "args"), key);
}

Test(chrome, writes_a_file_that_keeps_all_rules)
{
	struct recording r;
	json_t *trace;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	trace = write_and_parse(&r);
	expect_rules(trace);
	/* 5 eager ops and their scope; relu, 2 tiles, sum; record, compile
	 * and run. */
	cr_expect_eq(count_phase(trace, "X"), 13);
	cr_expect_eq(count_phase(trace, "C"), 2);
	/* One an edge: 4 of the step, relu to matmul (told twice) to sum. */
	cr_expect_eq(count_phase(trace, "s"), 6);
	cr_expect_eq(json_integer_value(said(trace, "events_lost")), 0);
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, says_all_there_is_to_say_of_an_op)
{
	struct recording r;
	int nodes[] = { 3, 3, 3, 3, 3, 3, 3, 3 };
	json_t *trace, *op;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	cr_assert_eq(weir__tracer_set_places(r.tracer, nodes, 8, true),
		     WEIR_OK);
	record_sample(r.tracer);
	trace = write_and_parse(&r);
	op = event_named(trace, "X", "matmul");
	cr_expect_str_eq(json_string_value(json_object_get(op, "cat")),
			 "graph");
	cr_expect_str_eq(json_string_value(arg(op, "path")), "train/step");
	cr_expect_str_eq(json_string_value(arg(op, "site")), "model.c:42");
	cr_expect_str_eq(json_string_value(arg(op, "shapes")),
			 "f32[32,20] f32[20,64] -> f32[32,64]");
	cr_expect_eq(json_integer_value(arg(op, "bytes")), 15872);
	cr_expect_eq(json_integer_value(arg(op, "flops")), 81920);
	cr_expect_eq(json_integer_value(arg(op, "ordinal")), 2);
	cr_expect_eq(json_integer_value(arg(op, "run")), 2);
	cr_expect_eq(json_integer_value(arg(op, "block")), 2);
	cr_expect_eq(json_integer_value(arg(op, "worker")), 1);
	cr_expect_eq(json_integer_value(arg(op, "tile_begin")), 0);
	cr_expect_eq(json_integer_value(arg(op, "tile_end")), 1);
	cr_expect_eq(json_integer_value(arg(op, "tiles")), 2);
	cr_expect_eq(json_array_size(arg(op, "deps")), 2);
	cr_expect(json_is_real(arg(op, "ready")));
	cr_expect(json_is_real(arg(op, "wait")));
	if (json_integer_value(arg(op, "cpu")) < 8) {
		cr_expect_eq(json_integer_value(arg(op, "node")), 3);
		cr_expect_eq(json_integer_value(json_object_get(op, "pid")),
			     4);
	}
	cr_expect_str_eq(json_string_value(said(trace, "workers")), "bound");
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, says_unbound_where_nothing_is_bound)
{
	struct recording r;
	json_t *trace;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	trace = write_and_parse(&r);
	cr_expect_str_eq(json_string_value(said(trace, "workers")),
			 "unbound");
	cr_expect_str_eq(json_string_value(arg(event_named(trace, "M",
				"process_labels"), "labels")), "unbound");
	cr_expect(strstr(json_string_value(arg(event_named(trace, "M",
				"thread_name"), "name")), "unbound"));
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, tells_what_became_of_ops_that_no_span_shows)
{
	static const char *const fates[] = {
		"merged", "folded", "dropped", "view", "fused"
	};
	struct recording r;
	json_t *trace, *note, *run;
	size_t i;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	trace = write_and_parse(&r);
	cr_assert_eq(json_array_size(said(trace, "notes")), 5);
	json_array_foreach(said(trace, "notes"), i, note) {
		cr_expect_str_eq(json_string_value(json_object_get(note,
					"fate")), fates[i]);
		cr_expect_eq(json_integer_value(json_object_get(note,
					"ordinal")), (json_int_t)i + 4);
		cr_expect_eq(json_integer_value(json_object_get(note,
					"into")), i == 0 || i >= 3 ? 2 : 0);
		cr_expect_eq(json_integer_value(json_object_get(note,
					"run")), 2);
	}
	run = event_named(trace, "X", "run train");
	cr_expect_eq(json_integer_value(arg(run, "merged")), 1);
	cr_expect_eq(json_integer_value(arg(run, "views")), 1);
	cr_expect_eq(json_integer_value(arg(run, "fused")), 1);
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, escapes_whatever_names_hold)
{
	static const char *const names[] = {
		"\"quoted\" \\back\\", "line\nfeed\ttab\x01\x7f",
		"\xff\xfe", "caf\xc3\xa9 \xe2\x88\x91 \xf0\x9f\x8e\x89",
		"cut \xe2\x88", "\xed\xa0\x80 surrogate", "\xc0\x80 overlong",
		"\xf4\x90\x80\x80", "", "Profile", "</script>",
	};
	struct recording r;
	json_t *trace;
	size_t i;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t now = weir__trace_now(r.tracer);

		record_at(r.tracer, names[i], now, now + 100);
	}
	trace = write_and_parse(&r);
	expect_rules(trace);
	cr_expect_eq(count_phase(trace, "X"), i);
	for (i = 0; i < 2; i++)
		event_named(trace, "X", names[i]);
	event_named(trace, "X", names[3]);
	event_named(trace, "X", "cut \xef\xbf\xbd\xef\xbf\xbd");
	event_named(trace, "X", "op Profile");
	event_named(trace, "X", "(no name)");
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, keeps_spans_apart_that_touch_or_take_no_time)
{
	struct recording r;
	uint64_t now;
	json_t *trace;
	int i;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	now = weir__trace_now(r.tracer);
	for (i = 0; i < 100; i++)
		record_at(r.tracer, "touching", now + (uint64_t)i * 26,
			  now + (uint64_t)(i + 1) * 26);
	for (i = 0; i < 50; i++)
		record_at(r.tracer, "timeless", now + 5000, now + 5000);
	record_at(r.tracer, "outer", now, now + 9000);
	record_at(r.tracer, "outermost", now, now + 9000);
	trace = write_and_parse(&r);
	expect_rules(trace);
	cr_expect_eq(count_phase(trace, "X"), 152);
	cr_expect_eq(count_phase(trace, "M"), 5);	/* one track */
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, gives_overlapping_spans_tracks_of_their_own)
{
	struct recording r;
	uint64_t now;
	json_t *trace;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	now = weir__trace_now(r.tracer);
	record_at(r.tracer, "first", now, now + 100000);
	record_at(r.tracer, "second", now + 50000, now + 150000);
	record_at(r.tracer, "third", now + 120000, now + 160000);
	trace = write_and_parse(&r);
	expect_rules(trace);
	cr_expect_neq(json_integer_value(json_object_get(event_named(trace,
				"X", "first"), "tid")),
		      json_integer_value(json_object_get(event_named(trace,
				"X", "second"), "tid")));
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, draws_no_arrow_back_in_time)
{
	struct recording r;
	struct weir__trace_event event;
	uint64_t now, producers[] = { 1, 2, 9 };
	json_t *trace;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	now = weir__trace_now(r.tracer);
	event = op_event(info_of(r.tracer, "use", "p"), 1, 3, now + 10000,
			 now + 20000);
	event.deps = producers;
	event.n_deps = 3;
	weir__trace_event(r.tracer, &event);
	/* 1 ends within the use of it, 2 begins after, 9 is not there. */
	event = op_event(info_of(r.tracer, "late", "p"), 1, 1, now + 5000,
			 now + 15000);
	weir__trace_event(r.tracer, &event);
	event = op_event(info_of(r.tracer, "later", "p"), 1, 2, now + 30000,
			 now + 40000);
	weir__trace_event(r.tracer, &event);
	trace = write_and_parse(&r);
	expect_rules(trace);
	cr_expect_eq(count_phase(trace, "s"), 1);
	cr_expect_eq(json_integer_value(said(trace, "arrows_clamped")), 1);
	cr_expect_eq(json_integer_value(said(trace, "arrows_backwards")), 1);
	cr_expect_eq(json_integer_value(said(trace,
				"producers_not_in_trace")), 1);
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, keeps_numbers_too_large_for_a_short_record)
{
	struct recording r;
	struct weir__trace_event event;
	uint64_t producer = 1ull << 40;
	json_t *trace, *op;

	begin_recording(&r, WEIR_TRACE_LOGICAL, 0);
	event = op_event(info_of(r.tracer, "make", "p"), 1ull << 33,
			 1ull << 40, 1, 2);
	weir__trace_event(r.tracer, &event);
	event = op_event(info_of(r.tracer, "use", "p"), 1ull << 33,
			 (1ull << 40) + 1, 3, 3 + (1ull << 34));
	event.ready = 2;
	event.worker = 70000;
	event.deps = &producer;
	event.n_deps = 1;
	event.tiles = 1ll << 36;
	event.tile_end = 1ll << 35;
	weir__trace_event(r.tracer, &event);
	trace = write_and_parse(&r);
	expect_rules(trace);
	op = event_named(trace, "X", "use");
	cr_expect_eq(json_integer_value(arg(op, "run")), 1ll << 33);
	cr_expect_eq(json_integer_value(arg(op, "ordinal")),
		     (1ll << 40) + 1);
	cr_expect_eq(json_integer_value(arg(op, "worker")), 70000);
	cr_expect_eq(json_integer_value(arg(op, "tile_end")), 1ll << 35);
	cr_expect_eq(ns_of(op, "dur"), 1000ll << 34);
	cr_expect_eq(count_phase(trace, "f"), 1);
	json_decref(trace);
	end_recording(&r);
}

Test(chrome, writes_the_same_bytes_with_the_logical_clock)
{
	size_t sizes[2];
	char *texts[2];
	int i;

	for (i = 0; i < 2; i++) {
		struct recording r;

		begin_recording(&r, WEIR_TRACE_LOGICAL, 0);
		record_sample(r.tracer);
		expect_rules_once(write_and_parse(&r));
		texts[i] = contents(file_of(&r, "trace.json"), &sizes[i]);
		end_recording(&r);
	}
	cr_assert_eq(sizes[0], sizes[1]);
	cr_expect_arr_eq(texts[0], texts[1], sizes[0]);
	cr_expect_null(memmem(texts[0], sizes[0], "\"cpu\"", 5));
	cr_expect_null(memmem(texts[0], sizes[0], "process\":", 9));
	cr_expect_null(memmem(texts[0], sizes[0], "overhead", 8));
	free(texts[0]);
	free(texts[1]);
}

Test(chrome, is_not_moved_by_the_locale)
{
	struct weir__heap *heap;
	struct weir__out *out;
	char path[TEMPORARY], *text;
	size_t size;

	setlocale(LC_ALL, "de_DE.UTF-8");	/* where there is one */
	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	temporary_file(path);
	cr_assert_eq(weir__out_open(heap, path, &out), WEIR_OK);
	weir__out_double(out, 1234.5678);
	weir__out_text(out, " ");
	weir__out_double(out, -0.9999);
	weir__out_text(out, " ");
	weir__out_double(out, NAN);
	weir__out_text(out, " ");
	weir__out_double(out, 1e300);
	weir__out_text(out, " ");
	weir__out_us(out, -1234567);
	weir__out_text(out, " ");
	weir__out_int(out, INT64_MIN);
	cr_assert_eq(weir__out_close(out), WEIR_OK);
	text = contents(path, &size);
	text[size] = '\0';
	cr_expect_str_eq(text, "1234.568 -1 0 1000000000000000000 "
			 "-1234.567 -9223372036854775808");
	free(text);
	unlink(path);
	weir__heap_release(heap);
}

Test(chrome, reports_a_full_disk_by_name_and_keeps_the_events)
{
	struct recording r;
	struct stat info;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	cr_expect_eq(weir__tracer_write(r.tracer, "/dev/full"), WEIR_EIO);
	cr_expect(strstr(weir_error_text(), "/dev/full"));
	cr_expect(strstr(weir_error_text(), "No space left"));
	/* The device must not have been replaced by a file. */
	cr_assert_eq(stat("/dev/full", &info), 0);
	cr_expect(S_ISCHR(info.st_mode));
	expect_rules_once(write_and_parse(&r));
	end_recording(&r);
}

Test(chrome, leaves_nothing_behind_where_it_cannot_write)
{
	struct recording r;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_sample(r.tracer);
	cr_expect_eq(weir__tracer_write(r.tracer, file_of(&r, "no/x.json")),
		     WEIR_EIO);
	cr_expect(strstr(weir_error_text(), "No such file"));
	cr_assert_eq(mkdir(file_of(&r, "folder"), 0777), 0);
	cr_expect_eq(weir__tracer_write(r.tracer, file_of(&r, "folder")),
		     WEIR_EIO);
	cr_expect_eq(weir__tracer_write(r.tracer, ""), WEIR_EINVAL);
	cr_expect_eq(entries_of(r.folder), 1);
	end_recording(&r);
}

Test(chrome, follows_a_link_and_leaves_it_one)
{
	struct recording r;
	struct stat info;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	fclose(fopen(file_of(&r, "target.json"), "w"));
	cr_assert_eq(symlink("target.json", file_of(&r, "link.json")), 0);
	record_sample(r.tracer);
	cr_assert_eq(weir__tracer_write(r.tracer, file_of(&r, "link.json")),
		     WEIR_OK);
	cr_assert_eq(lstat(file_of(&r, "link.json"), &info), 0);
	cr_expect(S_ISLNK(info.st_mode));
	json_decref(parse(file_of(&r, "target.json")));
	end_recording(&r);
}

Test(chrome, has_nothing_to_write_twice)
{
	struct recording r;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	cr_expect_eq(weir__tracer_write(r.tracer, file_of(&r, "a.json")),
		     WEIR_ESTATE);
	record_sample(r.tracer);
	cr_expect_eq(weir__tracer_write(r.tracer, file_of(&r, "a.json")),
		     WEIR_OK);
	cr_expect_eq(weir__tracer_write(r.tracer, file_of(&r, "b.json")),
		     WEIR_ESTATE);
	record_sample(r.tracer);	/* it goes on */
	json_decref(write_and_parse(&r));
	end_recording(&r);
}
