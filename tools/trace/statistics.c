#include "statistics.h"

#include <stdlib.h>
#include <string.h>

int64_t
said_number(const struct trace *trace, const char *key)
{
	json_t *value = json_object_get(trace->other, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

const char *
said_text(const struct trace *trace, const char *key)
{
	const char *text = json_string_value(json_object_get(trace->other,
							     key));

	return text ? text : "unknown";
}

int64_t
quantile(const struct op_statistics *op, double share)
{
	size_t at = (size_t)(share * (double)op->n_events);

	if (at >= op->n_events)
		at = op->n_events - 1;
	return op->durations[at];
}

void
statistics_free(struct statistics *statistics)
{
	size_t i;

	for (i = 0; i < statistics->n_ops; i++)
		free(statistics->ops[i].durations);
	free(statistics->ops);
	free(statistics->workers);
}

/* -- ops */

/* The row of each (name, mode): 2 * name, and one more for eager. */
static int
make_rows(struct trace *trace, struct statistics *statistics, size_t *row_of)
{
	size_t i, row;

	for (i = 0; i < trace->n_events; i++) {
		const struct event *event = &trace->events[i];
		bool is_eager;

		if (!is_op(trace, event))
			continue;
		is_eager = strcmp(trace->names[event->category], "eager") == 0;
		row = 2 * event->name + is_eager;
		if (!row_of[row]) {
			struct op_statistics *op =
				&statistics->ops[statistics->n_ops++];

			op->name = trace->names[event->name];
			op->is_eager = is_eager;
			row_of[row] = statistics->n_ops;
		}
		statistics->ops[row_of[row] - 1].n_events++;
	}
	for (i = 0; i < statistics->n_ops; i++) {
		struct op_statistics *op = &statistics->ops[i];

		op->durations = malloc(op->n_events * sizeof *op->durations);
		if (!op->durations)
			return complain(trace->path, "no memory");
		op->n_events = 0;
	}
	return 0;
}

static bool
lies_in_op(const struct trace *trace, const struct event *event)
{
	size_t at = event->parent;

	for (; at; at = trace->events[at - 1].parent)
		if (is_op(trace, &trace->events[at - 1]))
			return true;
	return false;
}

static void
fill_rows(struct trace *trace, struct statistics *statistics,
	  const size_t *row_of)
{
	size_t i;

	for (i = 0; i < trace->n_events; i++) {
		const struct event *event = &trace->events[i];
		struct op_statistics *op;
		bool is_eager;

		if (!is_op(trace, event))
			continue;
		is_eager = strcmp(trace->names[event->category], "eager") == 0;
		op = &statistics->ops[row_of[2 * event->name + is_eager] - 1];
		op->durations[op->n_events++] = event->dur;
		op->count += event->is_first;
		op->total += event->dur;
		op->self += event->dur - event->inside;
		op->bytes += event->bytes;
		op->flops += event->flops;
		*(is_eager ? &statistics->eager_calls
			   : &statistics->graph_calls) += event->is_first;
		if (!lies_in_op(trace, event))
			*(is_eager ? &statistics->eager
				   : &statistics->graph) += event->dur;
	}
}

static int
by_duration(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
by_total(const void *a, const void *b)
{
	const struct op_statistics *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int
gather_ops(struct trace *trace, struct statistics *statistics)
{
	size_t *row_of = calloc(2 * trace->n_names + 2, sizeof *row_of);
	size_t i;
	int status = 2;

	statistics->ops = calloc(2 * trace->n_names + 2,
				 sizeof *statistics->ops);
	if (!row_of || !statistics->ops)
		complain(trace->path, "no memory");
	else
		status = make_rows(trace, statistics, row_of);
	if (!status)
		fill_rows(trace, statistics, row_of);
	free(row_of);
	if (status)
		return status;
	for (i = 0; i < statistics->n_ops; i++)
		qsort(statistics->ops[i].durations,
		      statistics->ops[i].n_events, sizeof(int64_t),
		      by_duration);
	qsort(statistics->ops, statistics->n_ops, sizeof *statistics->ops,
	      by_total);
	return 0;
}

/* -- workers and runs */

static int
gather_workers(struct trace *trace, struct statistics *statistics)
{
	size_t t, i;

	statistics->workers = calloc(trace->n_tracks + 1,
				     sizeof *statistics->workers);
	if (!statistics->workers)
		return complain(trace->path, "no memory");
	for (t = 0; t < trace->n_tracks; t++) {
		struct worker_statistics *worker =
			&statistics->workers[statistics->n_workers];

		worker->track = &trace->tracks[t];
		for (i = trace->first_span[t]; i < trace->first_span[t + 1];
		     i++) {
			const struct event *event =
				&trace->events[trace->spans[i]];

			if (!is_op(trace, event))
				continue;
			worker->n_events++;
			if (!lies_in_op(trace, event))
				worker->busy += event->dur;
		}
		statistics->n_workers += worker->n_events != 0;
	}
	return 0;
}

static bool
is_run(const struct trace *trace, const struct event *event)
{
	return event->phase == 'X' &&
	       strcmp(trace->names[event->category], "run") == 0;
}

static int
by_start(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a;
	const struct event *y = *(const struct event *const *)b;

	return (x->ts > y->ts) - (x->ts < y->ts);
}

/* Wall time, and the part of it in which one run or more was on. */
static int
gather_runs(struct trace *trace, struct statistics *statistics)
{
	const struct event **runs = malloc((trace->n_events + 1) *
					   sizeof *runs);
	int64_t first = INT64_MAX, last = INT64_MIN, until = INT64_MIN;
	size_t n = 0, i;

	if (!runs)
		return complain(trace->path, "no memory");
	for (i = 0; i < trace->n_events; i++) {
		const struct event *event = &trace->events[i];

		statistics->arrows += event->phase == 's';
		if (event->phase != 'X')
			continue;
		if (event->ts < first)
			first = event->ts;
		if (event->ts + event->dur > last)
			last = event->ts + event->dur;
		if (is_run(trace, event))
			runs[n++] = event;
	}
	statistics->wall = last > first ? last - first : 0;
	statistics->runs = n;
	qsort(runs, n, sizeof *runs, by_start);
	for (i = 0; i < n; i++) {
		int64_t begin = runs[i]->ts, end = begin + runs[i]->dur;

		if (begin < until)
			begin = until;
		if (end > begin)
			statistics->in_runs += end - begin;
		if (end > until)
			until = end;
	}
	free(runs);
	return 0;
}

static void
gather_notes(const struct trace *trace, struct statistics *statistics)
{
	json_t *notes = json_object_get(trace->other, "notes"), *note;
	size_t i;

	json_array_foreach(notes, i, note) {
		const char *fate = json_string_value(json_object_get(note,
								     "fate"));

		if (!fate)
			continue;
		statistics->merged += strcmp(fate, "merged") == 0;
		statistics->folded += strcmp(fate, "folded") == 0;
		statistics->dropped += strcmp(fate, "dropped") == 0;
		statistics->views += strcmp(fate, "view") == 0;
		statistics->fused += strcmp(fate, "fused") == 0;
	}
}

int
statistics_gather(struct trace *trace, struct statistics *statistics)
{
	int status = trace_nest(trace);

	memset(statistics, 0, sizeof *statistics);
	if (!status)
		status = gather_ops(trace, statistics);
	if (!status)
		status = gather_workers(trace, statistics);
	if (!status)
		status = gather_runs(trace, statistics);
	gather_notes(trace, statistics);
	return status;
}
