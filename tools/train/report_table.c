/* The last table: eager against graph. */
#include <math.h>
#include <stdio.h>

#include "report.h"
#include "screen.h"

enum { NAME_WIDTH = -20, VALUE_WIDTH = 13 };

/* A row; a mode that was not run has no value. */
static void
say_row(const struct results *results, const char *name, struct text eager,
	struct text graph, const char *note)
{
	say("  ");
	say_cell(name, NAME_WIDTH);
	if (results->eager != NULL)
		say_cell(eager.s, VALUE_WIDTH);
	if (results->graph != NULL)
		say_cell(graph.s, VALUE_WIDTH);
	say("%s%s\n", note[0] != '\0' ? "   " : "", note);
}

static struct text
as_text(const char *s)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%s", s);
	return text;
}

static struct text
as_steps(double steps)
{
	struct text text;

	if (!isfinite(steps))
		return as_text("never");
	snprintf(text.s, sizeof(text.s), "%s step%s", as_count(steps).s,
		 steps == 1 ? "" : "s");
	return text;
}

static struct text
as_explained(size_t explained, size_t n)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%zu/%zu", explained, n);
	return text;
}

static struct text
as_decimal(double value)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%.1f", value);
	return text;
}

static void
say_times(const struct results *results)
{
	static const struct history none;
	const struct history *eager = results->eager, *graph = results->graph;
	struct step_times e = { 0, 0, 0, 0 }, g = { 0, 0, 0, 0 };
	char note[64] = "";

	if (eager != NULL)
		e = history_step_times(eager);
	if (graph != NULL)
		g = history_step_times(graph);
	if (eager != NULL && graph != NULL)
		snprintf(note, sizeof(note), "graph / eager: %.2f",
			 g.per_second / e.per_second);
	say_row(results, "steps/s", as_count(e.per_second),
		as_count(g.per_second), note);
	say_row(results, "step time, p50", as_time(e.p50), as_time(g.p50), "");
	say_row(results, "step time, p99", as_time(e.p99), as_time(g.p99), "");
	say_row(results, "time to first step",
		as_time((eager != NULL ? eager : &none)->first_step_seconds),
		as_time((graph != NULL ? graph : &none)->first_step_seconds),
		graph != NULL && graph->plan.workers > 1 ?
			"the graph's starts threads" : "");
	if (graph == NULL)
		return;
	say_row(results, "  record", as_text("-"),
		as_time(graph->record_seconds), "");
	say_row(results, "  compile", as_text("-"),
		as_time(graph->compile_seconds), "");
	if (eager != NULL)
		say_row(results, "break-even", as_text("-"),
			as_steps(history_break_even(eager, graph)),
			"to earn its first one");
}

static void
say_memory(const struct results *results)
{
	static const struct history none;
	const struct history *eager = results->eager, *graph = results->graph;
	char note[64];

	if (eager == NULL)
		eager = &none;
	if (graph == NULL)
		graph = &none;
	snprintf(note, sizeof(note), "of it %s data", as_bytes((double)
		(results->eager != NULL ? eager : graph)->data_bytes).s);
	say_row(results, "peak memory", as_bytes((double)eager->peak_bytes),
		as_bytes((double)graph->peak_bytes), note);
	say_row(results, "allocations per step",
		as_decimal(eager->allocations_per_step),
		as_decimal(graph->allocations_per_step), "");
}

static void
say_mistakes(const struct results *results)
{
	const struct mistakes *m = &results->mistakes;
	char note[64];

	snprintf(note, sizeof(note), "%zu in the same words", m->same);
	say_row(results, "mistakes explained", as_explained(m->eager, m->n),
		as_explained(m->graph, m->n), note);
}

static void
say_bits(const struct comparison *comparison)
{
	if (comparison == NULL) {
		say("bitwise equal: not compared (that takes --mode both)\n");
		return;
	}
	say("bitwise equal: %s (%zu tensors, %zu bytes compared)\n",
	    comparison->is_different ? "no" : "yes", comparison->tensors,
	    comparison->bytes);
	say("  losses of all steps, weights and predictions, at 1, 2 and 4 "
	    "threads\n");
}

void
report_table(const struct results *results)
{
	say("\n  ");
	say_cell("eager against graph", NAME_WIDTH);
	if (results->eager != NULL)
		say_cell("eager", VALUE_WIDTH);
	if (results->graph != NULL)
		say_cell("graph", VALUE_WIDTH);
	say("\n");
	say_times(results);
	say_memory(results);
	say_mistakes(results);
	say("  eager is for finding out: each op runs at its line, under any "
	    "debugger\n");
	say("  graph is for running: one function, many times, on all "
	    "threads\n\n");
	say_bits(results->comparison);
}
