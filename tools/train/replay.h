/* Timelines: a bounded part of the training once more, being traced. */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "predict.h"
#include "train.h"

/**
 * Trace a new training from the same start: its first steps, an evaluation
 * and a prediction. Traced apart from what is timed, because tracing costs
 * time, and cut short, because a viewer has to load it. It has a runtime of its
 * own, so that a trace of the whole program (WEIR_TRACE) goes on beside it.
 *
 * @param training  how it was made; its mode is that of the timeline
 * @param row       of the features, to predict
 */
void
replay(const struct training *training, int64_t row, enum predict_mode mode,
       const char *path);

#endif /* REPLAY_H */
