#include "trace_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 500 };

/* One line, whatever the file holds: nothing of it may move the cursor. */
static int
say(const char *where, const char *format, va_list args)
{
	char text[512], *at;

	vsnprintf(text, sizeof text, format, args);
	for (at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	fprintf(stderr, "weir-trace: %s: %s\n", where, text);
	return 2;
}

int
complain(const char *path, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = say(path, format, args);
	va_end(args);
	return status;
}

static size_t
line_of(const struct trace *trace, const char *at)
{
	const char *p = trace->text;
	size_t line = 1;

	while ((p = memchr(p, '\n', (size_t)(at - p)))) {
		line++;
		p++;
	}
	return line;
}

int
complain_at(const struct trace *trace, const char *at, const char *format, ...)
{
	char where[4096];
	va_list args;
	int status;

	snprintf(where, sizeof where, "%s:%zu", trace->path,
		 line_of(trace, at));
	va_start(args, format);
	status = say(where, format, args);
	va_end(args);
	return status;
}

static int
no_memory(const struct trace *trace)
{
	return complain(trace->path, "no memory");
}

/* -- the text, before it is parsed */

enum found { WHOLE, TORN, WRONG };

struct scan {
	const char *at, *end;
};

static void
skip_space(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) &&
	       *scan->at)
		scan->at++;
}

static enum found
skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\')
			scan->at++;
		else if (*scan->at == '"') {
			scan->at++;
			return WHOLE;
		}
	}
	scan->at = scan->end;
	return TORN;
}

/* Past a value, whose inside jansson will judge: here only its end counts. */
static enum found
skip_value(struct scan *scan)
{
	char open[DEEPEST];
	size_t depth = 0;

	do {
		skip_space(scan);
		if (scan->at >= scan->end)
			return TORN;
		switch (*scan->at) {
		case '"':
			if (skip_string(scan) == TORN)
				return TORN;
			break;
		case '{':
		case '[':
			if (depth == DEEPEST)
				return WRONG;
			open[depth++] = *scan->at++;
			break;
		case '}':
		case ']':
			if (!depth || open[depth - 1] !=
				      (*scan->at == '}' ? '{' : '['))
				return WRONG;
			depth--;
			scan->at++;
			break;
		case ',':
		case ':':
			if (!depth)
				return WRONG;
			scan->at++;
			break;
		default:
			if (!isalnum((unsigned char)*scan->at) &&
			    *scan->at != '-')
				return WRONG;
			while (scan->at < scan->end && *scan->at &&
			       (isalnum((unsigned char)*scan->at) ||
				strchr("+-.", *scan->at)))
				scan->at++;
			/* A number at the end of the file may go on. */
			if (scan->at == scan->end)
				return TORN;
		}
	} while (depth);
	return WHOLE;
}

/* -- the whole */

static void
note_torn(struct trace *trace, const char *what)
{
	if (!trace->torn)
		trace->torn = strdup(what);
}

static int
read_events(struct trace *trace, struct scan *scan)
{
	scan->at++;
	for (;;) {
		const char *begin;
		int status;

		skip_space(scan);
		if (scan->at >= scan->end) {
			note_torn(trace, "the array of events is not closed");
			return 0;
		}
		if (*scan->at == ']') {
			scan->at++;
			return 0;
		}
		if (*scan->at == ',' && trace->n_events) {
			scan->at++;
			continue;
		}
		begin = scan->at;
		switch (skip_value(scan)) {
		case TORN:
			note_torn(trace, "the file ends within an event");
			scan->at = scan->end;
			return 0;
		case WRONG:
			return complain_at(trace, scan->at, "not JSON, or "
					   "nested too deeply");
		case WHOLE:
			break;
		}
		status = trace_add_event(trace, begin,
					 (size_t)(scan->at - begin));
		if (status)
			return status;
	}
}

/* One "key": value of the outermost object. */
static int
read_member(struct trace *trace, struct scan *scan)
{
	const char *begin = scan->at, *value;
	json_t *key = NULL, *parsed;
	json_error_t error;
	int status = 0;

	if (*begin != '"')
		return complain_at(trace, begin, "not JSON: a key is missing");
	if (skip_string(scan) == TORN)
		goto torn;
	key = json_loadb(begin, (size_t)(scan->at - begin), JSON_DECODE_ANY,
			 &error);
	if (!key)
		return complain_at(trace, begin, "not JSON: %s", error.text);
	skip_space(scan);
	if (scan->at >= scan->end)
		goto torn;
	if (*scan->at != ':') {
		status = complain_at(trace, scan->at,
				     "not JSON: ':' is missing");
		goto done;
	}
	scan->at++;
	skip_space(scan);
	if (scan->at >= scan->end)
		goto torn;
	value = scan->at;
	if (strcmp(json_string_value(key), "traceEvents") == 0) {
		status = *value == '[' ? read_events(trace, scan)
			: complain_at(trace, value, "\"traceEvents\" must be "
				      "an array");
		goto done;
	}
	switch (skip_value(scan)) {
	case TORN:
		goto torn;
	case WRONG:
		status = complain_at(trace, scan->at, "not JSON, or nested "
				     "too deeply");
		goto done;
	case WHOLE:
		break;
	}
	parsed = json_loadb(value, (size_t)(scan->at - value),
			    JSON_DECODE_ANY, &error);
	if (!parsed)
		status = complain_at(trace, value, "not JSON: %s", error.text);
	else if (json_object_set_new(trace->rest, json_string_value(key),
				     parsed))
		status = no_memory(trace);
	goto done;
torn:
	note_torn(trace, "the file ends early");
	scan->at = scan->end;
done:
	json_decref(key);
	return status;
}

static int
read_object(struct trace *trace, struct scan *scan)
{
	bool after_member = false;
	int status;

	for (scan->at++; ; ) {
		skip_space(scan);
		if (scan->at >= scan->end) {
			note_torn(trace, "the file ends early");
			return 0;
		}
		if (*scan->at == '}') {
			scan->at++;
			return 0;
		}
		if (after_member) {
			if (*scan->at != ',')
				return complain_at(trace, scan->at, "not JSON:"
						   " ',' is missing");
			scan->at++;
			after_member = false;
			continue;
		}
		status = read_member(trace, scan);
		if (status)
			return status;
		after_member = true;
	}
}

static int
read_text_of(struct trace *trace)
{
	bool is_stdin = strcmp(trace->path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(trace->path, "re");
	size_t room = 1 << 16, n;

	if (is_stdin)
		trace->path = "(standard input)";
	if (!file)
		return complain(trace->path, "%s", strerror(errno));
	trace->text = malloc(room);
	while (trace->text) {
		n = fread(trace->text + trace->size, 1, room - trace->size,
			  file);
		trace->size += n;
		if (trace->size < room)
			break;
		room *= 2;
		char *wider = realloc(trace->text, room);
		if (!wider)
			free(trace->text);
		trace->text = wider;
	}
	n = (size_t)ferror(file);
	if (n)
		complain(trace->path, "%s", strerror(errno));
	if (!is_stdin)
		fclose(file);
	if (n)
		return 2;
	return trace->text ? 0 : no_memory(trace);
}

int
trace_read(struct trace *trace, const char *path)
{
	struct scan scan;
	json_t *other;
	int status;

	memset(trace, 0, sizeof *trace);
	trace->path = path;
	trace->name_index = json_object();
	trace->rest = json_object();
	if (!trace->name_index || !trace->rest)
		return no_memory(trace);
	status = read_text_of(trace);
	if (status)
		return status;
	scan = (struct scan){ trace->text, trace->text + trace->size };
	skip_space(&scan);
	if (scan.at == scan.end)
		return complain(trace->path, "empty: not a trace");
	if (*scan.at == '[')
		status = read_events(trace, &scan);
	else if (*scan.at == '{')
		status = read_object(trace, &scan);
	else
		return complain_at(trace, scan.at, "not a trace: JSON begins "
				   "with '{' or '['");
	skip_space(&scan);
	if (!status && scan.at < scan.end)
		status = complain_at(trace, scan.at, "text after the end of "
				     "the trace");
	if (!status && !trace->n_events)
		status = complain(trace->path, "%s: no events",
				  trace->torn ? trace->torn : "not a trace");
	other = json_object_get(json_object_get(trace->rest, "otherData"),
				"weir");
	trace->other = json_is_object(other) ? other : NULL;
	return status;
}

void
trace_free(struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->n_names; i++)
		free(trace->names[i]);
	for (i = 0; i < trace->n_tracks; i++) {
		free(trace->tracks[i].name);
		free(trace->tracks[i].process);
	}
	json_decref(trace->name_index);
	json_decref(trace->rest);
	free(trace->names);
	free(trace->events);
	free(trace->text);
	free(trace->torn);
	free(trace->spans);
	free(trace->tracks);
	free(trace->first_span);
}
