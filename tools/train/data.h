/* The table to learn from: numbers, two classes, and where they came from. */
#ifndef DATA_H
#define DATA_H

#include <stdint.h>

#include <weir.h>

#include "options.h"

struct data {
	char *title;		/* "synthetic 1000x10", or the file's name */
	int64_t rows, columns;	/* without the label */
	double *values;		/* rows x columns; NULL once dropped */
	unsigned char *classes;	/* 0 or 1, one a row */
	char **names;		/* of the columns */

	char *label;		/* the label's name, NULL if synthetic */
	double class_values[2];	/* what stood for class 0 and 1 */
	double best_accuracy;	/* that any classifier can expect; NaN: unknown */
	unsigned char *best;	/* what that one answers; NULL: unknown */

	/* After data_split(): training rows come first, and source[i] says
	 * which row of the input row i was. */
	int64_t train_rows;
	int64_t *source;
};

/** Read a .csv or .npy table; gives up where it cannot be used. */
void
data_read(weir_runtime *runtime, const struct options *options,
	  struct data *data);

/** Make up two noisy classes. */
void
data_synthesise(const struct options *options, struct data *data);

/** Shuffle the rows and keep a share for testing, of both classes alike. */
void
data_split(struct data *data, double test_fraction, uint64_t seed);

/** How many of rows begin <= i < end are of class 1. */
int64_t
data_positives(const struct data *data, int64_t begin, int64_t end);

/** The share of rows begin <= i < end that the best classifier gets right, NaN
 * where it is not known. */
double
data_best_accuracy(const struct data *data, int64_t begin, int64_t end);

/** Release the numbers, which are the largest part and needed only once. */
void
data_drop_values(struct data *data);

void
data_release(struct data *data);

#endif /* DATA_H */
