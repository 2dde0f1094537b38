/* Timelines. */
#include "replay.h"

#include "fail.h"

enum { MOST_STEPS = 200, MOST_TEST_ROWS = 2048 };

void
replay(const struct training *training, int64_t row, enum predict_mode mode,
       const char *path)
{
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

	check(weir_trace_start(training->runtime, NULL), path);
	train(&again, &model, &history);
	prediction = predict(training->runtime, training->features, row,
			     &model, mode);
	weir_trace_stop(training->runtime);
	check(weir_trace_write(training->runtime, path), path);

	prediction_release(&prediction);
	history_release(&history);
	model_release(&model);
}
