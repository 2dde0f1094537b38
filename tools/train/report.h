/* What people are told: the stages as they pass, and a table in the end. */
#ifndef REPORT_H
#define REPORT_H

#include "compare.h"
#include "data.h"
#include "evaluate.h"
#include "history.h"
#include "mistakes.h"
#include "model_input.h"
#include "options.h"
#include "predict.h"

/** All that came out. What was not made is NULL. */
struct results {
	const struct options *options;
	unsigned threads;
	const struct data *data;
	const struct features *features;
	const struct start *start;
	const struct history *eager, *graph;
	const struct evaluation *evaluation;
	const struct prediction *prediction;
	int64_t predicted_row;		/* of the features */
	enum predict_mode predict_mode;
	const struct comparison *comparison;
	struct mistakes mistakes;
	const char *traces[2];
};

/* -- report_stages.c ------------------------------------------------------ */

void report_begin(const struct results *results);
void report_input(const struct data *data);
void report_normalise(const struct data *data, const struct features *features);
void report_squares(const struct features *features);
void report_evaluation(const struct results *results);
void report_prediction(const struct results *results);

/* -- report_training.c ---------------------------------------------------- */

void report_training(const struct features *features,
		     const struct start *start, weir_mode mode);

/** A line of the epoch table; see on_epoch in train.h. */
void report_epoch(const struct history *history, size_t n);

void report_curve(const struct history *history);

/** What a compiled graph consists of. */
void report_plan(const struct history *graph);

/* -- report_table.c ------------------------------------------------------- */

/** Eager against graph. */
void report_table(const struct results *results);

/* -- report_json.c -------------------------------------------------------- */

/** Write everything to the file named by the options. */
void report_json(const struct results *results);

#endif /* REPORT_H */
