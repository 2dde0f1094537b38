#include "sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
begin_recording(struct recording *recording, weir_trace_clock clock,
		size_t ring_bytes)
{
	weir_trace_options options = { sizeof options, clock, ring_bytes };

	temporary_folder(recording->folder);
	cr_assert_eq(weir__heap_create(NULL, &recording->heap), WEIR_OK);
	cr_assert_eq(weir__tracer_create(recording->heap, NULL,
					 &recording->tracer), WEIR_OK);
	cr_assert_eq(weir__tracer_start(recording->tracer, &options),
		     WEIR_OK);
}

void
end_recording(struct recording *recording)
{
	weir__tracer_release(recording->tracer);
	weir__heap_release(recording->heap);
	remove_folder(recording->folder);
}

const char *
file_of(const struct recording *recording, const char *name)
{
	static char names[4][TEMPORARY + 64];
	static int next;
	char *to = names[next++ % 4];

	snprintf(to, sizeof names[0], "%s/%s", recording->folder, name);
	return to;
}

const struct weir__trace_info *
info_of(struct weir__tracer *tracer, const char *op, const char *path)
{
	const struct weir__trace_info info = {
		.op = op, .path = path, .site = "model.c:42",
		.shapes = "f32[32,20] f32[20,64] -> f32[32,64]",
		.bytes = 15872, .flops = 81920,
	};

	return weir__trace_intern(tracer, &info);
}

struct weir__trace_event
op_event(const struct weir__trace_info *info, uint64_t run, uint64_t ordinal,
	 uint64_t start, uint64_t end)
{
	return (struct weir__trace_event){
		.kind = WEIR__TRACE_OP, .info = info, .run = run,
		.ordinal = ordinal, .start = start, .end = end, .block = -1,
		.eager = true,
	};
}

/* -- the sample */

struct part {
	struct weir__tracer *tracer;
	uint64_t run;
	int worker;
};

static void
record_op(const struct part *part, const char *op, uint64_t ordinal,
	  const uint64_t *deps, uint32_t n_deps, int64_t tile, int64_t tiles)
{
	struct weir__trace_event event = op_event(
		info_of(part->tracer, op, "train/step"), part->run, ordinal,
		0, 0);

	event.worker = part->worker;
	event.block = (int32_t)ordinal;
	event.eager = false;
	event.deps = deps;
	event.n_deps = n_deps;
	event.tiles = tiles;
	event.tile_begin = tile;
	event.tile_end = tiles ? tile + 1 : 0;
	event.ready = weir__trace_now(part->tracer);
	event.start = weir__trace_now(part->tracer);
	event.end = weir__trace_now(part->tracer);
	weir__trace_event(part->tracer, &event);
}

static void *
be_worker(void *arg)
{
	const struct part *part = arg;
	const uint64_t producers[] = { 1, 1 };

	record_op(part, "matmul", 2, producers, 2, part->worker - 1, 2);
	return NULL;
}

static void
record_span(struct weir__tracer *tracer, enum weir__trace_kind kind,
	    const char *name, uint64_t run, uint64_t start)
{
	struct weir__trace_event event = op_event(
		info_of(tracer, name, name), run, 0, start,
		weir__trace_now(tracer));

	event.kind = kind;
	event.eager = kind == WEIR__TRACE_FRAME;
	weir__trace_event(tracer, &event);
}

static void
record_eager_step(struct weir__tracer *tracer)
{
	uint64_t scope = weir__trace_new_run(tracer);
	uint64_t begin = weir__trace_now(tracer), ordinal;

	for (ordinal = 1; ordinal <= 5; ordinal++) {
		struct weir__trace_event event = op_event(
			info_of(tracer, ordinal % 2 ? "add" : "relu",
				"step/layer"), scope, ordinal, 0, 0);
		uint64_t producer = ordinal - 1;

		event.n_deps = ordinal > 1;
		event.deps = &producer;
		event.start = weir__trace_now(tracer);
		event.end = weir__trace_now(tracer);
		weir__trace_event(tracer, &event);
	}
	record_span(tracer, WEIR__TRACE_FRAME, "step", scope, begin);
}

void
record_sample(struct weir__tracer *tracer)
{
	struct part caller = { tracer, 0, 0 }, parts[2];
	const uint64_t producer = 2;
	struct weir__trace_note notes[5];
	pthread_t threads[2];
	uint64_t begin;
	int i;

	weir__trace_counter(tracer, "memory in use", weir__trace_now(tracer),
			    4096);
	record_eager_step(tracer);
	begin = weir__trace_now(tracer);
	record_span(tracer, WEIR__TRACE_RECORD, "train", 0, begin);
	begin = weir__trace_now(tracer);
	record_span(tracer, WEIR__TRACE_COMPILE, "train", 0, begin);

	begin = weir__trace_now(tracer);
	caller.run = weir__trace_new_run(tracer);
	for (i = 0; i < 5; i++)
		notes[i] = (struct weir__trace_note){
			(uint64_t)(4 + i), info_of(tracer, "exp", "train"),
			WEIR__FATE_MERGED + i, i == 0 || i >= 3 ? 2 : 4u + i
		};
	weir__trace_notes(tracer, caller.run, notes, 5);
	record_op(&caller, "relu", 1, NULL, 0, 0, 0);
	for (i = 0; i < 2; i++) {
		parts[i] = (struct part){ tracer, caller.run, i + 1 };
		/* One after the other, so that files can be the same. */
		pthread_create(&threads[i], NULL, be_worker, &parts[i]);
		pthread_join(threads[i], NULL);
	}
	record_op(&caller, "sum", 3, &producer, 1, 0, 0);
	record_span(tracer, WEIR__TRACE_RUN, "train", caller.run, begin);
	weir__trace_counter(tracer, "memory in use", weir__trace_now(tracer),
			    1536);
}

/* -- reading back */

json_t *
parse(const char *path)
{
	json_error_t error;
	json_t *trace = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	cr_assert(trace, "%s:%d: %s", path, error.line, error.text);
	return trace;
}

json_t *
write_and_parse(struct recording *recording)
{
	const char *path = file_of(recording, "trace.json");

	cr_assert_eq(weir__tracer_write(recording->tracer, path), WEIR_OK,
		     "%s", weir_error_text());
	return parse(path);
}

size_t
count_phase(json_t *trace, const char *phase)
{
	json_t *event;
	size_t n = 0, i;

	json_array_foreach(json_object_get(trace, "traceEvents"), i, event)
		n += !strcmp(json_string_value(json_object_get(event, "ph")),
			     phase);
	return n;
}

json_t *
event_named(json_t *trace, const char *phase, const char *name)
{
	json_t *event;
	size_t i;

	json_array_foreach(json_object_get(trace, "traceEvents"), i, event)
		if (!strcmp(json_string_value(json_object_get(event, "ph")),
			    phase) &&
		    !strcmp(json_string_value(json_object_get(event, "name")),
			    name))
			return event;
	cr_assert_fail("there is no %s", name);
	return NULL;
}

int64_t
ns_of(json_t *event, const char *key)
{
	return llround(json_number_value(json_object_get(event, key)) * 1000);
}

char *
contents(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(1 << 20);

	cr_assert(file && text, "%s", path);
	*size = fread(text, 1, 1 << 20, file);
	cr_assert_lt(*size, 1u << 20);
	fclose(file);
	return text;
}
