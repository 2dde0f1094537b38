/* Training as it passes: the epoch table and the loss curve. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "curve.h"
#include "fail.h"
#include "report.h"
#include "screen.h"

/* "20 > Dense+ReLU 64 > Dense+Sigmoid 1" */
static void
say_model(const struct start *start)
{
	int i;

	say("    model: %lld", (long long)start->columns[0]);
	for (i = 0; i < start->n_layers; i++) {
		/* a line has room for three of them */
		if (i >= 2 && i + 1 < start->n_layers) {
			if (i == 2)
				say(" %s %s", either("→", "->"),
				    either("…", "..."));
			continue;
		}
		say(" %s %s %lld", either("→", "->"),
		    i + 1 < start->n_layers ? "Dense+ReLU" : "Dense+Sigmoid",
		    (long long)start->columns[i + 1]);
	}
	say(", %s parameters\n", as_count((double)model_size(start)).s);
}

void
report_training(const struct features *features, const struct start *start,
		weir_mode mode)
{
	bool is_eager = mode == WEIR_MODE_EAGER;

	say("\n%-18s%s %s %s\n", is_eager ? "4 train, eager" :
	    "5 train, graph",
	    as_shape(features->train_rows, features->columns).s,
	    either("→", "->"), as_shape(features->train_rows, 1).s);
	say_model(start);
	if (is_eager)
		say("    each op runs at once; weights change after each "
		    "batch\n");
	else
		say("    the same function recorded, compiled and run; weights "
		    "change after a run\n");
	say("    epoch    loss %s  test loss %s  accuracy %s     steps/s  "
	    "observation\n", either("↓", "v"), either("↓", "v"),
	    either("↑", "^"));
}

void
report_epoch(const struct history *history, size_t n)
{
	const struct epoch *epoch = &history->epochs[n - 1];
	double per_second = (double)history->steps_per_epoch /
		fmax(epoch->seconds, 1e-9);

	say("    %5zu %9.4f  %11.4f  ", n, epoch->loss, epoch->test_loss);
	say_cell(as_percent(epoch->accuracy).s, 10);
	say_cell(as_count(per_second).s, 12);
	say("  %s\n", observation_name(epoch->observation));
}

void
report_curve(const struct history *history)
{
	double *losses = allocate(history->n_steps, sizeof(*losses));
	struct curve curve;
	char last[32];
	size_t i;

	for (i = 0; i < history->n_steps; i++)
		losses[i] = history_loss(history, i);
	curve = curve_draw(losses, history->n_steps, screen_is_utf8());
	say("\n");
	for (i = 0; i < CURVE_ROWS; i++) {
		if (i == 0)
			say("    %9.4f ", curve.high);
		else if (i + 1 == CURVE_ROWS)
			say("    %9.4f ", curve.low);
		else
			say("%14s", "");
		say("%s%s\n", either("│", "|"), curve.lines[i]);
	}
	snprintf(last, sizeof(last), "%zu", history->n_steps);
	say("    loss at step 1 ");
	say_cell(last, CURVE_COLUMNS - 4);
	say("\n");
	free(losses);
}

void
report_plan(const struct history *graph)
{
	const weir_plan_info *plan = &graph->plan;

	say("    graph: %zu ops recorded, %zu run (%zu merged, %zu folded, "
	    "%zu dropped,\n    %zu views), %zu of them fused, in %zu block%s on %u "
	    "worker%s\n",
	    plan->recorded, plan->nodes, plan->merged, plan->folded,
	    plan->dropped, plan->views, plan->fused, plan->blocks,
	    plan->blocks == 1 ? "" : "s", plan->workers,
	    plan->workers == 1 ? "" : "s");
}
