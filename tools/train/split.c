/*
 * Rows to train on and rows to test with.
 *
 * Both parts get their share of each class, so that a rare class is not left
 * out of one of them by chance.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "fail.h"
#include "random.h"

static int64_t
between(int64_t low, double value, int64_t high)
{
	int64_t whole = (int64_t)llround(value);

	return whole < low ? low : whole > high ? high : whole;
}

/* order: all rows, training rows first, each part in shuffled order. */
static void
choose(const struct data *data, int64_t *order, double test_fraction,
       uint64_t seed, int64_t *train_rows)
{
	struct random random = random_of(seed, 2);
	int64_t *shuffled = allocate((size_t)data->rows, sizeof(*shuffled));
	int64_t n_test = between(1, (double)data->rows * test_fraction,
				 data->rows - 1);
	int64_t positives = data_positives(data, 0, data->rows);
	int64_t quota[2], i, train = 0, test = data->rows - n_test;

	quota[1] = between(n_test - (data->rows - positives) > 0 ?
			   n_test - (data->rows - positives) : 0,
			   (double)positives * test_fraction,
			   positives < n_test ? positives : n_test);
	quota[0] = n_test - quota[1];

	for (i = 0; i < data->rows; i++)
		shuffled[i] = i;
	random_shuffle(&random, shuffled, (size_t)data->rows);
	for (i = 0; i < data->rows; i++) {
		int64_t *left = &quota[data->classes[shuffled[i]]];

		if (*left > 0) {
			order[test++] = shuffled[i];
			--*left;
		} else {
			order[train++] = shuffled[i];
		}
	}
	*train_rows = train;
	free(shuffled);
}

void
data_split(struct data *data, double test_fraction, uint64_t seed)
{
	size_t rows = (size_t)data->rows, columns = (size_t)data->columns, i;
	double *values = allocate(rows * columns, sizeof(*values));
	unsigned char *classes = allocate(rows, 1);
	unsigned char *best = data->best != NULL ? allocate(rows, 1) : NULL;

	data->source = allocate(rows, sizeof(*data->source));
	choose(data, data->source, test_fraction, seed, &data->train_rows);
	for (i = 0; i < rows; i++) {
		size_t from = (size_t)data->source[i];

		memcpy(values + i * columns, data->values + from * columns,
		       columns * sizeof(*values));
		classes[i] = data->classes[from];
		if (best != NULL)
			best[i] = data->best[from];
	}
	free(data->values);
	free(data->classes);
	free(data->best);
	data->values = values;
	data->classes = classes;
	data->best = best;
}
