/* An event's text to an event: which fields there are, and of what type. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trace_file.h"

/* Times beyond 100 years, in microseconds, are no times. */
#define LARGEST_TIME 3.2e15

static size_t
intern(struct trace *trace, const char *name)
{
	json_t *known = json_object_get(trace->name_index, name);

	if (known)
		return (size_t)json_integer_value(known);
	if (trace->n_names == trace->names_room) {
		size_t room = trace->names_room ? trace->names_room * 2 : 64;
		char **wider = realloc(trace->names, room * sizeof *wider);

		if (!wider)
			return SIZE_MAX;
		trace->names = wider;
		trace->names_room = room;
	}
	trace->names[trace->n_names] = strdup(name);
	if (!trace->names[trace->n_names])
		return SIZE_MAX;
	if (json_object_set_new_nocheck(trace->name_index, name,
				json_integer((json_int_t)trace->n_names)))
		return SIZE_MAX;
	return trace->n_names++;
}

/* Whether a field that is there has the type it must have. */
static bool
read_text(json_t *object, const char *key, const char **text)
{
	json_t *value = json_object_get(object, key);

	if (value && !json_is_string(value))
		return false;
	if (value)
		*text = json_string_value(value);
	return true;
}

static bool
read_int(json_t *object, const char *key, int64_t *number)
{
	json_t *value = json_object_get(object, key);

	if (value && !json_is_integer(value))
		return false;
	if (value)
		*number = json_integer_value(value);
	return true;
}

static bool
read_amount(json_t *object, const char *key, double *number)
{
	json_t *value = json_object_get(object, key);

	if (value && (!json_is_number(value) ||
		      !(json_number_value(value) >= 0)))
		return false;
	if (value)
		*number = json_number_value(value);
	return true;
}

static bool
read_time(json_t *object, const char *key, int64_t *ns)
{
	json_t *value = json_object_get(object, key);
	double us;

	if (!value)
		return true;
	us = json_number_value(value);
	if (!json_is_number(value) || !(fabs(us) < LARGEST_TIME))
		return false;
	*ns = llround(us * 1000);
	return true;
}

/* Ids are numbers here; other writers have strings, which are hexadecimal. */
static bool
read_flow(json_t *object, uint64_t *id)
{
	json_t *value = json_object_get(object, "id");
	char *end;

	if (json_is_integer(value)) {
		*id = (uint64_t)json_integer_value(value);
		return true;
	}
	if (!json_is_string(value) || !*json_string_value(value))
		return false;
	*id = strtoull(json_string_value(value), &end, 16);
	return *end == '\0';
}

/* The first field that is wrong, or NULL. */
static const char *
read_fields(json_t *object, struct event *event, const char **name,
	    const char **category)
{
	json_t *args = json_object_get(object, "args");
	int64_t begin = 0, end = 1, tiles = 0;
	const char *phase = NULL;

	if (!read_text(object, "ph", &phase) || !phase || !phase[0] ||
	    phase[1])
		return "ph";
	event->phase = phase[0];
	if (!read_text(object, "name", name))
		return "name";
	if (!read_text(object, "cat", category))
		return "cat";
	if (!read_int(object, "pid", &event->pid))
		return "pid";
	if (!read_int(object, "tid", &event->tid))
		return "tid";
	if (!read_time(object, "ts", &event->ts))
		return "ts";
	if (!read_time(object, "dur", &event->dur) || event->dur < 0)
		return "dur";
	if (strchr("stf", event->phase) && !read_flow(object, &event->flow))
		return "id";
	if (!args)
		return NULL;
	if (!json_is_object(args))
		return "args";
	if (event->phase != 'X')
		return NULL;
	if (!read_int(args, "run", &event->run))
		return "args.run";
	if (!read_int(args, "ordinal", &event->ordinal))
		return "args.ordinal";
	if (!read_amount(args, "bytes", &event->bytes))
		return "args.bytes";
	if (!read_amount(args, "flops", &event->flops))
		return "args.flops";
	if (!read_int(args, "tile_begin", &begin))
		return "args.tile_begin";
	if (!read_int(args, "tile_end", &end))
		return "args.tile_end";
	if (!read_int(args, "tiles", &tiles) || tiles < 0)
		return "args.tiles";
	if (tiles) {
		double share;

		if (begin < 0 || end < begin || end > tiles)
			return "args.tile_end";
		share = (double)(end - begin) / (double)tiles;
		event->bytes *= share;
		event->flops *= share;
		event->is_first = begin == 0;
	}
	return NULL;
}

int
trace_add_event(struct trace *trace, const char *text, size_t length)
{
	json_error_t error;
	json_t *object = json_loadb(text, length, JSON_DECODE_ANY, &error);
	const char *name = "", *category = "", *wrong;
	struct event *event;

	if (!object)
		return complain_at(trace, text, "not JSON: %s", error.text);
	if (!json_is_object(object)) {
		json_decref(object);
		return complain_at(trace, text, "an event must be an object");
	}
	if (trace->n_events == trace->room) {
		size_t room = trace->room ? trace->room * 2 : 1024;

		event = realloc(trace->events, room * sizeof *event);
		if (!event) {
			json_decref(object);
			return complain(trace->path, "no memory");
		}
		trace->events = event;
		trace->room = room;
	}
	event = &trace->events[trace->n_events];
	*event = (struct event){
		.text = text, .length = length, .is_kept = true, .run = -1,
		.ordinal = -1, .is_first = true
	};
	wrong = read_fields(object, event, &name, &category);
	event->name = intern(trace, name);
	event->category = intern(trace, category);
	json_decref(object);
	if (wrong)
		return complain_at(trace, text, "an event has no or a wrong "
				   "\"%s\"", wrong);
	if (event->name == SIZE_MAX || event->category == SIZE_MAX)
		return complain(trace->path, "no memory");
	trace->n_events++;
	return 0;
}
