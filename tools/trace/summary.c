/* The summary of a trace, for people at 80 columns or as one JSON object. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "statistics.h"

enum { NAME_ROOM = 17 };	/* what the numbers leave of a line */

/* -- numbers as people read them */

struct cell {
	char text[24];
};

/* Three digits or so: "850ns", "1.2us", "12ms". */
static struct cell
time_cell(int64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	struct cell cell;
	size_t unit = 0;

	while (value >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(cell.text, sizeof cell.text, "%.*f%s",
		 unit && value < 9.95 ? 1 : 0, value, units[unit]);
	return cell;
}

static struct cell
count_cell(uint64_t count)
{
	struct cell cell;

	if (count < 1000000)
		snprintf(cell.text, sizeof cell.text, "%llu",
			 (unsigned long long)count);
	else
		snprintf(cell.text, sizeof cell.text, "%.3gM",
			 (double)count / 1e6);
	return cell;
}

/* A billion a second is one a nanosecond. */
static struct cell
rate_cell(double amount, int64_t ns)
{
	double rate = ns ? amount / (double)ns : 0;
	struct cell cell;

	if (amount <= 0 || !ns)
		snprintf(cell.text, sizeof cell.text, "-");
	else if (rate >= 9999)
		snprintf(cell.text, sizeof cell.text, "%.0e", rate);
	else
		snprintf(cell.text, sizeof cell.text, "%.*f",
			 rate < 9.95 ? 2 : rate < 99.5 ? 1 : 0, rate);
	return cell;
}

static double
percent(int64_t part, int64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Names come from files: nothing of them may move the cursor. */
static void
print_name(const char *name, size_t room)
{
	size_t shown = 0;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		bool is_start = (c & 0xc0) != 0x80;

		if (is_start && shown == room - 1 && name[1] && room) {
			putchar('+');
			return;
		}
		shown += is_start;
		/* Controls of ASCII, and of Latin-1 as UTF-8 has them. */
		if (c < 0x20 || c == 0x7f)
			putchar('?');
		else if (c == 0xc2 && (unsigned char)name[1] < 0xa0 &&
			 name[1]) {
			putchar('?');
			name++;
		} else {
			putchar(c);
		}
	}
}

/* -- for people */

static void
print_table(const struct statistics *statistics, bool is_eager, size_t top)
{
	int64_t all = is_eager ? statistics->eager : statistics->graph;
	size_t room = isatty(STDOUT_FILENO) ? NAME_ROOM : 0;
	size_t shown = 0, left = 0, i;

	printf("\n%s ops: %s calls, %s\n", is_eager ? "Eager" : "Graph",
	       count_cell(is_eager ? statistics->eager_calls
				   : statistics->graph_calls).text,
	       time_cell(all).text);
	printf(" count  total   self   min median   p99   max Gflop/s  GB/s "
	       "share op\n");
	for (i = 0; i < statistics->n_ops; i++) {
		const struct op_statistics *op = &statistics->ops[i];

		if (op->is_eager != is_eager)
			continue;
		if (top && shown == top) {
			left++;
			continue;
		}
		shown++;
		printf("%6s %6s %6s %5s %6s %5s %5s %7s %5s %4.0f%% ",
		       count_cell(op->count).text, time_cell(op->total).text,
		       time_cell(op->self).text,
		       time_cell(op->durations[0]).text,
		       time_cell(quantile(op, 0.5)).text,
		       time_cell(quantile(op, 0.99)).text,
		       time_cell(quantile(op, 1)).text,
		       rate_cell(op->flops, op->total).text,
		       rate_cell(op->bytes, op->total).text,
		       percent(op->self, all));
		print_name(op->name, room);
		putchar('\n');
	}
	if (left)
		printf("       ... and %zu more\n", left);
}

static void
print_bar(double percent_busy)
{
	int filled = (int)(percent_busy / 5 + 0.5), i;

	for (i = 0; i < 20; i++)
		putchar(i < filled ? '#' : '.');
}

static void
print_workers(const struct statistics *statistics)
{
	size_t i;

	printf("\n  busy   idle%22s events worker\n", "");
	for (i = 0; i < statistics->n_workers; i++) {
		const struct worker_statistics *worker =
			&statistics->workers[i];
		double busy = percent(worker->busy, statistics->wall);

		if (busy > 100)
			busy = 100;
		printf("%5.1f%% %5.1f%% ", busy, 100 - busy);
		print_bar(busy);
		printf(" %7s ", count_cell(worker->n_events).text);
		print_name(worker->track->name ? worker->track->name
					       : "(no name)", 0);
		if (worker->track->process) {
			printf(", ");
			print_name(worker->track->process, 0);
		}
		putchar('\n');
	}
}

static void
print_head(const struct trace *trace, const struct statistics *statistics)
{
	int64_t lost = said_number(trace, "events_lost");
	int64_t cost = said_number(trace, "overhead_ns_per_event");

	printf("%s: %s, %zu spans; clock %s, workers %s\n", trace->path,
	       time_cell(statistics->wall).text, trace->n_spans,
	       said_text(trace, "clock"), said_text(trace, "workers"));
	printf("%llu run%s", (unsigned long long)statistics->runs,
	       statistics->runs == 1 ? "" : "s");
	if (statistics->in_runs)
		printf(" in %s, parallelism %.2f",
		       time_cell(statistics->in_runs).text,
		       (double)statistics->graph /
		       (double)statistics->in_runs);
	printf("; %llu dependencies\n",
	       (unsigned long long)statistics->arrows);
	if (statistics->merged + statistics->folded + statistics->dropped +
	    statistics->views + statistics->fused)
		printf("Ops with no span: %llu merged, %llu folded, %llu "
		       "dropped, %llu views, %llu fused\n",
		       (unsigned long long)statistics->merged,
		       (unsigned long long)statistics->folded,
		       (unsigned long long)statistics->dropped,
		       (unsigned long long)statistics->views,
		       (unsigned long long)statistics->fused);
	if (lost > 0)
		printf("LOST: %lld events found no room: raise ring_bytes\n",
		       (long long)lost);
	else
		printf("%s events were lost", lost ? "It is not known whether"
						   : "No");
	if (lost <= 0 && cost > 0)
		printf("; recording cost %lld ns an event, %.2f%% of the time",
		       (long long)cost,
		       percent(cost * (int64_t)trace->n_spans,
			       statistics->wall));
	if (lost <= 0)
		putchar('\n');
}

static void
print_summary(const struct trace *trace, const struct statistics *statistics,
	      size_t top)
{
	print_head(trace, statistics);
	if (statistics->graph_calls)
		print_table(statistics, false, top);
	if (statistics->eager_calls)
		print_table(statistics, true, top);
	if (statistics->n_workers)
		print_workers(statistics);
}

/* -- for programs */

static json_t *
integer(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *
ops_json(const struct statistics *statistics, size_t top)
{
	json_t *ops = json_array();
	size_t i;

	for (i = 0; i < statistics->n_ops && (!top || i < top); i++) {
		const struct op_statistics *op = &statistics->ops[i];
		double total = op->total ? (double)op->total : 1;
		int64_t all = op->is_eager ? statistics->eager
					   : statistics->graph;

		json_array_append_new(ops, json_pack(
			"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			"s:f, s:f, s:f}",
			"op", op->name, "mode", op->is_eager ? "eager"
							     : "graph",
			"count", (json_int_t)op->count,
			"events", (json_int_t)op->n_events,
			"total_ns", (json_int_t)op->total,
			"self_ns", (json_int_t)op->self,
			"min_ns", (json_int_t)op->durations[0],
			"median_ns", (json_int_t)quantile(op, 0.5),
			"p99_ns", (json_int_t)quantile(op, 0.99),
			"max_ns", (json_int_t)quantile(op, 1),
			"gflops", op->flops / total,
			"gbytes", op->bytes / total,
			"share", percent(op->self, all) / 100));
	}
	return ops;
}

static json_t *
workers_json(const struct statistics *statistics)
{
	json_t *workers = json_array();
	size_t i;

	for (i = 0; i < statistics->n_workers; i++) {
		const struct worker_statistics *worker =
			&statistics->workers[i];
		const struct track *track = worker->track;

		json_array_append_new(workers, json_pack(
			"{s:I, s:I, s:s, s:s, s:I, s:I, s:I}",
			"pid", (json_int_t)track->pid,
			"tid", (json_int_t)track->tid,
			"name", track->name ? track->name : "",
			"process", track->process ? track->process : "",
			"events", (json_int_t)worker->n_events,
			"busy_ns", (json_int_t)worker->busy,
			"idle_ns", (json_int_t)(statistics->wall -
						worker->busy)));
	}
	return workers;
}

static int
print_json(const struct trace *trace, const struct statistics *statistics,
	   size_t top)
{
	json_t *root = json_object();
	double in_runs = (double)statistics->in_runs;
	int status;

	json_object_set_new(root, "file", json_string(trace->path));
	json_object_set_new(root, "torn", json_boolean(trace->torn));
	json_object_set_new(root, "clock",
			    json_string(said_text(trace, "clock")));
	json_object_set_new(root, "workers_are",
			    json_string(said_text(trace, "workers")));
	json_object_set_new(root, "wall_ns", json_integer(statistics->wall));
	json_object_set_new(root, "events", integer(trace->n_spans));
	json_object_set_new(root, "events_lost", json_integer(
				said_number(trace, "events_lost")));
	json_object_set_new(root, "overhead_ns_per_event", json_integer(
				said_number(trace, "overhead_ns_per_event")));
	json_object_set_new(root, "runs", integer(statistics->runs));
	json_object_set_new(root, "in_runs_ns",
			    json_integer(statistics->in_runs));
	json_object_set_new(root, "parallelism", json_real(in_runs > 0
				? (double)statistics->graph / in_runs : 0));
	json_object_set_new(root, "dependencies",
			    integer(statistics->arrows));
	json_object_set_new(root, "graph_ns",
			    json_integer(statistics->graph));
	json_object_set_new(root, "eager_ns",
			    json_integer(statistics->eager));
	json_object_set_new(root, "graph_calls",
			    integer(statistics->graph_calls));
	json_object_set_new(root, "eager_calls",
			    integer(statistics->eager_calls));
	json_object_set_new(root, "merged", integer(statistics->merged));
	json_object_set_new(root, "folded", integer(statistics->folded));
	json_object_set_new(root, "dropped", integer(statistics->dropped));
	json_object_set_new(root, "views", integer(statistics->views));
	json_object_set_new(root, "fused", integer(statistics->fused));
	json_object_set_new(root, "ops", ops_json(statistics, top));
	json_object_set_new(root, "workers", workers_json(statistics));
	status = json_dumpf(root, stdout, JSON_INDENT(1) |
			    JSON_REAL_PRECISION(6));
	json_decref(root);
	putchar('\n');
	return status ? complain("(standard output)", "%s", strerror(errno))
		      : 0;
}

int
summarize(struct trace *trace, const struct summary_options *options)
{
	struct statistics statistics;
	int status = statistics_gather(trace, &statistics);

	if (!status && options->as_json)
		status = print_json(trace, &statistics, options->top);
	else if (!status)
		print_summary(trace, &statistics, options->top);
	if (!status && (fflush(stdout) || ferror(stdout)))
		status = complain("(standard output)", "%s", strerror(errno));
	statistics_free(&statistics);
	return status;
}
