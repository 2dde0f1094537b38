/*
 * Training. Both modes call the same function on the same batches in the
 * same order; only step() knows which mode it is.
 *
 * A step is timed from the moment its batch is there to the moment its loss
 * can be read; nothing else happens in between.
 */
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "evaluate.h"
#include "fail.h"
#include "screen.h"

/* How steps are run; the modes differ in nothing else. */
struct stepper {
	weir_function *function;
	weir_run_options options;
	size_t loss_bytes;
};

static void
stepper_create(weir_runtime *runtime, struct model *model, weir_mode mode,
	       weir_dtype dtype, struct stepper *stepper)
{
	*stepper = (struct stepper){
		.options = { .size = sizeof(weir_run_options), .mode = mode },
		.loss_bytes = weir_dtype_size(dtype)
	};
	check(weir_function_create(runtime, "train", model_train_step, model,
				   &stepper->function), "training");
}

static void
stepper_release(struct stepper *stepper)
{
	weir_function_release(stepper->function);
}

static void
step(struct stepper *stepper, weir_tensor *const *in, void *loss)
{
	weir_tensor *out[1];

	check(weir_function_call(stepper->function, &stepper->options, in, 2,
				 out, 1), "training");
	check(weir_tensor_read(out[0], loss, stepper->loss_bytes), "training");
	weir_tensor_release(out[0]);
}

/* A training under way. */
struct state {
	const struct training *training;
	struct history *history;
	struct stepper stepper;
	struct batches batches;
	struct evaluator evaluator;	/* where somebody looks */
	int64_t *order;			/* of the batches in this epoch */
	bool seen_whole, seen_last;	/* batches of this size */
	size_t n_steady;
	uint64_t allocations;		/* of steady steps */
	double begin;
	double *losses, *test_losses;	/* of epochs, see observe() */
};

static void
begin_history(const struct training *training, const struct batches *batches,
	      struct history *history)
{
	weir_memory_info memory = weir_runtime_memory(training->runtime);
	size_t steps = batches->n * training->epochs;

	if (training->most_steps != 0 && steps > training->most_steps)
		steps = training->most_steps;
	*history = (struct history){
		.mode = training->mode, .n_epochs = training->epochs,
		.steps_per_epoch = batches->n, .n_steps = steps,
		.dtype = training->start->dtype, .untrained_loss = NAN,
		.peak_bytes = memory.in_use, .data_bytes = memory.in_use
	};
	history->epochs = allocate(training->epochs, sizeof(*history->epochs));
	history->losses = allocate(steps, weir_dtype_size(history->dtype));
	history->step_seconds = allocate(steps, sizeof(double));
	history->is_steady = allocate(steps, sizeof(bool));
}

/* Recording and compilation happened in the step before; ask what they took. */
static void
ask_plan(struct state *state, weir_tensor *const *in, bool is_whole)
{
	struct history *history = state->history;
	weir_plan_info info;
	weir_plan *plan;

	if (state->stepper.options.mode == WEIR_MODE_EAGER)
		return;
	check(weir_function_plan(state->stepper.function, in, 2, 1, &plan),
	      "training");
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	history->record_seconds += 1e-9 * info.record_ns;
	history->compile_seconds += 1e-9 * info.compile_ns;
	if (is_whole || history->plan.recorded == 0)
		history->plan = info;
}

static void
one_step(struct state *state, size_t at, size_t batch)
{
	struct history *history = state->history;
	weir_runtime *runtime = state->training->runtime;
	weir_tensor *const *in = state->batches.in[batch];
	bool is_whole = batches_rows(&state->batches, batch) ==
		state->batches.rows;
	bool *seen = is_whole ? &state->seen_whole : &state->seen_last;
	uint64_t allocations = weir_runtime_memory(runtime).allocations;
	double begin = seconds_now(), end;

	step(&state->stepper, in,
	     history->losses + at * state->stepper.loss_bytes);
	end = seconds_now();
	history->step_seconds[at] = end - begin;
	if (at == 0)
		history->first_step_seconds = end - state->begin;
	if (*seen) {
		history->is_steady[at] = true;
		state->n_steady++;
		state->allocations += weir_runtime_memory(runtime).allocations -
			allocations;
	} else {
		*seen = true;
		ask_plan(state, in, is_whole);
	}
	if (state->training->progress != NULL)
		screen_progress(state->training->progress, at + 1,
				history->n_steps, end);
}

static void
finish_epoch(struct state *state, size_t epoch)
{
	struct history *history = state->history;
	struct epoch *now = &history->epochs[epoch];
	size_t first = epoch * history->steps_per_epoch, i;
	double sum = 0, rows = 0;
	struct evaluation evaluation;

	for (i = 0; i < state->batches.n; i++) {
		double n = (double)batches_rows(&state->batches,
						(size_t)state->order[i]);

		sum += history_loss(history, first + i) * n;
		rows += n;
		now->seconds += history->step_seconds[first + i];
	}
	now->loss = sum / rows;
	if (state->training->on_epoch == NULL)
		return;
	evaluation = evaluate(&state->evaluator,
			      state->training->data->classes);
	free(evaluation.probabilities);
	now->test_loss = evaluation.loss;
	now->accuracy = evaluation.metrics.accuracy;
	state->losses[epoch + 1] = now->loss;
	state->test_losses[epoch + 1] = now->test_loss;
	now->observation = observe(state->losses, state->test_losses,
				   epoch + 1);
	state->training->on_epoch(history, epoch + 1);
}

static void
run_epoch(struct state *state, size_t epoch)
{
	struct history *history = state->history;
	size_t at = epoch * history->steps_per_epoch, i, peak;

	batches_shuffle(&state->batches, state->training->seed, epoch,
			state->order);
	weir_runtime_reset_peak(state->training->runtime);
	for (i = 0; i < state->batches.n && at < history->n_steps; i++, at++)
		one_step(state, at, (size_t)state->order[i]);
	peak = weir_runtime_memory(state->training->runtime).peak;
	if (peak > history->peak_bytes)
		history->peak_bytes = peak;
	if (i == state->batches.n)
		finish_epoch(state, epoch);
}

/* Eagerly, in both modes: the first run of a graph is to be that of the first
 * step, which is timed. */
static void
evaluate_untrained(struct state *state, struct model *model)
{
	const struct features *features = state->training->features;
	struct evaluation evaluation;
	struct evaluator eager;

	evaluator_create(state->training->runtime, features,
			 features->train_rows, features->rows, model,
			 WEIR_MODE_EAGER, &eager);
	evaluation = evaluate(&eager, state->training->data->classes);
	evaluator_release(&eager);
	free(evaluation.probabilities);
	state->history->untrained_loss = evaluation.loss;
	state->losses[0] = state->test_losses[0] = evaluation.loss;
}

/* What is compared in the end, beside the losses. */
static void
save_bits(struct state *state, struct model *model)
{
	struct history *history = state->history;
	struct evaluation evaluation;
	size_t i;

	history->n_params = model->n_params;
	for (i = 0; i < model->n_params; i++) {
		size_t bytes = state->training->start->bytes[i];

		history->params_bytes[i] = bytes;
		history->params[i] = allocate(bytes, 1);
		check(weir_tensor_read(model->params[i], history->params[i],
				       bytes), "the trained weights");
	}
	evaluation = evaluate(&state->evaluator,
			      state->training->data->classes);
	history->probabilities = evaluation.probabilities;
	history->probabilities_bytes = evaluation.bytes;
}

void
train(const struct training *training, struct model *model,
      struct history *history)
{
	const struct features *features = training->features;
	struct state state = { .training = training, .history = history };
	size_t epoch;

	batches_create(training->runtime, features, 0, features->train_rows,
		       training->batch, &state.batches);
	begin_history(training, &state.batches, history);
	state.order = allocate(state.batches.n, sizeof(*state.order));
	state.losses = allocate(training->epochs + 1, sizeof(double));
	state.test_losses = allocate(training->epochs + 1, sizeof(double));

	model_create(training->runtime, training->start, model);
	evaluator_create(training->runtime, features, features->train_rows,
			 features->rows, model, training->mode,
			 &state.evaluator);
	if (training->on_epoch != NULL)
		evaluate_untrained(&state, model);
	/* each mode touches its own memory, not what another has left */
	weir_runtime_trim(training->runtime);
	state.begin = seconds_now();
	stepper_create(training->runtime, model, training->mode,
		       training->start->dtype, &state.stepper);
	for (epoch = 0; epoch < training->epochs; epoch++)
		run_epoch(&state, epoch);
	if (state.n_steady != 0)
		history->allocations_per_step = (double)state.allocations /
			(double)state.n_steady;
	save_bits(&state, model);

	stepper_release(&state.stepper);
	evaluator_release(&state.evaluator);
	batches_release(&state.batches);
	free(state.order);
	free(state.losses);
	free(state.test_losses);
}

void
train_warm_up(const struct training *training)
{
	struct training once = *training;
	struct history history;
	struct model model;

	once.mode = WEIR_MODE_EAGER;
	once.epochs = 1;
	once.most_steps = 1;
	once.on_epoch = NULL;
	once.progress = NULL;
	train(&once, &model, &history);
	history_release(&history);
	model_release(&model);
}
