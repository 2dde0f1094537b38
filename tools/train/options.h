/* What the user asked for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir.h>

enum which_modes { EAGER_ONLY, GRAPH_ONLY, BOTH_MODES };

enum predict_mode {
	PREDICT_AS_TRAINED = 0,	/* graph where it was trained so, else eager */
	PREDICT_EAGER,
	PREDICT_GRAPH,
	PREDICT_MIXED		/* first layer eagerly, the rest as a graph */
};

struct options {
	const char *data;	/* NULL: synthetic */
	const char *label;	/* name or number; NULL: the last column */
	int64_t rows, columns;	/* of the synthetic data */
	double positive_rate;
	double test_fraction;

	int64_t hidden;
	int64_t layers;
	weir_dtype dtype;

	enum which_modes modes;
	int64_t epochs;
	int64_t batch;
	double lr, momentum;
	unsigned threads;	/* 0: the runtime decides */
	uint64_t seed;

	int64_t predict_row;	/* -1: the first test row */
	enum predict_mode predict_mode;

	const char *trace;	/* prefix of the file names, or NULL */
	const char *json;	/* file name, or NULL */
	bool quiet;
};

/** More layers help no table and would need longer operand lists. */
#define LAYERS_MAX 16

/** Read the command line; gives up (see fail.h) where it makes no sense. */
void
options_parse(int argc, char **argv, struct options *options);

#endif /* OPTIONS_H */
