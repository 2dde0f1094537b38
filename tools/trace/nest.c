/* Which span lies in which, and whose tracks they are on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_file.h"

bool
is_op(const struct trace *trace, const struct event *event)
{
	const char *category = trace->names[event->category];

	return event->phase == 'X' && (strcmp(category, "eager") == 0 ||
				       strcmp(category, "graph") == 0);
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_track(const struct event *a, int64_t pid, int64_t tid)
{
	int c = compare(a->pid, pid);

	return c ? c : compare(a->tid, tid);
}

static const struct event *sorted;	/* qsort() has no room for it */

static int
by_track_and_time(const void *a, const void *b)
{
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct event *x = &sorted[i], *y = &sorted[k];
	int c = compare_track(x, y->pid, y->tid);

	if (!c)
		c = compare(x->ts, y->ts);
	if (!c)
		c = compare(y->dur, x->dur);
	return c ? c : (i > k) - (i < k);
}

static int
split_tracks(struct trace *trace)
{
	size_t i;

	trace->tracks = calloc(trace->n_spans + 1, sizeof *trace->tracks);
	trace->first_span = calloc(trace->n_spans + 2,
				   sizeof *trace->first_span);
	if (!trace->tracks || !trace->first_span)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_spans; i++) {
		const struct event *event = &trace->events[trace->spans[i]];
		struct track *track = &trace->tracks[trace->n_tracks];

		if (trace->n_tracks && !compare_track(event, track[-1].pid,
						      track[-1].tid))
			continue;
		track->pid = event->pid;
		track->tid = event->tid;
		trace->first_span[trace->n_tracks++] = i;
	}
	trace->first_span[trace->n_tracks] = trace->n_spans;
	return 0;
}

static void
find_parents(struct trace *trace)
{
	size_t top = 0, i;	/* index + 1 of the innermost open span */

	for (i = 0; i < trace->n_spans; i++) {
		struct event *event = &trace->events[trace->spans[i]];
		struct event *open;

		while (top) {
			open = &trace->events[top - 1];
			if (!compare_track(open, event->pid, event->tid) &&
			    open->ts + open->dur > event->ts)
				break;
			top = open->parent;
		}
		event->parent = top;
		if (top && is_op(trace, event))
			trace->events[top - 1].inside += event->dur;
		top = trace->spans[i] + 1;
	}
}

/* The name an M event gives; NULL: it gives none. Free it. */
static char *
given_name(const struct event *event)
{
	json_t *object = json_loadb(event->text, event->length, 0, NULL);
	const char *name = json_string_value(json_object_get(
				json_object_get(object, "args"), "name"));
	char *copy = name ? strdup(name) : NULL;

	json_decref(object);
	return copy;
}

static void
name_tracks(struct trace *trace)
{
	size_t i, k;

	for (i = 0; i < trace->n_events; i++) {
		const struct event *event = &trace->events[i];
		const char *what = trace->names[event->name];
		bool is_process = strcmp(what, "process_name") == 0;
		char *name;

		if (event->phase != 'M' ||
		    (!is_process && strcmp(what, "thread_name") != 0))
			continue;
		for (k = 0; k < trace->n_tracks; k++) {
			struct track *track = &trace->tracks[k];
			char **to = is_process ? &track->process
					       : &track->name;

			if (track->pid != event->pid ||
			    (!is_process && track->tid != event->tid))
				continue;
			name = given_name(event);
			free(*to);
			*to = name;
		}
	}
}

int
trace_nest(struct trace *trace)
{
	size_t i;
	int status;

	trace->spans = calloc(trace->n_events + 1, sizeof *trace->spans);
	if (!trace->spans)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_events; i++)
		if (trace->events[i].phase == 'X')
			trace->spans[trace->n_spans++] = i;
	sorted = trace->events;
	qsort(trace->spans, trace->n_spans, sizeof *trace->spans,
	      by_track_and_time);
	status = split_tracks(trace);
	if (status)
		return status;
	find_parents(trace);
	name_tracks(trace);
	return 0;
}

size_t
trace_span_at(const struct trace *trace, int64_t pid, int64_t tid,
	      int64_t when)
{
	size_t low = 0, high = trace->n_spans, at;

	while (low < high) {	/* the first span after (pid, tid, when) */
		size_t middle = low + (high - low) / 2;
		const struct event *event =
			&trace->events[trace->spans[middle]];
		int c = compare_track(event, pid, tid);

		if (c < 0 || (c == 0 && event->ts <= when))
			low = middle + 1;
		else
			high = middle;
	}
	at = low ? trace->spans[low - 1] + 1 : 0;
	while (at) {
		const struct event *event = &trace->events[at - 1];

		if (compare_track(event, pid, tid))
			break;
		if (event->ts + event->dur > when)
			return at - 1;
		at = event->parent;
	}
	return SIZE_MAX;
}
