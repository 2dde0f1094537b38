/* Timelines. */
#include "replay.h"

#include "fail.h"

enum { MOST_STEPS = 200, MOST_TEST_ROWS = 2048 };

void
replay(const struct training *training, int64_t row, enum predict_mode mode,
       const char *path)
{
	weir_runtime_options options = {
		.size = sizeof(options),
		.threads = weir_runtime_threads(training->runtime)
	};
	struct training again = *training;
	struct features fewer = *training->features;
	struct prediction prediction;
	struct history history;
	struct model model;

	if (fewer.rows > fewer.train_rows + MOST_TEST_ROWS)
		fewer.rows = fewer.train_rows + MOST_TEST_ROWS;
	again.features = &fewer;
	again.most_steps = MOST_STEPS;
	again.on_epoch = NULL;
	again.progress = NULL;

	check(weir_runtime_create(&options, &again.runtime), path);
	check(weir_trace_start(again.runtime, NULL), path);
	train(&again, &model, &history);
	prediction = predict(again.runtime, training->features, row, &model,
			     mode);
	weir_trace_stop(again.runtime);
	check(weir_trace_write(again.runtime, path), path);

	prediction_release(&prediction);
	history_release(&history);
	model_release(&model);
	weir_runtime_release(again.runtime);
}
