/*
 * Clean Chrome JSON from what was read: one closed object, in order of time,
 * without what the filters leave out and without arrows that would then lead
 * nowhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static int
by_length(const void *a, const void *b)
{
	const struct event *x = *(struct event *const *)a;
	const struct event *y = *(struct event *const *)b;

	if (x->dur != y->dur)
		return x->dur < y->dur ? 1 : -1;
	return (x > y) - (x < y);
}

/* Of the ops that are left, keep the longest. */
static int
keep_longest(struct trace *trace, size_t top)
{
	struct event **ops = malloc((trace->n_events + 1) * sizeof *ops);
	size_t n = 0, i;

	if (!ops)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_events; i++)
		if (trace->events[i].is_kept && is_op(trace,
						      &trace->events[i]))
			ops[n++] = &trace->events[i];
	qsort(ops, n, sizeof *ops, by_length);
	for (i = top; i < n; i++)
		ops[i]->is_kept = false;
	free(ops);
	return 0;
}

static bool
is_in_window(const struct event *event, const struct convert_options *options)
{
	if (event->phase == 'M')
		return true;
	return event->ts <= options->to &&
	       event->ts + event->dur >= options->from;
}

static int
by_id(const void *a, const void *b)
{
	const struct event *x = *(struct event *const *)a;
	const struct event *y = *(struct event *const *)b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return (x > y) - (x < y);
}

/* An arrow stays if it has two ends and both are in spans that stay. */
static int
drop_loose_arrows(struct trace *trace)
{
	struct event **ends = malloc((trace->n_events + 1) * sizeof *ends);
	size_t n = 0, i, k;

	if (!ends)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_events; i++)
		if (strchr("stf", trace->events[i].phase))
			ends[n++] = &trace->events[i];
	qsort(ends, n, sizeof *ends, by_id);
	for (i = 0; i < n; i = k) {
		bool has_start = false, has_end = false, is_kept = true;

		for (k = i; k < n && ends[k]->flow == ends[i]->flow; k++) {
			size_t span = trace_span_at(trace, ends[k]->pid,
						    ends[k]->tid, ends[k]->ts);

			has_start |= ends[k]->phase == 's';
			has_end |= ends[k]->phase == 'f';
			is_kept &= span != SIZE_MAX &&
				   trace->events[span].is_kept;
		}
		for (; i < k; i++)
			ends[i]->is_kept = has_start && has_end && is_kept;
	}
	free(ends);
	return 0;
}

static int
filter(struct trace *trace, const struct convert_options *options)
{
	int status = 0;
	size_t i;

	for (i = 0; i < trace->n_events; i++) {
		struct event *event = &trace->events[i];

		event->is_kept = is_in_window(event, options) &&
			(event->phase != 'X' ||
			 event->dur >= options->min_dur);
	}
	if (options->top)
		status = keep_longest(trace, options->top);
	return status ? status : drop_loose_arrows(trace);
}

/* Who tracks are, spans, arrows, the rest. */
static int
rank(const struct event *event)
{
	switch (event->phase) {
	case 'M': return 0;
	case 's':
	case 't':
	case 'f': return 2;
	case 'C': return 3;
	default: return 1;
	}
}

static int
in_order(const void *a, const void *b)
{
	const struct event *x = *(struct event *const *)a;
	const struct event *y = *(struct event *const *)b;
	int c = rank(x) - rank(y);

	if (c)
		return c;
	if (rank(x) == 1 || rank(x) == 3) {
		if (x->ts != y->ts)
			return x->ts < y->ts ? -1 : 1;
		if (x->dur != y->dur)
			return x->dur < y->dur ? 1 : -1;
	}
	return (x > y) - (x < y);
}

static json_t *
microseconds(int64_t ns)
{
	return json_real((double)ns / 1000);
}

static int
put_event(const struct trace *trace, const struct event *event,
	  const struct convert_options *options, FILE *file)
{
	json_t *object = json_loadb(event->text, event->length, 0, NULL);
	int status;

	if (!object)
		return complain(trace->path, "no memory");
	json_object_set_new(object, "ts", microseconds(event->ts));
	if (event->phase == 'X')	/* a span of 0 vanishes in viewers */
		json_object_set_new(object, "dur",
				    microseconds(event->dur ? event->dur : 1));
	if (!*trace->names[event->category])
		json_object_set_new(object, "cat", json_string("none"));
	if (strchr("stf", event->phase)) {
		json_object_set_new(object, "id",
				    json_integer((json_int_t)event->flow));
		if (event->phase == 'f')
			json_object_set_new(object, "bp", json_string("e"));
	}
	if (options->no_args && event->phase == 'X')
		json_object_del(object, "args");
	status = json_dumpf(object, file, JSON_COMPACT |
			    JSON_REAL_PRECISION(15));
	json_decref(object);
	return status ? complain(trace->path, "cannot write: %s",
				 strerror(errno)) : 0;
}

static int
put_all(const struct trace *trace, const struct convert_options *options,
	struct event **order, FILE *file)
{
	const char *separator = "\n", *key;
	json_t *value;
	size_t i;
	int status;

	fputs("{\"traceEvents\":[", file);
	for (i = 0; i < trace->n_events; i++) {
		if (!order[i]->is_kept)
			continue;
		fputs(separator, file);
		separator = ",\n";
		status = put_event(trace, order[i], options, file);
		if (status)
			return status;
	}
	fputs("\n]", file);
	json_object_foreach(trace->rest, key, value) {
		json_t *member = json_object();
		char *text;

		json_object_set(member, key, value);
		text = json_dumps(member, JSON_COMPACT |
				  JSON_REAL_PRECISION(15));
		if (text)	/* without its braces */
			fprintf(file, ",\n%.*s", (int)strlen(text) - 2,
				text + 1);
		free(text);
		json_decref(member);
	}
	fputs("}\n", file);
	return 0;
}

static int
write_file(const struct trace *trace, const struct convert_options *options,
	   struct event **order)
{
	const char *name = options->output ? options->output
					   : "(standard output)";
	FILE *file = options->output ? fopen(options->output, "we") : stdout;
	int status, failed;

	if (!file)
		return complain(name, "%s", strerror(errno));
	status = put_all(trace, options, order, file);
	failed = ferror(file);
	if (fflush(file) || failed || (options->output && fclose(file)))
		return status ? status : complain(name, "%s", strerror(errno));
	return status;
}

int
convert(struct trace *trace, const struct convert_options *options)
{
	struct event **order;
	int status = trace_nest(trace);
	size_t i;

	if (!status)
		status = filter(trace, options);
	if (status)
		return status;
	order = malloc((trace->n_events + 1) * sizeof *order);
	if (!order)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_events; i++)
		order[i] = &trace->events[i];
	qsort(order, trace->n_events, sizeof *order, in_order);
	status = write_file(trace, options, order);
	free(order);
	return status;
}
