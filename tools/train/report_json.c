/* All figures in one JSON file. What is no number, or was not made, is null. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "fail.h"
#include "report.h"

static json_t *
number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *
whole(double value)
{
	return isfinite(value) ? json_integer((json_int_t)value) : json_null();
}

static json_t *
text(const char *value)
{
	/* a file's name need not be UTF-8 */
	json_t *json = value != NULL ? json_string(value) : NULL;

	return json != NULL ? json : json_null();
}

static json_t *
pair(double first, double second)
{
	return json_pack("[o, o]", number(first), number(second));
}

static json_t *
of_data(const struct results *results)
{
	const struct data *data = results->data;
	const struct features *features = results->features;
	json_t *constant = json_array();
	size_t i;

	for (i = 0; i < features->n_constant; i++)
		json_array_append_new(constant,
			text(data->names[features->constant[i]]));
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, "
			 "s:o}",
		"source", text(data->title),
		"rows", (json_int_t)data->rows,
		"columns", (json_int_t)data->columns,
		"train_rows", (json_int_t)data->train_rows,
		"test_rows", (json_int_t)(data->rows - data->train_rows),
		"label", text(data->label),
		"class_values", pair(data->class_values[0],
				     data->class_values[1]),
		"best_accuracy", number(data->best_accuracy),
		"best_test_accuracy", number(data_best_accuracy(data,
			data->train_rows, data->rows)),
		"constant_columns", constant);
}

static json_t *
of_options(const struct results *results)
{
	const struct options *o = results->options;

	return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:s, s:I, s:o, s:f}",
		"epochs", (json_int_t)o->epochs, "batch", (json_int_t)o->batch,
		"hidden", (json_int_t)o->hidden, "layers", (json_int_t)o->layers,
		"lr", o->lr, "momentum", o->momentum,
		"dtype", weir_dtype_name(o->dtype),
		"threads", (json_int_t)results->threads,
		"seed", json_integer((json_int_t)o->seed),
		"test_fraction", o->test_fraction);
}

static json_t *
of_epochs(const struct history *history)
{
	json_t *epochs = json_array();
	size_t i;

	for (i = 0; i < history->n_epochs; i++) {
		const struct epoch *epoch = &history->epochs[i];

		json_array_append_new(epochs,
			json_pack("{s:o, s:o, s:o, s:o, s:s}",
				"loss", number(epoch->loss),
				"test_loss", number(epoch->test_loss),
				"accuracy", number(epoch->accuracy),
				"seconds", number(epoch->seconds),
				"observation",
				observation_name(epoch->observation)));
	}
	return epochs;
}

static json_t *
of_history(const struct history *history)
{
	const struct epoch *last;
	struct step_times times;

	if (history == NULL)
		return json_null();
	last = &history->epochs[history->n_epochs - 1];
	times = history_step_times(history);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, "
			 "s:I, s:o, s:I, s:o}",
		"steps_per_s", number(times.per_second),
		"step_p50_s", number(times.p50),
		"step_p99_s", number(times.p99),
		"first_step_s", number(history->first_step_seconds),
		"record_s", number(history->record_seconds),
		"compile_s", number(history->compile_seconds),
		"loss", number(last->loss),
		"test_loss", number(last->test_loss),
		"accuracy", number(last->accuracy),
		"peak_bytes", (json_int_t)history->peak_bytes,
		"data_bytes", (json_int_t)history->data_bytes,
		"allocations_per_step", number(history->allocations_per_step),
		"steps", (json_int_t)history->n_steps,
		"epochs", of_epochs(history));
}

static json_t *
of_evaluation(const struct evaluation *evaluation)
{
	const struct metrics *m = &evaluation->metrics;

	return json_pack("{s:o, s:o, s:o, s:[[I, I], [I, I]], s:o, s:o}",
		"loss", number(evaluation->loss),
		"accuracy", number(m->accuracy),
		"majority_rate", number(m->majority_rate),
		"confusion", (json_int_t)m->confusion[0][0],
		(json_int_t)m->confusion[0][1],
		(json_int_t)m->confusion[1][0],
		(json_int_t)m->confusion[1][1],
		"precision", pair(m->precision[0], m->precision[1]),
		"recall", pair(m->recall[0], m->recall[1]));
}

/* The input of the prediction, then the output of each layer. */
static json_t *
of_outputs(const struct prediction *prediction)
{
	json_t *outputs = json_array();
	size_t i, j;

	for (i = 0; i < prediction->n_outputs; i++) {
		json_t *values = json_array();

		for (j = 0; j < prediction->columns[i]; j++)
			json_array_append_new(values,
				number(prediction_value(prediction, i, j)));
		json_array_append_new(outputs, values);
	}
	return outputs;
}

static json_t *
of_prediction(const struct results *results)
{
	int64_t row = results->predicted_row;
	double p = results->prediction->probability;

	return json_pack("{s:I, s:s, s:o, s:i, s:i, s:o}",
		"row", (json_int_t)results->data->source[row],
		"mode", predict_mode_name(results->predict_mode),
		"probability", number(p), "class", p >= 0.5,
		"actual", (int)results->data->classes[row],
		"outputs", of_outputs(results->prediction));
}

static json_t *
of_comparison(const struct comparison *comparison)
{
	json_t *threads;
	size_t i;

	if (comparison == NULL)
		return json_null();
	threads = json_array();
	for (i = 0; i < comparison->n_threads; i++)
		json_array_append_new(threads,
			json_integer(comparison->threads[i]));
	return json_pack("{s:I, s:I, s:o, s:o}",
		"tensors", (json_int_t)comparison->tensors,
		"bytes", (json_int_t)comparison->bytes, "threads", threads,
		"difference", text(comparison->is_different ?
				   comparison->difference : NULL));
}

static json_t *
of_warnings(void)
{
	json_t *warnings = json_array();
	size_t i;

	for (i = 0; i < warning_count(); i++)
		json_array_append_new(warnings, text(warning_text(i)));
	return warnings;
}

static json_t *
of_mistakes(const struct mistakes *mistakes)
{
	return json_pack("{s:I, s:I, s:I, s:I}",
		"made", (json_int_t)mistakes->n,
		"eager", (json_int_t)mistakes->eager,
		"graph", (json_int_t)mistakes->graph,
		"same_words", (json_int_t)mistakes->same);
}

static json_t *
of_results(const struct results *results)
{
	const struct comparison *comparison = results->comparison;
	double break_even = NAN;

	if (results->eager != NULL && results->graph != NULL)
		break_even = history_break_even(results->eager,
						results->graph);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:[o, o]}",
		"version", weir_version(),
		"bitwise_equal", comparison == NULL ? json_null() :
			json_boolean(!comparison->is_different),
		"bitwise", of_comparison(comparison),
		"eager", of_history(results->eager),
		"graph", of_history(results->graph),
		"break_even_steps", whole(break_even),
		"mistakes_explained", of_mistakes(&results->mistakes),
		"evaluation", of_evaluation(results->evaluation),
		"prediction", of_prediction(results),
		"data", of_data(results),
		"options", of_options(results),
		"warnings", of_warnings(),
		"traces", text(results->traces[0]), text(results->traces[1]));
}

void
report_json(const struct results *results)
{
	const char *path = results->options->json;
	json_t *json = of_results(results);
	FILE *file;
	int why;

	if (json == NULL)
		fail("no memory for the figures");
	file = fopen(path, "w");
	if (file == NULL)
		fail("%s: %s", path, strerror(errno));
	why = json_dumpf(json, file, JSON_INDENT(2)) == 0 &&
		fputc('\n', file) != EOF ? 0 : errno;
	json_decref(json);
	if (fclose(file) != 0 && why == 0)
		why = errno;
	if (why != 0)
		fail("%s: %s", path, strerror(why));
}
