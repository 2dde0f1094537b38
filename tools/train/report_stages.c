/* The stages but for training, each as it passes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "screen.h"

/* The head line of a stage. */
static void
say_stage(int number, const char *name, struct text from, struct text to)
{
	char title[32];

	snprintf(title, sizeof(title), "%d %s", number, name);
	say("\n%-18s%s %s %s\n", title, from.s, either("→", "->"), to.s);
}

void
report_begin(const struct results *results)
{
	say("weir-train %s: %s, %s, seed %llu, %u thread%s\n", weir_version(),
	    results->data->title, weir_dtype_name(results->options->dtype),
	    (unsigned long long)results->options->seed, results->threads,
	    results->threads == 1 ? "" : "s");
}

/* What class 1 is, where the label says it in another way. */
static void
say_classes(const struct data *data)
{
	say("    label `%s'", data->label);
	if (data->class_values[0] != 0 || data->class_values[1] != 1)
		say(", where class 0 is %.17g and class 1 is %.17g",
		    data->class_values[0], data->class_values[1]);
	say("\n");
}

void
report_input(const struct data *data)
{
	int64_t positives = data_positives(data, 0, data->rows);

	say_stage(1, "input", as_shape(data->rows, data->columns),
		  as_shape(data->rows, data->columns));
	if (data->label != NULL)
		say_classes(data);
	if (!isnan(data->best_accuracy))
		say("    two noisy classes; best possible accuracy %s\n",
		    as_percent(data->best_accuracy).s);
	say("    %s of %s rows are of class 1 (%s)\n",
	    as_count((double)positives).s, as_count((double)data->rows).s,
	    as_percent((double)positives / (double)data->rows).s);
	say("    %s to train on, %s to test with, with the same share of it\n",
	    as_shape(data->train_rows, data->columns).s,
	    as_shape(data->rows - data->train_rows, data->columns).s);
}

void
report_normalise(const struct data *data, const struct features *features)
{
	struct text shape = as_shape(data->rows, data->columns);

	say_stage(2, "normalise", shape, shape);
	say("    mean 0, deviation 1 over the %s training rows",
	    as_count((double)data->train_rows).s);
	if (features->n_constant != 0)
		say("; %zu constant column%s 0", features->n_constant,
		    features->n_constant == 1 ? " is" : "s are");
	say("\n");
}

void
report_squares(const struct features *features)
{
	say_stage(3, "add squares", as_shape(features->rows,
					     features->columns / 2),
		  as_shape(features->rows, features->columns));
	say("    each column, and its square beside it\n");
}

static void
say_confusion(const struct metrics *m)
{
	static const char *const actual[] = { "actual 0", "actual 1" };
	int c;

	say("                predicted 0   predicted 1    recall\n");
	for (c = 0; c < 2; c++) {
		say("    ");
		say_cell(actual[c], -9);
		say_cell(as_count((double)m->confusion[c][0]).s, 14);
		say_cell(as_count((double)m->confusion[c][1]).s, 14);
		say_cell(as_percent(m->recall[c]).s, 10);
		say("\n");
	}
	say("    precision");
	say_cell(as_percent(m->precision[0]).s, 14);
	say_cell(as_percent(m->precision[1]).s, 14);
	say("\n");
}

void
report_evaluation(const struct results *results)
{
	const struct evaluation *evaluation = results->evaluation;
	const struct metrics *m = &evaluation->metrics;
	const struct data *data = results->data;

	say_stage(6, "evaluate", as_shape(m->n, results->features->columns),
		  as_shape(m->n, 1));
	say("    loss %.4f, accuracy %s; always answering %d: %s\n",
	    evaluation->loss, as_percent(m->accuracy).s, m->majority,
	    as_percent(m->majority_rate).s);
	if (data->best != NULL)
		say("    best possible accuracy %s, which on these rows is %s\n",
		    as_percent(data->best_accuracy).s,
		    as_percent(data_best_accuracy(data, data->train_rows,
						  data->rows)).s);
	say_confusion(m);
}

/* As many values as fit on the line. */
static void
say_output(const char *name, const struct prediction *prediction, size_t output)
{
	enum { SHOWN = 5 };
	size_t columns = prediction->columns[output], i;

	say("    ");
	say_cell(name, -15);
	say_cell(as_shape(1, (int64_t)columns).s, -9);
	for (i = 0; i < columns && i < SHOWN; i++)
		say(" %8.4f", prediction_value(prediction, output, i));
	if (columns > SHOWN)
		say(" %s", either("…", "..."));
	say("\n");
}

static const char *
how_predicted(const struct results *results)
{
	switch (results->predict_mode) {
	case PREDICT_EAGER: return "eagerly";
	case PREDICT_MIXED:
		return results->prediction->n_outputs > 3 ?
			"mixed: the first layer eagerly, the others as a graph" :
			"mixed: the first layer eagerly, the second as a graph";
	default: return "as a graph";
	}
}

void
report_prediction(const struct results *results)
{
	const struct prediction *p = results->prediction;
	int64_t row = results->predicted_row;
	int predicted = p->probability >= 0.5;
	int actual = results->data->classes[row];
	size_t i;

	say_stage(7, "predict", as_shape(1, (int64_t)p->columns[0]),
		  as_shape(1, 1));
	say("    row %lld of the data, a %s row; %s\n",
	    (long long)results->data->source[row],
	    row < results->data->train_rows ? "training" : "test",
	    how_predicted(results));
	for (i = 0; i < p->n_outputs; i++)
		say_output(i == 0 ? "input" : i + 1 == p->n_outputs ?
			   "Dense+Sigmoid" : "Dense+ReLU", p, i);
	say("    class %d with probability %.4f; it is of class %d\n", predicted,
	    predicted ? p->probability : 1 - p->probability, actual);
}
