/* The spans and notes of a trace, read back from its file. */
#ifndef SUPPORT_SPANS_H
#define SUPPORT_SPANS_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct span {
	const char *name, *category, *path;
	int64_t run, ordinal, thread, worker, tiles, tile_begin;
	double ready, start, end;	/* microseconds */
};

struct note {
	const char *op, *fate;
	int64_t run, ordinal, into;	/* into 0: its own */
};

struct spans {
	json_t *root;			/* owns the strings */
	struct span *all;
	struct note *notes;
	size_t n, n_notes;
	int64_t lost;
};

static inline int64_t
spans_int(const json_t *object, const char *key, int64_t none)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : none;
}

static inline const char *
spans_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static inline void
spans_add(struct spans *spans, const json_t *event)
{
	const json_t *args = json_object_get(event, "args");
	struct span *s = &spans->all[spans->n];

	if (strcmp(spans_text(event, "ph"), "X") != 0)
		return;
	s->name = spans_text(event, "name");
	s->category = spans_text(event, "cat");
	s->path = spans_text(args, "path");
	s->run = spans_int(args, "run", 0);
	s->ordinal = spans_int(args, "ordinal", 0);
	s->thread = spans_int(event, "tid", -1);
	s->worker = spans_int(args, "worker", -1);
	s->tiles = spans_int(args, "tiles", 0);
	s->tile_begin = spans_int(args, "tile_begin", 0);
	s->ready = json_is_number(json_object_get(args, "ready"))
		? json_number_value(json_object_get(args, "ready")) : -1;
	s->start = json_number_value(json_object_get(event, "ts"));
	s->end = s->start + json_number_value(json_object_get(event, "dur"));
	spans->n++;
}

static inline void
spans_read(struct spans *spans, const char *path)
{
	const json_t *events, *weir, *notes;
	json_error_t error;
	size_t i;

	memset(spans, 0, sizeof *spans);
	spans->root = json_load_file(path, 0, &error);
	cr_assert(spans->root, "%s:%d: %s", path, error.line, error.text);
	events = json_object_get(spans->root, "traceEvents");
	weir = json_object_get(json_object_get(spans->root, "otherData"),
			       "weir");
	notes = json_object_get(weir, "notes");
	cr_assert(json_is_array(events) && json_is_array(notes));
	spans->lost = spans_int(weir, "events_lost", -1);
	spans->all = calloc(json_array_size(events) + 1, sizeof *spans->all);
	spans->notes = calloc(json_array_size(notes) + 1,
			      sizeof *spans->notes);
	cr_assert(spans->all && spans->notes);
	for (i = 0; i < json_array_size(events); i++)
		spans_add(spans, json_array_get(events, i));
	for (i = 0; i < json_array_size(notes); i++) {
		const json_t *note = json_array_get(notes, i);

		spans->notes[spans->n_notes++] = (struct note){
			.op = spans_text(note, "op"),
			.fate = spans_text(note, "fate"),
			.run = spans_int(note, "run", 0),
			.ordinal = spans_int(note, "ordinal", 0),
			.into = spans_int(note, "into", 0),
		};
	}
}

static inline void
spans_free(struct spans *spans)
{
	free(spans->all);
	free(spans->notes);
	json_decref(spans->root);
}

/* Whether two spans are of ops in one graph run, on two workers at a time. */
static inline bool
spans_overlap(const struct span *a, const struct span *b)
{
	return strcmp(a->category, "graph") == 0 &&
	       strcmp(b->category, "graph") == 0 && a->run == b->run &&
	       a->worker != b->worker && a->start < b->end &&
	       b->start < a->end;
}

#endif
