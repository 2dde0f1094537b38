/*
 * weir-train: a small neural network in seven stages, trained eagerly and as a
 * compiled graph, and the two compared bit for bit.
 *
 * Comes in: a table of numbers and a label. Goes out: what happened, for
 * people (report.h), for programs (JSON) and for viewers (traces).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "replay.h"
#include "report.h"
#include "screen.h"

/* Everything that lives as long as the program. */
struct program {
	struct options options;
	weir_runtime *runtime;
	struct data data;
	struct features features;
	struct start start;
	struct history histories[2];	/* by weir_mode */
	struct model models[2];
	struct evaluation evaluation;
	struct prediction prediction;
	struct comparison comparison;
	struct results results;
	char *traces[2];
};

static bool
has_mode(const struct program *program, weir_mode mode)
{
	return program->options.modes == BOTH_MODES ||
		program->options.modes == (mode == WEIR_MODE_EAGER ?
					   EAGER_ONLY : GRAPH_ONLY);
}

/* The mode whose model is evaluated and predicts. */
static weir_mode
main_mode(const struct program *program)
{
	return has_mode(program, WEIR_MODE_GRAPH) ? WEIR_MODE_GRAPH :
		WEIR_MODE_EAGER;
}

static struct training
training_of(const struct program *program, weir_mode mode)
{
	const struct options *options = &program->options;

	return (struct training){
		.runtime = program->runtime, .data = &program->data,
		.features = &program->features, .start = &program->start,
		.mode = mode, .batch = options->batch,
		.epochs = (size_t)options->epochs, .seed = options->seed,
		.progress = mode == WEIR_MODE_EAGER ? "eager" : "graph",
		.on_epoch = report_epoch
	};
}

static void
begin(struct program *program, int argc, char **argv)
{
	weir_runtime_options how = { .size = sizeof(how) };
	struct options *options = &program->options;

	options_parse(argc, argv, options);
	screen_open(options->quiet);
	how.threads = options->threads;
	check(weir_runtime_create(&how, &program->runtime), "the runtime");
	program->results = (struct results){
		.options = options, .data = &program->data,
		.threads = weir_runtime_threads(program->runtime),
		.features = &program->features, .start = &program->start
	};
	if (getenv("WEIR_MODE") != NULL &&
	    strcmp(getenv("WEIR_MODE"), "eager") == 0)
		warn("WEIR_MODE=eager is set: what is called a graph here runs "
		     "eagerly too");
}

/* The features' row of a row of the data; -1: the first test row. */
static int64_t
find_row(const struct data *data, int64_t row)
{
	int64_t i = 0;

	if (row < 0)
		return data->train_rows;
	if (row >= data->rows)
		fail("--predict-row: the rows of %s are 0 to %lld, there is no "
		     "row %lld", data->title, (long long)data->rows - 1,
		     (long long)row);
	while (data->source[i] != row)
		i++;
	return i;
}

/* Stages 1 to 3. */
static void
prepare(struct program *program)
{
	const struct options *options = &program->options;
	struct data *data = &program->data;
	weir_tensor *normalised;
	weir_scope *scope;

	if (options->data != NULL)
		data_read(program->runtime, options, data);
	else
		data_synthesise(options, data);
	data_split(data, options->test_fraction, options->seed);
	program->results.predicted_row = find_row(data, options->predict_row);
	report_begin(&program->results);
	report_input(data);

	check(weir_scope_create(program->runtime, "prepare", &scope),
	      "the data");
	features_normalise(scope, data, &program->features, &normalised);
	report_normalise(data, &program->features);
	features_add_squares(scope, data, normalised, options->dtype,
			     &program->features);
	report_squares(&program->features);
	weir_scope_release(scope);
	data_drop_values(data);
	weir_runtime_trim(program->runtime);
}

static void
warn_of_divergence(const struct history *history)
{
	const struct epoch *last = &history->epochs[history->n_epochs - 1];

	if (last->observation == DIVERGED)
		warn("training diverged, try a smaller --lr");
}

/* Stages 4 and 5. */
static void
train_in(struct program *program, weir_mode mode)
{
	struct training training = training_of(program, mode);
	struct history *history = &program->histories[mode];
	const struct history *other = program->results.eager;

	report_training(&program->features, &program->start, mode);
	train(&training, &program->models[mode], history);
	if (other != NULL && memcmp(other->losses, history->losses,
				    history->n_steps *
				    weir_dtype_size(history->dtype)) == 0)
		say("    the losses, and so their curve, are those of stage "
		    "4\n");
	else
		report_curve(history);
	if (mode == WEIR_MODE_GRAPH) {
		report_plan(history);
		program->results.graph = history;
	} else {
		program->results.eager = history;
	}
}

static void
train_all(struct program *program)
{
	struct training training = training_of(program, WEIR_MODE_EAGER);

	model_draw(program->runtime, &program->options,
		   program->features.columns, &program->start);
	train_warm_up(&training);
	if (has_mode(program, WEIR_MODE_EAGER))
		train_in(program, WEIR_MODE_EAGER);
	if (has_mode(program, WEIR_MODE_GRAPH))
		train_in(program, WEIR_MODE_GRAPH);
	warn_of_divergence(&program->histories[main_mode(program)]);
}

/* Stage 6. */
static void
evaluate_model(struct program *program)
{
	const struct features *features = &program->features;
	weir_mode mode = main_mode(program);
	struct evaluator evaluator;
	char sentence[256];

	evaluator_create(program->runtime, features, features->train_rows,
			 features->rows, &program->models[mode], mode,
			 &evaluator);
	program->evaluation = evaluate(&evaluator, program->data.classes);
	evaluator_release(&evaluator);
	program->results.evaluation = &program->evaluation;
	report_evaluation(&program->results);
	if (metrics_mislead(&program->evaluation.metrics, sentence,
			    sizeof(sentence)))
		warn("%s", sentence);
}

/* Stage 7. */
static void
predict_row(struct program *program)
{
	enum predict_mode mode = program->options.predict_mode;

	if (mode == PREDICT_AS_TRAINED)
		mode = main_mode(program) == WEIR_MODE_GRAPH ? PREDICT_GRAPH :
			PREDICT_EAGER;
	program->results.predict_mode = mode;
	program->prediction = predict(program->runtime, &program->features,
				      program->results.predicted_row,
				      &program->models[main_mode(program)],
				      mode);
	program->results.prediction = &program->prediction;
	report_prediction(&program->results);
}

/* The row once more in every mode, with the model trained in the other one
 * where it is predicted eagerly. */
static void
compare_rows(struct program *program)
{
	struct comparison *comparison = &program->comparison;
	int64_t row = program->results.predicted_row;
	struct prediction eager, other;
	int mode;

	eager = predict(program->runtime, &program->features, row,
			&program->models[WEIR_MODE_EAGER], PREDICT_EAGER);
	for (mode = PREDICT_GRAPH; mode <= PREDICT_MIXED; mode++) {
		if (mode == PREDICT_MIXED && program->start.n_layers < 2)
			continue;
		other = predict(program->runtime, &program->features, row,
				&program->models[WEIR_MODE_GRAPH], mode);
		compare_predictions(&eager, &other, predict_mode_name(mode),
				    comparison);
		prediction_release(&other);
	}
	prediction_release(&eager);
}

static void
compare_modes(struct program *program)
{
	struct training training = training_of(program, WEIR_MODE_GRAPH);
	struct comparison *comparison = &program->comparison;

	compare_at_thread_counts(&training,
				 &program->histories[WEIR_MODE_EAGER],
				 &program->histories[WEIR_MODE_GRAPH],
				 comparison);
	compare_rows(program);
	program->results.comparison = comparison;
}

static void
write_traces(struct program *program)
{
	static const char *const names[] = { [WEIR_MODE_GRAPH] = "graph",
					     [WEIR_MODE_EAGER] = "eager" };
	static const weir_mode order[] = { WEIR_MODE_EAGER, WEIR_MODE_GRAPH };
	size_t i, n = 0;

	for (i = 0; i < 2; i++) {
		struct training training = training_of(program, order[i]);
		enum predict_mode mode = program->options.predict_mode;
		char path[4096];

		if (!has_mode(program, order[i]))
			continue;
		if (mode == PREDICT_AS_TRAINED)
			mode = order[i] == WEIR_MODE_EAGER ? PREDICT_EAGER :
				PREDICT_GRAPH;
		snprintf(path, sizeof(path), "%s-%s.json",
			 program->options.trace, names[order[i]]);
		replay(&training, program->results.predicted_row, mode, path);
		program->traces[n] = copy_text(path);
		program->results.traces[n] = program->traces[n];
		n++;
	}
	say("\nTimelines of the first steps, an evaluation and a prediction:\n");
	for (i = 0; i < n; i++)
		say("    %s\n", program->traces[i]);
	say("  open them at https://ui.perfetto.dev, or: weir-trace summary "
	    "FILE\n");
}

/* What differs, and the op it starts with: one line. */
static void
say_difference(struct program *program)
{
	struct training training = training_of(program, WEIR_MODE_GRAPH);
	const struct comparison *comparison = &program->comparison;
	char op[2048];

	compare_name_op(&training, comparison->different_threads, op,
			sizeof(op));
	screen_pause();
	fprintf(stderr, "weir-train: eager and graph differ: %s; %s\n",
		comparison->difference, op);
}

static void
end(struct program *program)
{
	int mode;

	for (mode = 0; mode < 2; mode++) {
		free(program->traces[mode]);
		if (!has_mode(program, mode))
			continue;
		history_release(&program->histories[mode]);
		model_release(&program->models[mode]);
	}
	free(program->evaluation.probabilities);
	prediction_release(&program->prediction);
	model_forget(&program->start);
	features_release(&program->features);
	data_release(&program->data);
	weir_runtime_release(program->runtime);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("cannot write to standard output: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	static struct program program;
	bool is_different;

	begin(&program, argc, argv);
	prepare(&program);
	train_all(&program);
	evaluate_model(&program);
	predict_row(&program);
	if (program.options.modes == BOTH_MODES)
		compare_modes(&program);
	program.results.mistakes = mistakes_make(program.runtime);
	report_table(&program.results);
	if (program.options.trace != NULL)
		write_traces(&program);
	if (program.options.json != NULL)
		report_json(&program.results);
	is_different = program.comparison.is_different;
	if (is_different)
		say_difference(&program);
	end(&program);
	return is_different ? STATUS_DIFFERENT : EXIT_SUCCESS;
}
